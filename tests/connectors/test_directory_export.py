"""An export of a real directory answers as the directory itself does, and what it lacks is no answer."""

import json
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assess.cli import run
from assess.collect import collect, questions
from assess.connectors import Visit
from assess.connectors.directory_export import OF_DOMAIN, ExportConnector, command
from assess.connectors.ldap import LdapConnector, connect
from assess.connectors.ldap_session import Access
from assess.discover import library
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask, Table
from assess.evidence.directory import DeviceRegistration, DirectoryUsers, Forest, ForestSuffixes
from assess.evidence.pki import (
    IIS_SERVERS,
    CertificateServices,
    DomainAdministrator,
    GroupNamed,
    NotShown,
    TemplateNamed,
)
from assess.evidence.traces import DirectoryFederation, DirectorySync
from assess.keytypes import Secret
from assess.recording import Recording
from assess.results import Selection, evaluate
from assess.sources import connectors_for
from lab.exports import Exported, entries, ldif, powershell
from lab.forest import CLIENT_TEMPLATE, CMG_TEMPLATE
from lab.samba import DomainController

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUESTIONS: tuple[Ask, ...] = (
    ForestSuffixes(), DeviceRegistration(), DirectoryUsers(), CertificateServices(), IIS_SERVERS,
    TemplateNamed("k", CMG_TEMPLATE), TemplateNamed("k", CLIENT_TEMPLATE), TemplateNamed("k", "no such template"),
    GroupNamed("k", "Domain Admins"), GroupNamed("k", "Cloud Pilot"), GroupNamed("k", "no such group"),
    DomainAdministrator("Administrator"), DomainAdministrator("ann.archer"), DomainAdministrator("nobody"),
    DirectorySync(), DirectoryFederation(),
)  # fmt: skip
CONFIGURATION = (
    "objectClass", "objectCategory", "cn", "uPNSuffixes", "nCName", "dnsRoot", "nETBIOSName", "systemFlags", "keywords",
    "displayName", "flags", "cACertificate", "certificateTemplates", "dNSHostName", "pKIExtendedKeyUsage", "pKIDefaultCSPs",
    "pKIExpirationPeriod", "msPKI-Template-Schema-Version", "msPKI-Minimal-Key-Size", "msPKI-RA-Signature",
    "msPKI-Enrollment-Flag", "msPKI-Private-Key-Flag", "msPKI-Certificate-Name-Flag", "msPKI-Certificate-Application-Policy",
    "msPKI-Cert-Template-OID", "nTSecurityDescriptor",
)  # fmt: skip


@dataclass
class Shown:
    """What one domain controller gives to an account that only reads."""

    domain: list[Exported]
    configuration: list[Exported]
    descriptors: list[Exported]


@pytest.fixture(scope="module")
def shown(dc: DomainController) -> Iterator[Shown]:
    templates = f"CN=Certificate Templates,CN=Public Key Services,CN=Services,{dc.configuration}"
    system = {"operatingSystem": "Windows Server 2022 Standard", "operatingSystemVersion": "10.0 (20348)"}
    fields = {"sAMAccountName": "CA01$", "userAccountControl": "4128", "dNSHostName": "ca01.ad.contoso.test", **system}
    with dc.with_entry(f"CN=CA01,CN=Computers,{dc.base}", ["computer"], fields):
        yield Shown(
            entries(dc, dc.base, OF_DOMAIN),
            entries(dc, dc.configuration),
            entries(dc, templates, ["nTSecurityDescriptor"], descriptors=True),
        )


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return visit_in(tmp_path)


def visit_in(folder: Path) -> Visit:
    class Nothing:
        def key(self, name: str) -> Any:
            raise AssertionError(name)

        def answer(self, ask: Ask) -> Any:
            raise AssertionError(ask)

    return Visit(known=Nothing(), clock=lambda: NOW, tables=folder)


