"""The collector's script, parsed: it reads what is listed, and writes nowhere but into its own folder.

Windows PowerShell is not at hand here. What can be proved without it is what the script is made of.
"""

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from assess.collector import SCRIPT, command_line, shipped
from assess.connectors.exported import FILES
from assess.connectors.provider_classes import READABLE
from assess.evidence.logs import LogAsk
from assess.evidence.site_roles import KEPT, Property
from assess.evidence.site_settings import ALL_SYSTEMS, Agent, Rule
from cloud.site_classes import SECRET_CLASSES, known_classes
from siteexports import LAZY, SINCE_MIDNIGHT, read_classes

SOURCE = (files("assess.collector") / SCRIPT).read_bytes()
TREE = Parser(Language(tree_sitter_powershell.language())).parse(SOURCE)

READS = {
    "ConvertTo-Json", "ForEach-Object", "Get-ChildItem", "Get-CimClass", "Get-CimInstance", "Get-FileHash", "Get-Item",
    "Join-Path", "New-CimSession", "New-CimSessionOption", "Resolve-Path", "Set-StrictMode", "Sort-Object", "Test-Path", "Where-Object", "Write-Host",
    "Write-Verbose", "dsregcmd.exe", "gpresult.exe",
}  # fmt: skip
# Commands that could do more, each with the one thing that it is used for.
HELD = {
    "Add-Type": r"-AssemblyName System\.IO\.Compression\.FileSystem",
    "Copy-Item": r"-LiteralPath \$Path -Destination \(Join-Output \$Name\)",
    "Invoke-Command": r"-ComputerName \$name -ScriptBlock \$Body -ArgumentList \$With",
    "New-Object": r"\(?(System\.Collections\.ArrayList|System\.Text\.UTF8Encoding \$false|System\.Net\.WebProxy \$Proxy"
                  r"|System\.IO\.StreamWriter\(\(Join-Output \$Name\), \$false, .*"
                  r"|System\.Security\.Cryptography\.X509Certificates\.X509(Chain|Certificate2 \$request\.ServicePoint\.Certificate))\)?",
}  # fmt: skip
WRITES = {"Join-Output", "Write-Text", "New-LineWriter", "Copy-Log", "Write-Zip"}
STATIC = {
    "Convert.ToBase64String", "IO.Path.GetDirectoryName", "Net.Dns.GetHostEntry", "Net.WebRequest.Create",
    "Security.Cryptography.X509Certificates.RSACertificateExtensions.GetRSAPrivateKey", "Security.Principal.WindowsIdentity.GetCurrent",
}  # fmt: skip
# Static methods that write, and the function that may call them.
WRITING = {
    "IO.Directory.CreateDirectory": {"Join-Output", ""}, "IO.File.WriteAllText": {"Write-Text"},
    "IO.Compression.ZipFile.CreateFromDirectory": {"Write-Zip"},
}  # fmt: skip
METHODS = {
    "Add", "Build", "Close", "ContainsKey", "Dispose", "GetProxy", "GetResponse", "GetValue", "Replace", "Split", "Substring",
    "ToLowerInvariant", "ToString", "ToUniversalTime", "ToUpperInvariant", "Translate", "Trim", "TrimEnd", "WriteLine",
}  # fmt: skip
# What may be set on an object of .NET: a request that has not been sent, and which TLS it speaks.
SET_ON = {
    "$request.Method", "$request.Timeout", "$request.AllowAutoRedirect", "$request.Proxy", "$chain.ChainPolicy.RevocationMode",
    "[Net.ServicePointManager]::SecurityProtocol",
}  # fmt: skip
OWN = {"$entry", "$at", "$answer", "$row", "$plain", "$one"}  # dictionaries of the script itself


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node | None) -> str:
    return "" if node is None else SOURCE[node.start_byte : node.end_byte].decode()


def of(kind: str, below: Node = TREE.root_node) -> list[Node]:
    return [node for node in walk(below) if node.type == kind]


def function_of(node: Node) -> str:
    """The function that holds a node; "" for the script itself."""
    holder = node.parent
    while holder is not None and holder.type != "function_statement":
        holder = holder.parent
    return "" if holder is None else text(next(c for c in holder.children if c.type == "function_name"))


FUNCTIONS = {text(one) for one in of("function_name")}


def table(name: str) -> dict[str, list[str]]:
    found = re.search(rf"\${name} = @'\n(.*?)\n'@", SOURCE.decode(), re.DOTALL)
    assert found
    return {line.partition(":")[0]: line.partition(":")[2].split() for line in found[1].splitlines()}


def words(name: str) -> list[str]:
    """The texts that a line gives to a variable, or to a key of a dictionary."""
    found = re.search(rf"^ *\$?{name} *= ('.*')$", SOURCE.decode(), re.MULTILINE)
    assert found, name
    return re.findall(r"'([^']*)'", found[1])


