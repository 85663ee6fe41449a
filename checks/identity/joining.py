"""How the devices are joined, and whether the tutorial that is followed is meant for that."""

from typing import Annotated

from assess.check import (
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Scenario,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.directory import (
    DeviceRegistration,
    NoAnswer,
    NotRegistered,
    Registration,
    Registrations,
)
from assess.evidence.graph import ENTRA_JOINED, HYBRID_JOINED, REGISTERED, DevicesByTrust

_STEP = (
    "Treat the hybrid joined devices of {tenant.id} apart, by the tutorial for existing "
    "Configuration Manager clients; follow this one for the others."
)
_TENANT = (
    "Run Entra Connect > Configure device options for {} with the tenant {tenant.id}, or clear "
    "the connection point if that forest belongs to another tenant on purpose."
)


@check("identity.join-model")
def join_model(
    scenario: Annotated[str, Scenario()],
    devices: Annotated[dict[str, int | None] | Missing, DevicesByTrust()],
    registrations: Annotated[Registrations | Missing, DeviceRegistration()],
    tenant: Annotated[str | Missing, Key("tenant.id")],
) -> Outcomes:
    """Pass when internet-only co-management meets no hybrid join; with PKI either is welcome.

    Hybrid join to another tenant than the one assessed is told in either.
    """
    if isinstance(devices, Missing) and isinstance(registrations, Missing):
        return [unavailable(None, devices, registrations)]
    strange = _of_another(registrations, tenant)
    if scenario != "co-management-internet":
        return strange or [Pass(None, "; ".join((_counted(devices), _configured(registrations))))]
    return [_devices(devices), *_registered(registrations), *strange]


def _of_another(registrations: Registrations | Missing, tenant: str | Missing) -> list[Outcome]:
    """The forests whose computers join a tenant that is not the one assessed."""
    if isinstance(registrations, Missing) or isinstance(tenant, Missing):
        return []
    return [
        Warn(
            None,
            tr("the service connection point of {} names the tenant {}", forest.root, tenant),
            tr(
                "it names the tenant {} ({}): its computers join that one",
                forest.tenant_id,
                forest.tenant_name or "no name",
            ),
            remedy=(tr(_TENANT, forest.root),),
        )
        for forest in registrations.forests
        if isinstance(forest, Registration) and forest.tenant_id not in ("", tenant)
    ]


def _counted(devices: dict[str, int | None] | Missing) -> str:
    if isinstance(devices, Missing):
        return tr("devices could not be counted ({})", devices.reason)
    hybrid, cloud, own = map(devices.get, (HYBRID_JOINED, ENTRA_JOINED, REGISTERED))
    return ", ".join(
        (
            tr("devices hybrid joined: not counted")
            if hybrid is None
            else trn(hybrid, "{n} device hybrid joined", "{n} devices hybrid joined"),
            tr("devices Entra joined: not counted")
            if cloud is None
            else trn(cloud, "{n} device Entra joined", "{n} devices Entra joined"),
            tr("devices registered: not counted")
            if own is None
            else trn(own, "{n} device registered", "{n} devices registered"),
        )
    )


def _configured(registrations: Registrations | Missing) -> str:
    if isinstance(registrations, Missing):
        return tr("the service connection point could not be read ({})", registrations.reason)
    filled = [f.root for f in registrations.forests if isinstance(f, Registration)]
    if not filled:
        return tr("hybrid join is not set up")
    return tr("hybrid join is set up in {}", ", ".join(filled))


def _devices(devices: dict[str, int | None] | Missing) -> Outcome:
    if isinstance(devices, Missing):
        return unavailable(None, devices)
    hybrid = devices.get(HYBRID_JOINED)
    if hybrid is None:
        return Unknown(None, "Graph did not count the hybrid joined devices")
    if hybrid:
        expected = "no hybrid joined Windows devices"
        return Warn(None, expected, _counted(devices), remedy=(_STEP,))
    return Pass(None, _counted(devices))


def _registered(registrations: Registrations | Missing) -> list[Outcome]:
    if isinstance(registrations, Missing):
        return [unavailable(None, registrations)]
    if not registrations.forests:
        return [Unknown(None, "no forest was asked for its service connection point")]
    return [_forest(forest) for forest in registrations.forests]


def _forest(forest: Registration | NotRegistered | NoAnswer) -> Outcome:
    match forest:
        case Registration():
            said = forest.tenant_name or forest.tenant_id or "a tenant"
            observed = tr("hybrid join is set up in {}, for {}", forest.root, said)
            return Warn(None, "no hybrid join", observed, remedy=(_STEP,))
        case NotRegistered():
            return Pass(
                None, tr("hybrid join is not set up in {}: {}", forest.root, forest.because)
            )
        case NoAnswer():
            return Unknown(None, tr("{} did not tell: {}", forest.section, forest.reason))
