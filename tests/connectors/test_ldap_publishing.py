"""What a real directory shows of CN=System Management: whether it is there, what is in it, who may publish."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import ldap3
import msgspec
import pytest
from ldap3.protocol.microsoft import security_descriptor_control

from assess.connectors import Visit
from assess.connectors.directory_export import OF_DOMAIN, ExportConnector
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.adminservice import Seen, SeesEverything
from assess.evidence.publishing import (
    PublishedPoint,
    ServerRights,
    SitePublishing,
    SystemManagement,
)
from assess.evidence.securitydescriptor import sid_text
from assess.evidence.site_roles import RoleUse
from lab.descriptors import descriptor
from lab.exports import Exported, entries, ldif
from lab.reading import reading
from lab.samba import DomainController

HOST = "cm01.ad.contoso.test"
NOBODY = "D:P(A;CI;GA;;;DA)(A;CI;GA;;;SY)(A;CI;GR;;;AU)"


def answer(controller: DomainController, visit: Visit, *hosts: str) -> Any:
    """What the one forest answers; it survives the way through a recording."""
    whole = reading(controller).fetch(SitePublishing(hosts or (HOST,)), visit)
    assert msgspec.json.decode(msgspec.json.encode(whole), type=SitePublishing.answer) == whole
    [forest] = whole.forests
    return forest


def sid_of(controller: DomainController, account: str) -> str:
    with controller.connection(as_admin=True) as connection:
        connection.search(controller.base, f"(sAMAccountName={account})", attributes=["objectSid"])
        return sid_text(connection.response[0]["raw_attributes"]["objectSid"][0])[0]


@contextmanager
def container(controller: DomainController, access_list: str) -> Iterator[str]:
    dn = f"CN=System Management,CN=System,{controller.base}"
    with controller.with_entry(dn, ["container"], {}):
        domain = sid_of(controller, "CM01$").rpartition("-")[0]
        control = security_descriptor_control(criticality=True, sdflags=4)
        change = {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, [descriptor(access_list, domain)])]}
        with controller.connection(as_admin=True) as connection:
            connection.modify(dn, change, controls=control)
        yield dn


def test_a_domain_without_it(dc: DomainController, visit: Visit) -> None:
    found = answer(dc, visit)
    assert found.domains == (SystemManagement("ad.contoso.test", there=False),)
    assert found.extended is False
    assert [n.value for n in visit.notes] == ["no such object", "not extended"]


@pytest.mark.parametrize(
    ("granted", "rights", "because"),
    [
        ("(A;CI;GA;;;{cm})", "full", ""),
        ("(A;;GA;;;{cm})(A;CIIO;GA;;;{cm})", "full", ""),
        ("(A;CI;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;{cm})", "full", ""),
        ("(D;;SDDT;;;WD)(A;CI;GA;;;{cm})", "full", ""),  # protected from deletion by accident
        ("(A;CI;GA;;;AU)", "full", ""),
        ("(A;CI;GA;;;DC)", "full", ""),
        ("", "less", "no full control"),  # only what everybody may
        ("(A;CI;GR;;;{cm})", "less", "no full control"),
        ("(A;;GA;;;{cm})", "less", "full control of the container, but not of what lies in it"),
        ("(A;CIIO;GA;;;{cm})", "less", "no full control"),
        ("(D;CI;CC;;;{cm})(A;CI;GA;;;{cm})", "less", "no full control"),
        ("(OA;CI;GA;;bf967aba-0de6-11d0-a285-00aa003049e2;{cm})", "unknown", "not every group, or entry of the list, can be read"),
    ],
)
def test_the_rights_of_the_site_server(
    dc: DomainController, visit: Visit, granted: str, rights: Any, because: str
) -> None:
    with container(dc, NOBODY + granted.format(cm=sid_of(dc, "CM01$"))):
        [found] = answer(dc, visit).domains
    assert found.there is True
    assert found.servers == (ServerRights(HOST, rights, because),)
    assert f"{HOST}: {rights}" in " ".join(note.value for note in visit.notes)


def test_rights_by_a_group_in_a_group(dc: DomainController, visit: Visit) -> None:
    with ExitStack() as stack:
        for name, member in (("Site Servers", f"CN=CM01,CN=Computers,{dc.base}"), ("Publishers", f"CN=Site Servers,OU=Staff,{dc.base}")):
            dn = f"CN={name},OU=Staff,{dc.base}"
            fields = {"sAMAccountName": name, "groupType": "-2147483646", "member": [member]}
            stack.enter_context(dc.with_entry(dn, ["group"], fields))
        stack.enter_context(container(dc, f"{NOBODY}(A;CI;GA;;;{sid_of(dc, 'Publishers')})"))
        [found] = answer(dc, visit, HOST, "gone.ad.contoso.test", "cm09.elsewhere.test").domains
    assert found.servers == (
        ServerRights(HOST, "full"),
        ServerRights("gone.ad.contoso.test", "unknown", "no computer gone.ad.contoso.test can be seen"),
    )


def test_what_may_not_be_read_is_not_absent(dc: DomainController, visit: Visit) -> None:
    with container(dc, "D:P(A;CI;GA;;;DA)"):
        [found] = answer(dc, visit).domains
    assert found.there is not False
    assert found.because
    assert all(one.rights == "unknown" for one in found.servers)


# -- an export --


def exported(dc: DomainController, folder: Path, *more: Exported, descriptors: list[Exported] | None = None) -> ExportConnector:
    target = folder / "export"
    target.mkdir()
    asked = b"# requesting: " + ",".join(OF_DOMAIN).encode() + b"\r\n"
    (target / "domain.ldf").write_bytes(ldif([*entries(dc, dc.base, OF_DOMAIN), *more]) + asked)
    (target / "configuration.ldf").write_bytes(ldif(entries(dc, dc.configuration)))
    if descriptors:
        (target / "rights.ldf").write_bytes(ldif(descriptors))
    return ExportConnector(target, "export")


def published(dc: DomainController) -> list[Exported]:
    """What a site writes there: its classes are those of the extended schema, which Samba does not have."""
    base = f"CN=System Management,CN=System,{dc.base}"

    def one(cn: str, kind: str, **more: bytes) -> Exported:
        fixed = {"objectClass": [b"top", kind.encode()], "cn": [cn.encode()]}
        return f"CN={cn},{base}".encode(), fixed | {name: [value] for name, value in more.items()}

    return [
        one("SMS-Site-PS1", "mSSMSSite"),
        one("SMS-MP-PS1-MP01.AD.CONTOSO.TEST", "mSSMSManagementPoint", dNSHostName=b"MP01.ad.contoso.test"),
        one("SMS-MP-PS1-MP02.AD.CONTOSO.TEST", "mSSMSManagementPoint"),
        one("SMS-MP-XYZ-MP03", "container"),
        one("something else", "mSSMSManagementPoint", dNSHostName=b"mp04.ad.contoso.test"),
    ]


def test_an_export_shows_what_sites_have_published(dc: DomainController, tmp_path: Path, visit: Visit) -> None:
    with container(dc, f"{NOBODY}(A;CI;GA;;;{sid_of(dc, 'CM01$')})") as dn:
        rights = entries(dc, dn, ["nTSecurityDescriptor"], descriptors=True)
        export = exported(dc, tmp_path, *published(dc), descriptors=rights)
    [forest] = export.fetch(SitePublishing((HOST,)), visit).forests
    [found] = forest.domains
    assert found.sites == ("PS1",)
    assert found.points == (
        PublishedPoint("mp01.ad.contoso.test", "PS1"),
        PublishedPoint("mp02.ad.contoso.test", "PS1"),
        PublishedPoint("mp04.ad.contoso.test"),
    )
    assert found.servers == (ServerRights(HOST, "full"),)
    assert forest.extended is None  # the schema is in no export
    assert [n.value for n in visit.notes if n.about == "mp01.ad.contoso.test"] == ["mp01.ad.contoso.test, site PS1"]
    export.close()


def test_without_its_access_list_the_rights_are_unknown(dc: DomainController, tmp_path: Path, visit: Visit) -> None:
    with container(dc, NOBODY):
        export = exported(dc, tmp_path)
    [forest] = export.fetch(SitePublishing((HOST,)), visit).forests
    assert forest.domains[0].servers == (ServerRights(HOST, "unknown", "its access list is not shown"),)
    export.close()


# -- whose rights --


class Known:
    def __init__(self, key: str | None, roles: Any) -> None:
        self._key, self._roles = key, roles

    def key(self, name: str) -> Any:
        if self._key is None:
            raise Unavailable(name, key=name)
        return self._key

    def answer(self, ask: Ask) -> Any:
        if self._roles is None:
            raise Unavailable("refused")
        return self._roles


def test_the_site_servers_are_those_of_the_engagement_file_and_of_the_site() -> None:
    roles = Seen(
        (RoleUse("SMS Site Server", r"\\CM02.ad.contoso.test"), RoleUse("SMS Management Point", r"\\mp01.ad.contoso.test")),
        SeesEverything("yes"),
    )
    assert SitePublishing().bind(Known("CM01.ad.contoso.test.", roles)).hosts == (HOST, "cm02.ad.contoso.test")
    assert SitePublishing().bind(Known(None, roles)).hosts == ("cm02.ad.contoso.test",)
    assert SitePublishing().bind(Known(HOST, None)).hosts == (HOST,)
    assert SitePublishing().bind(Known(None, None)).hosts == ()
