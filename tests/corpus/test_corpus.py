"""Readers: what a line becomes, and what is said of a line that becomes nothing."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc
from pathlib import Path

import pytest

from esqual.corpus import Corpus, Fields, Reject
from esqual.errors import CorpusError
from esqual.models import Document

HEADACHE = "頭が痛い。胃がむかむかする。"


def _write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _read(path: Path, **options: object) -> list[Document]:
    return list(Corpus([path], **options))  # type: ignore[arg-type]


class TestNdjson:
    def test_a_line_is_a_document_whose_body_keeps_every_value(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.ndjson", f'{{"id": "a1", "text": "{HEADACHE}", "stars": 3}}\n')
        assert _read(path) == [
            Document("a1", {"id": "a1", "text": HEADACHE, "stars": 3}, str(path), 1)
        ]

    def test_blank_lines_crlf_and_a_byte_order_mark_leave_no_trace(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.jsonl", b'\xef\xbb\xbf{"id":"1"}\r\n\r\n  \n{"id":"2"}')
        assert [(d.doc_id, d.line, d.body) for d in _read(path)] == [
            ("1", 1, {"id": "1"}),
            ("2", 4, {"id": "2"}),
        ]

    def test_an_integer_id_becomes_a_string_and_stays_a_number_in_the_body(
        self, tmp_path: Path
    ) -> None:
        path = _write(tmp_path, "c.ndjson", '{"id": 9007199254740993}')
        [document] = _read(path)
        assert document.doc_id == "9007199254740993"
        assert document.body["id"] == 9007199254740993

    def test_the_metadata_field_does_not_go_into_the_body(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.ndjson", '{"_id": "x", "text": "駅前の食堂"}')
        [document] = _read(path, fields=Fields("_id"))
        assert (document.doc_id, document.body) == ("x", {"text": "駅前の食堂"})

    def test_line_separators_of_unicode_are_characters(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.ndjson", '{"id":"1","text":"一行\u2028\u0085目"}\n{"id":"2"}\n')
        assert [d.doc_id for d in _read(path)] == ["1", "2"]

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (b'{"id": "1"', "not JSON: .* at column 11; NDJSON has one whole object on every line"),
            (b"id,text", "not JSON: Expecting value at column 1"),
            (b'["1"]', "a list, where a JSON object is needed"),
            (b"null", "null, where a JSON object is needed"),
            (b"12", "a number, where a JSON object is needed"),
            (b'{"text": "x"}', 'the id field "id" is missing .there are "text"'),
            (b"{}", "the object is empty"),
            (b'{"id": ""}', "empty"),
            (b'{"id": " \\u3000"}', "empty"),
            (b'{"id": null}', "is null"),
            (b'{"id": true}', "is a boolean"),
            (b'{"id": ["1"]}', "is a list"),
            (b'{"id": {"a": 1}}', "is an object"),
            (b'{"id": 1.5}', "is the number 1.5"),
            (b'{"id": "1", "id": "2"}', 'the field "id" stands twice'),
            (b'{"id": "1", "n": NaN}', "NaN is not JSON"),
            (b'{"id": "1", "text": "\x83\x65"}', r"invalid UTF-8 at byte 22 of the line .0x83"),
            (b'{"id": "1", "t": "\x00"}', "a NUL character at column 19"),
            (b'{"id": "1", "t": "\x01"}', "Invalid control character"),
            (b"[" * 100_000, "not usable JSON"),
        ],
    )
    def test_a_bad_line_is_named_with_file_line_and_reason(
        self, tmp_path: Path, line: bytes, reason: str
    ) -> None:
        path = _write(tmp_path, "c.ndjson", b'{"id":"0"}\n\n' + line + b"\n")
        with pytest.raises(CorpusError, match=f"c.ndjson:3: .*{reason}") as caught:
            _read(path)
        assert (caught.value.path, caught.value.line) == (str(path), 3)

    def test_bad_lines_can_be_passed_on_and_the_rest_read(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.ndjson", '{"id":"1"}\n{"id":\n{"id":"","a":1}\n{"id":"2"}\n')
        rejects: list[Reject] = []
        assert [d.doc_id for d in _read(path, on_reject=rejects.append)] == ["1", "2"]
        assert [(r.line, r.raw) for r in rejects] == [(2, '{"id":'), (3, '{"id":"","a":1}')]


class TestDelimited:
    def test_csv_values_stay_strings(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.csv", "id,text,stars\n007,駅前の食堂,3.0\n")
        [document] = _read(path)
        assert document.doc_id == "007"
        assert document.body == {"id": "007", "text": "駅前の食堂", "stars": "3.0"}

    def test_quoted_csv_values_hold_commas_quotes_and_line_ends(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.csv", 'id,text\r\n1,"彼は""はい"", と\r\n言った"\r\n2,次\r\n')
        assert [(d.line, d.body["text"]) for d in _read(path)] == [
            (2, '彼は"はい", と\r\n言った'),
            (4, "次"),
        ]

    def test_in_tsv_a_quotation_mark_is_a_character(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.tsv", 'id\ttext\n1\t"閉じない引用\n2\t次の行\n')
        assert [d.body["text"] for d in _read(path)] == ['"閉じない引用', "次の行"]

    def test_named_columns_stand_for_a_missing_header(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.tab", "1\t雨が降る\n")
        [document] = _read(path, columns=["id", "text"])
        assert document.body == {"id": "1", "text": "雨が降る"}

    def test_any_columns_can_be_id_and_text(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.csv", "番号,本文,店\n1,麺が固い,麺屋\n")
        [document] = _read(path, fields=Fields("番号", "本文"))
        assert document.doc_id == "1"
        assert document.body == {"番号": "1", "text": "麺が固い", "店": "麺屋"}

    def test_a_value_longer_than_the_csv_modules_own_limit_is_read(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.csv", f"id,text\n1,{'長' * 200_000}\n")
        [document] = _read(path)
        assert len(document.body["text"]) == 200_000

    @pytest.mark.parametrize(
        ("name", "content", "line", "reason"),
        [
            ("c.csv", "id,text\n1\n", 2, "1 columns, where the header has 2"),
            ("c.csv", "id,text\n1,a,b\n", 2, "3 columns, where the header has 2"),
            ("c.tsv", "id\ttext\n1\ta\tb\n", 2, "3 columns, where the header has 2"),
            ("c.csv", "id,text\n,a\n", 2, "the id in .id. is empty"),
            ("c.csv", 'id,text\n\n1,"開いたまま\n2,次\n', 3, "never closed"),
            ("c.csv", 'id,text\n1,"a"b\n', 2, "after a closing quotation mark"),
            ("c.csv", b'id,text\n1,"a\n\xff"\n', 2, "line 3: invalid UTF-8 at byte 1 .*0xff"),
            ("c.tsv", b"id\ttext\n1\t\x00\n", 2, "NUL"),
            ("c.csv", "number,text\n1,a\n", 1, 'no column "id" .its columns: number, text'),
            ("c.csv", "id,id\n1,a\n", 1, 'the column "id" stands twice'),
            ("c.csv", "id,,b\n1,a,b\n", 1, "a column without a name"),
            ("c.csv", b"id,\xff\n", 1, "invalid UTF-8 at byte 4"),
        ],
    )
    def test_a_bad_record_is_named_with_the_line_where_it_begins(
        self, tmp_path: Path, name: str, content: str | bytes, line: int, reason: str
    ) -> None:
        path = _write(tmp_path, name, content)
        with pytest.raises(CorpusError, match=f"{name}:{line}: .*{reason}"):
            _read(path)

    def test_a_bad_record_does_not_spoil_the_next(self, tmp_path: Path) -> None:
        path = _write(tmp_path, "c.csv", b'id,text\n1,"a"b\n2,\xff\n3,\xe9\x9b\xa8\n')
        rejects: list[Reject] = []
        assert [d.body["text"] for d in _read(path, on_reject=rejects.append)] == ["雨"]
        assert [(r.line, r.raw) for r in rejects] == [(2, '1,"a"b'), (3, "2,\\xff")]


class TestFiles:
    def test_gzip_is_known_by_its_content(self, tmp_path: Path) -> None:
        data = gzip.compress(b'{"id":"1"}\n{"id":"2"}\n')
        for name in ("c.ndjson.gz", "c.ndjson"):
            assert [d.doc_id for d in _read(_write(tmp_path, name, data))] == ["1", "2"]

    def test_a_cut_off_gzip_file_is_an_error_and_not_an_end(self, tmp_path: Path) -> None:
        lines = b"".join(b'{"id":"%d"}\n' % n for n in range(2000))
        path = _write(tmp_path, "c.ndjson.gz", gzip.compress(lines)[:-2000])
        with pytest.raises(CorpusError, match=r"c.ndjson.gz:\d+: the gzip data is damaged"):
            _read(path)

    def test_standard_input_may_be_gzip_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for data in (b"id\ttext\n1\tx\n", gzip.compress(b"id\ttext\n1\tx\n")):
            stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]
            monkeypatch.setattr(sys, "stdin", stdin)
            [document] = Corpus(["-"], format="tsv")
            assert (document.doc_id, document.path, document.line) == ("1", "<stdin>", 2)

    def test_files_are_read_one_after_another_and_the_position_reaches_the_size(
        self, tmp_path: Path
    ) -> None:
        first = _write(tmp_path, "a.ndjson", '{"id":"1"}\n')
        second = _write(tmp_path, "b.csv", "id\n2\n")
        corpus = Corpus([first, second])
        assert [d.doc_id for d in corpus] == ["1", "2"]
        assert corpus.position == corpus.size == len('{"id":"1"}\n') + len("id\n2\n")

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("c.txt", "x", "the format does not show in the name; use --format"),
            ("c.ndjson", '{"id":"1"}'.encode("utf-16"), "is UTF-16"),
            ("c.csv.gz", "id\n1\n", "is named .gz but is not gzip"),
        ],
    )
    def test_a_file_that_is_not_what_it_says_is_refused(
        self, tmp_path: Path, name: str, content: str | bytes, reason: str
    ) -> None:
        path = _write(tmp_path, name, content)
        with pytest.raises(CorpusError, match=f"{name}.*{reason}"):
            _read(path)

    def test_a_missing_second_file_shows_before_the_first_is_read(self, tmp_path: Path) -> None:
        first = _write(tmp_path, "a.ndjson", '{"id":"1"}\n')
        with pytest.raises(CorpusError, match=r"b.ndjson: cannot be read: No such file"):
            Corpus([first, tmp_path / "b.ndjson"])

    def test_a_line_without_an_end_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("esqual.corpus.lines.MAX_LINE_BYTES", 1 << 20)
        path = _write(tmp_path, "c.ndjson", b"[" + b" " * (1 << 20))
        with pytest.raises(CorpusError, match=r"c.ndjson:1: the line is longer than 1 MiB"):
            _read(path)

    @pytest.mark.parametrize("name", ["c.ndjson", "c.csv", "c.ndjson.gz"])
    def test_memory_is_that_of_a_line_and_not_of_the_file(self, tmp_path: Path, name: str) -> None:
        lines = [b'{"id":"%d","text":"%s"}\n' % (n, b"x" * 1000) for n in range(8000)]
        if name == "c.csv":
            lines = [b"id,text\n", *(b"%d,%s\n" % (n, b"x" * 1000) for n in range(8000))]
        data = b"".join(lines)
        path = _write(tmp_path, name, gzip.compress(data) if name.endswith("gz") else data)
        tracemalloc.start()
        try:
            assert sum(1 for _ in Corpus([path])) == 8000
            assert tracemalloc.get_traced_memory()[1] < 1 << 20
        finally:
            tracemalloc.stop()
