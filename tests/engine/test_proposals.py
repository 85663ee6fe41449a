"""Commands to mend: whatever a tenant is called, it stays data in the language of the command."""

import configparser
import json
import re

import dns.rdatatype
import dns.zone
import pytest
import tree_sitter
import tree_sitter_powershell
from hypothesis import given
from hypothesis import strategies as st

from assess.catalogue import Command, catalogue_of, requirements_of
from assess.clouds import CLOUDS
from assess.discover import library
from assess.engagement import key_definitions
from assess.errors import CheckDefinitionError
from assess.proposals import Kind, fault, filled, names

POWERSHELL = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
NAMED = {
    f"{requirement.id}-{number}": command
    for requirement in library().catalogue.requirements.values()
    for number, command in enumerate(requirement.commands)
}
OFFERED = list(NAMED.values())
SCRIPTS = {name: one for name, one in NAMED.items() if one.kind in {Kind.POWERSHELL, Kind.AZURE}}
HARMLESS = {
    "host": "cmg.contoso.com", "guid": "11111111-2222-4333-8444-555555555555", "site": "PS1",
    "collection": "PS100021", "number": "2", "upn": "a.meyer@contoso.com", "word": "westeurope",
}  # fmt: skip
ATTACKS = (
    "'; Remove-Item C:\\ -Recurse; '", "’; Remove-Item x #", "‚‛‘’", "''", "'", '"', "$(calc)", "`n", "a\nb",
    "a\r\nb", "#", "}", "@'", "| iex", "&calc", "x' -Force '", "{subject}", "{tenant.id}", "%SystemRoot%", ";",
    "a b", "..", ".", "-Confirm:$false", "*", "[a]", "\u202ea", "a\u0000", "\ufffd", "a\u2028b", "\u200b", " x",
    "contoso.com. 1 IN TXT x", "a;b", "contoso.com\n$INCLUDE /etc/passwd", "x" * 400, "", '","state":"enabled', "\\",
    "../../me", "a/b", "a?b=c", "ü.example", "日本語", "CN=x, O=y", "O'Brien & Söhne", "=1+1", "🔥",
)  # fmt: skip
hostile = st.one_of(st.sampled_from(ATTACKS), st.text(max_size=30), st.text("'’`\"$(){};|&#@ \n-", max_size=12))


def harmless(name):
    """Values that fit wherever the name stands, without knowing in which shape."""
    if name.startswith("cloud."):
        return (getattr(CLOUDS["public"], name.removeprefix("cloud.")),)
    text = " ".join(one.text for one in OFFERED)
    shape = re.search(rf"\{{{re.escape(name)}:([a-z]+)", text)
    return (HARMLESS[shape[1]] if shape else "contoso",)


def structure(text):
    """The kinds of all nodes of a script; fails where it does not parse."""
    tree = POWERSHELL.parse(text.encode("utf-8", "surrogatepass"))
    assert not tree.root_node.has_error, text

    def kinds(node):
        return node.type, tuple(kinds(child) for child in node.children)

    return kinds(tree.root_node)


def test_there_are_many():
    offering = [r for r in library().catalogue.requirements.values() if r.commands]
    assert len(offering) >= 40
    assert {command.kind for r in offering for command in r.commands} == set(Kind)


@pytest.mark.parametrize("command", NAMED.values(), ids=NAMED)
def test_every_command_is_whole_and_names_what_exists(command: Command):
    assert not fault(command.kind, command.text)
    tables = {name.rpartition(".")[0] for name in key_definitions()}
    for name in [*names(command.text), *command.about, *(clause.key for clause in (*command.only, *command.unless))]:
        known = name in ("subject", "table.file") or name in key_definitions() or name.rpartition(".")[0] in key_definitions()
        assert known or (name.startswith("cloud.") and hasattr(CLOUDS["public"], name[6:])), (name, tables)
    made = filled(command.kind, command.text, harmless)
    assert made is not None
    assert not re.search(r"\{[a-z]+\.[a-z_]+[:}]|\{subject", made)
    assert made.count("\n") < 40


@pytest.mark.parametrize("command", SCRIPTS.values(), ids=SCRIPTS)
def test_scripts_parse(command: Command):
    structure(filled(command.kind, command.text, harmless))


