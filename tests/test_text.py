"""Folding, numerals, quantities, dates, sentences: tables in cases/."""

from __future__ import annotations

import doctest
import itertools
from datetime import date

import pytest
from conftest import CASES

from checker.data import read_yaml
from checker.text import lexicon, numerals, script
from checker.text.analysis import analyse
from checker.text.dates import find_dates
from checker.text.quantity import find_quantities
from checker.text.script import fold, is_chinese, language
from checker.text.segment import clauses, sentences
from checker.types import Span


@pytest.mark.parametrize("module", [numerals, script, lexicon])
def test_docstring_examples_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("case", read_yaml(CASES / "quantities.yaml"), ids=lambda c: c["text"])
def test_quantities(case):
    folded = fold(case["text"])
    taken = [Span(d.span.start, d.span.end) for d in find_dates(folded, is_chinese(folded), None)]
    analysis = analyse(case["text"])
    found = []
    for mention in analysis.quantities:
        q = mention.quantity
        value = f"{q.value.normalize():f}" + (f"..{q.upper.normalize():f}" if q.upper is not None else "")
        found.append(" ".join(p for p in (value, q.unit, q.bound.value, *sorted(q.per)) if p))
    assert found == case["is"]
    assert len(find_quantities(folded, is_chinese(folded), taken)) >= len(found)


@pytest.mark.parametrize("case", read_yaml(CASES / "dates.yaml"), ids=lambda c: c["text"])
def test_dates(case):
    folded = fold(case["text"])
    assert [
        f"{d.first}..{d.last} {d.role.value}" for d in find_dates(folded, is_chinese(folded), date(2023, 8, 2))
    ] == case["is"]


def test_folding_keeps_every_offset():
    text = "職工醫保個人賬戶６.５％，「保留」⾃動"
    assert len(fold(text)) == len(text)
    assert fold(text) == "职工医保个人账户6.5%，「保留」自动"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("职工医保个人账户", "zh-Hans"),
        ("職工醫保個人賬戶繼續保留", "zh-Hant"),
        ("Personal accounts are kept.", "en"),
        ("医保 medical insurance 个人账户 personal account of employees", "mixed"),
    ],
)
def test_language(text, lang):
    assert language(text) == lang


def pieces(text):
    return [text[s.start : s.end] for s in sentences(text)]


def test_sentences_keep_quotations_and_abbreviations_whole():
    assert pieces("“个人账户将取消。”他说，这是真的。下一句！") == ["“个人账户将取消。”他说，这是真的。", "下一句！"]
    assert pieces("Dr. Wang paid 3.5 yuan. No. 14 says so; others don't.") == [
        "Dr. Wang paid 3.5 yuan.",
        "No. 14 says so;",
        "others don't.",
    ]


def test_sentences_tile_the_words_in_order():
    text = "第一句。第二句；第三句\n第四句？A fifth one."
    spans = list(sentences(text))
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert "".join("".join(text[s.start : s.end].split()) for s in spans) == "".join(text.split())


def test_clauses_leave_numbers_and_brackets_alone():
    text = "收入34,913.37亿元，支出（含生育，不含其他）2万亿元"
    assert [text[s.start : s.end] for s in clauses(text, Span(0, len(text)))] == [
        "收入34,913.37亿元，",
        "支出（含生育，不含其他）2万亿元",
    ]


def signs(text):
    return {(t.key, t.sign) for t in analyse(text).terms if t.kind == "predicate"}


@pytest.mark.parametrize(
    ("text", "axis", "sign"),
    [
        ("个人账户被取消", "existence", -1),
        ("个人账户不会被取消", "existence", 1),
        ("个人账户仍然保留", "existence", 1),
        ("The account will not be abolished", "existence", 1),
        ("balances never expire", "carry-over", 1),
        ("余额年底清零", "carry-over", -1),
        ("退休人员门诊报销被取消", "reimburse", -1),
        ("取消户籍限制", "open", 1),
        ("费用不再划入个人账户", "credit", -1),
    ],
)
def test_negation_turns_the_right_predicate(text, axis, sign):
    assert (axis, sign) in signs(text)


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("职工应当参加", "must"),
        ("并非必须参加", "need-not"),
        ("可以自愿参加", "may"),
        ("用人单位不得扣押证件", "must-not"),
        ("Employers may not withhold cards", "must-not"),
        ("Nobody is required to", "must"),
    ],
)
def test_modality(text, modality):
    assert modality in analyse(text).modality


def test_a_large_bare_number_takes_the_unit_before_it(book):
    found = analyse("The fund took in 3,491.337 billion yuan and spent 2,976.403 billion.", book=book).quantities
    assert [q.quantity.unit for q in found] == ["CNY", "CNY"]
