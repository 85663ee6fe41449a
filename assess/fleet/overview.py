"""What an overview says of each customer, and in which order; pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from assess.fleet.shapes import (
    WORST_FIRST,
    Blocker,
    Difference,
    Expiry,
    Judgement,
    Member,
    Overview,
)
from assess.history.shapes import Kind
from assess.model import Severity, Verdict
from assess.privacy.levels import Level, is_stricter
from assess.reporters.expiries import expiries
from assess.results import Results, bare, clean

_BLOCKERS = 5
_DIFFERENCES = 10
_WITHHELD = (
    "why is not shown here (exit code {}): its log, or `assess validate` with its file, says it"
)
_SEVERITIES = list(Severity)
_KINDS = list(Kind)
_VERDICTS = list(Verdict)


def member_of(
    results: Results,
    file: str,
    folder: str,
    code: int,
    written: Iterable[str],
    said: Iterable[str] = (),
) -> Member:
    """What the overview keeps of a run. ``said``: remarks on keeping it and on telling of it."""
    by_id = {finding.id: finding for finding in results.findings}
    ids = dict.fromkeys(name for verdict in results.verdicts for name in verdict.blockers)
    blocking = sorted(
        (by_id[name] for name in ids if name in by_id),
        key=lambda f: (_SEVERITIES.index(f.severity), f.id),
    )
    last = None if results.past is None else results.past.last
    changes = [c for c in (last.changes if last else ()) if c.kind is not Kind.STILL_OPEN]
    changes = sorted(
        (change for change in changes if not change.left_out),
        key=lambda c: (_KINDS.index(c.kind), _SEVERITIES.index(c.severity), c.id, c.scenarios),
    )
    upcoming = next((one for one in expiries(results) if one.days >= 0), None)
    return Member(
        file=file,
        name=results.engagement.name,
        customer=results.engagement.customer,
        code=code,
        folder=folder,
        as_of=results.as_of,
        judgements=tuple(
            Judgement(v.scenario, v.verdict, v.score, dict(v.counts)) for v in results.verdicts
        ),
        blockers=tuple(
            Blocker(f.id, f.severity, f.title, f.observed) for f in blocking[:_BLOCKERS]
        ),
        blockers_in_all=len(blocking),
        since=None if last is None else last.run.name,
        differences=tuple(
            Difference(c.kind, c.id, c.severity, c.title, c.before, c.after)
            for c in changes[:_DIFFERENCES]
        ),
        differences_in_all=len(changes),
        changed={kind.value: sum(c.kind is kind for c in changes) for kind in Kind
                 if last is not None and kind is not Kind.STILL_OPEN},
        next_expiry=None if upcoming is None else Expiry(upcoming.what, upcoming.on),
        written=tuple(sorted(written)),
        said=_remarks([line for line in said if "was delivered" not in line], results.privacy),
        privacy=results.privacy,
    )  # fmt: skip


def _remarks(said: Sequence[str], level: Level) -> tuple[str, ...]:
    """What was said of keeping and telling, which may name recipients."""
    if level == "full" or not said:
        return tuple(map(clean, said))
    return (f"remarks on keeping and telling, {len(said)} in all: see its log",)


def held_to(member: Member, level: Level) -> Member:
    """The member with no more in it than a level shows, if its run was at a less strict one.

    Names cannot be told from other words here: what was found is left out, and of an id all but
    the requirement. The titles are the catalogue's.
    """
    if not is_stricter(level, than=member.privacy):
        return member
    expiry = member.next_expiry
    return msgspec.structs.replace(
        member,
        failed=_WITHHELD.format(member.code) if member.failed else "",
        blockers=tuple(
            msgspec.structs.replace(one, id=bare(one.id), observed="") for one in member.blockers
        ),
        differences=tuple(
            msgspec.structs.replace(one, id=bare(one.id)) for one in member.differences
        ),
        next_expiry=None if expiry is None else Expiry("see the report", expiry.on),
        said=_remarks(member.said, level),
        privacy=level,
    )


def failed(file: str, name: str, customer: str, code: int, reason: str) -> Member:
    """An engagement without results. Its code is never one of those that say a verdict."""
    return Member(
        file,
        clean(name),
        clean(customer),
        code if code in {2, 4} else 4,
        failed=clean(" ".join(reason.split())) or "it ended without a word",
    )


def overview(
    tool: str, as_of: datetime, members: Iterable[Member], privacy: Level = "full"
) -> Overview:
    """All members, the worst first. No members at all is no good news: that is refused before.

    ``privacy``: the strictest level that is asked for any of them.
    """
    ordered = tuple(held_to(member, privacy) for member in sorted(members, key=_rank))
    codes = [member.code for member in ordered]
    return Overview("1.0", tool, as_of, worst(codes), ordered, privacy)


def worst(codes: Sequence[int]) -> int:
    """The exit code of all."""
    return min(codes, key=_place, default=2)


def _place(code: int) -> int:
    return WORST_FIRST.index(code) if code in WORST_FIRST else 0


def _rank(member: Member) -> tuple[int, int, int, str, str]:
    """Failed first, then by verdict, then by score, then by name."""
    verdict = min((_VERDICTS.index(j.verdict) for j in member.judgements), default=-1)
    scores = [j.score for j in member.judgements if j.score is not None]
    return (0 if member.failed else 1, verdict, min(scores, default=-1), member.customer.casefold(),
            member.file)  # fmt: skip


def to_json(found: Overview) -> bytes:
    """overview.json."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
