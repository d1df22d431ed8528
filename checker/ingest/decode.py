"""Bytes of unknown charset to text: UTF-8 where it decodes, else the Chinese charset whose result reads like Chinese.

What a page or server declares is only a last resort: on real Chinese pages it is often wrong or missing, and every
library that trusts it fails on some of them (reference/dependencies.md B).
"""

from __future__ import annotations

from checker.types import CheckerError

#: The most frequent characters of simplified and traditional Chinese text; noise decoded by chance hardly has any.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经這個為時來們對發動過說產種後學經與於會國"
)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE = 200_000


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data`.

    Raises:
        CheckerError: the bytes are not text (binary data).
    """
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return data.decode(codec, "replace")
    if _binary(data[:_SAMPLE]):
        raise CheckerError("not text: the data is binary")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end >= len(data) - 3 and error.reason.startswith("unexpected end"):  # cut in the middle of a character
            return data.decode("utf-8", "ignore")
    loose = data[:_SAMPLE].decode("utf-8", "replace")
    if loose.count("�") * 50 < sum(1 for c in loose if ord(c) > 127):  # UTF-8 with a few bad bytes
        return data.decode("utf-8", "replace")
    scores = {codec: _reads(data[:_SAMPLE], codec) for codec in ("gb18030", "big5hkscs")}
    best = max(scores, key=lambda c: scores[c])
    if scores[best] > 0.02:
        return data.decode(best, "replace")
    if declared:
        try:
            return data.decode(declared, "replace")
        except LookupError:
            pass
    return data.decode("cp1252", "replace")


def _reads(sample: bytes, codec: str) -> float:
    """How Chinese a decoding reads: the share of common characters among the non-ASCII, less its decoding errors."""
    text = sample.decode(codec, "replace")
    wide = [c for c in text if ord(c) > 127]
    if not wide:
        return 0.0
    errors = sum(c == "�" or "\ue000" <= c <= "\uf8ff" for c in wide)
    return (sum(c in _COMMON for c in wide) - 2 * errors) / len(wide)


def _binary(sample: bytes) -> bool:
    if not sample:
        return False
    control = sum(b < 9 or 13 < b < 27 or 27 < b < 32 for b in sample)
    return b"\x00" in sample or control * 50 > len(sample)
