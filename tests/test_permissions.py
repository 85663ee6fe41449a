"""The rights are those of the questions that the chosen checks ask, and no others."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import pytest

from assess.check import Outcomes, Pass, check
from assess.discover import library
from assess.engagement import engagement_from
from assess.evidence import Ask
from assess.evidence.adminservice import READ_ONLY_ANALYST, AzureServices, CollectionMembers
from assess.evidence.arm import READER, Subscriptions
from assess.evidence.config import Key
from assess.evidence.dns import Cname
from assess.evidence.graph import Domains, GraphList, IntuneSubscription, SubscribedSkus
from assess.permissions import (
    SignIn,
    as_json,
    database_rights,
    grants,
    lacking,
    manifest,
    reads_database,
    rights,
    sign_in_of,
    without_id,
)
from cloud.sample import TOOL

GRAPH = "00000003-0000-0000-c000-000000000000"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Policy(msgspec.Struct, frozen=True):
    id: str


class MobilityPolicies(GraphList, frozen=True):
    """Who may enrol automatically.

    A person's permission only.
    """

    answer: ClassVar[Any] = tuple[Policy, ...]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/policies/mobileDeviceManagementPolicies"
    item: ClassVar[type[msgspec.Struct]] = Policy
    delegated: ClassVar[tuple[str, ...]] = ("Policy.Read.All",)
    delegated_only: ClassVar[bool] = True


class Strange(GraphList, frozen=True):
    """Something new."""

    item: ClassVar[type[msgspec.Struct]] = Policy
    path: ClassVar[str] = "/new"
    permissions: ClassVar[tuple[str, ...]] = ("Novelty.Read.All",)


class Undeclared(Ask, frozen=True):
    source: ClassVar[str] = "elsewhere"
    permissions: ClassVar[tuple[str, ...]] = ()


@check("identity.domain-verified")
def verified(
    domains: Annotated[object, Domains()], name: Annotated[str, Key("cmg.service_name")]
) -> Outcomes:
    yield Pass(None, f"{domains}{name}")


@check("licence.intune-subscription")
def licensed(
    skus: Annotated[object, SubscribedSkus()],
    domains: Annotated[object, Domains()],
    intune: Annotated[object, IntuneSubscription()],
) -> Outcomes:
    yield Pass(None, f"{skus}{domains}{intune}")


@check("licence.user-assignment")
def members(
    found: Annotated[object, CollectionMembers("{mdm.user_collection_id}")],
    services: Annotated[object, AzureServices()],
) -> Outcomes:
    yield Pass(None, f"{found}{services}")


@check("autoenroll.mdm-scope")
def scoped(policies: Annotated[object, MobilityPolicies()]) -> Outcomes:
    yield Pass(None, f"{policies}")


@check("azure.subscription")
def subscribed(found: Annotated[object, Subscriptions()]) -> Outcomes:
    yield Pass(None, f"{found}")


@check("dns.cmg-cname")
def aliased(found: Annotated[object, Cname("{cmg.service_name}")]) -> Outcomes:
    yield Pass(None, f"{found}")


def test_each_right_names_what_it_reads_and_for_which_requirements() -> None:
    found = {right.name: right for right in rights([verified, licensed])}
    assert list(found) == [
        "DeviceManagementServiceConfig.Read.All", "Domain.Read.All", "LicenseAssignment.Read.All",
    ]  # fmt: skip
    domains = found["Domain.Read.All"]
    assert domains.requirements == ("identity.domain-verified", "licence.intune-subscription")
    assert domains.reads == ("All domains of the tenant, verified or not",)
    assert (domains.source, domains.sign_in) == ("graph", SignIn.APPLICATION)


def test_questions_that_another_one_requires_count_too() -> None:
    [right] = rights([members])
    assert (right.source, right.name) == ("adminservice", READ_ONLY_ANALYST)
    assert right.requirements == ("licence.user-assignment",)
    assert "All discovered users of the site" in right.reads
    assert right.sign_in is None
    assert right.id == ""


def test_sources_come_in_their_order_and_no_check_needs_no_right() -> None:
    found = rights([members, subscribed, aliased, verified])
    assert [right.source for right in found] == ["dns", "graph", "azure-arm", "adminservice"]
    assert found[2].name == READER
    assert rights([]) == []


def test_a_right_that_nobody_declared_is_said() -> None:
    @check("site.version")
    def careless(found: Annotated[object, Undeclared()]) -> Outcomes:
        yield Pass(None, f"{found}")

    [right] = rights([careless])
    assert (right.source, right.name) == ("elsewhere", "not declared by the question")


@pytest.mark.parametrize(
    ("sign_in", "out_of_reach"), [(SignIn.APPLICATION, True), (SignIn.DELEGATED, False)]
)
def test_what_only_a_person_may_have_is_out_of_an_applications_reach(
    sign_in: SignIn, out_of_reach: bool
) -> None:
    [right] = rights([scoped], sign_in)
    assert (right.name, right.out_of_reach, right.sign_in) == (
        "Policy.Read.All", out_of_reach, SignIn.DELEGATED,
    )  # fmt: skip
    assert right.id == "572fea84-0151-49b2-9301-11cb16974376"
    assert bool(manifest([right], sign_in)["requiredResourceAccess"]) is not out_of_reach


def test_the_manifest_of_an_application_holds_roles() -> None:
    found = rights([verified, licensed, scoped, subscribed, members])
    assert manifest(found, SignIn.APPLICATION) == {
        "requiredResourceAccess": [
            {
                "resourceAppId": GRAPH,
                "resourceAccess": [
                    {"id": "06a5fe6d-c49d-46a7-b082-56b1b14103c7", "type": "Role"},
                    {"id": "dbb9058a-0e50-45d7-ae91-66909b5d4664", "type": "Role"},
                    {"id": "e2f98668-2877-4f38-a2f4-8202e0717aa1", "type": "Role"},
                ],
            }
        ]
    }


def test_the_manifest_of_a_person_holds_scopes_and_the_sign_in() -> None:
    found = rights([verified, scoped, subscribed], SignIn.DELEGATED)
    [graph, azure] = manifest(found, SignIn.DELEGATED)["requiredResourceAccess"]
    assert {one["type"] for one in graph["resourceAccess"]} == {"Scope"}
    assert {one["id"] for one in graph["resourceAccess"]} == {
        "2f9ee017-59c1-4f1d-9472-bd5529a7b311",
        "572fea84-0151-49b2-9301-11cb16974376",
        "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
    }
    assert azure["resourceAppId"] == "797f4846-ba00-4fd7-ba43-dac1f8f63013"


def test_a_permission_without_a_known_id_is_named_instead() -> None:
    @check("site.version")
    def new(found: Annotated[object, Strange()]) -> Outcomes:
        yield Pass(None, f"{found}")

    found = rights([new])
    assert without_id(found) == ["Novelty.Read.All"]
    assert manifest(found, SignIn.APPLICATION) == {"requiredResourceAccess": []}


@pytest.mark.parametrize("sign_in", list(SignIn))
def test_every_built_in_check_needs_known_read_only_rights(sign_in: SignIn) -> None:
    found = rights(library().checks.values(), sign_in)
    assert without_id(found) == []
    for right in found:
        assert right.requirements
        assert right.reads
        assert "Write" not in right.name
        assert right.name != "not declared by the question", right
        assert bool(right.id) == (right.source == "graph")
        assert not right.id or GUID.fullmatch(right.id)
    assert len({right.id for right in found if right.id}) == len([r for r in found if r.id])


def test_json_says_the_same() -> None:
    found = rights([verified, members, scoped])
    read = json.loads(json.dumps(as_json(found)))
    assert [(one["source"], one["right"], one["sign_in"]) for one in read] == [
        ("graph", "Domain.Read.All", "application"),
        ("graph", "Policy.Read.All", "delegated"),
        ("adminservice", READ_ONLY_ANALYST, None),
    ]
    assert [one["id"] is None for one in read] == [False, False, True]
    assert read[1]["out_of_reach"] is True


@pytest.mark.parametrize(
    ("held", "lacks"),
    [
        (set(), ["DeviceManagementServiceConfig.Read.All", "Domain.Read.All", "LicenseAssignment.Read.All"]),
        ({"Domain.Read.All"}, ["DeviceManagementServiceConfig.Read.All", "LicenseAssignment.Read.All"]),
        ({"Directory.Read.All"}, ["DeviceManagementServiceConfig.Read.All"]),
        ({"Directory.ReadWrite.All", "DeviceManagementServiceConfig.ReadWrite.All"}, []),
        (set(TOOL.application), []),
    ],
)  # fmt: skip
def test_a_broader_permission_covers_a_narrower_one(held: set[str], lacks: list[str]) -> None:
    assert [right.name for right in lacking(rights([verified, licensed, scoped]), held)] == lacks


@pytest.mark.parametrize(
    ("method", "sign_in"),
    [
        (None, SignIn.APPLICATION),
        ("client-secret", SignIn.APPLICATION),
        ("certificate", SignIn.APPLICATION),
        ("managed-identity", SignIn.APPLICATION),
        ("device-code", SignIn.DELEGATED),
        ("interactive", SignIn.DELEGATED),
    ],
)
def test_who_signs_in_stands_in_the_engagement_file(method: str | None, sign_in: SignIn) -> None:
    auth = {} if method is None else {"tenant": {"auth": {"method": method}}}
    data = {"engagement": {"name": "c", "scenarios": ["co-management-pki"]}, **auth}
    assert sign_in_of(engagement_from(data, file="c.toml", folder=Path())) is sign_in


def test_without_an_engagement_file_an_application_signs_in() -> None:
    assert sign_in_of(None) is SignIn.APPLICATION


# -- the site database --


def test_the_site_database_is_granted_view_by_view_for_what_needs_it() -> None:
    known = library().checks
    found = database_rights([known["scp.online-mode"], known["identity.discovered-upn-consistent"]])
    assert {right.source for right in found} == {"sql"}
    by_view = {right.name.split()[2]: right for right in found}
    assert by_view["dbo.SC_SysResUse_Property"].name == (
        "SELECT on dbo.SC_SysResUse_Property (Name, SysResUseID, Value3)"
    )
    assert by_view["dbo.SC_SysResUse_Property"].requirements == ("scp.online-mode",)
    users = by_view["dbo.v_R_User"]
    assert users.name.endswith("(AADUserID, AADUserID0, ResourceID, Unique_User_Name0, User_Principal_Name0)")
    assert users.requirements == ("identity.discovered-upn-consistent",)
    assert "dbo.vSMS_AAD_Application_Ex" not in by_view
    assert not [right for right in rights(known.values()) if right.source == "sql"]


def test_the_script_holds_no_more_than_the_checks_need() -> None:
    known = library().checks
    script = grants([known["scp.installed"]], "CONTOSO\\assessor")
    assert "v_SystemResourceList" in script
    assert "v_R_User" not in script
    assert grants([known["dns.cmg-cname"]], "x").count("GRANT") == 0


@pytest.mark.parametrize(("site", "expected"), [({}, False), ({"sql_server": "sql01.contoso.com"}, True)])
def test_a_database_that_is_not_set_up_needs_no_right(site: dict[str, str], expected: bool) -> None:
    tables = {"engagement": {"name": "x", "scenarios": ["hybrid-mdm"]}, "site": site}
    assert reads_database(engagement_from(tables, file="x.toml", folder=Path())) is expected
    assert reads_database(None)
