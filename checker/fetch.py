"""The only code that touches the network: bytes of a page, kept as evidence.

Everything fetched is hostile. A request is refused unless its scheme is http(s) and every address its host resolves to
is public; the socket connects to the very address that was checked, so a second DNS answer cannot slip in, and each
redirect is checked again. One deadline covers connecting, headers, body and retries; sizes are capped before and after
decompression. Proxies of the environment are not used: behind one, the peer could not be checked.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import ipaddress
import json
import os
import socket
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.poolmanager import PoolManager

from checker.types import CheckerError

if TYPE_CHECKING:
    from protego import Protego

USER_AGENT = "checker/0.1 (rumour checking; obeys robots.txt)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRY = frozenset({429, 503})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CHUNK = 65536


class FetchError(CheckerError):
    """A page that could not be had; the message names the address and the reason."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may cost. Times in seconds, sizes in bytes."""

    deadline: float = 30.0
    connect: float = 10.0
    size: int = 20_000_000
    redirects: int = 8
    retries: int = 2


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered. `body` is decompressed; empty with `not_modified` after a conditional request."""

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    retrieved: datetime
    not_modified: bool = False
    sha256: str = ""
    hops: tuple[str, ...] = ()


@dataclass(slots=True)
class Fetcher:
    """Fetches pages politely and within limits. One per run; it remembers robots.txt of the hosts it met.

    Args:
        allow_private: also reach private and loopback addresses (intranets, tests).
        evidence: folder to keep a snapshot of every page in; None keeps none.
    """

    limits: Limits = field(default_factory=Limits)
    allow_private: bool = False
    evidence: Path | None = None
    robots: bool = True
    _rules: dict[str, Protego | None] = field(default_factory=dict)

    def get(self, url: str, etag: str | None = None, modified: str | None = None) -> Page:
        """The page at `url`, redirects followed; with `etag` or `modified` it may say not_modified.

        Raises:
            FetchError: refused address, robots.txt, an error status, a limit, a network failure.
        """
        clock = _Clock(self.limits.deadline)
        headers = {}
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        hops: list[str] = []
        at = url
        for _ in range(self.limits.redirects + 1):
            _check_url(at)
            if self.robots and not self._allowed(at, clock):
                raise FetchError(f"{url}: robots.txt of {urlsplit(at).hostname} forbids fetching it")
            status, got, body = self._with_retries(at, headers, clock)
            target = got.get("location")
            if status in _REDIRECTS and target:
                hops.append(at)
                at = urljoin(at, target)
                continue
            if status == 304 and headers:
                return Page(url, at, status, got, b"", datetime.now(UTC), True, "", tuple(hops))
            if status >= 400:
                phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "unknown status"
                raise FetchError(f"{url}: the server answered {status} ({phrase})")
            page = Page(
                url, at, status, got, body, datetime.now(UTC), False, hashlib.sha256(body).hexdigest(), tuple(hops)
            )
            if self.evidence is not None:
                keep(page, self.evidence)
            return page
        raise FetchError(f"{url}: more than {self.limits.redirects} redirects")

    def _allowed(self, url: str, clock: _Clock) -> bool:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = self._robots(origin, url, clock)
        rules = self._rules[origin]
        return rules is None or bool(rules.can_fetch(url, USER_AGENT.split("/", maxsplit=1)[0]))

    def _robots(self, origin: str, page: str, clock: _Clock) -> Protego | None:
        """The rules of a host; None where it has none. A host that cannot say (5xx) forbids everything, as RFC 9309 asks."""
        from protego import Protego

        at = origin + "/robots.txt"
        for _ in range(6):
            status, headers, body = self._request(at, {}, clock, 512_000, page)
            if status in _REDIRECTS and headers.get("location"):
                at = urljoin(at, headers["location"])
                _check_url(at)
                continue
            if status >= 500:
                return Protego.parse("User-agent: *\nDisallow: /")
            return Protego.parse(body.decode("utf-8", "replace")) if status == 200 else None
        return None

    def _with_retries(
        self, url: str, headers: Mapping[str, str], clock: _Clock
    ) -> tuple[int, Mapping[str, str], bytes]:
        for attempt in range(self.limits.retries + 1):
            status, got, body = self._request(url, headers, clock, self.limits.size)
            if status not in _RETRY or attempt == self.limits.retries:
                return status, got, body
            wait = _retry_after(got.get("retry-after"), default=0.5 * 2**attempt)
            if wait >= clock.left():
                raise FetchError(
                    f"{url}: the server answered {status} and asks to wait {wait:.0f} s, longer than the deadline allows"
                )
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _request(
        self, url: str, headers: Mapping[str, str], clock: _Clock, size: int, wanted: str | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request; errors name the page `wanted` (default: `url`), not what was asked for on its behalf."""
        name = wanted or url
        sent = {
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "gzip, deflate",
            "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.5",
            **headers,
        }
        with requests.Session() as session:
            session.trust_env = False
            adapter = _GuardedAdapter(self.allow_private, clock)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            try:
                with session.get(
                    url,
                    headers=sent,
                    stream=True,
                    allow_redirects=False,
                    timeout=(min(self.limits.connect, clock.left()), clock.left()),
                ) as response:
                    got = {k.lower(): v for k, v in response.headers.items()}
                    declared = got.get("content-length", "")
                    if declared.isdigit() and int(declared) > size:
                        raise FetchError(f"{name}: too large: {int(declared):,} bytes, the limit is {size:,}")
                    body = b"" if response.status_code in _REDIRECTS else _read(response, url, size, clock)
                    return response.status_code, got, body
            except FetchError:
                raise
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                if clock.expired():
                    raise FetchError(f"{name}: took longer than {self.limits.deadline:.0f} s") from error
                raise FetchError(f"{name}: {_plain(error)}") from error
            finally:
                adapter.release()


