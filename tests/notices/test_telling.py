"""Notices against a real mail server and a real receiver of webhooks, with TLS of an authority of the tests' own."""

import hashlib
import hmac
import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

import samples
from assess.engagement import load
from assess.errors import EngagementError
from assess.history.place import folder_of, place_of
from assess.keeping import Keeper, kept_files, purge
from assess.model import Verdict
from assess.notices.telling import Teller
from assess.privacy.levels import level_of
from receivers import HOOKS, MAIL, PASSWORD, USER, mail_server

TOKEN = "T0KENT0KENT0KEN"
ROOT = Path(__file__).parents[2]
FILE = """
[engagement]
name = "contoso"
customer = "Contoso Ltd"
scenarios = ["co-management-pki"]
[history]
enabled = {enabled}
[report]
privacy = "{privacy}"
[notify]
ca_file = "ca.pem"
{keys}
[network]
connect_to = {{ {routes} }}
"""


@pytest.fixture
def box(lab):
    with mail_server(lab[0]) as box:
        yield box


class Customer:
    """An engagement with notices, and runs of it that have happened."""

    def __init__(self, folder: Path, ca: Path) -> None:
        self.folder, self.week = folder, 0
        self.waits: list[float] = []
        (folder / "ca.pem").write_bytes(ca.read_bytes())
        self.file = folder / "contoso.toml"
        self.out = folder / "out"

    def write(self, keys, enabled="true", privacy="full", **routes):
        names = {"mail": f"{MAIL}:587", "mails": f"{MAIL}:465", "hooks": f"{HOOKS}:443"}
        lines = ", ".join(f'"{names[name]}" = "{address}"' for name, address in routes.items())
        self.file.write_text(FILE.format(keys=keys, routes=lines, enabled=enabled, privacy=privacy), encoding="utf-8")
        return self

    def run(self, mix=samples.MIX, customer="Contoso Ltd", size=12, hostile=False):
        """A run with these findings; what was said of its notices."""
        engagement = load(self.file)
        now = samples.AS_OF + timedelta(weeks=self.week)
        found = samples.sample(size, mix=mix, started=now, customer=customer, hostile=hostile)
        found = msgspec.structs.replace(found, privacy=level_of(engagement))
        folder = self.out / f"contoso-{now:%Y%m%dT%H%M%SZ}"
        folder.mkdir(parents=True)
        (folder / "report.pdf").write_bytes(b"%PDF-1.7 the report")
        self.week += 1
        with Keeper(place_of(engagement), now) as keeper:
            found = keeper.keep(found, [("builtin", "1.0")])
            said = Teller(engagement, sleep=self.waits.append).tell(found, folder, now)
        assert not [line for line in said if "fault of the tool" in line], said
        return said

    @property
    def waiting(self):
        folder = self.folder / "contoso.history" / "notices"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def customer(tmp_path, lab):
    return Customer(tmp_path, lab[1])


BY_MAIL = f"""
[notify.mail]
server = "smtp://{MAIL}"
from = "assess@contoso.test"
to = ["it@contoso.test", "boss@contoso.test"]
ca_file = "ca.pem"
"""


# -- mail --

def test_a_mail_with_the_report(customer, box):
    customer.write(BY_MAIL, mail=box.address)
    assert customer.run() == ["the notice by mail of 20261120T211000Z was delivered"]
    [message] = box.messages
    assert box.recipients == [["it@contoso.test", "boss@contoso.test"]]
    assert message["Subject"] == "Readiness of Contoso Ltd: not ready"
    assert "co-management-pki: not ready, score" in message.get_body().get_content()
    [attached] = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("report.pdf", b"%PDF-1.7 the report")
    assert customer.waiting == []
    assert message["Message-ID"].endswith("@contoso.test>")


