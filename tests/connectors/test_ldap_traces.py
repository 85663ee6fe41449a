"""What a real directory shows of Entra Connect, cloud sync, seamless sign-on and AD FS."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import ldap3
import msgspec
import pytest
from ldap3.protocol.microsoft import security_descriptor_control

from assess.connectors import Visit, ldap_traces
from assess.connectors.directory_export import OF_DOMAIN, ExportConnector
from assess.connectors.ldap_pki import ForestReader
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.directory import NoAnswer
from assess.evidence.traces import (
    DirectoryFederation,
    DirectorySync,
    FederationAccount,
    FederationTrail,
    KeyContainer,
    SyncAccount,
    SyncTrail,
)
from lab.descriptors import descriptor
from lab.exports import entries, ldif
from lab.forest import TENANT_DOMAIN
from lab.reading import reading
from lab.samba import DomainController

MANAGED = "msDS-GroupManagedServiceAccount"
FROM_LAB = SyncAccount("connect", "MSOL_a1b2c3d4e5f6", "ad.contoso.test", "SYNC01", TENANT_DOMAIN)


def answer(controller: DomainController, ask: Ask, visit: Visit) -> Any:
    """What the one forest answers; it survives the way through a recording."""
    whole = reading(controller).fetch(ask, visit)
    assert msgspec.json.decode(msgspec.json.encode(whole), type=ask.answer) == whole
    [forest] = whole.forests
    return forest


def noted(visit: Visit, word: str) -> list[str]:
    return [note.value for note in visit.notes if word in note.location]


@contextmanager
def managed(controller: DomainController, account: str, **more: Any) -> Iterator[str]:
    """A group managed service account."""
    dn = f"CN={account.rstrip('$')},CN=Managed Service Accounts,{controller.base}"
    fixed = {"sAMAccountName": account, "userAccountControl": "4096", "msDS-ManagedPasswordInterval": "30"}
    with controller.with_entry(dn, [MANAGED], {**fixed, **more}):
        yield dn


# -- synchronisation --


def test_the_account_tells_its_server_and_its_tenant(dc: DomainController, visit: Visit) -> None:
    with dc.with_values(f"CN=AZUREADSSOACC,CN=Computers,{dc.base}", "pwdLastSet", ["-1"]):
        found = answer(dc, DirectorySync(), visit)
    assert found.accounts == (FROM_LAB,)
    assert noted(visit, "description") == [f"Entra Connect on SYNC01 for {TENANT_DOMAIN} (account MSOL_a1b2c3d4e5f6)"]
    [sign_on] = found.sign_on
    assert sign_on.domain == "ad.contoso.test"
    assert sign_on.changed is not None
    assert noted(visit, "pwdLastSet") == [f"{sign_on.changed:%Y-%m-%d}"]
    assert sign_on.changed.tzinfo is not None
    [never] = answer(dc, DirectorySync(), visit).sign_on
    assert never.changed is None
    assert found.unread == ()


def test_every_kind_of_account(dc: DomainController, visit: Visit) -> None:
    old = "Service account for the Synchronization Service with installation identifier 'x' running on computer 'OLD-DC1'."
    with ExitStack() as stack:
        stack.enter_context(dc.with_user("AAD_0123456789ab", description=old))
        stack.enter_context(dc.with_user("MSOL_00112233aabb", description="Konto, erstellt von Entra Connect"))
        server = f"CN=SYNC02,CN=Computers,{dc.base}"
        service = stack.enter_context(managed(dc, "ADSyncMSA1f2e3$"))
        stack.enter_context(managed(dc, "provAgentgMSA$"))
        stack.enter_context(managed(dc, "pGMSA_1a2b3c4d$"))
        fields = {"sAMAccountName": "SYNC02$", "userAccountControl": "4128", "msDS-HostServiceAccount": [service]}
        stack.enter_context(dc.with_entry(server, ["computer"], fields))
        found = answer(dc, DirectorySync(), visit)
    assert {(one.kind, one.account, one.server, one.tenant) for one in found.accounts} == {
        ("connect", "MSOL_a1b2c3d4e5f6", "SYNC01", TENANT_DOMAIN),
        ("connect", "MSOL_00112233aabb", "", ""),
        ("service", "AAD_0123456789ab", "OLD-DC1", ""),
        ("service", "ADSyncMSA1f2e3$", "SYNC02", ""),
        ("agent", "provAgentgMSA$", "", ""),
        ("agent", "pGMSA_1a2b3c4d$", "", ""),
    }


def test_a_name_alone_is_no_trace(dc: DomainController, visit: Visit) -> None:
    with dc.with_user("AAD_meeting-room"), dc.with_user("MSOL_old"), dc.with_user("pGMSA_x"), dc.with_user("ADSyncMSA7$"):
        assert answer(dc, DirectorySync(), visit).accounts == (FROM_LAB,)


def test_a_disabled_account_is_told_as_one(dc: DomainController, visit: Visit) -> None:
    hostile = "running on computer <b>x</b> configured to synchronize to tenant a b"
    with dc.with_user("MSOL_ffffffffffff", description=hostile, userAccountControl="546"):
        found = {one.account: one for one in answer(dc, DirectorySync(), visit).accounts}
    assert found["MSOL_ffffffffffff"] == SyncAccount(
        "connect", "MSOL_ffffffffffff", "ad.contoso.test", "", "a", enabled=False
    )


def test_a_forest_without_traces_says_so(second_dc: DomainController, visit: Visit) -> None:
    found = answer(second_dc, DirectorySync(), visit)
    assert found.accounts == ()
    gone = f"CN=AZUREADSSOACC,CN=Computers,{second_dc.base}"
    with second_dc.connection(as_admin=True) as connection:
        connection.modify_dn(gone, "CN=RENAMED")
        connection.modify(f"CN=RENAMED,CN=Computers,{second_dc.base}", {"sAMAccountName": [(ldap3.MODIFY_REPLACE, ["RENAMED$"])]})
    try:
        found = answer(second_dc, DirectorySync(), visit)
    finally:
        with second_dc.connection(as_admin=True) as connection:
            connection.modify(
                f"CN=RENAMED,CN=Computers,{second_dc.base}", {"sAMAccountName": [(ldap3.MODIFY_REPLACE, ["AZUREADSSOACC$"])]}
            )
            connection.modify_dn(f"CN=RENAMED,CN=Computers,{second_dc.base}", "CN=AZUREADSSOACC")
    assert found.sign_on == ()
    assert noted(visit, "AZUREADSSOACC$")[-1] == "no such account is shown"


def test_one_forest_that_refuses_costs_only_itself(
    dc: DomainController, second_dc: DomainController, visit: Visit
) -> None:
    both = reading(dc, second_dc)
    os.environ["LDAP_PASSWORD_1"] = "wrong"
    trail = both.fetch(DirectorySync(), visit)
    assert isinstance(trail, SyncTrail)
    assert [one.root for one in trail.read()] == ["ad.contoso.test"]
    assert isinstance(trail.forests[1], NoAnswer)
    federation = reading(dc, second_dc)
    os.environ["LDAP_PASSWORD_1"] = "wrong"
    found = federation.fetch(DirectoryFederation(), visit)
    assert isinstance(found, FederationTrail)
    assert not found.nowhere  # one was not looked at


# -- AD FS --


@contextmanager
def adfs(controller: DomainController, access_list: str = "") -> Iterator[str]:
    """The container of its keys, as the setup of AD FS makes it, with a farm's below it."""
    container = f"CN=ADFS,CN=Microsoft,CN=Program Data,{controller.base}"
    farm = f"CN=6d2a0a1e-8f1c-4b62-b0d6-2f0e5f5b6c11,{container}"
    with controller.with_entry(container, ["container"], {}), controller.with_entry(farm, ["container"], {}):
        if access_list:
            with controller.connection(as_admin=True) as connection:
                connection.modify(
                    container,
                    {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, [descriptor(access_list, "S-1-5-21-1-2-3")])]},
                    controls=security_descriptor_control(criticality=True, sdflags=4),
                )
        yield container


