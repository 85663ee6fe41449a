"""Profiles that give devices mail, networks and certificates, by platform; and what serves them.

What nobody requires needs no profile. What the chosen management option cannot do fails, whatever
is configured.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Annotated

from assess.check import (
    AsOf,
    Attestation,
    Attested,
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
from assess.evidence.devices import word
from assess.evidence.graph import Perhaps, moment
from assess.evidence.policies import (
    AssignedApp,
    AssignedApps,
    Connector,
    Connectors,
    ExchangeConnector,
    ExchangeConnectors,
    Profile,
    ProfileAssignments,
    Profiles,
    platform_of,
)
from assess.options import Support, says
from checks.policies import Targets, configured, platforms_of

OFFICE_365, HYBRID = "mdm-office-365", "hybrid"
# What the tables of the planning guide call impossible, by option.
# Which platforms can start a VPN by themselves, by capability.
_TRIGGERS = {
    "network.vpn-trigger-dns": {"windows", "ios"},
    "network.vpn-trigger-app": {"windows"},
}
_OLDEST_CONNECTOR = (6, 2406, 0, 1001)
_STALE = timedelta(hours=24)

_Profiles = tuple[Profile, ...] | Missing


def _by_platform(
    what: str,
    platforms: list[str],
    profiles: _Profiles,
    targets: Targets | Missing,
    fits: Callable[[Profile], bool],
) -> Iterator[Outcome]:
    """One outcome a platform: whether an assigned profile of the kind is there."""
    expected = tr("an assigned {}", what)
    for name, platform in platforms_of(platforms).items():
        shelf = configured(platform, profiles, targets)
        found = [profile for profile in shelf.profiles if fits(profile)]
        gap = shelf.gap(name)
        if not platform:
            yield Unknown(name, tr("{} is no platform that this version knows", name))
        elif found:
            yield Pass(name, ", ".join(profile.label for profile in found), expected)
        else:
            yield gap if gap is not None else Warn(name, expected, tr("no {} is assigned", what))


def _named(*words: str) -> Callable[[Profile], bool]:
    return lambda profile: any(word in profile.kind for word in words)


# -- mail --


@check("planning.email-option")
def email_option(
    capabilities: Annotated[list[str], Key("planning.required_capabilities")],
    platforms: Annotated[list[str], Key("planning.platforms")],
    option: Annotated[str | Missing, Key("planning.chosen_option")],
    profiles: Annotated[_Profiles, Profiles()],
    targets: Annotated[Targets | Missing, ProfileAssignments()],
    apps: Annotated[tuple[AssignedApp, ...] | Missing, AssignedApps()],
) -> Outcomes:
    """Pass when each platform has an assigned mail profile, or Outlook as a managed app."""
    required = {one for one in capabilities if one.startswith("email.")}
    if not required:
        yield NotApplicable(None, "planning.required_capabilities asks for no e-mail")
        return
    expected = "the chosen option supports the required e-mail capabilities"
    if isinstance(option, Missing):
        yield unavailable(None, option)
    elif lacking := sorted(name for name in required if says(name, option) is Support.NO):
        yield Fail(None, expected, tr("{} does not support {}", option, ", ".join(lacking)))
    mail = _named("easemail", "gmaileas", "nineworkeas")
    for outcome in _by_platform("e-mail profile", platforms, profiles, targets, mail):
        yield outcome if isinstance(outcome, Pass) else _outlook(outcome, apps)


def _outlook(without: Outcome, apps: tuple[AssignedApp, ...] | Missing) -> Outcome:
    """A platform without a profile is well with Outlook as a managed app."""
    name = str(without.subject)
    platform = platforms_of([name])[name]
    if isinstance(apps, Missing):
        return unavailable(name, apps)
    outlook = [app for app in apps if "outlook" in app.label.lower()]
    fitting = [app for app in outlook if platform and platform_of(app.kind) == platform]
    managed = [app for app in outlook if platform and app.kind.startswith(f"managed{platform}")]
    found = [app for app in (*fitting, *managed) if app.is_assigned is True]
    if found:
        return Pass(name, tr("managed app: {}", ", ".join(app.label for app in found)))
    if isinstance(without, Unknown):
        return without  # why no profile was seen is what has to be mended first
    if any(not app.kind or not isinstance(app.is_assigned, bool) for app in outlook):
        return Unknown(name, "Graph does not say for which platform Outlook is, or for whom")
    return without


# -- networks --


@check("planning.wifi-profiles")
def wifi_profiles(
    capabilities: Annotated[list[str], Key("planning.required_capabilities")],
    platforms: Annotated[list[str], Key("planning.platforms")],
    option: Annotated[str | Missing, Key("planning.chosen_option")],
    profiles: Annotated[_Profiles, Profiles()],
    targets: Annotated[Targets | Missing, ProfileAssignments()],
) -> Outcomes:
    """Pass when Wi-Fi profiles are not required, or assigned on each platform."""
    wanted = {"network.wifi-profiles", "network.wifi-auto-connect"} & set(capabilities)
    if not wanted:
        yield Pass(None, "planning.required_capabilities asks for no Wi-Fi profile")
        return
    yield from _impossible("Wi-Fi profiles", option, {OFFICE_365})
    yield from _by_platform("Wi-Fi profile", platforms, profiles, targets, _named("wifi"))


def _impossible(what: str, option: str | Missing, without: set[str]) -> Iterator[Outcome]:
    """Nothing, unless the chosen option cannot do it, or nobody said which one is chosen."""
    if isinstance(option, Missing):
        yield unavailable(None, option)
    elif option in without:
        yield Fail(
            None, tr("an option that supports {}", what), tr("{} does not support {}", option, what)
        )


@check("planning.vpn-profiles")
def vpn_profiles(
    capabilities: Annotated[list[str], Key("planning.required_capabilities")],
    platforms: Annotated[list[str], Key("planning.platforms")],
    option: Annotated[str | Missing, Key("planning.chosen_option")],
    vendor: Annotated[str | Missing, Key("planning.vpn_vendor")],
    profiles: Annotated[_Profiles, Profiles()],
    targets: Annotated[Targets | Missing, ProfileAssignments()],
) -> Outcomes:
    """Pass when VPN profiles are not required, or assigned on each platform for the vendor."""
    wanted = {"network.vpn-profiles", "network.vpn-types", "network.existing-vpn"}
    if not wanted & set(capabilities):
        yield Pass(None, "planning.required_capabilities asks for no VPN profile")
        return
    android = "android" in platforms_of(platforms).values()
    yield from _impossible("VPN profiles", option, {OFFICE_365} | ({HYBRID} if android else set()))
    vpn = _named("vpn")
    yield from _by_platform("VPN profile", platforms, profiles, targets, vpn)
    if not isinstance(profiles, Missing) and not isinstance(targets, Missing):
        yield from _of_vendor([p for p in profiles if vpn(p)], vendor)


def _of_vendor(profiles: list[Profile], vendor: str | Missing) -> Iterator[Outcome]:
    if not profiles:
        return
    if isinstance(vendor, Missing):
        yield unavailable(None, vendor)
        return
    wanted = re.sub(r"[^a-z0-9]", "", vendor.lower())
    kinds = {str(p.connection_type).lower() for p in profiles if isinstance(p.connection_type, str)}
    if wanted and any(wanted in kind or kind in wanted for kind in kinds):
        yield Pass(
            None, tr("{} is among the connection types: {}", vendor, ", ".join(sorted(kinds)))
        )
    elif not kinds:
        yield Unknown(None, "Graph does not show the connection type of the VPN profiles")
    else:
        told = f"{', '.join(sorted(kinds))}"
        yield Warn(None, tr("a VPN profile whose connection type is {}", vendor), told)


@check("planning.vpn-auto-trigger")
def vpn_auto_trigger(
    capabilities: Annotated[list[str], Key("planning.required_capabilities")],
    platforms: Annotated[list[str], Key("planning.platforms")],
    profiles: Annotated[_Profiles, Profiles()],
    targets: Annotated[Targets | Missing, ProfileAssignments()],
) -> Outcomes:
    """Pass when no automatic start is required, or each platform that can do it is set up."""
    required = sorted(set(capabilities) & set(_TRIGGERS))
    if not required:
        yield Pass(None, "planning.required_capabilities asks for no automatic start of a VPN")
        return
    for capability in required:
        for name, platform in platforms_of(platforms).items():
            if platform and platform not in _TRIGGERS[capability]:
                able = ", ".join(sorted(_TRIGGERS[capability]))
                yield Fail(name, tr("{} only on {}", capability, able), tr("{} cannot do it", name))
    for capability in required:
        able_here = [n for n, p in platforms_of(platforms).items() if p in _TRIGGERS[capability]]
        rule = _by_name if capability.endswith("dns") else _by_app
        yield from _by_platform(tr("rule for {}", capability), able_here, profiles, targets, rule)
    for name, platform in platforms_of(platforms).items():
        if not platform:
            yield Unknown(name, tr("{} is no platform that this version knows", name))


def _by_name(profile: Profile) -> bool:
    return "vpn" in profile.kind and bool(
        (isinstance(profile.on_demand_rules, tuple) and profile.on_demand_rules)
        or (isinstance(profile.dns_rules, tuple) and profile.dns_rules)
    )


def _by_app(profile: Profile) -> bool:
    return "vpn" in profile.kind and bool(
        isinstance(profile.associated_apps, tuple) and profile.associated_apps
    )


# -- certificates --


@check("planning.certificate-profiles")
def certificate_profiles(
    capabilities: Annotated[list[str], Key("planning.required_capabilities")],
    platforms: Annotated[list[str], Key("planning.platforms")],
    option: Annotated[str | Missing, Key("planning.chosen_option")],
    profiles: Annotated[_Profiles, Profiles()],
    targets: Annotated[Targets | Missing, ProfileAssignments()],
) -> Outcomes:
    """Pass when not required, or each platform has a trusted root and a SCEP profile assigned."""
    if not any(one.startswith("certificates.") for one in capabilities):
        yield Pass(None, "planning.required_capabilities asks for no certificate profile")
        return
    yield from _impossible("certificate profiles", option, {OFFICE_365})
    for what, kind in (("trusted root profile", "trustedroot"), ("SCEP profile", "scep")):
        yield from _by_platform(what, platforms, profiles, targets, _named(kind))


def _scep(capabilities: list[str]) -> bool:
    return bool({"certificates.scep", "network.scep-integration"} & set(capabilities))


@check("planning.ndes-connector")
def ndes_connector(
    capabilities: Annotated[list[str], Key("planning.required_capabilities")],
    option: Annotated[str | Missing, Key("planning.chosen_option")],
    connectors: Annotated[tuple[Connector, ...] | Missing, Connectors()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when a connector is active and was seen within a day."""
    if not _scep(capabilities):
        return [NotApplicable(None, "planning.required_capabilities asks for no SCEP certificate")]
    if option == HYBRID:
        return [NotApplicable(None, "in hybrid the certificate registration point does this")]
    if isinstance(connectors, Missing):
        return [unavailable(None, connectors)]
    if not connectors:
        return [Fail(None, "an active certificate connector", "Intune knows no connector")]
    judged = [_connected(connector, now) for connector in connectors]
    if any(isinstance(one, Pass) for one in judged):
        return [one if isinstance(one, Pass | Warn) else _leftover(one) for one in judged]
    return judged


