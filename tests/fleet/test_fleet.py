"""A folder of customers: bounded, isolated, one overview; the same on a cluster of two workers."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import types
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from openpyxl import load_workbook

import samples
from assess.cli import run
from assess.fleet import crew
from assess.fleet.overview import failed, member_of, overview, to_json, worst
from assess.fleet.shapes import Member, Task
from assess.history.place import Place
from assess.keeping import Keeper
from assess.model import Status
from assess.reporters.fleet import render
from assess.reporters.workbook.fleet import write
from assess.results import EndOf, Results

ROOT = Path(__file__).parents[2]
FILE = """
[engagement]
name = "{name}"
customer = "{customer}"
scenarios = ["co-management-pki"]
{more}
"""
ASKED = "permissions.local-admin"


def engagement(folder: Path, name: str, more: str = "", customer: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(FILE.format(name=name, customer=customer or name.title(), more=more), encoding="utf-8")
    return path


def results(week: int = 0, **changes) -> Results:
    return samples.sample(12, started=samples.AS_OF + timedelta(weeks=week), **changes)


def compared(folder: Path, *mixes) -> Results:
    """The last of these runs, with what the earlier ones say."""
    for week, mix in enumerate(mixes):
        with Keeper(Place(folder, "contoso"), samples.AS_OF) as keeper:
            found = keeper.keep(results(week, mix=mix), [("builtin", "1.0")])
    return found


# -- the overview, without a process --

def test_what_an_overview_keeps_of_a_run(tmp_path):
    found = compared(tmp_path, ("pass",), ("fail",))
    first = msgspec.structs.replace(
        found.findings[0], waiver=None, ends=(EndOf("an old one", date(2026, 1, 1)), EndOf("CMG certificate", date(2027, 1, 1)))
    )
    found = msgspec.structs.replace(found, findings=(first, *found.findings[1:]))
    member = member_of(found, "/c/contoso.toml", "contoso-1", 1, {"report.html"}, ["the notice by mail was not delivered", "x was delivered"])
    assert [j.verdict for j in member.judgements] == [v.verdict for v in found.verdicts]
    assert (len(member.blockers), member.blockers_in_all > 5) == (5, True)
    assert (len(member.differences), member.differences_in_all) == (10, 12)
    assert member.changed["new"] == 12
    assert member.next_expiry is not None
    assert member.next_expiry.what == "CMG certificate"
    assert member.said == ("the notice by mail was not delivered",)
    assert msgspec.json.decode(msgspec.json.encode(member), type=Member) == member


def test_the_worst_comes_first_and_decides():
    members = [
        member_of(results(mix=("pass",)), "/a.toml", "a-1", 0, ()),
        member_of(results(mix=("fail",)), "/b.toml", "b-1", 1, ()),
        member_of(results(mix=("unknown",)), "/c.toml", "c-1", 3, ()),
        failed("/d.toml", "d", "D", 2, "no such file"),
    ]
    made = overview("assess 1.0", samples.AS_OF, members)
    assert [Path(m.file).stem for m in made.members] == ["d", "b", "c", "a"]
    assert made.code == 2
    assert [worst(codes) for codes in ([0, 3], [3, 1, 0], [1, 2], [2, 4], [0], [], [0, -9])] == [3, 1, 2, 4, 0, 2, -9]
    assert failed("/d.toml", "d", "D", 0, "").code == 4, "what has no results never ends well"


class Page(HTMLParser):
    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(data.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def hostile_overview():
    members = [
        member_of(results(hostile=True, customer=name, mix=("fail", "warn", "pass")), f"/{number}.toml", "a b-1", 1, {"report.html", "report.xlsx"})
        for number, name in enumerate(samples.HOSTILE)
    ]
    return overview("assess 1.0", samples.AS_OF, [*members, *(failed("/x.toml", t, t, 2, t) for t in samples.HOSTILE)])


def test_the_page_is_inert_whatever_customers_are_called():
    made = hostile_overview()
    page = Page(render(made))
    assert not {tag for tag, _ in page.tags} & {"script", "img", "iframe", "form", "button"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    links = {a["href"] for tag, a in page.tags if tag == "a"}
    assert links == {"#customers", "#blockers", "#changes", "../a%20b-1/report.html", "../a%20b-1/report.xlsx"}
    [policy] = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert render(made) == render(made)
    assert render(made).count(b"Not run") >= len(samples.HOSTILE)


def test_the_workbook_holds_no_formula(tmp_path):
    write(hostile_overview(), tmp_path / "overview.xlsx")
    book = load_workbook(tmp_path / "overview.xlsx")
    assert book.sheetnames == ["Customers", "Blockers", "Changes"]
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells} <= {"s", "n", "d"}
    assert {c.hyperlink.target for c in cells if c.hyperlink} == {"../a%20b-1/report.html"}
    failed_rows = [row for row in book["Customers"].iter_rows(min_row=2, values_only=True) if row[3] == "◆ Not run"]
    assert len(failed_rows) == len(samples.HOSTILE)


# -- the command --

def fleet(folder, out, *options):
    return run(["fleet", str(folder), "-o", str(out), "-f", "json", *options])


def shown(out: Path) -> dict[str, Any]:
    newest = max(out.glob("fleet-*"))
    found = json.loads((newest / "overview.json").read_text())
    return {Path(member["file"]).stem: member for member in found["members"]}


def test_it_keeps_going_when_one_fails(tmp_path, capfd):
    customers, out = tmp_path / "customers", tmp_path / "out"
    engagement(customers, "contoso", f'[attestations]\n"{ASKED}" = {{ answer = false, by = "A", on = 2026-01-01 }}')
    engagement(customers, "fabrikam")
    engagement(customers, "person", '[tenant.auth]\nmethod = "device-code"')
    (customers / "broken.toml").write_text("x = ")
    (customers / ".hidden.toml").write_text("x = ")
    (customers / "notes.txt").write_text("x = ")
    assert fleet(customers, out, "--jobs", "2") == 2
    printed, said = capfd.readouterr()
    found = shown(out)
    assert sorted(found) == ["broken", "contoso", "fabrikam", "person"]
    assert found["contoso"]["code"] == 1
    assert found["contoso"]["judgements"][0]["verdict"] == "not-ready"
    assert (found["fabrikam"]["code"], found["fabrikam"]["failed"]) == (3, "")
    assert "tenant.auth.method" in found["person"]["failed"]
    assert "TOML" in found["broken"]["failed"]
    assert [line.split("\t")[0] for line in printed.splitlines()] == ["broken", "person", "contoso", "fabrikam"]
    assert "The overview is in" in said
    newest = max(out.glob("fleet-*"))
    assert {path.name for path in newest.iterdir()} == {"overview.html", "overview.json", "overview.xlsx"}
    log = (customers / "contoso.history" / "run.log").read_text()
    assert "ends with exit code 1" in log
    # The next time there is something to compare with, and links lead to what was written.
    (customers / "broken.toml").unlink()
    (customers / "person.toml").unlink()
    engagement(customers, "contoso", f'[attestations]\n"{ASKED}" = {{ answer = true, by = "A", on = 2026-01-01 }}')
    assert run(["fleet", str(customers), "-o", str(out), "-f", "html", "--json", "--language", "de"]) == 3
    made = json.loads(capfd.readouterr()[0])
    [contoso] = [member for member in made["members"] if member["name"] == "contoso"]
    assert contoso["changed"]["fixed"] == 1
    newest = max(out.glob("fleet-*"), key=lambda path: (path / "overview.json").stat().st_mtime_ns)
    page = (newest / "overview.html").read_text()
    assert '<html lang="de"' in page
    assert "Unbestimmt" in page
    for target in re.findall(r'href="(\.\./[^"]+)"', page):
        assert (newest / unquote(target)).is_file()


@pytest.mark.parametrize("more", ["", '[history]\npath = "shared"'])
def test_two_of_one_name_or_history_are_not_mixed_up(tmp_path, more):
    customers = tmp_path / "customers"
    engagement(customers, "contoso", more)
    second = engagement(customers, "other", more)
    if not more:
        second.write_text(second.read_text().replace('"other"', '"Contoso"'))
    assert fleet(customers, tmp_path / "out") == 2
    assert all("belongs to another file" in member["failed"] for member in shown(tmp_path / "out").values())
    assert not list((tmp_path / "out").glob("contoso-*"))


def test_nothing_to_run_is_no_good_news(tmp_path, capfd):
    assert fleet(tmp_path, tmp_path / "out") == 2
    assert "holds no engagement file" in capfd.readouterr()[1]
    assert fleet(tmp_path / "absent", tmp_path / "out") == 2
    assert run(["fleet", str(tmp_path), "-o", str(tmp_path / "out"), "--language", "xx"]) == 2
    assert "there is no language" in capfd.readouterr()[1]


# -- privacy --

def with_names(level="full"):
    found = results(mix=("fail",))
    first = msgspec.structs.replace(
        found.findings[0], id="identity.upn[anna@contoso.com]", observed="anna@contoso.com has none", waiver=None,
        ends=(EndOf("Secrets of anna@contoso.com", date(2027, 1, 1)),), status=Status.FAIL,
    )
    verdicts = tuple(msgspec.structs.replace(v, blockers=(first.id, *v.blockers)) for v in found.verdicts)
    found = msgspec.structs.replace(found, findings=(first, *found.findings[1:]), verdicts=verdicts, privacy=level)
    return member_of(found, "/contoso.toml", "c-1", 1, (), ["refused for anna@contoso.com"])


def test_the_overview_shows_no_more_than_the_strictest_asked_for():
    lost = failed("/d.toml", "d", "D", 2, "d.toml: user is anna@contoso.com, which is none")
    whole = overview("assess 1.0", samples.AS_OF, [with_names(), lost])
    assert to_json(whole).decode().count("anna@contoso.com") == 5
    for level in ("pseudonymised", "summary"):
        made = overview("assess 1.0", samples.AS_OF, [with_names(), lost], level)
        assert "anna" not in to_json(made).decode()
        assert b"anna" not in render(made)
        assert f"privacy level {level}" in render(made).decode()
        assert {member.privacy for member in made.members} == {made.privacy} == {level}
        first, second = made.members
        assert "exit code 2" in first.failed
        assert "identity.upn" in {one.id for one in second.blockers}
        assert (second.blockers[0].title, second.blockers_in_all) == (with_names().blockers[0].title, with_names().blockers_in_all)
        assert second.next_expiry is not None
        assert second.next_expiry.on == date(2027, 1, 1)
        assert second.judgements == with_names().judgements
        assert made.code == whole.code
    # What was made at that level, or a stricter one, shows what its own reports show.
    own = overview("assess 1.0", samples.AS_OF, [with_names("summary")], "pseudonymised").members[0]
    assert own.blockers == with_names().blockers
    assert own.said == ("remarks on keeping and telling, 1 in all: see its log",)


@pytest.mark.parametrize(
    ("option", "levels", "whole"),
    [
        ((), {"contoso": "full", "fabrikam": "summary"}, "summary"),
        (("--privacy", "pseudonymised"), {"contoso": "pseudonymised", "fabrikam": "summary"}, "summary"),
        (("--privacy", "full"), {"contoso": "full", "fabrikam": "summary"}, "summary"),
        (("--privacy", "summary"), {"contoso": "summary", "fabrikam": "summary"}, "summary"),
    ],
)
def test_each_customer_has_the_stricter_of_both_levels(tmp_path, option, levels, whole):
    customers, out = tmp_path / "customers", tmp_path / "out"
    engagement(customers, "contoso")
    engagement(customers, "fabrikam", '[report]\nprivacy = "summary"')
    assert fleet(customers, out, *option) == 3
    for name, level in levels.items():
        [path] = out.glob(f"{name}-*/results.json")
        assert json.loads(path.read_text())["privacy"] == level
    made = json.loads((max(out.glob("fleet-*")) / "overview.json").read_text())
    assert made["privacy"] == whole
    assert {member["privacy"] for member in made["members"]} == {whole}


def test_a_broken_file_counts_with_the_level_that_it_asks_for(tmp_path):
    customers, out = tmp_path / "customers", tmp_path / "out"
    engagement(customers, "contoso")
    engagement(customers, "broken", '[report]\nprivacy = "summary"\n[ad]\nuser = anna@contoso.com')
    assert fleet(customers, out) == 2
    made = json.loads((max(out.glob("fleet-*")) / "overview.json").read_text())
    assert made["privacy"] == "summary"
    assert "why is not shown here (exit code 2)" in {m["name"]: m["failed"] for m in made["members"]}["broken"]


# -- processes --

def task(file: Path, out: Path, seconds: float = 120.0) -> Task:
    return Task(str(file), str(out), ("json",), None, seconds)


def test_a_process_that_dies_costs_its_customer_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "can_fork", lambda: False)
    shim = tmp_path / "python"
    body = 'case "$(cat $3/task.json)" in *victim*) kill -9 $$;; *hanging*) exec sleep 600;; *) echo "Traceback: no" >&2; exit 7;; esac'
    shim.write_text(f"#!/bin/sh\n{body}\n")
    shim.chmod(0o700)
    monkeypatch.setattr(crew, "sys", types.SimpleNamespace(executable=str(shim)))
    tasks = [task(tmp_path / "victim.toml", tmp_path), task(tmp_path / "hanging.toml", tmp_path, 1.0), task(tmp_path / "c.toml", tmp_path)]
    ended = {Path(m.file).stem: m for m in crew.here(tasks, 3, lambda *_: None)}
    assert "was killed (signal 9)" in ended["victim"].failed
    assert "was not done" in ended["hanging"].failed
    assert "exit code 7. Traceback: no" in ended["c"].failed
    assert {member.code for member in ended.values()} == {4}
    monkeypatch.setattr(crew, "sys", types.SimpleNamespace(executable=str(tmp_path / "absent")))
    [member] = crew.here(tasks[:1], 1, lambda *_: None)
    assert "no process could be started" in member.failed


def test_a_fork_that_hangs_or_dies_costs_its_customer_alone(tmp_path):
    assert crew.can_fork()
    os.mkfifo(tmp_path / "hanging.toml")
    engagement(tmp_path, "contoso")
    tasks = [task(tmp_path / "hanging.toml", tmp_path / "out", 8.0), task(tmp_path / "contoso.toml", tmp_path / "out")]
    ended = {Path(m.file).stem: m for m in crew.here(tasks, 2, lambda *_: None)}
    assert "was not done" in ended["hanging"].failed
    assert (ended["contoso"].code, ended["contoso"].failed) == (3, "")
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "task.json").write_bytes(msgspec.json.encode(tasks[0]))
    running = crew._Forked(tmp_path / "place")
    assert running.ended(0.1) is None
    os.kill(running.pid, signal.SIGKILL)
    assert running.ended(30) == -signal.SIGKILL


def test_interrupted_forks_end_too(tmp_path):
    os.mkfifo(tmp_path / "hanging.toml")
    asked = iter([False, False, True])
    member = crew.run_task(task(tmp_path / "hanging.toml", tmp_path), lambda: next(asked, True), fork=True)
    assert "the fleet was interrupted" in member.failed


def test_no_more_at_a_time_than_asked_for(tmp_path, monkeypatch):
    at_work, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    def counted(one, stopped, *, fork):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        both.wait(30)
        with lock:
            at_work -= 1
        return failed(one.file, "n", "c", 4, "counted")

    monkeypatch.setattr(crew, "run_task", counted)
    tasks = [task(tmp_path / f"{number}.toml", tmp_path) for number in range(10)]
    assert len(list(crew.here(tasks, 2, lambda *_: None))) == 10
    assert most == 2


def test_interrupted_it_leaves_no_process_behind(tmp_path):
    """Ctrl-C at the fleet: the members are ended, and nothing half written is left."""
    shim = tmp_path / "bin" / "python"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho $$ >>"{tmp_path}/pids"\nexec sleep 600\n')
    shim.chmod(0o700)
    customers = tmp_path / "customers"
    for name in ("a", "b"):
        engagement(customers, name)
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from assess.cli import run; import assess.fleet.crew as c;"
        f"import types; c.can_fork = lambda: False; c.sys = types.SimpleNamespace(executable={str(shim)!r});"
        f"sys.exit(run(['fleet', {str(customers)!r}, '-o', {str(tmp_path / 'out')!r}, '--jobs', '2']))"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, start_new_session=True)
    pids: list[int] = []
    for _ in range(600):
        if (tmp_path / "pids").is_file():
            pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        if len(pids) == 2:
            break
        threading.Event().wait(0.05)
    assert len(pids) == 2
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=180)
    assert process.returncode == 130, said
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


# -- Dask --

@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two workers, as `dask` starts them, on ports of loopback."""
    folder = tmp_path_factory.mktemp("cluster")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__DASHBOARD__LINK": ""}

    def start(*arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments], cwd=folder, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    file = folder / "scheduler.json"
    processes = [start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))]
    try:
        for _ in range(1200):
            if file.is_file() and file.stat().st_size:
                break
            threading.Event().wait(0.05)
        address = json.loads(file.read_text())["address"]
        processes.extend(
            start("worker", address, "--host", "127.0.0.1", "--name", name, "--nthreads", "1", "--no-dashboard",
                  "--no-nanny", "--local-directory", str(folder / name))
            for name in ("one", "two")
        )  # fmt: skip
        import distributed

        with distributed.Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address, processes
    finally:
        for process in reversed(processes):
            process.kill()
        for process in processes:
            process.wait(30)