# -- it is understood, and by Windows PowerShell 5.1 -----------------------------------------------


def test_it_parses_and_is_plain_ascii() -> None:
    assert not TREE.root_node.has_error
    assert not [node for node in walk(TREE.root_node) if node.type == "ERROR" or node.is_missing]
    SOURCE.decode("ascii")  # without a mark, Windows PowerShell takes a script for ANSI


def test_nothing_in_it_is_newer_than_windows_powershell() -> None:
    assert SOURCE.startswith(b"#Requires -Version 5.1")
    operators = {"??", "??=", "?.", "?[", "&&", "||", "ternary_expression"}
    assert not [node.type for node in walk(TREE.root_node) if node.type in operators or "ternary" in node.type]
    code = "\n".join(line.partition("#")[0] for line in SOURCE.decode().splitlines())
    assert not re.search(r"-Parallel|\?\?|&&|\busing namespace\b|\?\.\w|-AsArray|-AsHashtable|Get-Error", code)


# -- it reads ------------------------------------------------------------------------------------


def test_only_commands_that_read_are_called() -> None:
    called = {text(one) for one in of("command_name")}
    assert called - FUNCTIONS <= READS | set(HELD)
    assert "Invoke-CimMethod" not in SOURCE.decode()
    for command in of("command"):
        name = next((text(c) for c in command.children if c.type == "command_name"), "")
        if name in HELD:
            rest = text(command).removeprefix(name).strip()
            assert re.fullmatch(HELD[name], rest, re.DOTALL), text(command)


def test_only_its_own_blocks_are_invoked() -> None:
    invoked = [text(c) for c in of("command") if not [n for n in c.children if n.type == "command_name"]]
    assert {one.strip() for one in invoked} == {"& $Body", "& $Body @With"}
    names = {text(n) for n in of("command_name")}
    assert not {n for n in names if n.startswith(("$", ".")) or n.lower() in {"iex", "invoke-expression", "start-process"}}


def test_nothing_is_redirected() -> None:
    assert not [node for node in walk(TREE.root_node) if "redirect" in node.type]


def test_only_methods_that_read_are_called() -> None:
    seen = set()
    for call in of("invokation_expression"):
        head = call.children[0]
        member = text(next(c for c in call.children if c.type == "member_name"))
        if head.type == "type_literal":
            name = f"{text(head).strip('[]')}.{member}"
            seen.add(name)
            assert name in STATIC | set(WRITING), name
            assert name in STATIC or function_of(call) in WRITING[name], text(call)
        else:
            seen.add(member)
            assert member in METHODS, text(call)
    assert seen == STATIC | set(WRITING) | METHODS


def test_nothing_is_set_but_its_own() -> None:
    for left in of("left_assignment_expression"):
        target = text(left).strip()
        plain = re.fullmatch(r"\$\w+(, \$\w+)*", target)
        own = re.fullmatch(r"(\$\w+)(\.\w+|\[.+\])", target)
        assert plain or target in SET_ON or (own and own[1] in OWN), target
        assert "$env:" not in target.lower()
        assert "$global:" not in target.lower()


def test_it_writes_through_few_functions_that_stay_in_one_folder() -> None:
    writing = {
        function_of(node) for node in of("command") if text(node).startswith(("Copy-Item", "New-Object System.IO.StreamWriter"))
    }
    assert writing == {"Copy-Log", "New-LineWriter"}
    assert {function_of(c) for c in of("command") if text(c).startswith("Join-Output")} == WRITES - {"Join-Output", "Write-Zip"}
    join = text(next(f for f in of("function_statement") if "function Join-Output" in text(f)))
    assert "$script:ExportFolder" in join
    pattern = re.search(r"-notmatch '([^']+)'", join)
    assert pattern
    for bad in ("../x", "/x", "a/../b", "C:\\x", "\\\\server\\x", "a\\..\\b", ".hidden", ""):
        assert not re.search(pattern[1], bad), bad
    assert re.search(pattern[1], "collected/groups/mp01.corp.contoso.com.txt")


def test_no_function_hides_what_the_script_set() -> None:
    """A variable of the same name in a calling function would be seen in the called one: the folder would be another."""
    names: dict[str, set[str]] = {}
    for left in of("left_assignment_expression"):
        for name in re.findall(r"\$(\w+)", text(left).partition(".")[0].partition("[")[0]):
            names.setdefault(function_of(left), set()).add(name.lower())
    for loop in of("foreach_statement"):
        names.setdefault(function_of(loop), set()).add(text(next(c for c in loop.children if c.type == "variable"))[1:].lower())
    for parameter in of("script_parameter"):
        name = text(next(c for c in parameter.children if c.type == "variable"))[1:].lower()
        names.setdefault(function_of(parameter), set()).add(name)
    own = names.pop("") - {"erroractionpreference", "store", "system", "name", "found", "certificate", "one", "key", "answer", "status", "text"}
    assert {"exportfolder", "sections", "computer", "classes", "kept"} <= own
    assert {where: have & own for where, have in names.items() if have & own} == {}


