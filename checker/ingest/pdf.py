"""PDF text by pypdfium2, the only free-licence reader that gets Chinese right in PDFs printed by Chrome."""

from __future__ import annotations

import re

from checker.ingest.layout import Line
from checker.text.script import is_han
from checker.types import CheckerError

_MAX_PAGES = 500
_MAX_CHARACTERS = 4_000_000
_PAGE_NUMBER = re.compile(
    r"^\s*(?:[-—–]\s*\d+\s*[-—–]|第\s*\d+\s*页(?:\s*共\s*\d+\s*页)?|(?:Page\s*)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?)\s*$",
    re.IGNORECASE,
)
_STOPS = ("。", "！", "？", "；", "：", ".", "!", "?", ";", ":", "”", "」")


def read_pdf(data: bytes) -> list[Line]:
    """The lines of a PDF, wrapped ones joined, page numbers dropped.

    Raises:
        CheckerError: damaged, encrypted, or without any text (a scan).
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise CheckerError("the PDF is damaged or encrypted and cannot be read") from error
    lines: list[Line] = []
    total = 0
    try:
        for number in range(min(len(document), _MAX_PAGES)):
            page = document[number]
            textpage = page.get_textpage()
            text = textpage.get_text_bounded()
            textpage.close()
            page.close()
            total += len(text)
            if total > _MAX_CHARACTERS:
                raise CheckerError(f"the PDF holds more than {_MAX_CHARACTERS:,} characters")
            lines.extend(_join(text))
    except pypdfium2.PdfiumError as error:
        raise CheckerError("the PDF is damaged and cannot be read") from error
    finally:
        document.close()
    if sum(len(line.text) for line in lines) < 8:
        raise CheckerError("the PDF holds no text (a scan? it needs OCR first)")
    return lines


def _join(page: str) -> list[Line]:
    """Lines of a page with wrapped ones joined: a line goes on when it is nearly as long as the longest and ends no sentence."""
    raw = [line.strip() for line in page.replace("\r\n", "\n").replace("\ufffe", "").split("\n")]
    raw = [line for line in raw if line and not _PAGE_NUMBER.match(line)]
    if not raw:
        return []
    full = sorted(map(len, raw))[int(len(raw) * 0.9)]
    joined: list[str] = []
    open_line = False
    for line in raw:
        if open_line and joined:
            space = "" if is_han(joined[-1][-1]) or is_han(line[0]) or joined[-1].endswith("-") else " "
            joined[-1] = joined[-1].removesuffix("-") + space + line
        else:
            joined.append(line)
        open_line = len(line) >= full * 0.75 and not line.endswith(_STOPS)
    return [Line(line) for line in joined]
