"""The JSON report (schema checker.report/1, design.md section 3): the contract that scripts and the measurement rely on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from checker.types import Citation, Evidence, Report, Verdict

SCHEMA = "checker.report/1"


def report_json(report: Report) -> dict[str, Any]:
    """The report as plain data, keys in the order of the contract."""
    article = report.article
    retrieved = article.retrieved or datetime.now(UTC)
    flagged = [v for v in report.verdicts if v.flagged]
    return {
        "schema": SCHEMA,
        "article": {
            "id": article.id,
            "url": article.url,
            "title": article.title,
            "lang": article.lang,
            "published": article.published.isoformat() if article.published else None,
            "retrieved": retrieved.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "as_of": report.as_of.isoformat(),
            "publisher": article.publisher,
            "snapshot": article.snapshot,
            "text": article.text,
        },
        "rulebook": {"digest": report.rulebook_digest, "rules": report.rule_count, "today": report.today.isoformat()},
        "findings": [finding_json(v) for v in report.verdicts],
        "summary": {
            "claims": len(report.verdicts),
            "flagged": len(flagged),
            "by_label": dict(sorted(Counter(v.label.value for v in report.verdicts).items())),
            "by_stance": dict(sorted(Counter(v.claim.stance.value for v in report.verdicts).items())),
        },
    }


def finding_json(verdict: Verdict) -> dict[str, Any]:
    """One finding of the report."""
    claim = verdict.claim
    return {
        "claim": {
            "start": claim.span.start,
            "end": claim.span.end,
            "quote": claim.text,
            "stance": claim.stance.value,
            "speaker": claim.speaker,
            "cue": claim.cue,
            "as_of": claim.published.isoformat() if claim.published else None,
        },
        "label": verdict.label.value,
        "flagged": verdict.flagged,
        "confidence": round(verdict.confidence, 3),
        "reason": verdict.reason.value if verdict.reason else None,
        "explanation": dict(verdict.explanation),
        "compared": {"claim": verdict.compared[0], "rule": verdict.compared[1]} if verdict.compared else None,
        "evidence": [_evidence(e) for e in verdict.evidence],
        "nearest": verdict.nearest.rule.id if verdict.nearest else None,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    version = evidence.version
    return {
        "rule": evidence.rule.id,
        "version": version.start.isoformat() if version.start else None,
        "until": version.end.isoformat() if version.end else None,
        "relation": evidence.relation.value,
        "statement": dict(version.statement),
        "citations": [citation_json(c) for c in version.citations],
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation. A quote seen only in a converted mirror is not shown as the official wording (rules/README.md)."""
    source = citation.source
    return {
        "title": source.title,
        "issuer": source.issuer,
        "number": source.number,
        "date": source.date,
        "locator": citation.locator,
        "quote": shown_quote(citation),
        "url": source.url,
    }


def shown_quote(citation: Citation) -> str | None:
    """The quote as it may be printed, Chinese commas restored, or None where it was only seen in another script."""
    if citation.quote is None or citation.script:
        return None
    text = citation.quote
    han = [i for i, c in enumerate(text) if "\u3400" <= c <= "\u9fff"]
    if not han:
        return text
    return "".join(
        "，" if c == "," and not (text[i - 1 : i].isdigit() and text[i + 1 : i + 2].isdigit()) else c
        for i, c in enumerate(text)
    )
