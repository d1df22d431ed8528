"""Reports: the JSON contract, HTML that runs nothing, CSV that a spreadsheet does not run, ClaimReview."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from html.parser import HTMLParser

import pytest
from conftest import TODAY

from checker.ingest import article_from_text
from checker.report import render, report_json
from checker.report.data import shown_quote
from checker.types import (
    Citation,
    Claim,
    Evidence,
    Label,
    Reason,
    Relation,
    Report,
    Rule,
    Source,
    Span,
    Stance,
    Verdict,
    Version,
)

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)> =HYPERLINK("http://x")'
SOURCE = Source("decree", "示例条例", "示例机关", "示例令第1号", "2020-01-01", "https://example.org/1", "statute-text")


def a_version(**changes):
    fields = {
        "row": "ex", "start": date(2020, 1, 1), "end": None, "statement": {"zh": "补办费为10元。", "en": "A replacement costs 10 yuan."}, "citations": (Citation(SOURCE, "第二条", "补办费,十元"),),
        "verified": True, "confidence": "high", "population": frozenset({"all"}),
    }  # fmt: skip
    return Version(**(fields | changes))


def a_report(text="补办费为20元。\n补办不收费。", label=Label.CONTRADICTED, stance=Stance.ASSERTED):
    article = article_from_text(text, id="a", url="https://news.example/1", published=date(2024, 1, 31))
    claim = Claim(Span(0, text.index("\n") if "\n" in text else len(text)), text.split("\n")[0], "zh", stance)
    version = a_version()
    rule = Rule("ex-fee", "fees", "CN", (version,), TODAY)
    evidence = Evidence(rule, version, Relation.CONTRADICTS, 0.9)
    found = Verdict(
        claim, label, 0.9, Reason.QUANTITY, {"zh": "数字不符", "en": "another figure"}, ("20元", "10元"), (evidence,)
    )
    return Report(article, date(2024, 1, 31), TODAY, (found,), "sha256:0", 1)


def test_json_follows_the_contract():
    data = report_json(a_report())
    assert data["schema"] == "checker.report/1"
    assert list(data) == ["schema", "article", "rulebook", "findings", "summary"]
    assert {"id", "url", "title", "lang", "published", "retrieved", "as_of", "text"} <= set(data["article"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", data["article"]["retrieved"])
    (finding,) = data["findings"]
    assert {"claim", "label", "flagged", "confidence", "reason", "explanation", "compared", "evidence"} <= set(finding)
    assert {"start", "end", "quote", "stance", "speaker"} <= set(finding["claim"])
    assert data["article"]["text"][finding["claim"]["start"] : finding["claim"]["end"]] == finding["claim"]["quote"]
    (evidence,) = finding["evidence"]
    assert {"rule", "version", "relation", "statement", "citations"} <= set(evidence)
    assert evidence["version"] == "2020-01-01"
    assert set(evidence["citations"][0]) == {"title", "issuer", "number", "date", "locator", "quote", "url"}
    assert data["summary"]["flagged"] == 1
    assert data["summary"]["by_label"] == {"contradicted": 1}
    assert json.loads(render("json", [a_report()]))["findings"] == data["findings"]
    assert len(json.loads(render("json", [a_report(), a_report()]))) == 2
    assert [json.loads(line)["schema"] for line in render("jsonl", [a_report(), a_report()]).splitlines()] == [
        "checker.report/1"
    ] * 2


@pytest.mark.parametrize(
    ("label", "stance", "flagged"),
    [
        (Label.CONTRADICTED, Stance.ASSERTED, True),
        (Label.OUTDATED, Stance.ASSERTED, True),
        (Label.PREMATURE, Stance.ASSERTED, True),
        (Label.MISLEADING, Stance.ASSERTED, False),
        (Label.CONTRADICTED, Stance.REFUTED, False),
        (Label.CONTRADICTED, Stance.REPORTED, False),
        (Label.CONTRADICTED, Stance.ASKED, False),
    ],
)
def test_only_asserted_statements_are_flagged(label, stance, flagged):
    assert report_json(a_report(label=label, stance=stance))["findings"][0]["flagged"] is flagged


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_html_runs_nothing_and_loads_nothing():
    page = render("html", [a_report(EVIL + "\n" + EVIL)])
    parser = _Tags()
    parser.feed(page)
    assert not {"script", "img", "iframe", "link", "object"} & {t for t, _ in parser.tags}
    assert not [a for _, attrs in parser.tags for a in attrs if a.startswith("on")]
    assert not re.search(r"(?:src|href)=\"(?!https://example\.org/1|#)", page)
    assert "default-src 'none'" in page


def test_html_shows_the_claim_beside_the_clause():
    page = render("html", [a_report()])
    assert '<mark id="a1-m1-1" class="contradicted asserted flagged">补办费为20元。' in page
    assert "<q>补办费，十元</q>" in page
    assert 'href="https://example.org/1"' in page
    targets = re.findall(r'href="#([^"]+)"', page)
    assert targets
    assert all(f'id="{t}"' in page for t in targets)


def test_html_of_several_articles_has_no_double_ids():
    page = render("html", [a_report(), a_report()])
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_csv_is_read_back_and_runs_no_formula():
    rows = list(csv.DictReader(io.StringIO(render("csv", [a_report("=1+1 补办费为20元。\n补办")]))))
    assert rows[0]["claim"].startswith("'=")
    assert (rows[0]["label"], rows[0]["flagged"], rows[0]["rule"], rows[0]["claimed"], rows[0]["ruled"]) == (
        "contradicted",
        "yes",
        "ex-fee",
        "20元",
        "10元",
    )


def test_claimreview():
    data = json.loads(
        render("claimreview", [a_report(), a_report(stance=Stance.REFUTED), a_report(label=Label.SUPPORTED)])
    )
    assert data["@context"] == "https://schema.org"
    reviews = data["@graph"]
    assert [r["@type"] for r in reviews] == ["ClaimReview"] * 2
    assert reviews[0]["reviewRating"]["ratingValue"] == 1
    assert reviews[0]["itemReviewed"]["appearance"]["url"] == "https://news.example/1"
    assert "appearance" not in reviews[1]["itemReviewed"], "an article that refutes a rumour did not make it"
    assert reviews[0]["isBasedOn"]["url"] == "https://example.org/1"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_text_says_what_is_wrong_and_where_it_says_so(lang):
    text = render("text", [a_report()], lang=lang)
    for piece in (
        "补办费为20元",
        "20元  ≠  10元",
        "示例令第1号",
        "第二条",
        "补办费，十元",
        "https://example.org/1",
        {"zh": "补办费为10元。", "en": "A replacement costs 10 yuan."}[lang],
    ):
        assert piece in text
    assert "\x1b[" not in text
    assert "\x1b[" in render("text", [a_report()], color=True)


def test_quotes_seen_only_in_a_converted_mirror_are_not_shown():
    assert shown_quote(Citation(SOURCE, None, "單位繳納", "zh-Hant")) is None
    assert shown_quote(Citation(SOURCE, None, "收入1,000元,支出", None)) == "收入1,000元，支出"
