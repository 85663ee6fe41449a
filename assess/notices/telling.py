"""Tells others of a run: by mail, to Teams, to Slack, to a webhook. Never costs the run.

A notice is kept before it is sent and forgotten when it was taken; what was not taken goes out
with the next run. What became of each is a line for the end of the run, without a secret: the
address of a workflow or of Slack's webhook is one.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from assess.engagement import Engagement
from assess.errors import EngagementError, Unavailable
from assess.history.place import folder_of, place_of
from assess.keytypes import Secret
from assess.language import tr
from assess.notices import texts
from assess.notices.news import News, held_to, news_of
from assess.notices.outbox import Outbox, Pending
from assess.privacy.levels import level_of
from assess.rendering import FILE_NAMES
from assess.results import Results

_MEGABYTE = 1 << 20
_ENCODED = 4 / 3 * 78 / 76  # base64 in lines
_LONGEST_PART = 8  # characters of a path's part that may be a token
CHANNELS = ("mail", "teams", "slack", "webhook")
_OTHER_LEVEL = (
    "No report is attached: they were made when [report] privacy was less strict than it is now."
)
_NAMES = {
    "mail": "by mail", "teams": "to Teams", "slack": "to Slack", "webhook": "to the webhook",
}  # fmt: skip


def channels_of(engagement: Engagement) -> tuple[str, ...]:
    """Who is told. Raises EngagementError where a channel is set up in part."""
    chosen, faults = _channels(engagement)
    if faults:
        raise EngagementError(f"{engagement.file}: {faults[0]}")
    return chosen


def _channels(engagement: Engagement) -> tuple[tuple[str, ...], list[str]]:
    """Who can be told, and what is wrong with the channels that are set up in part."""
    keys = {"mail": "notify.mail.server", "teams": "notify.teams", "slack": "notify.slack",
            "webhook": "notify.webhook"}  # fmt: skip
    chosen = tuple(name for name in CHANNELS if engagement.get(keys[name]) is not None)
    parts = ["from", "to", *(["password"] if engagement.get("notify.mail.user") else [])]
    wanting = [f"notify.mail.{part}" for part in parts if not engagement.get(f"notify.mail.{part}")]
    faults = []
    if "mail" in chosen and wanting:
        faults.append(f"notify.mail.server is set, but not {', '.join(wanting)}.")
    if "mail" not in chosen and any(n.startswith("notify.mail.") for n in engagement.values):
        faults.append('[notify.mail] names no server, e.g. server = "smtp://mail.contoso.com".')
    if "webhook" not in chosen and engagement.get("notify.webhook_secret") is not None:
        faults.append("notify.webhook_secret is set, but not notify.webhook.")
    return tuple(name for name in chosen if name != "mail" or not wanting), faults


class Teller:
    """Tells of the runs of one engagement. Made before anything is read: a mistake shows early.

    ``sleep`` waits between attempts. ``in_part``: a channel that is set up in part is left out.
    """

    def __init__(
        self,
        engagement: Engagement,
        *,
        sleep: Callable[[float], object] = time.sleep,
        in_part: bool = False,
    ) -> None:
        self._engagement = engagement
        self.channels = _channels(engagement)[0] if in_part else channels_of(engagement)
        self._sleep = sleep

    def tell(self, results: Results, folder: Path, now: datetime) -> list[str]:
        """Tell of a run, and of earlier ones that nobody took; what became of it, in lines."""
        details = self._engagement.get("notify.details", default=False)
        return self._safely(lambda: news_of(results, details=details), str(folder.resolve()), now)

    def tell_failure(self, news: News, now: datetime, *, waiting: bool = True) -> list[str]:
        """Tell that a run came to nothing. ``waiting``: earlier notices that nobody took, too."""
        return self._safely(lambda: news, "", now, waiting=waiting)

    def _safely(
        self, made: Callable[[], News], folder: str, now: datetime, *, waiting: bool = True
    ) -> list[str]:
        kept = place_of(self._engagement) is not None
        outbox = Outbox(folder_of(self._engagement).notices if kept else None)
        said: list[str] = []
        try:
            earlier = self._earlier(outbox, said) if waiting else []
            if self.channels:
                self._tell(made(), folder, earlier, now, outbox, said)
        except Exception as error:  # noqa: BLE001 - a notice never costs the run
            said.append(f"notices: a fault of the tool itself: {type(error).__name__}")
        return said

    def _earlier(self, outbox: Outbox, said: list[str]) -> list[Pending]:
        """The notices that nobody took yet."""
        waiting, gone = outbox.waiting(self.channels)
        said += [
            f"the notice {_NAMES.get(p.channel, p.channel)} of {p.news.run} is given up "
            f"after {p.tries} tries: {p.reason or 'nobody is told that way any more'}"
            for p in gone
        ]
        return waiting

    def _tell(
        self,
        news: News,
        folder: str,
        waiting: list[Pending],
        now: datetime,
        outbox: Outbox,
        said: list[str],
    ) -> None:
        if self._engagement.get("notify.only_on_change", default=False) and not news.is_change:
            said.append("nobody is told of this run: nothing changed (notify.only_on_change)")
        else:
            fresh = [Pending(name, news, folder, now) for name in self.channels]
            for pending in fresh:  # all are kept before the first one is sent
                outbox.put(pending)
            waiting = [*waiting, *fresh]
        down: dict[str, Unavailable] = {}
        for pending in waiting:
            self._deliver(self._held(pending), outbox, down, said, now)

    def _held(self, pending: Pending) -> Pending:
        """The notice with no more in it than the engagement file asks for now.

        What was told less of has no reports either: they were made at the level of their run.
        """
        details = self._engagement.get("notify.details", default=False)
        news = held_to(pending.news, level_of(self._engagement), details=details)
        folder = pending.folder if news.privacy == pending.news.privacy else ""
        return msgspec.structs.replace(pending, news=news, folder=folder)

    def _deliver(
        self,
        pending: Pending,
        outbox: Outbox,
        down: dict[str, Unavailable],
        said: list[str],
        now: datetime,
    ) -> None:
        """One notice; a channel that failed in this run is not tried again."""
        name = pending.channel
        what = f"the notice {_NAMES[name]} of {pending.news.run}"
        try:
            if name in down:
                raise down[name]
            remark = getattr(self, f"_{name}")(pending, now)
        except Unavailable as error:
            down[name] = error
            again = msgspec.structs.replace(pending, tries=pending.tries + 1, reason=error.reason)
            kept = outbox.put(again)
            later = "It goes out with the next run" if kept else "It could not be kept"
            said.append(f"{what} was not delivered: {error.reason}. {error.mend} {later}.")
        else:
            outbox.take(pending)
            said.append(f"{what} was delivered{remark}")

    # -- the channels --

    def _mail(self, pending: Pending, _now: datetime) -> str:
        from assess.connectors.mail import MailServer  # noqa: PLC0415 - where it is wanted

        get = self._engagement.get
        password = get("notify.mail.password")
        server = MailServer(
            get("notify.mail.server"),
            user=get("notify.mail.user", ""),
            password=password.reveal if isinstance(password, Secret) else None,
            ca_file=self._engagement.path("notify.mail.ca_file")
            or self._engagement.path("network.ca_file"),
            routes=get("network.connect_to"),
            sleep=self._sleep,
        )
        attached, remarks = self._attachments(pending)
        message = texts.mail(
            pending.news, get("notify.mail.from"), get("notify.mail.to"), attached, remarks
        )
        refused = server.deliver(message)
        return f", but refused for {', '.join(refused)}" if refused else ""

    def _attachments(self, pending: Pending) -> tuple[dict[str, bytes], list[str]]:
        """The reports that go with a mail, and a sentence for each that does not."""
        wanted = self._engagement.values.get("notify.mail.attach", ["pdf"])
        if not pending.folder:
            return {}, [_OTHER_LEVEL] if wanted and pending.news.failure is None else []
        room = self._engagement.get("notify.mail.largest", default=10) * _MEGABYTE - _MEGABYTE // 8
        found: dict[str, bytes] = {}
        remarks = []
        for name in dict.fromkeys(FILE_NAMES[one] for one in wanted):
            path = Path(pending.folder) / name
            try:
                size = path.stat().st_size * _ENCODED
                if size > room:
                    remark = tr(
                        "{name} is not attached: with {size:.1f} MB the mail would be too large "
                        "(notify.mail.largest).",
                        name=name,
                        size=size / _MEGABYTE,
                    )
                    remarks.append(remark)
                    continue
                found[name] = path.read_bytes()
                room -= size
            except OSError:
                remarks.append(
                    tr(
                        "{name} is not attached: the run did not write it, or it is gone.",
                        name=name,
                    )
                )
        return found, remarks

    def _teams(self, pending: Pending, _now: datetime) -> str:
        self._post(self._address("notify.teams"), msgspec.json.encode(texts.card(pending.news)))
        return ""

    def _slack(self, pending: Pending, _now: datetime) -> str:
        self._post(self._address("notify.slack"), msgspec.json.encode(texts.slack(pending.news)))
        return ""

    def _webhook(self, pending: Pending, now: datetime) -> str:
        body = texts.document(pending.news)
        headers = {"X-Assess-Delivery": _delivery(pending.news)}
        secret = self._engagement.get("notify.webhook_secret")
        if isinstance(secret, Secret):
            moment = str(int(now.timestamp()))
            signed = hmac.new(
                secret.reveal().encode(), moment.encode() + b"." + body, hashlib.sha256
            ).hexdigest()
            headers |= {"X-Assess-Timestamp": moment, "X-Assess-Signature": f"sha256={signed}"}
        self._post(self._engagement.get("notify.webhook"), body, headers)
        return ""

    def _address(self, key: str) -> str:
        """The address that a secret holds. Raises Unavailable, never repeating it."""
        address = str(self._engagement.get(key).reveal()).strip()
        try:
            parts = urlsplit(address)
            right = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
        except ValueError:
            right = False
        if not right:
            raise Unavailable(
                f"what {key} leads to is no address that begins with https://",
                f"Keep the whole address of the webhook where {key} says.",
            )
        return address

    def _post(self, address: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        from assess.connectors.http import Client  # noqa: PLC0415 - as above
        from assess.connectors.http_replies import refusal  # noqa: PLC0415 - as above

        client = Client.of(
            self._engagement,
            ca_key="notify.ca_file",
            connect_timeout=10.0,
            read_timeout=20.0,
            deadline=40.0,
            largest=1 << 20,
            attempts=3,
            patience=60.0,
            sleep=self._sleep,
        )
        try:
            reply = client.ask(
                address,
                method="POST",
                headers={"Content-Type": "application/json", **(headers or {})},
                body=body,
            )
            if not reply.ok:
                raise refusal(reply)
        except Unavailable as error:
            raise Unavailable(_blotted(error.reason, address), "Check the address.") from None
        finally:
            client.close()


def _delivery(news: News) -> str:
    """The same for the same run, so that a receiver knows what it has had already."""
    return hashlib.sha256(f"{news.engagement}\n{news.run}".encode()).hexdigest()[:32]


def _blotted(text: str, address: str) -> str:
    """A sentence without what makes the address of a webhook a secret."""
    parts = urlsplit(address)
    text = text.replace(address, parts.netloc)
    if len(parts.path) > 1:
        text = text.replace(parts.path, "/…")
    for part in re.split(r"[/?&=;]", f"{parts.path}&{parts.query}"):
        if len(part) >= _LONGEST_PART:
            text = text.replace(part, "…")
    return text
