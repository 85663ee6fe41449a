"""What awaits an enrolled device: settings and apps, by platform and by whom they reach."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from assess.check import Fail, Key, Missing, Outcome, Outcomes, Pass, Unknown, Warn, check, tr
from assess.evidence.assigned import GroupSizes, RequiredAppAssignments
from assess.evidence.devices import word
from assess.evidence.enrolment import AppAssignment, Assignment, kind_of
from assess.evidence.policies import (
    AssignedApp,
    AssignedApps,
    CatalogueAssignments,
    CataloguePolicies,
    CataloguePolicy,
    Compliance,
    Profile,
    ProfileAssignments,
    Profiles,
)
from assess.evidence.settings import Named, TemplateAssignments, TemplatePolicies
from checks.enrol.assignments import Reach, reach
from checks.enrol.pilots import listed

Assigned = dict[str, tuple[Assignment, ...] | None]
Sizes = Annotated[dict[str, int | None] | Missing, GroupSizes("configuration")]
# How people write a platform, how a type of a policy begins, how the settings catalog calls it.
_PLATFORMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "Windows": (
        ("windows",), ("windows", "editionupgrade", "sharedpc"), ("windows10", "windows10x"),
    ),
    "iOS/iPadOS": (("ios", "ipad", "iphone"), ("ios", "appledevicefeatures"), ("ios",)),
    "macOS": (("mac", "os x"), ("macos",), ("macos",)),
    "Android": (
        ("android", "samsung"), ("android", "aosp"), ("android", "androidenterprise", "aosp"),
    ),
    "Linux": (("linux",), (), ("linux",)),
}  # fmt: skip


def platform_of(text: str) -> str:
    """The platform that a word of the engagement file means; empty for one unknown."""
    word = text.strip().lower()
    if word.startswith(("windows phone", "windows mobile", "windows 10 mobile", "windowsphone")):
        return ""
    return next((n for n, (words, _, _) in _PLATFORMS.items() if word.startswith(words)), "")


def platform_of_kind(kind: str) -> str:
    """The platform that the type of a policy is for; empty where that does not show."""
    name = kind.lower()
    if name.startswith(("windowsphone", "windows81general")):
        return "Windows Phone" if name.startswith("windowsphone") else "Windows"
    return next((n for n, (_, kinds, _) in _PLATFORMS.items() if name.startswith(kinds)), "")


def _platforms_of_catalog(policy: CataloguePolicy) -> set[str]:
    given = policy.platforms if isinstance(policy.platforms, str) else ""
    said = {part.strip().lower() for part in given.split(",") if part.strip()}
    return {name for name, (_, _, catalog) in _PLATFORMS.items() if said & set(catalog)}


def assigned_by_platform(
    policies: Iterable[tuple[str, str, set[str]]],
    assignments: Mapping[str, tuple[Assignment, ...] | None],
    sizes: Mapping[str, int | None] | Missing,
) -> dict[str, dict[str, Reach]]:
    """For each platform the policies by label and whom each reaches; "" has those of no platform.

    ``policies``: id, label and platforms of each.
    """
    found: dict[str, dict[str, Reach]] = {}
    for identifier, label, platforms in policies:
        reached = reach(assignments.get(identifier), sizes)
        for platform in platforms or {""}:
            found.setdefault(platform, {})[label] = reached
    return found


def covered(
    platform: str, found: Mapping[str, Mapping[str, Reach]], what: str, sizes: object
) -> Outcome:
    """Whether a platform has a policy that reaches somebody."""
    expected = tr("{} for {} that reaches somebody", what, platform)
    own = found.get(platform, {})
    best = max(own.values(), default=Reach.NOBODY)
    if best >= Reach.SOME:
        names = listed(label for label, reached in own.items() if reached >= Reach.SOME)
        if best is Reach.EVERYBODY:
            return Pass(None, tr("{}: {} reaches everybody", platform, names), expected)
        return Pass(None, tr("{}: {} reaches groups", platform, names), expected)
    if best is Reach.NOT_KNOWN:
        why = sizes.reason if isinstance(sizes, Missing) else "Graph does not say to whom"
        return Unknown(
            None, tr("whom {} for {} reaches is not known: {}", listed(own), platform, why)
        )
    untyped = [label for label, reached in found.get("", {}).items() if reached > Reach.NOBODY]
    if untyped:
        because = tr(
            "Graph does not say for which platform {} is, and so whether {} has {}",
            listed(untyped),
            platform,
            what,
        )
        return Unknown(None, because)
    observed = tr("{} does not have {}", platform, what)
    if own:
        observed = tr("{}: {} reaches nobody", platform, listed(own))
    step = tr("Create {} for {} and assign it to the users or devices that enrol.", what, platform)
    return Warn(None, expected, observed, remedy=(step,))


def in_scope(platforms: Iterable[str]) -> Iterator[str | Unknown]:
    """The platforms of the engagement file, each once; a word that means none is not assessed."""
    seen: set[str] = set()
    for text in platforms:
        name = platform_of(text)
        if not name:
            yield Unknown(None, tr("planning.platforms names {}, which is no known platform", text))
        elif name not in seen:
            seen.add(name)
            yield name


@check("management.configuration-items")
def configuration_items(
    platforms: Annotated[list[str], Key("planning.platforms")],
    profiles: Annotated[tuple[Profile, ...], Profiles()],
    given: Annotated[Assigned, ProfileAssignments()],
    catalog: Annotated[tuple[CataloguePolicy, ...], CataloguePolicies()],
    given_catalog: Annotated[Assigned, CatalogueAssignments()],
    templates: Annotated[tuple[Named, ...] | Missing, TemplatePolicies()],
    given_templates: Annotated[Assigned | Missing, TemplateAssignments()],
    sizes: Sizes,
) -> Outcomes:
    """Pass when each platform in scope has settings that reach somebody."""
    policies = [(p.id, p.label, platforms_of_type(p)) for p in profiles]
    policies += [(p.id, p.label, _platforms_of_catalog(p)) for p in catalog]
    every = given | given_catalog
    refused = [one for one in (templates, given_templates) if isinstance(one, Missing)]
    if not isinstance(templates, Missing) and not isinstance(given_templates, Missing):
        policies += [(p.id, p.label, {"Windows"}) for p in templates]
        every |= given_templates
    found = assigned_by_platform(policies, every, sizes)
    parts: list[Outcome] = []
    for one in in_scope(platforms):
        if isinstance(one, Unknown):
            parts.append(one)
            continue
        outcome = covered(one, found, "a configuration profile", sizes)
        if one == "Windows" and refused and isinstance(outcome, Warn):
            because = tr(
                "whether administrative templates configure Windows is not known: {}",
                refused[0].reason,
            )
            outcome = Unknown(None, because, remedy=(refused[0].mend,))
        parts.append(outcome)
    return parts or [Unknown(None, "planning.platforms names no platform")]


def platforms_of_type(policy: Profile | Compliance) -> set[str]:
    """The platform that a policy is for by its type; none where that does not show."""
    platform = platform_of_kind(kind_of(policy.type))
    return {platform} if platform else set()


# -- apps --


@check("management.applications")
def applications(
    required: Annotated[list[str], Key("planning.required_apps")],
    apps: Annotated[tuple[AssignedApp, ...], AssignedApps()],
    given: Annotated[
        dict[str, tuple[AppAssignment, ...] | None] | Missing, RequiredAppAssignments()
    ],
    sizes: Annotated[dict[str, int | None] | Missing, GroupSizes("apps")],
) -> Outcomes:
    """Pass when each mandatory app is in Intune and reaches somebody."""
    if not required:
        return [Warn(None, "the mandatory apps", "planning.required_apps names no app")]
    return [_app(name, apps, given, sizes) for name in required]


def _app(
    name: str,
    apps: tuple[AssignedApp, ...],
    given: dict[str, tuple[AppAssignment, ...] | None] | Missing,
    sizes: dict[str, int | None] | Missing,
) -> Outcome:
    expected = tr("{} in Intune, assigned", name)
    wanted = name.strip().casefold()
    own = [app for app in apps if str(app.display_name).strip().casefold() == wanted]
    nameless = sum(1 for app in apps if not word(app.display_name))
    if not own and nameless:
        because = tr(
            "Graph does not show the names of {} of {} apps, and {} may be one of them",
            nameless,
            len(apps),
            name,
        )
        return Unknown(None, because)
    if not own:
        step = tr("Intune admin center > Apps > All apps > Add {}, and assign it.", name)
        return Fail(None, expected, tr("{} is not in Intune", name), remedy=(step,))
    if isinstance(given, Missing):
        return Unknown(None, tr("whom {} reaches is not known: {}", name, given.reason))
    reached = max(reach(_wanted(given.get(app.id)), sizes) for app in own)
    step = tr("Intune admin center > Apps > All apps > {} > Properties > Assignments.", name)
    if reached is Reach.NOBODY:
        return Fail(None, expected, tr("{} is in Intune, and reaches nobody", name), remedy=(step,))
    if reached is Reach.NOT_KNOWN:
        why = sizes.reason if isinstance(sizes, Missing) else "Graph does not say to whom"
        return Unknown(None, tr("whom {} reaches is not known: {}", name, why))
    states = {word(app.publishing_state) for app in own}
    if "published" not in states:
        waiting = [str(app.publishing_state) for app in own if word(app.publishing_state)]
        if not states & {"notpublished", "processing"}:
            return Unknown(None, tr("Graph does not say publishingState of {}", name))
        return Warn(None, expected, tr("{} is assigned, and is {}", name, listed(waiting)))
    if reached is Reach.EVERYBODY:
        return Pass(None, tr("{} is assigned to everybody", name), expected)
    return Pass(None, tr("{} is assigned to groups", name), expected)


def _wanted(given: Iterable[AppAssignment] | None) -> list[AppAssignment]:
    """The assignments that bring the app, not those that take it away."""
    return [one for one in given or () if str(one.intent).lower() != "uninstall"]
