"""What an article does with a statement: assert, refute, report or ask it.

A debunk repeats the rumour word for word, so this decides what is never flagged. The cues are data
(claims_db/lexicon/stance.yaml); here is only where they may stand: in the sentence, before or behind the statement, in a
label at the head of the line, in the answer to a question, and, for what is reported or quoted, in the sentences and the
paragraph that follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checker.claims.units import Unit
from checker.text.lexicon import Lexicon, symbols
from checker.text.script import fold, is_chinese
from checker.text.segment import sentences
from checker.text.words import tokens
from checker.types import Article, Span, Stance

_OPEN, _CLOSE = "“「『", "”」』"
_SPEAKS = re.compile(
    r"称|说|写道|写着|声称|指(?=[「“])|\b(?:says?|said|claims?|claimed|insists?|reads?|warns?|tells?)\b"
)
_QUESTION_END = re.compile(r"[？?][\s”’」』\"')）*]*[！!]*$")
#: What a question takes for granted: “why X”, and the subordinate clause units.py has cut off for us.
_WHY = re.compile(r"为什么|为何|\bwhy\b", re.IGNORECASE)
_TAKEN = re.compile(r"(?:以后|之后|后)[，,]?$|^(?:after|now that|once|since)\b", re.IGNORECASE)
_LABEL = re.compile(r"^[\s#>*\-•·\d.、()（）【\[]*")
#: How far a denial reaches back: sentences of the same paragraph, then of the next.
_SAME_PARAGRAPH, _NEXT_PARAGRAPH = 5, 2


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue word found in a sentence."""

    category: str
    span: Span
    words: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    span: Span
    block: int
    text: str
    cues: tuple[Cue, ...]
    chinese: bool

    def has(self, *categories: str) -> Cue | None:
        return next((c for c in self.cues if c.category in categories), None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A stance with the words that decided it."""

    stance: Stance
    cue: str | None = None


_ENDS = ("。", "！", ".", "!")


class StanceReader:
    """Reads the stance of an article's statements. Build one per article."""

    def __init__(self, article: Article, book: Lexicon) -> None:
        self._article = article
        self._book = book
        self._sentences = list(self._read())
        self._at = {s.span.start: i for i, s in enumerate(self._sentences)}

    def stance(self, unit: Unit) -> Judgement:
        """The stance of the article to a unit."""
        i = self._at[unit.sentence.start]
        sentence = self._sentences[i]
        labelled = self._label(unit, sentence)
        if labelled is Stance.ASKED:
            answer = self._next_block_answer(sentence.block)
            return Judgement(Stance.REFUTED if answer == "answer-no" else Stance.ASKED, "Q:")
        if isinstance(labelled, Judgement):
            return labelled
        inside = self._inside(unit, sentence)
        if inside is not None:
            return inside
        question = self._question(unit, i)
        if question is not None:
            return question
        reported = self._reported(unit, i)
        later = self._denied_later(i, bool(reported))
        if later is not None:
            return Judgement(Stance.REFUTED, later)
        if reported is not None:
            return Judgement(Stance.REPORTED, reported)
        return Judgement(Stance.ASSERTED)

    # ------------------------------------------------------------------ reading

    def _read(self) -> Iterator[_Sentence]:
        for number, block in enumerate(self._article.blocks):
            for span in sentences(self._article.text, block.span.start, block.span.end):
                text = self._article.text[span.start : span.end]
                folded = fold(text)
                chinese = is_chinese(folded)
                found = list(self._book.cues.find(symbols(folded)))
                edges = _edges(folded, self._book) if chinese and found else frozenset()
                cues = tuple(
                    Cue(category, Span(span.start + where.start, span.start + where.end), text[where.start : where.end])
                    for where, categories in found
                    if not edges or len(where) > 2 or {where.start, where.end} <= edges  # 放假的节日 holds no 假的
                    for category in categories
                )
                yield _Sentence(span, number, text, cues, chinese)

    # ------------------------------------------------------------------ rules

    def _label(self, unit: Unit, sentence: _Sentence) -> Judgement | Stance | None:
        """A mark at the head of the line: ❌, 误区一：, Myth:, 真相：."""
        block = self._article.blocks[sentence.block]
        head = self._article.text[block.span.start : unit.span.start]
        line = self._article.text[block.span.start : block.span.end]
        lead = _LABEL.match(line)
        body = line[lead.end() :] if lead else line
        marks: list[tuple[int, str, str]] = []
        for category in ("mark-false", "mark-true", "mark-question"):
            for lang in ("zh", "en"):
                for word in self._book.words(category)[lang]:
                    marks.extend((m, category, word) for m in _labels(body, word))
        if not marks:
            return None
        offset = len(line) - len(body)
        reach = len(head) - offset
        before = [m for m in marks if m[0] <= max(reach, 0) + (0 if m[2].isalnum() else len(unit.span) // 2)]
        if not before:
            return None
        _, category, word = max(before)
        if category == "mark-question":
            return Stance.ASKED
        if category == "mark-false":
            return Judgement(Stance.REFUTED, word)
        return None if _QUESTION_END.search(sentence.text) else Judgement(Stance.ASSERTED, word)

    def _inside(self, unit: Unit, sentence: _Sentence) -> Judgement | None:
        """A denial in the statement's own sentence."""
        quoted = self._quoted(unit)
        reported = sentence.has("report")
        for cue in sentence.cues:
            if cue.category not in ("denial", "denial-weak"):
                continue
            if cue.category == "denial-weak" and not (quoted or reported):
                continue
            if self._turned(sentence, cue):
                continue
            if cue.span.start >= unit.span.end - 1 or cue.span.end <= unit.span.start:
                if (
                    cue.span.end <= unit.span.start
                    and self._colon_between(cue.span.end, unit.span.start)
                    and not quoted
                ):
                    return Judgement(Stance.ASSERTED, cue.words)  # 辟谣：个人账户仍然保留
                return Judgement(Stance.REFUTED, cue.words)
            # inside the unit: the denied words must stand apart from the cue (“X” is a rumour; the rumour that X)
            if quoted or reported or len(unit.span) - len(cue.span) >= 8:
                return Judgement(Stance.REFUTED, cue.words)
        return None

    def _question(self, unit: Unit, i: int) -> Judgement | None:
        sentence = self._sentences[i]
        words = self._article.text[unit.span.start : unit.span.end]
        if (
            unit.span.end < sentence.span.end
            and unit.span.start == sentence.span.start
            and _TAKEN.search(words)
            and _QUESTION_END.search(sentence.text)
        ):
            return Judgement(Stance.ASSERTED, "presupposed")
        asks = bool(_QUESTION_END.search(sentence.text)) or (
            sentence.chinese and re.search(r"(?:吗|是真是假|真的假的|是否属实|是真的吗)[。！!]?$", words) is not None
        )
        asks = asks or self._heads_a_question(sentence)
        if not asks or sentence.has("rhetorical"):
            return Judgement(Stance.REFUTED, "?") if asks else None
        following = self._sentences[i + 1] if i + 1 < len(self._sentences) else None
        if following is not None:
            answer = self._answer(following)
            if answer is not None:
                return Judgement(Stance.REFUTED if answer == "answer-no" else Stance.ASSERTED, following.text[:20])
        later = self._denied_later(i, True)
        if later is not None:
            return Judgement(Stance.REFUTED, later)
        if _WHY.search(words):
            return Judgement(Stance.ASSERTED, "presupposed")
        return Judgement(Stance.ASKED, "?")

    def _heads_a_question(self, sentence: _Sentence) -> bool:
        """Headings often ask without a question mark (“哪些费用能报销”, “How to apply”)."""
        if self._article.blocks[sentence.block].kind not in ("title", "heading") or sentence.text.endswith(_ENDS):
            return False
        cue = sentence.has("question")
        return cue is not None and (sentence.chinese or cue.span.start == sentence.span.start)

    def _reported(self, unit: Unit, i: int) -> str | None:
        """The cue by which a statement is attributed to somebody who does not make the rules, or offered as opinion."""
        sentence = self._sentences[i]
        quoted = self._quoted(unit)
        middle = unit.span.start + int(0.6 * len(unit.span))
        spoken = quoted or _SPEAKS.search(self._article.text, sentence.span.start, middle) is not None
        for cue in sentence.cues:
            if cue.category == "opinion" and cue.span.start < unit.span.end:
                return cue.words
            if (cue.category == "report" and cue.span.start < middle) or (
                cue.category == "report-weak" and spoken and cue.span.start < middle
            ):
                return cue.words
        lead = self._lead_in(sentence)
        if lead is not None:
            return lead
        if quoted and not self._authorised(unit, sentence):
            return self._article.text[max(sentence.span.start, unit.span.start - 12) : unit.span.start].strip() or "“"
        return None

    def _authorised(self, unit: Unit, sentence: _Sentence) -> bool:
        """Whether those who make or apply the rules are quoted."""
        return any(
            c.category == "authority" and not unit.span.start <= c.span.start < unit.span.end for c in sentence.cues
        )

    def _lead_in(self, sentence: _Sentence) -> str | None:
        """Items under “网上流传以下说法：” are reported."""
        number = sentence.block
        while number > 0 and self._article.blocks[number].kind in ("item", "quote", "cell"):
            number -= 1
        if number == sentence.block:
            return None
        line = self._article.text[self._article.blocks[number].span.start : self._article.blocks[number].span.end]
        if not line.rstrip("*").endswith(("：", ":")):
            return None
        for other in self._sentences:
            if other.block == number and (cue := other.has("report")):
                return cue.words
        return None

    def _denied_later(self, i: int, loose: bool) -> str | None:
        """A denial that refers back, in the rest of the paragraph or at the start of the next."""
        sentence = self._sentences[i]
        same = next_ = 0
        for other in self._sentences[i + 1 :]:
            if other.block == sentence.block:
                same += 1
                if same > (_SAME_PARAGRAPH if loose else 1):
                    continue
            elif other.block == sentence.block + 1 or (
                self._article.blocks[sentence.block].kind in ("title", "heading", "item", "quote")
                and other.block <= sentence.block + 2
            ):
                next_ += 1
                if next_ > (_NEXT_PARAGRAPH if loose else 1):
                    break
            else:
                break
            cue = other.has("denial")
            if cue is None and loose:
                cue = other.has("denial-weak")
                turn = next(
                    (c for c in other.cues if c.category == "contrast" and c.span.start - other.span.start <= 2), None
                )
                if cue is None and turn is not None and same + next_ <= 1:
                    return turn.words
            if cue is None or self._turned(other, cue):
                continue
            short = len(other.text) <= (24 if other.chinese else 60)
            back = other.has("back")
            if (
                short
                or (back is not None and back.span.start <= cue.span.start)
                or (loose and cue.category == "denial")
            ):
                if not loose and not (short or (back is not None and back.span.start - other.span.start <= 4)):
                    continue
                return cue.words
        return None

    def _next_block_answer(self, number: int) -> str | None:
        following = next((s for s in self._sentences if s.block > number), None)
        return self._answer(following) if following is not None else None

    def _answer(self, sentence: _Sentence) -> str | None:
        """Whether a sentence answers the question before it, and how."""
        head = _LABEL.sub("", fold(sentence.text))[:40]
        for opening in (
            "答案是",
            "答：",
            "答:",
            "A:",
            "A：",
            "Answer:",
            "不过",
            "其实",
            "事实上",
            "当然",
            "Actually,",
            "In fact,",
            "In short,",
        ):
            head = head.removeprefix(opening).lstrip(" :：，,*")
        lower = head.lower()
        for category in ("answer-no", "answer-yes"):
            for lang in ("zh", "en"):
                for word in sorted(self._book.words(category)[lang], key=len, reverse=True):
                    rest = lower[len(word) : len(word) + 1]
                    if lower.startswith(word) and (
                        rest == ""
                        or not rest.isalnum()
                        or (category == "answer-no" and sentence.chinese and len(word) > 1)
                    ):
                        return category
        return None

    # ------------------------------------------------------------------ small questions

    def _quoted(self, unit: Unit) -> bool:
        """Whether the statement stands in quotation marks (titles of documents in 《》 are not quotations)."""
        before = self._article.text[unit.sentence.start : unit.span.start]
        after = self._article.text[unit.span.end : unit.span.end + 3]
        opened = max(before.rfind(c) for c in _OPEN)
        straight = before.count('"') % 2 == 1 and '"' in self._article.text[unit.span.end : unit.sentence.end + 1]
        curly = opened >= 0 and before[opened] != '"' and not any(c in _CLOSE for c in before[opened + 1 :])
        return straight or curly or (bool(after) and after[0] in _CLOSE and opened >= 0)

    def _turned(self, sentence: _Sentence, cue: Cue) -> bool:
        """并非谣言, is not a rumour: the denial is denied."""
        before = fold(self._article.text[max(sentence.span.start, cue.span.start - 10) : cue.span.start]).lower()
        return bool(
            re.search(r"(?:并非|不是|绝非|并不是|不信|不造|不传|\bnot an?|\bno|\bisn't an?)\s*$", before)
        ) and cue.words not in ("不信谣",)

    def _colon_between(self, start: int, end: int) -> bool:
        return any(c in ":：" for c in self._article.text[start:end])


def _edges(folded: str, book: Lexicon) -> frozenset[int]:
    """Positions at which words begin or end, punctuation included."""
    edges = {0, len(folded)}
    for _, span in tokens(folded, True, book):
        edges |= {span.start, span.end}
    for i, char in enumerate(folded):
        if not char.isalnum():
            edges |= {i, i + 1}
    return frozenset(edges)


def _labels(body: str, word: str) -> Iterator[int]:
    """Positions at which `word` labels what follows: at the head of the line and closed by a colon, or a symbol anywhere."""
    if not word.isalnum():
        yield from (m.start() for m in re.finditer(re.escape(word), body))
        return
    match = re.match(
        rf"[*【\[]*{re.escape(word)}\s?(?:[一二三四五六七八九十\d]{{0,2}})(?:[*】\]]+|\s?[:：|】.．、\-–—](?!\d))",
        body,
        re.IGNORECASE,
    )
    if match:
        yield 0
    yield from (
        m.start()
        for m in re.finditer(rf"(?<=[。！？；.!?;|\s*]){re.escape(word)}(?:[*】]*\s?[:：]|\.\*\*)", body, re.IGNORECASE)
    )
