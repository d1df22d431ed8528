"""Rules worth comparing with a claim: concepts and words (TF-IDF) fused with multilingual vectors.

Every version of a rule is indexed by its statement, its known misstatements, its phrasings and its example sentences, in Chinese and
English. A claim is asked twice, bare and together with what its context adds (heading, antecedent), because what is
missed otherwise is mostly what lost its subject. The score is relatedness, not truth: a contradiction is as related as a
paraphrase.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from checker.models.encoder import Encoder
from checker.text.analysis import Analysis, analyse
from checker.text.lexicon import Lexicon, lexicon
from checker.types import CheckerError, Relation, Rule

Array = Any  # numpy arrays; shapes in the docstrings

#: Kinds of indexed texts. Silent examples help judging, not finding: they are indexed for their vectors only.
STATEMENT, MISSTATEMENT, SUPPORTED, REFUTED, SILENT, TOLD_RIGHT, TOLD_WRONG, TOLD_BESIDE = range(8)
EXAMPLE_KIND = {Relation.SUPPORTS: SUPPORTED, Relation.CONTRADICTS: REFUTED, Relation.SILENT: SILENT}
PHRASING_KIND = {Relation.SUPPORTS: TOLD_RIGHT, Relation.CONTRADICTS: TOLD_WRONG, Relation.SILENT: TOLD_BESIDE}
_RULE, _VERSION, _KIND, _LANG, _POSITION = range(5)
LANGS = ("zh", "en")
_AXIS_WEIGHT = 0.6  # predicates say what is claimed, less what it is about
_INSIDE_WEIGHT = 0.5  # the plain words inside a concept's name: 个人账户 is one concept, 账户 still a word
_BROADER_WEIGHT = 0.4
#: Rule books up to this many texts are searched exhaustively; larger ones by a first pass over the leading principal
#: components, which keeps a claim against 100,000 rules within twice the time of one against 250.
_EXHAUSTIVE = 20_000
_COARSE_SIZE = 64
_COARSE_KEPT = 512


def entries(rule: Rule) -> Iterator[tuple[int, int, int, int, str]]:
    """The indexed texts of a rule, in a fixed order: (version, kind, language number, position, text)."""
    for v, version in enumerate(rule.versions):
        for lang, name in enumerate(LANGS):
            yield v, STATEMENT, lang, 0, version.statement[name]
            for i, wrong in enumerate(version.misstatements):
                yield v, MISSTATEMENT, lang, i, wrong[name]
        for i, told in enumerate(version.phrasings):
            yield v, PHRASING_KIND[told.relation], LANGS.index(told.lang), i, told.text
    for i, example in enumerate(rule.examples):
        yield 0, EXAMPLE_KIND[example.relation], LANGS.index(example.lang), i, example.text


class RuleIndex:
    """Search structures over the indexed texts of many rules.

    `table` has one row for each text: rule, version, kind, language, position. `postings` are the columns of the
    term-by-text matrix (starts, rows, weights), weights of unit length per text. `vectors` has unit rows.
    """

    def __init__(
        self,
        table: Array,
        vocabulary: Mapping[str, int],
        idf: Array,
        postings: tuple[Array, Array, Array],
        vectors: Array | None,
    ) -> None:
        self.table = table
        self.vocabulary = vocabulary
        self.idf = idf
        self.vectors = vectors
        self._starts, self._rows, self._weights = postings
        self.rule_count = int(table[-1, _RULE]) + 1 if len(table) else 0
        self._first = np.searchsorted(table[:, _RULE], np.arange(self.rule_count + 1))
        self._finding = ~np.isin(table[:, _KIND], (SILENT, TOLD_BESIDE))
        self._rare = float(idf.max()) if len(idf) else 1.0
        self._coarse: tuple[Array, Array] | None = None

    def rows_of(self, rule: int) -> range:
        """Row numbers of a rule's texts, in the order of `entries`."""
        return range(int(self._first[rule]), int(self._first[rule + 1]))

    def idf_of(self, term: str) -> float:
        """Inverse document frequency of a term; unknown terms are as rare as the rarest."""
        at = self.vocabulary.get(term)
        return float(self.idf[at]) if at is not None else self._rare

    def word_scores(self, terms: Mapping[str, float], without: int = -1) -> Array:
        """The best cosine of weighted terms with any text of each rule, shape (rules,). Row `without` is left out."""
        scores = np.zeros(len(self.table), dtype=np.float32)
        found: list[tuple[int, float]] = []
        square = 0.0
        for term, weight in terms.items():
            at = self.vocabulary.get(term)
            if at is None:
                square += (0.5 * weight * self._rare) ** 2  # an unknown word is evidence of another topic, but weak
            else:
                value = weight * float(self.idf[at])
                square += value * value
                found.append((at, value))
        for at, value in found:
            part = slice(int(self._starts[at]), int(self._starts[at + 1]))
            scores[self._rows[part]] += value * self._weights[part]
        return self._best(scores / square**0.5 if square else scores, without)

    def vector_scores(self, vectors: Sequence[Array], without: int = -1) -> Array:
        """The best dot product of any of `vectors` with any text of each rule, shape (rules,)."""
        assert self.vectors is not None
        query = np.stack(vectors)
        if len(self.table) <= _EXHAUSTIVE:
            return self._best((self.vectors @ query.T).max(axis=1), without)
        rows = self._nearest_rows(query)
        scores = np.full(len(self.table), -1.0, dtype=np.float32)
        scores[rows] = (self.vectors[rows].astype(np.float32) @ query.T).max(axis=1)
        return self._best(scores, without)

    def _best(self, scores: Array, without: int) -> Array:
        if without >= 0:
            scores[without] = -1.0
        return np.maximum.reduceat(np.where(self._finding, scores, -1.0), self._first[:-1])

    def _nearest_rows(self, query: Array) -> Array:
        """Rows worth an exact comparison, by the leading principal components."""
        if self._coarse is None:
            self._coarse = self._components()
        axes, reduced = self._coarse
        rough = (reduced @ (query @ axes).T).max(axis=1)
        kept = min(_COARSE_KEPT, len(rough))
        return np.argpartition(-rough, kept - 1)[:kept]

    def _components(self) -> tuple[Array, Array]:
        assert self.vectors is not None
        sample = self.vectors[:: max(1, len(self.vectors) // 5000)].astype(np.float32)
        _, basis = np.linalg.eigh(sample.T @ sample)
        axes = np.ascontiguousarray(basis[:, ::-1][:, :_COARSE_SIZE])
        reduced = np.empty((len(self.vectors), _COARSE_SIZE), dtype=np.float32)
        for start in range(0, len(self.vectors), 20_000):
            reduced[start : start + 20_000] = self.vectors[start : start + 20_000].astype(np.float32) @ axes
        return axes, reduced

    def save(self, folder: Path) -> None:
        """Write the index as plain arrays that can be mapped into memory."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {
            "table": self.table,
            "idf": self.idf,
            "starts": self._starts,
            "rows": self._rows,
            "weights": self._weights,
        }
        if self.vectors is not None:
            arrays["vectors"] = self.vectors.astype(np.float16)
            if len(self.table) > _EXHAUSTIVE:
                arrays["axes"], arrays["reduced"] = self._coarse or self._components()
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        ordered = sorted(self.vocabulary, key=lambda t: self.vocabulary[t])
        (folder / "vocabulary.json").write_text(json.dumps(ordered, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> RuleIndex:
        """Map a saved index. Large arrays stay on disk until they are touched.

        Raises:
            CheckerError: missing or damaged files.
        """
        try:
            table, idf, starts, rows, weights = (
                np.load(folder / f"{n}.npy", mmap_mode="r", allow_pickle=False)
                for n in ("table", "idf", "starts", "rows", "weights")
            )
            words = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
            vectors = None
            if (folder / "vectors.npy").exists():
                vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
                if len(table) <= _EXHAUSTIVE:
                    vectors = vectors.astype(np.float32)
            index = cls(table, {w: i for i, w in enumerate(words)}, idf, (starts, rows, weights), vectors)
            if (folder / "reduced.npy").exists():
                index._coarse = (
                    np.load(folder / "axes.npy", allow_pickle=False),
                    np.load(folder / "reduced.npy", mmap_mode="r", allow_pickle=False),
                )
            return index
        except (OSError, ValueError) as error:
            raise CheckerError(f"{folder}: not a rule index ({error})") from error


def term_weights(analysis: Analysis, book: Lexicon) -> dict[str, float]:
    """The bag of terms by which texts are compared: words, concepts with what is broader, populations, axes."""
    bag: dict[str, float] = {}

    def put(key: str, weight: float) -> None:
        bag[key] = max(bag.get(key, 0.0), weight)

    for term in analysis.terms:
        if term.kind == "predicate":
            put(f"axis:{term.key}", _AXIS_WEIGHT)
        elif term.kind == "word":
            put(term.key, 1.0)
        else:
            put(f"{term.kind}:{term.key}", 1.0)
            for above in book.ancestors(term.key) - {term.key}:
                put(f"{term.kind}:{above}", _BROADER_WEIGHT)
    for word in analysis.inside:
        put(word, _INSIDE_WEIGHT)
    return bag


def build_index(rules: Sequence[Rule], encoder: Encoder | None, book: Lexicon | None = None) -> RuleIndex:
    """Index every text of every rule. Uses scikit-learn for the term statistics, the encoder for the vectors."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    vocabulary = book or lexicon()
    rows = [(number, *entry) for number, rule in enumerate(rules) for entry in entries(rule)]
    texts = [row[-1] for row in rows]
    table = np.array([row[:-1] for row in rows], dtype=np.int32).reshape(len(rows), 5)
    bags = [term_weights(analyse(text, book=vocabulary), vocabulary) for text in texts]
    # Document frequencies come from statements alone: examples repeat a rule's words many times over.
    counter = CountVectorizer(analyzer=list)
    counter.fit([list(bag) for bag in bags])
    ids = {str(term): int(i) for term, i in counter.vocabulary_.items()}
    stated = [list(bag) for bag, kind in zip(bags, table[:, _KIND], strict=True) if kind in (STATEMENT, MISSTATEMENT)]
    idf = TfidfTransformer(smooth_idf=True).fit(counter.transform(stated)).idf_.astype(np.float32)
    columns: list[list[tuple[int, float]]] = [[] for _ in ids]
    for row, bag in enumerate(bags):
        weights = {t: w * float(idf[ids[t]]) for t, w in bag.items()}
        norm = sum(w * w for w in weights.values()) ** 0.5 or 1.0
        for term, weight in weights.items():
            columns[ids[term]].append((row, weight / norm))
    starts = np.cumsum([0, *map(len, columns)])
    found = np.array([r for column in columns for r, _ in column], dtype=np.int32)
    values = np.array([w for column in columns for _, w in column], dtype=np.float32)
    return RuleIndex(table, ids, idf, (starts, found, values), encoder.encode(texts) if encoder and texts else None)
