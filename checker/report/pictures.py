"""Pictures of a report as inline SVG: no fonts, scripts or libraries of their own, so they print and need no network.

Text in them is escaped; glyphs come from the reader's fonts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape

from checker.report.words import LABELS
from checker.types import Bound, Label, Report, Rule, Verdict

COLOURS = {
    Label.CONTRADICTED: "#b42318",
    Label.OUTDATED: "#b7791f",
    Label.PREMATURE: "#b7791f",
    Label.MISLEADING: "#7a2e8e",
    Label.SUPPORTED: "#1a7f4b",
    Label.OUT_OF_SCOPE: "#9aa5b1",
    Label.NOT_COVERED: "#cfd6dd",
}
_SOFT, _LINE, _GOOD, _BAD = "#5f6b76", "#dfe3e8", "#1a7f4b", "#b42318"
_FONT = 'font-family="Noto Sans,Noto Sans CJK SC,PingFang SC,Microsoft YaHei,system-ui,sans-serif"'


def overview(report: Report, lang: str, width: int = 640) -> str:
    """Where in the article the findings stand: one bar from its first word to its last, one mark a finding."""
    length = max(1, len(report.article.text))
    marks, keys = [], []
    shown = sorted(report.verdicts, key=lambda v: (v.flagged, v.label is not Label.NOT_COVERED))
    for v in shown:
        x = v.claim.span.start / length * width
        w = max(3.0, len(v.claim.span) / length * width)
        height, top = (26, 6) if v.flagged else (14, 12)
        colour = COLOURS[v.label] if v.flagged or v.label is Label.SUPPORTED else COLOURS[Label.OUT_OF_SCOPE]
        title = escape(f"{LABELS[v.label][lang]}: {v.claim.text[:120]}")
        marks.append(
            f'<rect x="{x:.1f}" y="{top}" width="{w:.1f}" height="{height}" rx="2" fill="{colour}"><title>{title}</title></rect>'
        )
    x = 0
    for label in (Label.CONTRADICTED, Label.OUTDATED, Label.SUPPORTED):
        words = LABELS[label][lang]
        keys.append(
            f'<rect x="{x}" y="46" width="10" height="10" rx="2" fill="{COLOURS[label]}"/><text x="{x + 15}" y="55" font-size="12" fill="{_SOFT}">{escape(words)}</text>'
        )
        x += 40 + _width(words, 12)
    body = f'<rect x="0" y="12" width="{width}" height="14" rx="3" fill="{_LINE}"/>' + "".join(marks) + "".join(keys)
    return _svg(width, 62, body, "overview")


def timeline(rule: Rule, lang: str, day: date | None, today: date, width: int = 640) -> str:
    """The versions of a rule through time, with the article's day and today."""
    known = (
        [v.start for v in rule.versions if v.start] + [v.end for v in rule.versions if v.end] + [today, day or today]
    )
    first, last = min(known) - timedelta(days=400), max(known) + timedelta(days=400)
    span = max(1, (last - first).days)

    def at(when: date) -> float:
        return (when - first).days / span * width

    rows = []
    for i, v in enumerate(rule.versions):
        start, end = at(v.start) if v.start else 0.0, at(v.end) if v.end else float(width)
        y = 30 + 46 * i
        holds = v.in_force(today)
        rows.append(
            f'<rect x="{start:.1f}" y="{y}" width="{max(4.0, end - start):.1f}" height="14" rx="3" fill="{_GOOD if holds else "#9aa5b1"}"/>'
        )
        label = f"{v.start or '…'} → {v.end or ''}  {v.statement[lang]}"
        rows.append(f'<text x="0" y="{y + 30}" font-size="12" fill="{_SOFT}">{escape(_cut(label, width, 12))}</text>')
    height = 34 + 46 * len(rule.versions)
    marks = [(today, {"zh": "今天", "en": "today"}[lang], _SOFT)]
    if day and day != today:
        marks.append((day, {"zh": "文章", "en": "article"}[lang], _BAD))
    for when, name, colour in marks:
        x = at(when)
        anchor = "end" if x > width * 0.8 else "start"
        rows.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{height}" stroke="{colour}" stroke-dasharray="3 3"/><text x="{x:.1f}" y="13" font-size="12" text-anchor="{anchor}" fill="{colour}">{escape(f"{name} {when}")}</text>'
        )
    return _svg(width, height, "".join(rows), "timeline")


def comparison(verdict: Verdict, lang: str, width: int = 420) -> str:
    """The two values that were compared: as bars where both are figures of one unit, else as two words."""
    if verdict.compared is None or not verdict.evidence:
        return ""
    claimed, ruled = verdict.compared
    words = {"zh": ("文章", "规定"), "en": ("article", "rule")}[lang]
    figures = _figures(verdict)
    rows = []
    for i, (name, text, colour) in enumerate(((words[0], claimed, COLOURS[verdict.label]), (words[1], ruled, _GOOD))):
        y = 4 + 30 * i
        rows.append(f'<text x="0" y="{y + 15}" font-size="12" fill="{_SOFT}">{name}</text>')
        size = figures[i] * (width - 200) if figures else 8.0
        rows.append(f'<rect x="52" y="{y}" width="{max(4.0, size):.1f}" height="20" rx="3" fill="{colour}"/>')
        rows.append(
            f'<text x="{60 + max(4.0, size):.1f}" y="{y + 15}" font-size="13" font-weight="600" fill="{colour}">{escape(_cut(text, width - 70 - size, 13))}</text>'
        )
    return _svg(width, 62, "".join(rows), "comparison")


def _figures(verdict: Verdict) -> tuple[float, float] | None:
    """The lengths of two bars, 0..1, where the compared words hold one figure each of the same unit."""
    from checker.text.analysis import analyse

    if verdict.compared is None:
        return None
    sides = [analyse(text).quantities for text in verdict.compared]
    if any(len(s) != 1 for s in sides):
        return None
    a, b = (s[0].quantity for s in sides)
    if a.unit != b.unit or min(a.value, b.value) <= 0 or max(a.value, b.value) / min(a.value, b.value) > 40:
        return None
    if Bound.ABOUT in (a.bound, b.bound) and a.value == b.value:
        return None
    top = max(a.value, b.value)
    return float(a.value / top), float(b.value / top)


def _svg(width: float, height: float, body: str, name: str) -> str:
    return f'<svg class="{name}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="100%" style="max-width:{width:.0f}px" role="img" {_FONT}>{body}</svg>'


def _width(text: str, size: float) -> int:
    return round(sum(size if ord(c) > 0x2E80 else size * 0.55 for c in text))


def _cut(text: str, width: float, size: float) -> str:
    """As much of a text as fits."""
    used = 0.0
    for i, char in enumerate(text):
        used += size if ord(char) > 0x2E80 else size * 0.58
        if used > width - size:
            return text[:i] + "…"
    return text


def pictures(report: Report, lang: str) -> Sequence[str]:
    """The overview, then for each flag the comparison and, where the rule changed, its timeline."""
    found = [overview(report, lang)]
    for v in report.verdicts:
        if v.flagged and v.evidence:
            found.append(comparison(v, lang))
            if len(v.evidence[0].rule.versions) > 1:
                found.append(timeline(v.evidence[0].rule, lang, report.as_of, report.today))
    return [f for f in found if f]
