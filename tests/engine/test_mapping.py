"""What a mapping promises beyond the recorded answers: rows, look-ups, limits, dynamic rules."""

from __future__ import annotations

from typing import Any

import pytest

from esqual.engine.lucene.analysis import Analysis
from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.fields.base import Environment
from esqual.engine.lucene.fields.similarity import Similarities
from esqual.engine.lucene.mapping import Mapping

TEXT_WITH_KEYWORD = {
    "type": "text",
    "fields": {"keyword": {"type": "keyword", "ignore_above": 256}},
}


def make(properties: Any = None, settings: Any = None, **root: Any) -> Mapping:
    settings = settings or {}
    environment = Environment(Analysis(), Similarities(settings), settings)
    return Mapping({"properties": properties or {}, **root}, environment)


def rows(mapping: Mapping, document: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """``(name, kind, value)`` of what a document writes."""
    parsed = mapping.parse("1", document)
    specs = [mapping.specs[number] for number, _ in parsed.rows]
    return [(s.name, s.kind, value) for s, (_, value) in zip(specs, parsed.rows, strict=True)]


def test_the_rows_stand_in_document_order_with_multi_fields_beside_their_field() -> None:
    mapping = make({"title": TEXT_WITH_KEYWORD, "n": {"type": "long"}})
    assert rows(mapping, {"n": [3, 1], "title": ["胃が痛い", "頭が痛い"]}) == [
        ("n", "long", 3),
        ("n", "long", 1),
        ("title", "text", "胃が痛い"),
        ("title.keyword", "string", "胃が痛い"),
        ("title", "text", "頭が痛い"),
        ("title.keyword", "string", "頭が痛い"),
    ]


def test_objects_arrays_and_dotted_names_are_one_path() -> None:
    mapping = make({"店": {"properties": {"名": {"type": "keyword"}}}})
    several = {"店": [{"名": "駅前"}, None, [{"名": ["港", "山"]}]], "店.名": "川"}
    assert [value for _, _, value in rows(mapping, several)] == ["駅前", "港", "山", "川"]
    assert {name for name, _, _ in rows(mapping, several)} == {"店.名"}


def test_null_and_empty_arrays_write_nothing_but_a_null_value() -> None:
    mapping = make(
        {
            "t": {"type": "text"},
            "k": {"type": "keyword", "null_value": "無し"},
            "n": {"type": "long", "null_value": -1},
            "d": {"type": "date", "null_value": "1970-01-02"},
            "b": {"type": "boolean", "null_value": True},
        }
    )
    assert rows(mapping, {"t": None, "k": [], "n": []}) == []
    assert rows(mapping, {"t": [None], "k": None, "n": [None, 2], "d": None}) == [
        ("k", "string", "無し"),
        ("n", "long", -1),
        ("n", "long", 2),
        ("d", "long", 86_400_000),
    ]
    assert rows(mapping, {"b": None}) == [("b", "string", "T"), ("b", "long", 1)]


def test_copies_go_to_each_target_in_document_order() -> None:
    mapping = make(
        {
            "題": {"type": "text", "copy_to": ["全文", "題.複写先なし"]},
            "文": {"type": "text", "copy_to": "全文"},
            "全文": {"type": "text"},
        },
        dynamic="false",
    )
    got = rows(mapping, {"文": "本文", "全文": "直接", "題": ["一", None, "二"]})
    assert [value for name, _, value in got if name == "全文"] == ["本文", "直接", "一", "二"]
    assert mapping.source_paths("全文") == ["全文", "題", "文"]


def test_a_null_is_copied_too_and_becomes_the_targets_null_value() -> None:
    mapping = make(
        {
            "n": {"type": "long", "null_value": 5, "copy_to": ["k", "新"]},
            "k": {"type": "keyword", "null_value": "無し"},
        }
    )
    assert rows(mapping, {"n": [None, 3]})[:4] == [
        ("n", "long", 5),
        ("k", "string", "無し"),
        ("n", "long", 3),
        ("k", "string", "3"),
    ]
    assert mapping.to_json()["properties"]["新"] == {"type": "long"}


def test_ignore_above_counts_as_java_counts_and_notes_the_field() -> None:
    mapping = make({"k": {"type": "keyword", "ignore_above": 2}})
    assert rows(mapping, {"k": ["胃腸", "𠮷", "胃腸薬", "𠮷野"]}) == [
        ("k", "string", "胃腸"),
        ("k", "string", "𠮷"),
        ("_ignored", "string", "k"),
        ("_ignored", "string", "k"),
    ]


def test_a_term_longer_than_lucene_takes_is_refused() -> None:
    mapping = make({"k": {"type": "keyword"}})
    assert len(rows(mapping, {"k": "胃" * 10922})) == 1  # 32,766 bytes
    with pytest.raises(ApiError) as refused:
        mapping.parse("1", {"k": "胃" * 10923})
    assert (
        "longer than the max length 32766" in refused.value.body()["error"]["caused_by"]["reason"]
    )


def test_a_field_without_norms_and_doc_values_is_found_by_its_name() -> None:
    mapping = make(
        {
            "t": {"type": "text", "norms": False},
            "k": {"type": "keyword", "doc_values": False},
            "n": {"type": "long", "doc_values": False},
            "x": {"type": "keyword", "index": False, "doc_values": False},
            "y": {"type": "text", "index": False},
        }
    )
    got = rows(mapping, {"t": "胃", "k": "腸", "n": 1, "x": "薬", "y": "水"})
    assert got == [
        ("t", "text", "胃"),
        ("_field_names", "name", "t"),
        ("k", "string", "腸"),
        ("_field_names", "name", "k"),
        ("n", "long", 1),
        ("_field_names", "name", "n"),
    ]


def test_the_specs_say_what_the_mapping_says() -> None:
    mapping = make(
        {
            "t": {"type": "text", "index_options": "offsets", "norms": False},
            "k": {"type": "keyword", "index": False},
            "i": {"type": "integer"},
            "f": {"type": "float", "doc_values": False},
            "b": {"type": "boolean"},
        }
    )
    specs = {(s.name, s.kind): s for s in mapping.specs}
    text = specs["t", "text"]
    assert (text.indexed, text.doc_values, text.norms, text.index_options) == (
        True,
        False,
        False,
        "offsets",
    )
    assert (specs["k", "string"].indexed, specs["k", "string"].doc_values) == (False, True)
    assert (specs["i", "int"].indexed, specs["i", "int"].doc_values) == (True, True)
    assert (specs["f", "float"].indexed, specs["f", "float"].doc_values) == (True, False)
    assert (specs["b", "string"].indexed, specs["b", "string"].doc_values) == (True, False)
    assert (specs["b", "long"].indexed, specs["b", "long"].doc_values) == (False, True)


def test_a_spec_keeps_its_place_when_the_mapping_grows() -> None:
    mapping = make({"a": {"type": "text"}})
    before = list(mapping.specs)
    mapping.merge({"properties": {"a": TEXT_WITH_KEYWORD, "b": {"type": "long"}}})
    assert mapping.specs[: len(before)] == before
    assert len(mapping.specs) > len(before)


def test_index_settings_give_coerce_and_ignore_malformed_their_default() -> None:
    fields = {"n": {"type": "long"}, "m": {"type": "long", "coerce": True}}
    strict = make(fields, {"index.mapping.coerce": "false"})
    with pytest.raises(ApiError):
        strict.parse("1", {"n": "5"})
    assert rows(strict, {"m": "5"}) == [("m", "long", 5)]
    careless = make(fields, {"index.mapping.ignore_malformed": "true"})
    assert rows(careless, {"n": ["五", 6]}) == [("_ignored", "string", "n"), ("n", "long", 6)]


# ---------------------------------------------------------------------- looking up


def test_names_are_the_sorted_leaves_and_stars_match_across_dots() -> None:
    mapping = make({"b": TEXT_WITH_KEYWORD, "a": {"properties": {"題": {"type": "text"}}}})
    assert mapping.names() == ["a.題", "b", "b.keyword"]
    assert mapping.names("b*") == ["b", "b.keyword"]
    assert mapping.names("*題") == ["a.題"]
    assert mapping.names("b") == ["b"]
    assert mapping.names("a") == []
    assert mapping.names("b.[k]*") == []


def test_fields_are_found_by_full_path_and_metadata_by_name() -> None:
    mapping = make({"a": {"properties": {"b": TEXT_WITH_KEYWORD}}})
    found = [mapping.field(name) for name in ("a.b", "a.b.keyword", "_id")]
    assert [field.type for field in found if field is not None] == ["text", "keyword", "_id"]
    assert mapping.field("a") is None
    assert mapping.field("b") is None
    assert mapping.is_object("a")
    assert not mapping.is_object("a.b")
    assert mapping.source_paths("a.b.keyword") == ["a.b"]


# ---------------------------------------------------------------------- dynamic mapping


def test_new_fields_are_mapped_once_and_written_in_the_same_document() -> None:
    mapping = make()
    first = mapping.parse("1", {"題": "胃が痛い", "数": 3})
    assert first.mapping_update == {"properties": {"題": TEXT_WITH_KEYWORD, "数": {"type": "long"}}}
    assert len(first.rows) == 3
    assert mapping.parse("2", {"題": "頭が痛い", "数": 4}).mapping_update is None
    assert mapping.version == 1


def test_a_refused_document_leaves_no_field_behind() -> None:
    mapping = make({"n": {"type": "long"}})
    for document in ({"new": 1, "n": "x"}, {"new": [1, "x"]}, {"a": {"b": 1}, "_id": "x"}):
        with pytest.raises(ApiError):
            mapping.parse("1", document)
    assert mapping.names() == ["n"]
    assert mapping.version == 0
    # the field may become something else afterwards
    assert mapping.parse("1", {"new": "文"}).mapping_update == {
        "properties": {"new": TEXT_WITH_KEYWORD}
    }


def test_dynamic_false_keeps_quiet_and_an_object_may_differ_from_its_parent() -> None:
    mapping = make({"o": {"dynamic": "true", "properties": {}}}, dynamic="false")
    assert rows(mapping, {"x": {"y": 1}, "p.q": 2, "o": {"z": 3}}) == [("o.z", "long", 3)]
    assert mapping.names() == ["o.z"]


def test_strict_refuses_even_null() -> None:
    mapping = make({"o": {"dynamic": "strict", "properties": {}}})
    with pytest.raises(ApiError) as refused:
        mapping.parse("1", b'{"a": "\xe8\x83\x83", "o": {"x": null}}')
    assert refused.value.type == "strict_dynamic_mapping_exception"
    assert refused.value.reason.startswith("[1:25] mapping set to strict")


def test_columns_count_bytes() -> None:
    mapping = make({"n": {"type": "long"}})
    with pytest.raises(ApiError, match=r"exception: \[2:20\] failed to parse field \[n\]"):
        mapping.parse("1", '{\n"題": "胃", "n": "五"}'.encode())


def test_128_floats_and_more_are_mapped_as_a_vector() -> None:
    mapping = make()
    assert mapping.parse("1", {"v": [0.5] * 127}).mapping_update == {
        "properties": {"v": {"type": "float"}}
    }
    assert mapping.parse("1", {"w": [0.5] * 128}).mapping_update == {
        "properties": {"w": {"type": "dense_vector", "dims": 128}}
    }
    assert mapping.parse("1", {"x": [0.5] * 4097}).mapping_update == {
        "properties": {"x": {"type": "float"}}
    }


def test_numbers_and_dates_in_strings_are_detected_as_told() -> None:
    mapping = make(numeric_detection=True, dynamic_date_formats=["yyyy年M月d日"])
    mapping.parse("1", {"a": "5", "b": "5.5", "c": "2024年5月3日", "d": "2024-05-03"})
    shown = mapping.to_json()["properties"]
    assert shown["a"] == {"type": "long"}
    assert shown["b"] == {"type": "float"}
    assert shown["c"] == {"type": "date", "format": "yyyy年M月d日", "locale": ""}
    assert shown["d"] == TEXT_WITH_KEYWORD
    mapping = make(date_detection=False)
    mapping.parse("1", {"c": "2024-05-03"})
    assert mapping.to_json()["properties"]["c"] == TEXT_WITH_KEYWORD


@pytest.mark.parametrize(
    ("template", "cause"),
    [
        (
            {"match": "*", "mapping": {"type": "foo"}},
            "The mapper type [foo] declared on field [__dynamic__規則] does not exist.",
        ),
        (
            {"match": "*", "mapping": {"type": "keyword", "analyzer": "x"}},
            "unknown parameter [analyzer] on mapper [__dynamic__規則] of type [keyword]",
        ),
        (
            {"match": "*", "mapping": {"type": "nested"}},
            "[field type nested] is not supported by the embedded engine",
        ),
    ],
)
def test_a_template_that_no_value_could_use_is_refused_at_once(
    template: dict[str, Any], cause: str
) -> None:
    with pytest.raises(ApiError) as refused:
        make(dynamic_templates=[{"規則": template}])
    first = refused.value.caused_by
    assert first is not None
    assert first.reason.startswith("dynamic template [規則] has invalid content [{")
    assert first.caused_by is not None
    assert first.caused_by.reason.startswith(cause)


def test_a_template_that_some_value_could_use_is_taken() -> None:
    mapping = make(
        dynamic_templates=[{"規則": {"match": "*", "mapping": {"analyzer": "kuromoji"}}}]
    )
    mapping.parse("1", {"題": "胃が痛い"})
    assert mapping.to_json()["properties"]["題"] == {"type": "text", "analyzer": "kuromoji"}
    with pytest.raises(
        ApiError, match=r"unknown parameter .analyzer. on mapper .数. of type .long."
    ):
        mapping.parse("1", {"数": 5})


# ---------------------------------------------------------------------- limits and JSON


def test_the_limits_of_an_index_hold_for_mappings_and_documents() -> None:
    limits = {"index.mapping.total_fields.limit": 3, "index.mapping.depth.limit": "2"}
    mapping = make({"a": TEXT_WITH_KEYWORD}, limits)
    with pytest.raises(ApiError, match=r"Limit of total fields \[3\] has been exceeded$"):
        mapping.merge({"properties": {"b": TEXT_WITH_KEYWORD}})
    with pytest.raises(ApiError, match=r"\[3\] has been exceeded while adding new fields \[2\]$"):
        mapping.parse("1", {"b": "x"})
    with pytest.raises(ApiError, match=r"depth \[2\] .* due to object field \[o.p\]"):
        make({"o": {"properties": {"p": {"properties": {}}}}}, limits)
    with pytest.raises(ApiError, match=r"Field name \[long\] is longer than the limit of \[3\]"):
        make({"long": {"type": "long"}}, {"index.mapping.field_name_length.limit": 3})
    assert mapping.names() == ["a", "a.keyword"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "failed to parse: Expecting value"),
        (b'{"a":1,"a":2}', "failed to parse: Duplicate field 'a'"),
        (b'{"a":{"b":1,"c":2,"b":3}}', "failed to parse: Duplicate field 'b'"),
        (b'{"a":NaN}', "failed to parse: Non-standard token 'NaN'"),
        (b'{"a":1} x', "failed to parse: Extra data"),
        (b'{"a":"\xff"}', "failed to parse: 'utf-8' codec"),
        (b'"a"', "Malformed content, must start with an object"),
        (b"[" * 100_000, "failed to parse: "),
    ],
)
def test_a_text_that_is_no_json_object_is_refused(text: bytes, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        make().parse("1", text)
    assert refused.value.type == "document_parsing_exception"
    assert refused.value.reason.startswith(reason)
    assert refused.value.status == 400


# ---------------------------------------------------------------------- similarity


def test_similarities_come_from_the_settings_and_are_resolved_per_field() -> None:
    settings = {
        "index.similarity.短文.type": "BM25",
        "index.similarity.短文.b": "0.25",
        "index.similarity.default.type": "BM25",
        "index.similarity.default.k1": 0.9,
    }
    mapping = make(
        {"a": {"type": "text", "similarity": "短文"}, "b": {"type": "keyword"}}, settings
    )
    a, b = mapping.field("a"), mapping.field("b")
    assert a is not None
    assert b is not None
    assert (str(a.similarity), a.similarity_is_default) == ("BM25(k1=1.2,b=0.25)", False)
    assert (str(b.similarity), b.similarity_is_default) == ("BM25(k1=0.9,b=0.75)", True)


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"type": "foo"}, "Unknown Similarity type [foo] for [s]"),
        ({"k1": 1}, "Similarity [s] must have an associated type"),
        ({"type": "BM25", "x": 1}, "Unknown settings for similarity of type [BM25]: [x]"),
        ({"type": "BM25", "k1": -1}, "illegal k1 value: -1.0, must be a non-negative finite value"),
        ({"type": "BM25", "b": 2}, "illegal b value: 2.0, must be between 0 and 1"),
        (
            {"type": "BM25", "discount_overlaps": "x"},
            "Failed to parse value [x] as only [true] or [false] are allowed.",
        ),
        ({"type": "BM25", "k1": "x"}, "Failed to parse float setting [k1] with value [x]"),
        ({"type": "DFR"}, "[similarity of type DFR] is not supported by the embedded engine"),
    ],
)
def test_a_similarity_that_cannot_be_is_refused_as_elasticsearch_does(
    declared: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ApiError) as refused:
        Similarities({f"index.similarity.s.{key}": value for key, value in declared.items()})
    assert refused.value.reason.startswith(reason)
