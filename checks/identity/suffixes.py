"""UPN suffixes: offered by the forest, verified in the tenant, discovered by the site."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Missing,
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
from assess.evidence.directory import NO_SUFFIX, Forest, ForestSuffixes, NoAnswer, Suffixes
from assess.evidence.graph import (
    Domain,
    Domains,
    EnrollmentGroupMembers,
    Gathered,
    Person,
    User,
    Users,
)
from assess.evidence.site_database import DiscoveredSuffixes, SuffixCounts
from assess.publicnames import is_public, reason_not_public
from checks.identity.claims import hashed
from checks.identity.enrolling import Enrolling, Enrols, enrolling, resource_key

NONE = NO_SUFFIX
OTHERS = "(other suffixes)"
MOST_SUBJECTS = 100
_MOST_SUFFIXES = 5000


@dataclass(frozen=True)
class Verified:
    """The domains of the tenant. ``refusal`` where nobody knows them: then nothing is verified."""

    custom: frozenset[str] = frozenset()
    initial: frozenset[str] = frozenset()
    refusal: Missing | None = None

    @classmethod
    def of(cls, domains: tuple[Domain, ...] | Missing) -> "Verified":
        """The verified domains: the customer's own, and those that came with the tenant."""
        if isinstance(domains, Missing):
            return cls(refusal=domains)
        verified = {domain.id.lower() for domain in domains if domain.is_verified}
        first = {d.id.lower() for d in domains if d.is_initial is True}
        # <name>.mail.<cloud> belongs to <name>.<cloud>: Exchange's routing domain.
        routing = {f"{name}.mail.{cloud}" for name, _, cloud in (d.partition(".") for d in first)}
        initial = first | (routing & verified)
        return cls(frozenset(verified - initial), frozenset(initial))

    def __contains__(self, suffix: str) -> bool:
        return suffix in self.custom or suffix in self.initial

    def main(self, planned: list[str] | Missing) -> str:
        """The customer's main public domain: as planned, else the only or first one; "" if none.

        Without tenant data the first planned one that is public.
        """
        wanted = [] if isinstance(planned, Missing) else [name.lower() for name in planned]
        if self.refusal is not None:
            return next((name for name in wanted if is_public(name)), "")
        own = sorted(self.custom, key=lambda name: (name.count("."), name))
        return next((name for name in wanted if name in self.custom), own[0] if own else "")


@check("identity.upn-suffix-defined", subjects="tenant.public_domains")
def upn_suffix_defined(
    suffixes: Annotated[Suffixes, ForestSuffixes()],
    domains: Annotated[list[str], Key("tenant.public_domains")],
) -> Outcomes:
    """Pass where a forest offers the domain; warn where only others are offered, fail where none.

    Each forest must offer a public name of some kind, or its users cannot get one.
    """
    read = [forest for forest in suffixes.forests if isinstance(forest, Forest)]
    refused = [forest for forest in suffixes.forests if isinstance(forest, NoAnswer)]
    wanted = list(dict.fromkeys(name.lower() for name in domains))
    offered = {name for name in wanted if any(forest.offers(name) for forest in read)}
    for name in wanted:
        yield _offered(name, offered, read, refused)
    for forest in read:
        if offered and not any(map(is_public, (*forest.domains, *forest.added))):
            yield Fail(
                forest.root,
                tr("{} offers a public domain as UPN suffix", forest.root),
                tr("it offers no public one: {}", _listed(forest)),
                remedy=(_add(wanted[0], forest.root),),
            )
    for gap in refused:
        yield _refused(gap)


def _offered(name: str, offered: set[str], read: list[Forest], refused: list[NoAnswer]) -> Outcome:
    expected = tr("{} is a UPN suffix of the forest, or the name of one of its domains", name)
    if name in offered:
        where = [f"{f.root} ({tr(_how(f, name))})" for f in read if f.offers(name)]
        return Pass(name, tr("{} is offered by {}", name, ", ".join(where)), expected)
    if refused:
        return Unknown(
            name,
            tr("the forests that answered do not offer it; {}", _reasons(refused)),
            remedy=tuple(gap.mend for gap in refused if gap.mend),
        )
    seen = "; ".join(tr("{} offers {}", forest.root, _listed(forest)) for forest in read)
    remedy = (_add(name, ", ".join(forest.root for forest in read)),)
    if offered:
        return Warn(name, expected, tr("{} is not offered: {}", name, seen), remedy=remedy)
    return Fail(name, expected, tr("no public domain is offered: {}", seen), remedy=remedy)


def _how(forest: Forest, name: str) -> str:
    return "a domain of the forest" if name in forest.domains else "added to it"


