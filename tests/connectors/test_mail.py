"""Mail servers that misbehave: bounded in time, told in a sentence, and nothing of theirs taken at its word."""

import socket
import threading
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from assess.connectors.mail import MailServer
from assess.errors import Unavailable


@contextmanager
def talking(*said: bytes, pause: float | None = None):
    """A server that says this to whoever calls, line by line, and then is silent; ``pause``: drips between."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    calls: list[bytes] = []

    def serve():
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                calls.append(b"")
                try:
                    for line in said:
                        connection.sendall(line)
                        if pause is not None:
                            over.wait(pause)
                        elif line is not said[-1]:
                            calls[-1] += connection.recv(1 << 16)
                    while data := connection.recv(1 << 16):
                        calls[-1] += data
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}", calls
    finally:
        over.set()
        listening.close()


def message():
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = "s", "a@contoso.test", "b@contoso.test"
    made.set_content("the text of the mail")
    return made


def refusal(address, scheme="smtp", **options):
    waits: list[float] = []
    server = MailServer(
        f"{scheme}://mail.contoso.test:2525", routes={"mail.contoso.test:2525": address}, user="u",
        password=lambda: "the password", sleep=waits.append, **{"timeout": 5.0, "attempts": 2, **options},
    )  # fmt: skip
    with pytest.raises(Unavailable) as caught:
        server.deliver(message())
    assert "the password" not in f"{caught.value.reason} {caught.value.mend}"
    return caught.value.reason, waits


def test_silence_is_bounded():
    with talking() as (address, _):
        reason, waits = refusal(address, timeout=0.2)
    assert "did not finish in time" in reason
    assert len(waits) == 1


def test_dripping_is_bounded():
    with talking(*[b"2"] * 400, pause=0.02) as (address, _):
        reason, _ = refusal(address, deadline=0.4, attempts=1)
    assert "mail.contoso.test:2525 did not finish in time" in reason


@pytest.mark.parametrize(
    ("said", "reason", "again"),
    [
        ((b"554 \x1b[31mgo away\x07\r\n",), "refused the mail (554: [31mgo away)", 0),
        ((b"421 later\r\n",), "refused the mail (421: later)", 1),
        ((b"garbage\r\n",), "does not speak SMTP", 0),
        ((b"220 hello\r\n", b"250-mail\r\n250 AUTH PLAIN LOGIN\r\n"), "offers no encryption (STARTTLS)", 0),
        ((b"220 hello\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"454 not now\r\n"), "refused the mail (454", 1),
        ((b"220 hello\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"220 go\r\n250 injected\r\n"), "did not finish in time", 1),
        ((b"220 " + b"x" * 20000,), "refused the mail", 0),
    ],
)  # fmt: skip
def test_nothing_is_told_to_who_is_not_encrypted(said, reason, again):
    with talking(*said) as (address, calls):
        found, waits = refusal(address, timeout=1.0)
    assert reason in found
    assert len(waits) == again
    for call in calls:
        assert b"AUTH" not in call
        assert b"MAIL" not in call
        assert b"the text" not in call


def test_a_plain_server_where_tls_is_wanted():
    with talking(b"220 hello\r\n") as (address, calls):
        reason, _ = refusal(address, scheme="smtps")
    assert "no TLS connection" in reason
    assert all(b"AUTH" not in call for call in calls)


def test_nobody_is_there(tmp_path):
    reason, waits = refusal("127.0.0.1:9")
    assert "could not be reached" in reason
    assert len(waits) == 1
    empty = tmp_path / "ca.pem"
    empty.write_text("")
    reason, _ = refusal("127.0.0.1:9", ca_file=empty)
    assert "holds no certificate" in reason
