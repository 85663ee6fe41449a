"""What `assess schedule` writes is what each platform's own tools read, whatever the paths are called."""

import configparser
import json
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import tree_sitter
import tree_sitter_powershell
import yaml
from croniter import croniter

from assess.cli import run
from assess.errors import EngagementError
from assess.scheduling import container, cron, systemd, windows
from assess.scheduling.job import Job
from assess.scheduling.moments import moment

FILE = """
[engagement]
name = "contoso"
scenarios = ["co-management-pki"]
{more}
"""
SECRET = "the-secret-itself"
WITH_SECRET = '[tenant.auth]\nmethod = "client-secret"\nclient_secret = { env = "ASSESS_CLIENT_SECRET" }'
POWERSHELL = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
NASTIER = "D:\\it's $HOME `id` & ;|{x} @(1) #"
ANALYZE = shutil.which("systemd-analyze")
NASTY = "it's $HOME 100% \"q\" `id` $(id) ;&|<>!#*?[a] ü"
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def job(name="contoso", **changes):
    fields = {
        "program": ("/opt/assess/bin/assess",), "file": "/etc/assess/contoso.toml", "output": "/srv/assess",
        "history": "/etc/assess/contoso.history", "when": moment("Mon 06:00", None), "folder": "/etc/assess",
    }  # fmt: skip
    return Job(name, **{**fields, **changes})


