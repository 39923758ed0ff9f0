"""The documents are tested: commands stand in the README, and its session runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from esqual.cli import COMMANDS
from tests.conftest import ROOT

READMES = ["README.md", "README.ja.md"]


def _session(readme: str) -> list[str]:
    text = (ROOT / readme).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.S)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("readme", READMES)
def test_every_command_stands_in_the_readme(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"esqual {command}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "esqual", command, "--help"], capture_output=True, text=True
    )
    assert run.returncode == 0
    assert f"esqual {command} " in run.stdout.split("Options:")[-1]


def test_both_readmes_show_the_same_session() -> None:
    assert _session("README.md") == _session("README.ja.md")
    assert len(_session("README.md")) >= 6


def test_the_session_of_the_readme_runs(tmp_path: Path) -> None:
    for folder in ("demo", "mappings", "queries"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    environment = {**os.environ, "ESQUAL_ENGINE": "lucene:.esqual"}
    for line in _session("README.md"):
        words = shlex.split(line)
        assert words[0] == "esqual"
        run = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, f"{line}\n{run.stdout}\n{run.stderr}"
        assert run.stdout.strip()


@pytest.mark.parametrize(
    "document", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("*/*.md")), ids=lambda p: p.name
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