def test_tls_from_the_start_and_a_sign_in(customer, lab, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    keys = BY_MAIL.replace("smtp://", "smtps://") + f'user = "{USER}"\npassword = {{ env = "MAIL_PASSWORD" }}\n'
    with mail_server(lab[0], implicit=True, login=True) as box:
        customer.write(keys, mails=box.address)
        assert "was delivered" in customer.run()[0]
        monkeypatch.setenv("MAIL_PASSWORD", "wrong and secret")
        [said] = customer.run()
        assert "refused the sign-in of notify.mail.user (535)" in said
        assert "wrong and secret" not in said
        assert len(box.messages) == 1


def test_nothing_in_the_clear_and_nobody_unverified(customer, lab, pki, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with mail_server(None) as plain:
        customer.write(BY_MAIL, mail=plain.address)
        assert "offers no encryption (STARTTLS)" in customer.run()[0]
        assert (plain.asked, customer.waits) == (0, []), "that does not pass: it is not asked again"
    for name, issuer in ((MAIL, pki.root()), ("other.contoso.test", None)):
        wrong = pki.issue(issuer, name) if issuer else pki.issue(pki.root("B"), name)
        with mail_server(wrong) as stranger:
            customer.write(BY_MAIL, mail=stranger.address)
            assert "certificate of mail.contoso.test:587 is not trusted" in customer.run()[0]
            assert stranger.asked == 0


def test_the_name_in_the_certificate_counts(customer, lab_pki, lab_ca):
    with mail_server(lab_pki.issue(lab_ca, "other.contoso.test")) as box:
        customer.write(BY_MAIL, mail=box.address)
        assert "is not trusted: Hostname mismatch" in customer.run()[0]
        assert box.asked == 0


def test_what_passes_is_tried_again_and_what_does_not_is_not(customer, box):
    customer.write(BY_MAIL, mail=box.address)
    box.refuse = ["451 later", "452 later"]
    assert "was delivered" in customer.run()[0]
    assert (box.asked, len(customer.waits)) == (3, 2)
    box.refuse = ["554 never"]
    [said] = customer.run()
    assert "refused the mail (554: never)" in said
    assert "It goes out with the next run" in said
    assert (box.asked, len(customer.waits)) == (4, 2)
    assert customer.waiting == ["20261127T211000Z.mail.json"]


def test_some_recipients_are_refused(customer, box):
    customer.write(BY_MAIL, mail=box.address)
    box.unknown = {"boss@contoso.test"}
    assert customer.run() == ["the notice by mail of 20261120T211000Z was delivered, but refused for boss@contoso.test"]
    box.unknown = {"boss@contoso.test", "it@contoso.test"}
    assert "refused every recipient (550)" in customer.run()[0]


def test_a_report_that_is_too_large_is_left_out_and_said(customer, box, monkeypatch):
    customer.write(BY_MAIL + 'largest = 1\nattach = ["pdf", "xlsx"]\n', mail=box.address)
    monkeypatch.setattr("assess.notices.telling._MEGABYTE", 20)
    customer.run()
    [message] = box.messages
    text = message.get_body().get_content()
    assert "report.pdf is not attached" in text
    assert "report.xlsx is not attached: the run did not write it" in text
    assert list(message.iter_attachments()) == []
    customer.write(BY_MAIL + "attach = []\n", mail=box.address)
    customer.run()
    assert "not attached" not in box.messages[-1].get_body().get_content()


# -- webhooks --

HOOK = f'webhook = "https://{HOOKS}/assess"\nwebhook_secret = {{ env = "HOOK_KEY" }}\n'


def test_a_webhook_is_signed(customer, hooks, monkeypatch):
    monkeypatch.setenv("HOOK_KEY", "shared key")
    customer.write(HOOK, hooks=hooks.address)
    assert customer.run() == ["the notice to the webhook of 20261120T211000Z was delivered"]
    [(path, headers, body)] = hooks.posts
    assert path == "/assess"
    signed = hmac.new(b"shared key", headers["x-assess-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-assess-signature"] == f"sha256={signed}"
    found = json.loads(body)
    assert (found["kind"], found["version"], found["engagement"]) == ("assess.run", 1, "contoso")
    assert [v["verdict"] for v in found["verdicts"]] == ["not-ready", "not-ready"]
    monkeypatch.delenv("HOOK_KEY")
    assert "HOOK_KEY is not set" in customer.run()[0]
    assert len(hooks.posts) == 1, "nothing unsigned is sent"


def test_teams_and_slack_and_their_secret_addresses(customer, hooks, monkeypatch):
    monkeypatch.setenv("TEAMS", f"https://{HOOKS}/workflows/{TOKEN}?sig={TOKEN}sig")
    monkeypatch.setenv("SLACK", f"https://{HOOKS}/services/T1/B1/{TOKEN}")
    customer.write('teams = { env = "TEAMS" }\nslack = { env = "SLACK" }\n', hooks=hooks.address)
    hooks.answers = [(202, {}), (404, {}), (302, {"Location": "https://evil.test/"}), (200, {})]
    said = customer.run()
    assert [line.partition(" of ")[0] for line in said] == ["the notice to Teams", "the notice to Slack"]
    assert "answered 404" in said[1]
    card = json.loads(hooks.posts[0][2])["attachments"][0]["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    message = json.loads(hooks.posts[1][2])
    assert message["blocks"][0]["text"]["type"] == "plain_text"
    said += customer.run()
    assert "sends elsewhere" in "".join(said)
    kept = b"".join(path.read_bytes() for path in customer.folder.glob("contoso.history/notices/*"))
    assert TOKEN not in "".join(said)
    assert TOKEN.encode() not in kept
    for wrong in (f"http://{HOOKS}/{TOKEN}", f"https://user:pass@{HOOKS}/{TOKEN}", "https://[::1", TOKEN):
        monkeypatch.setenv("SLACK", wrong)
        said = " ".join(customer.run())
        assert "no address that begins with https://" in said
        assert TOKEN not in said


def test_a_literal_address_of_teams_is_refused(customer):
    customer.write(f'teams = "https://{HOOKS}/{TOKEN}"\n')
    with pytest.raises(EngagementError, match="a secret never stands in this file") as error:
        load(customer.file)
    assert TOKEN not in str(error.value)
    customer.write('webhook = "http://hooks.contoso.test/"\n')
    with pytest.raises(EngagementError, match="https://"):
        load(customer.file)


def test_a_busy_receiver_is_waited_for(customer, hooks):
    customer.write(f'webhook = "https://{HOOKS}/assess"\n', hooks=hooks.address)
    hooks.answers = [(429, {"Retry-After": "7"}), (503, {})]
    assert "was delivered" in customer.run()[0]
    assert customer.waits[0] == 7
    assert len({headers["x-assess-delivery"] for _, headers, _ in hooks.posts}) == 1


# -- only on change, and what is said --

def test_only_on_change(customer, hooks):
    customer.write(f'webhook = "https://{HOOKS}/assess"\nonly_on_change = true\n', hooks=hooks.address)
    assert "was delivered" in customer.run()[0]
    assert customer.run() == ["nobody is told of this run: nothing changed (notify.only_on_change)"]
    customer.run(mix=("pass",))
    customer.run(mix=("fail",))
    fixed, new = (json.loads(body) for _, _, body in hooks.posts[1:])
    assert fixed["changed"]["fixed"] > 0
    assert {item["change"] for item in new["changes"]} == {"new"}
    assert new["verdicts"][0]["before"] == "ready"
    assert {(item["title"], item["found"]) for item in new["changes"]} == {("", "")}
    customer.write(f'webhook = "https://{HOOKS}/assess"\ndetails = true\n', hooks=hooks.address)
    customer.run(mix=("pass",))
    assert all(item["title"] for item in json.loads(hooks.posts[-1][2])["changes"])


def test_a_run_that_is_not_whole_is_no_news_by_itself(tmp_path, customer, hooks):
    customer.write(f'webhook = "https://{HOOKS}/assess"\nonly_on_change = true\n', hooks=hooks.address)
    engagement = load(customer.file)
    moments = [samples.AS_OF + timedelta(weeks=week) for week in range(3)]
    said = []
    for moment, partial in zip(moments, ("", "--only dns.*", ""), strict=True):
        found = msgspec.structs.replace(samples.sample(12, mix=("fail",), started=moment), partial=partial)
        if partial:  # what was left out made the verdict another one
            lost = tuple(msgspec.structs.replace(v, verdict=Verdict.UNDETERMINED) for v in found.verdicts)
            found = msgspec.structs.replace(found, verdicts=lost)
        with Keeper(place_of(engagement), moment) as keeper:
            found = keeper.keep(found, [("builtin", "1.0")])
            said += Teller(engagement).tell(found, tmp_path, moment)
    assert ["was delivered" in line for line in said] == [True, False, False]


def test_private_matters_stay_where_they_are(customer, hooks, box, monkeypatch):
    monkeypatch.setenv("HOOK", f"https://{HOOKS}/x")
    keys = f'webhook = "https://{HOOKS}/assess"\nteams = {{ env = "HOOK" }}\nslack = {{ env = "HOOK" }}\n{BY_MAIL}'
    customer.write(keys, hooks=hooks.address, mail=box.address)
    customer.run(mix=("pass",))
    found = samples.sample(12, mix=("fail",))
    customer.run(mix=("fail",))
    told = [body.decode() for _, _, body in hooks.posts[-3:]] + [box.messages[-1].get_body().get_content()]
    for finding in found.findings:
        for text in told:
            assert finding.observed not in text
            assert finding.title not in text
    assert all("not-ready" in text or "not ready" in text for text in told)


# -- hostile names --

NAMES = [
    "Contoso\r\nBcc: evil@evil.test",
    "Contoso\nX-Evil: 1\n\n<script>alert(1)</script>",
    "<!channel> <@U123> <https://evil.test|click> *bold* @here",
    "[click](https://evil.test) <at>Everyone</at> {{DATE(2026-01-01T00:00:00Z)}} @{variables('x')} ${secret}",
    "a\u202egnp.exe \u2066b\u2069",
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_injects_nothing(customer, hooks, box, monkeypatch, name):
    monkeypatch.setenv("HOOK", f"https://{HOOKS}/x")
    keys = f'details = true\nteams = {{ env = "HOOK" }}\nslack = {{ env = "HOOK" }}\n{BY_MAIL}'
    customer.write(keys, hooks=hooks.address, mail=box.address)
    for mix in (("pass",), ("fail",)):
        assert len(customer.run(mix=mix, customer=name, hostile=True)) == 3
    message = box.messages[-1]
    assert box.recipients[-1] == ["it@contoso.test", "boss@contoso.test"]
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert len(message["Subject"].splitlines()) == 1
    assert message.get_body().get_content_type() == "text/plain"
    card, slack = (json.loads(body) for _, _, body in hooks.posts[-2:])
    shown = card["attachments"][0]["content"]
    assert {block["type"] for block in shown["body"]} == {"RichTextBlock"}, "which know no Markdown"
    texts = [run["text"] for block in shown["body"] for run in block["inlines"]] + [shown["fallbackText"]]
    for text in texts:
        assert not any(sign in text for sign in ("{{", "@{", "${", "<at>", "\u202e", "\n"))
    slack_texts = [slack["text"], *(block["text"]["text"] for block in slack["blocks"])]
    for text in slack_texts:
        assert not any(sign in text for sign in "<>&")
    assert {block["text"]["type"] for block in slack["blocks"]} == {"plain_text"}
    assert all(len(block["text"]["text"]) <= 3000 for block in slack["blocks"])
    assert len(slack["blocks"][0]["text"]["text"]) <= 150


# -- what is not delivered --

def test_what_was_not_taken_goes_out_with_the_next_run(customer, hooks, box):
    keys = f'webhook = "https://{HOOKS}/assess"\n{BY_MAIL}'
    customer.write(keys, hooks=hooks.address, mail="127.0.0.1:9")
    said = customer.run()
    assert "could not be reached" in said[0]
    assert "was delivered" in said[1], "one channel does not hold up another"
    assert customer.waiting == ["20261120T211000Z.mail.json"]
    tried = len(customer.waits)
    customer.run()
    assert len(customer.waiting) == 2
    assert len(customer.waits) == 2 * tried, "who is down is waited for once a run, not once a notice"
    assert (customer.folder / "contoso.history" / "notices").stat().st_mode & 0o777 == 0o700
    customer.write(keys, hooks=hooks.address, mail=box.address)
    said = customer.run()
    assert [line.split(" of ")[1][:8] for line in said if "by mail" in line] == ["20261120", "20261127", "20261204"]
    assert len(box.messages) == 3
    assert next(box.messages[0].iter_attachments()).get_content().startswith(b"%PDF")
    assert customer.waiting == []


DETAILS = "details = true\n"


@pytest.mark.parametrize(("now", "bare"), [("pseudonymised", True), ("summary", True), ("full", False)])
def test_a_notice_that_waited_says_no_more_than_is_asked_for_now(customer, hooks, box, now, bare):
    keys = f'{DETAILS}webhook = "https://{HOOKS}/assess"\n{BY_MAIL}'
    customer.write(keys, hooks="127.0.0.1:9", mail="127.0.0.1:9")
    customer.run(mix=("pass",))
    customer.run(mix=("fail",))
    assert len(customer.waiting) == 4
    names = {f.subject for f in samples.sample(12).findings if f.subject}
    kept = customer.folder / "contoso.history" / "notices"
    assert any(name in (kept / "20261127T211000Z.webhook.json").read_text() for name in names)

    customer.write(keys, privacy=now, hooks=hooks.address, mail="127.0.0.1:9")
    customer.run(mix=("pass",))
    waited = [json.loads(body) for _, _, body in hooks.posts][1]
    assert waited["run"] == "20261127T211000Z"
    assert waited["privacy"] == now
    assert {item["id"] == item["id"].partition("[")[0] for item in waited["changes"]} >= {bare}
    assert all(bool(item["title"] or item["found"]) is not bare for item in waited["changes"])
    assert any(name in json.dumps(waited) for name in names) is not bare
    # What could not be sent again is kept with no more in it than was to be sent.
    assert any(name in (kept / "20261127T211000Z.mail.json").read_text() for name in names) is not bare

    customer.write(keys, privacy=now, hooks=hooks.address, mail=box.address)
    customer.run(mix=("pass",))
    first, second, third, fourth = box.messages
    for message in (first, second):
        assert bool(list(message.iter_attachments())) is not bare
        assert ("No report is attached: they were made when" in message.get_body().get_content()) is bare
    assert all(list(message.iter_attachments()) for message in (third, fourth)), "those are of the level of now"


def test_a_notice_that_waited_at_a_stricter_level_stays_as_it_is(customer, hooks):
    keys = f'{DETAILS}webhook = "https://{HOOKS}/assess"\n'
    customer.write(keys, privacy="summary", hooks="127.0.0.1:9")
    customer.run(mix=("pass",))
    customer.run(mix=("fail",))
    customer.write(keys.removeprefix(DETAILS), privacy="pseudonymised", hooks=hooks.address)
    customer.run(mix=("pass",))
    waited = [json.loads(body) for _, _, body in hooks.posts][1]
    assert (waited["privacy"], len(waited["changes"])) == ("summary", 12)
    assert {(item["title"], item["found"]) for item in waited["changes"]} == {("", "")}, "nobody wants details any more"


def test_a_notice_of_an_older_version_counts_as_one_that_names_everybody(customer, hooks):
    keys = f'webhook = "https://{HOOKS}/assess"\n'
    customer.write(keys, hooks="127.0.0.1:9")
    customer.run(mix=("pass",))
    customer.run(mix=("fail",))
    path = customer.folder / "contoso.history" / "notices" / "20261127T211000Z.webhook.json"
    old = json.loads(path.read_text())
    del old["news"]["privacy"]
    path.write_text(json.dumps(old))
    customer.write(keys, privacy="summary", hooks=hooks.address)
    customer.run(mix=("pass",))
    waited = [json.loads(body) for _, _, body in hooks.posts][1]
    assert (waited["run"], waited["privacy"]) == ("20261127T211000Z", "summary")
    assert not any("[" in item["id"] for item in waited["changes"])


def test_what_nobody_takes_is_given_up_and_said(customer):
    customer.write(BY_MAIL, mail="127.0.0.1:9")
    for _ in range(10):
        customer.run()
    assert len(customer.waiting) == 10
    customer.run()
    said = customer.run()
    assert len(customer.waiting) == 11
    assert "the notice by mail of 20261120T211000Z is given up" in said[0]
    customer.write("")
    assert len([line for line in customer.run() if "is given up" in line]) == 11
    assert customer.waiting == []


def test_without_history_a_failed_notice_is_said_to_be_lost(customer):
    customer.write(BY_MAIL, enabled="false", mail="127.0.0.1:9")
    [said] = customer.run()
    assert "could not be reached" in said
    assert "It could not be kept" in said
    assert not (customer.folder / "contoso.history").exists()


def test_interrupted_while_it_is_sent(customer, hooks):
    """Ctrl-C, or killed: the notice was kept before anybody was told."""
    customer.write(f'webhook = "https://{HOOKS}/assess"\n', hooks=hooks.address)
    hooks.answers = [(503, {})]
    engagement = load(customer.file)
    place = folder_of(engagement)

    def interrupted(_seconds):
        raise KeyboardInterrupt

    found = samples.sample(3)
    with pytest.raises(KeyboardInterrupt):
        Teller(engagement, sleep=interrupted).tell(found, customer.out, samples.AS_OF)
    assert customer.waiting == ["20261120T211000Z.webhook.json"]
    (place.notices / ".abcd1234.json").write_text("half", encoding="utf-8")
    (place.notices / "20261101T000000Z.webhook.json").write_text("half", encoding="utf-8")
    customer.week = 1
    said = customer.run()
    assert [line.split(" of ")[1][:8] for line in said] == ["20261120", "20261127"]
    assert len(hooks.posts) == 3
    assert {path.name for path in kept_files(place)} >= {".abcd1234.json", "20261101T000000Z.webhook.json"}
    purge(place, samples.AS_OF)
    assert not place.folder.exists()


def test_killed_while_it_is_sent(customer, hooks):
    """The run is whole, and the next one tells of both; the receiver can tell that it had the first already."""
    customer.write(f'webhook = "https://{HOOKS}/assess"\n', hooks=hooks.address)
    command = [sys.executable, "-m", "assess", "run", str(customer.file), "-o", str(customer.out), "-f", "json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    hooks.on_post = process.kill
    assert process.wait(120) == -signal.SIGKILL
    hooks.on_post = lambda: None
    assert len(customer.waiting) == 1
    [folder] = customer.out.iterdir()
    assert (folder / "results.json").is_file()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("was delivered") == 2
    assert customer.waiting == []
    first, again, second = (json.loads(body)["run"] for _, _, body in hooks.posts)
    assert first == again != second
    assert hooks.posts[0][1]["x-assess-delivery"] == hooks.posts[1][1]["x-assess-delivery"]
    assert json.loads(hooks.posts[2][2])["since"] == first, "the run that was killed afterwards is kept"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f'[notify.mail]\nserver = "smtp://{MAIL}"\n', "notify.mail.from, notify.mail.to"),
        ('[notify.mail]\nto = ["a@contoso.test"]\n', "names no server"),
        (BY_MAIL + 'user = "u"\n', "notify.mail.password"),
        ('webhook_secret = { env = "K" }\n', "not notify.webhook"),
    ],
)
def test_half_a_channel_is_told_before_anything_is_asked(customer, keys, said):
    customer.write(keys)
    with pytest.raises(EngagementError, match=said):
        Teller(load(customer.file))


@pytest.mark.parametrize("address", ["a", "a@", "@b.test", "a b@c.test", "a@c.test\\nBcc: x@y.test", "A <a@c.test>", "a@c.test,b@c.test"])
def test_addresses_that_are_none(customer, address):
    customer.write(BY_MAIL.replace("it@contoso.test", address))
    with pytest.raises(EngagementError, match=r"notify\.mail\.to"):
        load(customer.file)
