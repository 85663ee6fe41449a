"""What the two templates are made of: purposes, subject, key, compatibility."""

from collections.abc import Iterator
from typing import Annotated

from assess.check import Fail, Missing, Outcome, Outcomes, Pass, Unknown, Warn, check, tr, worst
from assess.evidence.adminservice import Seen, Site, Sites
from assess.evidence.certificates import CLIENT_AUTHENTICATION, SERVER_AUTHENTICATION
from assess.evidence.pki import WEB, WORKSTATION, Template, Templates
from checks.template.lookup import Issuer, Mode, absent, lacks, unneeded, usages

ANY_PURPOSE = "2.5.29.37.0"
SMART_CARD_LOGON = "1.3.6.1.4.1.311.20.2.2"
_SERVER_2003 = 2  # msPKI-Template-Schema-Version
_SERVER_2008, _SERVER_2012 = 3, 4
_KNOWS_CNG = 8577  # the build of version 1710
_ENOUGH_BITS = 2048
_NAMES = {
    SERVER_AUTHENTICATION: "server authentication",
    CLIENT_AUTHENTICATION: "client authentication",
    ANY_PURPOSE: "any purpose",
    SMART_CARD_LOGON: "smart card logon",
}


@check("template.web-server", subjects="pki.web_template_name")
def web_server(issuer: Issuer, mode: Mode, templates: Annotated[Templates, WEB]) -> Outcomes:
    """Pass when the one template of the name is for servers, whose names the requester supplies."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    gone = absent(templates)
    if gone is not None:
        return [gone]
    parts: list[Outcome] = [*_several(templates)]
    for _, one in templates.found():
        parts += _web(templates.name, one)
    return [worst(parts)]


def _several(templates: Templates) -> Iterator[Outcome]:
    for forest in templates.read():
        if len(forest.found) > 1:
            names = ", ".join(one.cn for one in forest.found)
            text = tr("{} templates of that name in {}: {}", len(forest.found), forest.root, names)
            yield Warn(templates.name, "exactly one template of that display name", text)


def _web(subject: str, one: Template) -> Iterator[Outcome]:
    expected = "for server authentication, the subject in the request, a key of 2048 bit or more"
    used, doubt = usages(one)
    if SERVER_AUTHENTICATION not in used:
        yield _no_purpose(subject, expected, one, SERVER_AUTHENTICATION, doubt)
    elif doubt:
        yield Unknown(subject, f"{one.cn}: {doubt}")
    unknown = [
        name
        for name, value in (
            ("msPKI-Certificate-Name-Flag", one.name_flags),
            ("msPKI-Minimal-Key-Size", one.key_bits),
        )
        if value is None
    ]
    if unknown:
        yield lacks(subject, unknown)
    if one.supplied is False:
        text = tr(
            "{} takes the subject from the directory, so no request can name the gateway", one.cn
        )
        yield Fail(subject, expected, text)
    if one.key_bits is not None and one.key_bits < _ENOUGH_BITS:
        yield Warn(
            subject, expected, tr("{} is content with a key of {} bit", one.cn, one.key_bits)
        )
    more = sorted(used & {CLIENT_AUTHENTICATION, ANY_PURPOSE, SMART_CARD_LOGON})
    if more:
        text = tr("{} is for {} as well", one.cn, ", ".join(tr(_NAMES[usage]) for usage in more))
        yield Warn(subject, expected, text)
    text = tr("{}: server authentication, subject in the request, {} bit", one.cn, one.key_bits)
    if one.days is not None:
        text = tr(
            "{}: server authentication, subject in the request, {} bit, {:.0f} days",
            one.cn,
            one.key_bits,
            one.days,
        )
    yield Pass(subject, text, expected)


def _no_purpose(subject: str, expected: str, one: Template, usage: str, doubt: str) -> Outcome:
    if usage in one.usages or usage in one.policies:
        return Unknown(subject, f"{one.cn}: {doubt}")
    said = ", ".join(tr(_NAMES.get(u, u)) for u in (*one.usages, *one.policies))
    text = tr("{} is for {}, not for {}", one.cn, said, _NAMES[usage])
    if not said:
        text = tr("{} names no purpose, so it is for any; it has to name {}", one.cn, _NAMES[usage])
    return Fail(subject, expected, text)


@check("template.workstation", subjects="pki.workstation_template_name")
def workstation(
    issuer: Issuer, mode: Mode, templates: Annotated[Templates, WORKSTATION]
) -> Outcomes:
    """Pass when the template of the name is for the authentication of computers."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    gone = absent(templates)
    if gone is not None:
        return [gone]
    parts = [part for _, one in templates.found() for part in _workstation(templates.name, one)]
    return [worst(parts)]


