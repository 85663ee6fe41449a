"""The types of the engagement file's keys: each turns a TOML value into a checked one.

A parser returns the value that checks and connectors see, or raises ``ValueError`` with what would
be right. It never repeats the value of a secret. A path stays the text that was written, relative
to the engagement file, so that questions and reports read the same on every machine.
"""

import getpass
import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import idna

from assess.errors import Unavailable
from assess.language import tr

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+)(?P<port>:[0-9]{1,5})?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_SECRET_FORMS = '{ env = "NAME" }, { file = "path" } or { prompt = true }'  # noqa: S105


@dataclass(frozen=True)
class Secret:
    """Where a secret is kept; never the secret itself."""

    key: str
    env: str = ""
    file: Path | None = None
    prompt: bool = False

    def reveal(self) -> str:
        """The secret, read now. Raises Unavailable, saying where it was looked for."""
        if self.env:
            value = os.environ.get(self.env, "")
            if not value:
                raise Unavailable(
                    tr(
                        "{key}: the environment variable {name} is not set",
                        key=self.key,
                        name=self.env,
                    ),
                    tr("Set {name} in the environment of this run.", name=self.env),
                )
            return value
        if self.file is not None:
            try:
                return self.file.read_text(encoding="utf-8-sig").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise Unavailable(
                    tr(
                        "{key}: the file {file} cannot be read: {why}",
                        key=self.key,
                        file=self.file,
                        why=_why(error),
                    ),
                    tr(
                        "Put the secret into {file}, readable only by the account that runs.",
                        file=self.file,
                    ),
                ) from None
        return _prompted(self.key)


def _why(error: Exception) -> str:
    return (error.strerror or "") if isinstance(error, OSError) else tr("it is not UTF-8 text")


_ANSWERED: dict[str, str] = {}


def _prompted(key: str) -> str:
    """Ask once a run, on the terminal, without echo."""
    if key not in _ANSWERED:
        try:
            _ANSWERED[key] = getpass.getpass(f"{key}: ")
        except (EOFError, OSError):
            raise Unavailable(
                tr("{key} is to be typed in, but there is no terminal to ask on", key=key),
                tr(
                    "Run it in a terminal, or keep the secret in an environment variable or a file."
                ),
            ) from None
    return _ANSWERED[key]


def domain(value: Any) -> str:  # noqa: ANN401
    """A domain name in its ASCII form, lower case, no trailing dot. ``corp.local`` is one too."""
    if not isinstance(value, str):
        raise ValueError("a domain name is a text")  # noqa: TRY004 - one kind of refusal
    text = value.strip().removesuffix(".").lower()
    try:
        text = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(f"{value!r} is not a domain name") from None
    labels = text.split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004
        raise ValueError(f"{value!r} is not a domain name, such as contoso.com")
    return text


def host(value: Any) -> str:  # noqa: ANN401
    """A host name, as a domain name, but with the capitals that were written."""
    lowered = domain(value)
    written = str(value).strip().removesuffix(".")
    if "." not in lowered:
        raise ValueError(f"{value!r} is not a full host name, such as cm01.corp.contoso.com")
    return written if written.lower() == lowered else lowered


def guid(value: Any) -> str:  # noqa: ANN401
    """A GUID, lower case, without braces."""
    try:
        return str(uuid.UUID(str(value).strip().strip("{}")))
    except ValueError:
        raise ValueError(
            f"{value!r} is not a GUID, such as 11111111-2222-4333-8444-555555555555"
        ) from None


def url(value: Any, schemes: tuple[str, ...] = ("https",)) -> str:  # noqa: ANN401
    """An address with one of the schemes and a host, without credentials."""
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in schemes or not parts.hostname:
        raise ValueError(
            "an address is needed that begins with " + " or ".join(f"{s}://" for s in schemes)
        )
    if parts.username or parts.password:
        raise ValueError("an address must not hold a user name or password")
    return str(value).rstrip("/")


def mailbox(value: Any) -> str:  # noqa: ANN401
    """A plain mail address, its domain in ASCII: nothing that could change a header."""
    local, _, where = str(value).strip().rpartition("@") if isinstance(value, str) else ("", "", "")
    if not _LOCAL.fullmatch(local):
        raise ValueError(f"{value!r} is not a mail address, such as alerts@contoso.com")
    return f"{local}@{domain(where)}"


def nameserver(value: Any) -> str:  # noqa: ANN401
    """``address`` or ``address:port``, IPv6 in brackets; given back with the port."""
    text = str(value).strip()
    bare, _, port = (
        text.rpartition(":") if re.search(r"^[^:]+:\d+$|\]:\d+$", text) else (text, "", "53")
    )
    try:
        address = ip_address(bare.strip("[]"))
    except ValueError:
        raise ValueError(
            f"{value!r} is not an IP address, such as 192.0.2.1 or 192.0.2.1:5353"
        ) from None
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"  # noqa: PLR2004