def test_tls_is_left_to_windows() -> None:
    assert "ServerCertificateValidationCallback" not in SOURCE.decode()
    assert "TrustAllCertsPolicy" not in SOURCE.decode()


# -- it reads what is listed -----------------------------------------------------------------------


def test_every_class_that_a_question_names_is_read_with_those_properties() -> None:
    assert table("Classes") == read_classes()


def test_nothing_else_is_read_of_them() -> None:
    for name, properties in table("Classes").items():
        assert set(properties) <= READABLE[name]
        assert not set(properties) & known_classes()[name].secret
        assert name not in SECRET_CLASSES
    secrets = {one for known in known_classes().values() for one in known.secret} | set(SECRET_CLASSES)
    assert not {one for one in secrets if re.search(rf"\b{one}\b", SOURCE.decode())}


def test_objects_inside_are_read_in_part() -> None:
    assert set(words("Kept")) == KEPT
    fields = {kind: set(kind.__struct_encode_fields__) - {"@odata.type"} for kind in (Property, Agent, Rule)}
    assert set(words("Props")) == fields[Property]
    assert set(words("AgentConfigurations")) == fields[Agent]
    assert set(words("CollectionRules")) == fields[Rule]
    lazy = re.search(r"\$Lazy = @\{(.*)\}", SOURCE.decode())
    assert lazy
    assert dict(re.findall(r"(\w+) = '(\w+)'", lazy[1])) == {name: one for name, (_, one) in LAZY.items()}
    assert words("SinceMidnight") == [SINCE_MIDNIGHT]


def test_all_systems_are_always_counted() -> None:
    assert f"@('{ALL_SYSTEMS}')" in SOURCE.decode()


def test_every_question_to_wmi_is_a_select_of_named_properties() -> None:
    queries = re.findall(r"['\"](SELECT [^'\"]*)", SOURCE.decode())
    assert len(queries) == 4
    assert not [one for one in queries if "*" in one]
    for command in of("command"):
        if text(command).startswith("Get-CimInstance"):
            assert "-Query" in text(command) or "-InputObject" in text(command), text(command)


def test_every_log_that_is_asked_for_is_copied() -> None:
    listed = re.search(r"\$Logs = @\((.*?)\n\)", SOURCE.decode(), re.DOTALL)
    assert listed
    assert set(re.findall(r"'(\w+)'", listed[1])) == {kind.log for kind in LogAsk.__subclasses__()}


def test_private_keys_stay_where_they_are() -> None:
    for word in ("Export(", "ExportPkcs", "ExportParameters", "ToXmlString", "Export-PfxCertificate", "certutil", "Pkcs12", "Password"):
        assert word not in SOURCE.decode()


@pytest.mark.parametrize("path", [path for _, path in FILES.values()])
def test_it_writes_the_files_that_readers_look_for(path: str) -> None:
    assert f"'{path}" in SOURCE.decode()


# -- how it is handed over -------------------------------------------------------------------------


def test_it_says_what_it_does() -> None:
    help_text = SOURCE.decode().partition("#>")[0]
    for parameter in of("script_parameter"):
        if function_of(parameter) == "" and parameter.start_byte < SOURCE.index(b"Set-StrictMode"):
            name = text(next(c for c in parameter.children if c.type == "variable"))[1:]
            assert f".PARAMETER {name}" in help_text
    assert ".EXAMPLE" in help_text


def test_all_of_it_is_shipped() -> None:
    assert {name for name, _ in shipped()} == {SCRIPT, "site.schema.json", "manifest.schema.json"}


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, ".\\Collect-Readiness.ps1"),
        (
            {
                "site.code": "PS1", "site.provider_fqdn": "prov.a.test", "site.server_fqdn": "CM01.a.test",
                "mdm.user_collection_id": "PS100014", "comanagement.pilot_collection_id": "PS100021",
                "mp.servers": ["mp01.a.test"], "pki.cloud_role_servers": ["cm01.a.test", "mp01.a.test"],
            },
            ".\\Collect-Readiness.ps1 -SiteCode PS1 -Provider prov.a.test -CollectionId PS100014,PS100021 -Server mp01.a.test",
        ),
        ({"site.provider_fqdn": "cm01.a.test", "site.server_fqdn": "cm01.a.test"}, ".\\Collect-Readiness.ps1"),
    ],
)  # fmt: skip
def test_the_line_to_type(values: dict[str, object], line: str) -> None:
    assert command_line(values) == line
