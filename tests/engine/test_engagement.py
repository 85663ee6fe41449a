"""The engagement file: what is accepted, and every way in which it can be wrong."""

import pytest

from assess.engagement import Engagement, key_definitions, load
from assess.errors import EngagementError, Unavailable
from assess.keytypes import Secret, domain, guid, nameserver

MINIMAL = '[engagement]\nname = "contoso"\nscenarios = ["co-management-pki"]\n'


def written(tmp_path, text):
    file = tmp_path / "contoso.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_minimal_file_is_enough(tmp_path):
    engagement = load(written(tmp_path, MINIMAL))
    assert (engagement.name, engagement.customer) == ("contoso", "contoso")
    assert engagement.scenarios == ("co-management-pki",)
    assert engagement.get("cdp.enabled") is False
    with pytest.raises(Unavailable, match=r"cmg\.service_name") as refusal:
        engagement.key("cmg.service_name")
    assert refusal.value.key == "cmg.service_name"


def test_every_documented_section_is_accepted(tmp_path):
    engagement = load(written(tmp_path, MINIMAL + """
[tenant]
id = "{11111111-2222-4333-8444-55555555555A}"
cloud = "usgov"
public_domains = ["Contoso.COM.", "münchen.example"]
organization = { O = "Contoso", C = "DE" }
ca_file = "ca.pem"
endpoints = { graph = "https://127.0.0.1:8443/", login = "https://l.test", arm = "https://a.test" }
[tenant.auth]
method = "client-secret"
client_id = "11111111-2222-4333-8444-555555555555"
client_secret = { env = "CONTOSO_SECRET" }
[dns]
nameservers = ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1"]
timeout = 2.5
[ad]
server = "ldaps://dc01.corp.contoso.com"
user = "reader@corp.contoso.com"
password = { prompt = true }
[ad.forests.fabrikam]
server = "ldap://dc.fabrikam.test"
password = { file = "fabrikam.secret" }
[site]
code = "PS1"
thumbprint = "AA:BB"
[site.auth]
method = "none"
[sql]
auth = { method = "windows" }
[network]
proxy = "http://proxy.corp.contoso.com:8080"
connect_to = { "cmg.contoso.com:443" = "127.0.0.1:8443" }
[passwords]
cmg_pfx = { env = "PFX" }
[files]
cmg_pfx = "pki/cmg.pfx"
directory_export = "export.ldif"
[attestations]
"cert.temporary-folder" = { answer = true, by = "A. Meyer", on = 2026-11-20 }
[[waivers]]
requirement = "cert.cmg-san"
reason = "lab"
by = "B. Roth"
until = 2027-01-31
"""))
    assert engagement.get("tenant.id") == "11111111-2222-4333-8444-55555555555a"
    assert engagement.get("tenant.public_domains") == ["contoso.com", "xn--mnchen-3ya.example"]
    assert engagement.get("dns.nameservers") == ["192.0.2.1:53", "192.0.2.1:5353", "[2001:db8::1]:53"]
    assert engagement.tables("ad.forests")["fabrikam"]["server"] == "ldap://dc.fabrikam.test"
    assert isinstance(engagement.get("tenant.auth.client_secret"), Secret)
    assert engagement.path("files.cmg_pfx") == tmp_path / "pki/cmg.pfx"
    assert engagement.attestations["cert.temporary-folder"].yes
    assert engagement.waivers[0].subject is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[engagement\n", "line 1"),
        ('[engagement]\nname = "c"\n', "engagement.scenarios is missing"),
        ('[engagement]\nname = "c"\nscenarios = []\n', "engagement.scenarios is empty"),
        ('[engagement]\nname = "c"\nscenarios = ["co-managment"]\n', "engagement.scenarios"),
        ('[engagement]\nname = "a/b"\nscenarios = ["hybrid-mdm"]\n', "engagement.name"),
        ('[engagement]\nname = "CON"\nscenarios = ["hybrid-mdm"]\n', "engagement.name"),
        (MINIMAL + "[tenant]\nids = 3\n", "did you mean tenant.id?"),
        (MINIMAL + "[tennant]\nid = 3\n", "tennant.id"),
        (MINIMAL + '[tenant]\nid = "4711"\n', "tenant.id"),
        (MINIMAL + '[tenant]\npublic_domains = ["https://contoso.com"]\n', "tenant.public_domains"),
        (MINIMAL + '[tenant]\npublic_domains = ["con toso.com"]\n', "tenant.public_domains"),
        (MINIMAL + '[tenant]\npublic_domains = ["a..b"]\n', "tenant.public_domains"),
        (MINIMAL + '[tenant]\npublic_domains = [""]\n', "tenant.public_domains"),
        (MINIMAL + "[tenant]\npublic_domains = [3]\n", "tenant.public_domains"),
        (MINIMAL + '[tenant]\ncloud = "moon"\n', "public, usgov, usgov-dod, china"),
        (MINIMAL + '[cdp]\nenabled = "yes"\n', "cdp.enabled"),
        (MINIMAL + "[cmg]\nexpected_instances = 17\n", "from 1 to 16"),
        (MINIMAL + '[dns]\nnameservers = ["dns.example"]\n', "dns.nameservers"),
        (MINIMAL + '[ad]\nserver = "http://dc"\n', "ldaps://"),
        (MINIMAL + '[tenant]\nendpoints = { graph = "http://127.0.0.1" }\n', "tenant.endpoints.graph"),
        (MINIMAL + '[network]\nproxy = "http://u:pa55@proxy"\n', "network.proxy"),
        (MINIMAL + '[passwords]\nnothing = { env = "X" }\n', "files.nothing"),
        (MINIMAL + '[attestations]\n"a.b" = { by = "x" }\n', "has no answer"),
        (MINIMAL + '[attestations]\n"a.b" = { answer = true, bye = "x" }\n', "bye is not known"),
        (MINIMAL + '[[waivers]]\nrequirement = "a.b"\n', "reason, by, until"),
        (MINIMAL + "tenant = 3\n", "engagement.tenant"),
        ("tenant = 3\n" + MINIMAL, "tenant is not a key"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, names):
    with pytest.raises(EngagementError) as error:
        load(written(tmp_path, text))
    assert names in str(error.value)
    assert "contoso.toml" in str(error.value)
    assert "pa55" not in str(error.value)


@pytest.mark.parametrize(
    "line",
    [
        '[passwords]\ncmg_pfx = "hunter2"',
        '[tenant.auth]\nclient_secret = "hunter2"',
        '[ad]\npassword = ["hunter2"]',
        '[ad]\npassword = { plain = "hunter2" }',
        '[ad.forests.x]\npassword = "hunter2"',
    ],
)
def test_a_literal_secret_is_refused_and_not_repeated(tmp_path, line):
    with pytest.raises(EngagementError) as error:
        load(written(tmp_path, MINIMAL + line))
    assert "hunter2" not in str(error.value)
    assert "never stands in this file" in str(error.value)


def test_every_fault_is_told_at_once(tmp_path):
    with pytest.raises(EngagementError) as error:
        load(written(tmp_path, '[engagement]\nnme = "c"\n[tenant]\nid = "x"\n'))
    assert len(str(error.value).splitlines()) == 3


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(EngagementError, match="assess init"):
        load(tmp_path / "none.toml")
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EngagementError, match="UTF-8"):
        load(bad)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    file = tmp_path / "bom.toml"
    file.write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())
    assert load(file).name == "contoso"