def test_a_forest_that_never_had_it(dc: DomainController, visit: Visit) -> None:
    found = answer(dc, DirectoryFederation(), visit)
    assert found.containers == (KeyContainer("ad.contoso.test", there=False),)
    assert found.accounts == ()
    assert FederationTrail((found,)).nowhere
    assert noted(visit, "CN=ADFS") == ["no such object"]


@pytest.mark.parametrize("access_list", ["", "D:P(A;;GA;;;BA)"])
def test_its_container_counts_whether_it_may_be_read_or_not(dc: DomainController, visit: Visit, access_list: str) -> None:
    with adfs(dc, access_list):
        found = answer(dc, DirectoryFederation(), visit)
    assert found.containers == (KeyContainer("ad.contoso.test", there=True),)
    assert found.installed == ("ad.contoso.test",)
    assert noted(visit, "CN=ADFS") == ["there"]


def test_what_the_container_above_does_not_show_is_not_absent(dc: DomainController, visit: Visit) -> None:
    above = f"CN=Microsoft,CN=Program Data,{dc.base}"
    hidden = descriptor("D:P(A;;GA;;;BA)(A;;GA;;;DA)", "S-1-5-21-1-2-3")
    control = security_descriptor_control(criticality=True, sdflags=4)
    with dc.connection(as_admin=True) as connection:
        connection.search(above, "(objectClass=*)", ldap3.BASE, attributes=["nTSecurityDescriptor"], controls=control)
        before = connection.response[0]["raw_attributes"]["nTSecurityDescriptor"]
        connection.modify(above, {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, [hidden])]}, controls=control)
    try:
        found = answer(dc, DirectoryFederation(), visit)
    finally:
        with dc.connection(as_admin=True) as connection:
            connection.modify(above, {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, before)]}, controls=control)
    [container] = found.containers
    assert container.there is None
    assert above in container.because
    assert not FederationTrail((found,)).nowhere


