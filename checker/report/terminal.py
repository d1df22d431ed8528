"""The report for a terminal: what is wrong, what the rule says, where it says so, in ten seconds."""

from __future__ import annotations

import io

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from checker.report.data import shown_quote
from checker.report.groups import grouped
from checker.report.words import LABELS, REASONS, STANCES, say
from checker.types import Citation, Evidence, Label, Report, Stance, Verdict

_STYLES = {
    Label.CONTRADICTED: "bold red",
    Label.OUTDATED: "bold yellow",
    Label.PREMATURE: "bold yellow",
    Label.MISLEADING: "bold magenta",
    Label.SUPPORTED: "green",
    Label.OUT_OF_SCOPE: "dim",
    Label.NOT_COVERED: "dim",
}
_MARKS = {
    Label.CONTRADICTED: "✗",
    Label.OUTDATED: "⌛",
    Label.PREMATURE: "⌛",
    Label.MISLEADING: "≠",
    Label.SUPPORTED: "✓",
    Label.OUT_OF_SCOPE: "·",
    Label.NOT_COVERED: "·",
}
#: Findings shown one line each before the rest is only counted.
_BRIEF = 6


def render_text(report: Report, *, color: bool = False, width: int | None = None, lang: str | None = None) -> str:
    """The report as lines of text; with `color` it carries terminal colours."""
    language = lang or ("en" if report.article.lang == "en" else "zh")
    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=color,
        color_system="standard" if color else None,
        width=width or 96,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    _head(console, report, language)
    groups = grouped(report.verdicts)
    if "flagged" not in groups:
        console.print(Text(say("nothing", language), style="green"))
    for name, verdicts in groups.items():
        console.print()
        console.print(
            Text(f"{say(name, language)} ({len(verdicts)})", style="bold underline" if name == "flagged" else "bold")
        )
        if name == "flagged":
            for verdict in verdicts:
                _card(console, verdict, language)
        else:
            for verdict in verdicts[:_BRIEF]:
                _line(console, verdict, language)
            if len(verdicts) > _BRIEF:
                console.print(
                    Text(
                        f"  … {say('and_more', language)} {len(verdicts) - _BRIEF} {say('more', language)}", style="dim"
                    )
                )
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _head(console: Console, report: Report, lang: str) -> None:
    article = report.article
    console.print(Text(article.title or article.id, style="bold"))
    day = f"{say('published', lang)} {article.published}" if article.published else say("no_date", lang)
    parts = [
        p
        for p in (
            article.url or (article.id if article.title else None),
            article.publisher,
            day,
            None if article.published == report.as_of else f"{say('as_of', lang)} {report.as_of}",
        )
        if p
    ]
    console.print(Text(" · ".join(parts), style="dim"))


def _card(console: Console, verdict: Verdict, lang: str) -> None:
    style = _STYLES[verdict.label]
    head = Text(f"{_MARKS[verdict.label]} {LABELS[verdict.label][lang]}", style=style)
    if verdict.reason:
        head.append(f" · {REASONS[verdict.reason][lang]}", style="dim")
    head.append(f" · {say('sure', lang)} {verdict.confidence:.0%}", style="dim")
    console.print(head)
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True, justify="right")
    table.add_column()
    table.add_row(
        say("claim", lang),
        _highlighted(_shorten(verdict.claim.text, 240), verdict.compared[0] if verdict.compared else None, style),
    )
    first = verdict.evidence[0] if verdict.evidence else None
    if first is not None:
        statement = first.version.statement[lang]
        table.add_row(
            say("rule", lang), _highlighted(statement, verdict.compared[1] if verdict.compared else None, "bold green")
        )
        if verdict.compared:
            table.add_row("", Text.assemble((verdict.compared[0], style), "  ≠  ", (verdict.compared[1], "bold green")))
        table.add_row(say("source", lang), _citation(first, lang))
    note = verdict.explanation[lang]
    if len(verdict.evidence) > 1:
        table.add_row("", Text(note, style="italic"))
    console.print(Padding(table, (0, 0, 1, 2)))


def _line(console: Console, verdict: Verdict, lang: str) -> None:
    mark = Text(f"  {_MARKS[verdict.label]} ", style=_STYLES[verdict.label])
    mark.append(_shorten(verdict.claim.text, 70))
    tail = []
    if verdict.label not in (Label.SUPPORTED, Label.NOT_COVERED):
        tail.append(LABELS[verdict.label][lang])
    if verdict.claim.stance not in (Stance.ASSERTED, Stance.REFUTED):
        tail.append(STANCES[verdict.claim.stance][lang])
    shown = verdict.evidence[0] if verdict.evidence else None
    if shown is not None and verdict.label is not Label.NOT_COVERED:
        tail.append(_short_citation(shown))
    elif verdict.nearest is not None:
        tail.append(f"{say('nearest', lang)}: {verdict.nearest.rule.id}")
    mark.append(f"  — {' · '.join(tail)}" if tail else "", style="dim")
    console.print(mark)


def best_citation(evidence: Evidence) -> Citation:
    """The citation to show: one whose quote may be printed, official texts first."""
    order = {"statute-text": 0, "official-page": 0, "official-notice-mirror": 1, "press-report": 2}
    return min(evidence.version.citations, key=lambda c: (shown_quote(c) is None, order.get(c.source.kind, 3)))


def _citation(evidence: Evidence, lang: str) -> Text:
    citation = best_citation(evidence)
    source = citation.source
    parts = [
        p
        for p in (
            f"《{source.title}》" if "《" not in source.title else source.title,
            source.number,
            citation.locator,
            source.issuer,
            source.date,
        )
        if p
    ]
    text = Text(" · ".join(parts))
    quote = shown_quote(citation)
    if quote:
        text.append(f"\n“{quote}”", style="cyan")
    if source.url:
        text.append(f"\n{source.url}", style="dim")
    return text


def _short_citation(evidence: Evidence) -> str:
    source = best_citation(evidence).source
    return f"{source.number or _shorten(source.title, 24)}"


def _highlighted(text: str, words: str | None, style: str) -> Text:
    shown = Text(text)
    if words:
        at = text.find(words)
        if at >= 0:
            shown.stylize(style, at, at + len(words))
    return shown


def _shorten(text: str, limit: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
