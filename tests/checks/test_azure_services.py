"""Every verdict about the tenant that the site is connected to, and discovery there."""

from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Missing, Pass, Table, Unknown, Warn
from assess.evidence.adminservice import DiscoveredUser, Users
from assess.evidence.config import Attested
from assess.evidence.site_cloud import (
    CloudService,
    ConnectedTenant,
    Discovery,
    TenantApplication,
)
from checks.azure_services import apps_visible, cloud_management, full_discovery, user_discovery
from logwriter import NOT_SENT, NOW
from sitecloud import ALL, MAYBE, REFUSED, seen, unset, verdict

TENANT, OTHER = "3f9d2c10-5b7e-4d0a-9c55-0a1b2c3d4e5f", "99999999-5b7e-4d0a-9c55-0a1b2c3d4e5f"
OURS, THEIRS = ConnectedTenant(1, "Contoso", TENANT.upper()), ConnectedTenant(2, "Fabrikam", OTHER)
SERVICE = CloudService(16777217, "Cloud", 1)
DISCOVERY = Discovery(16777217, 5, True, True, "2026-11-20T10:00:00Z", "2026-11-19T10:00:00Z")
GROUPS = Discovery(16777217, 6, True, True)
UNASKED = unset("[attestations] x")


@pytest.mark.parametrize(
    ("tenants", "services", "discoveries", "kind"),
    [
        (seen(OURS), seen(SERVICE), seen(DISCOVERY), Pass),
        (seen(OURS, sees=MAYBE), seen(SERVICE, sees=MAYBE), seen(DISCOVERY, sees=MAYBE), Pass),
        (seen(OURS, THEIRS), seen(SERVICE), seen(DISCOVERY), Warn),
        (seen(THEIRS), seen(SERVICE), seen(DISCOVERY), Fail),
        (seen(THEIRS, sees=MAYBE), seen(SERVICE), seen(DISCOVERY), Unknown),
        (seen(), seen(SERVICE), seen(DISCOVERY), Fail),
        (seen(sees=MAYBE), seen(SERVICE), seen(DISCOVERY), Unknown),
        (seen(ConnectedTenant(1, "Contoso")), seen(SERVICE), seen(DISCOVERY), Unknown),
        (seen(OURS), seen(), seen(), Fail),
        (seen(OURS), seen(sees=MAYBE), seen(), Unknown),
        (seen(OURS), seen(SERVICE), seen(), Unknown),
        (seen(OURS), seen(SERVICE), seen(Discovery(7)), Unknown),
        (seen(OURS), seen(SERVICE), REFUSED, Unknown),
        (seen(OURS), seen(CloudService(name="Cloud")), seen(DISCOVERY), Unknown),
    ],
)
def test_cloud_management(tenants: Any, services: Any, discoveries: Any, kind: type) -> None:
    assert verdict(cloud_management(TENANT, tenants, services, discoveries)) is kind


def test_an_unconfirmed_service_type_is_named() -> None:
    last = cloud_management(TENANT, seen(OURS), seen(CloudService(3, "Cloud", 42)), seen())[-1]
    assert isinstance(last, Unknown)
    assert "SMS_Azure_CloudService.ServiceType" in last.because
    assert "42" in last.because


def users(*ids: Any, sees: Any = ALL) -> Users:
    rows = [DiscoveredUser(n, aad_user_id=one) for n, one in enumerate(ids)]
    return Users(Table.of(rows), sees)


NOBODY = users("", None, UNSET, "00000000-0000-0000-0000-000000000000")
SOME = users("", "aaaaaaaa-0000-4000-8000-000000000001")


