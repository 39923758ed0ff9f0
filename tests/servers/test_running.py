"""What killed test runs left behind goes; what goes on stays."""

from __future__ import annotations

import os
from pathlib import Path

from tests.servers.running import own_folder


def test_the_folder_of_a_killed_run_goes_with_the_next_start(tmp_path: Path) -> None:
    left, lock = own_folder(tmp_path)
    (left / "n1").mkdir()
    (left / "n1" / "data").write_text("what a node had")
    # the system takes back the locks of who is killed
    lock.close()
    folder, _ = own_folder(tmp_path)
    assert not left.exists()
    assert folder.exists()


def test_the_folder_of_a_run_that_goes_on_stays(tmp_path: Path) -> None:
    mine, _lock = own_folder(tmp_path)
    own_folder(tmp_path)
    assert mine.exists()


def test_the_folder_of_a_node_that_outlived_its_run_stays(tmp_path: Path) -> None:
    left, lock = own_folder(tmp_path)
    (left / "n1").mkdir()
    (left / "n1" / "pid").write_text(str(os.getpid()))
    lock.close()
    own_folder(tmp_path)
    assert left.exists()
