"""A page's article, without its furniture.

No single extractor is right for both languages (reference/dependencies.md A): English goes to trafilatura; for Chinese
three extractors run and the output most like the other two is kept (a medoid on character 4-grams), which leaks teaser
lists on 1 % of pages where trafilatura alone leaks on 22 %. WeChat hides its text box until a script runs, so it is
read by its id.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import lxml.html
from bs4 import BeautifulSoup

from checker.ingest.layout import Line, find_date, is_byline
from checker.text.script import is_chinese, is_han
from checker.types import CheckerError

_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "head"])
_BREAKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "br",
        "lb",
        "ul",
        "ol",
        "list",
        "table",
        "tr",
        "row",
        "pre",
        "figure",
        "dl",
        "dt",
        "dd",
        "center",
        "hr",
        "main",
        "body",
    ]
)
#: Where a page says about itself what it says; a longer head is cut.
_HEAD_SIZE = 300_000
_SAMPLE = 20_000
#: A page with less text holds no article (characters).
_SHORTEST = 8
_SKIP = frozenset(
    ["script", "style", "noscript", "template", "svg", "button", "form", "select", "nav", "footer", "iframe", "graphic"]
)
_DATE_META = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "publishdate",
    "pubdate",
    "publish_date",
    "publish-date",
    "date",
    "dc.date",
    "dc.date.issued",
    "weibo:article:create_at",
    "publication_date",
    "og:release_date",
    "sailthru.date",
)


@dataclass(frozen=True, slots=True)
class Extract:
    """What was read off a page."""

    lines: list[Line]
    title: str | None
    published: date | None
    publisher: str | None


def extract(html: str, url: str | None = None) -> Extract:
    """The article of a page.

    Raises:
        CheckerError: the page holds no article text.
    """
    tree = _parse(html)
    lines = _wechat(tree)
    if not lines:
        sample = _visible(tree)
        if len(sample) < _SHORTEST:  # said before three extractors look for what is not there
            raise CheckerError("no article text found on the page")
        lines = _medoid(html) if _mostly_chinese(sample) else _trafilatura(html) or _readability(html)
    if sum(len(line.text) for line in lines) < _SHORTEST:
        raise CheckerError("no article text found on the page")
    lines = _with_bylines(tree, lines)
    head = _head(html)
    title = _title(tree, head)
    return Extract(lines, title, _published(tree, head, html, title), _publisher(head))


def _parse(html: str) -> Any:
    # The declaration goes: lxml refuses str input with one. Entities are not expanded by the HTML parser.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", html)
    try:
        return lxml.html.document_fromstring(text)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise CheckerError("no article text found on the page (it cannot be parsed)") from error


def _with_bylines(tree: Any, lines: list[Line]) -> list[Line]:
    """The lines of a page of several dated items with the titles and bylines that extractors take for furniture.

    Nothing is added unless two bylines or more stand over text that was kept: those of a teaser list stand over text
    that was cut.
    """
    kept = {line.text for line in lines}
    everything = list(_lines(tree))
    marks = [i for i, line in enumerate(everything) if is_byline(line.text)]
    marks = [i for i in marks if any(line.text in kept for line in everything[i + 1 : i + 3])]
    if len(marks) < 2:
        return lines
    wanted = {j for i in marks for j in (i - 1, i)}
    return [line for i, line in enumerate(everything) if line.text in kept or i in wanted]


def _visible(tree: Any) -> str:
    """The first of the text a reader sees."""
    parts: list[str] = []
    size = 0
    for text in tree.xpath(
        "//body//text()[normalize-space() and not(ancestor::script or ancestor::style or ancestor::noscript)]"
    ):
        parts.append(str(text).strip())
        size += len(parts[-1])
        if size > _SAMPLE:
            break
    return " ".join(parts)


def _mostly_chinese(sample: str) -> bool:
    han = sum(map(is_han, sample))
    return (han > 80 and is_chinese(sample)) or han * 2 > len(sample.strip())


def _wechat(tree: Any) -> list[Line]:
    boxes = tree.xpath("//*[@id='js_content']")
    return list(_lines(boxes[0])) if boxes else []


def _medoid(html: str) -> list[Line]:
    """Of three extractors' outputs the one most like the other two (character 4-gram Dice)."""
    outputs = [lines for lines in (_trafilatura(html), _readability(html), _justext(html)) if lines]
    if len(outputs) < 2:
        return outputs[0] if outputs else []
    grams = [Counter(_grams("".join(line.text for line in lines))) for lines in outputs]
    agreement = [sum(_dice(a, b) for j, b in enumerate(grams) if j != i) for i, a in enumerate(grams)]
    return outputs[max(range(len(outputs)), key=lambda i: agreement[i])]


