"""What a person's answer adds to what was measured, and whether devices belong to users."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, TypeAlias

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Key,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Unknown,
    Warn,
    tr,
)
from assess.evidence.apple import EnrollmentProfile, EnrollmentProfiles

Answer: TypeAlias = Annotated[Attested | Missing, Attestation()]
DeviceUse: TypeAlias = Annotated[str | Missing, Key("ios.device_use")]
ByToken: TypeAlias = Mapping[str, tuple[EnrollmentProfile, ...] | None]
Profiles: TypeAlias = Annotated[
    dict[str, tuple[EnrollmentProfile, ...] | None] | Missing, EnrollmentProfiles()
]

PERSONAL, SHARED = "personal-use", "shared"


def confirmed(
    answer: Attested | Missing, *, no: type[Fail | Warn], wanted: str
) -> Iterator[Outcome]:
    """The part of a finding that only a person can say: nothing where it was answered with yes."""
    if isinstance(answer, Missing):
        yield Manual(None, "", remedy=(answer.mend,) if answer.mend else ())
    elif not answer.yes:
        yield no(None, wanted, tr("answered: no ({})", answer.by or "somebody unnamed"))


def by_word(answer: Attested) -> str:
    """The answer as evidence."""
    said = tr("yes") if answer.answer is True else str(answer.answer)
    return tr("answered: {} ({})", said, answer.by or "somebody unnamed")


def refused(*missing: object) -> Unknown:
    """Unknown, for the reasons for which nothing was read."""
    gone = [one for one in missing if isinstance(one, Missing)]
    reasons = "; ".join(dict.fromkeys(tr(one.reason) for one in gone))
    return Unknown(None, reasons, remedy=tuple(dict.fromkeys(one.mend for one in gone if one.mend)))


def ios_profiles(profiles: ByToken) -> list[EnrollmentProfile]:
    """The profiles for iPhone and iPad of every token."""
    return [one for several in profiles.values() for one in several or () if one.ios]


def gone_tokens(profiles: ByToken) -> list[str]:
    """The tokens that went while they were read."""
    return [token for token, several in profiles.items() if several is None]


def without_users(use: str | Missing, profiles: ByToken | Missing) -> NotApplicable | None:
    """Not applicable where no device belongs to a user: said, or seen in every profile."""
    found = [] if isinstance(profiles, Missing) else ios_profiles(profiles)
    affinity = [one.requires_user_authentication for one in found]
    if True in affinity or use == PERSONAL:
        return None
    if use == SHARED:
        return NotApplicable(None, "ios.device_use is shared: no device belongs to a user")
    if affinity and all(one is False for one in affinity) and not _lost(profiles):
        names = listed(one.label for one in found)
        return NotApplicable(None, tr("no enrolment profile has user affinity: {}", names))
    return None


def _lost(profiles: ByToken | Missing) -> bool:
    return isinstance(profiles, Missing) or bool(gone_tokens(profiles))


def listed(names: Iterable[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    first = ", ".join(every[:most])
    return tr("{} and {} more", first, len(every) - most) if len(every) > most else first


def citing(names: Iterable[str] | Missing, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes with what was read of these, tokens or apps: they are kept by their ids."""
    about = () if isinstance(names, Missing) else tuple(names)
    return [replace(one, about=tuple(dict.fromkeys((*one.about, *about)))) for one in outcomes]