@pytest.fixture
def customer(tmp_path, capfd):
    def schedule(*options, more="", name="contoso.toml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(FILE.format(more=more), encoding="utf-8")
        code = run(["schedule", str(file), *options])
        printed, said = capfd.readouterr()
        return code, printed, said

    return schedule


# -- when --

@pytest.mark.parametrize(
    ("at", "every", "cron_line", "calendar"),
    [
        ("Mon 06:00", None, "0 6 * * 1", "Mon *-*-* 06:00:00"),
        ("sunday 23:59", None, "59 23 * * 0", "Sun *-*-* 23:59:00"),
        ("06:05", None, "5 6 * * *", "*-*-* 06:05:00"),
        ("6:05", "week", "5 6 * * 1", "Mon *-*-* 06:05:00"),
        ("1 05:30", None, "30 5 1 * *", "*-*-01 05:30:00"),
        ("05:30", "month", "30 5 1 * *", "*-*-01 05:30:00"),
    ],
)  # fmt: skip
def test_moments(at, every, cron_line, calendar):
    when = moment(at, every)
    assert (when.cron, when.calendar) == (cron_line, calendar)
    due = croniter(cron_line, datetime(2026, 1, 1, tzinfo=UTC)).get_next(datetime)
    assert f"{due:%H:%M}" == when.time
    if when.weekday is not None:
        assert due.weekday() == when.weekday
    if when.day is not None:
        assert due.day == when.day
    if ANALYZE is not None:
        said = subprocess.run([ANALYZE, "calendar", calendar], capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(
    ("at", "every"),
    [("", None), ("Mon", None), ("24:00", None), ("06:60", None), ("Foo 06:00", None), ("29 06:00", None), ("0 06:00", None),
     ("Mon 06:00", "month"), ("Mon 06:00", "day"), ("1 06:00", "week"), ("1 06:00", "day"), ("06:00; reboot", None)],
)  # fmt: skip
def test_moments_that_are_none(at, every):
    with pytest.raises(EngagementError, match="--at"):
        moment(at, every)


# -- systemd --

def verify(*units):
    """systemd's own look at the units where it is there; their structure anywhere."""
    for unit in units:
        read = configparser.RawConfigParser(strict=False)
        read.optionxform = str  # type: ignore[assignment, method-assign]
        read.read_string(unit.read_text())
        kind = unit.suffix[1:].capitalize()
        assert {"Unit", kind} <= set(read.sections())
        assert read[kind]["ExecStart" if kind == "Service" else "OnCalendar"]
    if ANALYZE is not None:
        done = subprocess.run([ANALYZE, "verify", "--man=no", *map(str, units)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_systemd_reads_the_units(tmp_path, customer):
    code, _, said = customer("--kind", "systemd", "-o", str(tmp_path / "units"), "--program", "/usr/bin/true", more=WITH_SECRET)
    assert code == 0, said
    names = {path.name for path in (tmp_path / "units").iterdir()}
    assert names == {"assess-contoso.service", "assess-contoso.timer", "assess-contoso.env"}
    verify(*(tmp_path / "units" / n for n in names if not n.endswith(".env")))
    assert (tmp_path / "units" / "assess-contoso.env").stat().st_mode & 0o777 == 0o600
    assert "sudo systemctl enable --now assess-contoso.timer" in said
    assert "sudo systemctl disable --now assess-contoso.timer" in said
    filled = tmp_path / "units" / "assess-contoso.env"
    filled.write_text("ASSESS_CLIENT_SECRET='typed'\n")
    customer("--kind", "systemd", "-o", str(tmp_path / "units"), "--program", "/usr/bin/true", more=WITH_SECRET)
    assert "typed" in filled.read_text(), "what somebody typed is never written over"


def words_of_systemd(line):
    """The words of a command line, as systemd.service(5) says that it is read."""
    found: list[str] = []
    word, quoted, escaped = "", False, False
    for character in line:
        if escaped:
            word, escaped = word + character, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == " " and not quoted:
            found, word = [*found, word], ""
        else:
            word += character
    return [one.replace("%%", "%").replace("$$", "$") for one in [*found, word]]


def test_systemd_is_given_paths_as_they_are(tmp_path):
    one = job(name=NASTY, file=f"/etc/{NASTY}/c.toml", output=f"/srv/{NASTY}\\")
    made = systemd.write(one)
    [service] = [content for name, content in made.files.items() if name.endswith(".service")]
    [line] = [line for line in service.splitlines() if line.startswith("ExecStart=")]
    assert words_of_systemd(line.removeprefix("ExecStart=")) == list(one.command)
    for name, content in made.files.items():
        (tmp_path / name).write_text(content.replace("/opt/assess/bin/assess", "/usr/bin/true"))
    verify(*(path for path in tmp_path.iterdir() if path.suffix in {".service", ".timer"}))
    with pytest.raises(EngagementError, match="account"):
        systemd.write(job(account="a b"))


# -- cron --

def test_cron_calls_the_script_which_runs_the_command(tmp_path):
    folder = tmp_path / NASTY.replace("/", "")
    folder.mkdir()
    echo = folder / "echo args"
    echo.write_text('#!/bin/sh\nprintf "%s\\n" "$SECRET_ONE" "$@"\n')
    echo.chmod(0o700)
    one = job(program=(str(echo),), file=f"/etc/{NASTY}/c.toml", folder=str(folder), environment=("SECRET_ONE",))
    made = cron.write(one)
    for name, content in made.files.items():
        (folder / name).write_text(content)
    (folder / "assess-contoso.env").write_text("SECRET_ONE='p$w `x` \"'\n")
    script = folder / "assess-contoso.sh"
    for shell in ("bash", "sh"):
        assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0
    begin, line, end = made.files["assess-contoso.cron"].splitlines()
    assert (begin, end) == ("# assess-contoso", "# end of assess-contoso")
    assert croniter.is_valid(" ".join(line.split()[:5]))
    # What cron does with the rest: a percent sign ends it unless a backslash stands before it, which goes.
    command = line.split(maxsplit=5)[5]
    assert "%" not in command.replace("\\%", "")
    ran = subprocess.run(["/bin/sh", "-c", command.replace("\\%", "%")], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == ['p$w `x` "', *one.command[1:]]
    # Removing takes these lines and no others.
    table = tmp_path / "crontab"
    table.write_text(f"1 2 * * * keep\n{made.files['assess-contoso.cron']}3 4 * * * keep too\n")
    sed = shlex.split(made.remove[0].split("|")[1])
    left = subprocess.run([*sed, str(table)], capture_output=True, text=True, check=True).stdout
    assert left == "1 2 * * * keep\n3 4 * * * keep too\n"


def test_cron_without_the_file_of_secrets_asks_nothing(tmp_path):
    made = cron.write(job(program=("/bin/echo", "ran"), folder=str(tmp_path), environment=("SECRET_ONE",)))
    (tmp_path / "run.sh").write_text(made.files["assess-contoso.sh"])
    ran = subprocess.run(["sh", str(tmp_path / "run.sh")], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")


# -- Windows --

# Elements in the order that the schema's sequences want; None: any order (xs:all).
SEQUENCES = {
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "CalendarTrigger": ["StartBoundary", "Enabled", "ScheduleByDay", "ScheduleByWeek", "ScheduleByMonth"],
    "ScheduleByMonth": ["DaysOfMonth", "Months"],
    "Exec": ["Command", "Arguments"],
}  # fmt: skip


def windows_job(**changes):
    return job(**{"program": (r"C:\Program Files\assess\assess.exe",), "file": r"D:\it's & <co>\contoso.toml",
                  "output": "D:\\reports\\", "folder": r"D:\it's & <co>", **changes})  # fmt: skip


@pytest.mark.parametrize("at", ["Mon 06:00", "06:00", "1 06:00"])
def test_the_task_is_as_the_schema_wants_it(at, tmp_path, customer):
    code, _, said = customer(
        "--kind", "windows", "--at", at, "-o", str(tmp_path / "task"), "--as", r"D:\assess\contoso.toml",
        "--program", r"C:\Program Files\assess\assess.exe", "--account", "CONTOSO\\assess$",
    )  # fmt: skip
    assert code == 0, said
    raw = (tmp_path / "task" / "assess-contoso.xml").read_bytes()
    assert raw[:2] in {b"\xff\xfe", b"\xfe\xff"}
    root = ET.fromstring(raw)  # reads the declared encoding
    assert (root.tag, root.get("version")) == (f"{TASK}Task", "1.2")
    for name, order in SEQUENCES.items():
        for element in root.iter(f"{TASK}{name}"):
            tags = [child.tag.removeprefix(TASK) for child in element]
            assert tags == [tag for tag in order if tag in tags]
    assert root.findtext(f".//{TASK}UserId") == "CONTOSO\\assess$"
    assert root.findtext(f".//{TASK}Command") == r"C:\Program Files\assess\assess.exe"
    assert root.findtext(f".//{TASK}Arguments") == r"run D:\assess\contoso.toml --unattended -o D:\assess\reports"
    assert root.findtext(f".//{TASK}MultipleInstancesPolicy") == "IgnoreNew"
    kinds = {"Mon 06:00": "ScheduleByWeek", "06:00": "ScheduleByDay", "1 06:00": "ScheduleByMonth"}
    assert root.find(f".//{TASK}{kinds[at]}") is not None
    assert 'schtasks /create /tn "\\assess\\assess-contoso"' in said


def test_windows_quotes_and_keeps_secrets_apart():
    made = windows.write(windows_job(environment=("ASSESS_CLIENT_SECRET",)))
    root = ET.fromstring(made.files["assess-contoso.xml"].replace('encoding="UTF-16"', ""))
    assert str(root.findtext(f".//{TASK}Arguments")).endswith("-File \"D:\\it's & <co>\\assess-contoso.ps1\"")
    script = made.files["assess-contoso.ps1"]
    for text in (script, windows.write(windows_job(folder=NASTIER, file=rf"{NASTIER}\c.toml", environment=("A",))).files["assess-contoso.ps1"]):
        parsed = POWERSHELL.parse(text.encode()).root_node
        assert not parsed.has_error, str(parsed)
    assert r"& 'C:\Program Files\assess\assess.exe' 'run' 'D:\it''s & <co>\contoso.toml'" in script
    assert "'D:\\reports'" in script, "a backslash at the end would swallow the quote behind it"
    assert script.rstrip().endswith("exit $LASTEXITCODE")
    typographic = windows.write(windows_job(folder="D:\\it\u2019s", environment=("A",))).files["assess-contoso.ps1"]
    assert "'D:\\it\u2019\u2019s\\assess-contoso.A.xml'" in typographic
    for changes in ({"file": "/etc/c.toml"}, {"program": ("assess",)}, {"folder": "assess"}):
        with pytest.raises(EngagementError, match="no path of Windows"):
            windows.write(windows_job(**changes))
    for path in (r"D:\%PATH%\c.toml", r"D:\$(Arg0)\c.toml"):
        with pytest.raises(EngagementError, match="Task Scheduler"):
            windows.write(windows_job(file=path))


# -- Kubernetes --

def test_the_manifest_is_a_cronjob():
    made = container.write(job(name=f"Contoso {NASTY}", program=("assess",), image='reg/a:"1"', environment=("ASSESS_CLIENT_SECRET",)))
    [manifest] = made.files.values()
    read = yaml.safe_load(manifest)
    assert (read["apiVersion"], read["kind"]) == ("batch/v1", "CronJob")
    name = read["metadata"]["name"]
    assert name.replace("-", "").isalnum()
    assert name == name.lower()
    assert len(name) <= 52
    spec = read["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("0 6 * * 1", "Forbid")
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    [one] = pod["containers"]
    assert pod["restartPolicy"] == "Never"
    assert one["image"] == 'reg/a:"1"'
    assert one["args"][:2] == ["run", f"/var/lib/assess/{name}.toml"]
    assert "--unattended" in one["args"]
    [variable] = one["env"]
    assert variable == {
        "name": "ASSESS_CLIENT_SECRET",
        "valueFrom": {"secretKeyRef": {"name": f"{name}-secrets", "key": "ASSESS_CLIENT_SECRET"}},
    }
    assert {m["name"] for m in one["volumeMounts"]} == {v["name"] for v in pod["volumes"]}


# -- the command --

@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('[tenant.auth]\nmethod = "device-code"', "tenant.auth.method"),
        ('[tenant.auth]\nmethod = "interactive"', "tenant.auth.method"),
        ("[ad]\npassword = { prompt = true }", "ad.password"),
        ("[passwords]\ncmg_pfx = { prompt = true }", "passwords.cmg_pfx"),
        ('[site.auth]\nmethod = "entra"\nclient_id = "11111111-2222-4333-8444-555555555555"', "site.auth.method"),
    ],
)
def test_what_needs_a_person_is_refused(customer, tmp_path, more, key):
    code, printed, said = customer("-o", str(tmp_path / "none"), more=more)
    assert (code, printed) == (2, "")
    assert key in said
    assert "contoso.toml" in said
    assert any(mend in said for mend in ("certificate", "kerberos"))
    assert not (tmp_path / "none").exists()
    assert run(["run", str(tmp_path / "contoso.toml"), "--unattended", "-o", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["systemd", "cron", "windows", "container"])
def test_no_secret_is_in_any_file(customer, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("ASSESS_CLIENT_SECRET", SECRET)
    (tmp_path / "password").write_text(SECRET)
    more = f'{WITH_SECRET}\n[ad]\npassword = {{ file = "password" }}'
    options = ["--kind", kind, *(["--as", "D:\\a\\contoso.toml", "--program", "D:\\assess.exe"] if kind == "windows" else [])]
    code, printed, said = customer(*options, more=more)
    assert code == 0, said
    assert "ASSESS_CLIENT_SECRET" in printed
    if kind != "container":
        assert "password" in said
    customer(*options, "-o", str(tmp_path / "out"), more=more)
    for path in (tmp_path / "out").iterdir():
        assert SECRET.encode() not in path.read_bytes().replace(b"\0", b"")
    assert SECRET not in printed + said
    code, printed, _ = customer(*options, "--json", more=more)
    found = json.loads(printed)
    assert found["kind"] == kind
    assert found["install"]
    assert found["see"]
    assert found["remove"]


def test_line_breaks_in_names_are_refused(customer):
    code, _, said = customer("--kind", "cron", name="a\nb/contoso.toml")
    assert code == 2
    assert "line break" in said
    assert customer("--kind", "windows", "--as", "contoso.toml")[0] == 2


def test_the_default_is_what_this_machine_has(customer):
    code, printed, said = customer()
    assert code == 0
    kind = "systemd" if Path("/run/systemd/system").is_dir() else "cron"
    assert f"contoso, {kind}: every Mon at 06:00" in said
    assert "--unattended" in printed
