"""The command line: exit codes, what goes where, listings for pipes, and every wrong input."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assess import __version__
from assess.cli import COMMANDS, run

MINIMAL = '[engagement]\nname = "contoso"\nscenarios = ["management-option-choice"]\n'


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "contoso.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    return path


def test_version_and_help(capsys):
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for name, (_, line) in COMMANDS.items():
        assert name in out
        assert line.split(":")[0].split(";")[0] in " ".join(out.split())
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"assess {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name, capsys):
    assert run([name, "--help"]) == 0
    assert "Usage: assess" in capsys.readouterr().out


def test_the_module_and_the_console_script_agree():
    said = subprocess.run([sys.executable, "-m", "assess", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"assess {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run"],
        ["run", "{file}", "--format", "docx"],
        ["run", "{file}", "--scenario", "hybrid-mdm"],
        ["run", "{file}", "--fail-on", "tuesdays"],
        ["run", "{folder}/absent.toml"],
        ["evaluate", "{file}"],
        ["report", "{file}"],
        ["checks", "show", "dns.cmg-cnam"],
        ["validate", "{folder}/absent.toml"],
        ["init", "{file}", "--no-questions", "--scenario", "hybrid-mdm"],
        ["init", "{folder}/new.toml", "--no-questions"],
        ["init", "{folder}/new.toml", "--no-questions", "--scenario", "hybrid-mdm", "--name", "a/b"],
    ],
)
def test_wrong_input_is_exit_code_2_and_writes_nothing(arguments, file, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    filled = [a.format(file=file, folder=tmp_path) for a in arguments]
    assert run(filled) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_near_name_is_offered(capsys):
    assert run(["checks", "show", "dns.cmg-cnam"]) == 2
    assert "dns.cmg-cname" in capsys.readouterr().err


def test_validate(file, capsys, tmp_path):
    assert run(["validate", str(file)]) == 0
    assert "in order" in capsys.readouterr().out
    file.write_text(MINIMAL + '[files]\ncmg_pfx = "absent.pfx"\n')
    assert run(["validate", str(file)]) == 2
    assert "absent.pfx does not exist" in capsys.readouterr().err


def test_listings_into_a_pipe_are_one_line_each(capsys):
    assert run(["checks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 236
    assert all(line.count("\t") == 4 for line in lines)
    assert run(["coverage"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 236
    assert run(["coverage", "--json"]) == 0
    covered = json.loads(capsys.readouterr().out)
    assert set(covered[0]) == {"requirement", "kind", "check"}
    assert {one["kind"] for one in covered} <= {"measured", "partly", "asked", "none"}


def test_checks_show(capsys):
    assert run(["checks", "show", "dns.cmg-cname"]) == 0
    assert "Create DNS CNAME records" in capsys.readouterr().out
    assert run(["checks", "show", "cmg.crl-verification"]) == 0
    shown = capsys.readouterr().out
    assert "proposed when fail (powershell), never run:" in shown
    assert "contradiction in co-management-pki" in shown
    assert run(["checks", "show", "dns.cmg-cname", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "dns.cmg-cname"


def test_a_dry_run_asks_and_writes_nothing(file, tmp_path, capsys):
    assert run(["run", str(file), "--dry-run", "-o", str(tmp_path / "out")]) == 0
    assert "none was asked" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_run_of_questions_only(file, tmp_path, capsys):
    """This scenario has no source to ask yet: everything is manual or unknown, and said so."""
    out = tmp_path / "out"
    assert run(["run", str(file), "-o", str(out), "-f", "json"]) == 3
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith("management-option-choice\tundetermined\t")
    [folder] = out.iterdir()
    assert folder.name.startswith("contoso-2")
    assert sorted(p.name for p in folder.iterdir()) == ["evidence.zip", "results.json"]
    results = json.loads((folder / "results.json").read_text())
    assert {f["status"] for f in results["findings"]} <= {"manual", "unknown", "not-applicable"}

    assert run(["evaluate", str(folder / "evidence.zip"), "-o", str(out), "-f", "json"]) == 3
    again = next(p for p in out.iterdir() if p != folder)
    assert again.name == f"{folder.name}-2"
    assert json.loads((again / "results.json").read_text())["findings"] == results["findings"]
    assert run(["evaluate", str(folder / "evidence.zip"), "-o", str(out), "-f", "json", "--fail-on", "never"]) == 0
    assert run(["evaluate", str(folder / "evidence.zip"), "-o", str(out), "-f", "json", "--fail-on", "undetermined"]) == 1


def test_results_as_json_go_to_standard_output_alone(file, tmp_path, capsys):
    assert run(["run", str(file), "-o", str(tmp_path / "out"), "-f", "json", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["schema_version"] == "1.0"


def test_a_fault_of_the_tool_is_exit_code_4_without_a_traceback(monkeypatch, capsys):
    import assess.commands.coverage as module

    def fault(_):
        raise RuntimeError("password hunter2")

    monkeypatch.setattr(module, "coverage", fault)
    assert run(["coverage"]) == 4
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert "hunter2" not in said


def test_init_without_questions_writes_a_valid_file(tmp_path, capsys):
    target = tmp_path / "new.toml"
    arguments = ["init", str(target), "--no-questions", "--name", "contoso", "--scenario", "co-management-pki"]
    assert run(arguments) == 0
    assert run(["validate", str(target)]) == 0
    assert run(arguments) == 2
    assert run([*arguments, "--force"]) == 0


def test_init_asks_for_every_key_the_scenarios_need(tmp_path):
    """Answered through a pipe: a wrong answer is asked again, an empty one stays a comment."""
    target = tmp_path / "new.toml"
    answers = ["contoso", "2", "Contoso Ltd", "", "not-a-guid", "11111111-2222-4333-8444-555555555555", "", "contoso.com, contoso.de"]
    done = subprocess.run(
        [sys.executable, "-m", "assess", "init", str(target)],
        input="\n".join(answers), capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False,
    )
    assert done.returncode == 0, done.stderr
    from assess.discover import library
    from assess.engagement import load
    from assess.keys import needed_keys

    engagement = load(target)
    assert engagement.scenarios == ("co-management-pki",)
    text = target.read_text(encoding="utf-8")
    for key in needed_keys(library(), engagement.scenarios):
        assert f"{key.rpartition('.')[2]} =" in text, key


def test_the_collector_is_handed_over_with_the_line_to_type(tmp_path, capsys):
    file = tmp_path / "contoso.toml"
    file.write_text(MINIMAL + '[site]\ncode = "PS1"\n[mdm]\nuser_collection_id = "PS100014"\n', encoding="utf-8")
    assert run(["collector", str(file), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    script = tmp_path / "out" / "Collect-Readiness.ps1"
    assert said.out.splitlines()[0] == str(script)
    assert "-SiteCode PS1 -CollectionId PS100014" in said.err
    assert script.read_bytes().startswith(b"#Requires")
    assert run(["collector", "-o", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["command"] == ".\\Collect-Readiness.ps1"
    assert run(["collector", "-o", str(file)]) == 2


def test_permissions_prints_the_grants_of_the_site_database(file, capsys):
    file.write_text(
        '[engagement]\nname = "c"\nscenarios = ["hybrid-mdm"]\n[site]\nsql_server = "sql01.contoso.com"\n'
    )
    assert run(["permissions", str(file), "--grants", "CONTOSO\\assessor"]) == 0
    script = capsys.readouterr().out.splitlines()
    assert script[0] == "CREATE USER [CONTOSO\\assessor] FOR LOGIN [CONTOSO\\assessor];"
    assert all(line == "GO" or line.startswith(("--", "GRANT SELECT ON dbo.")) for line in script[1:])
    assert run(["permissions", str(file), "--json"]) == 0
    rights = {right["right"] for right in json.loads(capsys.readouterr().out) if right["source"] == "sql"}
    assert any(right.startswith("SELECT on dbo.v_R_User (") for right in rights)
