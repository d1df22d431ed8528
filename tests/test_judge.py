"""Comparing and judging: what the comparators find, and what is said of evidence that is given. No model takes part."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from checker.judge.assess import Assessment
from checker.judge.compare import Finding, comparable, equal, modality, period, polarity, quantity, scope
from checker.judge.documents import claimed_documents, commencement
from checker.judge.side import make_side
from checker.judge.verdict import Thresholds, judge
from checker.text.analysis import analyse
from checker.text.quantity import parse_declared
from checker.types import Citation, Claim, Label, Reason, Rule, Source, Span, Stance, Version

TODAY = date(2026, 11, 21)
LIMITS = Thresholds(contradicts=0.6, unnamed=0.6, supports=0.4, related=0.5, lead=0.1)


@pytest.fixture(scope="module")
def side(book):
    return lambda text, day=TODAY: make_side(analyse(text, day, book), book, None)


def one(_: str) -> float:
    return 1.0


# ------------------------------------------------------------------ comparators


@pytest.mark.parametrize(
    ("claim", "rule"),
    [
        ("职工医保个人账户将被取消。", "职工医保个人账户继续保留。"),
        ("Personal accounts will be abolished.", "Personal accounts are retained."),
        ("個人帳戶餘額年底清零。", "个人账户余额不会清零。"),
    ],
)
def test_opposite_predicates_conflict(side, claim, rule):
    found = polarity(side(claim), side(rule), one)
    assert found.conflict > 0.5
    assert found.conflict > found.agree
    assert found.claimed


def test_the_same_negation_agrees(side):
    found = polarity(side("个人账户不会被取消。"), side("个人账户没有取消。"), one)
    assert found.agree > 0.5
    assert found.conflict == 0


@pytest.mark.parametrize(
    ("claim", "rule", "conflicts"),
    [
        ("个人缴费每人每年400元。", "居民医保个人缴费每人每年不低于400元。", False),
        ("个人缴费每人每年380元。", "居民医保个人缴费每人每年400元。", True),
        ("产假为128天。", "女职工生育享受98天产假。", True),
        ("产假是九十八天。", "女职工生育享受98天产假。", False),
        ("公积金缴存比例最高为5%。", "公积金缴存比例不得低于5%。", True),
        ("Maternity leave is 98 days.", "Women have 98 days of maternity leave.", False),
        ("每次报销6.5万元。", "每次报销65000元。", False),
    ],
)
def test_figures(side, claim, rule, conflicts):
    found = quantity(side(claim), side(rule), one)
    assert (found.conflict > found.agree) is conflicts, found


def test_a_figure_names_both_values(side):
    found = quantity(side("婴幼儿照护扣除为每月3000元。"), side("婴幼儿照护扣除为每月2000元。"), one)
    assert "3000" in found.claimed
    assert "2000" in found.ruled


def test_modalities(side):
    assert modality(side("灵活就业人员必须参加职工医保。"), side("灵活就业人员可以参加职工医保。"), one).conflict == 1
    assert modality(side("灵活就业人员可以参加。"), side("灵活就业人员可以参加职工医保。"), one).agree == 1


def test_groups(side):
    assert scope(side("退休人员不缴费。"), side("在职职工按月缴费。"), one).conflict == 1
    assert scope(side("退休人员不缴费。"), side("退休人员不再缴费。"), one).agree == 1


def test_days(side):
    claim = side("新规定自2027年1月1日起施行。")
    assert period(claim, side("本条例自2025年1月1日起施行。"), one).conflict == 1
    assert period(claim, side("本条例自2027年1月1日起施行。"), one).agree == 1


@pytest.mark.parametrize(("a", "b", "same"), [("400", "400", True), ("380", "400", False), ("65000", "6.5万", True)])
def test_equal_quantities(a, b, same):
    x, y = parse_declared(a, "CNY"), parse_declared(b.replace("6.5万", "65000"), "CNY")
    assert comparable(x, y)
    assert equal(x, y) is same


# ------------------------------------------------------------------ verdicts

SOURCE = Source(
    "s", "关于示例的办法", "示例部门", "示例〔2020〕1号", "2020-01-01", "https://example.org/1", "official-page"
)


def version(row, start, end=None, **changes):
    return replace(
        Version(
            row=row,
            start=start,
            end=end,
            statement={"zh": f"规定{row}", "en": f"rule {row}"},
            citations=(Citation(SOURCE, "第一条", "原文一句"),),
            verified=True,
            confidence="high",
            population=frozenset({"all"}),
        ),
        **changes,
    )


def rule(*versions, id="r", jurisdiction="CN", **changes):
    return Rule(id, "topic", jurisdiction, tuple(versions), TODAY, **changes)


def weighed(of, number=0, supports=0.0, contradicts=0.0, findings=()):
    return Assessment(of, of.versions[number], supports, contradicts, tuple(findings))


def decide(book, assessments, day=TODAY, text="某项待遇已经取消。", today=TODAY, **claim):
    made = Claim(Span(0, len(text)), text, "zh", Stance.ASSERTED, **claim)
    return judge(made, analyse(text, day, book), assessments, day, today, LIMITS)


NOW = rule(version("now", date(2020, 1, 1)))
TIMELINE = rule(version("old", date(2010, 1, 1), date(2021, 1, 1)), version("new", date(2021, 1, 1)))


def test_a_contradiction_is_flagged_with_its_citation(book):
    finding = Finding(Reason.QUANTITY, 0.0, 0.9, "三千元", "二千元")
    verdict = decide(book, [weighed(NOW, contradicts=0.9, findings=[finding])])
    assert (verdict.label, verdict.flagged, verdict.reason) == (Label.CONTRADICTED, True, Reason.QUANTITY)
    assert verdict.compared == ("三千元", "二千元")
    assert verdict.evidence[0].version.citations[0].quote == "原文一句"


def test_nothing_is_said_below_the_threshold(book):
    verdict = decide(book, [weighed(NOW, supports=0.2, contradicts=0.5)])
    assert verdict.label is Label.NOT_COVERED
    assert verdict.evidence == ()
    assert verdict.nearest is not None


@pytest.mark.parametrize("changes", [{"verified": False}, {"confidence": "low"}, {"confidence": "none"}])
def test_an_unverified_rule_never_contradicts(book, changes):
    weak = rule(version("weak", date(2020, 1, 1), **changes))
    assert decide(book, [weighed(weak, contradicts=0.99)]).label is not Label.CONTRADICTED


def test_a_disputed_claim_is_misleading_and_cites_both_sides(book):
    other = rule(version("other", date(2020, 1, 1)), id="other")
    verdict = decide(book, [weighed(NOW, contradicts=0.7), weighed(other, supports=0.75)])
    assert verdict.label is Label.MISLEADING
    assert not verdict.flagged
    assert {e.rule.id for e in verdict.evidence} == {"r", "other"}


def test_what_was_true_on_its_day_and_is_no_more_is_outdated(book):
    weighed_ = [weighed(TIMELINE, 0, supports=0.9), weighed(TIMELINE, 1, contradicts=0.9)]
    verdict = decide(book, weighed_, day=date(2019, 6, 1))
    assert (verdict.label, verdict.reason) == (Label.OUTDATED, Reason.PERIOD)
    assert "2021-01-01" in verdict.explanation["zh"] + verdict.explanation["en"]


def test_last_years_truth_told_today_is_contradicted_and_the_old_version_named(book):
    verdict = decide(book, [weighed(TIMELINE, 0, supports=0.9), weighed(TIMELINE, 1, contradicts=0.9)])
    assert (verdict.label, verdict.reason) == (Label.CONTRADICTED, Reason.PERIOD)
    assert [e.version.row for e in verdict.evidence] == ["new", "old"]


def test_a_rule_not_yet_in_force(book):
    coming = rule(version("coming", date(2027, 1, 1)))
    told = decide(book, [weighed(coming, supports=0.9)], text="新规定已经施行。")
    assert told.label is Label.PREMATURE
    foretold = decide(book, [weighed(coming, supports=0.9)], text="新规定自2027年1月1日起施行。")
    assert foretold.label is Label.SUPPORTED


def test_a_local_rule_says_nothing_of_the_country_and_the_country_nothing_of_a_place(book):
    local = rule(version("local", date(2020, 1, 1)), jurisdiction="CN-44", place="广东")
    assert decide(book, [weighed(local, contradicts=0.95)]).label is Label.OUT_OF_SCOPE
    assert decide(book, [weighed(NOW, contradicts=0.95)], place="CN-44").label is Label.OUT_OF_SCOPE
    assert decide(book, [weighed(local, contradicts=0.95)], place="CN-44").label is Label.CONTRADICTED
    assert decide(book, [weighed(NOW, supports=0.95)], place="CN-44").label is Label.SUPPORTED


def test_a_difference_without_a_name_needs_more(book):
    strict = replace(LIMITS, unnamed=0.8)
    text = "某项待遇已经取消。"
    made = Claim(Span(0, len(text)), text, "zh", Stance.ASSERTED)
    named = Finding(Reason.POLARITY, 0.0, 0.9, "取消", "保留")

    def label(contradicts, *findings):
        given = [weighed(NOW, contradicts=contradicts, findings=findings)]
        return judge(made, analyse(text, TODAY, book), given, TODAY, TODAY, strict).label

    assert label(0.7) is Label.NOT_COVERED
    assert label(0.7, named) is Label.CONTRADICTED
    assert label(0.85) is Label.CONTRADICTED


def test_how_things_were_is_held_against_the_rules_of_then(book):
    both = [weighed(TIMELINE, 0, supports=0.9), weighed(TIMELINE, 1, contradicts=0.9)]
    assert decide(book, both, past=True).label is Label.SUPPORTED
    wrong = [weighed(TIMELINE, 0, contradicts=0.9), weighed(TIMELINE, 1, contradicts=0.9)]
    assert decide(book, wrong, past=True).label is Label.CONTRADICTED
    assert decide(book, [weighed(NOW, contradicts=0.9)], past=True).label is Label.NOT_COVERED


def test_other_countries_are_out_of_scope(book):
    verdict = decide(book, [weighed(NOW, contradicts=0.95)], foreign=True, place="US")
    assert verdict.label is Label.OUT_OF_SCOPE


# ------------------------------------------------------------------ documents


def known(start):
    return [(rule(version("v", start)), version("v", start))]


def test_a_document_takes_effect_on_its_day(book):
    start = date(2025, 7, 1)
    right = commencement(analyse("《示例条例》自2025年7月1日起施行。", TODAY, book), known(start), TODAY)
    wrong = commencement(analyse("《示例条例》自2026年1月1日起施行。", TODAY, book), known(start), TODAY)
    assert right is not None
    assert right.agrees
    assert wrong is not None
    assert not wrong.agrees


def test_amendments_and_silence_decide_nothing(book):
    assert commencement(analyse("新修订的《示例条例》自2026年1月1日起施行。", TODAY, book), known(TODAY), TODAY) is None
    assert commencement(analyse("《示例条例》规定了报销比例。", TODAY, book), known(TODAY), TODAY) is None


def test_documents_are_known_by_their_title(book):
    assert "title:示例条例" in claimed_documents(analyse("《中华人民共和国示例条例》自2026年起施行。", TODAY, book))


# ------------------------------------------------------------------ whole articles


def test_a_rumour_told_twice_and_denied_once_is_not_flagged(checker):
    from checker.ingest import article_from_text

    text = (
        "近日，有网帖称职工医保个人账户将被全部取消。\n\n记者向医保部门求证，对方表示该说法纯属谣言。\n\n"
        "职工医保个人账户将被全部取消，这样的帖子在朋友圈里转了上百次，不少老人赶到药店抢购药品。"
    )
    report = checker.check(article_from_text(text))
    assert not [v.claim.text for v in report.verdicts if v.flagged]


# ------------------------------------------------------------------ weigher


def test_the_exported_trees_say_what_scikit_learn_says():
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    from checker.judge.weigh import Weigher, export

    dice = np.random.default_rng(0)
    x = dice.normal(size=(400, 5))
    x[dice.random(x.shape) < 0.2] = np.nan
    y = (np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 1] * x[:, 2]) > 0).astype(int) + (np.isnan(x[:, 3])).astype(int)
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(x, y)
    plain = export(model, [f"f{i}" for i in range(5)]) | {
        "thresholds": {},
        "calibration": [np.eye(3).tolist(), [0.0, 0.0, 0.0]],
    }
    assert np.allclose(Weigher(plain).probabilities(x), model.predict_proba(x), atol=1e-4)
