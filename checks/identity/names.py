"""Which names are taken, by whom: in the directory, in the tenant, by deleted users."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import msgspec

from assess.check import tr
from assess.evidence import Missing, Table
from assess.evidence import adminservice as site
from assess.evidence.directory import DirectoryUser
from assess.evidence.graph import GraphTable, Text, Texts, User
from assess.evidence.people import Names as Marks
from assess.evidence.people import Naming
from checks.identity.accounts import Account, Accounts, OfSite, OfTenant, addresses, smtp
from checks.identity.claims import Claims, hashed
from checks.identity.enrolling import anchor_key
from checks.identity.suffixes import OTHERS, Verified, suffix_of
from checks.identity.upn import Fault


class DeletedUser(msgspec.Struct, frozen=True, rename="camel"):
    """A user in the tenant's bin, whose names stay taken for thirty days."""

    id: str
    user_principal_name: Text = msgspec.UNSET
    mail: Text = msgspec.UNSET
    proxy_addresses: Texts = msgspec.UNSET
    people: ClassVar[Marks] = {
        "user_principal_name": Naming.ACCOUNT, "mail": Naming.ACCOUNT,
        "proxy_addresses": Naming.ACCOUNT,
    }  # fmt: skip

    def names(self) -> Iterator[str]:
        """Its names; the UPN without the identifier that deletion puts before it."""
        upn = self.user_principal_name
        if isinstance(upn, str):
            yield upn.removeprefix(self.id.replace("-", ""))
        if isinstance(self.mail, str):
            yield self.mail
        if isinstance(self.proxy_addresses, tuple):
            yield from smtp(self.proxy_addresses)


class DeletedUsers(GraphTable, frozen=True):
    """The deleted users that the tenant still keeps."""

    answer: ClassVar[Any] = Table[DeletedUser]
    path: ClassVar[str] = "/directory/deletedItems/microsoft.graph.user"
    item: ClassVar[type[msgspec.Struct]] = DeletedUser
    options: ClassVar[dict[str, str]] = {"$top": "999"}
    permissions: ClassVar[tuple[str, ...]] = ("User.Read.All",)


