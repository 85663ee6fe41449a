"""Client settings: what they tell clients of the cloud, and whom they reach.

Only custom settings can be read: the AdminService does not show the values of the default ones.
"""

from collections.abc import Callable, Iterable
from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
)
from assess.evidence.adminservice import Seen, text
from assess.evidence.site_settings import (
    ALL_SYSTEMS,
    DEFAULT_SETTINGS,
    Agent,
    Assignment,
    Assignments,
    ClientSettings,
    CollectionFacts,
    CollectionsOf,
    CustomClientSettings,
    Flag,
)
from checks.site_systems import unseen

_DEVICE = 1
_NOT_READABLE = (
    "the values of the default client settings are not readable through the AdminService"
)
_LOOK = (
    "Look at Administration > Client Settings > Default Client Settings in the console, or put "
    "the values into custom device settings and set clientsettings.name to them."
)
Page = Callable[[ClientSettings], Agent | None]


def _is_default(name: str | Missing) -> bool:
    return isinstance(name, str) and name.strip().lower() == DEFAULT_SETTINGS.lower()


def _device(settings: Iterable[ClientSettings]) -> list[ClientSettings]:
    """Settings for devices, and those that do not say for whom they are."""
    return [one for one in settings if one.type == _DEVICE or not isinstance(one.type, int)]


def _meant(
    settings: Seen[ClientSettings], name: str | Missing, page: Page
) -> ClientSettings | Outcome:
    """The settings that are named; without a name the only ones that have the page."""
    if _is_default(name):
        return Unknown(None, _NOT_READABLE, remedy=(_LOOK,))
    if isinstance(name, str):
        named = [one for one in settings if one.label.lower() == name.strip().lower()]
        if named:
            return named[0]
        if settings.sees.complete:
            have = ", ".join(one.label for one in settings) or tr("none")
            because = tr("there are no custom client settings {}; there are: {}", name, have)
            return Unknown(None, because, remedy=("Correct clientsettings.name.",))
        return unseen(None, tr("no custom client settings {} are seen", name), settings.sees)
    device = _device(settings)
    having = [one for one in device if page(one) is not None]
    if len(having) == 1 and all(one.pages is not None for one in device):
        return having[0]
    if having:
        return unavailable(None, name)
    because = tr("no custom device settings with this page are seen, and {}", _NOT_READABLE)
    return Unknown(None, because, remedy=(_LOOK,))


def _on(value: Flag) -> bool | None:
    """A switch, which comes as a Boolean or as a number."""
    return bool(value) if isinstance(value, int) and value in (0, 1) else None


def _value(
    settings: Seen[ClientSettings],
    name: str | Missing,
    page: Page,
    switch: tuple[str, Callable[[Agent], Flag]],
) -> tuple[ClientSettings, bool] | Outcome:
    """The settings that are meant and what their switch says, or why that is not known."""
    meant = _meant(settings, name, page)
    if not isinstance(meant, ClientSettings):
        return meant
    if meant.pages is None:
        because = tr("{} comes without the property AgentConfigurations", meant.label)
        return Unknown(None, because)
    agent = page(meant)
    if agent is None:
        because = tr("{} does not set this page, and {}", meant.label, _NOT_READABLE)
        return Unknown(None, because, remedy=(_LOOK,))
    value = _on(switch[1](agent))
    if value is None:
        return Unknown(None, tr("{} comes without the property {}", meant.label, switch[0]))
    return meant, value


def _cloud(one: ClientSettings) -> Agent | None:
    return one.cloud


def _policy(one: ClientSettings) -> Agent | None:
    return one.policy


def _decided(
    settings: Seen[ClientSettings],
    name: str | Missing,
    switch: tuple[str, Callable[[Agent], Flag]],
    step: str,
) -> Outcome:
    found = _value(settings, name, _cloud, switch)
    if not isinstance(found, tuple):
        return found
    meant, on = found
    expected, observed = tr("{} true", switch[0]), f"{meant.label}: {switch[0]} {str(on).lower()}"
    if on:
        return Pass(None, observed, expected)
    where = tr(
        "Administration > Client Settings > {} > Cloud Services > {} > Yes.", meant.label, step
    )
    return Fail(None, expected, observed, remedy=(where,))


@check("clientsettings.cloud-dp")
def cloud_dp(
    settings: Annotated[Seen[ClientSettings], CustomClientSettings()],
    name: Annotated[str | Missing, Key("clientsettings.name")],
) -> Outcomes:
    """Pass when AllowCloudDP is true in the settings that are meant."""
    switch = ("AllowCloudDP", lambda agent: agent.allow_cloud_dp)
    return [_decided(settings, name, switch, "Allow access to cloud distribution point")]


@check("clientsettings.auto-register")
def auto_register(
    settings: Annotated[Seen[ClientSettings], CustomClientSettings()],
    name: Annotated[str | Missing, Key("clientsettings.name")],
) -> Outcomes:
    """Pass when AutoAADJoin is true in the settings that are meant."""
    switch = ("AutoAADJoin", lambda agent: agent.auto_aad_join)
    step = "Automatically register new Windows domain joined devices with Microsoft Entra ID"
    return [_decided(settings, name, switch, step)]


@check("clientsettings.use-cmg")
def use_cmg(
    settings: Annotated[Seen[ClientSettings], CustomClientSettings()],
    name: Annotated[str | Missing, Key("clientsettings.name")],
) -> Outcomes:
    """Pass when AllowCMG is true in the settings that are meant."""
    switch = ("AllowCMG", lambda agent: agent.allow_cmg)
    return [_decided(settings, name, switch, "Enable clients to use a cloud management gateway")]


