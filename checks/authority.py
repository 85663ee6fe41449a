"""The MDM authority: who manages the devices of the tenant."""

from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Scenario,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
)
from assess.evidence.graph import Authority, MdmAuthority, Sku, SubscribedSkus
from checks.licence import has_intune

INTUNE, CONFIGMGR, OFFICE, NOT_CHOSEN = "intune", "sccm", "office365", "unknown"
_NAMES = {
    INTUNE: "Microsoft Intune",
    CONFIGMGR: "Configuration Manager (hybrid MDM, retired on 2019-09-01)",
    OFFICE: "Basic Mobility and Security (Office 365)",
    NOT_CHOSEN: "not chosen",
}
EXPECTED = {
    "hybrid-mdm": CONFIGMGR,
    "corporate-owned-ios": INTUNE,
    "co-management-pki": INTUNE,
    "co-management-internet": INTUNE,
}
# How people call what they read in the admin center.
_WORDS = (
    ("configuration manager", CONFIGMGR),
    ("configmgr", CONFIGMGR),
    ("sccm", CONFIGMGR),
    ("office", OFFICE),
    ("basic mobility", OFFICE),
    ("intune", INTUNE),
)
_CHOOSE = (
    "Intune admin center > Devices > Enrollment > choose Intune as MDM authority of {tenant.id}."
)
_CHANGE = "Ask Microsoft support, or change it after the hybrid subscription has been removed."
_HYBRID_GONE = (
    "No tenant can be set to Configuration Manager any more: plan for Intune or co-management, "
    "and follow their documents for {tenant.id}."
)


@check("authority.mdm")
def mdm(
    scenario: Annotated[str, Scenario()],
    authority: Annotated[Authority | Missing, MdmAuthority()],
    skus: Annotated[tuple[Sku, ...] | Missing, SubscribedSkus()],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the tenant's authority is the one that the scenario's documents want."""
    read = _value(authority)
    if read:
        return [_judge(scenario, read, tr("the MDM authority is {}", _named(read)), skus)]
    # A person's answer stands in only where nothing was measured.
    told = "" if isinstance(attested, Missing) else _told(attested)
    if told:
        by = attested.by if isinstance(attested, Attested) and attested.by else "somebody unnamed"
        return [
            _judge(scenario, told, tr("the MDM authority is {}, says {}", _named(told), by), skus)
        ]
    if isinstance(authority, Missing):
        return [unavailable(None, authority)]
    return [Unknown(None, "Graph does not say which MDM authority the tenant has")]


def _value(authority: Authority | Missing) -> str:
    if isinstance(authority, Missing):
        return ""
    value = authority.mobile_device_management_authority
    return value.strip().lower() if isinstance(value, str) else ""


def _told(attested: Attested) -> str:
    answer = str(attested.answer).lower()
    return next((value for word, value in _WORDS if word in answer), "")


def _named(value: str) -> str:
    return f"{value}: {tr(_NAMES[value])}" if value in _NAMES else value


def _judge(scenario: str, value: str, observed: str, skus: tuple[Sku, ...] | Missing) -> Outcome:
    wanted = EXPECTED.get(scenario, INTUNE)
    expected = _named(wanted)
    if value == wanted:
        return Pass(None, observed, expected)
    if value == NOT_CHOSEN:
        return _not_chosen(observed, expected, skus)
    if value not in _NAMES:
        return Unknown(None, tr("{}, which this version does not know", observed))
    if value == CONFIGMGR and scenario == "corporate-owned-ios":
        said = tr("{}; the document asks for it, but it no longer enrols devices", observed)
        return Warn(None, expected, said, remedy=(_CHANGE, _CHOOSE))
    if wanted == CONFIGMGR:
        return Fail(None, expected, observed, remedy=(_HYBRID_GONE,))
    steps = (_CHANGE, _CHOOSE) if value == CONFIGMGR else (_CHOOSE,)
    return Fail(None, expected, observed, remedy=steps)


def _not_chosen(observed: str, expected: str, skus: tuple[Sku, ...] | Missing) -> Outcome:
    if isinstance(skus, Missing):
        return Unknown(None, tr("{}, and whether Intune is licensed is not known", observed))
    if not has_intune(skus):
        because = tr("{}, and the tenant has no Intune licence", observed)
        return Unknown(None, because, remedy=("Activate Intune, see licence.intune-subscription.",))
    said = tr("{}, although Intune is licensed", observed)
    return Warn(None, expected, said, remedy=(_CHOOSE,))


@check("authority.change-constraint")
def change_constraint(
    authority: Annotated[Authority | Missing, MdmAuthority()],
    decision: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Retired: a tenant that is still set to Configuration Manager is the leftover."""
    value = _value(authority)
    if value and value != CONFIGMGR:
        because = tr(
            "hybrid MDM was retired on 2019-09-01, and the MDM authority is {}; its successor is "
            "Intune, see authority.mdm",
            _named(value),
        )
        return [NotApplicable(None, because)]
    if isinstance(decision, Attested) and decision.yes:
        return [Pass(None, tr("the decision is documented: {}", decision.answer))]
    expected = "a documented decision, with the way back to Intune"
    if value == CONFIGMGR:
        observed = tr("the MDM authority is still {}, and no decision is documented", _named(value))
        record = "Record the decision for {tenant.id}; the authority can be changed today."
        return [Warn(None, expected, observed, remedy=(record,))]
    if isinstance(authority, Missing):
        return [unavailable(None, authority)]
    question = "Is the management authority decision documented, including the known way back?"
    return [Manual(None, question, "Graph does not say which MDM authority the tenant has")]
