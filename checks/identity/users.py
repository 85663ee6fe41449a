"""User names before synchronisation, and whether those who enrol have arrived in the tenant.

The accounts are read twice and never held: once to know which names are taken, once to judge each
name and count by suffix. Rows of long tables are made when the table is written, by judging again.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Rows,
    Table,
    Unknown,
    Warn,
    check,
    msg,
    tr,
    trn,
    unavailable,
)
from assess.evidence import adminservice as site
from assess.evidence.directory import (
    EXCLUDED,
    WHY_EXCLUDED,
    DirectoryUser,
    DirectoryUsers,
    Kind,
    People,
)
from assess.evidence.graph import (
    Domain,
    Domains,
    EnrollmentGroupMembers,
    Gathered,
    Person,
    SyncedSecurityGroups,
    User,
    Users,
)
from checks.identity.accounts import Account, Accounts, OfDirectory, OfTenant, best
from checks.identity.claims import Claims, hashed
from checks.identity.enrolling import Enrolling, Enrols, enrolling
from checks.identity.names import DeletedUser, DeletedUsers, Names
from checks.identity.suffixes import MOST_SUBJECTS, NONE, OTHERS, Verified, suffix_of
from checks.identity.upn import (
    LONGEST,
    LONGEST_NAME,
    LONGEST_SUFFIX,
    Fault,
    account_faults,
    faults,
    proposal,
    stem,
    suffix_faults,
)

COLUMNS = ("user", "found", "proposed", "rule", "reason", "enrols", "source", "dn")
_KEPT_ROWS = 200
_MOST_SAID = 8
_MOST_SUFFIXES = 20_000
# Remarks that a new name would not mend; the rest is.
_NO_NEW_NAME = frozenset({"mail-differs", "suffix-underscore"})


class _Suffix:
    """The people of one suffix, and what is wrong with how many of them."""

    def __init__(self) -> None:
        self.enabled = 0
        self.disabled = 0
        self.in_tenant = 0
        self.in_site = 0
        self.forbidden: Counter[Enrols] = Counter()
        self.remarked = 0
        self.rules: Counter[str] = Counter()
        # For each offender, in the order of the accounts: which proposal it got; 0 for none.
        self.numbers = array("L")
        self.kept: list[dict[str, object]] | None = []

    def offends(self, number: int) -> bool:
        """Count one more offender; whether the list is still short enough to keep its row."""
        self.numbers.append(number)
        if len(self.numbers) > _KEPT_ROWS:
            self.kept = None
        return self.kept is not None


class _Survey:
    """Every account judged against everything that is known of names."""

    def __init__(
        self,
        accounts: Accounts,
        verified: Verified,
        planned: list[str] | Missing,
        who: Enrolling,
        names: Names,
    ) -> None:
        self.accounts = accounts
        self.verified = verified
        self.who = who
        self.names = names
        main = verified.main(planned)
        self.main = main if len(main) <= LONGEST_SUFFIX else ""
        self.suffixes: dict[str, _Suffix] = {}
        self.excluded: Counter[Kind] = Counter()
        self._named: frozenset[str] = frozenset()
        self._given = set[int]()
        self._next: dict[int, int] = {}

    def run(self) -> None:
        """Judge every account, and choose a proposal for each that offends."""
        self._named = self._subjects()
        for account in self.accounts:
            user = account.user
            if user.kind != "person":
                self.excluded[user.kind] += 1
                continue
            counted = self._of(user)
            if not user.enabled:
                counted.disabled += 1
                continue
            counted.enabled += 1
            counted.in_tenant += self.names.in_tenant(account)
            counted.in_site += self.names.in_site(account)
            found = self._faults(user)
            if found:
                self._offender(account, found, counted)
        self._given.clear()
        self._next.clear()

    def _subjects(self) -> frozenset[str]:
        """The suffixes with a finding of their own; what is beyond them shares one."""
        ranked = sorted(self.names.suffixes.items(), key=lambda item: (-item[1], item[0]))
        return frozenset(suffix for suffix, _ in ranked[:MOST_SUBJECTS])

    def _subject(self, user: DirectoryUser) -> str:
        suffix = suffix_of(user.upn or "")
        return suffix if suffix in self._named else OTHERS

    def _of(self, user: DirectoryUser) -> _Suffix:
        return self.suffixes.setdefault(self._subject(user), _Suffix())

    def _offender(self, account: Account, found: list[Fault], counted: _Suffix) -> None:
        counted.rules.update(dict.fromkeys((fault.rule for fault in found), 1))
        enrols = self.who.of(*account.keys())
        if any(fault.forbidden for fault in found):
            counted.forbidden[enrols] += 1
        else:
            counted.remarked += 1
        number = self._number(account.user, found)
        if counted.offends(number) and counted.kept is not None:
            counted.kept.append(self._row(account, found, number, enrols))

    # -- faults --

    def _faults(self, user: DirectoryUser) -> list[Fault]:
        """Everything that is wrong with the name of an account, here and among all others."""
        upn = user.upn
        if not upn:
            return self._missing(user)
        suffix = upn.rpartition("@")[2].lower()
        found = list(faults(upn))
        if suffix in self.verified:
            found = [fault for fault in found if fault.rule != "not-public"]
            if suffix in self.verified.initial:
                text = tr("{} came with the tenant: it is no public domain of the customer", suffix)
                found.append(Fault("initial-domain", False, text))
        elif self.verified.refusal is None and not any(fault.forbidden for fault in found):
            text = tr("{} is public, but not verified in the tenant", suffix)
            found.append(Fault("not-verified", True, text))
        if "userPrincipalName" in user.undecodable:
            found.append(Fault("undecodable", True, "it holds bytes that are no UTF-8"))
        found += self.names.conflicts(user)
        return found

    def _missing(self, user: DirectoryUser) -> list[Fault]:
        """Without a name synchronisation composes one, from sAMAccountName and the domain."""
        account, domain = user.account, user.domain
        wrong = list(account_faults(account))
        if account and self.names.shared_account(account):
            text = "another account has the same sAMAccountName, so what is composed would collide"
            wrong.append(Fault("account-duplicate", True, text))
        text = "it has no user principal name"
        if account and not wrong:
            initial = min(self.verified.initial, key=len, default="<tenant>.onmicrosoft.com")
            suffix = domain if domain and domain in self.verified else initial
            text = tr(
                "it has no user principal name; synchronisation would compose {}@{}",
                account,
                suffix,
            )
        return [Fault("missing", True, text), *wrong]

    # -- proposals --

    def _target(self, user: DirectoryUser) -> str:
        """The suffix of a proposal: the own one where it is good, else the main domain."""
        own = suffix_of(user.upn or "")
        if self.verified.refusal is None:
            good = own in self.verified.custom and len(own) <= LONGEST_SUFFIX
        else:
            good = own != NONE and not faults(f"x@{own}")
        return own if good else self.main

    def _number(self, user: DirectoryUser, found: list[Fault]) -> int:
        """Which proposal is the first that nobody has and nobody was given; 0 for none."""
        target = self._target(user)
        if not target or all(fault.rule in _NO_NEW_NAME for fault in found):
            return 0
        beginning = stem(user.upn, user.account)
        start = hashed(f"{beginning}@{target}")
        number = self._next.get(start, 1)
        while True:
            name = hashed(proposal(beginning, number, target))
            if name not in self._given and self.names.free(name, user):
                break
            number += 1
        if number > 1:
            self._next[start] = number + 1
        self._given.add(name)
        return number

    def _proposed(self, user: DirectoryUser, found: list[Fault], number: int) -> str:
        if number:
            return proposal(stem(user.upn, user.account), number, self._target(user))
        mail = user.mail.strip()
        differs = any(fault.rule == "mail-differs" for fault in found)
        sound = differs and suffix_of(mail) in self.verified.custom and not faults(mail)
        return mail if sound and self.names.free(hashed(mail), user) else ""

    # -- rows --

    def _row(
        self, account: Account, found: list[Fault], number: int, enrols: Enrols
    ) -> dict[str, object]:
        user = account.user
        return {
            "user": user.account,
            "found": user.upn or "",
            "proposed": self._proposed(user, found, number),
            "rule": ", ".join(fault.rule for fault in found),
            "reason": "; ".join(tr(fault.text) for fault in found),
            "enrols": tr(enrols.value),
            "source": account.source,
            "dn": user.dn,
        }

    def rows(self, subject: str) -> Rows | None:
        """Who offends in one suffix, and what to call them instead."""
        counted = self.suffixes[subject]
        if not counted.numbers:
            return None
        return Rows(COLUMNS, self._again(subject) if counted.kept is None else counted.kept)

    def _again(self, subject: str) -> Iterator[dict[str, object]]:
        numbers = iter(self.suffixes[subject].numbers)
        for account in self.accounts:
            user = account.user
            if user.kind == "person" and user.enabled and self._subject(user) == subject:
                found = self._faults(user)
                if found:
                    enrols = self.who.of(*account.keys())
                    yield self._row(account, found, next(numbers), enrols)

    def left_out(self) -> Iterator[dict[str, object]]:
        """The accounts that are not judged, and why."""
        for account in self.accounts:
            user = account.user
            if user.kind != "person" or not user.enabled:
                yield {
                    "user": user.account,
                    "found": user.upn or "",
                    "reason": user.because or tr("disabled"),
                    "source": account.source,
                    "dn": user.dn,
                }


@check("identity.user-public-upn")
def user_public_upn(
    people: Annotated[People | Missing, DirectoryUsers()],
    discovered: Annotated[site.Users | Missing, site.DiscoveredUsers()],
    tenant: Annotated[Table[User] | Missing, Users()],
    domains: Annotated[tuple[Domain, ...] | Missing, Domains()],
    deleted: Annotated[Table[DeletedUser] | Missing, DeletedUsers()],
    members: Annotated[site.Members | Missing, site.CollectionMembers("{mdm.user_collection_id}")],
    groups: Annotated[Gathered[Person] | Missing, EnrollmentGroupMembers()],
    planned: Annotated[list[str] | Missing, Key("tenant.public_domains")],
) -> Outcomes:
    """One finding a suffix; fail where somebody who enrols has a name that Microsoft forbids."""
    accounts = best(people, discovered, tenant)
    if accounts is None:
        gaps = [gap for gap in (people, discovered) if isinstance(gap, Missing)]
        yield unavailable(None, *gaps)
        return
    verified = Verified.of(domains)
    names = Names(accounts, verified, tenant, deleted, discovered, most=_MOST_SUFFIXES)
    survey = _Survey(accounts, verified, planned, enrolling(members, groups, tenant), names)
    survey.run()
    for subject in sorted(survey.suffixes, key=lambda name: (name == OTHERS, name)):
        if survey.suffixes[subject].enabled:
            yield _judged(subject, survey)
    if isinstance(people, People):
        for gap in people.refused():
            yield Unknown(gap.section, gap.reason, remedy=(gap.mend,) if gap.mend else ())
    elif isinstance(accounts, OfTenant):
        yield unavailable(None, *(g for g in (people, discovered) if isinstance(g, Missing)))
    if isinstance(accounts, OfDirectory):
        yield from _left_out(survey)


def _judged(subject: str, survey: _Survey) -> Outcome:
    counted = survey.suffixes[subject]
    expected = _expected(subject)
    observed = f"{_counted(counted, survey)}{_wrong(counted)}"
    rows = survey.rows(subject)
    remedy = _remedy(subject, counted, survey)
    if counted.forbidden[Enrols.YES]:
        return Fail(subject, expected, f"{observed}; {survey.who.says}", remedy=remedy, rows=rows)
    if counted.forbidden[Enrols.NOT_KNOWN]:
        return Unknown(subject, f"{observed}; {survey.who.says}", remedy=remedy, rows=rows)
    refusal = survey.verified.refusal
    if refusal is not None and _could_be_verified(subject):
        because = tr(
            "{}; whether it is verified in the tenant is not known: {}", observed, refusal.reason
        )
        return Unknown(subject, because, remedy=(refusal.mend,) if refusal.mend else (), rows=rows)
    if survey.accounts.doubt:
        because = tr("{}; not everybody may be seen: {}", observed, survey.accounts.doubt)
        return Unknown(subject, because, rows=rows)
    if counted.forbidden:
        return Warn(subject, expected, f"{observed}; {survey.who.says}", remedy=remedy, rows=rows)
    fell = survey.names.fell_back[subject]
    if fell:
        also = tr("of these, with a name of the tenant's initial domain in the tenant: {}", fell)
        observed = f"{observed}; {also}"
    if counted.remarked or fell:
        return Warn(subject, expected, observed, remedy=remedy, rows=rows)
    return Pass(subject, tr("{}; the tenant has verified it", observed), expected)


def _could_be_verified(subject: str) -> bool:
    """Only the tenant can say whether this suffix is good."""
    return subject != NONE and not any(fault.forbidden for fault in suffix_faults(subject))


def _expected(subject: str) -> str:
    if subject in (NONE, OTHERS):
        return "everybody who enrols has a UPN with a public, verified suffix"
    return tr(
        "{} is verified in the tenant, and whoever enrols with it has an allowed UPN", subject
    )


def _counted(counted: _Suffix, survey: _Survey) -> str:
    """How many there are in each source, and how many are the same people."""
    parts = [tr("enabled users in {}: {}", survey.accounts.name, counted.enabled)]
    if counted.disabled:
        parts.append(tr("disabled: {}", counted.disabled))
    if survey.names.tenant_read and not isinstance(survey.accounts, OfTenant):
        parts.append(tr("of the enabled in the tenant: {}", counted.in_tenant))
    if survey.names.site_read:
        parts.append(tr("discovered by the site: {}", counted.in_site))
    return ", ".join(parts)


_SAID = {
    "missing": msg("no UPN"),
    "not-verified": "a public suffix that is not verified in the tenant",
    "not-public": "a suffix that is not public",
    "initial-domain": "the tenant's initial domain as suffix",
    "duplicate": "a UPN that somebody else has too",
    "taken": "a UPN that is another account's mail address",
    "taken-in-tenant": "a UPN that another account of the tenant has",
    "cloud-only": "a UPN that an account has which exists only in the tenant",
    "deleted": "a UPN that a deleted user still holds",
    "mail-differs": "a UPN other than the mail address",
    "too-long": "a UPN of more than {longest} characters",
    "name-too-long": "more than {longest_name} characters before the @",
    "suffix-too-long": "more than {longest_suffix} characters after the @",
    "character": "a character that is not allowed",
    "non-ascii": "letters beyond A to Z",
    "invisible": "characters that nobody sees",
    "space": msg("a space"),
    "undecodable": "bytes that are no text",
    "no-at": msg("no @"),
    "at-first": "nothing before the @",
    "at-more": "more than one @",
    "dot-last": "a dot just before the @",
    "ampersand-last": "an & just before the @",
    "dot-first": "a dot at the beginning",
    "dots": "two dots in a row",
    "suffix-underscore": "an underscore after the @",
}


_LIMITS = {"longest": LONGEST, "longest_name": LONGEST_NAME, "longest_suffix": LONGEST_SUFFIX}


def _rule_said(rule: str) -> str:
    """What is wrong by a rule, to be looked up."""
    if rule.startswith("account-"):
        return "a sAMAccountName that no UPN can be composed from"
    return _SAID.get(rule, "a suffix that is no domain name")


def _wrong(counted: _Suffix) -> str:
    worded: Counter[str] = Counter()
    for rule, number in counted.rules.items():
        words = _rule_said(rule)
        worded[words] = max(worded[words], number)
    said = [f"{tr(words, **_LIMITS)}: {number}" for words, number in worded.most_common(_MOST_SAID)]
    if len(worded) > len(said):
        said.append(tr("and more kinds ({}), see the table", len(worded) - len(said)))
    if not said:
        return ""
    offenders = counted.forbidden.total()
    kinds = {
        Enrols.YES: msg("enrolling: {}"),
        Enrols.NO: msg("not enrolling: {}"),
        Enrols.NOT_KNOWN: msg("not known whether enrolling: {}"),
    }
    counts = ((form, counted.forbidden[one]) for one, form in kinds.items())
    split = ", ".join(tr(form, number) for form, number in counts if number)
    whom = f"; {tr('not allowed: {} ({})', offenders, split)}" if offenders else ""
    return f"; {', '.join(said)}{whom}"


def _remedy(subject: str, counted: _Suffix, survey: _Survey) -> tuple[str, ...]:
    offenders = len(counted.numbers)
    main = survey.main or "a public, verified domain"
    steps = []
    if counted.rules["not-verified"]:
        steps.append(
            tr(
                "Verify {} in the tenant (Entra admin center > Settings > Domain "
                "names > Add custom domain), or move its users to {}.",
                subject,
                main,
            )
        )
    steps.append(
        tr(
            "Give the users of {} in the table of this finding ({}) the proposed UPN: Active "
            "Directory Users and Computers > Account tab, or Set-ADUser -UserPrincipalName in "
            "bulk.",
            subject,
            offenders,
        )
    )
    if survey.names.not_compared:
        missing = reduce(lambda some, one: tr("{} and {}", some, one), survey.names.not_compared)
        steps.append(
            tr("The proposals were not compared with {}: check them there first.", missing)
        )
    steps.append(_AGAIN)
    return tuple(steps)


_BUILT_IN, _DISABLED = "built-in account", msg("disabled")


def _left_out(survey: _Survey) -> Iterator[Outcome]:
    kinds = Counter[str]()
    for kind, number in survey.excluded.items():
        kinds[_BUILT_IN if kind == "built-in" else WHY_EXCLUDED[kind]] += number
    disabled = sum(counted.disabled for counted in survey.suffixes.values())
    if disabled:
        kinds[_DISABLED] = disabled
    if not kinds:
        return
    listed = "; ".join(f"{tr(reason)}: {number}" for reason, number in sorted(kinds.items()))
    yield NotApplicable(
        EXCLUDED,
        tr("accounts that are not judged: {} ({})", kinds.total(), listed),
        rows=Rows(("user", "found", "reason", "source", "dn"), survey.left_out()),
    )


# -- arrived in the tenant --


class _Arrived:
    """The members of a collection, counted by whether the tenant knows them."""

    def __init__(self, members: site.Members, tenant: Table[User]) -> None:
        self._members = members
        self._present, self._synced = Claims(), Claims()
        for user in tenant:
            known = hashed(user.user_principal_name)
            self._present.add(known)
            if user.on_premises_sync_enabled is True:
                self._synced.add(known)
        self.found = self.absent = self.unsynced = self.others = 0
        for member in members.rows:
            if isinstance(member, site.NotAUser):
                self.others += 1
            elif not self._is_present(member):
                self.absent += 1
            else:
                self.found += 1
                self.unsynced += hashed(member.upn) not in self._synced

    def _is_present(self, member: site.UserMember) -> bool:
        return bool(member.upn) and hashed(member.upn) in self._present

    def doubts(self) -> list[str]:
        """Why the list may not be whole."""
        sees = self._members.sees
        doubts = [] if sees.complete else [sees.because]
        if self.others:
            doubts.append(
                trn(
                    self.others,
                    "{n} member is a group, or a user the account does not see",
                    "{n} members are groups, or users the account does not see",
                )
            )
        if not doubts and not self.found:
            doubts.append("the collection has no members")
        return doubts

    def rows(self) -> Rows:
        """Who is missing, and who came by another way."""
        return Rows(("user", "found", "reason", "source"), self._rows())

    def _rows(self) -> Iterator[dict[str, object]]:
        for member in self._members.rows:
            if isinstance(member, site.NotAUser):
                continue
            if not member.upn:
                reason = "discovered without a UPN, so nobody can be found by it"
            elif not self._is_present(member):
                reason = "no user of the tenant has this UPN"
            elif hashed(member.upn) not in self._synced:
                reason = "a cloud account, not synchronised"
            else:
                continue
            yield {
                "user": member.label,
                "found": member.upn,
                "reason": tr(reason),
                "source": tr("site"),
            }


@check("identity.users-and-groups-synced")
def users_and_groups_synced(
    members: Annotated[site.Members, site.CollectionMembers("{mdm.user_collection_id}")],
    tenant: Annotated[Table[User], Users()],
    groups: Annotated[int | Missing, SyncedSecurityGroups()],
) -> Outcomes:
    """Pass where every member of the MDM collection is in the tenant, with a synchronised group."""
    arrived = _Arrived(members, tenant)
    name = members.collection.label if members.collection else "the MDM collection"
    expected = tr("each member of {} is in the tenant, and a synchronised security group too", name)
    observed = trn(
        arrived.found,
        "{n} user of {} is in the tenant",
        "{n} users of {} are in the tenant",
        name,
    )
    if arrived.absent:
        total = arrived.absent + arrived.found
        text = trn(
            arrived.absent,
            "{n} of {} users of {} is not in the tenant",
            "{n} of {} users of {} are not in the tenant",
            total,
            name,
        )
        yield Fail(None, expected, text, remedy=_bring(name, arrived.absent), rows=arrived.rows())
    elif doubts := arrived.doubts():
        mend = () if isinstance(members.sees, site.SeesEverything) else (members.sees.mend,)
        but = "; ".join(map(tr, doubts))
        yield Unknown(None, tr("{}, but {}", observed, but), remedy=mend)
    elif isinstance(groups, Missing):
        yield unavailable(None, groups)
    elif arrived.unsynced or not groups:
        rows = arrived.rows() if arrived.unsynced else None
        step = tr("Bring the groups and users of {} into the scope of synchronisation.", name)
        text = tr("{}, but {}", observed, _unsynced(arrived.unsynced, groups))
        yield Warn(None, expected, text, remedy=(step, _AGAIN), rows=rows)
    else:
        text = trn(
            groups,
            "{}, and {n} security group is synchronised",
            "{}, and {n} security groups are synchronised",
            observed,
        )
        yield Pass(None, text, expected)


def _unsynced(users: int, groups: int) -> str:
    if not users:
        return "no security group is synchronised"
    if groups:
        return tr("cloud accounts among them, not synchronised: {}", users)
    return tr(
        "cloud accounts among them, not synchronised: {}; and no security group is synchronised",
        users,
    )


_AGAIN = "Run a delta synchronisation, then repeat the assessment."


def _bring(name: str, absent: int) -> tuple[str, ...]:
    step = trn(
        absent,
        "Bring the {n} user of {} into the scope of synchronisation: check OU "
        "filtering and attribute conflicts.",
        "Bring the {n} users of {} into the scope of synchronisation: check OU "
        "filtering and attribute conflicts.",
        name,
    )
    return (step, _AGAIN)
