"""The encoder openai: against a local server that speaks OpenAI's /embeddings."""

import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from esqual.enrich.kinds import DocumentFailure
from esqual.enrich.vectors.endpoint import (
    TRIES,
    Address,
    EndpointEncoder,
    _wait_s,
    local_address,
)
from esqual.enrich.vectors.kind import KIND, VectorWorker
from esqual.errors import ConfigError, EnrichmentError

KEY = "sk-himitsu-0123456789"


class Server:
    """Answers every text with [its length, 1]; ``planned`` are (status, headers, body) before."""

    def __init__(self):
        self.requests = []
        self.planned = []
        self.answer = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append((self.path, dict(self.headers), body))
                status, headers, content = (
                    server.planned.pop(0) if server.planned else server.usual(body["input"])
                )
                data = json.dumps(content).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def usual(self, texts):
        if self.answer is not None:
            return 200, {}, self.answer
        data = [{"index": i, "embedding": [float(len(t)), 1.0]} for i, t in enumerate(texts)]
        # the order of entries is not promised: index is
        return 200, {}, {"object": "list", "data": data[::-1]}

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def encoder(server, waits):
    return EndpointEncoder("model-ja", Address(server.url, KEY), batch_size=2, sleep=waits.append)


def test_rows_come_in_the_order_of_the_texts_from_requests_of_a_batch(server, encoder):
    rows = encoder.encode(["胃", "胃腸", "胃が痛い"], "passage")
    assert rows.tolist() == [[1.0, 1.0], [2.0, 1.0], [4.0, 1.0]]
    assert [body for _, _, body in server.requests] == [
        {"model": "model-ja", "input": ["胃", "胃腸"]},
        {"model": "model-ja", "input": ["胃が痛い"]},
    ]
    path, headers, _ = server.requests[0]
    assert path == "/v1/embeddings"
    assert headers["Authorization"] == f"Bearer {KEY}"


def test_without_a_key_none_is_sent(server):
    EndpointEncoder("m", Address(server.url, "")).encode(["胃"], "query")
    assert "Authorization" not in server.requests[0][1]


def test_prefixes_are_those_of_the_side(server):
    encoder = EndpointEncoder("m", Address(server.url, ""), query="query: ", passage="passage: ")
    encoder.encode(["胃"], "query")
    encoder.encode(["胃"], "passage")
    assert [body["input"] for _, _, body in server.requests] == [["query: 胃"], ["passage: 胃"]]


def test_too_many_requests_wait_as_long_as_the_server_asks(server, encoder, waits):
    server.planned = [(429, {"Retry-After": "7"}, {}), (429, {}, {}), (503, {}, {})]
    assert encoder.encode(["胃"], "query").tolist() == [[1.0, 1.0]]
    assert waits == [7.0, 2.0, 4.0]


def test_a_date_to_retry_after_is_a_wait_until_then():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < _wait_s(later, 1) <= 30
    assert _wait_s("Wed, 21 Oct 2015 07:28:00 GMT", 1) == 0
    assert _wait_s("soon", 3) == 4


def test_a_wait_of_an_hour_is_an_error_and_no_wait(server, encoder, waits):
    server.planned = [(429, {"Retry-After": "3600"}, {})]
    with pytest.raises(EnrichmentError, match="status 429, asks to wait 3600 seconds"):
        encoder.encode(["胃"], "query")
    assert waits == []


def test_an_endpoint_that_stays_busy_is_given_up(server, encoder, waits):
    server.planned = [(500, {}, {})] * TRIES
    with pytest.raises(EnrichmentError, match=rf"status 500, {TRIES} tries"):
        encoder.encode(["胃"], "query")
    assert len(server.requests) == TRIES
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_no_answer_is_one_error_with_the_address(waits):
    closed = Server()
    closed.close()
    encoder = EndpointEncoder("m", Address(closed.url, KEY), sleep=waits.append)
    with pytest.raises(EnrichmentError, match=r"127\.0\.0\.1:\d+/v1/embeddings gives no answer"):
        encoder.encode(["胃"], "query")
    assert len(waits) == TRIES - 1


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "is the key right"), (404, "have this model"), (302, "a redirect is not followed")],
)
def test_what_no_wait_can_mend_is_an_error_at_once(server, encoder, waits, status, message):
    server.planned = [(status, {"Location": f"{server.url}/elsewhere"}, {})]
    with pytest.raises(EnrichmentError, match=message):
        encoder.encode(["胃"], "query")
    assert len(server.requests) == 1
    assert waits == []


