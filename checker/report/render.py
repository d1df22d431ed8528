"""The renderer table: one function for each `--format`."""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from checker.report.data import report_json, shown_quote
from checker.report.groups import grouped
from checker.report.pictures import comparison, overview, timeline
from checker.report.terminal import best_citation, render_text
from checker.report.words import LABELS, REASONS, STANCES, UI
from checker.types import Label, Report, Stance, Verdict

Renderer = Callable[..., str]


def render(format_: str, reports: Sequence[Report], **options: Any) -> str:
    """Reports in one of RENDERERS. Options are those of `render_text` and are ignored by the other formats."""
    return RENDERERS[format_](reports, **options)


def _text(reports: Sequence[Report], **options: Any) -> str:
    return "\n".join(render_text(r, **options) for r in reports)


def _json(reports: Sequence[Report], **options: Any) -> str:
    data: Any = [report_json(r) for r in reports]
    return json.dumps(data[0] if len(data) == 1 else data, ensure_ascii=False, indent=2) + "\n"


def _jsonl(reports: Sequence[Report], **options: Any) -> str:
    return "".join(json.dumps(report_json(r), ensure_ascii=False) + "\n" for r in reports)


_COLUMNS = (
    "article",
    "title",
    "published",
    "start",
    "end",
    "claim",
    "stance",
    "label",
    "flagged",
    "confidence",
    "reason",
    "claimed",
    "ruled",
    "rule",
    "statement",
    "source",
    "number",
    "locator",
    "date",
    "quote",
    "url",
)


def _csv(reports: Sequence[Report], **options: Any) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if not options.get("no_header"):
        writer.writerow(_COLUMNS)
    for report in reports:
        for v in report.verdicts:
            first = v.evidence[0] if v.evidence else None
            cite = best_citation(first) if first else None
            lang = v.claim.lang
            row = [
                report.article.url or report.article.id,
                report.article.title,
                report.article.published,
                v.claim.span.start,
                v.claim.span.end,
                v.claim.text,
                v.claim.stance.value,
                v.label.value,
                "yes" if v.flagged else "no",
                f"{v.confidence:.3f}",
                v.reason.value if v.reason else "",
                *(v.compared or ("", "")),
                first.rule.id if first else "",
                first.version.statement[lang] if first else "",
                cite.source.title if cite else "",
                cite.source.number if cite else "",
                cite.locator if cite else "",
                cite.source.date if cite else "",
                shown_quote(cite) if cite else "",
                cite.source.url if cite else "",
            ]
            writer.writerow([_inert(c) for c in row])
    return out.getvalue()


def _inert(cell: object) -> object:
    """A cell that a spreadsheet will not run as a formula."""
    text = "" if cell is None else str(cell)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _claimreview(reports: Sequence[Report], **options: Any) -> str:
    rows = [
        _review(report, v)
        for report in reports
        for v in report.verdicts
        if v.evidence and v.label is not Label.OUT_OF_SCOPE and (v.flagged or v.claim.stance is Stance.REFUTED)
    ]
    return json.dumps({"@context": "https://schema.org", "@graph": rows}, ensure_ascii=False, indent=2) + "\n"


#: schema.org wants a number; 1 is worst, 5 best, as fact-checkers use it. The label itself is the rating's name.
_RATINGS = {Label.CONTRADICTED: 1, Label.OUTDATED: 2, Label.PREMATURE: 2, Label.MISLEADING: 3, Label.SUPPORTED: 5}


