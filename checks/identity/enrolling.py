"""Who enrols: the members of the MDM collection, and of the enrolment groups.

Where the engagement file names neither, everybody in the user scope counts as enrolling. Where it
names one that cannot be read, nobody knows; where a list may be cut, only who is on it is known.
"""

from enum import Enum

from assess.check import msg, tr, trn
from assess.evidence import Missing, Table
from assess.evidence.adminservice import Members, Trimmed, UserMember
from assess.evidence.graph import Gathered, Person, User
from checks.identity.claims import Claims, hashed


class Enrols(Enum):
    """Whether a user is going to enrol a device."""

    YES = msg("enrols")
    NO = "does not enrol"
    NOT_KNOWN = "not known whether they enrol"


class Enrolling:
    """Decides for one user by everything that the user is known by: see the ``…_key`` functions."""

    def __init__(self, says: str, *, everybody: bool = False, whole: bool = True) -> None:
        self.says = says
        self._everybody = everybody
        self._whole = whole
        self._known = Claims()

    def add(self, *keys: int) -> None:
        """A user who enrols is known by these."""
        for key in keys:
            self._known.add(key)

    def of(self, *keys: int) -> Enrols:
        """Whether the user who is known by these enrols."""
        if self._everybody or any(key in self._known for key in keys):
            return Enrols.YES
        return Enrols.NO if self._whole else Enrols.NOT_KNOWN


def anchor_key(anchor: str) -> int:
    """By what synchronisation knows an account by."""
    return hash(("anchor", anchor))


def resource_key(resource: int) -> int:
    """By the number of the site's record."""
    return hash(("resource", resource))


def enrolling(
    members: Members | Missing, groups: Gathered[Person] | Missing, tenant: Table[User] | Missing
) -> Enrolling:
    """Who enrols, from the collection and the groups, of which either may not be named at all."""
    lists = [one for one in (members, groups) if not (isinstance(one, Missing) and one.key)]
    if not lists:
        says = tr(
            "mdm.user_collection_id and mdm.enrollment_group_ids are not set, "
            "so everybody in the user scope counts as enrolling"
        )
        return Enrolling(says, everybody=True)
    gaps = [one.reason for one in lists if isinstance(one, Missing)]
    if isinstance(members, Members):
        gaps += _gaps(members)
    if isinstance(groups, Gathered):
        gaps += [tr("the group {} does not exist in the tenant", name) for name in groups.absent]
        if isinstance(tenant, Missing):
            gaps.append(tr("the groups name users of the tenant only: {}", tenant.reason))
    found = Enrolling(_says(_known(members, groups), gaps), whole=not gaps)
    _add_members(found, members)
    _add_groups(found, groups, tenant)
    return found


def _known(members: Members | Missing, groups: Gathered[Person] | Missing) -> str:
    """Who enrols as far as it is known; empty where neither list was read."""
    if isinstance(members, Missing):
        if isinstance(groups, Missing):
            return ""
        return trn(
            len(groups.rows),
            "{n} user of the enrolment groups",
            "{n} users of the enrolment groups",
        )
    name = members.collection.label if members.collection else "the MDM collection"
    if isinstance(groups, Missing):
        return trn(len(members.rows), "{n} member of {}", "{n} members of {}", name)
    return tr(
        "{} and {}",
        trn(len(members.rows), "{n} member of {}", "{n} members of {}", name),
        trn(
            len(groups.rows),
            "{n} user of the enrolment groups",
            "{n} users of the enrolment groups",
        ),
    )


def _says(known: str, gaps: list[str]) -> str:
    if not gaps:
        return tr("who enrols: {}", known)
    because = "; ".join(map(tr, gaps))
    if not known:
        return tr("who enrols: it is not known for everybody ({})", because)
    return tr("who enrols: it is not known for everybody ({}); known are {}", because, known)


def _gaps(members: Members) -> list[str]:
    """Why somebody who is not on the list may be a member all the same."""
    gaps = [] if members.sees.complete else [members.sees.because]
    if isinstance(members.users_seen, Trimmed):
        gaps.append(members.users_seen.because)
    others = sum(not isinstance(row, UserMember) for row in members.rows)
    if others:
        gaps.append(
            trn(
                others,
                "{n} member is a group, or a user that the account does not see",
                "{n} members are groups, or users that the account does not see",
            )
        )
    return gaps


def _add_members(found: Enrolling, members: Members | Missing) -> None:
    if isinstance(members, Missing):
        return
    for row in members.rows:
        found.add(resource_key(row.resource_id))
        if isinstance(row, UserMember):
            if row.upn:
                found.add(hashed(row.upn))
            if row.unique_user_name:
                found.add(hashed(row.unique_user_name))


def _add_groups(
    found: Enrolling, groups: Gathered[Person] | Missing, tenant: Table[User] | Missing
) -> None:
    if isinstance(groups, Missing):
        return
    people = Claims()
    for person in groups.rows:
        people.add(hashed(person.id))
        found.add(hashed(person.user_principal_name))
    if isinstance(tenant, Missing):
        return
    for user in tenant:
        if hashed(user.id) in people:
            if isinstance(user.on_premises_immutable_id, str):
                found.add(anchor_key(user.on_premises_immutable_id))
            if isinstance(user.on_premises_user_principal_name, str):
                found.add(hashed(user.on_premises_user_principal_name))
