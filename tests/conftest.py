"""Fixtures: one checker for the whole run, a local web server, a private cache."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

TODAY = date(2026, 11, 21)
CASES = Path(__file__).with_name("cases")


@pytest.fixture(scope="session", autouse=True)
def _private_folders() -> Iterator[None]:
    """Evidence never goes to the user's own folders; the cache may be shared to save time (CHECKER_TEST_CACHE)."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHECKER_DATA"] = str(Path(folder) / "data")
        os.environ["CHECKER_CACHE"] = os.environ.get("CHECKER_TEST_CACHE") or str(Path(folder) / "cache")
        yield


@pytest.fixture(scope="session")
def checker(_private_folders: None):
    from checker.pipeline import make_checker

    return make_checker(today=TODAY)


@pytest.fixture(scope="session")
def book(checker):
    return checker.book.lexicon


Handler = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A web server on loopback; `site.pages[path] = handler` or bytes."""

    def __init__(self) -> None:
        self.pages: dict[str, Handler | bytes] = {}
        self.hits: list[tuple[str, dict[str, str]]] = []
        site = self

        class _Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.hits.append((self.path, dict(self.headers)))
                page = site.pages.get(self.path)
                if page is None:
                    self.send(404, b"not here")
                elif isinstance(page, bytes):
                    self.send(200, page)
                else:
                    page(self)

            def send(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for name, value in {
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Length": str(len(body)),
                    **headers,
                }.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    yield server
    server.close()
