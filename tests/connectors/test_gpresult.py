"""Collected lists of groups: gpresult and whoami as Windows writes them, in its encodings, and JSON."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.connectors import Visit
from assess.connectors.gpresult import GpresultConnector, connect, decoded
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence.dns import Cname
from assess.evidence.grouplists import CollectedGroups, GroupLists

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GPRESULT = """
Microsoft (R) Windows (R) Operating System Group Policy Result tool v2.0

RSOP data for CONTOSO\\ann on CLOUD01 : Logging Mode

COMPUTER SETTINGS
------------------
    CN=CLOUD01,OU=Servers,DC=corp,DC=contoso,DC=test
    Last time Group Policy was applied: 11/20/2026 at 9:00:00 AM

    Applied Group Policy Objects
    -----------------------------
        Default Domain Policy

    The computer is a part of the following security groups
    -------------------------------------------------------
        BUILTIN\\Administrators
        NT AUTHORITY\\Authenticated Users
        CLOUD01$
        ConfigMgr IIS Servers
        Domain Computers

USER SETTINGS
--------------
    CN=Ann Archer,OU=Staff,DC=corp,DC=contoso,DC=test

    The user is a part of the following security groups
    ---------------------------------------------------
        Domain Users
        Gateway Users
"""
GERMAN = """
COMPUTEREINSTELLUNGEN
----------------------
    CN=MP01,OU=Server für Verwaltung,DC=corp,DC=contoso,DC=test

    Der Computer ist Mitglied der folgenden Sicherheitsgruppen
    ----------------------------------------------------------
        VORDEFINIERT\\Benutzer
        Geräte der Zentrale
"""
WHOAMI = """
GROUP INFORMATION
-----------------

Group Name                             Type             SID                                    Attributes
====================================== ================ ====================================== ==================
BUILTIN\\Administrators                Alias            S-1-5-32-544                           Enabled by default
CONTOSO\\ConfigMgr IIS Servers         Group            S-1-5-21-7-7-7-1105                    Mandatory group
"""
WHOAMI_CSV = '"Group Name","Type","SID","Attributes"\n"CONTOSO\\ConfigMgr IIS Servers","Group","S-1-5-21-7-7-7-1105","Mandatory group"\n'


def read(folder: Path, *names: str) -> tuple[GroupLists, Visit]:
    class Nothing:
        def key(self, name: str) -> Any:
            raise AssertionError(name)

        def answer(self, ask: Any) -> Any:
            raise AssertionError(ask)

    visit = Visit(known=Nothing(), clock=lambda: NOW, tables=folder)
    return GpresultConnector(folder).fetch(CollectedGroups(names), visit), visit


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_gpresult_of_a_server(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "cloud01.txt").write_bytes(GPRESULT.encode(encoding))
    found, visit = read(tmp_path, "cloud01.txt")
    [one] = found.lists
    assert one.computer == "cloud01"
    assert one.groups == ("Administrators", "Authenticated Users", "CLOUD01$", "ConfigMgr IIS Servers", "Domain Computers")
    assert one.lists("configmgr iis servers")
    assert not one.lists("Gateway Users")
    assert found.of("cloud01.corp.contoso.test") == (one,)
    assert any(note.about == "cloud01" for note in visit.notes)


def test_another_language_and_the_console_of_the_time(tmp_path: Path) -> None:
    (tmp_path / "gpresult-mp01.txt").write_bytes(GERMAN.encode("cp850"))
    [one] = read(tmp_path, "gpresult-mp01.txt")[0].lists
    assert one.computer == "mp01"
    assert one.lists("Geräte der Zentrale")


def test_a_policy_of_that_name_is_no_group(tmp_path: Path) -> None:
    text = GPRESULT.replace("Default Domain Policy", "Web Servers")
    (tmp_path / "cloud01.txt").write_text(text)
    assert not read(tmp_path, "cloud01.txt")[0].lists[0].lists("Web Servers")


def test_a_file_under_another_name_belongs_to_the_computer_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "output.txt").write_text(GPRESULT)
    assert read(tmp_path, "output.txt")[0].lists[0].computer == "CLOUD01"


@pytest.mark.parametrize("text", [WHOAMI, WHOAMI_CSV])
def test_whoami_as_the_computer(tmp_path: Path, text: str) -> None:
    (tmp_path / "mp01.corp.contoso.test.txt").write_text(text)
    [one] = read(tmp_path, "mp01.corp.contoso.test.txt")[0].lists
    assert one.computer == "mp01.corp.contoso.test"
    assert one.lists("ConfigMgr IIS Servers")
    assert one.lists("another name", ("S-1-5-21-7-7-7-1105",))
    assert not one.lists("another name", ("S-1-5-21-7-7-7-1106",))


def test_json(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text(
        '[{"server": "a.test", "groups": ["CORP\\\\One"]}, {"ComputerName": "b.test", "Groups": [{"Name": "Two", "SID": "S-1-5-21-1-2-3-4"}]}]'
    )
    first, second = read(tmp_path, "all.json")[0].lists
    assert (first.computer, first.groups) == ("a.test", ("One",))
    assert (second.computer, second.groups, second.sids) == ("b.test", ("Two",), ("S-1-5-21-1-2-3-4",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no list of groups"),
        (b"nothing of the kind", "no list of groups"),
        (b'{"server": "a"}', "are no list"),
        (b'["a"]', "no server with groups"),
        (b'{"server": ', "no JSON"),
        (b'{"server": "a", "groups": []}', "no list of groups"),
        (b"CN=PC1,DC=corp\nERROR: Access Denied.\n", "no list of groups"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    (tmp_path / "good.txt").write_text(GPRESULT)
    found, _ = read(tmp_path, "bad.txt", "missing.txt", "good.txt")
    assert len(found.lists) == 1
    first, second = found.unread
    assert words in first.reason
    assert "missing.txt" in second.reason
    assert first.mend


@given(st.binary(max_size=300))
def test_any_bytes_are_a_text(data: bytes) -> None:
    assert isinstance(decoded(data), str)


@given(st.text(max_size=300))
def test_any_text_is_read_or_named(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    name = f"any-{os.getpid()}.txt"
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    found, _ = read(folder, name)
    assert len(found.unread) + len(found.lists) >= 1


def test_it_is_made_from_the_engagement_file(tmp_path: Path) -> None:
    engagement = engagement_from(
        {"engagement": {"name": "contoso", "scenarios": ["co-management-pki"]}, "files": {"collected_gpresult": ["a.txt"]}},
        file="contoso.toml", folder=tmp_path,
    )  # fmt: skip
    connector = connect(engagement)
    assert connector.answers(CollectedGroups())
    assert not connector.answers(Cname(("www.{domain}",)))
    with pytest.raises(Unavailable):
        connector.fetch(Cname(("www.test",)), None)  # type: ignore[arg-type]
    assert str(tmp_path) in connector.probe(None)  # type: ignore[arg-type]
    connector.close()