class Names:
    """Every name that is taken. Reads the accounts, the tenant and the site once.

    ``suffixes``: people by suffix (at most ``most`` of them); ``fell_back``: synchronised users
    whom the tenant calls by its initial domain, by the suffix that they have on premises;
    ``not_compared``: what could not be read.
    """

    def __init__(
        self,
        accounts: Accounts,
        verified: Verified,
        tenant: Table[User] | Missing,
        deleted: Table[DeletedUser] | Missing,
        discovered: site.Users | Missing,
        *,
        most: int,
    ) -> None:
        self.suffixes: Counter[str] = Counter()
        self.fell_back: Counter[str] = Counter()
        self.not_compared = [
            what
            for what, read in (("the tenant", tenant), ("its deleted users", deleted))
            if isinstance(read, Missing)
        ]
        self.tenant_read = not isinstance(tenant, Missing)
        self.site_read = not isinstance(discovered, Missing) and not isinstance(accounts, OfSite)
        self._upns = Claims()
        self._addresses = Claims()
        self._accounts = Claims()
        self._synced = Claims()
        self._own = Claims()
        self._cloud = Claims()
        self._cloud_upns = Claims()
        self._deleted = Claims()
        self._in_tenant = Claims()
        self._in_site = Claims()
        self._initial = verified.initial
        self._read_accounts(accounts, most)
        if not isinstance(tenant, Missing):
            for user in tenant:
                self._read_user(user)
        if not isinstance(deleted, Missing):
            for gone in deleted:
                _claim(self._deleted, gone.names())
        if self.site_read and not isinstance(discovered, Missing):
            for row in discovered.rows:
                _claim(self._in_site, (row.upn, _text(row.unique_user_name)))
        if isinstance(accounts, OfTenant):  # the same users twice would all be their own rivals
            self._upns, self._addresses = Claims(), Claims()

    def _read_accounts(self, accounts: Accounts, most: int) -> None:
        upns, mails, short = self._upns.add, self._addresses, self._accounts.add
        suffixes = self.suffixes
        for account in accounts:
            user = account.user
            if user.upn:
                upns(hashed(user.upn))
            if user.account:
                short(hashed(user.account))
            if user.mail or user.addresses:
                for name in _mail_names(user):
                    mails.add(name)
            if user.kind == "person":
                suffix = suffix_of(user.upn or "")
                suffixes[suffix if suffix in suffixes or len(suffixes) < most else OTHERS] += 1

    def _read_user(self, user: User) -> None:
        upn = user.user_principal_name
        names = {hashed(upn), *(hashed(name) for name in smtp(addresses(user)))}
        if _text(user.mail):
            names.add(hashed(_text(user.mail)))
        if user.on_premises_sync_enabled is not True:
            for name in names:
                self._cloud.add(name)
            self._cloud_upns.add(hashed(upn))
            return
        before = _text(user.on_premises_user_principal_name)
        anchor = _text(user.on_premises_immutable_id)
        keys = [anchor_key(anchor)] if anchor else []
        keys += [hashed(before)] if before else [hashed(upn)]
        for name in names:
            self._synced.add(name)
            for key in keys:
                self._own.add(hash((name, key)))
        for key in keys:
            self._in_tenant.add(key)
        suffix = suffix_of(before)
        if before and suffix_of(upn) in self._initial and suffix not in self._initial:
            self.fell_back[suffix] += 1

    def in_tenant(self, account: Account) -> bool:
        """The account has arrived in the tenant, by anchor or by name."""
        return self.tenant_read and any(map(self._in_tenant.__contains__, account.keys()))

    def in_site(self, account: Account) -> bool:
        """The site has discovered the account, by UPN or by its short name."""
        return self.site_read and any(map(self._in_site.__contains__, account.keys()))

    def shared_account(self, account: str) -> bool:
        """More than one account has this sAMAccountName, in one domain or in several."""
        return self._accounts.count(hashed(account)) > 1

    def conflicts(self, user: DirectoryUser) -> Iterable[Fault]:
        """Who else has the user's own name, as it is now."""
        upn = user.upn or ""
        name = hashed(upn)
        if self._upns.count(name) > 1:
            times = self._upns.count(name)
            yield Fault(
                "duplicate", True, tr("{} accounts have this UPN (case does not count)", times)
            )
        if self._other_addresses(name, user):
            yield Fault("taken", False, "another account has it as a mail or proxy address")
        if name in self._cloud_upns:
            text = "an account that exists only in the tenant has it: synchronising takes it over"
            yield Fault("cloud-only", False, text)
        elif name in self._cloud:
            text = "an account that exists only in the tenant has it as an address"
            yield Fault("taken-in-tenant", False, text)
        elif self._other_synced(name, user):
            text = "another synchronised user has it in the tenant"
            yield Fault("taken-in-tenant", False, text)
        if name in self._deleted:
            yield Fault("deleted", False, "a deleted user of the tenant still holds it")
        mail = _primary(user)
        if mail and mail.lower() != upn.lower():
            yield Fault("mail-differs", False, tr("the mail address is {}", mail))

    def free(self, name: int, user: DirectoryUser) -> bool:
        """Nobody but the user has this hashed name, in any place that was read."""
        own = 1 if user.upn and hashed(user.upn) == name else 0
        return not (
            self._upns.count(name) > own
            or name in self._cloud
            or name in self._deleted
            or self._other_addresses(name, user)
            or self._other_synced(name, user)
        )

    def _other_addresses(self, name: int, user: DirectoryUser) -> bool:
        count = self._addresses.count(name)
        return count > 1 or (count == 1 and name not in _mail_names(user))

    def _other_synced(self, name: int, user: DirectoryUser) -> bool:
        count = self._synced.count(name)
        if not count:
            return False
        keys = [anchor_key(user.anchor)] if user.anchor else []
        keys += [hashed(user.upn)] if user.upn else []
        mine = max((self._own.count(hash((name, key))) for key in keys), default=0)
        return count > mine


def _mail_names(user: DirectoryUser) -> set[int]:
    names = {hashed(name) for name in smtp(user.addresses)}
    if user.mail:
        names.add(hashed(user.mail))
    return names


def _primary(user: DirectoryUser) -> str:
    """The primary mail address: ``mail``, else the proxy address whose type is in capitals."""
    if user.mail:
        return user.mail
    return next((a[5:] for a in user.addresses if a.startswith("SMTP:")), "")


def _claim(claims: Claims, names: Iterable[str]) -> None:
    for name in {hashed(name) for name in names if name}:
        claims.add(name)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
