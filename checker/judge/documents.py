"""When a law or notice takes effect: a claim that names the document and the day, against the versions that cite it.

“《…条例》从2025年7月1日起正式落地” is decided by when the rules under that document began, not by what they say, so
no comparison of wordings would find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from checker.judge.side import key_of
from checker.text.analysis import Analysis, analyse
from checker.text.lexicon import Lexicon
from checker.types import DateMention, DateRole, Rule, Source, Version

#: Documents that are enacted: statements and reports do not take effect.
_ENACTED = re.compile(r"(?:法|条例|办法|规定|决定|细则|意见|通知|方案)(?:[（(].*[)）])?$")
_AMENDED = re.compile(r"修[订改正]|新版|新修|amend|revis", re.IGNORECASE)
_TITLE = re.compile(r"《([^》]{3,60})》")
#: A concept names a document when its expression covers this much of the title.
_COVERS = 0.6


@dataclass(frozen=True, slots=True)
class Commencement:
    """A claim about when a document takes effect, beside when the rules under it do."""

    rule: Rule
    version: Version
    claimed: DateMention | None
    start: date
    agrees: bool


def document_keys(source: Source, book: Lexicon) -> frozenset[str]:
    """The keys a document can be found by: its bare title, and the concept that names it."""
    title = source.title.strip("《》")
    if not _ENACTED.search(title):
        return frozenset()
    analysis = analyse(title, book=book)
    named = {key_of(t) for t in analysis.terms if t.kind == "concept" and len(t.span) >= _COVERS * len(_short(title))}
    return frozenset({f"title:{_short(title)}", *named})


def claimed_documents(analysis: Analysis) -> frozenset[str]:
    """Keys of the documents a claim names."""
    titles = {f"title:{_short(t)}" for t in _TITLE.findall(analysis.folded)}
    return frozenset(titles | {key_of(t) for t in analysis.terms if t.kind == "concept"})


def says_in_force(analysis: Analysis) -> bool:
    """Whether a claim says of something that it takes effect."""
    return any(t.kind == "predicate" and t.key == "in-force" and t.sign > 0 for t in analysis.terms)


def commencement(analysis: Analysis, citing: Iterable[tuple[Rule, Version]], day: date) -> Commencement | None:
    """What the versions that cite a named document say about its taking effect; None where the claim says nothing of it.

    A claim with a day agrees when any of them began then. One without, told as in force, conflicts only when all of them
    begin later. Amendments are left alone: the versions know the document, not each of its amendments.
    """
    if not says_in_force(analysis) or _AMENDED.search(analysis.folded):
        return None
    known = [
        (rule, version, version.start) for rule, version in citing if version.start is not None and version.decisive
    ]
    if not known:
        return None
    rule, version, start = min(known, key=lambda k: k[2])
    dates = [d for d in analysis.dates if d.role is not DateRole.UNTIL]
    if dates:
        hit = next(((r, v, s, d) for r, v, s in known for d in dates if d.first <= s <= d.last), None)
        if hit is not None:
            return Commencement(hit[0], hit[1], hit[3], hit[2], True)
        return Commencement(rule, version, dates[0], start, False)
    if start > day and "planned" not in analysis.modality:
        return Commencement(rule, version, None, start, False)
    return None


def _short(title: str) -> str:
    return re.sub(r"^中华人民共和国|[（(].*?[)）]|\s", "", title)