def _leftover(outcome: Outcome) -> Outcome:
    """Beside a connector that works, another that does not is a remark."""
    told = getattr(outcome, "observed", "") or getattr(outcome, "because", "")
    return Warn(None, "every certificate connector is active", told)


def _connected(connector: Connector, now: datetime) -> Outcome:
    expected = "an active certificate connector, seen within 24 hours"
    if word(connector.state) not in {"active", "inactive", "none"}:
        return Unknown(None, tr("Graph does not say whether {} is active", connector.label))
    last = moment(connector.last_connection_date_time)
    seen = tr("last seen {:%Y-%m-%d %H:%M} UTC", last) if last else "never seen"
    told = tr("{} is {}, {}", connector.label, connector.state, seen)
    if word(connector.state) != "active":
        return Fail(None, expected, told)
    if last is None:
        return Unknown(None, tr("Graph does not say when {} was seen last", connector.label))
    if now - last > _STALE:
        return Fail(None, expected, told)
    version = connector.connector_version
    if not isinstance(version, str) or not re.fullmatch(r"\d+(\.\d+)*", version):
        return Unknown(None, tr("Graph does not say which version {} is", connector.label))
    if tuple(map(int, version.split("."))) < _OLDEST_CONNECTOR:
        oldest = ".".join(map(str, _OLDEST_CONNECTOR))
        return Warn(None, tr("version {} or later", oldest), tr("{}, version {}", told, version))
    return Pass(None, tr("{}, version {}", told, version), expected)


