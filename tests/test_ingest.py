"""Bytes to articles: charsets, main text, titles and dates, teaser lists, items, PDF, bad input."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from checker.data import read_yaml
from checker.ingest import article_from_json, article_from_text, read_article
from checker.ingest.decode import decode
from checker.ingest.layout import find_date
from checker.types import CheckerError

SAMPLES = Path(__file__).parents[1] / "corpora" / "samples"
SIMPLE = "职工医保个人账户仍然保留，个人缴费继续全部计入个人账户，结余归个人所有，可以结转使用和继承。"
TRADITIONAL = "職工醫保個人賬戶仍然保留，個人繳費繼續全部計入個人賬戶，結餘歸個人所有，可以結轉使用和繼承。"
EXPECTED = read_yaml(SAMPLES / "expected.yaml") if (SAMPLES / "expected.yaml").exists() else {}


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (SIMPLE, "utf-8"),
        (SIMPLE, "utf-8-sig"),
        (SIMPLE, "gb18030"),
        (SIMPLE, "utf-16"),
        (TRADITIONAL, "big5hkscs"),
        (TRADITIONAL, "utf-8"),
        ("The fee is £5 – café", "cp1252"),
        ("plain ASCII", "ascii"),
    ],
)
@pytest.mark.parametrize("declared", [None, "utf-8", "gb2312", "iso-8859-1"])
def test_the_charset_is_seen_whatever_is_declared(text, codec, declared):
    if codec == "cp1252" and declared not in (None, "iso-8859-1"):
        pytest.skip("western text with a wrong declaration is not told apart")
    decoded = decode(text.encode(codec), declared)
    assert decoded == text or (codec == "cp1252" and decoded.replace("\x96", "–") == text)


def test_utf8_cut_in_a_character_or_with_a_bad_byte_stays_utf8():
    assert decode(SIMPLE.encode()[:-1]) == SIMPLE[:-1]
    data = bytearray((SIMPLE * 20).encode())
    data[300] = 0xFF
    assert decode(bytes(data)).count("个人账户") > 30


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00\x00\x00", bytes(range(256)) * 8, b"\x00" * 100])
def test_binary_is_refused(data):
    with pytest.raises(CheckerError, match="binary"):
        read_article(data, name="a.txt")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"  \n\t ", "empty"),
        (b"PK\x03\x04rest", "archive"),
        (b"\x1f\x8brest", "archive"),
        (b"%PDF-1.7 cut off", "PDF is damaged"),
        (b"<html><body><script>var a=1</script></body></html>", "no article text"),
        (("<html><body>" + "<div></div>" * 1000 + "</body></html>").encode(), "no article text"),
        (b"...", "holds no text"),
    ],
)
def test_nothing_to_read_is_said(data, message):
    with pytest.raises(CheckerError, match=message):
        read_article(data, name="x.html" if data.startswith(b"<") else "x")


def test_a_page_of_ten_megabytes_without_text_is_an_error_in_seconds():
    with pytest.raises(CheckerError, match="no article text"):
        read_article(
            b"<html><body>" + b"<div class='x'><a href='#'></a></div>" * 250_000 + b"</body></html>", name="x.html"
        )


def test_entities_of_a_page_are_not_fetched_or_expanded(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    page = f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}">]><html><body><p>{SIMPLE}&x;</p><p>{SIMPLE}</p></body></html>'
    assert "SECRET" not in read_article(page.encode(), name="x.html").text


def test_pasted_text_keeps_its_words_and_offsets():
    text = "标题在此\n\n" + SIMPLE + "\n" + SIMPLE
    article = article_from_text(text)
    assert article.text == text
    assert [b.kind for b in article.blocks] == ["title", "paragraph", "paragraph"]
    assert all(text[b.span.start : b.span.end].strip() == text[b.span.start : b.span.end] for b in article.blocks)


def test_a_title_from_outside_is_put_in_front_once():
    assert article_from_text(SIMPLE, title="个人账户").text == "个人账户\n\n" + SIMPLE
    assert article_from_text("個人賬戶！\n" + SIMPLE, title="个人账户").text == "個人賬戶！\n" + SIMPLE


@pytest.mark.parametrize("heading", ["相关推荐", "大家还在看：", "延伸阅读", "Related Pages", "You may also like"])
def test_teaser_lists_are_cut_from_plain_text(heading):
    article = article_from_text(f"{SIMPLE}\n{SIMPLE}\n\n{heading}\n\n医保卡余额将全部清零\n\n取消个人账户的影响")
    assert "清零" not in article.text
    assert article.text.count("个人账户仍然保留") == 2


def test_a_byline_gives_the_day_and_running_text_does_not():
    assert article_from_text(f"标题\n某某日报 2024-05-12 08:30\n{SIMPLE}").published == date(2024, 5, 12)
    assert article_from_text(f"Some headline here\nOur Staff · Updated on 2024-01-31\n{SIMPLE}").published == date(
        2024, 1, 31
    )
    assert article_from_text(f"标题\n该办法自2021年5月1日起施行，{SIMPLE}").published is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024年3月1日", date(2024, 3, 1)),
        ("2024-03-01 08:00", date(2024, 3, 1)),
        ("1 March 2024", date(2024, 3, 1)),
        ("March 1st, 2024", date(2024, 3, 1)),
        ("2024-13-01", None),
        ("三季度", None),
    ],
)
def test_find_date(text, day):
    assert find_date(text) == day


def test_json_articles():
    assert article_from_json({"id": "a", "text": SIMPLE, "published": "2024-05", "title": "题目"}).published == date(
        2024, 5, 1
    )
    page = article_from_json(
        {
            "id": "b",
            "html": f"<html><body><article><h1>题目在这里</h1><p>{SIMPLE}</p><p>{SIMPLE}</p></article></body></html>",
        }
    )
    assert "个人账户仍然保留" in page.text
    for row, message in [
        ({"id": "a"}, "text: missing"),
        ({"text": 5}, "text: must be text"),
        ({"text": "x y z w", "published": "soon"}, "published: 'soon' is not a day"),
        ([], "not a JSON object"),
    ]:
        with pytest.raises(CheckerError, match=message):
            article_from_json(row)


def test_pdf_lines_are_joined_and_page_numbers_dropped():
    pytest.importorskip("reportlab")
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out)
    for page in range(2):
        canvas.setFont("STSong-Light", 12)
        for i, line in enumerate([SIMPLE[:30], SIMPLE[30:], f"- {page + 1} -"]):
            canvas.drawString(72, 700 - 20 * i, line)
        canvas.showPage()
    canvas.save()
    article = read_article(out.getvalue(), name="n.pdf")
    assert article.text.splitlines() == [SIMPLE, SIMPLE]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_sample_pages(name):
    want = EXPECTED[name]
    article = read_article((SAMPLES / name).read_bytes(), name=name)
    for piece in want.get("text_has") or []:
        assert "".join(piece.split()) in "".join(article.text.split()), f"lost: {piece}"
    for piece in want.get("text_lacks") or []:
        assert piece not in article.text, f"leaked: {piece}"
    if want.get("title"):
        assert "".join(want["title"].split()) == "".join((article.title or "").split())
    published = want.get("published")
    assert str(article.published or "") == ("" if published in (None, "null", "") else published) or article.items
    assert article.lang == want.get("lang", article.lang)
