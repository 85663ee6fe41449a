"""What the internet, the servers of a zone and the company network say of the same names."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, reduce

from assess.check import Fail, Missing, Outcome, Warn, msg, tr, trn
from assess.evidence.dns import (
    AddressBook,
    Addresses,
    Aliases,
    Disagreement,
    Lookup,
    NoAnswer,
    NoName,
    NoRecord,
    Target,
)

ABSENT = (NoName, NoRecord)
CLASSIC = "cloudapp.net"
AZURE = (
    "cloudapp.azure.com", CLASSIC, "usgovcloudapp.net", "usgovcloudapi.net", "chinacloudapp.cn",
)  # fmt: skip
_DAY = 86400
_SPANS = {_DAY: msg("{:.3g} days"), 3600: msg("{:.3g} hours"), 60: msg("{:.3g} minutes")}

_WAIT = (
    "Wait until the resolvers agree with the servers of the zone (up to 72 hours), and run again."
)


@dataclass(frozen=True)
class Views:
    """What each view says. One that was not asked is ``Missing``; the public one decides."""

    public: Aliases | Missing
    zone: Aliases | Missing
    internal: Aliases | Missing
    wildcards: Aliases | Missing

    def text(self, name: str, lookup: Lookup) -> str:
        """The name and its answer; says so where an invented name beside it gets the same one."""
        domain = name.partition(".")[2]
        made_up = isinstance(lookup, Target | Addresses) and lookup == view(self.wildcards, domain)
        if made_up:
            return tr("{}: {} (from the wildcard *.{})", name, lookup.text, domain)
        return f"{name}: {tr(lookup.text)}"

    def published(
        self, name: str, judge: Callable[[Lookup], Outcome], warn: Callable[..., Warn]
    ) -> Outcome:
        """What the internet sees; where the zone's own servers say otherwise, what it will see.

        All of them wrong is a fail; else the difference is a warning, whatever it was before.
        """
        public, zone = view(self.public, name), view(self.zone, name)
        if public is None:
            public = NoAnswer("not asked")
        judged = judge(public)
        if zone is None or isinstance(zone, NoAnswer) or same(zone, public):
            return judged
        answers = zone.answers.values() if isinstance(zone, Disagreement) else [zone]
        coming = [judge(answer) for answer in answers]
        if all(isinstance(outcome, Fail) for outcome in coming):
            return coming[0]
        if isinstance(public, NoAnswer):
            return judged
        return warn(
            tr(
                "{}: propagation is not over: the servers of the zone say {}, a "
                "public resolver says {}",
                name,
                zone.text,
                public.text,
            ),
            _WAIT,
        )

    def lasting(self, name: str) -> str:
        """How long resolvers keep the record, as the servers of the zone say; "" if unknown."""
        seconds = None if isinstance(self.zone, Missing) else self.zone.ttl.get(name)
        if seconds is None:
            return ""
        if seconds <= _DAY:
            return f"TTL {_span(seconds)}"
        return tr("TTL {}: a change takes that long to reach everybody", _span(seconds))

    def unheard(self, name: str) -> str:
        """Which view was set up and lost, and why; "" if none was. It might have contradicted."""
        for aliases, sentence in (
            (self.zone, "what the zone's servers would answer is not known: {}"),
            (self.internal, "what the company network would answer is not known: {}"),
        ):
            if isinstance(aliases, Missing) and not aliases.skipped:
                return tr(sentence, aliases.reason)
        internal = view(self.internal, name)
        if isinstance(internal, NoAnswer):
            return tr("what the company network would answer is not known: {}", internal.why)
        return ""

    def inside(self, name: str) -> Lookup | None:
        """What the company network sees, if that is something else than the internet."""
        internal, public = view(self.internal, name), view(self.public, name)
        if internal is None or public is None or same(internal, public):
            return None
        return None if isinstance(internal, NoAnswer) or isinstance(public, NoAnswer) else internal


def _span(seconds: int) -> str:
    """Seconds, in the largest unit that they fill."""
    for unit, text in _SPANS.items():
        if seconds >= 2 * unit:
            return tr(text, seconds / unit)
    return trn(seconds, "{n} second", "{n} seconds")


def view(aliases: Aliases | Missing, name: str) -> Lookup | None:
    """What a view says of a name; None where it was not asked."""
    return None if isinstance(aliases, Missing) else aliases.by_name.get(name)


def same(one: Lookup, other: Lookup) -> bool:
    """The same answer. Addresses may rotate, and absent is absent."""
    for kind in ((Addresses,), ABSENT):
        if isinstance(one, kind) and isinstance(other, kind):
            return True
    return one == other


def leads_nowhere(host: str, behind: AddressBook | Missing) -> bool:
    """The target was looked for, and there is no such name."""
    return not isinstance(behind, Missing) and isinstance(behind.by_name.get(host), NoName)


def targets(*lookups: Lookup | None) -> tuple[str, ...]:
    """The hosts that aliases lead to."""
    return tuple(lookup.host for lookup in lookups if isinstance(lookup, Target))


def below(host: str, suffix: str) -> bool:
    """The name is the suffix or ends in it, label by label."""
    return host == suffix or host.endswith(f".{suffix}")


def in_azure(host: str) -> bool:
    """A name that Azure gives to a service."""
    return any(below(host, suffix) for suffix in AZURE)


def either(names: Iterable[str]) -> str:
    """The names, of which one is enough."""
    return reduce(partial(tr, "{} or {}"), sorted(names))


def plain(text: str) -> str:
    """As DNS compares: lower case, no blanks, no trailing dot."""
    return "".join(text.split()).lower().removesuffix(".")
