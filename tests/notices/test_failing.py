"""An unattended run that came to nothing tells whom it would have told of its results."""

import json
import os
import platform
import types
from datetime import timedelta

import pytest

import assess.commands.run
import samples
from assess.cli import run
from assess.engagement import load
from assess.errors import CheckDefinitionError
from assess.history.lock import only_one
from assess.history.place import folder_of
from assess.keeping import purge
from assess.notices import texts
from assess.notices.news import failed, held_to
from assess.salvage import salvage
from receivers import HOOKS, MAIL, mail_server

SECRET = "s3cret-of-the-tenant"
FILE = """
[engagement]
name = "contoso"
customer = "Contoso Ltd"
scenarios = ["co-management-pki"]
{more}
[notify]
webhook = "https://hooks.contoso.test/assess"
ca_file = "ca.pem"
{notify}
[network]
connect_to = {{ {routes} }}
"""


@pytest.fixture
def customer(tmp_path, lab, hooks, monkeypatch):
    """An engagement file that is written as a test wants it, and runs of it, a week after each other."""
    (tmp_path / "ca.pem").write_bytes(lab[1].read_bytes())
    file = tmp_path / "contoso.toml"
    made = types.SimpleNamespace(file=file, folder=tmp_path, week=0, hooks=hooks)

    def write(more="", notify="", routes="", hook=""):
        routes = f'"{HOOKS}:443" = "{hook or hooks.address}"{routes}'
        file.write_text(FILE.format(more=more, notify=notify, routes=routes), encoding="utf-8")

    def unattended(*options):
        now = samples.AS_OF + timedelta(weeks=made.week)
        made.week += 1
        monkeypatch.setattr(assess.commands.run, "now", lambda: now)
        return run(["run", str(file), "--unattended", "-o", str(tmp_path / "out"), "-f", "json", *options])

    monkeypatch.setattr("time.sleep", lambda _: None)
    made.write, made.run = write, unattended
    write()
    return made


def told(hooks):
    return [json.loads(body) for _, _, body in hooks.posts]


def body(message):
    return message.get_body().get_content()


def failure(news):
    return news.failure


def left_of(file):
    return salvage(file)


def log_of(customer):
    return (customer.folder / "contoso.history" / "run.log").read_text(encoding="utf-8")


# -- what is told --

BROKEN = [
    ({"more": '[tenat]\nid = "x"'}, (), "tenat.id is not a key of the engagement file; did you mean tenant.id?"),
    ({"more": '[tenant]\nid = = "x"'}, (), "contoso.toml: Invalid value (at line"),
    ({"more": '[tenant.auth]\nmethod = "device-code"'}, (), "contoso.toml: --unattended: tenant.auth.method is"),
    ({"more": '[report]\nletter = "absent.md"'}, (), "report.letter: absent.md: No such file"),
    ({"more": '[tenant.auth]\nclient_secret = "in the clear"'}, (), "a secret never stands in this file"),
    ({"notify": '[notify.mail]\nserver = "smtp://mail.contoso.test"'}, (), "notify.mail.server is set, but not notify.mail.from"),
    ({}, ("--scenario", "hybrid-mdm"), "--scenario hybrid-mdm is not among engagement.scenarios"),
    ({}, ("--changed-only",), "--changed-only needs an earlier run"),
]


