"""Settings: flags > environment > file > default."""

from __future__ import annotations

from pathlib import Path

import pytest

from esqual.config import resolve_connection, resolve_engine
from esqual.engine.secret import Secret
from esqual.errors import ConfigError
from esqual.keys import fetch_secret


def _file(folder: Path, text: str) -> Path:
    (folder / "esqual.toml").write_text(text, encoding="utf-8")
    return folder


def test_each_source_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    assert resolve_engine(environ={}, folder=tmp_path) == "lucene:.esqual"
    _file(tmp_path, '[esqual]\nengine = "lucene:file"\n')
    assert resolve_engine(environ={}, folder=tmp_path) == "lucene:file"
    assert resolve_engine(environ={"ESQUAL_ENGINE": ""}, folder=tmp_path) == "lucene:file"
    environ = {"ESQUAL_ENGINE": "lucene:variable"}
    assert resolve_engine(environ=environ, folder=tmp_path) == "lucene:variable"
    assert resolve_engine("lucene:flag", environ=environ, folder=tmp_path) == "lucene:flag"


def test_a_file_without_an_engine_leaves_the_default(tmp_path: Path) -> None:
    assert resolve_engine(environ={}, folder=_file(tmp_path, "")) == "lucene:.esqual"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[esqual", "esqual.toml: not TOML"),
        ('[esqual]\nengin = "x"\n', "unknown setting esqual.engin"),
        ('engine = "x"\n', "unknown setting engine"),
        ("[other]\n", "unknown setting other"),
        ("esqual = 1\n", "unknown setting esqual"),
        ("[esqual]\nengine = 9200\n", "esqual.engine must be a string"),
        ('[esqual]\nengine = ""\n', "esqual.engine must be a string"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        resolve_engine(environ={}, folder=_file(tmp_path, text))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "esqual.toml").write_bytes(b"# \xff\n")
    with pytest.raises(ConfigError, match=r"esqual.toml: cannot be read"):
        resolve_engine(environ={}, folder=tmp_path)


# --- servers ------------------------------------------------------------------------------------


def test_what_a_server_needs_is_read_from_the_file_seen_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("c2VjcmV0LWtleTpvZi1vdXJz\n")
    text = (
        '[engine]\nurl = ["https://a:9200", "https://b:9200"]\nca_file = "ca.pem"\n'
        'api_key_from = "file:key"\ntimeout_s = 5\n'
    )
    made = resolve_connection(environ={}, folder=_file(tmp_path, text))
    assert made.urls == ("https://a:9200", "https://b:9200")
    assert made.ca_file == str(tmp_path / "ca.pem")
    assert made.timeout_s == 5
    assert made.api_key == Secret("c2VjcmV0LWtleTpvZi1vdXJz")


def test_each_setting_gives_way_by_itself(tmp_path: Path) -> None:
    folder = _file(tmp_path, '[engine]\nurl = "https://a:1"\nuser = "u"\ntimeout_s = 5\n')
    environ = {"ESQUAL_PASSWORD": "geheim", "ESQUAL_TIMEOUT_S": "7", "ESQUAL_PROXY": ""}
    made = resolve_connection(environ=environ, folder=folder)
    assert (made.user, made.password, made.timeout_s) == ("u", Secret("geheim"), 7)
    made = resolve_connection(
        "https://b:2", {"timeout_s": 9.0, "user": "v"}, environ=environ, folder=folder
    )
    assert (made.urls, made.user, made.timeout_s) == (("https://b:2",), "v", 9)


def test_the_stronger_place_decides_how_to_be_let_in(tmp_path: Path) -> None:
    folder = _file(tmp_path, '[engine]\nurl = "https://a:1"\nuser = "u"\n')
    by_key = {"ESQUAL_API_KEY": "key-of-mine"}
    made = resolve_connection(environ=by_key, folder=folder)
    assert (made.api_key, made.user) == (Secret("key-of-mine"), None)
    made = resolve_connection(
        None,
        {"user": "v", "password_from": "env:P"},
        environ={**by_key, "P": "geheim"},
        folder=folder,
    )
    assert (made.api_key, made.user, made.password) == (None, "v", Secret("geheim"))
    with pytest.raises(ConfigError, match="choose one"):
        resolve_connection(
            environ={**by_key, "ESQUAL_PASSWORD": "x", "ESQUAL_USER": "u"}, folder=folder
        )
    with pytest.raises(ConfigError, match="keep one"):
        resolve_connection(environ={**by_key, "ESQUAL_API_KEY_FROM": "env:P"}, folder=folder)


def test_a_url_and_a_cloud_id_of_different_places_do_not_meet(tmp_path: Path) -> None:
    cloud = "x:" + "Zm91bmQuaW8kYWJj"
    folder = _file(tmp_path, f'[engine]\ncloud_id = "{cloud}"\n')
    assert resolve_engine(environ={}, folder=folder) == "https://abc.found.io:443"
    assert resolve_engine("https://a:1", environ={}, folder=folder) == "https://a:1"


def test_the_embedded_engine_needs_nothing_of_a_server(tmp_path: Path) -> None:
    environ = {"ESQUAL_API_KEY": "key-of-mine", "ESQUAL_CA_FILE": "ca.pem"}
    made = resolve_connection("lucene:x", environ=environ, folder=tmp_path)
    assert (made.api_key, made.ca_file) == (None, None)
    with pytest.raises(ConfigError, match="ca_file belongs to a server"):
        resolve_connection("lucene:x", {"ca_file": "c"}, environ={}, folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[engine]\napi_key = "geheim"\n', "engine.api_key is a secret.*ESQUAL_API_KEY"),
        ('[engine]\npassword = "geheim"\n', "engine.password is a secret"),
        ('[engine]\nurl = "https://u:geheim@a:1"\n', "a URL with a password in it stands in"),
        ('[esqual]\nengine = "https://u:geheim@a:1"\n', "a URL with a password in it stands in"),
        ('[engine]\nurl = "https://a:1"\nproxy = "http://u:geheim@p:1"\n', "password in it"),
        ('[engine]\nurl = "a"\n[esqual]\nengine = "b"\n', "both name one"),
        ("[engine]\nurl = []\n", "engine.url must be a string or a list"),
        ("[engine]\nurl = 5\n", "engine.url must be a string or a list"),
        ('[engine]\ntimeout_s = "5"\n', "engine.timeout_s must be a number"),
        ("[engine]\ntimeout_s = true\n", "engine.timeout_s must be a number"),
        ("[engine]\nverify = false\n", "unknown setting engine.verify"),
        ("engine = 5\n", "unknown setting engine"),
        ('[engine]\nurl = "https://a:1"\napi_key_from = "geheim"\n', "not shown"),
    ],
)
def test_a_wrong_engine_table_says_what_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        resolve_connection(environ={}, folder=_file(tmp_path, text))
    assert "geheim" not in str(caught.value)


def test_secrets_are_fetched_from_where_they_are_kept(tmp_path: Path) -> None:
    (tmp_path / "one").write_text(" \ngeheim-eins\n")
    (tmp_path / "two").write_text("a\nb\n")
    assert fetch_secret(f"file:{tmp_path / 'one'}").reveal() == "geheim-eins"
    assert fetch_secret("env:MINE", {"MINE": "geheim-zwei"}).reveal() == "geheim-zwei"
    for place, said in (
        (f"file:{tmp_path / 'two'}", "must hold one line"),
        (f"file:{tmp_path / 'none'}", "cannot be read"),
        ("env:MINE", "is not set"),
        ("vault:x", "is none of them"),
        ("keyring:only", "is none of them"),
    ):
        with pytest.raises(ConfigError, match=said):
            fetch_secret(place, {})


def test_the_keyring_is_asked_for_service_and_name() -> None:
    keyring = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend

    class Shelf(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return {("esqual", "production"): "geheim-drei"}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Shelf())
    try:
        assert fetch_secret("keyring:esqual/production").reveal() == "geheim-drei"
        with pytest.raises(ConfigError, match="keyring set esqual other"):
            fetch_secret("keyring:esqual/other")
    finally:
        keyring.set_keyring(before)