@check("planning.certificate-revocation")
def certificate_revocation(
    connectors: Annotated[tuple[Connector, ...] | Missing, Connectors()],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when it was tried that a retired device loses its certificate, and by what."""
    expected = "revocation is on in the certificate connector, and was tried"
    if isinstance(attested, Missing):
        return [unavailable(None, attested)]
    if not attested.yes:
        return [Warn(None, expected, "answered: revocation is not on, or was not tried")]
    if isinstance(connectors, Missing):
        return [unavailable(None, connectors)]
    if not connectors:
        return [Warn(None, expected, "answered with yes, but Intune knows no connector")]
    names = ", ".join(connector.label for connector in connectors)
    return [
        Pass(
            None,
            tr("confirmed by {}; connector {}", attested.by or "somebody unnamed", names),
            expected,
        )
    ]


# -- Exchange --


@check("planning.service-to-service-connector")
def service_to_service_connector(
    location: Annotated[str, Key("planning.exchange_location")],
    connectors: Annotated[Perhaps[tuple[ExchangeConnector, ...]] | Missing, ExchangeConnectors()],
) -> Outcomes:
    """Pass when not both kinds of Exchange are in use, or there is no such connector."""
    if location != "both":
        return [Pass(None, tr("mailboxes: {}, so not both kinds of Exchange are in use", location))]
    if isinstance(connectors, Missing):
        return [unavailable(None, connectors)]
    if connectors.found is None:
        return [Pass(None, "Exchange connectors are retired: there can be none")]
    expected = "no service-to-service connector while both kinds of Exchange are in use"
    kinds = [str(one.exchange_connector_type).lower() for one in connectors.found]
    if "servicetoservice" in kinds:
        return [Warn(None, expected, "a service-to-service connector is set up")]
    if any(not isinstance(one.exchange_connector_type, str) for one in connectors.found):
        return [Unknown(None, "Graph does not say of which kind the Exchange connectors are")]
    return [
        Pass(
            None,
            trn(
                len(kinds),
                "not the {n} Exchange connector",
                "none among {n} Exchange connectors",
            ),
            expected,
        )
    ]


@check("planning.exchange-connection")
def exchange_connection(
    location: Annotated[str, Key("planning.exchange_location")],
    capabilities: Annotated[list[str] | Missing, Key("planning.required_capabilities")],
    connectors: Annotated[Perhaps[tuple[ExchangeConnector, ...]] | Missing, ExchangeConnectors()],
) -> Outcomes:
    """Pass when all mailboxes are in Exchange Online, or the connector on premises is connected."""
    wanted = "email.conditional-access"
    if isinstance(capabilities, list) and not any(c.startswith(wanted) for c in capabilities):
        return [NotApplicable(None, "no conditional access for e-mail is required")]
    if location == "none":
        return [NotApplicable(None, "planning.exchange_location is none: no mailboxes to protect")]
    if location == "online":
        return [Pass(None, "Exchange Online only, which needs no connector")]
    if isinstance(connectors, Missing):
        return [unavailable(None, connectors)]
    expected = "a connected connector to Exchange on premises"
    if connectors.found is None:
        return [Fail(None, expected, "Exchange connectors are retired: there can be none")]
    local = [
        one
        for one in connectors.found
        if str(one.exchange_connector_type).lower() in {"onpremises", "dedicated"}
    ]
    states = ", ".join(f"{one.server_name or one.id}: {one.status}" for one in local)
    if any(str(one.status).lower() == "connected" for one in local):
        return [Pass(None, states, expected)]
    if any(not isinstance(one.exchange_connector_type, str) for one in connectors.found) or any(
        not isinstance(one.status, str) for one in local
    ):
        return [Unknown(None, "Graph does not say whether an Exchange connector is connected")]
    return [Fail(None, expected, states or "there is no such connector")]