def _listed(forest: Forest) -> str:
    return ", ".join(dict.fromkeys((*forest.domains, *forest.added)))


def _add(name: str, forests: str) -> str:
    return tr(
        "Active Directory Domains and Trusts > Properties of the root node > "
        "UPN Suffixes > Add {}, in the forest {}.",
        name,
        forests,
    )


def _refused(gap: NoAnswer) -> Unknown:
    return Unknown(gap.section, gap.reason, remedy=(gap.mend,) if gap.mend else ())


def _reasons(gaps: list[NoAnswer]) -> str:
    return "; ".join(tr(gap.reason) for gap in gaps)


# -- what the site has discovered --


class _Seen:
    """The discovered users of one suffix."""

    def __init__(self) -> None:
        self.users = 0
        self.enrols: Counter[Enrols] = Counter()


@check("identity.discovered-upn-consistent")
def discovered_upn_consistent(
    discovered: Annotated[site.Users | Missing, site.DiscoveredUsers()],
    domains: Annotated[tuple[Domain, ...] | Missing, Domains()],
    members: Annotated[site.Members | Missing, site.CollectionMembers("{mdm.user_collection_id}")],
    groups: Annotated[Gathered[Person] | Missing, EnrollmentGroupMembers()],
    tenant: Annotated[Table[User] | Missing, Users()],
    counts: Annotated[SuffixCounts | Missing, DiscoveredSuffixes()],
) -> Outcomes:
    """One finding a suffix; pass where the tenant has verified it.

    Where users cannot be listed, what the database counts decides as far as counts can.
    """
    if isinstance(discovered, Missing):
        if isinstance(counts, Missing):
            yield unavailable(None, discovered)
        else:
            yield from _counted(counts, Verified.of(domains), discovered)
        return
    if not len(discovered.rows):
        because = "the site has discovered no users: user discovery has not run"
        if not discovered.sees.complete:
            because = tr("the site shows no users: {}", discovered.sees.because)
        yield Unknown(None, because, remedy=("Run Active Directory User Discovery, then again.",))
        return
    verified = Verified.of(domains)
    who = enrolling(members, groups, tenant)
    seen = _count(discovered, who)
    ranked = sorted(seen.items(), key=lambda item: (-item[1].users, item[0]))
    named = {suffix: one for suffix, one in ranked[:MOST_SUBJECTS] if suffix != OTHERS}
    for suffix, counted in named.items():
        rows = Rows(
            ("user", "found", "enrols", "source"), _discovered_rows(discovered, who, suffix)
        )
        yield _consistent(suffix, counted, verified, who, discovered.sees, rows)
    rest = [counted for suffix, counted in seen.items() if suffix not in named]
    if rest:
        users = sum(counted.users for counted in rest)
        because = trn(
            users,
            "{n} more user has a further suffix, which was not judged, since there are too many",
            "{n} more users have further suffixes, too many to judge each of them",
        )
        yield Unknown(OTHERS, because, remedy=("Clear the suffixes above, then run again.",))


def _counted(counts: SuffixCounts, verified: Verified, gap: Missing) -> Iterator[Outcome]:
    without = counts.none + counts.no_at
    if not counts.suffixes and not without:
        because = "the site has discovered no users: user discovery has not run"
        yield Unknown(None, because, remedy=("Run Active Directory User Discovery, then again.",))
        return
    ranked = sorted(counts.suffixes, key=lambda one: (-one.users, one.suffix))
    for one in ranked[:MOST_SUBJECTS]:
        expected = tr("{} is a verified domain of the tenant", one.suffix)
        if one.suffix in verified:
            yield Pass(one.suffix, _verified(one.users, one.suffix), expected)
            continue
        reason = reason_not_public(one.suffix)
        if reason is None and verified.refusal is not None:
            reason = tr("may be verified or not: {}", verified.refusal.reason)
        because = trn(
            one.users,
            "{n} discovered user has {}, which {}; whether the user enrols is not known, "
            "since the users are not listed: {}",
            "{n} discovered users have {}, which {}; whether one of them enrols is not "
            "known, since the users are not listed: {}",
            one.suffix,
            reason or "is not verified in the tenant",
            gap.reason,
        )
        yield Unknown(one.suffix, because, remedy=(gap.mend,) if gap.mend else ())
    if without:
        observed = trn(
            counts.none,
            "{n} discovered user has no UPN; with a UPN without an @: {}",
            "{n} discovered users have no UPN; with a UPN without an @: {}",
            counts.no_at,
        )
        step = "Give the discovered users without a UPN one, then run user discovery again."
        yield Warn(NONE, "every discovered user has a UPN", observed, remedy=(step,))
    rest = sum(one.users for one in ranked[MOST_SUBJECTS:])
    if rest:
        because = trn(
            rest,
            "{n} more user has a further suffix, which was not judged, since there are too many",
            "{n} more users have further suffixes, too many to judge each of them",
        )
        yield Unknown(OTHERS, because, remedy=("Clear the suffixes above, then run again.",))


