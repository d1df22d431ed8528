"""What a user names to articles: URLs, files, .jsonl, standard input, pasted text. A bad input never stops the others."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from checker.ingest import article_from_json, article_from_text, read_article
from checker.ingest.read import MAX_BYTES
from checker.types import Article, CheckerError

if TYPE_CHECKING:
    from checker.fetch import Fetcher

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
#: A .jsonl of articles may be an archive; one line of it may not.
_MAX_LINE = MAX_BYTES


def read_inputs(
    inputs: Sequence[str],
    texts: Sequence[str] = (),
    published: date | None = None,
    *,
    allow_private: bool = False,
    robots: bool = True,
    keep: bool = True,
    deadline: float = 30.0,
) -> Iterator[Article | CheckerError]:
    """The articles of all inputs in order; in place of one that cannot be read, the error that names it."""
    fetcher: Fetcher | None = None
    for name in inputs:
        try:
            if _SCHEME.match(name) and not Path(name).exists():
                if fetcher is None:
                    from checker.fetch import Fetcher, Limits, evidence_dir

                    fetcher = Fetcher(
                        Limits(deadline=deadline), allow_private, evidence_dir() if keep else None, robots
                    )
                yield _page(fetcher, name, published)
            else:
                yield from _file(name, published)
        except CheckerError as error:
            yield error
    for i, text in enumerate(texts, start=1):
        try:
            yield article_from_text(text, published=published, id="text" if len(texts) == 1 else f"text {i}")
        except CheckerError as error:
            yield CheckerError(f"--text: {error}")


def _page(fetcher: Fetcher, url: str, published: date | None) -> Article:
    page = fetcher.get(url)
    try:
        return read_article(
            page.body,
            url=page.final_url,
            media_type=page.headers.get("content-type"),
            published=published,
            retrieved=page.retrieved,
        )
    except CheckerError as error:
        raise CheckerError(f"{url}: {error}") from error


def _file(name: str, published: date | None) -> Iterator[Article | CheckerError]:
    if name == "-":
        yield from _bytes(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input", published)
        return
    path = Path(name)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        yield from _lines(path)
        return
    try:
        if path.is_dir():
            raise CheckerError(f"{name}: is a folder: name its files")
        if path.stat().st_size > MAX_BYTES:
            raise CheckerError(f"{name}: is larger than {MAX_BYTES:,} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise CheckerError(f"{name}: {(error.strerror or str(error)).lower()}") from error
    yield from _bytes(data, name, published)


def _bytes(data: bytes, name: str, published: date | None) -> Iterator[Article | CheckerError]:
    head = data.lstrip()[:1]
    if head == b"{" and _is_jsonl(data):
        for number, line in enumerate(data.splitlines(), start=1):
            yield from _row(line, name, number)
        return
    try:
        yield read_article(data, name=Path(name).name if name != "standard input" else name, published=published)
    except CheckerError as error:
        raise CheckerError(f"{name}: {error}") from error


def _is_jsonl(data: bytes) -> bool:
    """Whether the first line is a JSON object with an article in it."""
    try:
        row = json.loads(data.split(b"\n", 1)[0])
    except ValueError:
        return False
    return isinstance(row, dict) and bool({"text", "html"} & set(row))


def _lines(path: Path) -> Iterator[Article | CheckerError]:
    try:
        with path.open("rb") as file:
            found = False
            number = 0
            while line := file.readline(_MAX_LINE + 1):
                number += 1
                found = found or bool(line.strip())
                if len(line) > _MAX_LINE:
                    yield CheckerError(f"{path}: line {number}: is longer than {_MAX_LINE:,} bytes")
                    while line and not line.endswith(b"\n"):
                        line = file.readline(_MAX_LINE)
                    continue
                yield from _row(line, str(path), number)
            if not found:
                yield CheckerError(f"{path}: is empty")
    except OSError as error:
        yield CheckerError(f"{path}: {(error.strerror or str(error)).lower()}")


def _row(line: bytes, name: str, number: int) -> Iterator[Article | CheckerError]:
    if not line.strip():
        return
    try:
        yield article_from_json(json.loads(line))
    except ValueError:
        yield CheckerError(f"{name}: line {number}: is not JSON")
    except CheckerError as error:
        yield CheckerError(f"{name}: line {number}: {error}")
