"""Rules as people read them in a terminal, and as JSON."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from checker.types import Rule, Version


def rule_line(rule: Rule, today: date) -> str:
    """One line: id, state, place, statement."""
    version = rule.at(today)
    state = (
        "in force"
        if version
        else "not yet in force"
        if rule.versions[0].start and rule.versions[0].start > today
        else "ended"
    )
    shown = version or rule.versions[-1]
    marks = [
        state,
        *([] if rule.national else [rule.place or rule.jurisdiction]),
        *([] if shown.verified else ["unverified"]),
    ]
    return f"{rule.id:<36} {', '.join(marks):<18} {shown.statement['zh']}"


def rule_text(rule: Rule, on: date | None, today: date) -> str:
    """A rule in full, newest version last; with `on` only the version of that day."""
    lines = [f"{rule.id}  ({rule.topic}, {rule.place or rule.jurisdiction}, last verified {rule.last_verified})"]
    if rule.succeeded_by:
        lines.append(f"  replaced by {', '.join(rule.succeeded_by)}")
    if on is None:
        lines += ["", *timeline(rule, today)]
    for version in rule.versions:
        if on is not None and not version.in_force(on):
            continue
        lines += [
            "",
            f"  {_span(version)}{'  ← today' if version.in_force(today) else ''}{'' if version.verified else '  UNVERIFIED: never decides'}",
        ]
        lines += [f"    {version.statement['zh']}", f"    {version.statement['en']}"]
        lines.append(
            f"    for: {', '.join(sorted(version.population))}; confidence: {version.confidence}{'; row ' + version.row if version.row != rule.id else ''}"
        )
        lines += [f"    {q.name} = {q.value} {q.unit}" for q in version.quantities]
        for cite in version.citations:
            parts = [
                p
                for p in (cite.source.title, cite.source.number, cite.locator, cite.source.issuer, cite.source.date)
                if p
            ]
            lines.append(f"    § {' · '.join(parts)}")
            if cite.quote:
                lines.append(f"      “{cite.quote}”{' (seen in a traditional-script mirror)' if cite.script else ''}")
            if cite.source.url:
                lines.append(f"      {cite.source.url}")
        lines += [f"    ✗ {m['zh']} | {m['en']}" for m in version.misstatements]
        if version.caveats:
            lines.append(f"    ! {version.caveats}")
    return "\n".join(lines) + "\n"


def timeline(rule: Rule, today: date, width: int = 48) -> list[str]:
    """The versions as bars over the years, one line each; `|` is today, `?` an unknown start, `>` an open end."""
    known = [d for v in rule.versions for d in (v.start, v.end) if d is not None]
    first = min([*known, today.replace(year=today.year - 1)])
    last = max([*known, today]) + timedelta(days=180)
    days = (last - first).days

    def column(day: date) -> int:
        return round((day - first).days / days * (width - 1))

    now = column(today)
    lines = []
    for version in rule.versions:
        start = column(version.start) if version.start else 0
        end = column(version.end) if version.end else width - 1
        bar = ["█" if start <= i <= max(start, end - (version.end is not None)) else "·" for i in range(width)]
        bar[now] = "|"
        if version.start is None:
            bar[0] = "?"
        if version.end is None:
            bar[-1] = ">"
        lines.append(f"  {''.join(bar)}  {_span(version)}")
    return [*lines, f"  {' ' * now}today {today}" if now < width - 17 else f"  {f'today {today}':>{now + 1}}"]


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule as plain data."""
    return {
        "id": rule.id,
        "topic": rule.topic,
        "jurisdiction": rule.jurisdiction,
        "place": rule.place,
        "last_verified": rule.last_verified.isoformat(),
        "succeeded_by": list(rule.succeeded_by),
        "versions": [
            {
                "row": v.row,
                "from": v.start.isoformat() if v.start else None,
                "until": v.end.isoformat() if v.end else None,
                "statement": dict(v.statement),
                "population": sorted(v.population),
                "verified": v.verified,
                "confidence": v.confidence,
                "citations": [
                    {
                        "title": c.source.title,
                        "issuer": c.source.issuer,
                        "number": c.source.number,
                        "date": c.source.date,
                        "locator": c.locator,
                        "quote": c.quote,
                        "url": c.source.url,
                    }
                    for c in v.citations
                ],
            }
            for v in rule.versions
        ],
    }


def _span(version: Version) -> str:
    start = version.start.isoformat() if version.start else "(start unknown)"
    return f"{start} → {version.end.isoformat() if version.end else ''}".rstrip()
