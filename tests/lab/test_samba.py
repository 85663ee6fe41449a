"""The domain controllers answer ldap3 as Active Directory does."""

import ssl
from dataclasses import replace
from pathlib import Path

import ldap3
import pytest
from ldap3.core.exceptions import (
    LDAPException,
    LDAPInvalidCredentialsResult,
    LDAPStrongerAuthRequiredResult,
)
from ldap3.protocol.microsoft import security_descriptor_control

from lab.forest import CMG_TEMPLATE, CONTOSO, FABRIKAM, FABRIKAM_TENANT_ID, TENANT_ID, Forest
from lab.pki import Pki
from lab.samba import DomainController, domain_controller

pytestmark = pytest.mark.server

PEOPLE = "(&(objectCategory=person)(objectClass=user))"


def connect(
    url: str,
    controller: DomainController,
    *,
    ca_file: Path | None = None,
    password: str | None = None,
) -> ldap3.Connection:
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(ca_file or controller.ca_file))
    server = ldap3.Server(url, tls=tls, get_info=ldap3.NONE, connect_timeout=5)
    return ldap3.Connection(
        server,
        controller.user,
        password or controller.password,
        receive_timeout=2,
        raise_exceptions=True,
    )


def accounts(controller: DomainController) -> dict[str, str | None]:
    """sAMAccountName to userPrincipalName, read in pages of 10."""
    with controller.connection() as connection:
        found = connection.extend.standard.paged_search(
            controller.base,
            PEOPLE,
            attributes=["sAMAccountName", "userPrincipalName"],
            paged_size=10,
            generator=True,
        )
        raw = [entry["raw_attributes"] for entry in found if entry["type"] == "searchResEntry"]
    return {
        entry["sAMAccountName"][0].decode(): entry["userPrincipalName"][0].decode()
        if entry["userPrincipalName"]
        else None
        for entry in raw
    }


@pytest.mark.parametrize("by", ["url", "url_by_address"])
def test_ldaps_is_verified_by_name_and_by_address(dc: DomainController, by: str) -> None:
    connection = connect(getattr(dc, by), dc)
    assert connection.bind()
    connection.unbind()


def test_start_tls(dc: DomainController) -> None:
    connection = connect(dc.plain_url, dc)
    connection.open()
    assert connection.start_tls()
    assert connection.bind()
    connection.unbind()


def test_the_certificate_of_another_authority_is_refused(dc: DomainController) -> None:
    with pytest.raises(LDAPException, match=r"local issuer certificate|self-signed certificate"):
        connect(dc.url, dc, ca_file=dc.other_ca_file).bind()


def test_a_simple_bind_without_tls_is_refused(dc: DomainController) -> None:
    connection = connect(dc.plain_url, dc)
    with pytest.raises(LDAPStrongerAuthRequiredResult):
        connection.bind()
    connection.unbind()


def test_a_wrong_password_is_refused(dc: DomainController) -> None:
    connection = connect(dc.url, dc, password="wrong")
    with pytest.raises(LDAPInvalidCredentialsResult, match="data 52e"):
        connection.bind()
    connection.unbind()


def test_every_seeded_user_is_read_in_pages(
    dc: DomainController, second_dc: DomainController
) -> None:
    for controller, forest in ((dc, CONTOSO), (second_dc, FABRIKAM)):
        read = accounts(controller)
        assert {user.account: user.upn for user in forest.users}.items() <= read.items()


def test_two_users_may_have_one_name_but_for_its_case(dc: DomainController) -> None:
    with dc.connection() as connection:
        connection.search(
            dc.base, "(userPrincipalName=al@contoso.com)", attributes=["userPrincipalName"]
        )
        found = [entry for entry in connection.response if entry["type"] == "searchResEntry"]
    assert {entry["raw_attributes"]["userPrincipalName"][0] for entry in found} == {
        b"Al@contoso.com",
        b"al@contoso.com",
    }


