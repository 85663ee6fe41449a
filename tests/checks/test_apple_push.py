"""Every verdict on the way to the Apple push certificate."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Ends, Fail, Manual, Missing, Pass, Unknown, Warn, worst
from assess.evidence.config import Attested
from assess.evidence.graph import DepToken, Domain, Perhaps, PushCertificate, moment
from checks.apple.push import (
    apple_id,
    certificate_issued,
    csr_downloaded,
    management_ready,
    uploaded,
)
from specimens import NOW, REFUSED, cert, changed, file, request, unset

TOPIC = "com.apple.mgmt.External.12345678-1234-1234-1234-123456789012"
YES, NO = Attested(True, by="A. Meyer"), Attested(False, by="A. Meyer")
UNASKED = unset('[attestations] "apns.x" in contoso.toml')
NO_CSR, NO_PEM = unset("files.apns_csr"), unset("files.apns_pem")
NEVER = datetime(1, 1, 1, tzinfo=UTC)


def pushed(days: float = 300, **more: Any) -> Any:
    facts: dict[str, Any] = {
        "apple_identifier": "mdm@contoso.com", "topic_identifier": TOPIC, "expiration_date_time": NOW + timedelta(days=days),
        "certificate_serial_number": "0A", "certificate_upload_status": None, "certificate_upload_failure_reason": None,
    }  # fmt: skip
    return Perhaps(PushCertificate(**{**facts, **more}))


NONE: Any = Perhaps(None)
CSR = request("Contoso", name="intune.csr", machine="")


@pytest.mark.parametrize(
    ("one", "tenant", "answer", "kind"),
    [
        (CSR, REFUSED, UNASKED, Pass),
        (CSR, NONE, NO, Pass),
        (changed(CSR, key_bits=1024), NONE, YES, Unknown),
        (changed(CSR, signature_valid=False), REFUSED, YES, Unknown),
        (changed(CSR, key_bits=1024), pushed(), YES, Pass),
        (NO_CSR, pushed(), UNASKED, Pass),
        (REFUSED, pushed(), UNASKED, Pass),
        (NO_CSR, NONE, UNASKED, Fail),
        (NO_CSR, NONE, YES, Fail),
        (NO_CSR, REFUSED, YES, Pass),
        (NO_CSR, REFUSED, NO, Fail),
        (NO_CSR, REFUSED, UNASKED, Unknown),
        (REFUSED, REFUSED, YES, Unknown),
        (REFUSED, NONE, UNASKED, Unknown),
        (NO_CSR, pushed(-1), UNASKED, Manual),
        (NO_CSR, pushed(6), YES, Pass),
        (NO_CSR, pushed(certificate_upload_failure_reason="bad"), UNASKED, Manual),
        (NO_CSR, pushed(expiration_date_time=NEVER), UNASKED, Manual),
        (NO_CSR, unset("tenant.id"), UNASKED, Manual),
    ],
)
def test_csr_downloaded(one: Any, tenant: Any, answer: Any, kind: type) -> None:
    assert isinstance(worst(csr_downloaded(one, tenant, NOW, answer)), kind)


APPLE = "C=US, O=Apple Inc., OU=Apple Certification Authority, CN=Apple Application Integration 2 Certification Authority"
PUSH = file(
    cert(subject=f"UID={TOPIC}, CN=APSP:1, C=US", issuer=APPLE),
    name="push.pem",
    form="pem",
    has_key=False,
)


def leaf(**more: Any) -> Any:
    return changed(PUSH, leaf=changed(PUSH.leaf, **more))


@pytest.mark.parametrize(
    ("one", "wish", "tenant", "kind"),
    [
        (PUSH, CSR, NONE, Pass),
        (PUSH, CSR, REFUSED, Pass),
        (PUSH, NO_CSR, pushed(), Pass),
        (PUSH, NO_CSR, REFUSED, Manual),
        (PUSH, REFUSED, NONE, Unknown),
        (PUSH, changed(CSR, spki_sha256="00" * 32), pushed(), Fail),
        (leaf(issuer=cert(issuer="CN=Contoso CA").issuer), CSR, pushed(), Fail),
        (leaf(issuer=cert(issuer="O=Apple Inc. Fake, CN=Apple").issuer), CSR, NONE, Fail),
        (leaf(subject=cert("www.apple.com").subject), CSR, NONE, Fail),
        (leaf(not_after=NOW), CSR, NONE, Unknown),
        (NO_PEM, NO_CSR, pushed(), Pass),
        (REFUSED, NO_CSR, pushed(), Pass),
        (NO_PEM, NO_CSR, NONE, Unknown),
        (NO_PEM, NO_CSR, pushed(topic_identifier=""), Unknown),
        (NO_PEM, NO_CSR, REFUSED, Unknown),
        (REFUSED, NO_CSR, NONE, Unknown),
        (NO_PEM, CSR, unset("tenant.id"), Manual),
    ],
)
def test_certificate_issued(one: Any, wish: Any, tenant: Any, kind: type) -> None:
    assert isinstance(worst(certificate_issued(one, wish, tenant, NOW)), kind)


def test_another_certificate_than_the_tenants_is_said() -> None:
    [outcome] = certificate_issued(
        PUSH, NO_CSR, pushed(topic_identifier="com.apple.mgmt.External.2"), NOW
    )
    assert isinstance(outcome, Pass)
    assert "another one" in outcome.observed


DOMAINS = (Domain("contoso.com", True), Domain("fabrikam.com", False))
OURS = "mdm@contoso.com"


@pytest.mark.parametrize(
    ("tenant", "account", "domains", "recorded", "answer", "kind"),
    [
        (pushed(), OURS, DOMAINS, OURS, YES, Pass),
        (pushed(apple_identifier="MDM@Contoso.com"), OURS, DOMAINS, OURS, YES, Pass),
        (pushed(apple_identifier="mdm@appleid.contoso.com"), None, DOMAINS, "mdm@appleid.contoso.com", YES, Pass),
        (pushed(), OURS, DOMAINS, OURS, NO, Warn),
        (pushed(), OURS, DOMAINS, OURS, UNASKED, Manual),
        (pushed(), OURS, DOMAINS, unset("apple.apple_id"), YES, Manual),
        (pushed(apple_identifier="it@icloud.com"), OURS, DOMAINS, "it@icloud.com", YES, Fail),
        (pushed(), "it@gmail.com", DOMAINS, OURS, YES, Fail),
        (pushed(apple_identifier="it@GMAIL.com"), None, REFUSED, OURS, UNASKED, Fail),
        (pushed(), OURS, DOMAINS, "other@contoso.com", YES, Unknown),
        (pushed(apple_identifier="a@fabrikam.com"), None, DOMAINS, "a@fabrikam.com", YES, Unknown),
        (pushed(apple_identifier="a@evilcontoso.com"), None, DOMAINS, "a@evilcontoso.com", YES, Unknown),
        (pushed(), OURS, REFUSED, OURS, YES, Unknown),
        (REFUSED, None, DOMAINS, OURS, YES, Pass),
        (REFUSED, None, REFUSED, OURS, YES, Pass),
        (REFUSED, None, REFUSED, "it@me.com", YES, Fail),
        (REFUSED, None, REFUSED, OURS, UNASKED, Unknown),
        (REFUSED, None, REFUSED, OURS, NO, Warn),
        (NONE, None, DOMAINS, OURS, YES, Pass),
        (NONE, None, DOMAINS, unset("apple.apple_id"), YES, Manual),
        (pushed(apple_identifier=None), None, DOMAINS, unset("apple.apple_id"), UNASKED, Manual),
    ],
)  # fmt: skip
def test_apple_id(
    tenant: Any, account: Any, domains: Any, recorded: Any, answer: Any, kind: type
) -> None:
    tokens = () if account is None else (DepToken("1", "ABM", account),)
    assert isinstance(
        worst(apple_id("corporate-owned-ios", tenant, tokens, domains, recorded, answer)), kind
    )


def test_the_token_matters_where_devices_are_the_companys() -> None:
    def judged(scenario: str) -> Any:
        return worst(apple_id(scenario, pushed(), REFUSED, DOMAINS, OURS, YES))

    assert isinstance(judged("hybrid-mdm"), Pass)
    assert isinstance(judged("corporate-owned-ios"), Unknown)


@pytest.mark.parametrize(
    ("tenant", "kind"),
    [
        (pushed(), Pass),
        (pushed(-1), Pass),
        (NONE, Fail),
        (pushed(topic_identifier=None), Fail),
        (pushed(topic_identifier=" "), Fail),
        (pushed(certificate_upload_failure_reason="the file is no certificate"), Fail),
        (pushed(certificate_upload_failure_reason=""), Pass),
        (pushed(topic_identifier=UNSET), Unknown),
        (pushed(certificate_upload_failure_reason=UNSET), Unknown),
    ],
)
def test_uploaded(tenant: Any, kind: type) -> None:
    assert isinstance(worst(uploaded(tenant)), kind)


@pytest.mark.parametrize(
    ("tenant", "kind"),
    [
        (pushed(), Pass),
        (pushed(8), Pass),
        (pushed(6.9), Fail),
        (pushed(0), Fail),
        (pushed(-1), Fail),
        (NONE, Fail),
        (pushed(certificate_upload_failure_reason="bad"), Fail),
        (pushed(expiration_date_time=NEVER), Unknown),
        (pushed(expiration_date_time=UNSET), Unknown),
        (pushed(topic_identifier=UNSET), Unknown),
    ],
)
def test_management_ready(tenant: Any, kind: type) -> None:
    outcome = worst(management_ready(tenant, NOW))
    assert isinstance(outcome, kind)
    end = None if tenant.found is None else moment(tenant.found.expiration_date_time)
    assert outcome.ends == (() if end is None else (Ends("Apple push certificate", end.date()),))


def test_a_refusal_says_what_is_missing() -> None:
    gone = Missing("the permission X is missing", "Grant X.")
    [outcome] = csr_downloaded(NO_CSR, gone, NOW, UNASKED)
    assert isinstance(outcome, Unknown)
    assert "the permission X is missing" in outcome.because
    assert "Grant X." in outcome.remedy