class _Clock:
    """A deadline shared by everything done for one page."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return max(0.05, self._end - time.monotonic())

    def expired(self) -> bool:
        return time.monotonic() >= self._end


class _Blocked(OSError):
    """An address that must not be reached."""


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise FetchError(f"{url}: not a valid address: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise FetchError(f"{url}: only http and https addresses are fetched")
    if not host:
        raise FetchError(f"{url}: has no host")
    if parts.username or parts.password:
        raise FetchError(f"{url}: addresses with a user name or password are not fetched")


def is_public(address: str) -> bool:
    """Whether an IP address is a public one; IPv6 forms that carry an IPv4 address are judged by it.

    >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    """
    ip: Any = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if ip.version == 6:
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return bool(ip.is_global and not ip.is_multicast and not ip.is_reserved)


def _connect(host: str, port: int, allow_private: bool, clock: _Clock, limit: float) -> socket.socket:
    infos = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    for *_, peer in infos:
        if not allow_private and not is_public(str(peer[0])):
            who = host if host.strip("[]") == peer[0] else f"{host} is {peer[0]},"
            raise _Blocked(
                f"{who} {'is ' if who == host else ''}not a public address (use --allow-private for an intranet)"
            )
    failure: OSError = OSError(f"{host}: no address")
    for family, kind, protocol, _, peer in infos:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(min(limit, clock.left()))
        try:
            sock.connect(peer)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise failure


class _GuardedAdapter(HTTPAdapter):
    """Connects only to checked addresses, and cuts the connection at the deadline whatever it is doing."""

    def __init__(self, allow_private: bool, clock: _Clock) -> None:
        self._guard = (allow_private, clock)
        self._timers: list[threading.Timer] = []
        super().__init__(max_retries=0)

    def release(self) -> None:
        """Stop the deadline timers of finished connections."""
        for timer in self._timers:
            timer.cancel()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        allow_private, clock = self._guard
        timers = self._timers

        def dial(connection: Any) -> socket.socket:
            sock = _connect(
                connection._dns_host, connection.port, allow_private, clock, connection.timeout or clock.left()
            )
            sock.settimeout(clock.left())
            timer = threading.Timer(clock.left(), _hang_up, (sock,))
            timer.daemon = True
            timer.start()
            timers.append(timer)
            return sock

        plain = type("_Plain", (HTTPConnection,), {"_new_conn": dial})
        secure = type("_Secure", (HTTPSConnection,), {"_new_conn": dial})
        self.poolmanager = PoolManager(num_pools=2, maxsize=1)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _read(response: requests.Response, url: str, size: int, clock: _Clock) -> bytes:
    """The body, decompressed here so that a small answer cannot unpack into a huge one."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"{url}: sent with the encoding '{coding}', which was not asked for")
    unpack = zlib.decompressobj(47) if coding not in ("", "identity") else None
    parts: list[bytes] = []
    total = packed = 0
    while True:
        if clock.expired():
            raise FetchError(f"{url}: took too long")
        chunk = response.raw.read1(_CHUNK, decode_content=False)
        if not chunk:
            break
        packed += len(chunk)
        if packed > size:
            raise FetchError(f"{url}: too large: the limit is {size:,} bytes")
        if unpack is not None:
            try:
                chunk = unpack.decompress(chunk, size - total + 1)
            except zlib.error:
                if packed != len(chunk) or coding != "deflate":
                    raise FetchError(f"{url}: its compressed body is damaged") from None
                unpack = zlib.decompressobj(-15)
                chunk = unpack.decompress(chunk, size - total + 1)
        total += len(chunk)
        if total > size or (unpack is not None and unpack.unconsumed_tail):
            raise FetchError(f"{url}: unpacks to more than the limit of {size:,} bytes")
        parts.append(chunk)
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and packed < int(declared):
        raise FetchError(
            f"{url}: the connection broke after {packed:,} of {int(declared):,} bytes"
            + (" (deadline)" if clock.expired() else "")
        )
    return b"".join(parts)


