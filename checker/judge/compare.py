"""The comparators: what a claim and a text of the rule say differently, slot by slot.

Each takes two sides and says how strongly they agree and how strongly they conflict (0..1), and which two values it
compared. They know nothing of labels: a conflict with a known misstatement is support for the rule. Strength grows with
how much the two clauses are about the same thing, because 取消 is only the opposite of 保留 when the same account is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from checker.judge.side import Idf, Side, key_of
from checker.text.analysis import Term
from checker.types import Bound, DateRole, Quantity, QuantityMention, Reason, Span

_UP, _DOWN = frozenset({Bound.MIN, Bound.OVER}), frozenset({Bound.MAX, Bound.UNDER})
#: Modalities that exclude each other, claim first.
_OPPOSED = frozenset(
    {
        ("must", "may"),
        ("must", "need-not"),
        ("must-not", "may"),
        ("must-not", "must"),
        ("may", "must"),
        ("need-not", "must"),
        ("may", "must-not"),
        ("must", "must-not"),
    }
)
#: Figures within this share of each other are the same when one of them is approximate.
_ABOUT = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """What a comparator found between two texts."""

    reason: Reason
    agree: float = 0.0
    conflict: float = 0.0
    claimed: str = ""
    ruled: str = ""


Comparator = Callable[[Side, Side, Idf], Finding]
COMPARATORS: dict[Reason, Comparator] = {}


def comparator(reason: Reason) -> Callable[[Comparator], Comparator]:
    """Register a comparator under its reason; a second one for the same reason is a bug."""

    def register(function: Comparator) -> Comparator:
        assert reason not in COMPARATORS, reason
        COMPARATORS[reason] = function
        return function

    return register


@comparator(Reason.POLARITY)
def polarity(claim: Side, rule: Side, idf: Idf) -> Finding:
    """The same predicate with the same or the opposite sign, about the same things.

    Predicates are axes of the lexicon; any other word counts when one side negates it and the other does not.
    """
    agree = conflict = 0.0
    shown = ("", "")
    for theirs in claim.clauses:
        about = [k for k in theirs if not k.startswith("axis:")] or list(claim.inherited)
        weight = sum(idf(k) for k in about) or 1.0
        for key, terms in theirs.items():
            for ours in rule.clauses:
                for ruled in ours.get(key, ()):
                    shared = sum(idf(k) for k in about if k in ours and k != key)
                    anywhere = sum(idf(k) for k in about if k in rule.bag and k != key)
                    strength = 0.3 + 0.7 * (0.6 * shared + 0.4 * anywhere) / weight
                    for claimed in terms:
                        if claimed.kind != "predicate":
                            if claimed.sign == ruled.sign == 1:
                                continue
                            strength *= 0.8
                        if claimed.sign == ruled.sign:
                            agree = max(agree, strength)
                        elif strength > conflict:
                            conflict, shown = strength, (_words(claim, claimed), _words(rule, ruled))
    return Finding(Reason.POLARITY, agree, conflict, *shown)


@comparator(Reason.QUANTITY)
def quantity(claim: Side, rule: Side, idf: Idf) -> Finding:
    """Each figure of the claim against the best-placed figure of the rule with a comparable unit.

    A figure the rule has anywhere agrees. One it has not conflicts as strongly as its clause is about the same thing;
    weakly where the rule only sets a limit that the figure keeps. A floor told as a ceiling is a conflict of its own.
    """
    agree = conflict = 0.0
    shown = ("", "")
    for mention in claim.analysis.quantities:
        theirs = _clause_keys(claim, mention.span)
        best: tuple[bool, float, QuantityMention] | None = None
        for other in rule.analysis.quantities:
            if not comparable(mention.quantity, other.quantity):
                continue
            placed = _placed(theirs, _clause_keys(rule, other.span), rule, idf)
            same = equal(mention.quantity, other.quantity)
            if best is None or (same, placed) > best[:2]:
                best = (same, placed, other)
        if best is None:
            continue
        same, placed, other = best
        if same and not _turned(mention.quantity.bound, other.quantity.bound):
            agree = max(agree, placed)
            continue
        strength = placed * (0.8 if same else 0.3 if _within(mention.quantity, other.quantity) else 1.0)
        if strength > conflict:
            conflict, shown = strength, (_around(claim, mention.span), _around(rule, other.span))
    return Finding(Reason.QUANTITY, agree, conflict, *shown)


@comparator(Reason.MODALITY)
def modality(claim: Side, rule: Side, idf: Idf) -> Finding:
    """Must, may, must not, need not."""
    theirs = {k: span for k, span in claim.analysis.modality.items() if k != "planned"}
    ours = {k: span for k, span in rule.analysis.modality.items() if k != "planned"}
    if theirs.keys() & ours.keys():
        return Finding(Reason.MODALITY, agree=1.0)
    opposed = sorted((a, b) for a in theirs for b in ours if (a, b) in _OPPOSED)
    if not opposed:
        return Finding(Reason.MODALITY)
    a, b = theirs[opposed[0][0]], ours[opposed[0][1]]
    return Finding(Reason.MODALITY, 0.0, 1.0, claim.analysis.text[a.start : a.end], rule.analysis.text[b.start : b.end])


@comparator(Reason.SCOPE)
def scope(claim: Side, rule: Side, idf: Idf) -> Finding:
    """Which groups of people: shared ones agree; a claim about others only conflicts."""
    theirs, ours = claim.analysis.populations, rule.analysis.populations
    if not theirs or not ours:
        return Finding(Reason.SCOPE)
    shared = theirs & ours
    if shared:
        return Finding(Reason.SCOPE, agree=len(shared) / len(theirs))
    return Finding(Reason.SCOPE, 0.0, 1.0, _population_words(claim), _population_words(rule))


@comparator(Reason.PERIOD)
def period(claim: Side, rule: Side, idf: Idf) -> Finding:
    """Dates by which something begins or ends: the same days agree, other days of the same role conflict."""
    agree = conflict = 0.0
    shown = ("", "")
    for mine in claim.analysis.dates:
        rivals = [d for d in rule.analysis.dates if d.role is mine.role or DateRole.AT in (d.role, mine.role)]
        if any(d.first <= mine.last and mine.first <= d.last for d in rivals):
            agree = 1.0
        elif rivals and mine.role is not DateRole.AT:
            conflict = 1.0
            shown = (
                claim.analysis.text[mine.span.start : mine.span.end],
                rule.analysis.text[rivals[0].span.start : rivals[0].span.end],
            )
    return Finding(Reason.PERIOD, agree, conflict if not agree else 0.0, *shown)


def starts(claim: Side, start: date | None) -> tuple[bool, bool]:
    """Whether a claim that says when something takes effect names the day a version started: (agrees, conflicts)."""
    if start is None or not any(
        t.kind == "predicate" and t.key in ("in-force", "timing") for t in claim.analysis.terms
    ):
        return False, False
    dates = [d for d in claim.analysis.dates if d.role is not DateRole.UNTIL]
    if not dates:
        return False, False
    hit = any(d.first <= start <= d.last for d in dates)
    return hit, not hit


def comparable(a: Quantity, b: Quantity) -> bool:
    """Whether two quantities measure the same kind of thing; a bare number may be an age or a count."""
    if a.unit == b.unit:
        return not ({"month", "year"} & a.per and {"month", "year"} & b.per and a.unit == "CNY" and not a.per & b.per)
    return {a.unit, b.unit} in ({"", "age"}, {"", "#"}, {"#", "person"}, {"", "person"})


def equal(a: Quantity, b: Quantity) -> bool:
    """Whether two quantities are the same figure, given how precisely each is stated."""
    if a.upper is not None and b.upper is not None and a.upper != b.upper:
        return False
    if a.value == b.value:
        return True
    larger = max(abs(a.value), abs(b.value))
    if Bound.ABOUT in (a.bound, b.bound) or (b.bound is Bound.OVER and a.value > b.value):
        return abs(a.value - b.value) <= larger * type(larger)(str(_ABOUT))
    step = max(a.step, b.step)
    return abs(a.value - b.value) * 2 <= step and larger >= 10 * step


def _turned(claimed: Bound, ruled: Bound) -> bool:
    return (claimed in _UP and ruled in _DOWN) or (claimed in _DOWN and ruled in _UP)


def _within(claimed: Quantity, ruled: Quantity) -> bool:
    """Whether a figure keeps a limit of the rule without stating another limit."""
    if claimed.bound in (Bound.MIN, Bound.MAX):
        return False
    return (ruled.bound in _UP and claimed.value > ruled.value) or (
        ruled.bound in _DOWN and claimed.value < ruled.value
    )


def _clause_keys(side: Side, span: Span) -> frozenset[str]:
    for i, clause in enumerate(side.analysis.clauses):
        if clause.start <= span.start < clause.end:
            return frozenset(side.clauses[i]) | side.inherited
    return frozenset(side.clauses[0]) | side.inherited


def _placed(theirs: Iterable[str], ours: frozenset[str], rule: Side, idf: Idf) -> float:
    """How much the surroundings of two figures are about the same thing, 0.2..1."""
    keys = list(theirs)
    total = sum(idf(k) for k in keys) or 1.0
    near = sum(idf(k) for k in keys if k in ours) / total
    anywhere = sum(idf(k) for k in keys if k in rule.bag) / total
    return 0.2 + 0.8 * (0.6 * near + 0.4 * anywhere)


def _words(side: Side, term: Term) -> str:
    """A predicate as printed, with the negation before it."""
    text = side.analysis.text
    start = term.span.start
    if term.sign < 0 or key_of(term).startswith("axis:"):
        clause = (
            side.analysis.clauses[min(term.clause, len(side.analysis.clauses) - 1)]
            if side.analysis.clauses
            else Span(0, len(text))
        )
        lead = text[max(clause.start, start - (3 if side.chinese else 12)) : start]
        for negation in (
            ("不会被", "没有被", "不会", "不再", "不得", "没有", "并未", "不能", "不", "未", "没")
            if side.chinese
            else ("no longer ", "will not be ", "not be ", "not ", "never ", "no ", "cannot ")
        ):
            if lead.lower().endswith(negation):
                start -= len(negation)
                break
    return text[start : term.span.end]


def _around(side: Side, span: Span) -> str:
    """A figure with the words that bound it."""
    text = side.analysis.text
    clause = next((c for c in side.analysis.clauses if c.start <= span.start < c.end), Span(0, len(text)))
    if side.chinese:
        return text[max(clause.start, span.start - 8) : min(clause.end, span.end + 4)].strip(" ，,。；;：:")
    start = max(clause.start, span.start - 24)
    start = text.rfind(" ", clause.start, start) + 1 if start > clause.start else start
    end = min(clause.end, span.end + 16)
    cut = text.find(" ", end, clause.end)
    return text[max(start, clause.start) : cut if 0 <= cut < clause.end else clause.end].strip(" ,.;:")


def _population_words(side: Side) -> str:
    return next(
        (side.analysis.text[t.span.start : t.span.end] for t in side.analysis.terms if t.kind == "population"), ""
    )
