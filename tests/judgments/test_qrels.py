from __future__ import annotations

from pathlib import Path

import pytest

from esqual.errors import JudgmentsError
from esqual.judgments import read_qrels, write_qrels


def test_reads_four_columns_at_any_ascii_white_space(tmp_path: Path) -> None:
    path = tmp_path / "qrels.txt"
    path.write_bytes("\ufefft1 0 d1 3\r\n\r\nt1\tQ0\t全角　空白 \t0\n  t2   0 d1 +1 \n".encode())
    assert read_qrels(path) == {"t1": {"d1": 3, "全角　空白": 0}, "t2": {"d1": 1}}


def test_the_same_judgment_twice_is_one(tmp_path: Path) -> None:
    path = tmp_path / "qrels.txt"
    path.write_text("t1 0 d1 2\nt1 0 d1 2\n")
    assert read_qrels(path) == {"t1": {"d1": 2}}


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    qrels = {"t2": {"d9": 0, "文書#1": 3}, "t1": {"d9": 1}}
    path = tmp_path / "qrels.txt"
    write_qrels(path, qrels)
    assert path.read_text(encoding="utf-8") == "t2 0 d9 0\nt2 0 文書#1 3\nt1 0 d9 1\n"
    assert read_qrels(path) == qrels
    assert [list(j) for j in read_qrels(path).values()] == [list(j) for j in qrels.values()]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("t1 0 d1 1\nt1 0 d2 1\nt1 0 d1 2\n", 3, "document d1: relevance 2 here, 1 in line 1"),
        ("t1 0 d1 0\nt1 0 d1 1\n", 2, "relevance 1 here, 0 in line 1"),
        ("t1 d1 1\n", 1, "has 3 columns and needs four"),
        ("t1 0 d 1 1\n", 1, "has 5 columns"),
        ("t1 0 d1 1\nt1 0 d2 -1\n", 2, "relevance is -1; tools differ"),
        *((f"t1 0 d1 {cell}\n", 1, "relevance is .* whole number from 0 to 100")
          for cell in ("1.5", "高", "１", "101", "1_0", "9" * 5000)),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_with_its_number(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = tmp_path / "qrels.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(JudgmentsError, match=message) as caught:
        read_qrels(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert len(str(caught.value)) < 400


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "qrels.txt"
    path.write_text("\n")
    with pytest.raises(JudgmentsError, match="holds no judgment"):
        read_qrels(path)


@pytest.mark.parametrize("qrels", [{"t 1": {"d": 1}}, {"t1": {"d\u30001": 1}}, {"t1": {"": 1}}])
def test_an_id_that_the_format_cannot_hold_is_not_written(
    tmp_path: Path, qrels: dict[str, dict[str, int]]
) -> None:
    path = tmp_path / "qrels.txt"
    with pytest.raises(JudgmentsError, match="white space"):
        write_qrels(path, qrels)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(JudgmentsError, match="cannot be written: No such file"):
        write_qrels(tmp_path / "none" / "qrels.txt", {"t1": {"d1": 1}})