def _grams(text: str) -> Iterator[str]:
    bare = "".join(text.split())
    return (bare[i : i + 4] for i in range(len(bare) - 3))


def _dice(a: Counter[str], b: Counter[str]) -> float:
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 0.0


def _trafilatura(html: str) -> list[Line]:
    import trafilatura

    found = trafilatura.extract(
        html,
        output_format="xml",
        include_comments=False,
        include_tables=True,
        include_formatting=False,
        deduplicate=False,
    )
    if not found:
        return []
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    body = lxml.etree.fromstring(found.encode(), parser).find("main")
    return list(_lines(body)) if body is not None else []


def _readability(html: str) -> list[Line]:
    import readability

    try:
        summary = readability.Document(html).summary(html_partial=True)
        return list(_lines(lxml.html.fragment_fromstring(summary, create_parent="div")))
    except (readability.readability.Unparseable, lxml.etree.LxmlError, ValueError, TypeError):
        return []


def _justext(html: str) -> list[Line]:
    import justext

    # Lengths in characters, no stop list: Chinese has no spaces to count words by (reference/dependencies.md A, J).
    try:
        paragraphs = justext.justext(
            html, frozenset(), length_low=25, length_high=60, stopwords_low=0, stopwords_high=0, no_headings=False
        )
    except (lxml.etree.LxmlError, ValueError, justext.core.JustextError):
        return []
    lines = []
    for p in paragraphs:
        if not p.is_boilerplate:
            path = p.dom_path.split(".")
            kind = "heading" if p.is_heading else "item" if "li" in path else "cell" if "td" in path else "paragraph"
            lines.append(Line(" ".join(p.text.split()), kind))
    return lines


def _lines(root: Any) -> Iterator[Line]:
    """The text of an element as lines with their kind."""
    buffer: list[str] = []
    yield from _walk(root, "paragraph", buffer)
    yield from _flush(buffer, "paragraph")


def _walk(node: Any, kind: str, buffer: list[str]) -> Iterator[Line]:
    tag = node.tag if isinstance(node.tag, str) else ""
    if tag in _SKIP or not tag:
        return
    if tag in ("table",):
        yield from _flush(buffer, kind)
        yield from _table(node)
        return
    own = (
        "heading"
        if tag in _HEADINGS
        else "item"
        if tag in ("li", "item")
        else "quote"
        if tag in ("blockquote", "quote")
        else kind
    )
    breaks = own is not kind or tag in _BREAKS or tag in _HEADINGS or tag in ("li", "item")
    if breaks:
        yield from _flush(buffer, kind)
    if node.text:
        buffer.append(node.text)
    for child in node:
        yield from _walk(child, own, buffer)
        if child.tail:
            buffer.append(child.tail)
    if breaks:
        yield from _flush(buffer, own)


def _flush(buffer: list[str], kind: str) -> Iterator[Line]:
    text = " ".join("".join(buffer).split())
    buffer.clear()
    if text:
        yield Line(text, kind)


