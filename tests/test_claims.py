"""Claims: stance, propositions and their context, place. Cases are our own sentences."""

from __future__ import annotations

from datetime import date

import pytest
from conftest import CASES, TODAY

from checker.claims.find import find_claims
from checker.claims.scope import article_scope, holds_in
from checker.claims.stance import StanceReader
from checker.claims.units import find_units
from checker.data import read_yaml
from checker.ingest import article_from_text


def unit_at(article, piece, book):
    at = article.text.index(piece)
    return max(find_units(article, book), key=lambda u: min(u.span.end, at + len(piece)) - max(u.span.start, at))


@pytest.mark.parametrize("case", read_yaml(CASES / "stances.yaml"), ids=lambda c: f"{c['name']}: {c['piece']}")
def test_stance(case, book):
    article = article_from_text(case["text"])
    judged = StanceReader(article, book).stance(unit_at(article, case["piece"], book))
    assert judged.stance.value == case["stance"], judged


def claims(text, book, day=TODAY, **kwargs):
    return [claim for claim, _ in find_claims(article_from_text(text, **kwargs), book, day)]


def test_claims_point_at_the_words_as_printed(book):
    text = "個人賬戶　６.５萬元將被取消。Balances never expire."
    for claim in claims(text, book):
        assert text[claim.span.start : claim.span.end] == claim.text


def test_a_long_sentence_becomes_several_claims(book):
    text = "职工个人缴纳的医疗保险费全部计入个人账户，用人单位缴纳的医疗保险费全部计入统筹基金，退休人员的个人账户由统筹基金按定额划入。"
    assert len(claims(text, book)) == 3


def test_a_condition_stays_with_what_depends_on_it(book):
    text = "如果参保人连续二十四个月没有缴纳职工基本医疗保险费，则其个人账户里的余额将被转入统筹基金。"
    assert [c.text for c in claims(text, book)] == [text]


def test_context_is_the_heading_and_what_came_before(book):
    text = "2026年居民医保\n\n一、个人缴费标准\n\n每人每年不低于400元，按年缴纳，由税务部门统一征收，不得拖欠。"
    found = claims(text, book)[-1]
    assert any("个人缴费标准" in c for c in found.context)


def test_table_rows_carry_their_header(book):
    found = [c for c in claims("| 项目 | 标准 |\n|---|---|\n| 婴幼儿照护 | 每月2000元 |", book) if "2000" in c.text]
    assert found
    assert "标准" in found[0].context[0]


def test_relative_dates_are_read_from_the_articles_day(book):
    (claim,) = claims("明年1月起取消职工医保个人账户。", book, day=date(2023, 8, 2))
    assert claim.dates[0].first == date(2024, 1, 1)


def test_items_of_a_page_have_their_own_day(book):
    filler = "国家有关部门介绍了近期的工作安排，并就群众关心的问题作了说明，各地正在抓紧落实有关措施，后续还将发布细则，请以正式文件为准，如有疑问可以拨打服务热线咨询，也可以到就近的经办窗口了解办理流程和需要准备的材料。"
    text = f"汇总\n第一条\n某报· 2024-01-09 19:44\n今年起个人账户可以共济。{filler}\n第二条\n某报· 2025-10-23 08:37\n今年起职工可以在线办理登记。{filler}"
    days = {c.text[:2] + str(c.published): c.dates[0].first.year for c in claims(text, book) if c.dates}
    assert set(days.values()) == {2024, 2025}


@pytest.mark.parametrize(
    ("title", "text", "place", "foreign"),
    [
        (None, "国家规定职工医保个人账户仍然保留。", None, False),
        ("深圳医保新规", "参保人可以选择一档或二档。", "CN-44-SZ", False),
        (
            None,
            "Singapore's CPF requires workers to set money aside. Singaporeans can use Medisave for hospital bills.",
            "SG",
            True,
        ),
        ("2026 勞保勞退新制攻略", "2026 年勞保重大變革！法定退休年齡延至 65 歲。", "TW", True),
        (None, "中国与新加坡的制度不同，我国职工医保设有个人账户，国家医保局多次说明。", None, False),
    ],
)
def test_scope_of_an_article(title, text, place, foreign, book):
    scope = article_scope(article_from_text(text, title=title), book)
    assert (scope.place, scope.foreign) == (place, foreign)


@pytest.mark.parametrize(
    ("rule", "claim", "holds"),
    [
        ("CN", None, True),
        ("CN", "CN-44", False),
        ("CN-44", "CN-44-SZ", True),
        ("CN-44", None, False),
        ("CN-44", "CN-31", False),
        ("CN-4", "CN-44", False),
    ],
)
def test_a_rule_holds_in_its_place_only(rule, claim, holds):
    assert holds_in(rule, claim) is holds


@pytest.mark.parametrize(
    ("text", "past"),
    [
        ("改革前，单位缴费的三成划入个人账户。", True),
        ("以前单位缴费也划入个人账户。", True),
        ("改革前的历史结余仍然归个人所有。", False),
        ("单位缴费全部计入统筹基金。", False),
        ("In the past 30% of the employer's premium went to the personal account.", True),
        ("Employers used to pay part of it into the personal account.", True),
        ("The personal account is retained.", False),
    ],
)
def test_what_is_told_of_the_past(text, past, book):
    assert [c.past for c in claims(text, book)] == [past]
