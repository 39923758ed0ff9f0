"""Hashed character n-grams: exact sums, nearness, and the same bytes everywhere."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from esqual.enrich.vectors.char_ngram import BLOCK, CharNgramEncoder
from esqual.enrich.vectors.kind import KIND

TEXTS = ["ずっと胃がキリキリと痛い。", "頭が痛い。胃がむかむかする。", "新幹線が一時間遅れた。"]


def encoder(dims=384, ngrams=(1, 2), seed=0):
    return CharNgramEncoder(dims=dims, ngrams=ngrams, seed=seed)


def vectors(texts, **parameters):
    worker = KIND.load(KIND.defaults({"encoder": "char-ngram", **parameters}))
    return worker.documents(texts)


def cosine(a, b, **parameters):
    first, second = vectors([a, b], **parameters)
    return float(np.dot(first, second))


def test_the_bytes_are_those_on_record():
    """They are the same on every machine, so a change of any bit is a change of rules."""
    digest = hashlib.sha256(np.array(vectors(TEXTS), dtype="<f4").tobytes()).hexdigest()
    assert digest == "7654f35f4078c7f6b09cd5814ee16c1ad7933bb04ff7a067918e90377c36c013"


def test_another_process_gives_the_same_bytes():
    code = (
        "import sys, numpy as np\n"
        "from esqual.enrich.vectors.kind import KIND\n"
        "worker = KIND.load(KIND.defaults({'encoder': 'char-ngram'}))\n"
        f"rows = worker.documents({TEXTS!r})\n"
        "sys.stdout.buffer.write(np.array(rows, dtype='<f4').tobytes())\n"
    )
    other = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    assert other.stdout == np.array(vectors(TEXTS), dtype="<f4").tobytes()


def test_a_row_does_not_depend_on_its_neighbours():
    together = encoder().encode(TEXTS, "passage")
    assert all(
        (encoder().encode([t], "passage")[0] == together[i]).all() for i, t in enumerate(TEXTS)
    )


def test_one_ngram_is_a_row_of_signs_and_two_are_their_sum():
    one, other, both = encoder(ngrams=[1]).encode(["胃", "腸", "胃腸"], "passage")
    assert set(np.unique(one)) == {-1024.0, 1024.0}
    assert (one + other == both).all()


def test_a_repeated_ngram_weighs_one_plus_the_logarithm_of_its_count():
    one, thrice = encoder(ngrams=[1]).encode(["胃", "胃胃胃"], "passage")
    assert (thrice == np.sign(one) * round(1024 * (1 + np.log(3)))).all()


def test_hiragana_alone_weighs_a_quarter():
    (row,) = encoder(ngrams=[1]).encode(["が"], "passage")
    assert set(np.abs(row)) == {256.0}
    (mixed,) = encoder(ngrams=[2]).encode(["胃が"], "passage")
    assert set(np.abs(mixed)) == {1024.0}


def test_cosines_are_near_those_of_the_ngrams_themselves():
    """胃が痛い and 頭が痛い share 6 of 7 n-grams but the first two; worked by hand."""
    # n-grams: 胃 が 痛 い 胃が が痛 痛い | 頭 が 痛 い 頭が が痛 痛い; が and い weigh 1/4
    shared = 2 * 0.25**2 + 3
    exact = shared / (shared + 2)
    near = cosine("胃が痛い", "頭が痛い", dims=4096)
    assert near == pytest.approx(exact, abs=4 / np.sqrt(4096))


def test_texts_without_a_common_ngram_are_nearly_orthogonal():
    assert abs(cosine("胃が痛い", "新幹線", dims=4096)) < 4 / np.sqrt(4096)


def test_width_and_case_do_not_matter():
    assert vectors(["ＪＲのｶﾌｪ"]) == vectors(["jrのカフェ"])


def test_blanks_signs_and_control_characters_give_nothing():
    assert vectors(["、。！", "\x01\x02", " - "]) == [None, None, None]
    assert vectors(["胃\x01腸"], ngrams=[1]) == vectors(["胃腸"], ngrams=[1])


def test_emoji_are_characters():
    one, other = vectors(["😀😀", "🚑🚑"])
    assert one is not None
    assert one != other


def test_another_seed_gives_other_numbers():
    assert vectors(TEXTS, seed=1) != vectors(TEXTS)


def test_the_order_of_lengths_does_not_matter():
    assert vectors(TEXTS, ngrams=[2, 1]) == vectors(TEXTS, ngrams=[1, 2])


def test_a_long_text_goes_in_blocks_with_the_same_outcome():
    text = "".join(chr(0x4E00 + number % 20_000) for number in range(100_000))
    long, small = encoder(), encoder(dims=8)
    hashes, weights = long._weighted(text)
    assert len(hashes) > BLOCK // 384
    signs = 2 * small._bits(hashes) - 1
    # the first word of signs is the same, however many dims there are
    assert (long.encode([text], "passage")[0, :8] == weights @ signs).all()
