"""Whether clients get their certificate by themselves: what samples hold, and what was answered.

The policy itself lies in files of the domain's SYSVOL, which LDAP does not show. So a sample of
clients proves that certificates arrive, and a person says whether the policy is what brings them.
"""

from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Fail,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
)
from assess.evidence.certificates import CLIENT_AUTHENTICATION, CollectedStores, Store, Stores
from assess.evidence.pki import WORKSTATION, WORKSTATION_TEMPLATE, Templates
from checks.template.lookup import Issuer, Mode, unneeded

_SOON = timedelta(days=30)
_EXPECTED = "a policy for auto-enrolment, and a certificate of the template on every sampled client"


class _Sample(NamedTuple):
    """What a client holds: a certificate of the template, none for clients, or nobody knows."""

    computer: str
    state: str
    text: str


@check("template.workstation-autoenroll-gpo")
def workstation_autoenroll_gpo(
    issuer: Issuer,
    mode: Mode,
    stores: Annotated[Stores | Missing, CollectedStores("files.collected_client_certs")],
    templates: Annotated[Templates | Missing, WORKSTATION],
    confirmed: Annotated[Attested | Missing, Attestation()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when every sampled client has a certificate of the template, or the policy is there."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    policy = confirmed.yes if isinstance(confirmed, Attested) else None
    if isinstance(stores, Missing):
        return [_without_sample(stores, policy)]
    samples = [_sample(one, templates, as_of) for one in stores.stores]
    gaps = [Unknown(None, one.reason) for one in stores.unread]
    if not samples:
        return gaps or [Unknown(None, "no client was collected")]
    return [_judged(samples, policy), *gaps]


def _without_sample(stores: Missing, policy: bool | None) -> Outcome:
    if policy:
        return Pass(None, "no client was sampled; the policy is confirmed", _EXPECTED)
    if policy is None and stores.key:
        return Manual(None, "")
    because = stores.reason
    if policy is False:
        because = tr("{}; answered: there is no policy", because)
    return Unknown(None, because, remedy=(stores.mend,) if stores.mend else ())


def _judged(samples: list[_Sample], policy: bool | None) -> Outcome:
    about = tuple(one.computer for one in samples)

    def shown(state: str) -> str:
        return "; ".join(f"{s.computer}: {s.text}" for s in samples if s.state == state)

    lacking, doubtful, ending = shown("none"), shown("doubtful"), shown("ending")
    if lacking and policy is False:
        return Fail(None, _EXPECTED, tr("no policy, and {}", lacking), about=about)
    if lacking and policy is None:
        return Manual(None, "", observed=lacking, about=about)
    if doubtful:
        return Unknown(None, doubtful, about=about)
    if lacking or ending:
        text = "; ".join(one for one in (lacking, ending) if one)
        return Warn(None, _EXPECTED, text, about=about)
    return Pass(None, shown("good"), _EXPECTED, about=about)


def _sample(store: Store, templates: Templates | Missing, as_of: datetime) -> _Sample:
    names = _names(templates)
    lacking = tr("no valid certificate for client authentication")
    best = _Sample(store.computer, "none", lacking)
    for entry in store.entries:
        if CLIENT_AUTHENTICATION not in (entry.eku or (CLIENT_AUTHENTICATION,)):
            continue
        begun = entry.not_before is None or entry.not_before <= as_of
        if not begun or (entry.not_after is not None and entry.not_after < as_of):
            continue
        if entry.has_private_key is False or (entry.template and not _of(entry.template, names)):
            continue
        open_points = [
            *([tr("what it is for")] if entry.eku is None else []),
            *([tr("of which template it is")] if not entry.template else []),
            *([tr("how long it is valid")] if entry.not_after is None else []),
        ]
        if open_points:
            if best.state == "none":
                text = tr("{}: not known {}", entry.text, ", ".join(open_points))
                best = _Sample(store.computer, "doubtful", text)
        elif entry.not_after is not None and entry.not_after - as_of <= _SOON:
            if best.state != "good":
                best = _Sample(store.computer, "ending", tr("{}, 30 days or fewer", entry.text))
        else:
            best = _Sample(store.computer, "good", entry.text)
    return best


def _names(templates: Templates | Missing) -> set[str]:
    """What a certificate may call its template: display name, cn, or object identifier."""
    if isinstance(templates, Missing):
        return {WORKSTATION_TEMPLATE.lower()}
    found = {n for _, one in templates.found() for n in (one.cn, one.display, one.oid) if n}
    return {name.lower() for name in (*found, templates.name)}


def _of(shown: str, names: set[str]) -> bool:
    """Windows shows ``Name(1.3.6.…)``, a collector the one or the other."""
    parts = {part.strip().lower() for part in shown.replace(")", "(").split("(")}
    return bool((parts | {shown.strip().lower()}) & names)
