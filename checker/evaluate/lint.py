"""The linter of rule packs: schema, references, dates, quotes, and every example sentence through the real pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from checker.data import claims_db
from checker.ingest import article_from_text
from checker.pipeline import Checker, make_checker, version_for
from checker.rules.load import load_pack, used_sources
from checker.types import CheckerError, Example, Label, Relation, Rule, Source, Verdict

#: A rule nobody has looked at for so long is named (days).
_STALE = 400
_OFFICIAL = frozenset({"statute-text", "official-page", "official-notice-mirror", "press-report"})


def lint(packs: Sequence[Path], examples: bool, say: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    """Problems as (error | warning, message). Without `packs` the built-in rules are looked at.

    An example that does not get its relation from its own rule is an error in a pack's first language version and a
    warning where the rule cannot decide anyway (unverified, low confidence).
    """
    roots = list(packs) or [claims_db()]
    known: dict[str, Source] = dict(load_pack(claims_db()).sources) if packs else {}
    clean = True
    for root in roots:
        try:
            pack = load_pack(root, known)
        except CheckerError as error:
            yield "error", str(error)
            clean = False
            continue
        for key in sorted(set(pack.sources) - used_sources(pack.rules)):
            yield "warning", f"{root}/sources/{key}.yaml: no rule cites it"
        for rule in pack.rules:
            yield from _rule(rule)
    if examples and clean:
        checker = make_checker(packs, say=say)
        for root in roots:
            for rule in load_pack(root, known).rules:
                for example in (*rule.examples, *own_words(rule, checker.today)):
                    problem = try_example(checker, rule, example)
                    if problem is not None:
                        yield "error", f"{rule.id}: {problem}: {example.text}"


def try_example(checker: Checker, rule: Rule, example: Example) -> str | None:
    """Run one example, withheld from its own comparison; what is wrong with the outcome, or None.

    A supported example must not be flagged, and a refuted one must not be supported, by any rule; a silent one must not be
    decided by its own rule. Where the rule may decide, the right relation must also be found.
    """
    verdicts = run_example(checker, rule, example)
    by_rule = [v for v in verdicts if any(e.rule.id == rule.id for e in v.evidence)]
    version = rule.versions[version_for(rule, example.on or checker.today)]
    if example.relation is Relation.SUPPORTS:
        if any(v.flagged and v.label is not Label.OUTDATED for v in verdicts):
            return "supported, but flagged"
        if version.verified and not any(v.label in (Label.SUPPORTED, Label.OUTDATED) for v in verdicts):
            return "supported, but not recognised"
    elif example.relation is Relation.CONTRADICTS:
        if any(v.label is Label.SUPPORTED for v in by_rule):
            return "refuted, but supported"
        if version.decisive and not any(v.label is Label.CONTRADICTED for v in verdicts):
            return "refuted, but not flagged"
        if not version.decisive and any(v.label is Label.CONTRADICTED for v in by_rule):
            return "contradicted by a rule that may not contradict"
    elif any(v.label in (Label.CONTRADICTED, Label.SUPPORTED) and v.evidence[0].rule.id == rule.id for v in verdicts):
        return "silent, but decided"
    return None


def own_words(rule: Rule, today: date) -> Iterator[Example]:
    """What the rule says today, as examples: no rule may flag it."""
    version = rule.at(today)
    if version is not None:
        for lang, text in version.statement.items():
            yield Example(lang, text, Relation.SUPPORTS, on=today)


def run_example(checker: Checker, rule: Rule, example: Example) -> tuple[Verdict, ...]:
    """The verdicts on an example sentence, judged on its day (default: today, or the nearest day the rule has a version)."""
    day = example.on or _day(rule, checker.today)
    return checker.check(article_from_text(example.text), as_of=day, withhold=example).verdicts


def _day(rule: Rule, today: date) -> date:
    version = rule.versions[version_for(rule, today)]
    if version.in_force(today):
        return today
    return version.start if version.start and version.start > today else today


def _rule(rule: Rule) -> Iterator[tuple[str, str]]:
    for relation in (Relation.SUPPORTS, Relation.CONTRADICTS):
        for lang in ("zh", "en"):
            if not any(e.relation is relation and e.lang == lang for e in rule.examples):
                yield "warning", f"{rule.id}: examples: none in {lang} that the rule {relation.value}"
    if rule.last_verified > date.today():
        yield "error", f"{rule.id}: last_verified: {rule.last_verified} is in the future"
    elif (date.today() - rule.last_verified).days > _STALE:
        yield "warning", f"{rule.id}: last_verified: {rule.last_verified} is long ago"
    for version in rule.versions:
        if version.verified and not any(c.quote and c.source.kind in _OFFICIAL for c in version.citations):
            yield "warning", f"{rule.id}: {version.start}: no quote from an official document or its report"
