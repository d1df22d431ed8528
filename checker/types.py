"""The nouns of checker: frozen, pure values that flow from stage to stage.

    Article -> Claim* -> Evidence* -> Verdict* -> Report

Nothing here computes, reads or writes anything. Offsets are code points into `Article.text`, half-open.
Days are `datetime.date`; a rule version holds on `start <= day < end`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class CheckerError(Exception):
    """A problem of the input or the data (never a bug): one line that names what is wrong and where."""


# --------------------------------------------------------------------------- vocabularies


class Stance(StrEnum):
    """What the article does with a claim."""

    ASSERTED = "asserted"  # says so itself; presuppositions count
    REFUTED = "refuted"  # repeats it in order to deny it
    REPORTED = "reported"  # attributes it to others, or offers it as opinion or proposal
    ASKED = "asked"  # asks it, and does not answer


class Label(StrEnum):
    """The verdict on a claim (design.md section 3)."""

    CONTRADICTED = "contradicted"
    OUTDATED = "outdated"
    PREMATURE = "premature"
    MISLEADING = "misleading"
    SUPPORTED = "supported"
    OUT_OF_SCOPE = "out-of-scope"
    NOT_COVERED = "not-covered"


#: Labels that are flagged when the article asserts the claim.
FLAGGED_LABELS = frozenset({Label.CONTRADICTED, Label.OUTDATED, Label.PREMATURE})


class Reason(StrEnum):
    """The comparison that decided a verdict."""

    POLARITY = "polarity"  # the opposite is said: kept / abolished, may / may not
    QUANTITY = "quantity"  # another number, unit or bound
    PERIOD = "period"  # right at another time, or another date is given
    SCOPE = "scope"  # right for other people or another place; "all" for "some"
    MODALITY = "modality"  # must for may, law for draft
    TEXT = "text"  # the wording as a whole: it re-tells a known misstatement, or the rule itself


class Relation(StrEnum):
    """One rule version on one claim."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    SILENT = "silent"


class Bound(StrEnum):
    """How a quantity limits what it measures."""

    EXACT = "="
    MIN = ">="
    MAX = "<="
    OVER = ">"
    UNDER = "<"
    ABOUT = "~"


# --------------------------------------------------------------------------- text


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of code points."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Whether the two ranges share a code point."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit.

    `unit` is canonical: CNY, % (also for tenths and fractions), pp (percentage points), month (years are 12),
    day (weeks are 7), workday, hour, minute, age, x (times), person, or `#noun` for anything counted; '' is a bare number.
    `upper` is set for a range. `step` is the place value of the last digit given (0.01亿 = 1,000,000): values
    that round to one another are the same figure. `per` holds year, month, day, person, child where stated.
    """

    value: Decimal
    unit: str
    bound: Bound = Bound.EXACT
    upper: Decimal | None = None
    per: frozenset[str] = frozenset()
    step: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class QuantityMention:
    """A quantity where it stands in a text."""

    span: Span
    quantity: Quantity


class DateRole(StrEnum):
    """What a date in a sentence dates."""

    FROM = "from"  # the thing begins: 自…起, takes effect on
    UNTIL = "until"  # the thing ends: 截至…前, by, until
    AT = "at"  # it holds or happened then


@dataclass(frozen=True, slots=True)
class DateMention:
    """A day, month or year named in a text, resolved to the days `first` to `last` inclusive."""

    span: Span
    first: date
    last: date
    role: DateRole = DateRole.AT


@dataclass(frozen=True, slots=True)
class Block:
    """A structural piece of an article's text."""

    kind: str  # title, heading, paragraph, item, cell, quote
    span: Span
    label: str = ""  # for a table cell, its column header


@dataclass(frozen=True, slots=True)
class Item:
    """One of several dated pieces on an aggregator page."""

    span: Span
    title: str | None
    published: date


@dataclass(frozen=True, slots=True)
class Article:
    """A document as published, after extraction. `text` never changes; all offsets refer to it."""

    id: str
    text: str
    blocks: tuple[Block, ...]
    lang: str  # zh-Hans, zh-Hant, en, mixed
    title: str | None = None
    url: str | None = None
    publisher: str | None = None
    published: date | None = None
    retrieved: datetime | None = None
    snapshot: str | None = None  # sha256 of the bytes it was read from
    items: tuple[Item, ...] = ()


# --------------------------------------------------------------------------- rules


