"""Who is behind a group that has rights on the site: the directory knows its members."""

from typing import Any, ClassVar, Self

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.adminservice import Seen, text
from assess.evidence.pki import GroupNamed
from assess.evidence.site_roles import Administrator, Administrators
from assess.language import tr, trn

FULL_ADMINISTRATOR = "full administrator"


def domain_of(logon: str) -> str:
    r"""The short name of the domain in ``DOMAIN\name``, lower case; "" where there is none."""
    return logon.rpartition("\\")[0].strip().lower()


def name_of(logon: str) -> str:
    r"""What stands behind the domain in ``DOMAIN\name``, lower case."""
    return logon.rpartition("\\")[2].strip().lower()


def full_groups(admins: Seen[Administrator], account: str) -> list[Administrator]:
    """The groups of the account's own domain that have the role Full Administrator."""
    found = []
    for one in admins:
        roles = one.role_names if isinstance(one.role_names, tuple) else ()
        named = text(one.logon_name)
        own = domain_of(named) == domain_of(account) and named.lower() != account.lower()
        if own and one.is_group is True and FULL_ADMINISTRATOR in map(str.lower, roles):
            found.append(one)
    return found


class AdministratorGroup(GroupNamed, frozen=True):
    """The members of the one group that has the role Full Administrator, at every depth."""

    permissions: ClassVar[tuple[str, ...]] = GroupNamed.permissions
    answer: ClassVar[Any] = GroupNamed.answer
    key_name: str = ""
    name: str = ""

    def requires(self) -> tuple[Ask, ...]:
        """Which group it is."""
        return (Administrators(),)

    def bind(self, known: Known) -> Self:
        """With the name of the group; raises Unavailable where there is not exactly one."""
        account = str(known.key("accounts.configmgr_admin"))
        groups = full_groups(known.answer(Administrators()), account)
        if len(groups) != 1 or not domain_of(account):
            raise Unavailable(
                trn(
                    len(groups),
                    "{n} group of the domain of {} is Full Administrator, and the directory was "
                    "not asked for its members",
                    "{n} groups of the domain of {} are Full Administrator, so that the "
                    "directory was not asked for members",
                    account,
                ),
                tr(
                    "Check that {} is a member of such a group, or add the account itself.", account
                ),
            )
        return type(self)("", name_of(text(groups[0].logon_name)))

    def describe(self) -> str:
        """Which group."""
        if not self.name:
            return tr(
                "the members at every depth of the group that is Full Administrator of the site"
            )
        return tr("the members of the group {}, at every depth", self.name)
