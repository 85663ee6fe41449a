"""Whether somebody can make templates, groups and records: the nominated domain administrator."""

from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Missing,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
)
from assess.evidence.directory import NoAnswer
from assess.evidence.pki import DomainAdministrator, Nominee, Nominees, NoNominee


@check("permissions.domain-admin", subjects="accounts.domain_admin")
def domain_admin(
    nominees: Annotated[Nominees, DomainAdministrator()],
    delegated: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the nominated account is enabled and one of the Domain Admins, at any depth.

    Where it is not, an answer that the rights are delegated to it makes that a warning.
    """
    name = nominees.name
    found = [one for one in nominees.forests if isinstance(one, Nominee)]
    if found:
        # An account of that name in one forest is the one that is meant; in several, the best.
        judged = [_judged(name, one, delegated) for one in found]
        return [min(judged, key=lambda one: (Pass, Warn, Fail).index(type(one)))]
    gaps = [one.reason for one in nominees.forests if isinstance(one, NoAnswer)]
    mends = tuple(one.mend for one in nominees.forests if isinstance(one, NoAnswer) and one.mend)
    for one in nominees.forests:
        if isinstance(one, NoNominee) and one.unread:
            gaps += [tr("{} could not be looked at", ", ".join(one.unread))]
    if gaps:
        because = tr("{} was not found; {}", name, "; ".join(gaps))
        return [Unknown(name, because, remedy=mends)]
    roots = ", ".join(one.root for one in nominees.forests if isinstance(one, NoNominee))
    return [Fail(name, tr("an account {}", name), tr("{} has no account of that name", roots))]


def _judged(name: str, one: Nominee, delegated: Attested | Missing) -> Pass | Warn | Fail:
    expected = tr("{} is enabled and a member of Domain Admins", name)
    if not one.enabled:
        return Fail(name, expected, tr("{} is disabled", one.dn))
    if not one.administrator:
        text = tr("{} is no member of Domain Admins", one.dn)
        if one.enterprise:
            text = tr("{} is no member of Domain Admins (but of Enterprise Admins)", one.dn)
        if isinstance(delegated, Attested) and delegated.yes:
            return Warn(name, expected, tr("{}; answered: the rights are delegated to it", text))
        return Fail(name, expected, text)
    text = tr("{} is enabled, a member of Domain Admins, not of Enterprise Admins", one.dn)
    if one.enterprise:
        text = tr("{} is enabled, a member of Domain Admins and of Enterprise Admins", one.dn)
    return Pass(name, text, expected)