def _workstation(subject: str, one: Template) -> Iterator[Outcome]:
    expected = "for client authentication of computers"
    used, doubt = usages(one)
    if CLIENT_AUTHENTICATION not in used:
        yield _no_purpose(subject, expected, one, CLIENT_AUTHENTICATION, doubt)
    elif doubt:
        yield Unknown(subject, f"{one.cn}: {doubt}")
    if one.for_machines is None:
        yield lacks(subject, ["flags"])
    elif not one.for_machines:
        yield Fail(subject, expected, tr("{} is for users, so no computer can enrol it", one.cn))
    more = sorted(used & {ANY_PURPOSE, SMART_CARD_LOGON})
    if more:
        text = tr("{} is for {} as well", one.cn, ", ".join(tr(_NAMES[usage]) for usage in more))
        yield Warn(subject, expected, text)
    yield Pass(subject, tr("{}: client authentication, for computers", one.cn), expected)


@check("template.web-exportable-key", subjects="pki.web_template_name")
def web_exportable_key(
    issuer: Issuer, mode: Mode, templates: Annotated[Templates, WEB]
) -> Outcomes:
    """Pass when private keys may be exported (bit 0x10 of msPKI-Private-Key-Flag)."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    gone = absent(templates)
    if gone is not None:
        return [gone if isinstance(gone, Unknown) else _no_template(templates.name)]
    return [worst(_exportable(templates.name, one) for _, one in templates.found())]


def _no_template(name: str) -> Outcome:
    return Unknown(
        name, tr("there is no template {}", name), remedy=(tr("Make the template {}.", name),)
    )


def _exportable(subject: str, one: Template) -> Outcome:
    if one.key_flags is None:
        return lacks(subject, ["msPKI-Private-Key-Flag"])
    said = tr("msPKI-Private-Key-Flag of {} is {:#010x}", one.cn, one.key_flags)
    if one.exportable:
        return Pass(subject, said, "bit 0x10 is set: the private key may be exported")
    return Fail(subject, "bit 0x10 is set: the private key may be exported", said)


@check("template.compatibility")
def compatibility(
    issuer: Issuer,
    mode: Mode,
    web: Annotated[Templates, WEB],
    clients: Annotated[Templates, WORKSTATION],
    sites: Annotated[Seen[Site] | Missing, Sites()],
) -> Outcomes:
    """Pass for schema version 2; what is newer works with sites of version 1710 and later."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        yield excused
        return
    for templates in (web, clients):
        gone = absent(templates)
        if gone is not None:
            yield gone if isinstance(gone, Unknown) else _no_template(templates.name)
        for _, one in templates.found():
            yield _compatible(templates.name, one, sites)


def _compatible(subject: str, one: Template, sites: Seen[Site] | Missing) -> Outcome:
    expected = "schema version 2: compatible with Windows Server 2003"
    if one.schema is None:
        return lacks(subject, ["msPKI-Template-Schema-Version"])
    said = tr("{} has schema version {}", one.cn, one.schema)
    if one.schema == _SERVER_2003:
        return Pass(subject, said, expected)
    if one.schema < _SERVER_2003:
        return Warn(subject, expected, tr("{}: it is one of Windows' own, no duplicate", said))
    if one.legacy_provider is None:
        return lacks(subject, ["msPKI-Private-Key-Flag"])
    if one.legacy_provider:
        text = tr("{} with the legacy provider, which every site takes", said)
        return Warn(subject, expected, text)
    builds = _builds(sites)
    if not builds:
        because = tr(
            "{}, which needs a site of version 1710 or later; {}",
            said,
            sites.reason if isinstance(sites, Missing) else "the site does not say its build",
        )
        mend = (sites.mend,) if isinstance(sites, Missing) and sites.mend else ()
        return Unknown(subject, because, remedy=mend)
    if min(builds) < _KNOWS_CNG:
        text = tr(
            "{} with a key storage provider; the site's build {} takes none", said, min(builds)
        )
        return Fail(subject, expected, text)
    text = tr("{} with a key storage provider, which the site's build {} takes", said, min(builds))
    return Warn(subject, expected, text)


def _builds(sites: Seen[Site] | Missing) -> list[int]:
    """The builds of the sites; empty where one does not say it."""
    found = []
    for site in () if isinstance(sites, Missing) else sites.rows:
        build = site.build_number
        if not isinstance(build, int):
            parts = site.version.split(".") if isinstance(site.version, str) else []
            build = int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else None  # noqa: PLR2004
        if build is None:
            return []
        found.append(build)
    return found
