"""What repeated runs of one query show, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from esqual.comparison.determinism import Wobble
from esqual.report.table import render_table

__all__ = ["render_wobble_json", "render_wobble_text"]

_NAMED = 5


def render_wobble_json(wobbles: Sequence[Wobble]) -> str:
    """One JSON object, schema 1 (docs/formats.md)."""
    arms = [
        {
            **asdict(wobble),
            "measure": str(wobble.measure),
            "steady": wobble.is_steady,
            "wobbling": list(wobble.wobbling),
        }
        for wobble in wobbles
    ]
    document = {"schema": 1, "steady": all(w.is_steady for w in wobbles), "arms": arms}
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)


def render_wobble_text(wobbles: Sequence[Wobble]) -> str:
    """A table of runs per arm, and which topics wobble."""
    return "\n\n".join(_text(wobble) for wobble in wobbles)


def _text(wobble: Wobble) -> str:
    where = f"{wobble.n_shards} shards" if wobble.n_shards > 1 else "one shard"
    nodes = f"copies on {len(wobble.nodes)} nodes" if wobble.nodes else "copies not known"
    lines = [
        f"A/A of {wobble.tag} on {wobble.index}: {wobble.n_topics} topics, {where}, {nodes}",
        f"{wobble.measure} of the first run: {wobble.mean:.4f} ({wobble.n_measured} topics)",
        "",
        render_table(
            ["run", "other pages", "equal scores only", "mean moves", "largest of a topic"],
            [
                [
                    row.name,
                    str(len(row.changed)),
                    str(row.equal_scores),
                    f"{row.measure_delta:+.4f}",
                    f"{row.largest_delta:.4f}",
                ]
                for row in wobble.rounds
            ],
            " >>>>",
        ),
        "",
    ]
    names = wobble.wobbling
    if not names:
        lines.append("steady: every run showed the same pages")
        return "\n".join(lines)
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    lines.append(
        f"{len(names)} of {wobble.n_topics} topics wobble ({shown}): a difference of this size "
        "between two queries is no change"
    )
    if all(len(row.changed) == row.equal_scores for row in wobble.rounds):
        lines.append(
            "only documents of equal score change places: --stable-order FIELD fixes their order"
        )
    else:
        lines.append(
            "scores differ: the copies hold deleted documents that others have merged away, the "
            "engine's approximate search is not repeatable, or fuzzy words stand for one term"
        )
    return "\n".join(lines)
