"""SCDV against the formulas of its paper, computed slowly and word by word."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from esqual.enrich.vectors.kind import KIND
from esqual.enrich.vectors.scdv import ENCODER, ScdvEncoder, fit_scdv, projection
from esqual.enrich.vectors.words import Word
from esqual.errors import EnrichmentError

sklearn_mixture = pytest.importorskip("sklearn.mixture")

CORPUS = [
    "胃が痛い。胃がむかむかする。",
    "頭が痛くて眠れない。",
    "熱が出て、頭も痛い。",
    "新幹線が一時間遅れた。",
    "電車が止まり、駅で待った。",
    "バスと電車を乗り継いだ。",
    "駅の店でうどんを食べた。",
    "ラーメンが美味しい店を探した。",
    "",
]


@dataclass
class Table:
    """Words between blanks; every word its own row."""

    vectors: dict

    def __post_init__(self):
        self._row = {word: row for row, word in enumerate(self.vectors)}
        self.data = np.array(list(self.vectors.values()), dtype=np.float32)

    def words(self, text):
        return [Word(word, self._row[word]) for word in text.split() if word in self._row]


@pytest.fixture
def table():
    random = np.random.default_rng(3)
    return Table(
        {
            word: random.normal(size=4)
            for word in ["胃", "頭", "熱", "痛い", "重い", "駅", "店", "電車", "遅れ", "雨"]
        }
    )


SMALL = ["胃 痛い 胃", "頭 痛い 重い", "熱 頭", "駅 電車 遅れ", "電車 雨 駅 店", "店 知らない", ""]


def by_the_formulas(table, corpus, text, *, clusters, seed, sparsity):
    """The paper, one number at a time. Shares with the code only the mixture's library."""
    documents = [[w for w in d.split() if w in table.vectors] for d in corpus]
    vocabulary = sorted(
        {w for d in documents for w in d}, key=lambda w: list(table.vectors).index(w)
    )
    df = {w: sum(w in d for d in documents) for w in vocabulary}
    points = np.array([np.float64(np.float32(table.vectors[w])) for w in vocabulary])
    mixture = sklearn_mixture.GaussianMixture(
        clusters, covariance_type="diag", random_state=seed, max_iter=100
    ).fit(points)

    def probability(word, cluster):
        """Bayes' rule on the densities of the components."""
        x = points[vocabulary.index(word)]
        densities = []
        for k in range(clusters):
            density = mixture.weights_[k]
            for value, mean, variance in zip(
                x, mixture.means_[k], mixture.covariances_[k], strict=True
            ):
                density *= math.exp(-((value - mean) ** 2) / (2 * variance))
                density /= math.sqrt(2 * math.pi * variance)
            densities.append(density)
        return densities[cluster] / sum(densities)

    def composite(words):
        total = []
        for k in range(clusters):
            for axis in range(4):
                number = 0.0
                for word in words:
                    idf = math.log(len(corpus) / df[word]) + 1
                    number += (
                        idf * probability(word, k) * float(points[vocabulary.index(word)][axis])
                    )
                total.append(number)
        length = math.sqrt(sum(x * x for x in total))
        return [x / length for x in total]

    composites = [composite(d) for d in documents if d]
    least = sum(min(c) for c in composites) / len(composites)
    greatest = sum(max(c) for c in composites) / len(composites)
    threshold = (abs(least) + abs(greatest)) / 2
    vector = composite([w for w in text.split() if w in vocabulary])
    return [x if abs(x) >= sparsity * threshold else 0.0 for x in vector]


@pytest.mark.parametrize("text", ["胃 痛い", "電車 電車 遅れ 知らない", "熱 頭 駅 店 雨"])
@pytest.mark.parametrize("sparsity", [0.0, 0.04, 0.5])
def test_a_vector_is_that_of_the_papers_formulas(table, text, sparsity):
    arrays = fit_scdv(table, SMALL, clusters=3, seed=1)
    (row,) = ScdvEncoder(table, arrays, sparsity=sparsity, matrix=None).encode([text], "passage")
    wanted = by_the_formulas(table, SMALL, text, clusters=3, seed=1, sparsity=sparsity)
    assert row == pytest.approx(wanted, rel=1e-5, abs=1e-7)


