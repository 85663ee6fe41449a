"""A run that nobody watches: never asks, keeps a log without secrets, takes the lock, and says how it ended."""

import logging
import re
import sys

import pytest

import assess.commands.run
from assess.cli import run
from assess.engagement import load
from assess.history.lock import only_one
from assess.history.place import folder_of
from assess.keeping import kept_files
from assess.logbook import LOG, logbook
from assess.output import say
from pasts import START

SECRET = "s3cret-of-the-mail-server"
FILE = """
[engagement]
name = "contoso"
customer = "Contoso Ltd"
scenarios = ["co-management-pki"]
{more}
"""


@pytest.fixture
def customer(tmp_path, monkeypatch):
    file = tmp_path / "contoso.toml"
    file.write_text(FILE.format(more=""), encoding="utf-8")
    monkeypatch.setattr(assess.commands.run, "now", lambda: START)
    return file


def unattended(file, *options):
    return run(["run", str(file), "--unattended", "-o", str(file.parent / "out"), "-f", "json", *options])


def log_of(file):
    return (file.parent / "contoso.history" / "run.log").read_text(encoding="utf-8")


def test_it_keeps_a_log(customer, capfd):
    assert unattended(customer) == 3
    lines = log_of(customer).splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \d+ ", line) for line in lines)
    assert "begins: assess" in lines[0]
    assert "contoso.toml" in lines[0]
    assert "The reports are in" in lines[-2]
    assert lines[-1].endswith("ends with exit code 3")
    place = folder_of(load(customer))
    assert place.log.stat().st_mode & 0o777 == 0o600
    assert place.log in kept_files(place), "purge takes it too"
    assert unattended(customer, "--fail-on", "never") == 0
    assert log_of(customer).count("begins:") == 2
    capfd.readouterr()
    assert run(["run", str(customer), "-o", str(customer.parent / "out"), "-f", "json"]) == 3
    assert log_of(customer).count("begins:") == 2, "somebody watches that one"
    assert LOG.handlers == []
    assert LOG.level == logging.NOTSET


def test_the_log_may_lie_elsewhere(customer, tmp_path):
    elsewhere = tmp_path / "logs" / "contoso.log"
    assert unattended(customer, "--log", str(elsewhere)) == 3
    assert "ends with exit code 3" in elsewhere.read_text()
    assert run(["run", str(customer), "--log", str(elsewhere)]) == 2
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert unattended(customer, "--log", str(blocked / "x.log")) == 2


def test_a_second_run_is_refused_and_logged(customer, capfd):
    place = folder_of(load(customer))
    place.make()
    with only_one(place.lock, START):
        assert unattended(customer) == 2
    assert "another run of this engagement is at work" in capfd.readouterr()[1]
    assert "another run of this engagement is at work" in log_of(customer)
    assert not (customer.parent / "out").exists()


def test_it_never_asks(customer, monkeypatch):
    seen = []

    def asking(*_):
        seen.append(sys.stdin.read())
        raise KeyboardInterrupt

    monkeypatch.setattr(assess.commands.run, "gather", asking)
    before = sys.stdin
    assert unattended(customer) == 130
    assert seen == [""]
    assert sys.stdin is before
    assert log_of(customer).splitlines()[-1].endswith("ended by KeyboardInterrupt")


def test_a_fault_of_a_library_leaves_no_text_in_the_log(customer, monkeypatch):
    def broken(*_):
        raise RuntimeError(f"token={SECRET}")

    monkeypatch.setattr(assess.commands.run, "gather", broken)
    assert unattended(customer) == 4
    assert log_of(customer).splitlines()[-1].endswith("ended by RuntimeError")
    assert SECRET not in log_of(customer)


def test_secrets_and_line_breaks_never_reach_the_log(customer, monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("ASSESS_SECRET", SECRET)
    (tmp_path / "password").write_text("other-secret-in-a-file\n")
    more = '[tenant.auth]\nmethod = "client-secret"\nclient_secret = { env = "ASSESS_SECRET" }\n[ad]\npassword = { file = "password" }\n'
    customer.write_text(FILE.format(more=more), encoding="utf-8")
    path = tmp_path / "x.log"
    with logbook(path, load(customer)):
        say(f"it answered {SECRET} and other-secret-in-a-file\n2026-01-01T00:00:00Z 1 forged \x1b[31m\u202e")
    text = path.read_text(encoding="utf-8")
    assert SECRET not in text
    assert "other-secret" not in text
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_log_rotates_and_stays_private(tmp_path):
    path = tmp_path / "run.log"
    with logbook(path):
        for _ in range(8000):
            say("x" * 1000)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["run.log", *(f"run.log.{n}" for n in range(1, 6))]
    assert all(file.stat().st_size <= 1 << 20 for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_half_a_channel_is_told_before_anything_is_asked(customer, capfd):
    customer.write_text(FILE.format(more='[notify.mail]\nserver = "smtp://mail.contoso.test"'), encoding="utf-8")
    assert unattended(customer) == 2
    assert "notify.mail.from" in capfd.readouterr()[1]
    assert not (customer.parent / "out").exists()
    assert run(["validate", str(customer)]) == 2


def test_a_notice_that_is_not_delivered_changes_no_exit_code(customer, capfd):
    more = '[notify]\nwebhook = "https://hooks.contoso.test/x"\nca_file = "absent.pem"'
    customer.write_text(FILE.format(more=more), encoding="utf-8")
    assert unattended(customer) == 3
    said = capfd.readouterr()[1]
    assert "the notice to the webhook of 20260105T060000Z was not delivered: the file of authorities" in said
    assert "It goes out with the next run" in said
    assert "was not delivered" in log_of(customer)
    assert unattended(customer, "--no-notify") == 3
    assert "the notice to" not in capfd.readouterr()[1]
    folder = min((customer.parent / "out").iterdir())
    assert (folder / "results.json").is_file()