@pytest.mark.parametrize(("wrong", "options", "reason"), BROKEN)
def test_a_run_that_could_not_begin(customer, capfd, wrong, options, reason):
    customer.write(**wrong)
    assert customer.run(*options) == 2
    [post] = told(customer.hooks)
    assert (post["kind"], post["engagement"], post["customer"]) == ("assess.failure", "contoso", "Contoso Ltd")
    assert (post["run"], post["verdicts"], post["failure"]["code"]) == ("20261120T211000Z-failed", [], 2)
    assert reason in " ".join(post["failure"]["reasons"])
    assert "in the clear" not in json.dumps(post)
    log = customer.folder / "contoso.history" / "run.log"
    assert (post["failure"]["log"], post["failure"]["host"]) == (str(log), platform.node())
    said = capfd.readouterr()[1]
    assert "the notice to the webhook of 20261120T211000Z-failed was delivered" in said
    assert reason.split(";")[0] in said
    assert "was delivered" in log_of(customer)
    assert "ended by " in log_of(customer).splitlines()[-1]
    assert not (customer.folder / "out").exists()
    # Mended, the next one is a run like any other.
    customer.write()
    assert customer.run() == 3
    assert [post["kind"] for post in told(customer.hooks)] == ["assess.failure", "assess.run"]
    assert told(customer.hooks)[1]["failure"] is None


def test_a_fault_of_the_tool_itself(customer, monkeypatch, capfd):
    def broken(*_):
        raise RuntimeError(f"token={SECRET}")

    monkeypatch.setattr(assess.commands.run, "gather", broken)
    assert customer.run() == 4
    [post] = told(customer.hooks)
    assert post["failure"]["code"] == 4
    assert post["failure"]["reasons"] == ["a fault of the tool itself: RuntimeError"]
    texts = json.dumps(post) + "".join(capfd.readouterr()) + log_of(customer)
    assert SECRET not in texts

    def untrue(*_):
        raise CheckDefinitionError(f"the check was given {SECRET}")

    monkeypatch.setenv("TENANT_SECRET", SECRET)
    customer.write(more='[tenant.auth]\nmethod = "client-secret"\nclient_secret = { env = "TENANT_SECRET" }')
    monkeypatch.setattr(assess.commands.run, "gather", untrue)
    assert customer.run() == 4
    assert told(customer.hooks)[1]["failure"]["reasons"] == ["the check was given ***"]
    assert SECRET not in log_of(customer)


def test_another_run_is_at_work(customer):
    """It is told, and what waits is left to the run that holds the lock."""
    customer.write(hook="127.0.0.1:9")
    assert customer.run() == 3
    customer.write()
    place = folder_of(load(customer.file))
    with only_one(place.lock, samples.AS_OF):
        assert customer.run() == 2
    [post] = told(customer.hooks)
    assert "another run of this engagement is at work" in post["failure"]["reasons"][0]
    assert [path.name for path in place.notices.iterdir()] == ["20261120T211000Z.webhook.json"]


def test_by_mail_to_teams_and_to_slack(customer, lab, monkeypatch):
    monkeypatch.setenv("HOOK", f"https://{HOOKS}/x")
    mail = f'teams = {{ env = "HOOK" }}\nslack = {{ env = "HOOK" }}\n[notify.mail]\nserver = "smtp://{MAIL}"\nfrom = "a@contoso.test"\nto = ["it@contoso.test"]\nca_file = "ca.pem"'
    with mail_server(lab[0]) as box:
        customer.write(more='[tenat]\nid = "x"', notify=mail, routes=f', "{MAIL}:587" = "{box.address}"')
        assert customer.run() == 2
        [message] = box.messages
    assert message["Subject"].strip() == "Readiness of Contoso Ltd: not assessed, the run ended with exit code 2"
    assert list(message.iter_attachments()) == []
    text = body(message)
    for words in ("Contoso Ltd was not assessed", "came to nothing: the command line, the engagement file",
                  "There is no verdict of it", "did you mean tenant.id?", f"run.log on {platform.node()}.",
                  "Next: mend it, and try `assess validate contoso.toml` there"):  # fmt: skip
        assert words in text
    assert "is attached" not in text
    teams, slack, _ = told(customer.hooks)
    assert "not assessed" in teams["attachments"][0]["content"]["body"][0]["inlines"][0]["text"]
    assert "did you mean tenant.id?" in slack["blocks"][1]["text"]["text"]


# -- kept as the others are --


