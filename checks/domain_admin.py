"""Whether somebody can make templates, groups and records: the nominated domain administrator."""

from typing import Annotated

from assess.check import Fail, Outcome, Outcomes, Pass, Unknown, check
from assess.evidence.directory import NoAnswer
from assess.evidence.pki import DomainAdministrator, Nominee, Nominees, NoNominee


@check("permissions.domain-admin", subjects="accounts.domain_admin")
def domain_admin(nominees: Annotated[Nominees, DomainAdministrator()]) -> Outcomes:
    """Pass when the nominated account is enabled and one of the Domain Admins, at any depth."""
    name = nominees.name
    found = [one for one in nominees.forests if isinstance(one, Nominee)]
    if found:
        # An account of that name in one forest is the one that is meant; in several, the best.
        return [min((_judged(name, one) for one in found), key=lambda o: isinstance(o, Fail))]
    gaps = [one.reason for one in nominees.forests if isinstance(one, NoAnswer)]
    mends = tuple(one.mend for one in nominees.forests if isinstance(one, NoAnswer) and one.mend)
    for one in nominees.forests:
        if isinstance(one, NoNominee) and one.unread:
            gaps.append(f"{', '.join(one.unread)} could not be looked at")
    if gaps:
        because = f"{name} was not found; {'; '.join(gaps)}"
        return [Unknown(name, because, remedy=mends)]
    roots = ", ".join(one.root for one in nominees.forests if isinstance(one, NoNominee))
    return [Fail(name, f"an account {name}", f"{roots} has no account of that name")]


def _judged(name: str, one: Nominee) -> Outcome:
    expected = f"{name} is enabled and a member of Domain Admins"
    if not one.enabled:
        return Fail(name, expected, f"{one.dn} is disabled")
    if not one.administrator:
        more = " (but of Enterprise Admins)" if one.enterprise else ""
        return Fail(name, expected, f"{one.dn} is no member of Domain Admins{more}")
    more = "and of Enterprise Admins" if one.enterprise else "not of Enterprise Admins"
    return Pass(name, f"{one.dn} is enabled, a member of Domain Admins {more}", expected)
