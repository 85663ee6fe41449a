"""The accounts whose names are judged: of the directory, else of the site, else of the tenant."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from assess.check import tr
from assess.evidence import Missing, Table
from assess.evidence import adminservice as site
from assess.evidence.directory import DirectoryUser, People
from assess.evidence.graph import User
from checks.identity.claims import hashed
from checks.identity.enrolling import anchor_key, resource_key


class Account(NamedTuple):
    """An account, where it was read, and what else it is known by than UPN and anchor."""

    user: DirectoryUser
    source: str
    also: tuple[int, ...] = ()

    def keys(self) -> tuple[int, ...]:
        """Everything that the account is known by elsewhere."""
        keys = list(self.also)
        if self.user.upn:
            keys.append(hashed(self.user.upn))
        if self.user.anchor:
            keys.append(anchor_key(self.user.anchor))
        return tuple(keys)


class Accounts(Protocol):
    """A list of accounts that can be read again and again.

    ``name``: of the source, in a sentence. ``doubt``: why a list without a fault proves nothing.
    """

    @property
    def name(self) -> str:
        """Where the accounts are from."""
        ...

    @property
    def doubt(self) -> str:
        """Empty where the list is whole."""
        ...

    def __iter__(self) -> Iterator[Account]:
        """The accounts, streamed."""
        ...


class OfDirectory:
    """The accounts of every forest that answered."""

    name = "the directory"
    doubt = ""

    def __init__(self, people: People) -> None:
        self._people = people

    def __iter__(self) -> Iterator[Account]:
        for forest in self._people.read():
            short = {name: f"{netbios}\\" for name, netbios in forest.netbios.items() if netbios}
            only = next(iter(short.values())) if len(short) == 1 else None
            for user in forest.users:
                prefix = only if only is not None else short.get(user.domain)
                known = () if prefix is None else (hashed(prefix + user.account),)
                yield Account(user, forest.root, known)


class OfSite:
    """The users that the site has discovered."""

    name = "the site"

    def __init__(self, users: site.Users) -> None:
        self._users = users
        trimmed = isinstance(users.sees, site.Trimmed) or not (
            len(users.rows) or users.sees.complete
        )
        self.doubt = users.sees.because if trimmed else ""

    def __iter__(self) -> Iterator[Account]:
        for row in self._users.rows:
            unique = row.unique_user_name if isinstance(row.unique_user_name, str) else ""
            upn = row.user_principal_name if isinstance(row.user_principal_name, str) else ""
            user = DirectoryUser(dn="", account=unique.rpartition("\\")[2], upn=upn or None)
            known = (resource_key(row.resource_id), *((hashed(unique),) if unique else ()))
            yield Account(user, tr("site"), known)


class OfTenant:
    """The synchronised users of the tenant, by the names that they have on premises."""

    name = "the tenant"
    doubt = "neither the directory nor the site could be read; the tenant knows only who arrived"

    def __init__(self, users: Table[User]) -> None:
        self._users = users

    def __iter__(self) -> Iterator[Account]:
        for user in self._users:
            upn = user.on_premises_user_principal_name
            if user.on_premises_sync_enabled is not True or not isinstance(upn, str):
                continue
            yield Account(
                DirectoryUser(
                    dn="",
                    account=_text(user.on_premises_sam_account_name),
                    upn=upn,
                    mail=_text(user.mail),
                    addresses=addresses(user),
                    enabled=user.account_enabled is not False,
                    anchor=_text(user.on_premises_immutable_id),
                ),
                tr("tenant"),
                (hashed(user.user_principal_name),),
            )


def best(
    people: People | Missing, discovered: site.Users | Missing, tenant: Table[User] | Missing
) -> Accounts | None:
    """The accounts of the source that is nearest to the truth; None where there is none."""
    if isinstance(people, People):
        return OfDirectory(people)
    if isinstance(discovered, site.Users):
        return OfSite(discovered)
    return None if isinstance(tenant, Missing) else OfTenant(tenant)


def addresses(user: User) -> tuple[str, ...]:
    """The proxy addresses of a user of the tenant, with their types."""
    found = user.proxy_addresses
    return found if isinstance(found, tuple) else ()


def smtp(listed: tuple[str, ...]) -> Iterator[str]:
    """The mail addresses among proxy addresses: type ``smtp``, or none."""
    for address in listed:
        kind, colon, rest = address.partition(":")
        if not colon:
            yield address
        elif kind.lower() == "smtp":
            yield rest


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
