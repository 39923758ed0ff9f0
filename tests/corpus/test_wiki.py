"""Wikipedia's dumps: what becomes a document, what is skipped, what is said of broken files.

The files are written here in the dumps' exact format; the texts are our own.
"""

from __future__ import annotations

import bz2
import gzip
import json
import tracemalloc
from pathlib import Path
from typing import ClassVar

import pytest

from esqual.corpus import Corpus, Reject
from esqual.corpus.wikitext import paragraphs
from esqual.errors import CorpusError

MARKUP = """{{Infobox 山|名称=白根岳}}
'''白根岳'''（しらねだけ）は、[[北の県]]にある[[火山|活火山]]である。<ref>山 2019</ref>標高は
2,103メートル。

[[ファイル:Shirane.jpg|thumb|秋の[[白根岳]]]]
== 登山 ==
* 東口から4時間
* 西口から6時間
{| class="wikitable"
|-
| 年 || 人数
|}

山頂には&nbsp;Shirane
Hut がある。人々は「お山」と呼ぶ。__TOC__
[[Category:火山]]"""
FIRST = "白根岳（しらねだけ）は、北の県にある活火山である。標高は2,103メートル。"
LIST = "東口から4時間\n西口から6時間"
LAST = "山頂には Shirane Hut がある。人々は「お山」と呼ぶ。"


def _xml(*pages: str) -> str:
    head = (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" '
        'xml:lang="ja">\n  <siteinfo><sitename>Wikipedia</sitename></siteinfo>\n'
    )
    return head + "".join(pages) + "</mediawiki>\n"


def _page(page_id: int, title: str, text: str, *, ns: int = 0, redirect: bool = False) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"  <page>\n    <title>{title}</title>\n    <ns>{ns}</ns>\n    <id>{page_id}</id>\n"
        + ('    <redirect title="白根岳" />\n' if redirect else "")
        + "    <revision>\n      <id>9</id>\n      <timestamp>2026-01-02T03:04:05Z</timestamp>\n"
        f'      <text bytes="1" xml:space="preserve">{escaped}</text>\n    </revision>\n  </page>\n'
    )


def _write(path: Path, text: str) -> Path:
    data = text.encode()
    pack = {".bz2": bz2.compress, ".gz": gzip.compress}.get(path.suffix, lambda raw: raw)
    path.write_bytes(pack(data))
    return path


def _cirrus(*pages: tuple[str, dict[str, object]]) -> str:
    lines = []
    for page_id, page in pages:
        lines += [json.dumps({"index": {"_type": "_doc", "_id": page_id}})]
        lines += [json.dumps(page, ensure_ascii=False)]
    return "\n".join(lines) + "\n"


def test_markup_becomes_the_sentences_that_a_reader_sees() -> None:
    assert paragraphs(MARKUP) == [FIRST, LIST, LAST]


@pytest.mark.parametrize("markup", ["", "{{曖昧さ回避}}", "[[Category:人々]]", "<!-- 何もない -->"])
def test_markup_without_a_sentence_has_no_paragraph(markup: str) -> None:
    assert paragraphs(markup) == []


def test_unclosed_markup_keeps_its_text() -> None:
    assert paragraphs("'''太字のまま [[リンク の終わりがない {{雛形") == [
        "'''太字のまま [[リンク の終わりがない {{雛形"
    ]


class TestMediaWiki:
    @pytest.mark.parametrize("suffix", ["", ".bz2", ".gz"])
    def test_an_article_is_a_document_redirects_and_talk_pages_are_counted(
        self, tmp_path: Path, suffix: str
    ) -> None:
        pages = (
            _page(7, "白根岳", MARKUP),
            _page(8, "しらねだけ", "#転送 [[白根岳]]", redirect=True),
            _page(9, "ノート:白根岳", "議論。", ns=1),
            _page(10, "佐々木町", "佐々木町は町である。"),
        )
        path = _write(tmp_path / f"jawiki-latest-pages-articles.xml{suffix}", _xml(*pages))
        corpus = Corpus([path])
        documents = list(corpus)
        assert [document.doc_id for document in documents] == ["7", "10"]
        assert documents[0].body == {
            "id": "7",
            "title": "白根岳",
            "timestamp": "2026-01-02T03:04:05Z",
            "text": "\n".join([FIRST, LIST, LAST]),
        }
        assert corpus.skipped == 2
        assert documents[0].line == 3

    def test_by_paragraph_every_paragraph_is_a_document(self, tmp_path: Path) -> None:
        path = _write(tmp_path / "w.xml", _xml(_page(7, "白根岳", MARKUP)))
        documents = list(Corpus([path], unit="paragraph"))
        assert [(d.doc_id, d.body["page_id"], d.body["text"]) for d in documents] == [
            ("7-1", "7", FIRST),
            ("7-2", "7", LIST),
            ("7-3", "7", LAST),
        ]

    def test_memory_does_not_grow_with_the_dump(self, tmp_path: Path) -> None:
        list(Corpus([_write(tmp_path / "one.xml", _xml(_page(1, "海", "海。")))]))  # imports
        text = "駅から歩いて五分の食堂。" * 40
        path = _write(tmp_path / "w.xml", _xml(*(_page(n, f"店{n}", text) for n in range(3_000))))
        tracemalloc.start()
        assert sum(1 for _ in Corpus([path])) == 3_000
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < path.stat().st_size / 10

    @pytest.mark.parametrize(
        ("text", "line", "says"),
        [
            ("<html><page/></html>", 1, "the root element is <html>"),
            (_xml(_page(1, "海", "海。"))[:-30], 11, "ends too early"),
            ("", 0, "is empty"),
            (_xml("<page>\n<title>a</page>\n"), 4, "not well-formed"),
        ],
    )
    def test_xml_that_cannot_be_read_further_ends_the_run(
        self, tmp_path: Path, text: str, line: int, says: str
    ) -> None:
        path = _write(tmp_path / "w.xml", text)
        with pytest.raises(CorpusError, match=says) as caught:
            list(Corpus([path]))
        assert caught.value.line == line

    def test_a_page_without_text_is_a_reject_at_its_first_line(self, tmp_path: Path) -> None:
        broken = "<page>\n<title>a</title><ns>0</ns><id>1</id>\n<revision/></page>\n"
        path = _write(tmp_path / "w.xml", _xml(broken, _page(2, "海", "海。")))
        rejects: list[Reject] = []
        documents = list(Corpus([path], on_reject=rejects.append))
        assert [d.doc_id for d in documents] == ["2"]
        assert [(r.line, r.reason) for r in rejects] == [(3, "the page has no <text>")]


