"""One sentence that says why, in both languages: what is wrong, what the rule says, since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from checker.types import Claim, Evidence, Label, Reason, Relation, Version

_REASONS = {
    Reason.POLARITY: ("说法与规定相反", "it says the opposite of the rule"),
    Reason.QUANTITY: ("数字与规定不符", "the figure differs from the rule"),
    Reason.PERIOD: ("时间不对", "the time is wrong"),
    Reason.SCOPE: ("适用对象或范围不对", "it is about other people or too wide"),
    Reason.MODALITY: ("强制、允许或禁止的程度与规定不符", "must, may or must not is confused"),
    Reason.TEXT: ("与规定不符", "it does not agree with the rule"),
}


def explain(
    label: Label, reason: Reason | None, claim: Claim, evidence: Sequence[Evidence], day: date, today: date
) -> Mapping[str, str]:
    """An explanation for readers; names the rule by what it says, never more than the evidence holds."""
    first = evidence[0] if evidence else None
    if first is None:
        return {"zh": "规则库中没有可以判断这句话的规定。", "en": "No rule in the rule base decides this statement."}
    zh, en = (_clean(first.version.statement[lang]) for lang in ("zh", "en"))
    since_zh, since_en = _since(first.version)
    why_zh, why_en = _REASONS[reason or Reason.TEXT]
    if label is Label.CONTRADICTED:
        text = {
            "zh": f"{why_zh}。规定{since_zh}：{zh}",
            "en": f"{why_en[0].upper()}{why_en[1:]}. The rule{since_en}: {en}",
        }
        old = next((e for e in evidence[1:] if e.relation is Relation.SUPPORTS and e.version.end is not None), None)
        if old is not None and old.version.end is not None:
            ended = old.version.end.isoformat()
            text = {
                "zh": f"这是旧规定，已于{ended}停止适用（{_clean(old.version.statement['zh'])}）。现行规定{since_zh}：{zh}",
                "en": f"This was a rule that ended on {ended} ({_clean(old.version.statement['en'])}). The rule{since_en}: {en}",
            }
        return _half_true(text, evidence)
    if label is Label.OUTDATED:
        return {
            "zh": f"在{day.isoformat()}时与当时的规定相符，但现已改变。现行规定{since_zh}：{zh}",
            "en": f"Right on {day.isoformat()}, no longer today. The rule{since_en}: {en}",
        }
    if label is Label.PREMATURE:
        start = first.version.start.isoformat() if first.version.start else "?"
        return {
            "zh": f"该规定要到{start}才施行，文中却说已经生效：{zh}",
            "en": f"Told as in force, but the rule only takes effect on {start}: {en}",
        }
    if label is Label.MISLEADING:
        other = next((e for e in evidence if e.relation is Relation.SUPPORTS), first)
        return {
            "zh": f"部分属实：{_clean(other.version.statement['zh'])}但{why_zh}：{zh}",
            "en": f"Partly right: {_clean(other.version.statement['en'])} But {why_en}: {en}",
        }
    if label is Label.SUPPORTED:
        later = first.version.start is not None and first.version.start > today
        return {
            "zh": f"与规定相符{'（' + first.version.start.isoformat() + '起施行）' if later and first.version.start else since_zh}：{zh}",
            "en": f"Agrees with the rule{' (in force from ' + first.version.start.isoformat() + ')' if later and first.version.start else since_en}: {en}",
        }
    if label is Label.OUT_OF_SCOPE:
        place = first.rule.place or first.rule.jurisdiction
        where = ("全国性规定", "the national rule") if first.rule.national else (f"{place}的规定", f"a rule of {place}")
        return {
            "zh": f"这个问题有规定，但适用的地区或对象不同，不作判断（{where[0]}：{zh}）",
            "en": f"There is a rule on this question, but for another place or other people, so it is not judged ({where[1]}: {en})",
        }
    missing = _missing(claim, first)
    return {
        "zh": f"没有规定能判断这句话。最接近的是：{zh}{missing[0]}",
        "en": f"No rule decides this. The nearest is: {en}{missing[1]}",
    }


def _half_true(text: Mapping[str, str], evidence: Sequence[Evidence]) -> Mapping[str, str]:
    """What is right about a wrong claim: another rule in force that it does agree with."""
    right = next(
        (
            e
            for e in evidence[1:]
            if e.relation is Relation.SUPPORTS and e.rule.id != evidence[0].rule.id and e.version.end is None
        ),
        None,
    )
    if right is None:
        return text
    return {
        "zh": f"{text['zh']}（属实的部分：{_clean(right.version.statement['zh'])}）",
        "en": f"{text['en']} (What is true: {_clean(right.version.statement['en'])})",
    }


def _missing(claim: Claim, nearest: Evidence) -> tuple[str, str]:
    if not nearest.version.verified:
        return ("（该条尚未核实，不能作为依据）", " (not verified, so it cannot decide)")
    if nearest.version.start is None and nearest.version.end is None:
        return ("", "")
    return ("（它没有回答这个问题）", " (it does not answer this question)")


def _since(version: Version) -> tuple[str, str]:
    if version.start is None:
        return "", ""
    return f"（{version.start.isoformat()}起）", f" (since {version.start.isoformat()})"


def _clean(text: str) -> str:
    return text.strip()
