"""Reads what was collected of the groups of servers: ``gpresult``, ``whoami``, or JSON.

Text of ``gpresult /r`` (with or without ``/scope computer``), in any language of Windows: a line
with a distinguished name begins the part of the computer or of the user, and the list of groups is
what stands indented below a heading that is underlined. Text of ``whoami /groups /fo list``, its
table, or its CSV: one group a line, with its SID. JSON: ``{"server": "…", "groups": ["…", …]}``, or
a list of those. A text belongs to the server that it names, else to the one its file is named for.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from assess.connectors import Visit
from assess.connectors.export_package import given
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.certificates import Unread, file_name
from assess.evidence.grouplists import CollectedGroups, GroupList, GroupLists
from assess.language import msg, tr

_LARGEST = 8_000_000
_NAME = re.compile(r"^\s*CN=((?:[^,\\]|\\.)+),.*DC=", re.IGNORECASE)
_UNDERLINE = re.compile(r"^\s*-{3,}\s*$")
_SID = re.compile(r"\bS-1-\d+(?:-\d+)+\b")
_QUALIFIED = re.compile(r"^\s+[^:\\]+\\[^:\\]+$")
_BEFORE_SID = re.compile(r"\s{2,}|\",\"|\t")
_SERVER = ("server", "computer", "computername", "pscomputername", "hostname", "name")


class GpresultConnector:
    """The files that ``files.collected_gpresult`` lists, relative to ``folder``."""

    source = "config"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answers(self, ask: Ask) -> bool:
        """The groups of servers."""
        return isinstance(ask, CollectedGroups)

    def fetch(self, ask: Ask, visit: Visit) -> GroupLists:
        """Every list that can be read; those that cannot are named."""
        if not isinstance(ask, CollectedGroups):
            raise Unavailable(tr("{} is no question about collected files", ask.describe()))
        lists: list[GroupList] = []
        unread: list[Unread] = []
        for path in ask.paths:
            name = file_name(path)
            try:
                lists += self._read(path, name)
            except OSError as error:
                why = error.strerror or msg("it cannot be read")
                unread.append(_unread(path, why))
            except ValueError as error:
                unread.append(_unread(path, str(error)))
        for one in lists:
            said = ", ".join((*one.groups, *one.sids)) or "no group"
            visit.note(f"groups of {one.computer} in {one.file}", said, about=one.computer)
        for fault in unread:
            visit.note(fault.name, fault.reason)
        return GroupLists(tuple(lists), tuple(unread))

    def _read(self, path: str, name: str) -> Iterator[GroupList]:
        with given(self._folder, path).open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ValueError("it is larger than a list of groups can be")
        text = decoded(data)
        found = (
            list(_of_json(text, name))
            if text.lstrip()[:1] in ("{", "[")
            else [_of_text(text, name)]
        )
        if not any(one.groups or one.sids for one in found):
            raise ValueError("no list of groups was found in it")
        yield from found

    def probe(self, visit: Visit) -> str:  # noqa: ARG002 - a connector's
        """Nothing has to be reached."""
        return tr("collected files are read from {}", self._folder)

    def close(self) -> None:
        """There is nothing to give back."""


def _unread(path: str, why: str) -> Unread:
    mend = "Collect it again: gpresult /r /scope computer, run elevated on the server."
    return Unread(file_name(path), tr("{} ({}): {}", path, "files.collected_gpresult", why), mend)


def decoded(data: bytes) -> str:
    """The text, as PowerShell, the console of any language, or an editor wrote it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[:400].count(0) > len(data[:400]) // 3:
        return data.decode("utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp850", "replace")


def _of_json(text: str, name: str) -> Iterator[GroupList]:
    try:
        document = msgspec.json.decode(text.encode())
    except (msgspec.MsgspecError, RecursionError):
        raise ValueError("it is no JSON") from None
    for row in document if isinstance(document, list) else [document]:
        if not isinstance(row, dict):
            raise ValueError("one of its entries is no server with groups")  # noqa: TRY004
        fields = {str(key).lower(): value for key, value in row.items()}
        server = next((str(fields[key]) for key in _SERVER if fields.get(key)), _stem(name))
        groups = fields.get("groups")
        if not isinstance(groups, list):
            raise ValueError(tr("the groups of {} are no list", server))  # noqa: TRY004
        yield _listed(server, [_name_in(one) for one in groups], name)


def _name_in(value: Any) -> str:  # noqa: ANN401 - a value of a stranger's JSON
    if isinstance(value, dict):
        fields = {str(key).lower(): one for key, one in value.items()}
        return "  ".join(str(fields[key]) for key in ("name", "group", "sid") if fields.get(key))
    return str(value)


def _of_text(text: str, name: str) -> GroupList:
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if _NAME.match(line)]
    if not starts:
        if not any(_SID.search(line) for line in lines):
            raise ValueError("no list of groups was found in it")
        return _listed(_stem(name), [line for line in lines if _SID.search(line)], name)
    # The computer's part comes first; the user's begins with the user's distinguished name.
    end = starts[1] if len(starts) > 1 else len(lines)
    found = _NAME.match(lines[starts[0]])
    computer = "" if found is None else found[1].strip()
    stem = _stem(name)
    if stem.partition(".")[0].lower() == computer.lower():
        computer = stem  # the file's name may be the full one
    return _listed(computer or stem, _indented(lines[starts[0] + 1 : end]), name)


def _indented(lines: Sequence[str]) -> list[str]:
    r"""The list of groups: what stands further in than its underlined heading.

    Lists of policies look alike; that of groups holds one with an authority in front, such as
    ``BUILTIN\Users``, in whatever language.
    """
    blocks: list[list[str]] = []
    depth = None
    for line in lines:
        if _UNDERLINE.match(line):
            depth = len(line) - len(line.lstrip())
            blocks.append([])
        elif line.strip() and depth is not None and len(line) - len(line.lstrip()) > depth:
            blocks[-1].append(line)
    return next((one for one in blocks if any(map(_QUALIFIED.match, one))), [])


def _listed(computer: str, lines: Sequence[str], name: str) -> GroupList:
    groups, sids = [], []
    for line in lines:
        group = _BEFORE_SID.split(line.strip().strip('"'))[0].rpartition("\\")[2].strip()
        if group and not _SID.fullmatch(group):
            groups.append(group)
        sids += _SID.findall(line)
    return GroupList(computer, tuple(dict.fromkeys(groups)), tuple(dict.fromkeys(sids)), name)


def _stem(name: str) -> str:
    """The name without what editors and people add."""
    return re.sub(r"(?i)\.(txt|log|json|csv)$|[-_ ]?gpresult[-_ ]?", "", name).strip("._- ") or name


def connect(engagement: Engagement) -> GpresultConnector:
    """The connector for the collected files of an engagement."""
    return GpresultConnector(engagement.folder)