def _review(report: Report, v: Verdict) -> dict[str, Any]:
    lang = v.claim.lang
    article = report.article
    cite = best_citation(v.evidence[0])
    item: dict[str, Any] = {"@type": "Claim"}
    if article.url and v.claim.stance is Stance.ASSERTED:
        item["appearance"] = {"@type": "CreativeWork", "url": article.url}
    if article.published:
        item["datePublished"] = article.published.isoformat()
    basis = {
        "@type": "CreativeWork",
        "name": cite.source.title,
        **({"url": cite.source.url} if cite.source.url else {}),
        **({"datePublished": cite.source.date} if cite.source.date else {}),
    }
    return {
        "@type": "ClaimReview",
        "claimReviewed": v.claim.text,
        "datePublished": report.today.isoformat(),
        "inLanguage": lang,
        "author": {"@type": "Organization", "name": "checker"},
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": _RATINGS[v.label],
            "bestRating": 5,
            "worstRating": 1,
            "alternateName": LABELS[v.label][lang],
        },
        "reviewBody": v.explanation[lang],
        "itemReviewed": item,
        "isBasedOn": basis,
    }


@functools.cache
def _environment() -> Any:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("checker.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


def _html(reports: Sequence[Report], **options: Any) -> str:
    lang = options.get("lang")
    pages = [_page(r, lang or ("en" if r.article.lang == "en" else "zh")) for r in reports]
    return str(_environment().get_template("report.html.j2").render(pages=pages))


def _page(report: Report, lang: str) -> dict[str, Any]:
    groups = grouped(report.verdicts)
    shown = [v for name, verdicts in groups.items() if name != "uncovered" for v in verdicts]
    numbers = {id(v): i for i, v in enumerate(sorted(shown, key=lambda v: v.claim.span.start), start=1)}
    cards = {name: [_card(report, v, numbers.get(id(v)), lang) for v in verdicts] for name, verdicts in groups.items()}
    return {
        "lang": lang,
        "words": {k: w[lang] for k, w in UI.items()},
        "report": report,
        "overview": overview(report, lang),
        "article": report.article,
        "groups": cards,
        "blocks": list(_marked(report, {id(v): numbers[id(v)] for v in shown}, shown)),
        "flagged": len(groups.get("flagged", ())),
    }


def _card(report: Report, v: Verdict, number: int | None, lang: str) -> dict[str, Any]:
    evidence = [
        {
            "statement": e.version.statement[lang],
            "relation": e.relation.value,
            "start": e.version.start,
            "end": e.version.end,
            "rule": e.rule.id,
            "citations": [(c, shown_quote(c)) for c in e.version.citations],
        }
        for e in v.evidence
    ]
    rule = v.evidence[0].rule if v.evidence else None
    return {
        "picture": comparison(v, lang),
        "timeline": timeline(rule, lang, report.as_of, report.today)
        if rule and v.flagged and len(rule.versions) > 1
        else "",
        "verdict": v,
        "number": number,
        "label": LABELS[v.label][lang],
        "stance": STANCES[v.claim.stance][lang],
        "reason": REASONS[v.reason][lang] if v.reason else None,
        "explanation": v.explanation[lang],
        "evidence": evidence,
    }


def _marked(report: Report, numbers: dict[int, int], shown: Sequence[Verdict]) -> Any:
    """The article block by block, each as pieces of plain text and marked findings."""
    article = report.article
    ordered = sorted(shown, key=lambda v: (v.claim.span.start, -v.claim.span.end))
    for block in article.blocks:
        pieces: list[dict[str, Any]] = []
        at = block.span.start
        for v in ordered:
            start, end = max(v.claim.span.start, at), min(v.claim.span.end, block.span.end)
            if start >= end or v.claim.span.start < block.span.start:
                continue
            if start > at:
                pieces.append({"text": article.text[at:start]})
            pieces.append(
                {
                    "text": article.text[start:end],
                    "number": numbers[id(v)],
                    "label": v.label.value,
                    "flagged": v.flagged,
                    "stance": v.claim.stance.value,
                }
            )
            at = end
        pieces.append({"text": article.text[at : block.span.end]})
        yield {"kind": block.kind, "pieces": pieces}


RENDERERS: dict[str, Renderer] = {
    "text": _text,
    "json": _json,
    "jsonl": _jsonl,
    "html": _html,
    "csv": _csv,
    "claimreview": _claimreview,
}