def told(out: Path) -> dict[str, Any]:
    """The overview without what differs from run to run: moments, and the names of folders."""
    found = shown(out)
    for member in found.values():
        member["as_of"] = member["folder"] = None
    return found


def test_a_cluster_of_two_gives_the_same_results(tmp_path, cluster, capfd):
    for place in ("here", "there"):
        customers = tmp_path / place / "customers"
        customers.parent.mkdir()
        for number in range(4):
            answer = "true" if number % 2 else "false"
            engagement(customers, f"customer-{number}", f'[attestations]\n"{ASKED}" = {{ answer = {answer}, by = "A", on = 2026-01-01 }}')
        (customers / "broken.toml").write_text("x = ")
        options = ["--dask", cluster[0]] if place == "there" else ["--jobs", "2"]
        assert fleet(customers, tmp_path / place / "out", *options) == 2, capfd.readouterr()[1]
    one, other = (told(tmp_path / place / "out") for place in ("here", "there"))
    for member in [*one.values(), *other.values()]:
        member["file"] = Path(member["file"]).name
        member["failed"] = member["failed"].replace(str(tmp_path / "here"), "").replace(str(tmp_path / "there"), "")
    assert one == other
    assert {member["code"] for member in one.values()} == {1, 2, 3}


def test_a_cluster_that_is_not_there_or_not_the_same(tmp_path, cluster, monkeypatch, capfd):
    engagement(tmp_path / "customers", "contoso")
    monkeypatch.setattr(crew, "_PATIENCE", 1)
    assert fleet(tmp_path / "customers", tmp_path / "out", "--dask", "tcp://127.0.0.1:9") == 2
    assert "no cluster answers there" in capfd.readouterr()[1]
    monkeypatch.setattr(crew, "_PATIENCE", 15)
    monkeypatch.setattr(crew, "__version__", "999.0")
    assert fleet(tmp_path / "customers", tmp_path / "out", "--dask", cluster[0]) == 2
    assert "Install the same version" in capfd.readouterr()[1]


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch, capfd):
    engagement(tmp_path / "customers", "contoso")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert fleet(tmp_path / "customers", tmp_path / "out", "--dask", "tcp://127.0.0.1:9") == 2
    said = capfd.readouterr()[1]
    assert "pip install 'assess[dask]'" in said
