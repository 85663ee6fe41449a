"""Every verdict about what the choice of the management option asks of the site."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Manual, Missing, NotApplicable, Pass, Unknown, Warn
from assess.evidence.adminservice import Site
from assess.evidence.reference import Release, Releases
from assess.evidence.site_compliance import Baseline, BaselineDeployment, ConfigurationItem
from assess.evidence.site_roles import Administrator
from checks.planning_site import compliance_baselines, hybrid_infrastructure, network_permissions
from sitecloud import ALL, LESS, MAYBE, REFUSED, seen, site, unset, verdict

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TABLE = Releases(
    date(2026, 11, 20),
    (Release("2509", 9141, date(2025, 11, 12), date(2027, 5, 12)), Release("2503", 9135, None, date(2026, 9, 30)), Release("1602", 8355)),
)
NOT_SET_UP = Missing("[site] is not set up in a.toml", "Set [site] provider_fqdn.", "site.provider_fqdn", skipped=True)
NO_KEY = unset("planning.configmgr_exists")


@pytest.mark.parametrize(
    ("planned", "sites", "kind"),
    [
        (True, seen(site(9141)), Pass),
        (NO_KEY, seen(site(9141)), Pass),
        (False, seen(site(9141, type=4)), Pass),
        (True, seen(site(9135), site(9141)), Pass),
        (True, seen(site(9135)), Unknown),
        (True, seen(site(9999)), Unknown),
        (True, seen(site(8355)), Unknown),
        (True, seen(site(UNSET)), Unknown),
        (True, seen(site(9141, type=1)), Unknown),
        (True, seen(sees=MAYBE), Unknown),
        (False, seen(sees=LESS), Unknown),
        (False, NOT_SET_UP, Fail),
        (True, NOT_SET_UP, Manual),
        (NO_KEY, NOT_SET_UP, Manual),
        (False, REFUSED, Unknown),
        (NO_KEY, REFUSED, Unknown),
    ],
)
def test_hybrid_infrastructure(planned: Any, sites: Any, kind: type) -> None:
    assert verdict(hybrid_infrastructure(planned, sites, TABLE, NOW)) is kind


def item(used: Any = True, kind: Any = 7) -> ConfigurationItem:
    return ConfigurationItem(1, kind, used)


SOUND = Baseline(10, "Windows security", True, False)
GOING = BaselineDeployment((10, 11), True, "SMS00001")


@pytest.mark.parametrize(
    ("items", "baselines", "deployments", "kind"),
    [
        (seen(item()), seen(SOUND), seen(GOING), Pass),
        (seen(item(), sees=MAYBE), seen(SOUND, sees=MAYBE), seen(GOING, sees=MAYBE), Pass),
        (seen(item()), seen(SOUND), seen(), Warn),
        (seen(item()), seen(SOUND), seen(BaselineDeployment((10,), False, "x")), Warn),
        (seen(item()), seen(SOUND), seen(BaselineDeployment((99,), True, "x")), Warn),
        (seen(item()), seen(Baseline(10, "Broken", True, True)), seen(GOING), Warn),
        (seen(item()), seen(Baseline(10, "Off", False, False)), seen(GOING), Warn),
        (seen(item(used=False)), seen(SOUND), seen(GOING), Warn),
        (seen(item(kind=2)), seen(SOUND), seen(GOING), Warn),
        (seen(item()), seen(), seen(), Warn),
        (seen(), seen(), seen(), Warn),
        (REFUSED, seen(), seen(), Warn),
        (REFUSED, seen(SOUND), seen(GOING), Unknown),
        (seen(item(used=UNSET)), seen(SOUND), seen(GOING), Unknown),
        (seen(sees=MAYBE), seen(SOUND), seen(GOING), Unknown),
        (seen(item()), seen(sees=MAYBE), seen(), Unknown),
        (seen(item()), seen(SOUND), seen(sees=MAYBE), Unknown),
        (seen(item()), seen(Baseline(10, "x", UNSET, False)), seen(GOING), Unknown),
        (seen(item()), seen(SOUND), seen(BaselineDeployment(UNSET, True, "x")), Unknown),
        (seen(item()), seen(SOUND), seen(BaselineDeployment((10,), UNSET, "x")), Unknown),
    ],
)
def test_compliance_baselines(items: Any, baselines: Any, deployments: Any, kind: type) -> None:
    assert verdict(compliance_baselines(items, baselines, deployments)) is kind


def admin(name: str, *roles: str) -> Administrator:
    return Administrator(name, roles, ("All",), ("All Systems",), False)


FULL, MANAGER = admin("CORP\\full", "Full Administrator"), admin("CORP\\mdm", "Company Resource Access Manager")
BOTH = admin("CORP\\both", "Full Administrator", "Company Resource Access Manager")


@pytest.mark.parametrize(
    ("sites", "admins", "kind"),
    [
        (seen(site(9141)), seen(FULL), NotApplicable),
        (seen(site(9078)), seen(FULL), NotApplicable),
        (seen(site(9141)), seen(FULL, MANAGER), Warn),
        (seen(site(9141)), seen(FULL, sees=MAYBE), Unknown),
        (seen(site(9141)), seen(FULL, MANAGER, sees=MAYBE), Warn),
        (seen(site(9141)), seen(FULL, Administrator("CORP\\x")), Unknown),
        (seen(site(9068)), seen(FULL, MANAGER), Pass),
        (seen(site(9068)), seen(FULL), Unknown),
        (seen(site(9068)), seen(BOTH), Unknown),
        (seen(site(9141), site(9068)), seen(FULL, MANAGER), Pass),
        (seen(site(UNSET)), seen(FULL), Unknown),
        (seen(Site("S01", type=1, build_number=9141)), seen(FULL), Unknown),
        (seen(sees=ALL), seen(FULL), Unknown),
    ],
)
def test_network_permissions(sites: Any, admins: Any, kind: type) -> None:
    assert verdict(network_permissions(sites, admins)) is kind