def live(controller: DomainController, monkeypatch: pytest.MonkeyPatch) -> LdapConnector:
    monkeypatch.setenv("LDAP_PASSWORD", controller.password)
    secret = Secret("ad.password", env="LDAP_PASSWORD")
    return LdapConnector([Access("ad", controller.url, controller.user, secret, "simple", controller.ca_file)])


def told(connector: Any, ask: Ask, visit: Visit) -> Any:
    """An answer without what only says where it was read."""

    def plain(value: object) -> object:
        assert isinstance(value, Table)
        return sorted((msgspec.to_builtins(row) for row in value), key=lambda row: row["dn"])

    answered = msgspec.to_builtins(connector.fetch(ask, visit), enc_hook=plain)
    text = json.dumps(answered, sort_keys=True)
    return json.loads(re.sub(r'"section": "[^"]*"', '"section": ""', text))


@pytest.fixture(scope="module")
def answers(dc: DomainController, shown: Shown, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the directory itself says to each question."""
    said = {}
    with pytest.MonkeyPatch.context() as monkeypatch:
        connector = live(dc, monkeypatch)
        for ask in QUESTIONS:
            said[ask.key] = ordered(told(connector, ask, visit_in(tmp_path_factory.mktemp("live"))))
    return said


def written(folder: Path, shown: Shown, **more: bytes) -> ExportConnector:
    target = folder / "export"
    target.mkdir()
    of_domain = ldif(shown.domain) + b"# requesting: " + ",".join(OF_DOMAIN).encode() + b"\r\n"
    files = {
        "domain.ldf": of_domain, "configuration.ldf": ldif(shown.configuration), "templates.ldf": ldif(shown.descriptors),
    }  # fmt: skip
    files |= {name.replace("_", "."): content for name, content in more.items()}
    for name, content in files.items():
        if content:
            (target / name).write_bytes(content)
    return ExportConnector(target, "export", page=50)


def refusal(connector: ExportConnector, ask: Ask, visit: Visit) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        connector.fetch(ask, visit)
    assert "ldifde -f" in caught.value.mend or "docs/directory-export.md" in caught.value.mend
    return caught.value


def ordered(value: Any) -> Any:
    """Members and templates come in the order of the directory."""
    if isinstance(value, dict):
        return {name: ordered(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted((ordered(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


# -- as the directory --


@pytest.mark.parametrize("ask", QUESTIONS, ids=lambda ask: ask.key)
def test_ldif_answers_as_the_directory(
    shown: Shown, answers: dict[str, Any], tmp_path: Path, visit: Visit, ask: Ask
) -> None:
    export = written(tmp_path, shown)
    assert ordered(told(export, ask, visit)) == answers[ask.key]
    export.close()


SOME = (ForestSuffixes(), DirectoryUsers(), CertificateServices(), QUESTIONS[5], GroupNamed("k", "Domain Admins"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_json_of_powershell_answers_as_the_directory(
    shown: Shown, answers: dict[str, Any], tmp_path: Path, visit: Visit, encoding: str
) -> None:
    descriptors = dict(shown.descriptors)
    configuration = [(dn, {**values, **descriptors.get(dn, {})}) for dn, values in shown.configuration]
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "domain.json").write_bytes(powershell(shown.domain, OF_DOMAIN).encode(encoding))
    (folder / "configuration.json").write_bytes(powershell(configuration, CONFIGURATION).encode(encoding))
    export = ExportConnector(folder, "export")
    for ask in SOME:
        assert ordered(told(export, ask, visit)) == answers[ask.key]
    export.close()


def test_utf_16_and_unfolded_ldif_are_read_too(shown: Shown, tmp_path: Path, visit: Visit) -> None:
    text = ldif(shown.configuration, newline=b"\n", width=10_000).decode()
    export = written(tmp_path, shown, configuration_ldf=text.encode("utf-16"))
    [forest] = export.fetch(ForestSuffixes(), visit).forests
    assert "contoso.com" in forest.added
    assert visit.requests == 0
    assert all("export configuration.ldf, domain.ldf" in note.location for note in visit.notes)
    assert "whole domains: ad.contoso.test" in export.probe(visit)


def test_what_ldapsearch_writes_is_whole_where_it_says_so(dc: DomainController, tmp_path: Path, visit: Visit) -> None:
    def searched(base: str, *asked: str) -> bytes:
        command = [
            *("ldapsearch", "-x", "-H", dc.url, "-D", dc.user, "-w", dc.password, "-b", base), *("-E", "pr=200/noprompt"),
            "(objectClass=*)", *asked,
        ]  # fmt: skip
        return subprocess.run(command, env={"LDAPTLS_CACERT": str(dc.ca_file), "PATH": "/usr/bin"}, capture_output=True, check=True).stdout

    partitions = searched(f"CN=Partitions,{dc.configuration}")
    classes = searched(dc.configuration, "objectClass")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "partitions.ldif").write_bytes(partitions)
    (folder / "classes.ldif").write_bytes(classes)
    export = ExportConnector(folder, "export")
    [forest] = export.fetch(ForestSuffixes(), visit).forests
    assert forest.added == tuple(sorted(dc.forest.suffixes))
    assert "keywords" in refusal(export, DeviceRegistration(), visit).reason
    assert "does not hold ad.contoso.test" in refusal(export, DirectoryUsers(), visit).reason
    export.close()

    # In one file nobody can tell which entry is of which search.
    (tmp_path / "both.ldif").write_bytes(partitions + classes)
    both = ExportConnector(tmp_path / "both.ldif", "both.ldif")
    assert "uPNSuffixes of CN=Partitions" in refusal(both, ForestSuffixes(), visit).reason
    (tmp_path / "part.ldif").write_bytes(partitions.replace(b"filter: (objectClass=*)", b"filter: (cn=*)"))
    part = ExportConnector(tmp_path / "part.ldif", "part.ldif")
    assert "CN=Configuration" in refusal(part, ForestSuffixes(), visit).reason
    (tmp_path / "cut.ldif").write_bytes(partitions.replace(b"result: 0 Success", b"result: 4 Size limit exceeded"))
    cut = ExportConnector(tmp_path / "cut.ldif", "cut.ldif")
    assert "result 4 Size limit exceeded" in refusal(cut, ForestSuffixes(), visit).reason
    (tmp_path / "lost.ldif").write_bytes(re.sub(rb"\ndn: [^\n]*\n(?: [^\n]*\n)*(?:[^\n]+\n)+\n", b"\n", partitions, count=1))
    lost = ExportConnector(tmp_path / "lost.ldif", "lost.ldif")
    assert "where it counts" in refusal(lost, ForestSuffixes(), visit).reason


def test_sids_and_guids_in_words_as_ldbsearch_writes_them(dc: DomainController, shown: Shown, tmp_path: Path, visit: Visit) -> None:
    # The database itself knows no rights, and names what only replication uses.
    database = str(dc.folder / "private" / "sam.ldb")
    out = subprocess.run(["ldbsearch", "-H", database, "-b", dc.base, *OF_DOMAIN], capture_output=True, check=True).stdout
    assert b"objectSid: S-1-5-21-" in out
    export = written(tmp_path, shown, domain_ldf=out)
    users = {user.account: user for user in export.fetch(DirectoryUsers(), visit).users()}
    assert users["krbtgt"].kind == "built-in"
    assert len(users["ann.archer"].guid) == 36


# -- what it lacks is no answer --


def without(found: list[Exported], *names: str) -> list[Exported]:
    return [one for one in found if not any(one[0].startswith(name.encode()) for name in names)]


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("CN=krbtgt", "krbtgt"),
        ("CN=Domain Users", "Domain Users"),
        ("CN=Users,", "CN=Users"),
        ("CN=Infrastructure", "CN=Infrastructure"),
        ("CN=Ann Archer", "1 member of its groups is not in it: cn=ann archer"),
        ("DC=ad", "itself is not in it"),
    ],
)
def test_a_domain_that_is_not_whole_is_not_read(
    shown: Shown, tmp_path: Path, visit: Visit, left_out: str, said: str
) -> None:
    shown = Shown(without(shown.domain, left_out), shown.configuration, shown.descriptors)
    export = written(tmp_path, shown)
    assert "does not hold ad.contoso.test" in refusal(export, DirectoryUsers(), visit).reason
    [groups] = export.fetch(GroupNamed("k", "no such group"), visit).forests
    assert groups.unread == ("ad.contoso.test",)
    index = export._index
    assert index is not None
    assert said in index.lacks("DC=ad,DC=contoso,DC=test")


def test_people_alone_are_no_domain(dc: DomainController, shown: Shown, tmp_path: Path, visit: Visit) -> None:
    people = entries(dc, dc.base, OF_DOMAIN, query="(&(objectCategory=person)(objectClass=user))")
    export = written(tmp_path, Shown(people, shown.configuration, shown.descriptors))
    said = refusal(export, DirectoryUsers(), visit)
    assert "does not hold ad.contoso.test" in said.reason


@pytest.mark.parametrize("lost", [name for name in OF_DOMAIN if name not in ("memberOf", "cn", "pwdLastSet")])
def test_an_attribute_that_was_not_exported_is_never_an_absence(
    shown: Shown, answers: dict[str, Any], tmp_path: Path, visit: Visit, lost: str
) -> None:
    kept = [name for name in OF_DOMAIN if name != lost]
    less = [(dn, {n: v for n, v in values.items() if n.lower() != lost.lower()}) for dn, values in shown.domain]
    export = written(tmp_path, shown, domain_ldf=ldif(less) + b"# requesting: " + " ".join(kept).encode() + b"\n")
    gaps = ('"unread": ["ad', '"unread_domains": ["ad', '"NotShown"', '"complete": false', '"there": null')
    refused: list[Ask | None] = []
    for ask in QUESTIONS:
        try:
            got = ordered(told(export, ask, visit))
        except Unavailable as error:
            refused += [ask] if error.mend else [None]
        else:
            if got != answers[ask.key]:
                assert any(gap in json.dumps(got) for gap in gaps)
                refused.append(ask)
    assert refused
    assert None not in refused


def test_without_access_lists_a_template_says_so(shown: Shown, tmp_path: Path, visit: Visit) -> None:
    export = written(tmp_path, shown, templates_ldf=b"")
    [forest] = export.fetch(TemplateNamed("k", CMG_TEMPLATE), visit).forests
    [template] = forest.found
    assert isinstance(template.access, NotShown)
    assert "nTSecurityDescriptor" in template.access.because


def test_members_that_are_cut_are_found_by_what_they_say_themselves(shown: Shown, tmp_path: Path, visit: Visit) -> None:
    def cut(found: list[Exported]) -> list[Exported]:
        made = []
        for dn, values in found:
            if dn.startswith(b"CN=Cloud Pilot"):
                members = values["member"]
                rest = {n: v for n, v in values.items() if n != "member"}
                made.append((dn, {**rest, "member;range=0-1": members[:2]}))
            else:
                made.append((dn, values))
        return made

    part = Shown(cut(shown.domain), shown.configuration, shown.descriptors)
    said = refusal(written(tmp_path, part), GroupNamed("k", "Cloud Pilot"), visit)
    assert "member of CN=Cloud Pilot" in said.reason
    assert "cut" in said.reason
    rest = next(values["member"][2:] for dn, values in shown.domain if dn.startswith(b"CN=Cloud Pilot"))
    dn = next(dn for dn, _ in shown.domain if dn.startswith(b"CN=Cloud Pilot"))
    more = ldif([(dn, {"member;range=2-*": rest})])
    (tmp_path / "export" / "more.ldf").write_bytes(more)
    [forest] = ExportConnector(tmp_path / "export", "export").fetch(GroupNamed("k", "Cloud Pilot"), visit).forests
    assert len(forest.found[0].members) == 4
    assert forest.found[0].cut == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "CN=Configuration"),
        (b"dn: CN=x,DC=y\nchangetype: delete\n\n", "list of changes"),
        (b"dn: CN=x,DC=y\ncn: x", "breaks off in line 2"),
        (b"dn: CN=x,DC=y\ncn:: !!!\n\n", "line 2: its value is no Base64"),
        (b"dn: CN=x,DC=y\ncn:< file:///etc/passwd\n\n", "names another file"),
        (b"cn: x\n\n", "belongs to no entry"),
        (b"MZ\x90\n", "is no LDIF"),
        (b'[{"DistinguishedName": "CN=x,DC=y"},', "breaks off"),
        (b'[{"DistinguishedName": "CN=x,DC=y"}', "no end"),
        (b'{"cn": "x"}', "object 1 names no distinguishedName"),
        (b"[1, 2]", "no object"),
        (b'[{"DistinguishedName": "CN=x,DC=y", "objectSid": [300]}]', "no octets"),
        (b'{"a":' * 100_000, "breaks off|nested too deeply"),
        (b"\xff\xfed\x00n\x00:\x00 ", "broken off"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, visit: Visit, content: bytes, said: str) -> None:
    (tmp_path / "x.ldf").write_bytes(content)
    reason = refusal(ExportConnector(tmp_path / "x.ldf", "x.ldf"), ForestSuffixes(), visit).reason
    assert re.search(said, reason)
    assert "x.ldf" in reason


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()], ids=["missing", "empty folder"])
def test_no_file_is_no_export(tmp_path: Path, visit: Visit, make: Callable[[Path], None]) -> None:
    make(tmp_path / "export")
    assert "export cannot be used" in refusal(ExportConnector(tmp_path / "export", "export"), ForestSuffixes(), visit).reason


def test_two_forests_in_one_folder(dc: DomainController, second_dc: DomainController, shown: Shown, tmp_path: Path, visit: Visit) -> None:
    other = entries(second_dc, second_dc.base, OF_DOMAIN)
    marked = ldif(other) + b"# requesting: " + " ".join(OF_DOMAIN).encode() + b"\n"
    export = written(tmp_path, shown, other_ldf=marked, second_ldf=ldif(entries(second_dc, second_dc.configuration)))
    roots = {one.root: one for one in export.fetch(DirectoryUsers(), visit).read()}
    assert set(roots) == {"ad.contoso.test", "fabrikam.test"}
    assert {user.account for user in roots["fabrikam.test"].users} >= {"fab1", "old1"}


def damaged(found: list[Exported], chance: random.Random) -> list[Exported]:
    """Values that are many where one is expected, not there, no text, no number, or of another."""
    odd: tuple[bytes, ...] = (
        b"", b"\xff\xfe\x00", b"-1", b"9" * 400, "ﬀ\u202e".encode(), b"\0", b"CN=a\\,b+c=d\\22,DC=", b"*)(objectClass=*", b"S-1-x",
    )  # fmt: skip
    made = []
    for dn, values in found:
        changed = {}
        for name, listed in values.items():
            if name in ("objectClass", "member") or chance.random() > 0.2:
                changed[name] = listed
            elif chance.random() < 0.5:
                changed[name] = [chance.choice(odd) for _ in range(chance.randint(1, 3))]
            elif listed:
                cut = chance.randint(0, len(listed[0]))
                changed[name] = [listed[0][:cut], *listed]
        made.append((dn, changed))
    return made


@pytest.mark.parametrize("seed", range(8))
def test_an_odd_directory_is_answered_or_refused(shown: Shown, tmp_path: Path, visit: Visit, seed: int) -> None:
    chance = random.Random(seed)
    fixed = {b"CN=Administrator", b"CN=krbtgt", b"CN=Domain Admins", b"CN=Domain Users", b"DC=ad"}
    kept = [one for one in shown.domain if one[0].partition(b",")[0] in fixed]
    rest = [one for one in shown.domain if one[0].partition(b",")[0] not in fixed]
    partitions = [one for one in shown.configuration if b"CN=Partitions" in one[0]]
    other = [one for one in shown.configuration if b"CN=Partitions" not in one[0]]
    odd = Shown([*kept, *damaged(rest, chance)], [*partitions, *damaged(other, chance)], damaged(shown.descriptors, chance))
    export = written(tmp_path, odd)
    answered = 0
    for ask in QUESTIONS:
        try:
            told(export, ask, visit)
        except Unavailable:
            continue
        answered += 1
    assert answered > 5
    export.close()


@pytest.mark.parametrize("name", ['Guest, "Ann"', "a+b", "back\\slash", " leading", "trailing ", "#hash", "=1+1", "<tag>;x", "Jörg Ä", "x\u202ey"])
def test_members_with_odd_names_are_members(shown: Shown, tmp_path: Path, visit: Visit, name: str) -> None:
    escaped = "".join(f"\\{c}" if c in ',+"\\<>;=#' else c for c in name)
    escaped = f"\\{escaped}" if escaped.startswith(" ") else escaped
    escaped = f"{escaped[:-1]}\\ " if escaped.endswith(" ") else escaped
    dn, hexed = f"CN={escaped},OU=Staff,DC=ad,DC=contoso,DC=test", "".join(f"\\{o:02X}" for o in name.encode())
    category = b"CN=Person,CN=Schema,CN=Configuration,DC=ad,DC=contoso,DC=test"
    person = {
        "objectClass": [b"top", b"person", b"organizationalPerson", b"user"], "objectCategory": [category], "cn": [name.encode()],
        "sAMAccountName": [b"odd"], "userAccountControl": [b"512"],
    }  # fmt: skip
    group = {"objectClass": [b"top", b"group"], "cn": [b"Odd"], "member": [f"CN={hexed}, OU=Staff,DC=AD,DC=contoso,DC=test".encode()]}
    more = [(dn.encode(), person), (b"CN=Odd,OU=Staff,DC=ad,DC=contoso,DC=test", group)]
    export = written(tmp_path, Shown([*shown.domain, *more], shown.configuration, shown.descriptors))
    [found] = export.fetch(GroupNamed("k", "Odd"), visit).found()
    assert [member.name for member in found.members] == ["odd"]
    assert found.cut == ""
    export.close()


# -- a child domain --


def with_child(shown: Shown, *, exported: bool) -> Shown:
    """The forest has a second domain below the first, which is exported too, or is not."""
    base = "DC=ad,DC=contoso,DC=test"
    child = f"DC=child,{base}"
    reference = {
        "objectClass": [b"top", b"crossRef"], "systemFlags": [b"3"], "nCName": [child.encode()], "dnsRoot": [b"child.ad.contoso.test"],
        "nETBIOSName": [b"CHILD"], "instanceType": [b"4"], "uSNCreated": [b"1"], "whenCreated": [b"20260101000000.0Z"], "name": [b"CHILD"],
    }  # fmt: skip
    configuration = [*shown.configuration, (f"CN=CHILD,CN=Partitions,CN=Configuration,{base}".encode(), reference)]
    moved: list[Exported] = []
    for dn, values in shown.domain if exported else ():
        text = dn.decode()
        if text == base or re.search(r"CN=(Users|Builtin|System|Infrastructure|krbtgt|Administrator|Domain Admins|Domain Users|Domain Computers),?(CN=Users,)?DC=ad", text):
            sids = [one.replace(domain_sid(shown), CHILD_SID) for one in values.get("objectSid", [])]
            rest = {n: v for n, v in values.items() if n not in ("member", "memberOf")}
            moved.append((text.replace(base, child).encode(), {**rest, "objectSid": sids} if sids else rest))
    return Shown([*shown.domain, *moved], configuration, shown.descriptors)


CHILD_SID = b"".join(number.to_bytes(4, "little") for number in (7, 8, 9))


def domain_sid(shown: Shown) -> bytes:
    return next(values["objectSid"][0] for dn, values in shown.domain if dn == b"DC=ad,DC=contoso,DC=test")[-12:]


def test_a_child_domain_that_was_not_exported_is_named(shown: Shown, tmp_path: Path, visit: Visit) -> None:
    export = written(tmp_path, with_child(shown, exported=False))
    assert "does not hold child.ad.contoso.test" in refusal(export, DirectoryUsers(), visit).reason
    [only] = export.fetch(DirectoryUsers(domains=("ad.contoso.test",)), visit).read()
    assert only.domains == ("ad.contoso.test",)
    [groups] = export.fetch(GroupNamed("k", "no such group"), visit).forests
    assert groups.unread == ("child.ad.contoso.test",)
    [templates] = export.fetch(TemplateNamed("k", CLIENT_TEMPLATE), visit).forests
    assert templates.unread_domains == ("child.ad.contoso.test",)


def test_a_child_domain_is_read_as_one_of_its_own(shown: Shown, tmp_path: Path, visit: Visit) -> None:
    export = written(tmp_path, with_child(shown, exported=True))
    [forest] = export.fetch(DirectoryUsers(), visit).read()
    assert forest.domains == ("ad.contoso.test", "child.ad.contoso.test")
    accounts = [(user.domain, user.account) for user in forest.users]
    assert len(accounts) == len(set(accounts))
    assert ("child.ad.contoso.test", "krbtgt") in accounts
    assert ("ad.contoso.test", "ann.archer") in accounts
    found = export.fetch(GroupNamed("k", "Domain Computers"), visit).found()
    assert len({group.sid for group in found}) == 2
    [templates] = export.fetch(TemplateNamed("k", CLIENT_TEMPLATE), visit).forests
    assert set(templates.domains) == {"ad.contoso.test", "child.ad.contoso.test"}


# -- beside domain controllers --


def set_up(folder: Path, **tables: Any) -> Any:
    given = {"engagement": {"name": "x", "scenarios": ["hybrid-mdm"]}, "files": {"directory_export": "export"}, **tables}
    return engagement_from(given, file="contoso.toml", folder=folder)


def of(controller: DomainController, **more: Any) -> dict[str, Any]:
    fixed = {"server": controller.url, "user": controller.user, "password": {"env": "LDAP_PASSWORD"}}
    return {**fixed, "ca_file": str(controller.ca_file), **more}


def test_each_forest_is_answered_for_by_its_server_or_by_the_export(
    dc: DomainController, second_dc: DomainController, shown: Shown, tmp_path: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", dc.password)
    written(tmp_path, shown).close()
    wrong = str(dc.other_ca_file)

    def asked(**tables: Any) -> dict[str, str]:
        connector = connect(set_up(tmp_path, **tables))
        answer = connector.fetch(ForestSuffixes(), visit)
        connector.close()
        return {getattr(one, "root", one.section): one.section if isinstance(one, Forest) else "no answer" for one in answer.forests}

    export = "files.directory_export"
    assert asked(ad=of(dc)) == {"ad.contoso.test": "ad"}
    assert asked(ad=of(dc, ca_file=wrong)) == {"ad.contoso.test": export}
    assert any("was read in its place" in note.value for note in visit.notes)
    assert asked(ad=of(dc, ca_file=wrong, server=dc.url_by_address)) == {"ad.contoso.test": export}
    assert asked(ad=of(second_dc)) == {"fabrikam.test": "ad", "ad.contoso.test": export}
    # A forest that is set up, refuses, and is not in the export is never left out in silence.
    assert asked(ad=of(second_dc, ca_file=wrong)) == {"ad": "no answer", "ad.contoso.test": export}
    both = {**of(dc, ca_file=wrong), "forests": {"b": of(second_dc, ca_file=wrong)}}
    assert asked(ad=both) == {"ad.contoso.test": export, "ad.forests.b": "no answer"}


def test_the_export_is_no_second_way_around_a_server_that_is_set_up(
    second_dc: DomainController, shown: Shown, tmp_path: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", second_dc.password)
    written(tmp_path, shown).close()
    described = set_up(tmp_path, ad=of(second_dc, ca_file=str(second_dc.other_ca_file)))
    with Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        connectors = connectors_for([ForestSuffixes()], described)
        assert len(connectors) == 2
        collect([ForestSuffixes()], connectors, recording, clock=lambda: NOW)
        assert [type(one).__name__ for one in recording.answer(ForestSuffixes()).forests] == ["NoAnswer", "Forest"]
    (tmp_path / "export" / "domain.ldf").write_bytes(b"nothing")
    with Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect([ForestSuffixes()], connectors_for([ForestSuffixes()], described), recording, clock=lambda: NOW)
        with pytest.raises(Unavailable, match=r"breaks off in line 1"):
            recording.answer(ForestSuffixes())


# -- from the engagement file to findings --


def test_the_same_verdicts_as_from_the_directory(
    dc: DomainController, shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", dc.password)
    written(tmp_path, shown).close()
    server = {"server": dc.url, "user": dc.user, "password": {"env": "LDAP_PASSWORD"}, "ca_file": str(dc.ca_file)}
    findings = [judged(tmp_path, ad=server), judged(tmp_path, files={"directory_export": "export"})]
    wrong = {**server, "ca_file": str(dc.other_ca_file)}
    findings.append(judged(tmp_path, ad=wrong, files={"directory_export": "export"}))
    first, second, third = [{key: (status, expected) for key, status, expected in each} for each in findings]
    assert first == second == third
    measured = [key for key, (status, _) in first.items() if status in ("pass", "warn", "fail")]
    assert len(measured) > 8


def test_an_export_alone_is_set_up(shown: Shown, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, shown).close()
    file = tmp_path / "contoso.toml"
    file.write_text('[engagement]\nname = "x"\nscenarios = ["hybrid-mdm"]\n[files]\ndirectory_export = "export"\n')
    described = set_up(tmp_path)
    with Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect([ForestSuffixes()], connectors_for([ForestSuffixes()], described), recording, clock=lambda: NOW)
        [source] = evaluate(library(), recording, selection=Selection(only=("identity.upn-suffix-defined",))).sources
    assert (source.source, source.status, source.detail) == ("ldap", "ok", "1 of 1 questions answered")
    run(["preflight", str(file), "--seconds", "20"])
    said = capsys.readouterr()
    [summary] = [line for line in (said.out + said.err).splitlines() if line.startswith("Not set up")]
    assert "ldap" not in summary
    assert "whole domains: ad.contoso.test" in said.out


def judged(folder: Path, **sections: Any) -> list[tuple[Any, str, str]]:
    given = {
        "engagement": {"name": "contoso", "scenarios": ["co-management-pki", "hybrid-mdm"]},
        "tenant": {"public_domains": ["contoso.com", "contoso.app"]},
        "pki": {
            "issuer": "own-pki", "web_template_name": "ConfigMgr Cloud Management Gateway",
            "workstation_template_name": "ConfigMgr Client Certificate",
        },
        "mp": {"mode": "https", "servers": ["cm01.ad.contoso.test"]},
        "accounts": {"domain_admin": "Administrator"},
    }  # fmt: skip
    engagement = engagement_from({**given, **sections}, file="contoso.toml", folder=folder)
    known = library()
    chosen = Selection(only=("pki.*", "template.*", "permissions.domain-admin", "identity.*"))
    asks = questions(c for c in known.checks.values() if chosen.leaves_out(c.requirement) is None)
    directory = [ask for ask in asks if ask.source == "ldap"]
    connectors = connectors_for(directory, engagement)
    with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(directory, connectors, recording, clock=lambda: NOW)
        results = evaluate(known, recording, selection=chosen)
    for connector in connectors:
        connector.close()
    return [((f.requirement, f.subject), str(f.status), f.expected) for f in results.findings]


def test_the_command_names_the_partition() -> None:
    assert command("CN=x,CN=Configuration,DC=a,DC=b") == 'ldifde -f configuration.ldf -d "CN=Configuration,DC=a,DC=b"'
    assert command("OU=x,DC=a,DC=b").startswith('ldifde -f a.b.ldf -d "DC=a,DC=b" -l "objectClass,')
