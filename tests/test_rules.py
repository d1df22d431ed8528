"""Rule files: what is refused and how it is said, days at the edges of versions, tables turned into packs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from checker.rules.importer import import_tables
from checker.rules.load import load_pack
from checker.rules.store import StoredRules, write_rules
from checker.types import CheckerError

SOURCE = {
    "title": "示例条例",
    "issuer": "示例机关",
    "number": "示例令第1号",
    "date": "2020-01-01",
    "kind": "statute-text",
    "url": "https://example.org/1",
}


def version(**changes):
    row = {
        "row": "ex-stay",
        "statement": {"zh": "过境人员可以停留72小时。", "en": "Transit passengers may stay for 72 hours."},
        "population": ["all"],
        "verified": "true",
        "confidence": "high",
        "citations": [{"source": "decree", "locator": "第二条", "quote": "七十二小时"}],
    }
    return {k: v for k, v in (row | changes).items() if v is not None}


def rule(**changes):
    row = {
        "id": "ex-stay",
        "topic": "visa",
        "jurisdiction": "CN",
        "last_verified": "2024-01-01",
        "versions": {"2020-01-01": version(), "2024-07-01": version(row="ex-stay-144"), "2026-01-01": "ended"},
    }
    return {k: v for k, v in (row | changes).items() if v is not None}


def pack(folder: Path, data=None, text=None, name="ex-stay", source=SOURCE) -> Path:
    (folder / "rules" / "visa").mkdir(parents=True)
    (folder / "sources").mkdir()
    (folder / "sources" / "decree.yaml").write_text(
        yaml.safe_dump({k: v for k, v in source.items() if v}, allow_unicode=True)
    )
    (folder / "rules" / "visa" / f"{name}.yaml").write_text(
        text if text is not None else yaml.safe_dump(data or rule(), allow_unicode=True, sort_keys=False)
    )
    return folder


@pytest.mark.parametrize(
    ("day", "row"),
    [
        ("2019-12-31", None),  # the day before it is defined
        ("2020-01-01", "ex-stay"),  # on the day
        ("2024-06-30", "ex-stay"),  # the day before the change
        ("2024-07-01", "ex-stay-144"),  # on the change
        ("2025-12-31", "ex-stay-144"),
        ("2026-01-01", None),  # after it ended
    ],
)
def test_the_version_of_a_day(tmp_path, day, row):
    (found,) = load_pack(pack(tmp_path)).rules
    at = found.at(date.fromisoformat(day))
    assert (at.row if at else None) == row


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jurisdiction": "China"}, "jurisdiction"),
        ({"last_verified": "2024-1-1"}, "last_verified"),
        ({"last_verified": "2024-02-30"}, "last_verified: '2024-02-30' is not a day"),
        ({"topic": None}, "topic: field required"),
        ({"topics": "visa"}, "topics: unknown key"),
        ({"id": "ex-other"}, "id: 'ex-other' must equal the file name 'ex-stay'"),
        ({"versions": {}}, "versions"),
        ({"versions": {"2020-01-01": version(citations=[])}}, "citations"),
        ({"versions": {"2020-01-01": version(citations=None)}}, "citations: field required"),
        ({"versions": {"2020-01-01": version(statement={"zh": "只有中文。"})}}, "statement.en: field required"),
        ({"versions": {"2020-01-01": version(citations=[{"source": "nowhere", "quote": "x"}])}}, "no source 'nowhere'"),
        (
            {"versions": {"2020-01-01": version(citations=[{"source": "decree"}])}},
            "a verified version needs at least one quote",
        ),
        ({"versions": {"2020-01-01": version(citations=[{"source": "decree", "quote": "字" * 121}])}}, "quote"),
        ({"versions": {"2024-01-01": version(), "2020-01-01": version()}}, "keys must stand in order"),
        ({"versions": {"2020-01-01": version(), "unknown": version()}}, "an unknown start can only come first"),
        ({"versions": {"2020-01-01": "ended"}}, "cannot begin with 'ended'"),
        ({"versions": {"2020-01-01": version(verified="maybe")}}, "verified"),
    ],
)
def test_a_bad_rule_names_file_and_key(tmp_path, change, message):
    with pytest.raises(CheckerError) as error:
        load_pack(pack(tmp_path, rule(**change)))
    assert "ex-stay.yaml" in str(error.value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: a\nid: b\n", "line 2: key 'id' is given twice"),
        ("id: [a", "line"),
        ("- just a list\n", "file"),
        ("\tid: a", "line 1"),
    ],
)
def test_bad_yaml_names_file_and_line(tmp_path, text, message):
    with pytest.raises(CheckerError, match=message) as error:
        load_pack(pack(tmp_path, text=text))
    assert "ex-stay.yaml" in str(error.value)


def test_values_stay_text(tmp_path):
    data = rule()
    data["versions"]["2020-01-01"]["quantities"] = [{"name": "code", "value": "0402", "unit": "days"}]
    (found,) = load_pack(
        pack(tmp_path, text=yaml.safe_dump(data, allow_unicode=True, sort_keys=False).replace("'0402'", "0402"))
    ).rules
    assert found.versions[0].quantities[0].value == "0402"


def test_a_folder_that_is_no_pack_is_said(tmp_path):
    with pytest.raises(CheckerError, match="not a rule pack"):
        load_pack(tmp_path)


def row(**changes):
    base = {
        "id": "ex-fee", "statement_zh": "补办费为10元。", "statement_en": "A replacement costs 10 yuan.", "population": ["all"], "jurisdiction": "CN", "effective_from": "2020-01-01", "effective_to": None,
        "quantities": [{"name": "fee", "value": 10, "unit": "yuan"}], "verified": True, "confidence": "high", "common_misstatements": [{"zh": "补办免费", "en": "Replacement is free"}],
        "sources": [{"title": "收费办法", "issuer": "某部", "number": None, "date": "2020-01-01", "article": "第三条", "quote": "补办费十元", "url": None, "seen_at": "x", "source_kind": "statute-text"}],
    }  # fmt: skip
    return base | changes


def table(folder: Path, *rows) -> Path:
    path = folder / "fees.yaml"
    path.write_text(yaml.safe_dump(list(rows), allow_unicode=True, sort_keys=False))
    return path


def test_rows_that_replace_one_another_become_versions(tmp_path):
    old = row(
        id="ex-fee-old",
        statement_zh="（旧规定）补办费为20元。",
        statement_en="(Old) A replacement cost 20 yuan.",
        effective_from="2010-01-01",
        effective_to="2019-12-31",
        superseded_by="ex-fee",
        common_misstatements=[{"zh": "现在补办仍要20元", "en": "A replacement still costs 20 yuan"}],
    )
    assert import_tables([table(tmp_path, old, row())], tmp_path / "pack") == 1
    (found,) = load_pack(tmp_path / "pack").rules
    assert [(v.row, str(v.start), v.statement["zh"]) for v in found.versions] == [
        ("ex-fee-old", "2010-01-01", "补办费为20元。"),
        ("ex-fee", "2020-01-01", "补办费为10元。"),
    ]
    assert [m["zh"] for m in found.versions[1].misstatements] == ["补办免费", "现在补办仍要20元"], (
        "told as current, it is wrong about the new rule"
    )


def test_a_gap_between_rows_stays_a_gap(tmp_path):
    old = row(id="ex-fee-old", effective_from="2010-01-01", effective_to="2015-12-31", superseded_by="ex-fee")
    import_tables([table(tmp_path, old, row(effective_to="2030-12-31"))], tmp_path / "pack")
    (found,) = load_pack(tmp_path / "pack").rules
    assert found.at(date(2017, 1, 1)) is None
    assert found.at(date(2030, 12, 31)).row == "ex-fee"
    assert found.at(date(2031, 1, 1)) is None


def test_a_local_row_replaced_by_a_national_one_stays_a_rule(tmp_path):
    local = row(
        id="ex-fee-bj",
        jurisdiction="CN-11 Beijing",
        effective_from=None,
        effective_to="2019-12-31",
        superseded_by="ex-fee",
    )
    assert import_tables([table(tmp_path, local, row())], tmp_path / "pack") == 2
    found = {r.id: r for r in load_pack(tmp_path / "pack").rules}
    assert (found["ex-fee-bj"].jurisdiction, found["ex-fee-bj"].place, found["ex-fee-bj"].succeeded_by) == (
        "CN-11",
        "Beijing",
        ("ex-fee",),
    )
    assert found["ex-fee-bj"].at(date(1990, 1, 1)) is not None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(statement_en=None)], "statement_en: missing"),
        ([row(colour="red")], "colour: unknown key"),
        ([row(effective_from="2020-13-01")], "effective_from"),
        ([row(), row()], "given twice"),
        ([row(superseded_by="ex-nowhere", effective_to="2021-01-01")], "no row 'ex-nowhere'"),
        (
            [
                row(superseded_by="ex-b", effective_to="2021-01-01"),
                row(id="ex-b", superseded_by="ex-fee", effective_to="2021-01-01"),
            ],
            "circle",
        ),
        ([row(id="ex-old", effective_to="2024-01-01", superseded_by="ex-fee"), row()], "overlap in time"),
        ([], "nothing to import"),
    ],
)
def test_a_bad_table_writes_nothing(tmp_path, rows, message):
    with pytest.raises(CheckerError, match=message):
        import_tables([table(tmp_path, *rows)], tmp_path / "pack")
    assert not (tmp_path / "pack").exists()


def test_import_never_writes_over_a_folder(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "mine.txt").write_text("x")
    with pytest.raises(CheckerError, match="not empty"):
        import_tables([table(tmp_path, row())], tmp_path / "pack")


def test_stored_rules_are_the_same_rules(tmp_path):
    import_tables(
        [
            table(
                tmp_path,
                row(id="ex-fee-old", effective_from="2010-01-01", effective_to="2015-12-31", superseded_by="ex-fee"),
                row(),
            )
        ],
        tmp_path / "pack",
    )
    rules = load_pack(tmp_path / "pack").rules
    write_rules(tmp_path / "book.sqlite", rules, {"digest": "d"})
    stored = StoredRules(tmp_path / "book.sqlite")
    assert tuple(stored) == rules
    assert stored[0] == rules[0]
    assert stored.find("ex-fee-old") == rules[0], "found by the row that became a version"
    assert stored.find("nothing") is None


def test_a_file_that_is_no_book_is_said(tmp_path):
    (tmp_path / "book.sqlite").write_text("not a database, but long enough to look like something")
    with pytest.raises(CheckerError, match="not a rule book"):
        StoredRules(tmp_path / "book.sqlite")
