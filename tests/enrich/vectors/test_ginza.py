"""GiNZA's word vectors: which words count, their rows, mean and idf."""

import subprocess
import sys

import numpy as np
import pytest

from esqual.enrich.kinds import DocumentFailure
from esqual.enrich.vectors.artefact import artefact_path
from esqual.enrich.vectors.ginza import ENCODER, GinzaEncoder, Idf
from esqual.enrich.vectors.kind import KIND
from esqual.enrich.vectors.words import load_words
from esqual.errors import EnrichmentError

TEXTS = ["ずっと胃がキリキリと痛い。", "頭が痛い。胃がむかむかする。", "新幹線が一時間遅れた。"]


@pytest.fixture(scope="module")
def table():
    return load_words()


@pytest.fixture
def artefacts(tmp_path, monkeypatch):
    monkeypatch.setenv("ESQUAL_ARTEFACTS", str(tmp_path))
    return tmp_path


def written(table, text):
    return [word.written for word in table.words(text)]


def fit(name, texts):
    parameters = KIND.defaults({"encoder": "ginza", "artefact": name})
    ENCODER.fit(parameters, texts).write(name)
    return parameters


def test_particles_auxiliaries_and_signs_do_not_count(table):
    assert written(table, "しかし、胃が痛かったのです。") == ["胃", "痛かっ"]


def test_every_repeat_of_a_word_counts(table):
    assert written(table, "胃の痛みと胃の不快") == ["胃", "痛み", "胃", "不快"]


def test_a_row_is_the_vector_that_ginza_itself_gives_the_word(table):
    import spacy

    nlp = spacy.load("ja_ginza", exclude=["ner", "parser", "morphologizer", "tok2vec"])
    for token in nlp.make_doc("新幹線が遅れて胃が痛い"):
        for word in table.words(token.text):
            assert token.has_vector
            assert (table.data[word.row] == token.vector).all()


def test_a_word_without_a_row_is_looked_up_in_its_normalised_form(table):
    # シュミレーション has no vector of its own; Sudachi knows what was meant
    (word,) = table.words("シュミレーション")
    (meant,) = table.words("シミュレーション")
    assert word.written == "シュミレーション"
    assert word.row == meant.row


def test_width_does_not_matter(table):
    assert [w.row for w in table.words("ﾊﾞｽが遅れた")] == [
        w.row for w in table.words("バスが遅れた")
    ]


def test_a_text_beyond_what_sudachi_takes_is_read_in_pieces(table):
    words = table.words("胃が痛い。" * 20_000)
    assert len(words) == 40_000
    assert len(table.words("胃" * 100_000)) > 0


def test_the_mean_is_that_of_the_words_rows(table):
    rows = [word.row for word in table.words(TEXTS[0])]
    (mean,) = GinzaEncoder(table, None).encode(TEXTS[:1], "passage")
    assert mean == pytest.approx(table.data[rows].astype(np.float64).mean(axis=0), rel=1e-12)


def test_with_frequencies_a_common_word_weighs_less(table, artefacts):
    parameters = fit("three", TEXTS)
    (row,) = ENCODER.load("", parameters).encode(["胃がむかむかする"], "passage")
    # 胃 is in two of three documents, むかむか and する in one
    weight = {"胃": np.log(3 / 2) + 1}
    words = table.words("胃がむかむかする")
    assert "胃" in [word.written for word in words]
    total = np.zeros(300)
    weights = [weight.get(word.written, np.log(3 / 1) + 1) for word in words]
    for word, each in zip(words, weights, strict=True):
        total += each * table.data[word.row]
    assert row == pytest.approx(total / sum(weights), rel=1e-9)


def test_a_word_that_the_corpus_lacks_weighs_as_one_of_a_single_document():
    idf = Idf.of([["胃", "胃", "痛い"], ["胃"]])
    assert idf("胃") == 1.0
    assert idf("痛い") == idf("頭") == pytest.approx(np.log(2) + 1)


def test_frequencies_come_back_from_an_artefact():
    idf = Idf.of([["胃", "痛い"], ["胃", "😀"], []])
    again = Idf.read(idf.arrays())
    assert [again(w) for w in ("胃", "痛い", "😀", "頭")] == [
        idf(w) for w in ("胃", "痛い", "😀", "頭")
    ]
    assert again("胃") == pytest.approx(np.log(3 / 2) + 1)


def test_the_fingerprint_has_the_digest_of_the_frequencies(artefacts):
    parameters = fit("three", TEXTS)
    first = KIND.fingerprint(parameters)
    assert len(first["digest"]) == 64
    fit("three", TEXTS)
    assert KIND.fingerprint(parameters) == first
    fit("three", [*TEXTS, "腸も痛い。"])
    assert KIND.fingerprint(parameters)["digest"] != first["digest"]


def test_without_its_artefact_both_fingerprint_and_load_say_what_to_do(artefacts):
    parameters = KIND.defaults({"encoder": "ginza", "artefact": "nowhere"})
    for use in (KIND.fingerprint, KIND.load):
        with pytest.raises(EnrichmentError, match=r"no artefact 'nowhere' here.*esqual fit"):
            use(parameters)


def test_an_artefact_of_another_encoder_is_refused(artefacts):
    fit("three", TEXTS)
    parameters = KIND.defaults({"encoder": "scdv", "artefact": "three"})
    with pytest.raises(EnrichmentError, match="fitted with encoder 'ginza'"):
        KIND.load(parameters)


def test_a_broken_artefact_is_refused(artefacts):
    artefact_path("broken").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(EnrichmentError, match="no artefact that can be read"):
        KIND.load(KIND.defaults({"encoder": "ginza", "artefact": "broken"}))


def test_an_artefact_that_pickles_an_object_is_not_opened(artefacts):
    np.savez(artefact_path("evil"), header=np.array([{"encoder": "ginza"}], dtype=object))
    with pytest.raises(EnrichmentError, match="no artefact that can be read"):
        KIND.load(KIND.defaults({"encoder": "ginza", "artefact": "evil"}))


def test_unknown_words_empty_texts_and_odd_characters_have_one_outcome_each():
    given = KIND.load(KIND.defaults({"encoder": "ginza"})).documents(
        ["", "、。", "\x01\x02", "\ud83d", "胃が痛い😀\x01"]
    )
    assert given[:3] == [None, None, None]
    assert isinstance(given[3], DocumentFailure)
    assert "surrogate" in given[3].reason
    assert len(given[4]) == 300


def test_another_process_gives_the_same_bytes():
    code = (
        "import sys, numpy as np\n"
        "from esqual.enrich.vectors.kind import KIND\n"
        "rows = KIND.load(KIND.defaults({'encoder': 'ginza'})).documents(" + repr(TEXTS) + ")\n"
        "sys.stdout.buffer.write(np.array(rows, dtype='<f4').tobytes())\n"
    )
    other = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    here = KIND.load(KIND.defaults({"encoder": "ginza"})).documents(TEXTS)
    assert other.stdout == np.array(here, dtype="<f4").tobytes()
