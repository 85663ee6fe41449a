"""The key of an engagement's pseudonyms: made once, kept where the engagement's history lies.

Whoever has the key can find out by trying whose pseudonym it is, so it is as confidential as the
names, stays out of every report and evidence file, and goes with `assess purge`. Without it the
next run makes other pseudonyms.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import PurePath

from assess.engagement import Engagement, key_definitions
from assess.errors import EngagementError, Unavailable
from assess.history.place import folder_of
from assess.keytypes import Secret
from assess.privacy.pseudonyms import Pseudonyms

_BYTES = 32
_SHORTEST = 16


def pseudonyms_of(engagement: Engagement) -> Pseudonyms:
    """The pseudonyms of an engagement, from ``[report] pseudonym_key`` or the kept key.

    Raises EngagementError where there is no key and none can be kept.
    """
    secret = engagement.get("report.pseudonym_key")
    if isinstance(secret, Secret):
        try:
            text = secret.reveal()
        except Unavailable as error:
            raise EngagementError(f"{error.reason}. {error.mend}") from None
        if len(text) < _SHORTEST:
            raise EngagementError(
                f"report.pseudonym_key is too short: {_SHORTEST} characters or more are needed, "
                "at random"
            )
        return made_of(text.encode(), engagement)
    return made_of(_kept(engagement), engagement)


def for_once(engagement: Engagement) -> Pseudonyms:
    """Pseudonyms of this one run, that nobody can make again."""
    return made_of(secrets.token_bytes(_BYTES), engagement)


def made_of(key: bytes, engagement: Engagement) -> Pseudonyms:
    """The pseudonyms of a key; another engagement with the same key has others."""
    own = hmac.digest(key, f"pseudonyms of {engagement.name}".encode(), hashlib.sha256)
    return Pseudonyms(own, kept=_servers(engagement))


def _servers(engagement: Engagement) -> set[str]:
    """The hosts that the engagement file names, and the authorities: no person's devices."""
    found = {PurePath(path).stem for path in engagement.get("files.intermediate_cers", [])}
    for name, definition in key_definitions().items():
        if definition.type.removeprefix("list of ") == "host":
            value = engagement.get(name)
            found |= {value} if isinstance(value, str) else set(value or ())
    return found


def _kept(engagement: Engagement) -> bytes:
    place = folder_of(engagement)
    file = place.key
    try:
        place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = bytes.fromhex(file.read_text(encoding="ascii").strip())
        else:
            key = secrets.token_bytes(_BYTES)
            with os.fdopen(handle, "w", encoding="ascii") as opened:
                opened.write(key.hex() + "\n")
    except OSError as error:
        raise EngagementError(
            f"the key of the pseudonyms cannot be kept in {file}: {error.strerror}. Set [history] "
            "path to a folder that this account may write to, or name a key with [report] "
            "pseudonym_key"
        ) from None
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise EngagementError(
            f"{file} is not a key of this tool. Put the right one back; without it pseudonyms "
            "change: then delete the file, and the next run makes a new key"
        )
    return key