@pytest.mark.parametrize("forest", [CONTOSO, FABRIKAM], ids=lambda forest: str(forest.netbios))
def test_the_suffixes_and_the_tenant_of_a_forest(
    forest: Forest, dc: DomainController, second_dc: DomainController
) -> None:
    controller = dc if forest is CONTOSO else second_dc
    with controller.connection() as connection:
        connection.search(
            f"CN=Partitions,{controller.configuration}",
            "(objectClass=*)",
            ldap3.BASE,
            attributes=["uPNSuffixes"],
        )
        suffixes = {
            value.decode() for value in connection.response[0]["raw_attributes"]["uPNSuffixes"]
        }
        connection.search(
            controller.configuration, "(keywords=azureADId:*)", attributes=["keywords"]
        )
        keywords = {
            value.decode() for value in connection.response[0]["raw_attributes"]["keywords"]
        }
    assert suffixes == set(forest.suffixes)
    assert f"azureADId:{TENANT_ID if forest is CONTOSO else FABRIKAM_TENANT_ID}" in keywords


def test_certificate_templates_and_their_descriptors_can_be_read_without_rights(
    dc: DomainController,
) -> None:
    services = f"CN=Public Key Services,CN=Services,{dc.configuration}"
    with dc.connection() as connection:
        connection.search(
            f"CN={CMG_TEMPLATE},CN=Certificate Templates,{services}",
            "(objectClass=pKICertificateTemplate)",
            ldap3.BASE,
            attributes=["msPKI-Private-Key-Flag", "pKIExtendedKeyUsage", "nTSecurityDescriptor"],
            controls=security_descriptor_control(sdflags=0x5),
        )
        template = connection.response[0]["raw_attributes"]
        connection.search(
            f"CN=Enrollment Services,{services}",
            "(objectClass=pKIEnrollmentService)",
            attributes=["certificateTemplates"],
        )
        published = connection.response[0]["raw_attributes"]["certificateTemplates"]
    assert int(template["msPKI-Private-Key-Flag"][0]) & 0x10
    assert template["pKIExtendedKeyUsage"] == [b"1.3.6.1.5.5.7.3.1"]
    assert template["nTSecurityDescriptor"][0][0] == 1
    assert CMG_TEMPLATE.encode() in published


def test_the_reader_may_not_write(dc: DomainController) -> None:
    with (
        dc.connection() as connection,
        pytest.raises(LDAPException, match="insufficientAccessRights"),
    ):
        connection.modify(dc.user_dn, {"description": [(ldap3.MODIFY_REPLACE, ["changed"])]})


def test_what_a_test_adds_is_gone_afterwards(dc: DomainController) -> None:
    with dc.with_user("temporary", "temporary@contoso.com", mail="t@contoso.com"):
        assert accounts(dc)["temporary"] == "temporary@contoso.com"
    assert "temporary" not in accounts(dc)


def test_what_a_test_changes_is_put_back(dc: DomainController) -> None:
    partitions = f"CN=Partitions,{dc.configuration}"

    def suffixes() -> list[bytes]:
        with dc.connection() as connection:
            connection.search(partitions, "(objectClass=*)", ldap3.BASE, attributes=["uPNSuffixes"])
            values: list[bytes] = connection.response[0]["raw_attributes"]["uPNSuffixes"]
            return sorted(values)

    before = suffixes()
    with dc.with_values(partitions, "uPNSuffixes", ["other.test"]):
        assert suffixes() == [b"other.test"]
    with dc.with_values(partitions, "uPNSuffixes", []):
        assert suffixes() == []
    assert suffixes() == before


def test_a_hanging_controller_is_a_timeout(dc: DomainController) -> None:
    connection = connect(dc.url, dc)
    connection.open()
    with dc.hanging(), pytest.raises(LDAPException, match="timed out"):
        connection.bind()
    connection.unbind()


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # ldap3 leaves this socket open
def test_a_controller_may_show_another_certificate(tmp_path: Path, pki: Pki) -> None:
    """At an address of its own, so that it does not meet the session's controllers."""
    elsewhere = replace(FABRIKAM, address="127.77.0.40")
    wrong = pki.issue(pki.root(), "wrong.fabrikam.test", names=["wrong.fabrikam.test"])
    with (
        domain_controller(elsewhere, tmp_path / "dc", wrong) as controller,
        pytest.raises(LDAPException, match=r"doesn.t match|certificate"),
    ):
        connect(controller.url_by_address, controller).bind()