@pytest.mark.parametrize(
    ("settings", "found", "kind"),
    [
        (seen(DISCOVERY, GROUPS), SOME, Pass),
        (seen(DISCOVERY, GROUPS, sees=MAYBE), SOME, Pass),
        (seen(Discovery(1, 5, True, False), GROUPS), SOME, Pass),
        (seen(DISCOVERY), SOME, Unknown),
        (seen(DISCOVERY, DISCOVERY), SOME, Unknown),
        (seen(DISCOVERY, Discovery(1, 6, False, False)), SOME, Unknown),
        (seen(DISCOVERY, Discovery(1, 6)), SOME, Unknown),
        (seen(DISCOVERY, Discovery(1, UNSET, True, True)), SOME, Unknown),
        (seen(DISCOVERY, GROUPS), NOBODY, Unknown),
        (seen(DISCOVERY, GROUPS), REFUSED, Unknown),
        (seen(), SOME, Fail),
        (seen(sees=MAYBE), SOME, Unknown),
        (seen(Discovery(1, 5, False, False)), SOME, Fail),
        (seen(Discovery(1, 5, False, False), sees=MAYBE), SOME, Unknown),
        (seen(Discovery(1, 5)), SOME, Unknown),
        (seen(Discovery(1, 5, False, UNSET)), SOME, Unknown),
    ],
)
def test_user_discovery(settings: Any, found: Any, kind: type) -> None:
    assert verdict(user_discovery(settings, found, NOT_SENT, NOW)) is kind


def test_an_unconfirmed_agent_type_is_named() -> None:
    (outcome,) = user_discovery(seen(DISCOVERY), SOME, NOT_SENT, NOW)
    assert isinstance(outcome, Unknown)
    assert "AgentType is 5" in outcome.because


@pytest.mark.parametrize(
    ("settings", "found", "kind"),
    [
        (seen(DISCOVERY), SOME, Pass),
        (seen(DISCOVERY), NOBODY, Unknown),
        (seen(DISCOVERY), REFUSED, Unknown),
        (
            seen(Discovery(1, 5, True, True, "2026-11-20T10:00:00Z", "1970-01-01T00:00:00Z")),
            SOME,
            Warn,
        ),
        (seen(Discovery(1, 5, True, True, "2026-11-20T10:00:00Z", UNSET)), SOME, Warn),
        (seen(Discovery(1, 5, True, True, UNSET, None)), SOME, Unknown),
        (seen(), SOME, Unknown),
    ],
)
def test_full_discovery(settings: Any, found: Any, kind: type) -> None:
    assert verdict(full_discovery(settings, found, NOT_SENT, NOW)) is kind


def app(*, client: Any, tenant: Any = 1) -> TenantApplication:
    return TenantApplication("App", "id", client, tenant)


BOTH = (app(client=True), app(client=False))


@pytest.mark.parametrize(
    ("tenants", "apps", "kind"),
    [
        (seen(OURS), seen(*BOTH), Pass),
        (seen(OURS, sees=MAYBE), seen(*BOTH, sees=MAYBE), Pass),
        (seen(OURS), seen(app(client=True)), Fail),
        (seen(OURS), seen(app(client=True), app(client=True)), Fail),
        (seen(OURS), seen(), Fail),
        (seen(OURS), seen(app(client=True), app(client=False, tenant=2)), Fail),
        (seen(THEIRS), seen(*BOTH), Fail),
        (seen(THEIRS, sees=MAYBE), seen(*BOTH), Unknown),
        (seen(OURS), seen(app(client=True), sees=MAYBE), Unknown),
        (seen(OURS), seen(app(client=UNSET), app(client=True)), Unknown),
        (seen(OURS), seen(app(client=True), app(client=False, tenant=UNSET)), Unknown),
        (REFUSED, seen(*BOTH), Unknown),
        (seen(OURS), REFUSED, Unknown),
    ],
)
def test_apps_visible(tenants: Any, apps: Any, kind: type) -> None:
    assert verdict(apps_visible(TENANT, tenants, apps, UNASKED)) is kind
    answered: Any = (Pass, Fail) if kind is Unknown else (kind, kind)
    if REFUSED in (tenants, apps):
        answered = (Unknown, Fail)
    assert (
        verdict(apps_visible(TENANT, tenants, apps, Attested(True, by="A. Meyer"))) is answered[0]
    )
    assert verdict(apps_visible(TENANT, tenants, apps, Attested(False))) is answered[1]


def test_apps_visible_where_nobody_asked_the_site() -> None:
    aside = Missing("[site] is not set up", "Set it.", skipped=True)
    assert verdict(apps_visible(TENANT, aside, aside, UNASKED)) is Unknown
    assert verdict(apps_visible(TENANT, aside, aside, Attested(True))) is Pass
    assert verdict(apps_visible(TENANT, aside, REFUSED, Attested(True))) is Unknown
