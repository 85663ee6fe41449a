"""The group of the servers that may enrol the web server template, and whether it is in effect."""

from collections.abc import Iterator
from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Key,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    msg,
    tr,
    trn,
    unavailable,
    worst,
)
from assess.evidence.certificates import same_computer
from assess.evidence.grouplists import CollectedGroups, GroupList, GroupLists
from assess.evidence.pki import IIS_SERVERS, Group, Groups
from checks.template.lookup import Issuer, Mode, unneeded

CloudServers = Annotated[list[str] | Missing, Key("pki.cloud_role_servers")]
Points = Annotated[list[str] | Missing, Key("mp.servers")]
# What a member is, as the directory's evidence says it.
_KINDS = (msg("user"), msg("computer"), msg("group"), msg("foreign"), msg("other"))
_SHOWN = 20
_RESTART = (
    "Restart {subject}, then run gpresult /r /scope computer in an elevated prompt and name its "
    "output in files.collected_gpresult."
)


@check("pki.iis-servers-group", subjects="pki.iis_group_name")
def iis_servers_group(
    issuer: Issuer,
    mode: Mode,
    groups: Annotated[Groups, IIS_SERVERS],
    servers: CloudServers,
    points: Points,
) -> Outcomes:
    """Pass when a security group holds every cloud-role server and HTTPS management point."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    name, found = groups.name, groups.found()
    if not found:
        if groups.gaps():
            return [Unknown(name, tr("{} was not found; {}", name, "; ".join(groups.gaps())))]
        return [Fail(name, tr("a security group {}", name), tr("there is no group {}", name))]
    needed = [] if mode == "enhanced-http" else points
    if len(found) == 1:
        return [worst(_group(name, found[0], servers, needed))]
    several = ", ".join(one.dn for one in found)
    text = tr("{} groups have that name: {}", len(found), several)
    warned = Warn(name, tr("one group {}", name), text)
    best = min((worst(_group(name, one, servers, needed)) for one in found), key=_rank)
    return [worst([warned, best])]


def _rank(outcome: Outcome) -> int:
    return (Pass, Warn, Manual, Unknown, Fail).index(type(outcome))


def _group(
    name: str, group: Group, servers: list[str] | Missing, points: list[str] | Missing
) -> Iterator[Outcome]:
    expected = tr("{} is a security group with every cloud-role server and management point", name)
    if group.security is None:
        yield Unknown(name, tr("the directory does not show the groupType of {}", group.dn))
    elif not group.security:
        text = tr("{} is a distribution group, which carries no right", group.dn)
        yield Fail(name, expected, text)
    if isinstance(servers, Missing):
        yield unavailable(name, servers)
    else:
        yield from _lacking(name, expected, group, servers, Fail)
    if not isinstance(points, Missing):
        yield from _lacking(name, expected, group, points, Warn)
    yield from _unrelated(name, expected, group, servers, points)
    members = ", ".join(m.host or m.name for m in group.members if m.kind == "computer")
    text = tr("computers in it at every depth: {}", members)
    yield Pass(name, text if members else "computers in it at every depth: none", expected)


def _lacking(
    name: str, expected: str, group: Group, wanted: list[str], kind: type[Fail | Warn]
) -> Iterator[Outcome]:
    lacking = [one for one in wanted if not group.has(one)]
    if not lacking:
        return
    if group.cut:
        because = tr("{} was not found in {}: {}", ", ".join(lacking), name, group.cut)
        yield Unknown(name, because)
        return
    remedy = tuple(
        tr("Add the computer account of {} to {}, restart it.", one, name) for one in lacking
    )
    text = tr("{} is not a member", ", ".join(lacking))
    if kind is Warn:
        text = tr(
            "{} is not a member; a request of such a management point is refused",
            ", ".join(lacking),
        )
    yield kind(name, expected, text, remedy=remedy)


def _unrelated(
    name: str,
    expected: str,
    group: Group,
    servers: list[str] | Missing,
    points: list[str] | Missing,
) -> Iterator[Outcome]:
    if isinstance(servers, Missing):  # then nobody knows which computers belong there
        return
    planned = [*servers, *(() if isinstance(points, Missing) else points)]
    others = [
        f"{one.host or one.name} ({tr(one.kind)})"
        for one in group.members
        if one.kind in ("user", "foreign", "other")
        or one.every_computer
        or (one.kind == "computer" and not any(same_computer(one.host, p) for p in planned))
    ]
    if others:
        shown = ", ".join(others[:_SHOWN])
        text = tr("not among the servers that are planned: {}", shown)
        if len(others) > _SHOWN:
            more = len(others) - _SHOWN
            text = tr("not among the servers that are planned: {} and {} more", shown, more)
        yield Warn(name, expected, text)


@check("pki.iis-servers-group-token", subjects="pki.cloud_role_servers")
def iis_servers_group_token(
    issuer: Issuer,
    mode: Mode,
    servers: Annotated[list[str], Key("pki.cloud_role_servers")],
    lists: Annotated[GroupLists | Missing, CollectedGroups()],
    groups: Annotated[Groups | Missing, IIS_SERVERS],
    named: Annotated[str | Missing, Key("pki.iis_group_name")],
    confirmed: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the server itself lists the group in its token."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        yield excused
        return
    name = named if isinstance(named, str) else IIS_SERVERS.name
    sids = () if isinstance(groups, Missing) else tuple(one.sid for one in groups.found())
    for server in servers:
        yield _in_token(server, name, sids, lists, confirmed)


def _in_token(
    server: str,
    name: str,
    sids: tuple[str, ...],
    lists: GroupLists | Missing,
    confirmed: Attested | Missing,
) -> Outcome:
    expected = tr("{} lists {} among its groups", server, name)
    held = () if isinstance(lists, Missing) else lists.of(server)
    if held:
        about = tuple(dict.fromkeys(one.computer for one in held))
        if any(one.lists(name, sids) for one in held):
            return Pass(server, tr("{} lists {}", _files(held), name), expected, about=about)
        text = trn(
            len(held[-1].groups),
            "{} lists {n} group, which is not {}",
            "{} lists {n} groups, {} is not among them",
            _files(held),
            name,
        )
        return Fail(server, expected, text, about=about, remedy=(_RESTART,))
    if isinstance(confirmed, Attested):
        if not _answered(confirmed, server):
            return Fail(server, expected, "answered: no", remedy=(_RESTART,))
        return Pass(server, "not collected; confirmed", expected)
    if isinstance(lists, Missing):
        if lists.key:
            return Manual(server, "", remedy=(_RESTART,))
        return Unknown(server, lists.reason, remedy=(lists.mend,) if lists.mend else ())
    if lists.unread:
        return Unknown(server, "; ".join(one.reason for one in lists.unread), remedy=(_RESTART,))
    return Manual(
        server, "", observed=tr("nothing was collected of {}", server), remedy=(_RESTART,)
    )


def _files(held: tuple[GroupList, ...]) -> str:
    return ", ".join(dict.fromkeys(one.file or tr("the output") for one in held))


def _answered(confirmed: Attested, server: str) -> bool:
    """Yes, or the server is on the list that was answered."""
    if isinstance(confirmed.answer, list):
        return any(same_computer(one, server) for one in confirmed.answer)
    return confirmed.yes
