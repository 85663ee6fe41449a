"""What holds for every requirement and every check that is discovered."""

import re
from pathlib import Path

import pytest

from assess.collect import SETTLED, questions
from assess.coverage import coverage
from assess.discover import library
from assess.engagement import SCENARIOS, key_definitions
from assess.errors import Unavailable
from assess.evaluate import judge
from assess.evidence import Missing
from assess.keys import keys_of
from assess.model import Status, status_of
from assess.recording import Record, Refusal
from assess.sources import SOURCES
from samplechecks import NOW, recording

TESTS = Path(__file__).parents[1]
KNOWN = library()
CHECKS = sorted(KNOWN.checks.items())
NO_KEYS = {"tenant__public_domains": ["contoso.com", "contoso.de"]}
EVERY_SECTION = {
    **NO_KEYS,
    "tenant__id": "11111111-2222-4333-8444-555555555555",
    "tenant__organization": {"O": "A", "C": "DE"},
    "cmg__service_name": "cmg.a.test", "cmg__deployment_prefix": "cmg", "cmg__region": "westeurope",
    "cdp__enabled": True, "cdp__service_name": "cdp.a.test", "pki__issuer": "own-pki",
    "mp__mode": "https", "mp__servers": ["mp.a.test"], "ios__method": "dep",
    "azure__subscription_id": "99999999-8888-4777-8666-555555555555",
    "mdm__enrollment_group_ids": ["99999999-8888-4777-8666-555555555555"],
    "mdm__user_collection_id": "PS100014", "engagement__internet_clients": True,
    "engagement__stage": "production", "site__server_fqdn": "cm.a.test", "site__code": "PS1",
    "files__cmg_pfx": "cmg.pfx", "files__cmg_csr": "cmg.csr", "files__cdp_pfx": "cdp.pfx",
    "files__apns_pem": "apns.pem", "files__collected_server_certs": ["s.json"],
    "files__collected_client_certs": ["c.json"],
}  # fmt: skip


def test_there_are_all_the_requirements():
    assert len(KNOWN.catalogue.requirements) == 236


@pytest.mark.parametrize("requirement", KNOWN.catalogue.requirements.values(), ids=lambda r: r.id)
def test_requirement(requirement):
    assert set(requirement.scenarios) <= set(SCENARIOS)
    assert set(requirement.evidence) <= {
        "dns", "ldap", "graph", "adminservice", "sql", "certificate-file", "tls", "http",
        "azure-arm", "log-file", "config", "attestation",
    }  # fmt: skip
    assert set(requirement.keys) <= set(key_definitions())
    for clause in requirement.applies:
        assert clause.key in key_definitions()
    braces = re.findall(r"\{([^{}]*)\}", " ".join(requirement.remediation))
    assert {b for b in braces if re.fullmatch(r"[a-z0-9_.]+", b)} - {"subject"} <= set(key_definitions())
    assert requirement.passes
    assert "attestation" not in requirement.evidence or requirement.question


@pytest.mark.parametrize(("name", "check"), CHECKS, ids=[name for name, _ in CHECKS])
def test_check(name, check):
    assert check.function.__doc__, "a check says in its docstring when it passes"
    assert name in KNOWN.catalogue.requirements
    requirement = KNOWN.catalogue.requirements[name]
    assert requirement.consequence, "a measured requirement says what happens if it stays open"
    for ask in questions([check]):
        assert ask.source in SOURCES
        assert keys_of(ask) <= set(key_definitions())
    assert check.subjects is None or check.subjects in key_definitions()


@pytest.mark.parametrize(("name", "check"), CHECKS, ids=[name for name, _ in CHECKS])
def test_a_test_names_it(name, check):
    function = check.function.__name__
    texts = [path.read_text(encoding="utf-8") for path in (TESTS / "checks").glob("*.py")]
    assert any(re.search(rf"\b{function}\b|{re.escape(name)}", text) for text in texts), function


def refuse_everything(record, checks):
    """Every question of the checks is refused, and those that depend on them too."""
    for ask in questions(checks):
        try:
            bound = ask.bind(record)
        except Unavailable:
            bound = ask
        record.add(Record(bound.key, bound.source, bound.describe(), NOW, NOW, refusal=Refusal("refused", "Grant it.")))


@pytest.mark.parametrize(("name", "check"), CHECKS, ids=[name for name, _ in CHECKS])
@pytest.mark.parametrize("keys", [NO_KEYS, EVERY_SECTION], ids=["no keys", "all keys"])
@pytest.mark.parametrize("asked", [False, True], ids=["never asked", "refused"])
def test_without_evidence_nothing_passes(name, check, keys, asked):
    requirement = KNOWN.catalogue.requirements[name]
    sources = [ask for ask in check.asks if not isinstance(ask, SETTLED)]
    with recording(**keys) as record:
        if asked:
            refuse_everything(record, [check])
        for scenario in requirement.scenarios:
            for outcome in judge(requirement, check, record, scenario).outcomes:
                status = status_of(outcome)
                assert "itself failed" not in getattr(outcome, "because", "")
                if sources:
                    assert status in {Status.UNKNOWN, Status.MANUAL, Status.NOT_APPLICABLE, Status.WARN, Status.FAIL}
                    if status in {Status.WARN, Status.FAIL}:
                        assert keys is EVERY_SECTION, f"{name} says {status} with nothing to go by"


def test_no_requirement_has_nothing_and_what_is_asked_has_its_question():
    for one in coverage(KNOWN):
        requirement = KNOWN.catalogue.requirements[one.requirement]
        assert one.kind != "none", one.requirement
        if one.kind == "asked":  # by its question, or by the keys that its check reads
            keys = set().union(*(keys_of(ask) for ask in KNOWN.checks[one.requirement].asks)) if one.check else set()
            assert requirement.question or keys, one.requirement
            assert requirement.question.endswith("?") or not requirement.question


def test_missing_is_a_sentence():
    assert Missing("a reason").mend == ""