def test_what_a_recording_keeps_holds_no_way_in(tmp_path):
    engagement = load(written(tmp_path, MINIMAL + """
[tenant.auth]
client_secret = { env = "SECRET_NAME" }
[ad]
user = "reader@corp.contoso.com"
[network]
proxy = "http://proxy.corp:8080"
[cmg]
service_name = "cmg.contoso.com"
"""))
    kept = engagement.public()
    assert kept["values"]["cmg.service_name"] == "cmg.contoso.com"
    assert not {name for name in kept["values"] if name.startswith(("tenant.auth", "ad.", "network"))}
    again = Engagement.from_public(kept)
    assert again.get("cmg.service_name") == "cmg.contoso.com"
    assert again.public() == kept


def test_secrets_say_where_they_were_looked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("ABSENT_SECRET", raising=False)
    with pytest.raises(Unavailable, match="ABSENT_SECRET"):
        Secret("passwords.x", env="ABSENT_SECRET").reveal()
    with pytest.raises(Unavailable, match="cannot be read"):
        Secret("passwords.x", file=tmp_path / "none").reveal()
    (tmp_path / "s").write_text("geheim\n")
    assert Secret("passwords.x", file=tmp_path / "s").reveal() == "geheim"
    assert "geheim" not in repr(Secret("passwords.x", file=tmp_path / "s"))


@pytest.mark.parametrize("text", ["corp", "corp.local", "a.b.c.d", "xn--mnchen-3ya.de", "sub_d.contoso.com"])
def test_names_that_are_domains(text):
    assert domain(text) == text


@pytest.mark.parametrize("text", ["-a.com", "a-.com", "a b.com", "", ".", "a" * 64 + ".com", "user@contoso.com", None])
def test_names_that_are_none(text):
    with pytest.raises(ValueError):
        domain(text)


def test_small_types():
    assert guid("{AAAAAAAA-2222-4333-8444-555555555555}") == "aaaaaaaa-2222-4333-8444-555555555555"
    assert nameserver("[2001:db8::1]:5353") == "[2001:db8::1]:5353"
    with pytest.raises(ValueError):
        nameserver("192.0.2.300")


def test_every_key_is_described():
    for definition in key_definitions().values():
        assert definition.about
        assert definition.type


@pytest.mark.parametrize("route", ['{ "a.test" = "127.0.0.1:1" }', '{ "a.test:443" = "127.0.0.1" }', '{ "a.test:443" = 8443 }', '"a.test:443"'])
def test_where_a_connection_really_goes_names_both_ports(tmp_path, route):
    with pytest.raises(EngagementError, match=r"network\.connect_to"):
        load(written(tmp_path, MINIMAL + f"[network]\nconnect_to = {route}\n"))