def test_the_threshold_makes_zeros(table):
    arrays = fit_scdv(table, SMALL, clusters=3, seed=1)

    def zeros(sparsity):
        encoder = ScdvEncoder(table, arrays, sparsity=sparsity, matrix=None)
        return int((encoder.encode(["胃 頭 駅"], "passage") == 0).sum())

    assert zeros(0.0) < zeros(0.5) < zeros(1.0)


def test_a_word_that_the_corpus_lacks_is_left_out(table):
    arrays = fit_scdv(table, [text for text in SMALL if "雨" not in text], clusters=3, seed=1)
    encoder = ScdvEncoder(table, arrays, sparsity=0.04, matrix=None)
    with_rain, without, rain = encoder.encode(["胃 雨", "胃", "雨"], "passage")
    assert (with_rain == without).all()
    assert not rain.any()


def test_too_few_words_for_the_clusters_say_so(table):
    with pytest.raises(EnrichmentError, match="10 different words with a vector, too few for 11"):
        fit_scdv(table, SMALL, clusters=11, seed=1)


def test_a_projection_keeps_cosines_on_average():
    random = np.random.default_rng(5)
    first = random.normal(size=3000)
    second = first + random.normal(size=3000)

    def cosine(a, b):
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    found = [cosine(m @ first, m @ second) for m in (projection(3000, 256, s) for s in range(20))]
    # the spread of one is about (1 - cos^2) / sqrt(dims)
    assert np.mean(found) == pytest.approx(cosine(first, second), abs=0.03)
    assert np.std(found) < 0.08


def test_a_projection_is_its_seed():
    first, again, other = (projection(500, 32, seed).toarray() for seed in (7, 7, 8))
    assert (first == again).all()
    assert (first != other).any()
    assert set(np.unique(first)) == {-1.0, 0.0, 1.0}
    # one place in sqrt(500): 715 of 16,000 on average, 26 more or less
    assert (first != 0).sum() == pytest.approx(32 * np.sqrt(500), abs=4 * 26)


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    monkeypatch.setenv("ESQUAL_ARTEFACTS", str(tmp_path))
    parameters = KIND.defaults({"encoder": "scdv", "artefact": "small", "clusters": 4, "dims": 256})
    ENCODER.fit(parameters, CORPUS).write("small")
    return parameters


def test_on_ginzas_words_near_texts_are_near(fitted):
    stomach, head, train = KIND.load(fitted).documents(
        ["胃が痛い。", "頭が痛い。", "電車が遅れた。"]
    )
    assert len(stomach) == 256
    assert np.dot(stomach, head) > np.dot(stomach, train)


def test_fitting_again_gives_the_same_file(fitted):
    first = KIND.fingerprint(fitted)["digest"]
    ENCODER.fit(fitted, CORPUS).write("small")
    assert KIND.fingerprint(fitted)["digest"] == first


def test_an_artefact_of_other_clusters_is_refused(fitted):
    with pytest.raises(EnrichmentError, match="fitted with clusters 4, and the mapping file asks"):
        KIND.load({**fitted, "clusters": 5})


def test_more_dims_than_there_are_is_an_error(fitted):
    with pytest.raises(EnrichmentError, match="4 clusters give 1200 dims, and 1201 are declared"):
        KIND.load({**fitted, "dims": 1201})
    (whole,) = KIND.load({**fitted, "dims": 1200}).documents(["胃が痛い。"])
    assert len(whole) == 1200
    assert 0.0 in whole


def test_the_artefact_must_be_named():
    from esqual.errors import ConfigError

    with pytest.raises(ConfigError, match='needs the parameter "artefact", the name of'):
        KIND.defaults({"encoder": "scdv"})
    with pytest.raises(ConfigError, match="must be the name of an artefact"):
        KIND.defaults({"encoder": "scdv", "artefact": "../../etc/passwd"})
