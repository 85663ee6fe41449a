"""Rights: who may run the wizards of Configuration Manager."""

from typing import Annotated

from assess.check import Fail, Key, Missing, Outcome, Outcomes, Pass, Unknown, Warn, check, tr
from assess.evidence.adminservice import Seen, text
from assess.evidence.pki import Groups
from assess.evidence.securitydescriptor import domain_part
from assess.evidence.site_admins import AdministratorGroup, domain_of, name_of
from assess.evidence.site_roles import Administrator, Administrators
from checks.site_systems import unseen

_ROLE, _ALL, _DEFAULT = "full administrator", "all", "default"
_ALL_COLLECTIONS = {"all systems", "all users and user groups", "all users"}


@check("permissions.configmgr-full-admin")
def configmgr_full_admin(
    account: Annotated[str, Key("accounts.configmgr_admin")],
    admins: Annotated[Seen[Administrator], Administrators()],
    members: Annotated[Groups | Missing, AdministratorGroup()],
) -> Outcomes:
    """Pass when the account, or a group that it is in, is Full Administrator with the scope All."""
    own = [one for one in admins if _same_account(text(one.logon_name), account)]
    groups = [one for one in admins if one.is_group is not False and one not in own]
    expected = "Full Administrator with the scope All"
    about = tuple(one.about for one in (*own, *groups))
    step = tr(
        "Administration > Security > Administrative Users > {} > role Full Administrator, all "
        "instances of the objects.",
        account,
    )
    judged = [_entry(one, expected, step) for one in own]
    passed = next((one for one in judged if isinstance(one, Pass)), None)
    if passed is not None:
        return [passed]
    full = [one for one in groups if isinstance(_entry(one, expected, step), Pass | Unknown)]
    if len(full) == 1 and isinstance(members, Groups):
        inside = _is_member(account, text(full[0].logon_name), members)
        if inside is True:
            outcome = _entry(full[0], expected, step)
            if isinstance(outcome, Pass):
                said = tr("{} is a member of {}", account, outcome.observed)
                return [Pass(None, said, expected, about=(*outcome.about, members.name))]
            return [outcome]
        full = [] if inside is False else full
    if full:
        listed = ", ".join(text(one.logon_name) or tr("an entry without a name") for one in full)
        because = tr(
            "{} does not have the role by its own entry; the directory could tell whether it "
            "has it as a member of {}",
            account,
            listed,
        )
        confirm = tr("Check that {} is a member of {}, or add the account itself.", account, listed)
        return [Unknown(None, because, about=about, remedy=(confirm,))]
    if any(isinstance(one, Unknown) for one in judged):
        return judged
    if not admins.sees.complete:
        what = tr("no entry for {}; no other is seen that gives more", account)
        if judged:
            what = tr(
                "{} has an entry with fewer rights; no other is seen that gives more", account
            )
        return [unseen(None, what, admins.sees)]
    if judged:
        return judged
    observed = tr("no administrative user {}; {}", account, admins.sees.because)
    return [Fail(None, expected, observed, about=about, remedy=(step,))]


def _is_member(account: str, group: str, members: Groups) -> bool | None:
    """Whether the account is in the group; None where the directory does not tell for sure.

    Both have to be of the one domain: elsewhere somebody else may have the same name.
    """
    found = members.found()
    if len(found) != 1 or members.gaps() or members.name.lower() != name_of(group):
        return None
    [one] = found
    same = [m for m in one.members if m.kind == "user" and m.name.lower() == name_of(account)]
    if domain_of(account) == domain_of(group) and any(
        domain_part(m.sid) == domain_part(one.sid) != "" for m in same
    ):
        return True
    foreign = any(m.kind == "foreign" for m in one.members)
    return None if same or one.cut or foreign else False


def _same_account(one: str, other: str) -> bool:
    return bool(one) and one.strip().lower() == other.strip().lower()


def _entry(one: Administrator, expected: str, step: str) -> Outcome:
    """What one entry amounts to. Each list counts for all roles of the entry together."""
    name, about = text(one.logon_name), (one.about,)
    for prop, values in (("RoleNames", one.role_names), ("CategoryNames", one.category_names)):
        if not isinstance(values, tuple):
            because = tr("the entry {} comes without the property {}", name, prop)
            return Unknown(None, because, about=about)
    assert isinstance(one.role_names, tuple)
    assert isinstance(one.category_names, tuple)
    roles = {role.strip().lower() for role in one.role_names}
    scopes = {scope.strip().lower() for scope in one.category_names}
    held, given = ", ".join(one.role_names) or tr("no role"), ", ".join(one.category_names)
    observed = tr("{}: {}; scopes {}", name, held, given)
    if not given:
        observed = tr("{}: {}; scopes none", name, held)
    if _ROLE not in roles:
        return Fail(None, expected, observed, about=about, remedy=(step,))
    if _ALL not in scopes:
        kind = Warn if scopes == {_DEFAULT} else Fail
        return kind(None, expected, observed, about=about, remedy=(step,))
    if len(roles) > 1 and len(scopes) > 1:
        because = tr("{}; which scope belongs to which role, the entry does not say", observed)
        return Unknown(None, because, about=about)
    if not isinstance(one.collection_names, tuple):
        because = tr("the entry {} comes without the property CollectionNames", name)
        return Unknown(None, because, about=about)
    named = [c for c in one.collection_names if c.strip().lower() not in _ALL_COLLECTIONS]
    if named and len(named) == len(one.collection_names):
        said = tr("{}; restricted to the collections {}", observed, ", ".join(named))
        return Warn(None, expected, said, about=about, remedy=(step,))
    return Pass(None, observed, expected, about=about)
