"""Settings: flags > environment > file > default."""

from __future__ import annotations

from pathlib import Path

import pytest

from esqual.config import resolve_engine
from esqual.errors import ConfigError


def _file(folder: Path, text: str) -> Path:
    (folder / "esqual.toml").write_text(text, encoding="utf-8")
    return folder


def test_each_source_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    assert resolve_engine(environ={}, folder=tmp_path) == "lucene:.esqual"
    _file(tmp_path, '[esqual]\nengine = "lucene:file"\n')
    assert resolve_engine(environ={}, folder=tmp_path) == "lucene:file"
    assert resolve_engine(environ={"ESQUAL_ENGINE": ""}, folder=tmp_path) == "lucene:file"
    environ = {"ESQUAL_ENGINE": "lucene:variable"}
    assert resolve_engine(environ=environ, folder=tmp_path) == "lucene:variable"
    assert resolve_engine("lucene:flag", environ=environ, folder=tmp_path) == "lucene:flag"


def test_a_file_without_an_engine_leaves_the_default(tmp_path: Path) -> None:
    assert resolve_engine(environ={}, folder=_file(tmp_path, "")) == "lucene:.esqual"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[esqual", "esqual.toml: not TOML"),
        ('[esqual]\nengin = "x"\n', "unknown setting esqual.engin"),
        ('engine = "x"\n', "unknown setting engine"),
        ("[other]\n", "unknown setting other"),
        ("esqual = 1\n", "unknown setting esqual"),
        ("[esqual]\nengine = 9200\n", "esqual.engine must be a string"),
        ('[esqual]\nengine = ""\n', "esqual.engine must be a string"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        resolve_engine(environ={}, folder=_file(tmp_path, text))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "esqual.toml").write_bytes(b"# \xff\n")
    with pytest.raises(ConfigError, match=r"esqual.toml: cannot be read"):
        resolve_engine(environ={}, folder=tmp_path)
