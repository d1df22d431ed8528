"""Evidence to a verdict: which rule decides, on which day, and what we say.

Every rule is asked twice: by its version in force on the article's day and by the one in force today (design.md 3). What
may not decide is taken out first: rules of another place, versions without a verified quote. Among the rest the strongest
evidence wins; where rules disagree the claim is only flagged if the contradiction is clearly the better founded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from checker.claims.scope import holds_in
from checker.judge.assess import Assessment, strongest
from checker.judge.compare import Finding
from checker.judge.documents import Commencement
from checker.judge.explain import explain
from checker.text.analysis import Analysis
from checker.types import Claim, Evidence, Label, Reason, Relation, Rule, Verdict


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities from which evidence counts; fitted with the weigher."""

    contradicts: float
    unnamed: float  # the same where no comparison names the difference: a reader must be shown what differs
    supports: float
    related: float
    lead: float  # by how much a contradiction must beat the best support


@dataclass(frozen=True, slots=True)
class _Ruling:
    """What one rule says: its label, how sure, by which assessment, and what else should be shown."""

    label: Label
    confidence: float
    by: Assessment
    others: tuple[Assessment, ...] = ()


def judge(
    claim: Claim,
    analysis: Analysis,
    assessments: Sequence[Assessment],
    day: date,
    today: date,
    limits: Thresholds,
    dated: Commencement | None = None,
) -> Verdict:
    """The verdict on a claim, given every version of every rule worth comparing, and what is known of a document it dates."""
    by_rule: dict[str, list[Assessment]] = {}
    for assessment in assessments:
        by_rule.setdefault(assessment.rule.id, []).append(assessment)
    rulings: list[_Ruling] = [] if dated is None or claim.foreign else [_on_commencement(dated, analysis)]
    elsewhere: list[Assessment] = []
    for group in by_rule.values():
        rule = group[0].rule
        best = max(group, key=lambda a: a.supports + a.contradicts)
        if claim.foreign or not _may_decide(rule, claim, best):
            elsewhere.append(best)
            continue
        ruling = _rule_on(claim, analysis, group, day, today, limits, by_rule)
        if ruling is not None:
            rulings.append(ruling)
    return _decide(claim, rulings, elsewhere, assessments, day, today, limits)


def _may_decide(rule: Rule, claim: Claim, best: Assessment) -> bool:
    """A local rule decides claims about its place; a national rule claims about the country, and supports local ones."""
    if holds_in(rule.jurisdiction, claim.place):
        return True
    return rule.national and best.supports >= best.contradicts


def _rule_on(
    claim: Claim,
    analysis: Analysis,
    group: Sequence[Assessment],
    day: date,
    today: date,
    limits: Thresholds,
    by_rule: Mapping[str, Sequence[Assessment]],
) -> _Ruling | None:
    """One rule's answer, from its version on the day, its version today, and those before and after."""
    if claim.past:
        return _on_the_past(group, today, limits)
    then = next((a for a in group if a.version.in_force(day)), None)
    now = next((a for a in group if a.version.in_force(today)), None)
    coming = [a for a in group if a.version.start is not None and a.version.start > today]
    if then is None and now is None and coming:
        return _on_coming(analysis, coming[0], day, limits)
    if then is None and now is not None:  # no rule existed then: today's decides
        if _contradicts(now, limits):
            before = _told_before(group, by_rule, now, limits)
            held = any(a.version.in_force(day) for a in before)
            return _Ruling(Label.OUTDATED if held else Label.CONTRADICTED, now.contradicts, now, tuple(before))
        if _supports(now, limits):
            early = _told_in_force(analysis, day) and now.version.start is not None and now.version.start > day
            return _Ruling(Label.PREMATURE if early else Label.SUPPORTED, now.supports, now)
        return None
    if then is None:
        return None
    if then is now or now is None:
        if _contradicts(then, limits):
            return _Ruling(
                Label.CONTRADICTED, then.contradicts, then, tuple(_told_before(group, by_rule, then, limits))
            )
        if _supports(then, limits):
            return _Ruling(Label.SUPPORTED, then.supports, then)
        return _agreed_before(group, then, limits)
    if (
        _contradicts(now, limits)
        and not _contradicts(then, limits)
        and (then.supports >= 0.5 * limits.supports or _told_before(group, by_rule, now, limits))
    ):
        return _Ruling(Label.OUTDATED, now.contradicts, now, (then,))
    if _contradicts(then, limits):
        return _Ruling(Label.CONTRADICTED, then.contradicts, then, (now,))
    if _supports(then, limits):
        if (
            then.supports > now.supports + 0.25
            and _superseded(then, now)
            and now.contradicts >= 0.5 * limits.contradicts
        ):
            return _Ruling(Label.OUTDATED, then.supports - now.supports, now, (then,))
        return _Ruling(Label.SUPPORTED, then.supports, then)
    if _supports(now, limits):
        return _Ruling(Label.SUPPORTED, now.supports, now)
    return None


