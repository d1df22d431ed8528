"""The rule base: every example sentence through the real pipeline, withheld from its own comparison."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from conftest import TODAY

from checker.evaluate.lint import lint, own_words, run_example, try_example
from checker.pipeline import make_checker
from checker.types import Label, Relation

PACK = Path(__file__).with_name("packs") / "other-areas"
#: Shares of examples that come out right, a little under what a sample of 1,600 reached on 2026-11-22. The thresholds are set for
#: flags that are right, so many refuted examples are left undecided.
FLOORS = {
    ("zh", "supports"): 0.70,
    ("zh", "contradicts"): 0.53,
    ("en", "supports"): 0.70,
    ("en", "contradicts"): 0.37,
}


@pytest.fixture(scope="module")
def outcomes(checker):
    """(rule, example, problem or None) for every example of the built-in rules."""
    return [(r, e, try_example(checker, r, e)) for r in checker.book.rules for e in r.examples]


def test_every_rule_has_examples_of_both_kinds_in_both_languages(checker):
    lacking = [
        (rule.id, relation.value, lang)
        for rule in checker.book.rules
        for relation in (Relation.SUPPORTS, Relation.CONTRADICTS)
        for lang in ("zh", "en")
        if not any(e.relation is relation and e.lang == lang for e in rule.examples)
    ]
    assert not lacking


def test_examples_come_out_right(outcomes):
    right, count = Counter(), Counter()
    for _, example, problem in outcomes:
        key = (example.lang, example.relation.value)
        count[key] += 1
        right[key] += problem is None
    shares = {key: right[key] / count[key] for key in count}
    assert all(shares[key] >= floor for key, floor in FLOORS.items()), shares


def test_true_sentences_are_hardly_ever_flagged(outcomes):
    supported = [(r, e, p) for r, e, p in outcomes if e.relation is Relation.SUPPORTS]
    flagged = [e.text for _, e, p in supported if p == "supported, but flagged"]
    # 45 of 439 on 2026-11-22. It was 41 of 997 with a cross-encoder trained on sentences of this very style, which
    # contradicted the rules' own words instead (corpora/ERRORS.md). To be brought down again.
    assert len(flagged) <= 0.125 * len(supported), (len(flagged), len(supported))


def test_a_rule_is_never_flagged_for_saying_what_it_says(checker):
    """A checker that takes closeness for contradiction flags the official text itself (corpora/ERRORS.md)."""
    told = [(r, e) for r in checker.book.rules for e in own_words(r, checker.today)]
    flagged = [(r.id, e.text) for r, e in told if any(v.flagged for v in run_example(checker, r, e))]
    assert len(told) > 400
    assert len(flagged) <= 0.01 * len(told), flagged


def test_a_rule_that_may_not_contradict_does_not(checker):
    weak = [r for r in checker.book.rules if not any(v.decisive for v in r.versions)]
    assert weak
    for rule in weak:
        for example in rule.examples:
            for verdict in run_example(checker, rule, example):
                against = verdict.label in (Label.CONTRADICTED, Label.OUTDATED)
                assert not (against and verdict.evidence[0].rule.id == rule.id), (rule.id, example.text)


def test_rules_of_areas_nobody_prepared_for_work_at_once():
    """A pack of twenty rules added as YAML alone; no word of them is in the lexicon for their sake."""
    checker = make_checker([PACK], TODAY)
    passed = defaultdict(list)
    for rule in checker.book.rules:
        if rule.id in {p.stem for p in (PACK / "rules").rglob("*.yaml")}:
            for example in rule.examples:
                passed[example.relation].append(try_example(checker, rule, example) is None)
    shares = {relation.value: sum(ok) / len(ok) for relation, ok in passed.items()}
    assert sum(map(len, passed.values())) >= 160
    assert shares["supports"] >= 0.55, shares
    assert shares["contradicts"] >= 0.55, shares


def test_the_pack_is_clean():
    assert [m for level, m in lint([PACK], examples=False, say=lambda _: None) if level == "error"] == []