def test_a_refused_text_fails_alone(server, encoder):
    def usual(texts):
        if any(len(text) > 3 for text in texts):
            return 400, {}, {"error": {"message": "maximum context length"}}
        return Server.usual(server, texts)

    server.usual = usual
    given = VectorWorker(encoder, name="openai:m", dims=2).documents(["胃", "胃が痛い", "頭"])
    assert isinstance(given[0], list)
    assert isinstance(given[1], DocumentFailure)
    assert "status 400: maximum context length" in given[1].reason
    assert isinstance(given[2], list)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"data": []},
        {"data": [{"index": 1, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": None}]},
        {"data": [{"index": 0, "embedding": ["x"]}]},
        {"data": None},
    ],
)
def test_another_answer_than_openais_is_one_error(server, encoder, answer):
    server.answer = answer
    with pytest.raises(EnrichmentError, match="does it speak OpenAI's /embeddings"):
        VectorWorker(encoder, name="openai:m", dims=2).documents(["胃"])


def test_other_dims_than_declared_name_both(server, encoder):
    with pytest.raises(EnrichmentError, match="'openai:m' gave 2 dims, and 3 dims are declared"):
        VectorWorker(encoder, name="openai:m", dims=3).documents(["胃"])


def test_blank_texts_are_not_sent(server, encoder):
    assert VectorWorker(encoder, name="m", dims=2).documents(["", " \u3000"]) == [None, None]
    assert server.requests == []


def test_the_key_is_in_no_message_and_no_log(server, encoder, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    said = {"error": {"message": f"bad key {KEY} given"}}
    messages = []
    for status in (400, 401, 500):
        server.planned = [(status, {}, said)] * TRIES
        with pytest.raises((EnrichmentError, ValueError)) as raised:
            encoder.encode(["胃"], "query")
        messages.append(str(raised.value))
        assert "bad key *** given" in messages[-1]
        # what a traceback would show
        assert raised.value.__cause__ is None
    shown = " ".join([*messages, caplog.text, *capfd.readouterr(), repr(Address(server.url, KEY))])
    assert KEY not in shown


def test_address_and_key_are_those_of_the_environment_then_of_the_file(tmp_path):
    (tmp_path / "esqual.toml").write_text(
        '[openai]\nurl = "http://file.invalid/v1/"\nkey = "of-the-file"\n', encoding="utf-8"
    )
    written = local_address({}, tmp_path)
    assert written.url == "http://file.invalid/v1/embeddings"
    assert written.headers()["Authorization"] == "Bearer of-the-file"
    both = local_address({"ESQUAL_OPENAI_KEY": "own"}, tmp_path)
    assert both.headers()["Authorization"] == "Bearer own"


def test_a_key_of_the_file_does_not_go_to_an_address_of_the_environment(tmp_path):
    (tmp_path / "esqual.toml").write_text(
        '[openai]\nurl = "https://file.invalid/v1"\nkey = "of-the-file"\n', encoding="utf-8"
    )
    other = local_address({"ESQUAL_OPENAI_URL": "http://other.invalid"}, tmp_path)
    assert "Authorization" not in other.headers()


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "has no address; set ESQUAL_OPENAI_URL"),
        ({"ESQUAL_OPENAI_URL": "localhost:8000"}, r"must be http\(s\)://HOST"),
        ({"ESQUAL_OPENAI_URL": "file:///etc/passwd"}, r"must be http\(s\)://HOST"),
        ({"ESQUAL_OPENAI_URL": "http://me:geheim@host/v1"}, "no user, password"),
        ({"ESQUAL_OPENAI_URL": "http://host/v1?key=geheim"}, "no user, password"),
        ({"ESQUAL_OPENAI_URL": "http://host", "ESQUAL_OPENAI_KEY": "geheim\nX: y"}, "character"),
    ],
)
def test_a_wrong_address_or_key_is_an_error_that_does_not_show_it(tmp_path, environ, message):
    with pytest.raises(ConfigError, match=message) as raised:
        local_address(environ, tmp_path)
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize("text", ["[openai]\nadress = 'x'", "openai = 1", "[openai]\nurl = 1"])
def test_a_wrong_file_is_an_error(tmp_path, text):
    (tmp_path / "esqual.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"esqual\.toml"):
        local_address({}, tmp_path)


def test_a_mapping_file_cannot_name_address_or_key():
    for parameter in ("url", "key", "address"):
        with pytest.raises(ConfigError, match=f'no parameter "{parameter}"'):
            KIND.defaults({"encoder": "openai:m", "dims": 2, parameter: "x"})


def test_defaults_and_fingerprint_send_nothing_and_hold_no_address(server, monkeypatch):
    monkeypatch.setenv("ESQUAL_OPENAI_URL", server.url)
    monkeypatch.setenv("ESQUAL_OPENAI_KEY", KEY)
    parameters = KIND.defaults({"encoder": "openai:model-ja", "dims": 2})
    shown = json.dumps([parameters, KIND.fingerprint(parameters)])
    worker = KIND.load(parameters)
    assert server.requests == []
    assert KEY not in shown
    assert server.url not in shown
    assert worker.documents(["胃"]) is not None
    assert len(server.requests) == 1


def test_dims_must_be_declared_and_a_model_named():
    with pytest.raises(ConfigError, match='needs the parameter "dims"'):
        KIND.defaults({"encoder": "openai:m"})
    with pytest.raises(ConfigError, match='needs a name: "openai:MODEL"'):
        KIND.defaults({"encoder": "openai:", "dims": 2})