def _on_the_past(group: Sequence[Assessment], today: date, limits: Thresholds) -> _Ruling | None:
    """A claim about how things were is held against the versions that have ended."""
    ended = [a for a in group if a.version.end is not None and a.version.end <= today]
    right = max((a for a in ended if _supports(a, limits)), key=lambda a: a.supports, default=None)
    if right is not None:
        return _Ruling(Label.SUPPORTED, right.supports, right)
    wrong = max((a for a in ended if _contradicts(a, limits)), key=lambda a: a.contradicts, default=None)
    return _Ruling(Label.CONTRADICTED, wrong.contradicts, wrong) if wrong is not None else None


def _on_coming(analysis: Analysis, coming: Assessment, day: date, limits: Thresholds) -> _Ruling | None:
    """A rule enacted and not yet in force."""
    if _contradicts(coming, limits):
        return _Ruling(Label.CONTRADICTED, coming.contradicts, coming)
    if _supports(coming, limits):
        return _Ruling(Label.PREMATURE if _told_in_force(analysis, day) else Label.SUPPORTED, coming.supports, coming)
    return None


def _on_commencement(dated: Commencement, analysis: Analysis) -> _Ruling:
    """A claim about when a document takes effect."""
    claimed = analysis.text[dated.claimed.span.start : dated.claimed.span.end] if dated.claimed else ""
    agree, conflict = (1.0, 0.0) if dated.agrees else (0.0, 1.0)
    finding = Finding(Reason.PERIOD, agree, conflict, claimed, dated.start.isoformat())
    by = Assessment(dated.rule, dated.version, _SURE * agree, _SURE * conflict, (finding,))
    if dated.agrees:
        return _Ruling(Label.SUPPORTED, _SURE, by)
    return _Ruling(Label.PREMATURE if dated.claimed is None else Label.CONTRADICTED, _SURE, by)


#: How sure a comparison of days is; what is left is the chance that another document of the name is meant.
_SURE = 0.9


def _told_in_force(analysis: Analysis, day: date) -> bool:
    """Whether a claim says that something already applies on `day`, and not that it will."""
    if any(d.first > day for d in analysis.dates):
        return False
    runs = any(t.kind == "predicate" and t.key == "in-force" and t.sign > 0 for t in analysis.terms)
    return runs and "planned" not in analysis.modality


def _told_before(
    group: Iterable[Assessment], by_rule: Mapping[str, Sequence[Assessment]], against: Assessment, limits: Thresholds
) -> list[Assessment]:
    """Ended versions (of this rule, or of rules this one took the place of) that said what the claim says."""
    ended = [a for a in group if a.version.end is not None and a is not against]
    ended += [
        a
        for other in by_rule.values()
        for a in other
        if against.rule.id in a.rule.succeeded_by and a.version.end is not None
    ]
    return sorted(
        (a for a in ended if a.supports >= 0.5 * limits.supports and a.supports > a.contradicts),
        key=lambda a: -a.supports,
    )


def _agreed_before(group: Sequence[Assessment], now: Assessment, limits: Thresholds) -> _Ruling | None:
    """A claim that only an ended version supports, told as if it still held."""
    old = [
        a
        for a in group
        if a.version.end is not None and a.version.end <= (now.version.start or date.max) and a is not now
    ]
    best = max(old, key=lambda a: a.supports, default=None)
    if (
        best is None
        or best.supports < limits.supports
        or now.contradicts < 0.5 * limits.contradicts
        or not now.version.decisive
    ):
        return None
    return _Ruling(Label.CONTRADICTED, min(best.supports, 0.5 + now.contradicts / 2), now, (best,))


def _superseded(then: Assessment, now: Assessment) -> bool:
    return now.version.decisive and now.contradicts > now.supports


def _contradicts(a: Assessment, limits: Thresholds) -> bool:
    named = strongest(a.findings, Relation.CONTRADICTS) is not None
    return a.version.decisive and a.contradicts >= (limits.contradicts if named else limits.unnamed)


def _supports(a: Assessment, limits: Thresholds) -> bool:
    return a.version.verified and a.supports >= limits.supports and a.supports > a.contradicts


