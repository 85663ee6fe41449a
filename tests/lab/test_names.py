"""The name servers answer dnspython as those of the world do, right and wrong."""

from collections.abc import Callable

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.resolver
import pytest

from lab.names import BROKEN, Names

pytestmark = pytest.mark.server

MICROSOFT = "enterpriseenrollment-s.manage.microsoft.com"
ZONES = {
    "contoso.com": f"""
        enterpriseenrollment CNAME {MICROSOFT}.
        dangling CNAME nobody.manage.microsoft.com.
        loop CNAME pool
        pool CNAME loop
        *.wild CNAME {MICROSOFT}.
        big TXT {" ".join(f'"{"x" * 200}"' for _ in range(20))}
        deadend NS ns.deadend
        ns.deadend A 127.77.200.200
        """.replace("\n        ", "\n"),
    "manage.microsoft.com": "enterpriseenrollment-s A 127.0.0.9\n",
    "broken.test": BROKEN,
}


def resolver(address: str, lifetime: float = 1) -> dns.resolver.Resolver:
    host, port = address.split(":")
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port, made.lifetime = [host], int(port), lifetime
    return made


def ask(address: str, name: str, kind: str = "A", lifetime: float = 1) -> str:
    return str(resolver(address, lifetime).resolve(name, kind)[0].to_text())


@pytest.fixture
def servers(name_servers: Callable[..., Names]) -> Names:
    return name_servers(ZONES, dead=["gone.test"])


def test_an_alias_is_followed_by_the_resolver_only(servers: Names) -> None:
    name = "enterpriseenrollment.contoso.com"
    assert (
        ask(servers.resolver, name, "CNAME")
        == ask(servers.authority, name, "CNAME")
        == f"{MICROSOFT}."
    )
    assert ask(servers.resolver, name) == "127.0.0.9"
    with pytest.raises(dns.resolver.NoAnswer):
        ask(servers.authority, name)


def test_an_alias_to_nothing_is_there_and_leads_nowhere(servers: Names) -> None:
    assert ask(servers.resolver, "dangling.contoso.com", "CNAME") == "nobody.manage.microsoft.com."
    with pytest.raises(dns.resolver.NXDOMAIN):
        ask(servers.resolver, "dangling.contoso.com")


@pytest.mark.parametrize("name", ["absent.contoso.com", "unknown.example", "absent.test"])
def test_a_name_that_nobody_has(servers: Names, name: str) -> None:
    with pytest.raises(dns.resolver.NXDOMAIN):
        ask(servers.resolver, name)


def test_a_wildcard_answers_for_every_name(servers: Names) -> None:
    assert ask(servers.resolver, "anything.wild.contoso.com", "CNAME") == f"{MICROSOFT}."


def test_a_long_answer_comes_by_tcp(servers: Names) -> None:
    host, port = servers.resolver.split(":")
    question = dns.message.make_query("big.contoso.com", "TXT")
    answer, by_tcp = dns.query.udp_with_fallback(question, host, timeout=2, port=int(port))
    assert by_tcp
    assert len(answer.answer[0][0].strings) == 20


@pytest.mark.parametrize("name", ["loop.contoso.com", "x.broken.test"])
def test_a_loop_and_a_broken_zone_are_a_server_failure(servers: Names, name: str) -> None:
    with pytest.raises(dns.resolver.NoNameservers, match="SERVFAIL"):
        ask(servers.resolver, name)


@pytest.mark.parametrize("name", ["x.deadend.contoso.com", "x.gone.test"])
def test_a_dead_delegation_is_no_answer(servers: Names, name: str) -> None:
    with pytest.raises(dns.resolver.LifetimeTimeout):
        ask(servers.resolver, name)


def test_faults(servers: Names) -> None:
    broken = servers.broken(
        {
            "drop.contoso.com": "drop",
            "slow.contoso.com": "delay:5000",
            "failing.contoso.com": "servfail",
            "refused.contoso.com": "refused",
            "enterpriseenrollment.contoso.com": "truncate",
        }
    )
    for name in ("drop", "slow"):
        with pytest.raises(dns.resolver.LifetimeTimeout):
            ask(broken, f"{name}.contoso.com", lifetime=0.5)
    for name, code in (("failing", "SERVFAIL"), ("refused", "REFUSED")):
        with pytest.raises(dns.resolver.NoNameservers, match=code):
            ask(broken, f"{name}.contoso.com")
    question = dns.message.make_query("enterpriseenrollment.contoso.com", "CNAME")
    _, by_tcp = dns.query.udp_with_fallback(question, broken.split(":")[0], timeout=2)
    assert by_tcp


def test_a_delay_is_only_a_delay(servers: Names) -> None:
    slow = servers.broken({".": "delay:200"})
    answer = resolver(slow, 2).resolve("enterpriseenrollment.contoso.com", "CNAME")
    assert answer.response.time >= 0.2


def test_a_hanging_server_is_no_answer(servers: Names) -> None:
    with servers.recursive.hanging(), pytest.raises(dns.resolver.LifetimeTimeout):
        ask(servers.resolver, "enterpriseenrollment.contoso.com", "CNAME", lifetime=0.3)


def test_several_sets_of_servers_run_at_once(name_servers: Callable[..., Names]) -> None:
    inside = name_servers({"contoso.com": "www A 10.0.0.1\n"})
    outside = name_servers({"contoso.com": "www A 192.0.2.1\n"})
    assert (ask(inside.resolver, "www.contoso.com"), ask(outside.resolver, "www.contoso.com")) == (
        "10.0.0.1",
        "192.0.2.1",
    )
