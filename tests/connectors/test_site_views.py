"""Each statement is one SELECT of named columns of known views, and what it reads is what it says."""

from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

import twinsites
from assess.connectors.site_views import (
    COLUMNS,
    READINGS,
    UNCERTAIN,
    Reading,
    grant_script,
    granted,
)
from assess.connectors.sql import READS
from assess.evidence.adminservice import Sites
from assess.evidence.site_database import DiscoveredSuffixes

EVERY = {**READINGS, "COLUMNS": COLUMNS}
CATALOGUE = {"INFORMATION_SCHEMA": {"COLUMNS": {"TABLE_SCHEMA": "text", "TABLE_NAME": "text", "COLUMN_NAME": "text"}}}
SECRETS = ("SecretKey", "Password", "Certificate", "TokenHash")


def parsed(reading: Reading) -> Any:
    trees = sqlglot.parse(reading.statement, read="tsql")
    assert len(trees) == 1
    [tree] = trees
    assert tree is not None
    return tree


def read_by(reading: Reading) -> dict[str, set[str]]:
    """The columns that the statement really reads, by view, in small letters."""
    schema: dict[str, Any] = {"dbo": {v: dict.fromkeys(columns, "text") for v, columns in reading.reads.items()}}
    if reading is COLUMNS:
        schema = CATALOGUE
    whole = qualify(parsed(reading), schema=schema, dialect="tsql", validate_qualify_columns=True)
    aliases = {table.alias_or_name: table.name for table in whole.find_all(exp.Table)}
    found: dict[str, set[str]] = {}
    for column in whole.find_all(exp.Column):
        if column.table in aliases:
            found.setdefault(aliases[column.table].lower(), set()).add(column.name.lower())
    return found


@pytest.mark.parametrize("name", EVERY)
def test_a_statement_is_one_select_without_a_star(name: str) -> None:
    tree = parsed(EVERY[name])
    assert isinstance(tree, exp.Select)
    assert not list(tree.find_all(exp.Star)) or name == "SUFFIXES"  # COUNT(*) reads no column
    assert all(isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star))
    for kind in (exp.Insert, exp.Update, exp.Delete, exp.Command, exp.Create, exp.Into, exp.Drop):
        assert not list(tree.find_all(kind))
    assert len(tree.selects) == len(EVERY[name].names)


@pytest.mark.parametrize("name", EVERY)
def test_it_reads_what_it_says_and_no_more(name: str) -> None:
    reading = EVERY[name]
    said = {view.lower(): {c.lower() for c in columns} for view, columns in reading.reads.items()}
    if name == "COLUMNS":
        said = {"columns": {"table_schema", "table_name", "column_name"}}
    assert read_by(reading) == said
    schemas = {table.db for table in parsed(reading).find_all(exp.Table)}
    assert schemas == ({"INFORMATION_SCHEMA"} if name == "COLUMNS" else {"dbo"})


@pytest.mark.parametrize("name", READINGS)
def test_every_view_is_known_and_no_secret_is_read(name: str) -> None:
    for view, columns in READINGS[name].reads.items():
        known = {word.rstrip("#?") for word in twinsites.VIEWS[view].split()} | {"AADUserID0"}
        assert set(columns) <= known
        assert not [c for c in columns if any(secret.lower() in c.lower() for secret in SECRETS)]


def test_each_statement_belongs_to_a_question() -> None:
    used = {reading.statement for readings in READS.values() for reading in readings}
    assert used == {reading.statement for reading in READINGS.values()}


def test_a_question_with_uncertain_columns_says_so_or_has_a_statement_without_them() -> None:
    for readings in READS.values():
        for view, columns in granted(readings[-1:]).items():
            sure = set(columns) - UNCERTAIN.get(view, frozenset())
            assert sure or set(columns) == UNCERTAIN[view] or view in UNCERTAIN


def test_the_script_grants_column_by_column_and_quotes_the_account() -> None:
    script = grant_script("CONTOSO\\a]b", [*READS[Sites], *READS[DiscoveredSuffixes]])
    assert script.splitlines() == [
        "CREATE USER [CONTOSO\\a]]b] FOR LOGIN [CONTOSO\\a]]b];",
        "GRANT SELECT ON dbo.v_R_User (User_Principal_Name0) TO [CONTOSO\\a]]b];",
        "GRANT SELECT ON dbo.v_Site (ReportingSiteCode, ServerName, SiteCode, SiteName, Status, Type, Version) TO [CONTOSO\\a]]b];",
        "GO",
        "-- Not every version has these columns: an error here stops nothing else.",
        "GRANT SELECT ON dbo.v_Site (BuildNumber) TO [CONTOSO\\a]]b];",
        "GO",
    ]  # fmt: skip
    whole = grant_script("reader", READINGS.values())
    assert "SecretKey" not in whole
    for line in whole.splitlines():
        assert line == "GO" or line.startswith("--") or sqlglot.parse_one(line.rstrip(";"), read="tsql") is not None


def test_the_administrators_page_shows_the_whole_script() -> None:
    page = (Path(__file__).parents[2] / "docs/administrator.md").read_text(encoding="utf-8")
    script = page.partition("```sql\n")[2].partition("\n```")[0]
    assert script == grant_script("CONTOSO\\assessor", READINGS.values())
