"""Who may enrol: the access lists of the two templates, with nested groups resolved.

A right counts for a group when its members certainly get it: by the group itself, by a group above
it, or by what everybody has; a denial of any of these takes it. What others might get is told
whenever an entry lets it through.
"""

from collections.abc import Iterable, Iterator
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
    worst,
)
from assess.evidence.certificates import CLIENT_AUTHENTICATION
from assess.evidence.pki import (
    DOMAIN_ADMINS,
    DOMAIN_COMPUTERS,
    ENTERPRISE_ADMINS,
    IIS_SERVERS,
    WEB,
    WORKSTATION,
    ForestTemplates,
    Group,
    Groups,
    NotShown,
    Principal,
    Template,
    Templates,
)
from assess.evidence.securitydescriptor import (
    AUTO_ENROLL,
    ENROLL,
    EXTENDED_RIGHT,
    READ_PROPERTY,
    WRITE_DACL,
    WRITE_OWNER,
    WRITE_PROPERTY,
    Descriptor,
    rid_of,
)
from checks.template.lookup import Issuer, Mode, absent, unneeded, usages
from checks.template.purpose import ANY_PURPOSE, SMART_CARD_LOGON

_ADMINISTRATORS = frozenset({500, DOMAIN_ADMINS, ENTERPRISE_ADMINS})
_OPERATING_SYSTEM = frozenset({"S-1-5-18", "S-1-3-0", "S-1-5-10"})
_FIRST_OWN = 1000  # numbers below are of the groups that every domain has
_BUILTIN_ADMINISTRATORS = "S-1-5-32-544"
_SHOW = "Give the account that reads {ad.server} Read permissions on the template."
_CHANGES = (WRITE_DACL, WRITE_OWNER, WRITE_PROPERTY)
_SIGNS_IN = frozenset({CLIENT_AUTHENTICATION, ANY_PURPOSE, SMART_CARD_LOGON})