def test_the_account_that_the_farm_runs_as(dc: DomainController, visit: Visit) -> None:
    names = ["HOST/STS.contoso.com", "http/sts.contoso.com", "host/short", "MSSQLSvc/db.contoso.com:1433"]
    with ExitStack() as stack:
        stack.enter_context(dc.with_user("svc-adfs", servicePrincipalName=names))
        stack.enter_context(managed(dc, "gmsa-adfs$", servicePrincipalName=["host/fs.contoso.app"]))
        stack.enter_context(dc.with_user("svc-web", servicePrincipalName=["http/intranet"]))
        stack.enter_context(dc.with_user("svc-sql2", servicePrincipalName=["MSSQLSvc/sql.contoso.com"]))
        found = answer(dc, DirectoryFederation(), visit)
    assert found.accounts == (
        FederationAccount("gmsa-adfs$", "ad.contoso.test", ("fs.contoso.app",), managed=True),
        FederationAccount("svc-adfs", "ad.contoso.test", ("sts.contoso.com",)),
    )
    trail = FederationTrail((found,))
    assert trail.runs("sts.contoso.com") == found.accounts[1]
    assert trail.runs("other.contoso.com") is None
    assert trail.below("contoso.com") == ("sts.contoso.com",)
    assert [n.value for n in visit.notes if n.about == "sts.contoso.com"] == ["account svc-adfs of ad.contoso.test"]


def test_a_domain_that_only_a_catalog_knows(dc: DomainController, visit: Visit) -> None:
    """Its container may be seen there, its absence not; without a catalog, neither."""
    child = {dc.forest.domain: dc.base, "child.ad.contoso.test": f"DC=child,{dc.base}"}
    one = reading(dc).servers()[0]

    @contextmanager
    def none() -> Iterator[Any]:
        raise Unavailable("no catalog here")
        yield

    with one.directory(visit) as session, ForestReader(session, child, none) as reader:
        found = ldap_traces.federation(reader, "ad", visit)
        assert found.containers[0] == KeyContainer("ad.contoso.test", there=False)
        assert found.containers[1] == KeyContainer("child.ad.contoso.test", there=None, because="no catalog here")
        assert ldap_traces.synchronisation(reader, "ad", visit).unread == ("child.ad.contoso.test",)


def test_an_export_tells_how_old_the_key_of_seamless_sign_on_is(dc: DomainController, tmp_path: Path, visit: Visit) -> None:
    target = tmp_path / "export"
    target.mkdir()
    with dc.with_values(f"CN=AZUREADSSOACC,CN=Computers,{dc.base}", "pwdLastSet", ["-1"]):
        live = answer(dc, DirectorySync(), visit)
        (target / "domain.ldf").write_bytes(ldif(entries(dc, dc.base, OF_DOMAIN)) + b"# requesting: " + ",".join(OF_DOMAIN).encode() + b"\r\n")
    (target / "configuration.ldf").write_bytes(ldif(entries(dc, dc.configuration)))
    export = ExportConnector(target, "export")
    [found] = export.fetch(DirectorySync(), visit).forests
    export.close()
    assert found.sign_on == live.sign_on
    assert found.sign_on[0].changed is not None