@check("clientsettings.user-policy-internet")
def user_policy_internet(
    settings: Annotated[Seen[ClientSettings], CustomClientSettings()],
    name: Annotated[str | Missing, Key("clientsettings.name")],
) -> Outcomes:
    """Pass when user policy is asked for, and from the internet too."""
    internet = _value(
        settings, name, _policy,
        ("PolicyEnableUserPolicyOnInternet", lambda a: a.policy_enable_user_policy_on_internet),
    )  # fmt: skip
    if not isinstance(internet, tuple):
        return [internet]
    meant, on = internet
    expected = "PolicyEnableUserPolicyOnInternet and PolicyEnableUserPolicyPolling true"
    observed = f"{meant.label}: PolicyEnableUserPolicyOnInternet {str(on).lower()}"
    if not on:
        step = tr(
            "Administration > Client Settings > {} > Client Policy > "
            "Enable user policy requests from internet clients > Yes.",
            meant.label,
        )
        return [Fail(None, expected, observed, remedy=(step,))]
    agent = meant.policy
    polling = None if agent is None else _on(agent.policy_enable_user_policy_polling)
    if polling is None:
        because = tr("{} comes without the property PolicyEnableUserPolicyPolling", meant.label)
        return [Unknown(None, because)]
    observed += f", PolicyEnableUserPolicyPolling {str(polling).lower()}"
    if not polling:
        step = tr(
            "Administration > Client Settings > {} > Client Policy > "
            "Enable user policy on clients > Yes.",
            meant.label,
        )
        return [Warn(None, expected, observed, remedy=(step,))]
    return [Pass(None, observed, expected)]


@check("clientsettings.deployed")
def deployed(
    settings: Annotated[Seen[ClientSettings], CustomClientSettings()],
    assignments: Annotated[Seen[Assignment], Assignments()],
    name: Annotated[str | Missing, Key("clientsettings.name")],
    pilots: Annotated[str | list[str] | Missing, Key("comanagement.pilot_collection_id")],
    collections: Annotated[
        Seen[CollectionFacts] | Missing, CollectionsOf(("{comanagement.pilot_collection_id}",))
    ],
) -> Outcomes:
    """Pass when the settings are deployed to the pilot, to what it is part of, or to all."""
    meant = _meant(settings, name, _cloud)
    if not isinstance(meant, ClientSettings):
        yield meant
        return
    mine = [one for one in assignments if one.client_settings_id == meant.settings_id]
    expected = tr("{} deployed to a collection with every device of the pilot", meant.label)
    if not mine:
        step = tr("Client Settings > {} > Deploy > the collection of the pilot.", meant.label)
        if meant.assignment_count == 0 or assignments.sees.complete:
            observed = tr("{} is deployed to no collection", meant.label)
            yield Fail(None, expected, observed, remedy=(step,))
        else:
            yield unseen(None, tr("no deployment of {} is seen", meant.label), assignments.sees)
        return
    if isinstance(pilots, Missing):
        yield unavailable(None, pilots)
        return
    yield from _reached(mine, [pilots] if isinstance(pilots, str) else pilots, collections, meant)
    yield from _overridden(meant, settings, assignments)


def _reached(
    mine: list[Assignment],
    pilots: list[str],
    collections: Seen[CollectionFacts] | Missing,
    meant: ClientSettings,
) -> Outcomes:
    where = {text(one.collection_id).upper() for one in mine}
    listed = ", ".join(one.label for one in mine)
    expected = tr("{} deployed to a collection with every device of the pilot", meant.label)
    facts = () if isinstance(collections, Missing) else collections.rows
    limits = {one.collection_id.upper(): text(one.limit_to_collection_id).upper() for one in facts}
    apart = [
        pilot
        for pilot in pilots
        if not {pilot.upper(), limits.get(pilot.upper()), ALL_SYSTEMS} & where
    ]
    if apart:
        because = tr(
            "{} is deployed to {}; whether that contains every device of {} is not known: it is "
            "neither the same nor limited to it",
            meant.label,
            listed,
            ", ".join(apart),
        )
        step = tr("Deploy {} to {}.", meant.label, ", ".join(apart))
        yield Unknown(None, because, remedy=(step,))
    else:
        yield Pass(None, tr("{} is deployed to {}", meant.label, listed), expected)


def _overridden(
    meant: ClientSettings, settings: Seen[ClientSettings], assignments: Seen[Assignment]
) -> Outcomes:
    """Other settings that win over these and say otherwise."""
    own = meant.cloud
    deployed_ids = {one.client_settings_id for one in assignments}
    expected = "no settings of higher priority that say otherwise"
    for other in _device(settings):
        if other.settings_id == meant.settings_id or other.settings_id not in deployed_ids:
            continue
        if not (isinstance(other.priority, int) and isinstance(meant.priority, int)):
            because = tr("{} or {} comes without the property Priority", other.label, meant.label)
            yield Unknown(None, because)
        elif other.priority < meant.priority:
            if other.pages is None:
                because = tr(
                    "{} comes without the property AgentConfigurations, and wins over {}",
                    other.label,
                    meant.label,
                )
                yield Unknown(None, because)
            elif other.cloud is not None and own is not None and _differs(own, other.cloud):
                said = tr(
                    "{} (priority {}) wins over {} (priority {}) and sets Cloud Services otherwise",
                    other.label,
                    other.priority,
                    meant.label,
                    meant.priority,
                )
                step = tr(
                    "Raise the priority of {}, or set the same in {}.", meant.label, other.label
                )
                yield Warn(None, expected, said, remedy=(step,))


def _differs(one: Agent, other: Agent) -> bool:
    return any(
        getattr(one, name) != getattr(other, name)
        for name in ("allow_cloud_dp", "allow_cmg", "auto_aad_join")
    )