PLACES = [(one, name) for one in SCRIPTS.values() for name in names(one.text) if name[:6] != "cloud."]


def attacked(command, name, value):
    """The command with one value of a stranger's, the others harmless."""
    return filled(command.kind, command.text, lambda one: (value,) if one == name else harmless(one))


def test_no_attack_changes_a_script():
    made = 0
    for command, name in PLACES:
        usual = structure(filled(command.kind, command.text, harmless))
        for attack in ATTACKS:
            text = attacked(command, name, attack)
            if text is not None:
                made += 1
                assert structure(text) == usual, (name, attack)
    assert made > 100


@given(st.sampled_from(PLACES), hostile)
def test_whatever_a_script_is_filled_with_it_stays_the_same_script(place, value):
    command, name = place
    text = attacked(command, name, value)
    if text is not None:
        assert structure(text) == structure(filled(command.kind, command.text, harmless))


@given(st.lists(hostile, min_size=1, max_size=4))
def test_a_powershell_text_reads_back_as_what_it_was(values):
    made = filled("powershell", "Set-Thing -Name '{subject}'", lambda _: values)
    if made is None:
        return
    literals = re.findall(r"'((?:[^'\u2018-\u201b]|''|([\u2018-\u201b])\2)*)'", made.removeprefix("Set-Thing -Name "))
    read = [re.sub(r"(['\u2018-\u201b])\1", r"\1", literal) for literal, _ in literals]
    assert read == list(values)
    assert made == "Set-Thing -Name " + ", ".join(f"'{literal}'" for literal, _ in literals)


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("O'Brien", "Set-Thing 'O''Brien'"), ("O’Brien", "Set-Thing 'O’’Brien'"), ("a b", "Set-Thing 'a b'"),
        ("$(calc)", "Set-Thing '$(calc)'"), ("a\nb", None), ("a\u202eb", None), ("a\ufffdb", None), ("", None),
        ("x" * 201, None), ("*", None), (" a", None), ("a\u2028b", None), ("a`b", None),
    ],
)  # fmt: skip
def test_powershell(value, made):
    assert filled("powershell", "Set-Thing '{subject}'", lambda _: [value]) == made


def test_a_list_needs_a_place_of_its_own():
    several = ["a", "b'c"]
    assert filled("powershell", "F '{subject}'", lambda _: several) == "F 'a', 'b''c'"
    assert filled("powershell", "F 'x{subject}'", lambda _: several) is None
    assert filled("dns", "{subject}. 60 IN CNAME a.", lambda _: ["a.test", "b.test"]) is None


def test_nothing_is_half_filled():
    known = {"subject": ["a"], "tenant.id": []}
    assert filled("powershell", "F '{subject}' '{tenant.id}'", lambda name: known[name]) is None
    assert filled("powershell", "F '{tenant.id=usual}'", lambda name: known[name]) == "F 'usual'"


@given(hostile, hostile)
def test_zone_lines_parse(subject, prefix):
    for command in OFFERED:
        if command.kind != Kind.DNS:
            continue
        values = {"subject": subject, "cmg.deployment_prefix": prefix, "cmg.service_name": subject}
        made = filled("dns", command.text, lambda name: [values[name]] if name in values else harmless(name))  # noqa: B023
        if made is None:
            continue
        assert "\n" not in made
        zone = dns.zone.from_text(f"$ORIGIN .\n{made}\n", origin=".", check_origin=False)
        [(_, node)] = zone.nodes.items()
        [rdataset] = node.rdatasets
        assert rdataset.rdtype == dns.rdatatype.CNAME


def test_zone_line():
    offered = library().catalogue.requirements["dns.enterprise-enrollment-cname"].commands[0]
    assert filled("dns", offered.text, lambda _: ["contoso.de"]) == (
        "enterpriseenrollment.contoso.de. 3600 IN CNAME enterpriseenrollment-s.manage.microsoft.com."
    )
    for wrong in ("contoso.de. x", "-a.de", "a..de", "ü.de", "a" * 64 + ".de", ".".join(["abcdefg"] * 40)):
        assert filled("dns", offered.text, {"subject": [wrong]}.__getitem__) is None


