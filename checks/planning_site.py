"""The choice of the management option, as far as the site itself decides it."""

from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
    Key,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.adminservice import Seen, Site, Sites, text
from assess.evidence.reference import ConfigMgrReleases, Releases
from assess.evidence.site_compliance import (
    Baseline,
    BaselineDeployment,
    BaselineDeployments,
    Baselines,
    ConfigurationItem,
    ConfigurationItems,
)
from assess.evidence.site_roles import Administrator, Administrators
from checks.configmgr import CENTRAL, PRIMARY
from checks.site_systems import unseen

_REMOVED_IN = 9078  # 2203, which took company resource access away
_MANAGER, _FULL = "company resource access manager", "full administrator"
_SUCCESSOR = (
    "company resource access was removed from Configuration Manager with version 2203; profiles "
    "for Wi-Fi and VPN are made in Intune, by whoever has the role Policy and Profile Manager there"
)


@check("planning.hybrid-infrastructure")
def hybrid_infrastructure(
    planned: Annotated[bool | Missing, Key("planning.configmgr_exists")],
    sites: Annotated[Seen[Site] | Missing, Sites()],
    table: Annotated[Releases, ConfigMgrReleases()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when there is a primary or central administration site in a supported version."""
    expected = "a site in a supported version, or one that is planned"
    if isinstance(sites, Missing):
        if not sites.skipped:
            return [unavailable(None, sites)]
        if isinstance(planned, Missing):
            return [unavailable(None, planned)]
        if not planned:
            observed = "planning.configmgr_exists says that there is no site, and none is planned"
            return [Fail(None, expected, observed)]
        return [unavailable(None, sites)]
    tops = [one for one in sites if one.type in (PRIMARY, CENTRAL)]
    if not tops:
        return [unseen(None, "no primary or central administration site is seen", sites.sees)]
    judged = [_supported(one, table, now, expected) for one in tops]
    return [next((one for one in judged if isinstance(one, Pass)), judged[0])]


def _supported(site: Site, table: Releases, now: datetime, expected: str) -> Outcome:
    build = site.build_number
    if not isinstance(build, int):
        because = tr("site {} comes without the property BuildNumber", site.site_code)
        return Unknown(None, because)
    said = tr("site {} has build {}", site.site_code, build)
    release = table.of(build)
    if release is None or release.ends is None:
        newer = build > max(one.build for one in table.releases)
        because = tr("{}: newer than the table of releases of {}", said, table.as_of)
        if not newer:
            because = tr(
                "{}: without an end of support in the table of releases of {}", said, table.as_of
            )
        refresh = "Name a newer table as reference.configmgr_versions."
        return Unknown(None, because, remedy=(refresh,) if newer else ())
    if release.ends < now.date():
        because = tr(
            "{}, release {}, whose support ended on {}: the site is there, and has to be updated "
            "first",
            said,
            release.version,
            release.ends,
        )
        return Unknown(None, because, remedy=("Update the site, see configmgr.supported-version.",))
    observed = tr("{}, release {}: supported until {}", said, release.version, release.ends)
    return Pass(None, observed, expected)


@check("planning.compliance-baselines")
def compliance_baselines(
    items: Annotated[Seen[ConfigurationItem] | Missing, ConfigurationItems()],
    baselines: Annotated[Seen[Baseline], Baselines()],
    deployments: Annotated[Seen[BaselineDeployment], BaselineDeployments()],
) -> Outcomes:
    """Pass when a sound baseline is deployed and enabled, and items are in use."""
    expected = "a baseline with items, and an enabled deployment of it"
    if not baselines.rows:
        if not baselines.sees.complete:
            return [unseen(None, "no configuration baseline is seen", baselines.sees)]
        own = [one for one in _rows(items) if one.is_setting]
        observed = tr("no configuration item, and no baseline")
        if own:
            observed = trn(
                len(own),
                "{n} configuration item, and no baseline",
                "{n} configuration items, and no baseline",
            )
        return [Warn(None, expected, observed)]
    sound = {
        one.ci_id: one.label
        for one in baselines
        if one.is_enabled is True and one.is_broken is not True and isinstance(one.ci_id, int)
    }
    going = [one for one in deployments if one.enabled is True]
    out = {ci for one in going for ci in _assigned(one)} & set(sound)
    if out:
        return [_with_items(", ".join(sorted(sound[ci] for ci in out)), items, expected)]
    if any(not isinstance(one.is_enabled, bool) for one in baselines):
        because = "the site does not send SMS_ConfigurationBaselineInfo.IsEnabled"
        return [Unknown(None, because)]
    if any(
        not isinstance(one.enabled, bool) or not isinstance(one.assigned_cis, tuple)
        for one in deployments
    ):
        because = "the site does not send SMS_BaselineAssignment.Enabled and AssignedCIs"
        return [Unknown(None, because)]
    named = ", ".join(one.label for one in baselines.rows[:3])
    if not deployments.sees.complete:
        what = tr("no enabled deployment of a sound baseline ({}) is seen", named)
        return [unseen(None, what, deployments.sees)]
    return [Warn(None, expected, tr("no sound baseline ({}) has an enabled deployment", named))]


def _rows(items: Seen[ConfigurationItem] | Missing) -> tuple[ConfigurationItem, ...]:
    return () if isinstance(items, Missing) else items.rows


def _assigned(one: BaselineDeployment) -> tuple[int, ...]:
    return one.assigned_cis if isinstance(one.assigned_cis, tuple) else ()


def _with_items(deployed: str, items: Seen[ConfigurationItem] | Missing, expected: str) -> Outcome:
    if isinstance(items, Missing):
        return unavailable(None, items)
    own = [one for one in items if one.is_setting]
    used = [one for one in own if one.in_use is True]
    if used:
        said = trn(
            len(used),
            "deployed: {}; {n} configuration item is in use",
            "deployed: {}; {n} configuration items are in use",
            deployed,
        )
        return Pass(None, said, expected)
    if any(not isinstance(one.in_use, bool) for one in own):
        because = tr(
            "deployed: {}; the site does not send SMS_ConfigurationItemLatest.InUse", deployed
        )
        return Unknown(None, because)
    if not items.sees.complete:
        return unseen(None, tr("deployed: {}; no item in use is seen", deployed), items.sees)
    return Warn(
        None, expected, tr("deployed: {}; no baseline holds a configuration item", deployed)
    )


@check("planning.network-permissions")
def network_permissions(
    sites: Annotated[Seen[Site], Sites()],
    admins: Annotated[Seen[Administrator], Administrators()],
) -> Outcomes:
    """Not applicable where the site is of version 2203 or later, and nobody has the role left."""
    builds = [one.build_number for one in sites if one.type in (PRIMARY, CENTRAL)]
    if not builds:
        return [unseen(None, "no primary or central administration site is seen", sites.sees)]
    numbers = [one for one in builds if isinstance(one, int)]
    if len(numbers) < len(builds):
        return [Unknown(None, "a site comes without the property BuildNumber")]
    silent = [one.about for one in admins if not isinstance(one.role_names, tuple)]
    holders = [one.about for one in admins if _MANAGER in _roles(one)]
    about = tuple(holders)
    expected = "the role Company Resource Access Manager, for somebody besides Full Administrators"
    if min(numbers) >= _REMOVED_IN:
        if holders:
            step = tr(
                "Remove the role Company Resource Access Manager from {0}: it means nothing now.",
                ", ".join(holders),
            )
            observed = tr("{} still has the role; {}", ", ".join(holders), _SUCCESSOR)
            return [Warn(None, "nobody has the role", observed, about=about, remedy=(step,))]
        if silent:
            return [Unknown(None, tr("{} comes without the property RoleNames", silent[0]))]
        if not admins.sees.complete:
            return [unseen(None, "nobody is seen with the role that was removed", admins.sees)]
        return [NotApplicable(None, _SUCCESSOR)]
    delegated = [
        one.about for one in admins if _MANAGER in _roles(one) and _FULL not in _roles(one)
    ]
    if delegated:
        return [Pass(None, tr("{} has the role", ", ".join(delegated)), expected, about=about)]
    because = "nobody is seen with the role; whether the duty is to be delegated, nobody has said"
    return [Unknown(None, because)]


def _roles(one: Administrator) -> set[str]:
    names = one.role_names if isinstance(one.role_names, tuple) else ()
    return {text(name).strip().lower() for name in names}