class TestCirrus:
    PAGE: ClassVar[dict[str, object]] = {
        "namespace": 0,
        "title": "白根岳",
        "text": "白根岳は、北の県にある活火山である。 ",
        "source_text": MARKUP,
        "category": ["火山"],
        "incoming_links": 3,
        "template": ["Template:Infobox 山"],
    }

    @pytest.mark.parametrize("suffix", ["", ".bz2", ".gz"])
    def test_action_and_page_are_one_document(self, tmp_path: Path, suffix: str) -> None:
        talk = {**self.PAGE, "namespace": 1}
        path = _write(
            tmp_path / f"jawiki-20260105-cirrussearch-content.json{suffix}",
            _cirrus(("7", self.PAGE), ("8", talk)),
        )
        corpus = Corpus([path])
        [document] = corpus
        assert document.body == {
            "id": "7",
            "title": "白根岳",
            "category": ["火山"],
            "incoming_links": 3,
            "text": "白根岳は、北の県にある活火山である。",
        }
        assert (document.line, corpus.skipped) == (2, 1)

    def test_paragraphs_come_from_the_markup(self, tmp_path: Path) -> None:
        path = _write(tmp_path / "a-cirrussearch-content.json", _cirrus(("7", self.PAGE)))
        documents = list(Corpus([path], unit="paragraph"))
        assert [d.body["text"] for d in documents] == [FIRST, LIST, LAST]

    @pytest.mark.parametrize(
        ("text", "line", "says"),
        [
            ('{"title":"a"}\n', 1, "no bulk action"),
            (_cirrus(("1", {"title": "a"})), 2, 'the page has no "text"'),
            ('{"index":{"_id":"1"}}\n', 1, "the file ends after this action"),
            ('{"index":{"_id":"1"}}\n{"title":\n', 2, "not JSON"),
            ('{"index":{"_id":"1"}}\n[1]\n', 2, "not a JSON object"),
            ('{"delete":{"_id":"1"}}\n', 1, "no bulk action"),
        ],
    )
    def test_what_is_no_page_is_named_with_its_line(
        self, tmp_path: Path, text: str, line: int, says: str
    ) -> None:
        path = _write(tmp_path / "a-cirrussearch-content.json", text)
        rejects: list[Reject] = []
        assert list(Corpus([path], on_reject=rejects.append)) == []
        assert rejects[0].line == line
        assert says in rejects[0].reason

    def test_paragraphs_need_the_markup(self, tmp_path: Path) -> None:
        page = {key: value for key, value in self.PAGE.items() if key != "source_text"}
        path = _write(tmp_path / "a-cirrussearch-content.json", _cirrus(("7", page)))
        with pytest.raises(CorpusError, match="--by article"):
            list(Corpus([path], unit="paragraph"))


def test_paragraphs_of_a_table_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.tsv", "id\ttext\n1\t海\n")
    with pytest.raises(ValueError, match="wiki dumps only"):
        Corpus([path], unit="paragraph")


def test_damaged_bzip2_is_an_error_and_not_an_end(tmp_path: Path) -> None:
    import random

    noise = random.Random(3)
    pages = (_page(n, "海", "".join(chr(noise.randrange(0x4E00, 0x9FA0)) for _ in range(9000)))
             for n in range(40))  # fmt: skip
    data = bz2.compress(_xml(*pages).encode())
    path = tmp_path / "w.xml.bz2"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(CorpusError, match="bzip2 data is damaged or cut off"):
        list(Corpus([path]))
    path.write_bytes(data[:200] + b"\0" * 50 + data[250:])
    with pytest.raises(CorpusError, match="bzip2 data is damaged or cut off"):
        list(Corpus([path]))