@check("template.web-acl", subjects="pki.web_template_name")
def web_acl(
    issuer: Issuer,
    mode: Mode,
    templates: Annotated[Templates, WEB],
    groups: Annotated[Groups, IIS_SERVERS],
) -> Outcomes:
    """Pass when the group has Read and Enroll, and nobody else may enrol or change the template."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    gone = absent(templates)
    if gone is not None:
        because = gone if isinstance(gone, Unknown) else _none(templates.name)
        return [because]
    parts = [
        part
        for forest, one in templates.found()
        for part in _web(templates.name, forest, one, groups)
    ]
    return [worst(parts)]


def _none(name: str) -> Unknown:
    because = tr("there is no template {}, so nobody can say who may enrol it", name)
    return Unknown(name, because, remedy=(tr("Make the template {}.", name),))


def _web(subject: str, forest: ForestTemplates, one: Template, groups: Groups) -> Iterator[Outcome]:
    if isinstance(one.access, NotShown):
        yield Unknown(subject, f"{one.cn}: {one.access.because}", remedy=(_SHOW,))
        return
    yield _of_group(subject, one, one.access, groups)
    yield from _others(subject, forest, one, one.access, groups)


def _of_group(subject: str, one: Template, access: Descriptor, groups: Groups) -> Outcome:
    expected = tr("{} has Read and Enroll on {}", groups.name, one.cn)
    found = groups.found()
    if not found:
        if groups.gaps():
            return Unknown(
                subject, tr("{} was not found; {}", groups.name, "; ".join(groups.gaps()))
            )
        text = tr("there is no group {}, so none of its servers may enrol", groups.name)
        return Fail(subject, expected, text)
    return min(
        (_rights_of(subject, expected, group, access) for group in found),
        key=lambda outcome: (Pass, Unknown, Fail).index(type(outcome)),
    )


def _rights_of(subject: str, expected: str, group: Group, access: Descriptor) -> Outcome:
    if not group.sid:
        return Unknown(subject, tr("the directory does not show the SID of {}", group.name))
    if group.security is False:
        text = tr("{} is a distribution group, which carries no right", group.name)
        return Fail(subject, expected, text)
    if access.undecided(group.token):
        because = "its access list has entries of a kind that this version does not understand"
        return Unknown(subject, because)
    rights = {
        "Enroll": access.grants(group.token, EXTENDED_RIGHT, ENROLL),
        "Read": access.grants(group.token, READ_PROPERTY),
    }
    missing = [name for name, granted in rights.items() if not granted]
    if missing:
        lacking = missing[0] if len(missing) == 1 else tr("{} and {}", *missing)
        return Fail(subject, expected, tr("{} lacks {}", group.name, lacking))
    return Pass(
        subject, tr("{} has Read and Enroll, and nobody else may enrol", group.name), expected
    )


def _others(
    subject: str, forest: ForestTemplates, one: Template, access: Descriptor, groups: Groups
) -> Iterator[Outcome]:
    """Whoever may enrol, or change the template, besides the group and the operating system."""
    expected = tr("only {} may enrol", groups.name)
    own = {group.sid for group in groups.found()}
    if access.open:
        yield Warn(
            subject, expected, tr("{} has no access list: everybody may do everything", one.cn)
        )
        return
    named = [forest.principal(sid) for sid in access.named()]
    enrol = [p for p in named if access.might_grant({p.sid}, EXTENDED_RIGHT, ENROLL)]
    strangers = [p for p in enrol if p.sid not in own | _OPERATING_SYSTEM]
    wide = [p for p in enrol if p.broad]
    admins = [p for p in strangers if _is_administrator(p)]
    rest = [p for p in strangers if p not in admins and p not in wide]
    if wide:
        yield Warn(subject, expected, _danger(one, wide), summary=_consequence(one))
    if admins:
        yield Warn(subject, expected, tr("{} may still enrol", _listed(admins)))
    if rest:
        yield Warn(subject, expected, tr("{} may enrol as well", _listed(rest)))
    change = [
        p
        for p in named
        if (any(access.might_grant({p.sid}, r) for r in _CHANGES) or access.might_write({p.sid}))
        and p.sid not in _OPERATING_SYSTEM
        and not _is_administrator(p)
    ]
    owner = forest.principal(access.owner) if access.owner else None
    if owner is not None and owner.sid not in _OPERATING_SYSTEM and not _is_administrator(owner):
        change = [one for one in change if one.sid != owner.sid]
        text = tr("{} owns the template, and so may change it", _shown(owner))
        yield Warn(subject, expected, text)
    if change:
        text = tr("{} may change the template, and so let themselves enrol", _listed(change))
        yield Warn(subject, expected, text)


def _is_administrator(one: Principal) -> bool:
    return one.sid == _BUILTIN_ADMINISTRATORS or rid_of(one.sid) in _ADMINISTRATORS


def _listed(principals: Iterable[Principal]) -> str:
    return ", ".join(_shown(one) for one in principals)


def _shown(one: Principal) -> str:
    if one.kind == "foreign":
        return tr("{} (of another forest)", one.label)
    if one.kind == "unresolved" and one.name == "":
        return tr("{} (no longer there, or of another forest)", one.sid)
    return one.label


def _danger(one: Template, wide: Iterable[Principal]) -> str:
    """What somebody with a grudge could do with it."""
    whoever = _listed(wide)
    if one.name_flags is None:
        return tr(
            "{} may enrol {}, and the directory does not show who supplies the names in it",
            whoever,
            one.cn,
        )
    if not one.supplied_names:
        return tr("{} may enrol {}", whoever, one.cn)
    if one.approved:
        return tr(
            "{} may enrol {} and supply the names; a manager has to approve each certificate",
            whoever,
            one.cn,
        )
    text = tr(
        "{} may enrol {} and supply the names in it: any of them gets a certificate for any server",
        whoever,
        one.cn,
    )
    used, _ = usages(one)
    if used & _SIGNS_IN or not (one.usages or one.policies):
        text = tr(
            "{} may enrol {} and supply the names in it: any of them gets a certificate for any "
            "server, and can sign in as anybody, administrators included",
            whoever,
            one.cn,
        )
    return tr("{}; its private key can be carried away", text) if one.exportable else text


def _consequence(one: Template) -> str:
    if one.supplied_names and not one.approved:
        return "Whoever is in the company network can pass as any of its servers."
    return ""


@check("template.workstation-acl", subjects="pki.workstation_template_name")
def workstation_acl(
    issuer: Issuer,
    mode: Mode,
    templates: Annotated[Templates, WORKSTATION],
    domains: Annotated[list[str] | Missing, Key("ad.domains")],
) -> Outcomes:
    """Pass when Domain Computers have Read, Enroll and Autoenroll, in each domain of the forest."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    gone = absent(templates)
    if gone is not None:
        return [gone if isinstance(gone, Unknown) else _none(templates.name)]
    wanted = None if isinstance(domains, Missing) else {name.lower() for name in domains}
    parts = [
        part
        for forest, one in templates.found()
        for part in _workstation(templates.name, forest, one, wanted)
    ]
    return [worst(parts)]