_NEGATIVE = frozenset({Label.CONTRADICTED, Label.OUTDATED, Label.PREMATURE})


def _decide(
    claim: Claim,
    rulings: Sequence[_Ruling],
    elsewhere: Sequence[Assessment],
    assessments: Sequence[Assessment],
    day: date,
    today: date,
    limits: Thresholds,
) -> Verdict:
    against = max((r for r in rulings if r.label in _NEGATIVE), key=lambda r: r.confidence, default=None)
    favour = max((r for r in rulings if r.label is Label.SUPPORTED), key=lambda r: r.confidence, default=None)
    if against is not None and (favour is None or against.confidence >= favour.confidence + limits.lead):
        also = tuple(_evidence(r.by, Relation.SUPPORTS) for r in rulings if r.label is Label.SUPPORTED)
        return _verdict(claim, against, day, today, also)
    if against is not None and favour is not None and against.confidence >= favour.confidence - limits.lead:
        evidence = (_evidence(against.by, Relation.CONTRADICTS), _evidence(favour.by, Relation.SUPPORTS))
        reason = _reason(against)
        confidence = max(0.05, 1 - abs(against.confidence - favour.confidence)) * 0.5
        return Verdict(
            claim,
            Label.MISLEADING,
            confidence,
            reason,
            explain(Label.MISLEADING, reason, claim, evidence, day, today),
            _compared(against),
            evidence,
        )
    if favour is not None:
        return _verdict(claim, favour, day, today, ())
    related = max(elsewhere, key=lambda a: a.supports + a.contradicts, default=None)
    if related is not None and related.supports + related.contradicts >= limits.related and _citable(related):
        shown = (_evidence(related, Relation.SILENT),)
        return Verdict(
            claim,
            Label.OUT_OF_SCOPE,
            1 - related.silent,
            Reason.SCOPE,
            explain(Label.OUT_OF_SCOPE, Reason.SCOPE, claim, shown, day, today),
            None,
            shown,
        )
    nearest = max(assessments, key=lambda a: a.supports + a.contradicts, default=None)
    near = _evidence(nearest, Relation.SILENT) if nearest is not None else None
    sure = nearest.silent if nearest is not None else 1.0
    return Verdict(
        claim,
        Label.NOT_COVERED,
        sure,
        None,
        explain(Label.NOT_COVERED, None, claim, (near,) if near else (), day, today),
        None,
        (),
        near,
    )


def _verdict(claim: Claim, ruling: _Ruling, day: date, today: date, also: tuple[Evidence, ...]) -> Verdict:
    relation = Relation.SUPPORTS if ruling.label in (Label.SUPPORTED, Label.PREMATURE) else Relation.CONTRADICTS
    first = _evidence(ruling.by, relation)
    others = tuple(
        _evidence(a, Relation.SUPPORTS if a.supports > a.contradicts else Relation.CONTRADICTS) for a in ruling.others
    )
    evidence = (first, *others, *also)
    reason = _reason(ruling)
    return Verdict(
        claim,
        ruling.label,
        ruling.confidence,
        reason,
        explain(ruling.label, reason, claim, evidence, day, today),
        _compared(ruling),
        evidence,
    )


def _reason(ruling: _Ruling) -> Reason:
    """Period where time decides; else the comparison that speaks loudest; else the wording as a whole."""
    if ruling.label in (Label.OUTDATED, Label.PREMATURE) or (
        ruling.label is Label.CONTRADICTED and any(a.supports > a.contradicts for a in ruling.others)
    ):
        return Reason.PERIOD
    relation = Relation.SUPPORTS if ruling.label is Label.SUPPORTED else Relation.CONTRADICTS
    finding = strongest(ruling.by.findings, relation)
    return finding.reason if finding is not None else Reason.TEXT


def _compared(ruling: _Ruling) -> tuple[str, str] | None:
    if ruling.label is Label.SUPPORTED:
        return None
    finding = strongest(ruling.by.findings, Relation.CONTRADICTS)
    if finding is None or not finding.claimed or finding.claimed == finding.ruled:
        return None  # the same words on both sides show a reader nothing
    return finding.claimed, finding.ruled


def _evidence(a: Assessment, relation: Relation) -> Evidence:
    confidence = {Relation.SUPPORTS: a.supports, Relation.CONTRADICTS: a.contradicts, Relation.SILENT: a.silent}[
        relation
    ]
    return Evidence(a.rule, a.version, relation, confidence, a.comparisons())


def _citable(a: Assessment) -> bool:
    return a.version.verified and any(c.quote for c in a.version.citations)