@given(st.dictionaries(st.sampled_from(["O", "OU", "L", "ST", "C"]), hostile, min_size=5), st.just("cmg.contoso.com"))
def test_requests_for_certificates_parse(organisation, name):
    [command] = library().catalogue.requirements["csr.organisation-fields"].commands
    values = {f"tenant.organization.{key}": [value] for key, value in organisation.items()}
    made = filled("certreq", command.text, lambda key: values.get(key, [name]))
    if made is None:
        return
    ini = configparser.ConfigParser(interpolation=None, comment_prefixes=(";",), strict=True)
    ini.read_string(made)
    assert ini.sections() == ["Version", "NewRequest", "EnhancedKeyUsageExtension", "Extensions"]
    subject = ini["NewRequest"]["Subject"].strip('"')
    parts = dict(part.split("=") for part in subject.split(", "))
    assert parts["CN"] == name
    assert parts["O"] == organisation["O"]
    assert set(parts) == {"CN", "O", "OU", "L", "S", "C"}


@given(hostile)
def test_requests_to_graph_keep_their_address_and_their_body(value):
    text = 'PATCH {cloud.graph}/v1.0/domains/{subject:host}\n\n{ "name": "{tenant.id}", "more": ["{ad.user}"] }'
    values = {"subject": ["contoso.com"], "tenant.id": [value], "ad.user": [value, value]}
    made = filled("graph", text, lambda name: values[name] if name in values else harmless(name))
    if made is not None:
        address, _, body = made.partition("\n")
        assert address == "PATCH https://graph.microsoft.com/v1.0/domains/contoso.com"
        assert json.loads(body) == {"name": value, "more": [value, value]}
    values = {"subject": [value]}
    made = filled("graph", text.partition("\n")[0], lambda name: values.get(name) or harmless(name))
    if made is not None:
        assert re.fullmatch(r"PATCH https://graph\.microsoft\.com/v1\.0/domains/[A-Za-z0-9._-]+", made)
        assert ".." not in made


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bash", "rm"), ("powershell", "F {subject}"), ("powershell", 'F "{subject}"'), ("powershell", "# '{subject}'"),
        ("powershell", "F `'{subject}'"), ("powershell", "F \"'{subject}'\""), ("powershell", "F '{subject:kind}'"),
        ("certreq", "Subject = {subject}"), ("certreq", '; "{subject}"'), ("graph", "GET https://evil.test/"),
        ("graph", "GET {cloud.graph}/v1.0/users/{subject}"), ("graph", 'POST {cloud.graph}/x\n\n{ "a": {subject} }'),
    ],
)  # fmt: skip
def test_a_command_that_could_not_be_filled_safely_is_refused(kind, text):
    assert fault(kind, text)


ENTRY = """
[height]
title = "t"
scenarios = ["hybrid-mdm"]
necessity = "required"
severity = "high"
automation = "automatic"
availability = "available"
statement = "s"
pass = "p"
remediation = ["r"]
sources = [{ document = "d", section = "s", step = "1" }]
commands = [%s]
"""
PAPERS = {
    "scenarios": {"hybrid-mdm": {"title": "H"}},
    "documents": {"d": {"title": "D", "date": "2020", "status": "s", "notes": []}},
    "commands": {"shared": {"kind": "dns", "text": "{subject}. 60 IN CNAME a."}},
}


def test_a_shared_text_is_used_and_a_wrong_command_stops_the_catalogue():
    good = requirements_of("p", "tower", ENTRY % '{ use = "shared", when = "fail" }')
    [command] = catalogue_of(PAPERS, good).requirements["tower.height"].commands
    assert (command.kind, command.text, command.when) == ("dns", "{subject}. 60 IN CNAME a.", ("fail",))
    for wrong in ('{ use = "nothing" }', '{ kind = "powershell", text = "F {subject}" }', '{ kind = "dns", text = " " }',
                  '{ use = "shared", when = "pass" }'):
        with pytest.raises(CheckDefinitionError):
            catalogue_of(PAPERS, requirements_of("p", "tower", ENTRY % wrong))
