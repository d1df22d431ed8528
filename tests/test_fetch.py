"""Fetching: what is refused, what is limited, what is kept."""

from __future__ import annotations

import gzip
import json
import time
import zlib

import pytest

from checker.fetch import Fetcher, FetchError, Limits, is_public


def fetcher(**kwargs):
    return Fetcher(
        Limits(deadline=kwargs.pop("deadline", 5), size=kwargs.pop("size", 200_000), retries=kwargs.pop("retries", 2)),
        allow_private=kwargs.pop("allow_private", True),
        **kwargs,
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_private_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://0x7f000001:1/",
        "http://2130706433:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_loopback_and_metadata_are_refused_in_every_spelling(url):
    with pytest.raises(FetchError, match="not a public address"):
        Fetcher(Limits(deadline=3), robots=False).get(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "only http"),
        ("ftp://example.org/", "only http"),
        ("http:///x", "no host"),
        ("http://a:b@example.org/", "password"),
        ("http://[::1/", "valid"),
    ],
)
def test_other_addresses_are_refused(url, reason):
    with pytest.raises(FetchError, match=reason):
        Fetcher().get(url)


def test_a_redirect_into_the_private_net_is_refused(site, monkeypatch):
    site.pages["/"] = lambda h: h.send(302, Location="http://10.0.0.1/secret")
    monkeypatch.setattr("checker.fetch.is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(FetchError, match=r"10\.0\.0\.1"):
        fetcher(allow_private=False, robots=False).get(site.url + "/")


def test_redirects_are_followed_and_recorded(site):
    site.pages["/a"] = lambda h: h.send(301, Location="/b")
    site.pages["/b"] = b"<p>here</p>"
    page = fetcher().get(site.url + "/a")
    assert (page.body, page.final_url, page.hops) == (b"<p>here</p>", site.url + "/b", (site.url + "/a",))


def test_a_redirect_loop_ends(site):
    site.pages["/a"] = lambda h: h.send(302, Location="/a")
    with pytest.raises(FetchError, match="more than 8 redirects"):
        fetcher().get(site.url + "/a")


def test_robots_are_obeyed_with_wildcards(site):
    site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /private/*.html$\n"
    site.pages["/private/a.html"] = site.pages["/a.html"] = b"x"
    with pytest.raises(FetchError, match=r"robots\.txt"):
        fetcher().get(site.url + "/private/a.html")
    assert fetcher().get(site.url + "/a.html").body == b"x"
    assert fetcher(robots=False).get(site.url + "/private/a.html").body == b"x"


def test_a_site_whose_robots_fail_is_left_alone(site):
    site.pages["/robots.txt"] = lambda h: h.send(500)
    site.pages["/a"] = b"x"
    with pytest.raises(FetchError, match=r"robots\.txt"):
        fetcher().get(site.url + "/a")


def test_who_we_are_is_said(site):
    site.pages["/a"] = b"x"
    fetcher().get(site.url + "/a")
    assert all(headers["User-Agent"].startswith("checker/") for _, headers in site.hits)


def test_too_large_is_refused_before_and_while_reading(site):
    site.pages["/declared"] = lambda h: h.send(200, b"x" * 300_000)
    with pytest.raises(FetchError, match="too large"):
        fetcher().get(site.url + "/declared")

    def endless(h):
        h.send_response(200)
        h.send_header("Content-Type", "text/html")
        h.send_header("Connection", "close")
        h.end_headers()
        try:
            for _ in range(10_000):
                h.wfile.write(b"x" * 10_000)
        except OSError:
            pass

    site.pages["/endless"] = endless
    with pytest.raises(FetchError, match="too large"):
        fetcher().get(site.url + "/endless")


def test_a_zip_bomb_stops_at_the_limit(site):
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(bomb) < 100_000
    site.pages["/bomb"] = lambda h: h.send(200, bomb, Content_Encoding="gzip")
    with pytest.raises(FetchError, match="unpacks to more than"):
        fetcher().get(site.url + "/bomb")


@pytest.mark.parametrize(
    "pack", [gzip.compress, zlib.compress, lambda d: zlib.compress(d)[2:-4]], ids=["gzip", "zlib", "raw deflate"]
)
def test_compressed_pages_are_unpacked(site, pack):
    body = "个人账户".encode() * 1000
    site.pages["/z"] = lambda h: h.send(
        200, pack(body), Content_Encoding="gzip" if pack is gzip.compress else "deflate"
    )
    assert fetcher().get(site.url + "/z").body == body


def test_a_dripping_body_meets_the_deadline(site):
    def drip(h):
        h.send_response(200)
        h.send_header("Content-Length", "1000")
        h.end_headers()
        try:
            for _ in range(100):
                h.wfile.write(b"x")
                h.wfile.flush()
                time.sleep(0.2)
        except OSError:
            pass

    site.pages["/drip"] = drip
    start = time.monotonic()
    with pytest.raises(FetchError, match="took"):
        fetcher(deadline=1.5, robots=False).get(site.url + "/drip")
    assert time.monotonic() - start < 6


def test_silent_headers_meet_the_deadline(site):
    site.pages["/mute"] = lambda h: time.sleep(4)
    start = time.monotonic()
    with pytest.raises(FetchError):
        fetcher(deadline=1, robots=False).get(site.url + "/mute")
    assert time.monotonic() - start < 4


def test_a_broken_connection_is_not_a_short_page(site):
    def cut(h):
        h.send_response(200)
        h.send_header("Content-Length", "1000")
        h.end_headers()
        h.wfile.write(b"half")
        h.close_connection = True

    site.pages["/cut"] = cut
    with pytest.raises(FetchError):
        fetcher(robots=False).get(site.url + "/cut")


@pytest.mark.parametrize("status", [404, 410, 500])
def test_error_statuses_are_errors_that_name_the_page(site, status):
    site.pages["/gone"] = lambda h: h.send(status)
    with pytest.raises(FetchError, match=f"/gone: the server answered {status}"):
        fetcher().get(site.url + "/gone")


def test_dead_hosts_and_unknown_names():
    with pytest.raises(FetchError, match="refused"):
        fetcher(robots=False).get("http://127.0.0.1:1/")
    with pytest.raises(FetchError, match="unknown"):
        fetcher(robots=False).get("http://no-such-host.invalid/")


def test_retry_after_is_waited_for(site):
    answers = [503, 429, 200]
    site.pages["/busy"] = lambda h: h.send(answers.pop(0), b"ok", Retry_After="0")
    assert fetcher(robots=False).get(site.url + "/busy").body == b"ok"
    assert answers == []


def test_a_long_retry_after_is_said_at_once(site):
    site.pages["/busy"] = lambda h: h.send(429, Retry_After="3600")
    with pytest.raises(FetchError, match="asks to wait 3600 s"):
        fetcher(robots=False).get(site.url + "/busy")


def test_conditional_requests(site):
    site.pages["/a"] = lambda h: (
        h.send(304) if h.headers.get("If-None-Match") == '"v1"' else h.send(200, b"x", ETag='"v1"')
    )
    page = fetcher(robots=False).get(site.url + "/a")
    again = fetcher(robots=False).get(site.url + "/a", etag=page.headers["etag"])
    assert (page.not_modified, again.not_modified, again.body) == (False, True, b"")


def test_every_page_is_kept_as_evidence(site, tmp_path):
    pytest.importorskip("warcio")
    from warcio.archiveiterator import ArchiveIterator

    site.pages["/a"] = "<p>证据</p>".encode()
    one = fetcher(evidence=tmp_path)
    page = one.get(site.url + "/a")
    one.get(site.url + "/a")
    assert (tmp_path / f"{page.sha256}.bin").read_bytes() == page.body
    visits = json.loads((tmp_path / f"{page.sha256}.json").read_text())
    assert len(visits) == 2
    assert visits[0]["url"] == site.url + "/a"
    assert visits[0]["headers"]["content-type"].startswith("text/html")
    with (tmp_path / "evidence.warc.gz").open("rb") as file:
        records = list(ArchiveIterator(file))
    assert [r.rec_headers.get_header("WARC-Target-URI") for r in records] == [site.url + "/a"] * 2
