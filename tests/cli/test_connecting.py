"""TLS by a private CA and API keys: what works, what each refusal says, and no secret anywhere.

The same tests run before the embedded engine, with a gate in this process that refuses as
Elasticsearch does, and, when ``--engines`` names elasticsearch-9, on that server with security on.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

import esqual
from esqual.cli import main
from tests.conftest import ROOT
from tests.servers.certificates import Authority
from tests.servers.doors import INDEX, Door, GatedEngine, secured_node
from tests.servers.proxy import upstream_of

PASSWORD = "geheim-nis_7F3q"
LOGIN = f"esqual:{PASSWORD}"
_SECRET = "S3cretPart0fTheKey42"


def _key(kind: str) -> str:
    return base64.b64encode(f"id-{kind}:{_SECRET}{kind}".encode()).decode()


_SERVER = "elasticsearch-9"


@pytest.fixture(
    scope="module", params=["gate", pytest.param(_SERVER, marks=pytest.mark.server(_SERVER))]
)
def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    if request.param == _SERVER:
        with secured_node(folder, LOGIN) as opened:
            yield opened
        return
    engine = esqual.connect(f"lucene:{folder / 'engine'}")
    engine.indices.create(
        index=INDEX,
        mappings={
            "properties": {
                "id": {"type": "keyword"},
                "text": {"type": "text", "analyzer": "kuromoji"},
            }
        },
    )
    engine.index(index=INDEX, id="1", document={"id": "1", "text": "胃が痛い"}, refresh=True)
    authority = Authority(folder)
    pair = authority.sign("node")
    keys = {kind: _key(kind) for kind in ("good", "reader", "narrow", "expired", "wrong")}
    with GatedEngine(upstream_of(engine), pair, keys, LOGIN) as gate:
        yield Door(gate.url, authority, pair, "esqual", PASSWORD, keys)
    engine.close()


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``esqual ARGUMENTS`` in an empty folder; whatever it prints or writes holds no secret."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "match.json").write_text('{"query": {"match": {"text": "{{query}}"}}}')

    def esqual(*arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        for name in [name for name in os.environ if name.startswith("ESQUAL_")]:
            monkeypatch.delenv(name)
        mine = {"ESQUAL_CACHE": "off", "ESQUAL_DEBUG": "1", **(env or {})}
        ran = CliRunner().invoke(main, list(arguments), env=mine)
        written = [p.read_text(errors="replace") for p in tmp_path.rglob("*") if p.is_file()]
        for text in (ran.stdout, ran.stderr, *written):
            for secret in door.secrets:
                assert secret not in text
        return Ran(ran.exit_code, ran.stdout, ran.stderr)

    return esqual


def _search(door: Door, *more: str) -> list[str]:
    query = ["--query", "match.json", "--json", "胃"]
    return ["search", "--index", INDEX, "--engine", door.url, *more, *query]


def _trusting(door: Door) -> list[str]:
    return ["--ca-file", str(door.authority.path)]


def _refused(ran: Ran, *said: str) -> None:
    assert ran.code == 3, ran.err
    lines = [line for line in ran.err.splitlines() if line.startswith("esqual: error:")]
    assert len(lines) == 1
    for words in said:
        assert words in lines[0]
    assert ran.out == ""


def test_a_private_ca_and_an_api_key_are_enough(door: Door, run: Run) -> None:
    ran = run(*_search(door, *_trusting(door)), env={"ESQUAL_API_KEY": door.keys["good"]})
    assert ran.code == 0, ran.err
    assert [hit["doc_id"] for hit in json.loads(ran.out)["hits"]] == ["1"]


def test_user_and_password_and_the_fingerprint_of_the_certificate(door: Door, run: Run) -> None:
    options = ["--fingerprint", door.server.fingerprint, "--user", door.user]
    ran = run(*_search(door, *options), env={"ESQUAL_PASSWORD": PASSWORD})
    assert ran.code == 0, ran.err


def test_a_key_for_reading_searches_and_does_not_index(
    door: Door, run: Run, tmp_path: Path
) -> None:
    env = {"ESQUAL_API_KEY": door.keys["reader"], "ESQUAL_CA_FILE": str(door.authority.path)}
    assert run(*_search(door), env=env).code == 0
    (tmp_path / "c.ndjson").write_text('{"id": "2", "text": "海"}\n', encoding="utf-8")
    (tmp_path / "mapping.json").write_text('{"mappings": {}}')
    ran = run(
        *("index", "c.ndjson", "--index", "another", "--mapping", "mapping.json"),
        *("--engine", door.url),
        env=env,
    )
    _refused(ran, "does not give the right to this (status 403)", "esqual doctor --index")


def test_a_key_that_may_not_even_ask_the_version_searches(door: Door, run: Run) -> None:
    ran = run(*_search(door, *_trusting(door)), env={"ESQUAL_API_KEY": door.keys["narrow"]})
    assert ran.code == 0, ran.err


@pytest.mark.parametrize(
    ("kind", "said"), [("expired", "api key is expired"), ("wrong", "invalid credentials")]
)
def test_a_key_that_is_no_good_is_refused_with_the_reason(
    door: Door, run: Run, kind: str, said: str
) -> None:
    ran = run(*_search(door, *_trusting(door)), env={"ESQUAL_API_KEY": door.keys[kind]})
    _refused(ran, "refuses the API key (status 401)", said, "ESQUAL_API_KEY")


def test_a_wrong_password_and_none_at_all_are_refused(door: Door, run: Run) -> None:
    options = [*_trusting(door), "--user", door.user]
    ran = run(*_search(door, *options), env={"ESQUAL_PASSWORD": "falsch-falsch"})
    _refused(ran, "refuses user 'esqual' and the password")
    assert "falsch-falsch" not in ran.err
    _refused(run(*_search(door, *_trusting(door))), "asks who you are", "ESQUAL_API_KEY")


def test_another_ca_and_another_fingerprint_are_refused(
    door: Door, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    env = {"ESQUAL_API_KEY": door.keys["good"]}
    stranger = Authority(tmp_path_factory.mktemp("stranger"), "stranger")
    ran = run(*_search(door, "--ca-file", str(stranger.path)), env=env)
    _refused(ran, "signed by a CA that is not trusted here", "--ca-file")
    _refused(run(*_search(door), env=env), "signed by a CA that is not trusted here")
    ran = run(*_search(door, "--fingerprint", stranger.fingerprint), env=env)
    _refused(ran, "has another fingerprint than the one given")


def test_plain_http_to_a_tls_port_says_so(door: Door, run: Run) -> None:
    plain = door.url.replace("https", "http")
    ran = run("search", "--index", INDEX, "--engine", plain, "--query", "match.json", "x")
    _refused(ran, "https://")


def test_doctor_says_the_same_on_one_screen(door: Door, run: Run) -> None:
    ask = ["doctor", "--engine", door.url, *_trusting(door), "--index", INDEX, "--json"]

    def marks(kind: str) -> tuple[int, dict[str, tuple[str, str]]]:
        ran = run(*ask, env={"ESQUAL_API_KEY": door.keys[kind]})
        checks = json.loads(ran.out)["checks"]
        return ran.code, {check["name"]: (check["mark"], check["found"]) for check in checks}

    code, found = marks("good")
    assert code == 0
    assert found["transport"] == ("ok", "TLS, trusting the CA that was named")
    assert found["rights"][0] == found["index"][0] == found["kuromoji"][0] == "ok"
    code, found = marks("reader")
    assert code == 0
    assert found["rights"][0] == "warn"
    assert "lacks create_index, write, manage" in found["rights"][1]
    code, found = marks("narrow")
    assert code == 0
    assert found["health"] == ("warn", "not allowed to ask")
    code, found = marks("expired")
    assert code == 3
    assert found["reachable"][0] == "no"
    assert "api key is expired" in found["reachable"][1]


def test_doctor_ends_in_3_where_the_right_to_search_is_missing(door: Door, run: Run) -> None:
    ran = run(
        *("doctor", "--engine", door.url, *_trusting(door), "--index", "foreign"),
        env={"ESQUAL_API_KEY": door.keys["reader"]},
    )
    assert ran.code == 3
    assert "may not search foreign: it lacks read, view_index_metadata" in ran.out


def test_secrets_come_from_files_and_variables_that_the_settings_name(
    door: Door, run: Run, tmp_path: Path
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}.key"
    outside.write_text(door.keys["good"] + "\n")
    (tmp_path / "esqual.toml").write_text(
        f'[engine]\nurl = ["{door.url}"]\nca_file = "{door.authority.path}"\n'
        f'api_key_from = "file:../{outside.name}"\n'
    )
    ask = ["search", "--index", INDEX, "--query", "match.json", "胃"]
    assert run(*ask).code == 0
    # the stronger place counts
    _refused(run(*ask, env={"ESQUAL_API_KEY": door.keys["wrong"]}), "invalid credentials")
    ran = run(*ask, "--api-key-from", "env:MINE", env={"MINE": door.keys["reader"]})
    assert ran.code == 0, ran.err


def test_a_password_on_the_command_line_is_refused_unread(door: Door, run: Run) -> None:
    url = door.url.replace("://", f"://{LOGIN}@")
    ran = run("search", "--index", INDEX, "--engine", url, "--query", "match.json", "x")
    _refused(ran, "on the command line", "ESQUAL_PASSWORD")
    ran = run(*_search(door, *_trusting(door), f"--api-key={door.keys['good']}"))
    assert ran.code == 2
    env = {"ESQUAL_ENGINE": url, "ESQUAL_CA_FILE": str(door.authority.path)}
    ran = run("search", "--index", INDEX, "--query", "match.json", "胃", env=env)
    assert ran.code == 0, ran.err


def test_a_comparison_writes_no_secret_into_its_files(door: Door, run: Run, tmp_path: Path) -> None:
    (tmp_path / "topics.tsv").write_text("1\t胃が痛い\n", encoding="utf-8")
    env = {"ESQUAL_API_KEY": door.keys["reader"], "ESQUAL_CA_FILE": str(door.authority.path)}
    ran = run(
        *("compare-queries", "--index", INDEX, "--topics", "topics.tsv", "--engine", door.url),
        *("--baseline", "match.json", "--candidate", "match.json", "--json"),
        env=env,
    )
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)


def test_the_readme_of_connections_names_every_setting() -> None:
    from esqual.config import SETTINGS

    text = (ROOT / "docs" / "connecting.md").read_text(encoding="utf-8")
    for setting in SETTINGS:
        assert f"`{setting.flag}`" in text
        assert f"`{setting.variable}`" in text
        assert f"`{setting.name}`" in text