def _table(node: Any) -> Iterator[Line]:
    rows = []
    for row in node.iter("tr", "row"):
        cells = [" ".join("".join(cell.itertext()).split()) for cell in row if cell.tag in ("td", "th", "cell")]
        if any(cells):
            rows.append((cells, all(c.tag == "th" or c.get("role") == "head" for c in row)))
    if not rows:
        return
    if all(len(cells) == 1 for cells, _ in rows):  # a layout table
        for cells, _ in rows:
            yield Line(cells[0], "paragraph")
        return
    header = " | ".join(rows[0][0]) if rows[0][1] or len(rows) > 2 else ""
    for cells, _ in rows:
        line = " | ".join(cells)
        yield Line(line, "cell", "" if line == header else header)


@dataclass(frozen=True, slots=True)
class _Head:
    """What a page says about itself: meta tags by lower-case name, JSON-LD objects, its <title>."""

    meta: dict[str, str]
    linked: list[dict[str, Any]]
    title: str


def _head(html: str) -> _Head:
    """Read the head of a page (all of it, where nothing closes the head early)."""
    end = html.lower().find("</head>", 0, _HEAD_SIZE)
    soup = BeautifulSoup(html[: end if end > 0 else _HEAD_SIZE], "lxml")
    meta: dict[str, str] = {}
    for tag in soup.find_all("meta"):
        name = str(tag.get("property") or tag.get("name") or tag.get("itemprop") or "").lower()
        content = str(tag.get("content") or "").strip()
        if name and content:
            meta.setdefault(name, content)
    linked = [
        found
        for script in soup.find_all("script", type="application/ld+json")
        for found in _linked_data(script.string or "")
    ]
    return _Head(meta, linked, " ".join(soup.title.get_text().split()) if soup.title else "")


def _linked_data(text: str) -> Iterator[dict[str, Any]]:
    try:
        todo = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while todo:
        at = todo.pop()
        if isinstance(at, list):
            todo.extend(at[:50])
        elif isinstance(at, dict):
            yield at
            graph = at.get("@graph")
            if isinstance(graph, list):
                todo.extend(graph[:50])


def _title(tree: Any, head: _Head) -> str | None:
    heads = [" ".join(h.text_content().split()) for h in tree.xpath("//h1")]
    for text in (
        head.meta.get("og:title"),
        *(h for h in heads if h and (h in head.title or len(heads) == 1)),
        head.meta.get("twitter:title"),
        _site_off(head.title),
    ):
        if text and len(text) >= 4:
            return _site_off(text)
    return None


def _site_off(title: str) -> str:
    """A page title without the site's name behind it."""
    head = re.split(r"\s*[|｜_]\s*|\s+[-–—]\s+|--", title)
    return head[0].strip() if head and len(head[0].strip()) >= 6 else title


def _published(tree: Any, head: _Head, html: str, title: str | None) -> date | None:
    for name in _DATE_META:
        if name in head.meta and (day := find_date(head.meta[name])):
            return day
    for data in head.linked:
        if isinstance(data.get("datePublished"), str) and (day := find_date(data["datePublished"])):
            return day
    times = tree.xpath("//time/@datetime | //*[@itemprop='datePublished']/@content")
    for text in times[:3]:
        if day := find_date(str(text)):
            return day
    visible = " ".join(_visible(tree).split())
    if (
        title
        and (at := visible.find(title)) >= 0
        and (day := find_date(visible[at + len(title) : at + len(title) + 200]))
    ):
        return day
    from htmldate import find_date as guess

    text = guess(html, extensive_search=False, original_date=True, outputformat="%Y-%m-%d")
    return date.fromisoformat(text) if text else None


def _publisher(head: _Head) -> str | None:
    if head.meta.get("og:site_name"):
        return head.meta["og:site_name"]
    for data in head.linked:
        publisher = data.get("publisher")
        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
            return str(publisher["name"])
    return head.meta.get("author") or None