def _verified(users: int, suffix: str) -> str:
    return trn(
        users,
        "{n} discovered user has {}, which the tenant has verified",
        "{n} discovered users have {}, which the tenant has verified",
        suffix,
    )


def _count(discovered: site.Users, who: Enrolling) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for row in discovered.rows:
        suffix = suffix_of(row.upn)
        if suffix not in seen and len(seen) >= _MOST_SUFFIXES:
            suffix = OTHERS
        counted = seen.setdefault(suffix, _Seen())
        counted.users += 1
        counted.enrols[_enrols(row, who)] += 1
    return seen


def suffix_of(upn: str) -> str:
    """The subject that a user counts for: the suffix in lower case, or ``(none)``."""
    _, at, suffix = upn.rpartition("@")
    return suffix.strip().lower() if at and suffix.strip() else NONE


def _enrols(row: site.DiscoveredUser, who: Enrolling) -> Enrols:
    keys = [resource_key(row.resource_id)]
    if row.upn:
        keys.append(hashed(row.upn))
    return who.of(*keys)


def _discovered_rows(
    discovered: site.Users, who: Enrolling, suffix: str
) -> Iterator[dict[str, object]]:
    for row in discovered.rows:
        if suffix_of(row.upn) == suffix:
            unique = row.unique_user_name if isinstance(row.unique_user_name, str) else ""
            enrols = tr(_enrols(row, who).value)
            yield {
                "user": unique or row.label,
                "found": row.upn,
                "enrols": enrols,
                "source": tr("site"),
            }


def _consistent(
    suffix: str, seen: _Seen, verified: Verified, who: Enrolling, sees: site.Visibility, rows: Rows
) -> Outcome:
    expected = tr("{} is a verified domain of the tenant", suffix)
    if suffix == NONE:
        observed = trn(
            seen.users,
            "{n} discovered user has no UPN with a domain; enrolling: {}",
            "{n} discovered users have no UPN with a domain; enrolling: {}",
            seen.enrols[Enrols.YES],
        )
        step = "Give the discovered users without a UPN one, then run user discovery again."
        return Warn(NONE, "every discovered user has a UPN", observed, remedy=(step,), rows=rows)
    if suffix in verified:
        if isinstance(sees, site.Trimmed):
            because = trn(
                seen.users,
                "{n} discovered user, but not all are shown: {}",
                "{n} discovered users, but not all are shown: {}",
                sees.because,
            )
            return Unknown(suffix, because)
        return Pass(suffix, _verified(seen.users, suffix), expected)
    reason = reason_not_public(suffix)
    if reason is None and verified.refusal is not None:
        gap = verified.refusal
        because = trn(
            seen.users,
            "{n} discovered user has {}; whether it is verified is not known: {}",
            "{n} discovered users have {}; whether it is verified is not known: {}",
            suffix,
            gap.reason,
        )
        return Unknown(suffix, because, remedy=(gap.mend,) if gap.mend else (), rows=rows)
    because = f"{suffix} {reason}" if reason else tr("{} is not verified in the tenant", suffix)
    observed = trn(seen.users, "{n} discovered user: {}", "{n} discovered users: {}", because)
    observed = f"{observed}; {_split(seen.enrols)}; {who.says}"
    change = tr("Change the suffix {} of these users in Active Directory.", suffix)
    if not reason:
        change = tr(
            "Change the suffix {} of these users in Active Directory, or verify {} in the tenant.",
            suffix,
            suffix,
        )
    again = "Run Active Directory User Discovery again, then repeat the assessment."
    remedy = (change, again)
    if seen.enrols[Enrols.YES]:
        return Fail(suffix, expected, observed, remedy=remedy, rows=rows)
    if seen.enrols[Enrols.NOT_KNOWN]:
        return Unknown(suffix, observed, remedy=remedy, rows=rows)
    return Warn(suffix, expected, observed, remedy=remedy, rows=rows)


def _split(enrols: Counter[Enrols]) -> str:
    """How many enrol, how many do not, for how many nobody knows."""
    words = {
        Enrols.YES: msg("enrolling: {}"),
        Enrols.NO: msg("not enrolling: {}"),
        Enrols.NOT_KNOWN: msg("not known whether enrolling: {}"),
    }
    return ", ".join(tr(said, enrols[one]) for one, said in words.items() if enrols[one])