def _retry_after(value: str | None, default: float) -> float:
    if not value:
        return default
    if value.strip().isdigit():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return default
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _plain(error: BaseException) -> str:
    """The innermost reason of a network error, in words."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, _Blocked):
            return str(seen)
        if isinstance(seen, socket.gaierror):
            return "the host name is unknown"
        if isinstance(seen, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(seen, TimeoutError):
            return "timed out"
        inner = seen.__cause__ or seen.__context__
        if inner is None:
            reason = getattr(seen, "reason", None)
            inner = reason if isinstance(reason, BaseException) else None
        if inner is None:
            break
        seen = inner
    text = str(error) or type(error).__name__
    return text if len(text) < 160 else text[:157] + "..."


def evidence_dir() -> Path:
    """Where snapshots are kept ($CHECKER_DATA, else the user's data folder)."""
    root = os.environ.get("CHECKER_DATA") or os.path.join(
        os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share"), "checker"
    )
    return Path(root) / "evidence"


def keep(page: Page, folder: Path) -> Path:
    """Keep a page as evidence: `<sha256>.bin` with its bytes, `<sha256>.json` with address, time and headers of each visit.

    With the `warc` extra the exchange is also appended to `evidence.warc.gz`. Returns the path of the bytes.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    body = folder / f"{page.sha256}.bin"
    if not body.exists():
        part = folder / f"{page.sha256}.{os.getpid()}.part"
        part.write_bytes(page.body)
        part.replace(body)
    meta = folder / f"{page.sha256}.json"
    visits = json.loads(meta.read_text(encoding="utf-8")) if meta.exists() else []
    record = {k: v for k, v in asdict(page).items() if k not in ("body", "retrieved", "not_modified")}
    visits.append(record | {"retrieved": page.retrieved.isoformat(), "headers": dict(page.headers)})
    part = folder / f"{page.sha256}.{os.getpid()}.json.part"
    part.write_text(json.dumps(visits, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(meta)
    _append_warc(page, folder)
    return body


def _append_warc(page: Page, folder: Path) -> None:
    try:
        from warcio.statusandheaders import StatusAndHeaders
        from warcio.warcwriter import WARCWriter
    except ImportError:
        return
    import io

    with (folder / "evidence.warc.gz").open("ab") as out:
        writer = WARCWriter(out, gzip=True)
        headers = StatusAndHeaders(
            str(page.status), [(k, v) for k, v in page.headers.items() if k != "content-encoding"], protocol="HTTP/1.1"
        )
        record = writer.create_warc_record(
            page.final_url,
            "response",
            payload=io.BytesIO(page.body),
            http_headers=headers,
            warc_headers_dict={"WARC-Date": page.retrieved.strftime("%Y-%m-%dT%H:%M:%SZ")},
        )
        writer.write_record(record)
