"""How the site talks to its clients: PKI certificates, enhanced HTTP, trusted roots."""

import re
from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Fail,
    Key,
    Manual,
    Missing,
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
from assess.evidence.adminservice import Seen
from assess.evidence.certificates import CertificateFile, CertificateIn
from assess.evidence.logs import Line, Logs, MpControl
from assess.evidence.site_roles import (
    ENHANCED_HTTP,
    HTTPS_ONLY,
    PKI_CLIENTS,
    SITE_COMPONENT_MANAGER,
    Component,
    Components,
)
from checks.log_lines import about, fresh, lost, self_test
from checks.site_systems import setting

_ADD = (
    "Administration > Site Configuration > Sites > {site.code} > Properties > Communication "
    "Security > Trusted Root Certification Authorities > Set > add {files.trusted_root_cer}."
)


def _https_only(value: int) -> bool:
    return value & HTTPS_ONLY == HTTPS_ONLY


@check("site.use-pki-client-cert")
def use_pki_client_cert(
    settings: Annotated[Seen[Component], Components(SITE_COMPONENT_MANAGER)],
    code: Annotated[str | Missing, Key("site.code")],
) -> Outcomes:
    """Pass when the bit for PKI client certificates is set, or the site is HTTPS only."""
    value = setting(settings, code, "IISSSLState")
    if not isinstance(value, int):
        return [value]
    expected = "IISSSLState with 0x100, or HTTPS only"
    if _https_only(value):
        return [Pass(None, tr("IISSSLState {}: HTTPS only", value), expected)]
    if value & PKI_CLIENTS:
        return [Pass(None, tr("IISSSLState {}: PKI client certificates are used", value), expected)]
    return [Fail(None, expected, tr("IISSSLState {}: PKI client certificates are not used", value))]


@check("site.enhanced-http")
def enhanced_http(
    scenario: Annotated[str, Scenario()],
    settings: Annotated[Seen[Component], Components(SITE_COMPONENT_MANAGER)],
    mode: Annotated[str | Missing, Key("mp.mode")],
    code: Annotated[str | Missing, Key("site.code")],
) -> Outcomes:
    """Pass when generated certificates are used; with a PKI, when the plan does not need them."""
    value = setting(settings, code, "IISSSLState")
    if not isinstance(value, int):
        return [value]
    on = bool(value & ENHANCED_HTTP)
    expected = "IISSSLState with 0x400: enhanced HTTP"
    observed = tr("IISSSLState {}: enhanced HTTP is off", value)
    if on:
        observed = tr("IISSSLState {}: enhanced HTTP is on", value)
    if scenario == "co-management-internet":
        if on:
            return [Pass(None, observed, expected)]
        if _https_only(value):
            said = tr("{}, and the site is HTTPS only, which also works but needs a PKI", observed)
            return [Warn(None, expected, said)]
        return [Fail(None, expected, observed)]
    if mode == "https":
        return [Pass(None, tr("{}; mp.mode is https, which does not need it", observed), expected)]
    if mode == "enhanced-http":
        return [(Pass(None, observed, expected) if on else Fail(None, expected, observed))]
    if on:
        said = tr("{}, an accepted simplification where mp.mode is not set to https", observed)
        return [Warn(None, "HTTPS management points, or enhanced HTTP by plan", said)]
    return [unavailable(None, mode) if isinstance(mode, Missing) else Unknown(None, observed)]


_THUMBPRINT = re.compile(r"[0-9A-F]{40}")
_LIST = "Which certificates does Set Root CA Certificates of the primary site list (thumbprints)?"


@check("site.trusted-root-list")
def trusted_root_list(
    root: Annotated[CertificateFile | Missing, CertificateIn("files.trusted_root_cer")],
    listed: Annotated[Attested | Missing, Attestation()],
    log: Annotated[Logs | Missing, MpControl()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the attested list has the thumbprint of the root, and no log contradicts.

    No documented property shows the list, and the class that may is never read: it holds accounts.
    """
    return [_in_list(root, listed), *_refused(log, now), *lost(log)]


_FORBIDDEN = "403"


def _refused(log: Logs | Missing, now: datetime) -> list[Outcome]:
    """A management point that refuses its own client certificate may lack the root."""
    found: list[Outcome] = []
    for copy in log.copies if isinstance(log, Logs) else ():
        test: Line | None = self_test(copy, "443")
        if test is not None and test.value("status") == _FORBIDDEN and fresh(copy, now):
            because = tr(
                "the management point refuses client certificates, which a root that is not in the "
                "list would explain: {}",
                test.quoted,
            )
            found.append(Unknown(None, because, about=about((copy,))))
    return found


def _in_list(root: CertificateFile | Missing, listed: Attested | Missing) -> Outcome:
    """What a person read in the console."""
    if isinstance(listed, Missing):
        return Manual(None, _LIST)
    answer = listed.answer if isinstance(listed.answer, list) else [str(listed.answer)]
    plain = [re.sub(r"[\s:\-]", "", one.upper()) for one in answer]
    found = [one for one in plain if _THUMBPRINT.search(one)]
    by = listed.by or "somebody unnamed"
    expected = "the root of the client certificates is in the list"
    if not found:
        if listed.yes:
            because = tr("{} answered, but named no thumbprint", by)
            return Unknown(None, because, remedy=("Answer with the thumbprints of the list.",))
        return Fail(None, expected, tr("the list is empty, says {}", by), remedy=(_ADD,))
    if isinstance(root, Missing):
        return unavailable(None, root)
    leaf = root.leaf
    if any(leaf.sha1.upper() in one or leaf.sha256.upper() in one for one in found):
        observed = tr("{} of {} is in the list, says {}", leaf.sha1, root.name, by)
        return Pass(None, observed, expected)
    said = tr("{} of {} is not in the list, says {}", leaf.sha1, root.name, by)
    return Fail(None, expected, said, remedy=(_ADD,))