def _workstation(
    subject: str, forest: ForestTemplates, one: Template, wanted: set[str] | None
) -> list[Outcome]:
    if isinstance(one.access, NotShown):
        return [Unknown(subject, f"{one.cn}: {one.access.because}", remedy=(_SHOW,))]
    chosen = [name for name in forest.domains if wanted is None or name in wanted]
    unread = [name for name in forest.unread_domains if wanted is None or name in wanted]
    found = [_computers(subject, forest, one, one.access, name) for name in chosen]
    found += [Unknown(subject, tr("the SID of {} could not be read", name)) for name in unread]
    if not found:
        return [Unknown(subject, tr("ad.domains names no domain of {}", forest.root))]
    if any(isinstance(part, Pass) for part in found):
        return [_elsewhere(part) for part in found]
    return found


def _elsewhere(part: Outcome) -> Outcome:
    """One domain's computers may enrol: that those of another may not can be meant so."""
    if isinstance(part, Fail):
        return Warn(part.subject, part.expected, part.observed)
    return part


def _computers(
    subject: str, forest: ForestTemplates, one: Template, access: Descriptor, domain: str
) -> Outcome:
    computers = forest.principal(f"{forest.domains[domain]}-{DOMAIN_COMPUTERS}")
    expected = tr(
        "the group Domain Computers of {} has Read, Enroll and Autoenroll on {}", domain, one.cn
    )
    token = computers.token
    if access.undecided(token):
        because = "its access list has entries of a kind that this version does not understand"
        return Unknown(subject, because)
    denied = [e for e in access.entries if e.kind == "deny" and e.sid not in token]
    if denied and not computers.known:
        because = tr(
            "the groups of Domain Computers of {} could not be read, and its access list denies "
            "rights to others",
            domain,
        )
        return Unknown(subject, because)
    missing = _missing(access, token)
    if not missing:
        text = tr(
            "the group Domain Computers of {} may read, enrol and auto-enrol {}", domain, one.cn
        )
        return Pass(subject, text, expected)
    text = tr("the group Domain Computers of {} lacks {}", domain, ", ".join(missing))
    if "Enroll" not in missing:
        return Warn(subject, expected, text)
    instead = [p for p in map(forest.principal, access.named()) if _stands_in(p, access)]
    if instead:
        because = tr(
            "{}; {} may, and nobody knows whether every client is in it", text, _listed(instead)
        )
        return Unknown(subject, because)
    return Fail(subject, expected, text)


def _stands_in(one: Principal, access: Descriptor) -> bool:
    """A group of the customer's own that has all three rights, and might hold every client."""
    own = one.kind == "group" and rid_of(one.sid) >= _FIRST_OWN
    return own and not _missing(access, one.token)


def _missing(access: Descriptor, token: frozenset[str]) -> list[str]:
    rights = {
        "Read": access.grants(token, READ_PROPERTY),
        "Enroll": access.grants(token, EXTENDED_RIGHT, ENROLL),
        "Autoenroll": access.grants(token, EXTENDED_RIGHT, AUTO_ENROLL),
    }
    return [name for name, granted in rights.items() if not granted]
