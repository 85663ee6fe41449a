"""What a server itself says about the groups in its token: collected outputs of gpresult or whoami.

Source ``config``: the files that ``files.collected_gpresult`` lists. Group names are as the
server shows them, without the domain in front; SIDs where the output has them.
"""

from typing import Any, ClassVar

import msgspec

from assess.evidence import Ask
from assess.evidence.certificates import Unread, same_computer
from assess.evidence.people import Names, Naming
from assess.language import msg, tr


class GroupList(msgspec.Struct, frozen=True):
    """The groups of one computer's own account. ``file``: the collected file, without folder."""

    computer: str
    groups: tuple[str, ...]
    sids: tuple[str, ...] = ()
    file: str = ""
    people: ClassVar[Names] = {"computer": Naming.DEVICE}

    def lists(self, name: str, sids: tuple[str, ...] = ()) -> bool:
        """The group is among them, by its name or by one of these SIDs."""
        wanted = name.strip().lower()
        return any(one.lower() == wanted for one in self.groups) or bool(set(sids) & set(self.sids))


class GroupLists(msgspec.Struct, frozen=True):
    """What was collected, and what of it could not be read."""

    lists: tuple[GroupList, ...]
    unread: tuple[Unread, ...] = ()

    def of(self, computer: str) -> tuple[GroupList, ...]:
        """The lists of a computer, by its full or its short name."""
        return tuple(one for one in self.lists if same_computer(one.computer, computer))


class CollectedGroups(Ask, frozen=True):
    """The groups in the tokens of servers, as ``gpresult /r`` or ``whoami /groups`` shows them."""

    source: ClassVar[str] = "config"
    answer: ClassVar[Any] = GroupLists
    permissions: ClassVar[tuple[str, ...]] = (msg("read access to the collected files"),)
    paths: tuple[str, ...] = ("{files.collected_gpresult}",)

    def describe(self) -> str:
        """The files."""
        return tr("the groups of servers in {} (files.collected_gpresult)", ", ".join(self.paths))