@dataclass(frozen=True, slots=True)
class Source:
    """An official document (or the report of one)."""

    key: str
    title: str
    issuer: str | None
    number: str | None
    date: str | None  # ISO day, or year-month where only that is known
    url: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A pinpoint in a source. `quote` is verbatim, in the original language, or None where none may be shown."""

    source: Source
    locator: str | None
    quote: str | None
    script: str | None = None  # set where the quote was seen only in a converted mirror


@dataclass(frozen=True, slots=True)
class NamedQuantity:
    """A quantity that a rule declares, as its curator wrote it and as it is compared."""

    name: str
    value: str
    unit: str
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One of the ways a rule is told, rightly or wrongly, in the press: an anchor to recognise the next telling by."""

    lang: str  # zh or en
    text: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class Version:
    """What a rule said from `start` on, until `end` (exclusive; None: open). A None start is unknown."""

    row: str
    start: date | None
    end: date | None
    statement: Mapping[str, str]  # zh, en
    citations: tuple[Citation, ...]
    verified: bool
    confidence: str  # high, medium, low, none
    population: frozenset[str]
    quantities: tuple[NamedQuantity, ...] = ()
    misstatements: tuple[Mapping[str, str], ...] = ()
    caveats: str | None = None
    phrasings: tuple[Phrasing, ...] = ()

    def in_force(self, day: date) -> bool:
        """Whether this version holds on `day`."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)

    @property
    def decisive(self) -> bool:
        """Whether this version may contradict a claim: a verified quote of at least medium confidence."""
        return self.verified and self.confidence in ("high", "medium")


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with the relation that the rule must have to it (or `silent`)."""

    lang: str
    text: str
    relation: Relation
    how: str | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One official rule through time."""

    id: str
    topic: str
    jurisdiction: str  # CN, CN-44 (GB/T 2260 province), CN-44-SZ (a place in it), CN-XX (place not established)
    versions: tuple[Version, ...]  # ordered by start, never overlapping
    last_verified: date
    place: str | None = None  # name of a local rule's place
    succeeded_by: tuple[str, ...] = ()  # rules of another jurisdiction that took this one's place
    examples: tuple[Example, ...] = ()

    def at(self, day: date) -> Version | None:
        """The version in force on a day, or None before it began, in a gap, or after it ended.

        Bounds are half-open: on the day a new version starts, the new one holds.
        """
        return next((v for v in self.versions if v.in_force(day)), None)

    @property
    def national(self) -> bool:
        """Whether the rule is one of the whole country."""
        return self.jurisdiction == "CN"


# --------------------------------------------------------------------------- results


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement of an article.

    `span` points at the words as printed. `text` is the statement itself; `context` is what a reader carries into it
    (heading, title, the antecedent of a missing subject), nearest first.
    """

    span: Span
    text: str
    lang: str
    stance: Stance
    context: tuple[str, ...] = ()
    speaker: str | None = None
    quantities: tuple[QuantityMention, ...] = ()  # spans relative to `text`
    dates: tuple[DateMention, ...] = ()  # spans relative to `text`
    place: str | None = None  # jurisdiction the statement is about; None: the whole country
    foreign: bool = False  # about another country or a separate system (Hong Kong, Taiwan, ...)
    block: str = "paragraph"
    cue: str | None = None  # the words that decided the stance
    published: date | None = None  # of the item it stands in, where a page has several
    past: bool = False  # told of how things were, not of how they are


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one comparator found: the relation, how strongly, and the two values it compared."""

    reason: Reason
    relation: Relation
    strength: float
    claimed: str
    ruled: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One rule version weighed against one claim."""

    rule: Rule
    version: Version
    relation: Relation
    confidence: float
    comparisons: tuple[Comparison, ...] = ()

    @property
    def decisive(self) -> Comparison | None:
        """The comparison that speaks loudest for `relation`, if any."""
        same = [c for c in self.comparisons if c.relation is self.relation]
        return max(same, key=lambda c: c.strength, default=None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What we say about a claim: label, why, and the evidence, strongest first."""

    claim: Claim
    label: Label
    confidence: float
    reason: Reason | None
    explanation: Mapping[str, str]  # zh, en
    compared: tuple[str, str] | None  # the claim's value, the rule's value
    evidence: tuple[Evidence, ...]
    nearest: Evidence | None = None  # for not-covered: the rule that came closest
    considered: tuple[Rule, ...] = ()  # the rules compared with the claim, most related first

    @property
    def flagged(self) -> bool:
        """Whether a newsroom must look: asserted, and contradicted, outdated or premature."""
        return self.claim.stance is Stance.ASSERTED and self.label in FLAGGED_LABELS


@dataclass(frozen=True, slots=True)
class Report:
    """The answer for an article."""

    article: Article
    as_of: date
    today: date
    verdicts: tuple[Verdict, ...]
    rulebook_digest: str
    rule_count: int