def test_what_was_not_taken_goes_out_with_the_next_run(customer, capfd):
    notices = customer.folder / "contoso.history" / "notices"
    customer.write(more='[tenat]\nid = "x"', hook="127.0.0.1:9")
    for _ in range(2):
        assert customer.run() == 2
    said = capfd.readouterr()[1]
    assert "was not delivered" in said
    assert "It goes out with the next run" in said
    assert sorted(path.name for path in notices.iterdir()) == ["20261120T211000Z-failed.webhook.json", "20261127T211000Z-failed.webhook.json"]
    customer.write(more='[tenat]\nid = "x"')
    assert customer.run() == 2
    customer.write()
    assert customer.run() == 3
    assert [post["run"] for post in told(customer.hooks)] == [
        "20261120T211000Z-failed", "20261127T211000Z-failed", "20261204T211000Z-failed", "20261211T211000Z",
    ]  # fmt: skip
    assert list(notices.iterdir()) == []
    customer.write(more='[tenat]\nid = "x"', hook="127.0.0.1:9")
    assert customer.run() == 2
    customer.write()
    place = folder_of(load(customer.file))
    purge(place, samples.AS_OF)
    assert not place.folder.exists(), "purge takes it too"


@pytest.mark.parametrize("more", ["[history]\nenabled = false", "[history]\npath = 7", "[history]\nenabled = = 1"])
def test_where_nobody_can_tell_where_runs_are_kept_nothing_is(customer, more, capfd):
    customer.write(more=f'{more}\n[tenat]\nid = "x"', hook="127.0.0.1:9")
    log = customer.folder / "elsewhere.log"
    assert customer.run("--log", str(log)) == 2
    assert "It could not be kept" in capfd.readouterr()[1]
    assert "ended by EngagementError" in log.read_text()
    assert not (customer.folder / "contoso.history").exists()


# -- nobody is told --


@pytest.mark.parametrize("options", [("--no-notify",), ("--dry-run", "--scenario", "hybrid-mdm")])
def test_nobody_is_told_who_is_not_to_be(customer, options):
    customer.write(more='[tenat]\nid = "x"' if len(options) == 1 else "")
    assert customer.run(*options) == 2
    assert told(customer.hooks) == []


def test_nobody_is_told_of_a_run_that_somebody_watches_or_interrupts(customer, monkeypatch):
    customer.write(more='[tenat]\nid = "x"')
    assert run(["run", str(customer.file), "-o", str(customer.folder / "out")]) == 2

    def interrupted(*_):
        raise KeyboardInterrupt

    customer.write()
    monkeypatch.setattr(assess.commands.run, "gather", interrupted)
    assert customer.run() == 130
    assert told(customer.hooks) == []


@pytest.mark.parametrize("text", ["", "[notify]\nwebhook = ", "\x00", "[engagement]\nname = 7\n[notify]\nwebhook = 9"])
def test_without_settings_that_can_be_read_it_ends_as_ever(customer, text):
    customer.file.write_text(text)
    assert customer.run() == 2
    assert told(customer.hooks) == []
    assert not (customer.folder / "contoso.history").exists()
    customer.file.unlink()
    assert customer.run() == 2


def test_a_customer_of_a_fleet_is_told_of_too(customer):
    customer.write(more='[tenat]\nid = "x"')
    assert run(["fleet", str(customer.folder), "-o", str(customer.folder / "out"), "-f", "json"]) == 2
    [post] = told(customer.hooks)
    assert (post["kind"], post["engagement"]) == ("assess.failure", "contoso")


# -- privacy --


