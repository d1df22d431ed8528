"""The loader table: what kind of input it is, and which reader makes an article of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from checker.ingest.decode import decode
from checker.ingest.layout import Line, byline_date, compose, lay_out
from checker.text.script import language
from checker.types import Article, CheckerError

#: Longest text that is read; a longer one is an archive, not an article.
MAX_CHARACTERS = 2_000_000
MAX_BYTES = 20_000_000
_HTML = re.compile(
    rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title|div|article|section|p|h1|\?xml)\b",
    re.IGNORECASE | re.DOTALL,
)
_ZIP = (b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")


def sniff(data: bytes, media_type: str | None = None, name: str = "") -> str:
    """`html`, `pdf` or `text`, by content first, then by the declared type, then by the file name.

    Raises:
        CheckerError: an archive or another binary format, or nothing at all.
    """
    if not data.strip():
        raise CheckerError("is empty")
    if data.lstrip()[:5] == b"%PDF-":
        return "pdf"
    if data.startswith(_ZIP):
        raise CheckerError("is an archive: unpack it first")
    head = data[:4096]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = decode(data[:4096]).encode()
    media = (media_type or "").split(";")[0].strip().lower()
    if (
        _HTML.match(head)
        or (media in ("text/html", "application/xhtml+xml") and b"<" in head)
        or (name.lower().endswith((".html", ".htm", ".xhtml")) and b"<" in head)
    ):
        return "html"
    if (
        media
        and not media.startswith("text/")
        and media not in ("application/octet-stream", "application/json", "application/xml")
    ):
        raise CheckerError(f"is of the kind {media}, which is not read")
    return "text"


def read_article(
    data: bytes,
    *,
    name: str = "",
    url: str | None = None,
    media_type: str | None = None,
    published: date | None = None,
    retrieved: datetime | None = None,
) -> Article:
    """An article from the bytes of a page, a text file or a PDF.

    Raises:
        CheckerError: nothing readable in it; the message fits behind the input's name.
    """
    if len(data) > MAX_BYTES:
        raise CheckerError(f"is larger than {MAX_BYTES:,} bytes")
    kind = sniff(data, media_type, name or url or "")
    title = publisher = None
    page_date = None
    if kind == "pdf":
        from checker.ingest.pdf import read_pdf

        lines: list[Line] = read_pdf(data)
        text, blocks, items, title = compose(lines, None)
    elif kind == "html":
        from checker.ingest.html import extract

        charset = re.search(
            rb"charset\s*=\s*[\"']?\s*([\w-]+)", (media_type or "").encode() + b" " + data[:2048], re.IGNORECASE
        )
        page = extract(decode(data, charset[1].decode() if charset else None), url)
        publisher, page_date = page.publisher, page.published
        text, blocks, items, title = compose(page.lines, page.title)
    else:
        text, blocks, items, title = lay_out(decode(data), None)
    return _article(
        text,
        blocks,
        items,
        title,
        hashlib.sha256(data).hexdigest(),
        url=url,
        publisher=publisher,
        published=published or page_date,
        retrieved=retrieved,
        name=name,
    )


def article_from_text(
    text: str,
    *,
    title: str | None = None,
    url: str | None = None,
    published: date | None = None,
    id: str | None = None,
    lang: str | None = None,
) -> Article:
    """An article from pasted text."""
    if not text.strip():
        raise CheckerError("is empty")
    body, blocks, items, found = lay_out(text, title)
    return _article(
        body,
        blocks,
        items,
        found,
        hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        url=url,
        published=published,
        id=id,
        lang=lang,
    )


def article_from_json(row: Mapping[str, Any]) -> Article:
    """An article from a JSON object {id, url, title, published, lang, text | html}.

    Raises:
        CheckerError: not such an object; the message names the key.
    """
    if not isinstance(row, Mapping):
        raise CheckerError("is not a JSON object")
    for key in ("id", "url", "title", "published", "lang", "text", "html"):
        if row.get(key) is not None and not isinstance(row[key], str):
            raise CheckerError(f"{key}: must be text")
    published = parse_day(row["published"], "published") if row.get("published") else None
    if row.get("text"):
        return article_from_text(
            row["text"],
            title=row.get("title"),
            url=row.get("url"),
            published=published,
            id=row.get("id"),
            lang=row.get("lang"),
        )
    if row.get("html"):
        article = read_article(
            row["html"].encode("utf-8", "replace"), name="page.html", url=row.get("url"), published=published
        )
        fields = {f: getattr(article, f) for f in article.__dataclass_fields__}
        return Article(**(fields | {"id": row.get("id") or article.id, "title": row.get("title") or article.title}))
    raise CheckerError("text: missing (or html)")


def parse_day(text: str, what: str) -> date:
    """A day from YYYY-MM-DD; YYYY-MM and YYYY mean their first day."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:[T ].*)?", text.strip())
    try:
        if match:
            return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        pass
    raise CheckerError(f"{what}: '{text}' is not a day (YYYY-MM-DD)")


def _article(
    text: str,
    blocks: Any,
    items: Any,
    title: str | None,
    digest: str,
    *,
    url: str | None,
    published: date | None,
    publisher: str | None = None,
    retrieved: datetime | None = None,
    name: str = "",
    id: str | None = None,
    lang: str | None = None,
) -> Article:
    if len(text) > MAX_CHARACTERS:
        raise CheckerError(f"holds more than {MAX_CHARACTERS:,} characters: split it")
    if not blocks:
        raise CheckerError("holds no text")
    return Article(
        id=id or url or name or digest[:16],
        text=text,
        blocks=tuple(blocks),
        lang=lang if lang in ("zh-Hans", "zh-Hant", "en", "mixed") else language(text),
        title=title,
        url=url,
        publisher=publisher,
        published=published or (None if items else byline_date(text, blocks)),
        retrieved=retrieved or datetime.now(UTC),
        snapshot=digest,
        items=tuple(items),
    )
