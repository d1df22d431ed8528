"""The words of our reports in both languages."""

from __future__ import annotations

from checker.types import Label, Reason, Stance

LABELS = {
    Label.CONTRADICTED: {"zh": "与规定矛盾", "en": "contradicted"},
    Label.OUTDATED: {"zh": "已经过时", "en": "outdated"},
    Label.PREMATURE: {"zh": "尚未生效", "en": "premature"},
    Label.MISLEADING: {"zh": "部分属实", "en": "misleading"},
    Label.SUPPORTED: {"zh": "与规定相符", "en": "supported"},
    Label.OUT_OF_SCOPE: {"zh": "适用范围不同", "en": "out of scope"},
    Label.NOT_COVERED: {"zh": "无规定可查", "en": "not covered"},
}
STANCES = {
    Stance.ASSERTED: {"zh": "文中断言", "en": "asserted"},
    Stance.REFUTED: {"zh": "文中辟谣", "en": "refuted by the article"},
    Stance.REPORTED: {"zh": "文中转述", "en": "reported, not taken over"},
    Stance.ASKED: {"zh": "文中提问", "en": "asked"},
}
REASONS = {
    Reason.POLARITY: {"zh": "说法相反", "en": "opposite"},
    Reason.QUANTITY: {"zh": "数字不符", "en": "figure"},
    Reason.PERIOD: {"zh": "时间不符", "en": "time"},
    Reason.SCOPE: {"zh": "对象或范围", "en": "scope"},
    Reason.MODALITY: {"zh": "强制或允许", "en": "must / may"},
    Reason.TEXT: {"zh": "内容", "en": "wording"},
}
UI = {
    "claim": {"zh": "文章", "en": "article"},
    "rule": {"zh": "规定", "en": "rule"},
    "source": {"zh": "依据", "en": "source"},
    "flagged": {"zh": "需要核对", "en": "Needs attention"},
    "refuted": {"zh": "已被本文辟谣的说法", "en": "Rumours the article refutes"},
    "other": {"zh": "转述、提问或部分属实", "en": "Reported, asked or partly right"},
    "supported": {"zh": "与规定相符", "en": "Supported by the rules"},
    "uncovered": {"zh": "规则库未覆盖", "en": "Not covered by the rules"},
    "nothing": {"zh": "没有发现与规定矛盾的说法。", "en": "Nothing contradicts the rules."},
    "as_of": {"zh": "按此日期判断", "en": "judged as of"},
    "no_date": {"zh": "未见发布日期，按今天判断", "en": "no date found, judged as of today"},
    "published": {"zh": "发布于", "en": "published"},
    "sure": {"zh": "把握", "en": "confidence"},
    "nearest": {"zh": "最接近的规定", "en": "nearest rule"},
    "and_more": {"zh": "另有", "en": "and"},
    "more": {"zh": "条", "en": "more"},
    "since": {"zh": "起", "en": "since"},
    "rules_checked": {"zh": "条规定", "en": "rules"},
}


def say(key: str, lang: str) -> str:
    """A word of the interface."""
    return UI[key][lang]