@pytest.mark.parametrize(
    ("more", "options", "level"),
    [
        ('[report]\nprivacy = "summary"\n[tenat]\nid = "x"', (), "summary"),
        ('[report]\nprivacy = "sumary"', (), "summary"),
        ("[report]\nprivacy = = 1", (), "summary"),
        ('[report]\nprivcy = "summary"', (), "summary"),
        ('[report]\nprivacy = "full"\n[tenant]\nid = = 1', ("--privacy", "pseudonymised"), "pseudonymised"),
    ],
)
def test_why_is_not_told_where_it_might_name_people(customer, more, options, level):
    customer.write(more=more)
    assert customer.run(*options) == 2
    [post] = told(customer.hooks)
    assert (post["privacy"], post["failure"]["reasons"]) == (level, [])
    assert "[report] privacy keeps it on that machine" in " ".join(texts.lines(failed_news(customer, level)))


def failed_news(customer, level):
    made = failed(left_of(customer.file).engagement, 2, ["why"], samples.AS_OF, "host", "")
    return held_to(made, level, details=False)


def test_a_failure_that_waited_says_no_more_than_is_asked_for_now(customer):
    customer.write()
    news = failed(load(customer.file), 2, ["user a@contoso.test is wrong"], samples.AS_OF, "host", "/run.log")
    assert failure(news).reasons == ("user a@contoso.test is wrong",)
    assert held_to(news, "full", details=False) == news
    held = held_to(news, "summary", details=True)
    assert (held.privacy, failure(held).reasons, failure(held).log) == ("summary", (), "/run.log")


def test_many_reasons_are_cut_and_one_is_one_line(customer):
    customer.write()
    news = failed(load(customer.file), 4, [f"line\r\n{n}\u202e" for n in range(12)], samples.AS_OF, "h\nx", "")
    assert failure(news).reasons == (*(f"line {n}\ufffd" for n in range(10)), "and 2 more, in the log")
    assert failure(news).host == "h x"
    assert "There is no log of it." in texts.lines(news)


# -- what is left of a broken file --

WHOLE = """[engagement]
name = "contoso"
customer = "Contoso Ltd"
scenarios = ["co-management-pki"]
[history]
path = "kept"
[report]
privacy = "pseudonymised"
[notify]
webhook = "https://hooks.contoso.test/assess"
webhook_secret = { env = "KEY" }
[notify.mail]
server = "smtp://mail.contoso.test"
from = "a@contoso.test"
to = [
  "it@contoso.test",
]
[network]
proxy = "http://proxy.contoso.test:8080"
[[waivers]]
requirement = "x"
"""


def test_what_is_left_of_a_whole_file(tmp_path):
    file = tmp_path / "x.toml"
    file.write_text(WHOLE)
    left = left_of(file)
    assert left.place_known
    assert folder_of(left.engagement).folder == tmp_path / "kept"
    wanted = {"engagement.name", "engagement.customer", "history.path", "report.privacy", "notify.webhook",
              "notify.webhook_secret", "notify.mail.server", "notify.mail.from", "notify.mail.to", "network.proxy"}  # fmt: skip
    assert set(left.engagement.values) == wanted
    assert salvage(tmp_path / "absent.toml") is None
    assert salvage(tmp_path) is None


@pytest.mark.parametrize("seed", range(len(WHOLE.splitlines())))
@pytest.mark.parametrize("harm", ["= = [", '"', "\x00", "[notify"])
def test_whatever_is_broken_it_tells_no_more_and_keeps_nothing_elsewhere(tmp_path, seed, harm):
    lines = WHOLE.splitlines()
    lines[seed] = harm
    file = tmp_path / "x.toml"
    file.write_text(os.linesep.join(lines))
    left = left_of(file)
    engagement = left.engagement
    text = file.read_text()
    if "privacy" in text:
        assert engagement.get("report.privacy") in {"pseudonymised", "summary"}
    if left.place_known:
        assert engagement.name == "contoso"
        assert engagement.get("history.path") == "kept" or "history" not in text
    else:
        assert engagement.get("history.enabled") is False
    for name, value in engagement.values.items():
        assert name in {"history.enabled", "engagement.name", "report.privacy"} or str(value)
