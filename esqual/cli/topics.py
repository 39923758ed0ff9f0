"""``esqual topics``: what kinds of topics there are, and two sets of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esqual.cli.options import engine_client, engine_option, json_option

if TYPE_CHECKING:
    from esqual.models import Topic

__all__ = ["command"]

_CLASS = "class"
_TRAITS = ("length", "script", "form", "negation", "unknown words")


@click.group(
    "topics",
    epilog="""\b
Examples, from a fresh clone:
  esqual topics classify queries/topics/demo.tsv
  esqual topics split queries/topics/demo.tsv --dev dev.tsv --test test.tsv --seed 7
""",
)
def command() -> None:
    """Class topics by what their texts are, and split them into a dev and a test set."""


@command.command("classify")
@click.argument("topics_path", metavar="TOPICS", type=click.Path(allow_dash=True))
@click.option(
    "--unknown-words",
    is_flag=True,
    help="Also ask the engine's kuromoji for words that its dictionary lacks.",
)
@click.option(
    "--by",
    type=click.Choice(_TRAITS),
    help="With --output: the trait that becomes the class of each topic.",
)
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path), help="Topics file with classes."
)
@engine_option
@json_option
def classify(
    topics_path: str,
    unknown_words: bool,
    by: str | None,
    output: Path | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Show the kind of each topic: length, script, keyword or sentence, negation."""
    if (by is None) != (output is None):
        raise click.UsageError("--by and --output: give both or none")
    if by == "unknown words" and not unknown_words:
        raise click.UsageError("--by 'unknown words' needs --unknown-words")
    from esqual.judgments import read_topics
    from esqual.judgments.topics import write_topics

    topics = read_topics(topics_path)
    traits = _traits(topics, engine, unknown_words=unknown_words)
    if output is not None and by is not None:
        write_topics(output, [replace(t, topic_class=traits[t.query_id][by]) for t in topics])
    if as_json:
        rows = [
            {"query_id": t.query_id, "text": t.text, "traits": traits[t.query_id]} for t in topics
        ]
        click.echo(json.dumps({"schema": 1, "topics": rows}, ensure_ascii=False))
    else:
        click.echo(_table(topics, traits))


@command.command("split")
@click.argument("topics_path", metavar="TOPICS", type=click.Path(allow_dash=True))
@click.option("--dev", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.option("--test", required=True, metavar="FILE", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=0, help="Another seed, another split; default 0.")
@click.option(
    "--dev-share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.5,
    help="Share of the topics that go to the dev set; default 0.5.",
)
@click.option(
    "--by",
    "by",
    multiple=True,
    type=click.Choice([_CLASS, *_TRAITS[:-1]]),
    help="What is shared out evenly; may be repeated; default: class where there is one, else "
    "form, script and negation.",
)
def split(
    topics_path: str, dev: Path, test: Path, seed: int, dev_share: float, by: tuple[str, ...]
) -> None:
    """Write a dev set, to try things on, and a test set, to decide on.

    Every kind of topic is shared out alike. A topic's side follows from seed and id, not from the
    order of the file.
    """
    if dev.resolve() == test.resolve():
        raise click.UsageError("--dev and --test: give two files")
    from esqual.diagnosis.splitting import split_by
    from esqual.errors import ConfigError
    from esqual.judgments import read_topics
    from esqual.judgments.topics import write_topics

    topics = read_topics(topics_path)
    if not by:
        has_class = any(topic.topic_class for topic in topics)
        by = (_CLASS,) if has_class else ("form", "script", "negation")
    traits = _traits(topics, None, unknown_words=False)
    strata = {
        t.query_id: "\0".join(
            (t.topic_class or "") if name == _CLASS else traits[t.query_id][name] for name in by
        )
        for t in topics
    }
    sets = split_by(topics, strata, dev_share=dev_share, seed=seed)
    if not all(sets):
        raise ConfigError(
            f"{topics_path}: {len(topics)} topics with a dev share of {dev_share:g} leave one set "
            "empty; give more topics or another --dev-share"
        )
    for path, chosen in zip((dev, test), sets, strict=True):
        write_topics(path, chosen)
        click.echo(f"{path}: {len(chosen)} topics")


def _traits(
    topics: Sequence[Topic], engine: str | None, *, unknown_words: bool
) -> dict[str, dict[str, str]]:
    from esqual.diagnosis.traits import topics_with_unknown_words, traits_of
    from esqual.errors import EngineError
    from esqual.patience import Patience

    unknown = None
    if unknown_words:
        with engine_client(engine) as client:
            unknown = topics_with_unknown_words(client, topics, Patience(0))
        if unknown is None:
            raise EngineError(
                "the engine does not analyse with kuromoji_tokenizer; install analysis-kuromoji, "
                "or leave out --unknown-words"
            )
    return {
        t.query_id: traits_of(t.text, None if unknown is None else t.query_id in unknown)
        for t in topics
    }


def _table(topics: Sequence[Topic], traits: Mapping[str, Mapping[str, str]]) -> str:
    from esqual.report.table import clip, render_table

    names = list(traits[topics[0].query_id])
    rows = [
        [t.query_id, *(traits[t.query_id][name] for name in names), clip(t.text, 40)]
        for t in topics
    ]
    counts = [
        f"{name}: "
        + ", ".join(
            f"{value} {n}" for value, n in Counter(row[name] for row in traits.values()).items()
        )
        for name in names
    ]
    return "\n".join([render_table(["topic", *names, "text"], rows, ""), "", *counts])
