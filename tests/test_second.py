"""The second reader, against a local stub of an OpenAI-compatible server."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from test_judge import NOW, decide, weighed

from checker.ingest import article_from_text
from checker.judge.second import OpenAIReader, read_again
from checker.types import Label, Report

pytest.importorskip("openai")


class Stub:
    """Answers every chat completion with `content`, after `wait` seconds."""

    def __init__(self):
        self.content, self.wait, self.asked, self.status = "{}", 0.0, [], 200
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                stub.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                time.sleep(stub.wait)
                message = {"role": "assistant", "content": stub.content}
                body = json.dumps(
                    {
                        "id": "1",
                        "object": "chat.completion",
                        "created": 0,
                        "model": "stub",
                        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                    }
                ).encode()
                with contextlib.suppress(OSError):  # the client may have gone
                    self.send_response(stub.status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@pytest.fixture
def stub():
    server = Stub()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def report(book):
    verdict = decide(book, [weighed(NOW, contradicts=0.9)])
    day = date(2026, 11, 21)
    return Report(article_from_text("某项待遇已经取消。"), day, day, (verdict,), "sha256:0", 1)


def read(stub, report, **options):
    said = []
    again = read_again(report, OpenAIReader(stub.url, "stub", **options), said.append)
    return again.verdicts[0], said


def test_a_confirmed_verdict_stands(stub, report):
    stub.content = '{"rule": 1, "relation": "contradicts"}'
    verdict, said = read(stub, report)
    assert verdict == report.verdicts[0]
    assert not said
    sent = stub.asked[0]["messages"][1]["content"]
    assert "1. 规定now" in sent
    assert "某项待遇已经取消" in sent


@pytest.mark.parametrize(
    "content", ['{"rule": null, "relation": "silent"}', '{"rule": 1, "relation": "supports", "flag": "everything"}']
)
def test_what_is_not_confirmed_is_taken_back(stub, report, content):
    stub.content = content
    verdict, _ = read(stub, report)
    assert (verdict.label, verdict.flagged, verdict.evidence) == (Label.NOT_COVERED, False, ())
    assert verdict.nearest is not None
    assert "stub" in verdict.explanation["en"]


@pytest.mark.parametrize(
    "content",
    ["", "yes", "[]", '{"relation": "true"}', '{"rule": 7, "relation": "contradicts"}', '{"rule": "1", "relation": 3}'],
)
def test_nonsense_changes_nothing_and_is_said(stub, report, content):
    stub.content = content
    verdict, said = read(stub, report)
    assert verdict == report.verdicts[0]
    assert len(said) == 1
    assert "\n" not in said[0]


def test_a_server_that_fails_or_dawdles_changes_nothing(stub, report):
    stub.status = 500
    assert read(stub, report)[0] == report.verdicts[0]
    stub.status, stub.wait = 200, 2.0
    verdict, said = read(stub, report, timeout=0.2)
    assert verdict == report.verdicts[0]
    assert said


def test_it_cannot_raise_a_flag(stub, book):
    verdict = decide(book, [weighed(NOW, contradicts=0.1)])
    day = date(2026, 11, 21)
    report = Report(article_from_text("某项待遇已经取消。"), day, day, (verdict,), "sha256:0", 1)
    stub.content = '{"rule": 1, "relation": "contradicts"}'
    assert read(stub, report)[0] == verdict
    assert not stub.asked
