"""What can be asked of the files of Apple's programmes: public key, server token, serial numbers.

Source ``certificate-file`` for the first two, ``config`` for the serial numbers, which the
engagement file may hold itself. Nothing of a token is kept but what kind of thing the file is.
"""

from datetime import datetime
from typing import Any, ClassVar, Self

import msgspec

from assess.evidence import Ask, Known
from assess.evidence.certificates import FileAsk
from assess.evidence.people import Names, Naming, Pairs
from assess.language import msg, tr


class PublicKey(msgspec.Struct, frozen=True):
    """The public key in a file; ``form`` is ``certificate`` or ``public key``."""

    name: str
    form: str
    key_text: str


class PublicKeyIn(FileAsk, frozen=True):
    """The public key in a PEM file, bare or in a certificate."""

    answer: ClassVar[Any] = PublicKey

    def describe(self) -> str:
        """The file, and the key that names it."""
        return tr("the public key in {}", super().describe())


class Envelope(msgspec.Struct, frozen=True):
    """What kind of thing a file is. ``enveloped``: encrypted PKCS #7, as a server token is.

    ``kind`` says it in words whatever it is; ``modified`` is the file's date, aware.
    """

    name: str
    enveloped: bool
    kind: str
    modified: datetime


class EnvelopeIn(FileAsk, frozen=True):
    """Whether a file is an S/MIME envelope. It is not opened."""

    answer: ClassVar[Any] = Envelope

    def describe(self) -> str:
        """The file, and the key that names it."""
        return tr("the envelope in {}", super().describe())


class Serials(msgspec.Struct, frozen=True):
    """Serial numbers of devices, upper case, each once, and by them the user's UPN if given."""

    numbers: tuple[str, ...]
    users: dict[str, str] = {}
    people: ClassVar[Names] = {
        "numbers": Naming.SERIAL, "users": Pairs(Naming.SERIAL, Naming.ACCOUNT),
    }  # fmt: skip


class ExpectedSerials(Ask, frozen=True):
    """The serial numbers that ``ios.serials`` lists, or that are in the file that it names."""

    source: ClassVar[str] = "config"
    answer: ClassVar[Any] = Serials
    permissions: ClassVar[tuple[str, ...]] = (msg("read access to the file of ios.serials"),)
    path: str = "{ios.serials}"
    listed: tuple[str, ...] = ()

    def bind(self, known: Known) -> Self:
        """The list itself, or the path of the file."""
        value = known.key("ios.serials")
        return type(self)(value) if isinstance(value, str) else type(self)("", tuple(value))

    def describe(self) -> str:
        """The key, and the file that it names."""
        return tr("the serial numbers in {} (ios.serials)", self.path or tr("the engagement file"))