def day(value: Any) -> date:  # noqa: ANN401
    """A TOML date, or the same as text."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is not a date, such as 2026-11-20") from None


def secret(key: str, value: Any, folder: Path) -> Secret:  # noqa: ANN401
    """Where a secret is kept. A literal is refused without repeating it."""
    if isinstance(value, dict) and len(value) == 1:
        match next(iter(value.items())):
            case ("env", str(name)) if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                return Secret(key, env=name)
            case ("file", str(path)) if path:
                return Secret(key, file=folder / path)
            case ("prompt", True):
                return Secret(key, prompt=True)
            case _:
                pass
    raise ValueError(f"a secret never stands in this file: write {_SECRET_FORMS}")


def routes(value: Any) -> dict[str, str]:  # noqa: ANN401
    """From ``host:port`` to ``host:port``."""
    example = '{ "cmg.contoso.com:443" = "127.0.0.1:8443" }'
    if not isinstance(value, dict):
        raise ValueError(f"a table is needed, such as {example}")  # noqa: TRY004
    for name, target in value.items():
        both = [_ADDRESS.fullmatch(one) for one in (name, target) if isinstance(one, str)]
        if [bool(one and one["port"]) for one in both] != [True, True]:
            raise ValueError(f"{name!r} = {target!r} is not such as {example}")
    return dict(value)


def parse(  # noqa: C901, PLR0912 - one line a type
    kind: str,
    key: str,
    value: Any,  # noqa: ANN401
    folder: Path,
    scenarios: tuple[str, ...],
) -> Any:  # noqa: ANN401
    """``value`` checked against the type named ``kind`` in keys.toml."""
    if kind.startswith("list of "):
        items = value if isinstance(value, list) else [value]
        return [
            parse(kind.removeprefix("list of "), key, item, folder, scenarios) for item in items
        ]
    if kind.startswith("one of "):
        return _choice(value, kind.removeprefix("one of ").split("|"))
    if kind == "map host:port":
        return routes(value)
    if kind.startswith("map"):
        return _mapping(value, kind.removeprefix("map").strip(), key)
    match kind:
        case "domain":
            return domain(value)
        case "host":
            return host(value)
        case "guid":
            return guid(value)
        case "url":
            return url(value, ("https", "http") if key == "network.proxy" else ("https",))
        case "url ldap":
            return url(value, ("ldaps", "ldap"))
        case "url smtp":
            return url(value, ("smtps", "smtp"))
        case "mail":
            return mailbox(value)
        case "nameserver":
            return nameserver(value)
        case "date":
            return day(value)
        case "secret":
            return secret(key, value, folder)
        case "scenario":
            return _choice(value, list(scenarios))
        case "path":
            return _text(value)
        case "path or list":
            return [_text(item) for item in value] if isinstance(value, list) else _text(value)
        case "string or list":
            return [_text(v) for v in value] if isinstance(value, list) else [_text(value)]
        case "bool":
            return _boolean(value)
        case "seconds":
            return _number(value, 0.1, 600.0)
        case "answer":
            return _answer(value)
        case "upn" | "upn or guid":
            return _account(value, kind)
        case _:
            pass
    if kind.startswith("int "):
        low, _, high = kind.removeprefix("int ").partition("-")
        return int(_number(value, int(low), int(high), whole=True))
    return _patterned(kind, _text(value))


_PATTERNS: dict[str, tuple[Callable[[str], object], str]] = {
    "site code": (re.compile(r"[A-Za-z0-9]{3}").fullmatch, "three letters or digits, such as PS1"),
    "account": (re.compile(r"[^\\@\s]+\\[^\\]+").fullmatch, r"'DOMAIN\name' in single quotes"),
    "dn": (
        re.compile(r"(?i)(ou|cn|dc)=.+").fullmatch,
        "a distinguished name, such as OU=Staff,DC=…",
    ),
    "name": (
        re.compile(r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)$)[\w][\w .-]{0,60}(?<![. ])").fullmatch,
        "a short name of letters, digits, blanks, '.', '-' and '_'",
    ),
}


def _patterned(kind: str, text: str) -> str:
    matches, wanted = _PATTERNS.get(kind, (bool, "a text that is not empty"))
    if not matches(text):
        raise ValueError(
            f"{text!r} is not {wanted}" if text else f"it is empty; {wanted} is needed"
        )
    return text


def _text(value: Any) -> str:  # noqa: ANN401
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text in quotes is needed")
    return value.strip()


def _boolean(value: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, bool):
        raise ValueError("true or false is needed, without quotes")  # noqa: TRY004
    return value


def _number(value: Any, low: float, high: float, *, whole: bool = False) -> float:  # noqa: ANN401
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise ValueError(f"a number from {low:g} to {high:g} is needed")
    return value


def _choice(value: Any, allowed: list[str]) -> str:  # noqa: ANN401
    if value not in allowed:
        raise ValueError(f"{value!r} is none of: {', '.join(allowed)}")
    return str(value)


def _mapping(value: Any, allowed: str, key: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise ValueError(f'a table is needed, such as {key} = {{ name = "value" }}')  # noqa: TRY004
    options = allowed.split("|") if allowed else []
    if options and options[0].isupper():  # names of fields, not values
        for name in value:
            _choice(name, options)
    elif options:
        for item in value.values():
            _choice(item, options)
    return dict(value)


def _answer(value: Any) -> bool | str | list[str]:  # noqa: ANN401
    if isinstance(value, bool):
        return value
    return [_text(item) for item in value] if isinstance(value, list) else _text(value)


def _account(value: Any, kind: str) -> str:  # noqa: ANN401
    text = _text(value)
    if "@" in text:
        local, _, suffix = text.rpartition("@")
        if local and domain(suffix):
            return text
    if kind == "upn or guid":
        return guid(text)
    raise ValueError(f"{text!r} is not a user principal name, such as admin@contoso.com")
