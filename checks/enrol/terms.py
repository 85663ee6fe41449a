"""The terms that a user accepts before a device enrols."""

from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Rows,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.enrolment import (
    Assignment,
    Member,
    Target,
    Terms,
    TermsAndConditions,
    TermsAssignments,
    TermsMembers,
    targets_of,
)
from assess.evidence.graph import EnrollmentGroupMembers, Gathered, Person
from checks.enrol.pilots import listed
from checks.identity.claims import Claims, hashed

_EXPECTED = "terms and conditions that everybody who is going to enrol has to accept"


@check("terms.enrollment-terms")
def enrollment_terms(
    terms: Annotated[tuple[Terms, ...], TermsAndConditions()],
    assignments: Annotated[dict[str, tuple[Assignment, ...] | None], TermsAssignments()],
    included: Annotated[Gathered[Member] | Missing, TermsMembers()],
    excluded: Annotated[Gathered[Member] | Missing, TermsMembers(excluded=True)],
    enrolling: Annotated[Gathered[Person] | Missing, EnrollmentGroupMembers()],
    approved: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when terms exist and are assigned to everybody who is going to enrol."""
    demanded = isinstance(approved, Attested) and approved.yes
    if not terms:
        return [_lacking("there are no terms and conditions", approved, demanded=demanded)]
    names = listed(str(one.title or one.display_name or one.id) for one in terms)
    given = [one for several in assignments.values() for one in several or ()]
    targets = targets_of(given)
    if len(targets) < len(given):
        return [Unknown(None, tr("Graph does not say to whom {} is assigned", names))]
    if not any(target.everybody or target.group for target in targets):
        odd = any(not target.excluded for target in targets)
        if odd:
            return [
                Unknown(None, tr("{} is assigned in a way that this version does not know", names))
            ]
        return [_lacking(tr("{} is assigned to nobody", names), approved, demanded=demanded)]
    return [_coverage(names, targets, included, excluded, enrolling), _approval(names, approved)]


def _lacking(observed: str, approved: Attested | Missing, *, demanded: bool) -> Outcome:
    if demanded and isinstance(approved, Attested):
        by = approved.by or "somebody unnamed"
        return Fail(
            None, _EXPECTED, tr("{}, although a text has been approved (says {})", observed, by)
        )
    return Warn(None, _EXPECTED, tr("{}: users enrol without accepting any", observed))


def _approval(names: str, approved: Attested | Missing) -> Outcome:
    if isinstance(approved, Attested) and not approved.yes:
        step = "Have the text approved by legal and HR, and change it where they want."
        return Warn(
            None, "an approved text", tr("the text of {} is not approved", names), remedy=(step,)
        )
    return Pass(None, tr("the terms are {}", names), _EXPECTED)


def _coverage(
    names: str,
    targets: list[Target],
    included: Gathered[Member] | Missing,
    excluded: Gathered[Member] | Missing,
    enrolling: Gathered[Person] | Missing,
) -> Outcome:
    everybody = any(target.everybody for target in targets)
    left_out = any(target.excluded for target in targets)
    if everybody and not left_out:
        return Pass(None, tr("{} is assigned to all users", names), _EXPECTED)
    for one in (included, excluded, enrolling):
        if isinstance(one, Missing):
            return unavailable(None, one)
    assert isinstance(included, Gathered)
    assert isinstance(excluded, Gathered)
    assert isinstance(enrolling, Gathered)
    inside, outside = Claims(), Claims()
    for member in included.rows:
        inside.add(hashed(member.id))
    for member in excluded.rows:
        outside.add(hashed(member.id))
    people = [person for person in enrolling.rows if person.account_enabled is not False]
    lacking = [
        person
        for person in people
        if not (everybody or hashed(person.id) in inside) or hashed(person.id) in outside
    ]
    if lacking:
        return Warn(
            None,
            _EXPECTED,
            trn(
                len(lacking),
                "{n} of {} users who are going to enrol gets no terms",
                "{n} of {} users who are going to enrol get no terms",
                len(people),
            ),
            rows=Rows(("user",), ({"user": one.user_principal_name} for one in lacking)),
        )
    if enrolling.absent:
        gone = listed(enrolling.absent)
        return Unknown(
            None, tr("mdm.enrollment_group_ids names something that is no group: {}", gone)
        )
    if not people:
        return Unknown(None, "the groups of those who are going to enrol are empty")
    return Pass(
        None,
        trn(
            len(people),
            "{} reaches the {n} user who is going to enrol",
            "{} reaches all {n} users who are going to enrol",
            names,
        ),
        _EXPECTED,
    )
