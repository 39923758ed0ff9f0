"""An address and rights, checked before anything is opened; no message holds a secret."""

from __future__ import annotations

import base64
import copy
import pickle
from typing import Any

import pytest

from esqual.engine.connection import make_connection
from esqual.engine.secret import Secret, scrub
from esqual.errors import ConfigError

FINGERPRINT = "ab" * 32


def test_addresses_are_one_several_or_a_list() -> None:
    two = ("https://a:9200", "https://b:9200")
    assert make_connection("https://a:9200").urls == ("https://a:9200",)
    assert make_connection("https://a:9200, https://b:9200/").urls == two
    assert make_connection(["https://a:9200", "https://b:9200"]).urls == two
    assert make_connection("https://[::1]:9200/search").urls == ("https://[::1]:9200/search",)
    assert make_connection().is_embedded
    assert make_connection("lucene:a,b").path == "a,b"


def test_user_and_password_are_taken_out_of_the_address() -> None:
    made = make_connection("https://el%40stic:ge%2Fheim@a:9200,https://el%40stic:ge%2Fheim@b:1")
    assert made.urls == ("https://a:9200", "https://b:1")
    assert made.user == "el@stic"
    assert made.password is not None
    assert made.password.reveal() == "ge/heim"
    for text in (repr(made), str(made), f"{made}"):
        assert "heim" not in text


def test_a_user_in_the_address_takes_the_password_from_elsewhere() -> None:
    made = make_connection("https://elastic@a:9200", password="geheim")
    assert made.user == "elastic"
    assert made.password == Secret("geheim")


def test_both_forms_of_an_api_key_are_one_key() -> None:
    halves = "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw"
    encoded = base64.b64encode(halves.encode()).decode()
    one, other = (make_connection("https://a:1", api_key=key) for key in (halves, encoded))
    assert one.api_key == other.api_key == Secret(encoded)


def test_a_cloud_id_is_an_address() -> None:
    text = base64.b64encode(b"eu-west-1.aws.found.io$abc123$def456").decode()
    made = make_connection(cloud_id=f"production:{text}", api_key="x" * 20)
    assert made.urls == ("https://abc123.eu-west-1.aws.found.io:443",)
    with_port = base64.b64encode(b"found.io:9243$abc123").decode()
    assert make_connection(cloud_id=with_port).urls == ("https://abc123.found.io:9243",)


def test_a_fingerprint_is_written_with_or_without_colons() -> None:
    colons = ":".join(["AB"] * 32)
    assert make_connection("https://a:1", fingerprint=colons).fingerprint == FINGERPRINT


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("ftp://geheim", {}, "of no known form"),
        ("https://a", {}, "names no port"),
        ("https://:9200", {}, "names no host"),
        ("https://a:9200?x=1", {}, "has ? or #"),
        ("https://u:ge/heim@a:9200", {}, "is the port a number"),
        ("https://u:geheim@a:9200,https://b:9200", {}, "different users or passwords"),
        ("https://u:geheim@a:9200", {"password": "geheim"}, "password stands in the engine URL"),
        ("https://u:geheim@a:9200", {"api_key": "geheim"}, "given in another way"),
        ("https://a:1", {"api_key": "geheim", "user": "u", "password": "geheim"}, "choose one"),
        ("https://a:1", {"password": "geheim"}, "user is missing"),
        ("https://a:1", {"user": "u"}, "password is missing"),
        ("https://a:1", {"api_key": "geheim\nHost: x"}, "line breaks"),
        ("https://a:1", {"api_key": "géheim"}, "letters that no key has"),
        ("https://a:1", {"api_key": ""}, "is empty"),
        ("http://a:1", {"ca_file": "ca.pem"}, "has none; write https://"),
        ("https://a:1", {"ca_file": "ca.pem", "fingerprint": FINGERPRINT}, "or a fingerprint"),
        ("https://a:1", {"fingerprint": "abc"}, "64 hex digits"),
        ("https://a:1", {"client_key": "k"}, "without its certificate"),
        ("https://a:1", {"timeout_s": 0}, "above 0"),
        ("https://a:1", {"proxy": "u:geheim@p"}, "the proxy (not shown"),
        ("https://a:1", {"cloud_id": "x:eA=="}, "give it or the engine URL"),
        (None, {"cloud_id": "x:!!"}, "cannot be read"),
        ("lucene:x", {"ca_file": "ca.pem"}, "ca_file belongs to a server"),
        (["lucene:x", "lucene:y"], {}, "one folder"),
        ([], {}, "no engine URL"),
    ],
)
def test_what_cannot_be_used_is_refused_without_showing_it(
    url: Any, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_connection(url, **options)
    assert said in str(caught.value)
    if url != "ftp://geheim":
        assert "heim" not in str(caught.value)


def test_an_unknown_option_is_a_programmers_error() -> None:
    with pytest.raises(TypeError, match="knows no option 'verify'"):
        make_connection("https://a:1", verify=False)


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("geheim-1234")
    for text in (repr(secret), str(secret), f"{secret}", repr([secret]), repr({"a": secret})):
        assert "geheim" not in text
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    assert secret.reveal() == "geheim-1234"


def test_scrubbing_covers_what_is_secret_and_leaves_other_words() -> None:
    Secret("elastic", "b64ofelastic==")
    Secret("ab")
    text = "elastic asks elasticsearch for ab at https://u:p%40ss@h:1/x and https://u@h with "
    assert scrub(text + "b64ofelastic==") == (
        "*** asks elasticsearch for ab at https://u:***@h:1/x and https://u@h with ***"
    )
