"""Whether a trusted certificate profile of Intune gives the own root to the devices that enrol."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import Annotated, TypeAlias

from assess.check import Key, Missing, Pass, tr
from assess.evidence.enrolment import Assignment
from assess.evidence.policies import Profile, ProfileAssignments, Profiles

RootProfiles: TypeAlias = Annotated[tuple[Profile, ...] | Missing, Profiles()]
RootTargets: TypeAlias = Annotated[
    dict[str, tuple[Assignment, ...] | None] | Missing, ProfileAssignments()
]
EnrolmentGroups: TypeAlias = Annotated[list[str] | Missing, Key("mdm.enrollment_group_ids")]

_KIND = "windows81trustedrootcertificate"
_STORE = "computercertstoreroot"
_ARMOUR = re.compile(rb"-----[A-Z ]+-----|\s")


def gives_root(
    roots: set[str],
    name: str,
    profiles: tuple[Profile, ...] | Missing,
    targets: dict[str, tuple[Assignment, ...] | None] | Missing,
    groups: list[str] | Missing,
) -> Pass | str:
    """Pass when every device that enrols gets it; else what there is, in words."""
    if isinstance(profiles, Missing):
        return tr("the profiles of Intune are not known: {}", profiles.reason)
    holding = [one for one in profiles if one.kind == _KIND and _holds(one, roots)]
    if not holding:
        return tr("no trusted certificate profile for Windows holds {}", name)
    labels = ", ".join(one.label for one in holding)
    if isinstance(targets, Missing):
        return tr("{} holds {}; its assignments are not known: {}", labels, name, targets.reason)
    for one in holding:
        to = _everybody(targets.get(one.id) or (), groups)
        if to:
            return Pass(None, tr("{} gives {} to {}", one.label, name, to))
    return tr("{} holds {}, but is not assigned to every device that enrols", labels, name)


def _holds(one: Profile, roots: set[str]) -> bool:
    """It puts one of these certificates into the computer's trusted roots."""
    store, held = one.destination_store, one.trusted_root_certificate
    if not isinstance(held, str) or (isinstance(store, str) and store.lower() != _STORE):
        return False
    try:
        der = base64.b64decode(held)
        if der.startswith(b"-----"):
            der = base64.b64decode(_ARMOUR.sub(b"", der))
    except (binascii.Error, ValueError):
        return False
    sha1 = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    return bool(roots & {sha1, hashlib.sha256(der).hexdigest().upper()})


def _everybody(given: Iterable[Assignment], groups: list[str] | Missing) -> str:
    """Whom the assignments reach, if that is everybody who enrols and nobody is left out."""
    aims = [one.target for one in given if one.target is not None]
    if any(one.excludes or not one.kind for one in aims):
        return ""
    if any(one.everybody for one in aims):
        return "all devices or users"
    wanted = set() if isinstance(groups, Missing) else {one.lower() for one in groups}
    return "every group that enrols" if wanted and wanted <= {one.group for one in aims} else ""
