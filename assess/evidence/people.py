"""Which parts of an answer name a person, or a person's device. Said once, where the Struct is.

    class Owner(msgspec.Struct, frozen=True):
        id: str
        upn: str
        people: ClassVar[Names] = {"upn": Naming.ACCOUNT}

What is marked is replaced where reports or evidence files show no names; what is not marked stays,
so a Struct that holds a person's name must say so. Names of servers, domains, groups and policies
are what findings are about: they stay.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Naming(StrEnum):
    """What a marked text is. ``EITHER``: an account if it looks like one, else a device."""

    ACCOUNT = "account"  # a UPN, a mail address, DOMAIN\\name, a name of an account alone
    NAME = "name"  # a name as people write it
    DEVICE = "device"
    SERIAL = "serial"
    DN = "dn"  # the distinguished name of a person's account
    EITHER = "either"
    FREE = "free"  # words or numbers of a person that nothing stands for


class Unless(NamedTuple):
    """Marked, unless another field of the Struct has one of these values."""

    kind: Naming
    field: str
    values: frozenset[object]


class Pairs(NamedTuple):
    """A mapping whose keys and values are marked; None: those are not."""

    keys: Naming | None
    values: Naming | None


Mark: TypeAlias = Naming | Unless | Pairs
# The field's name in Python to what it holds; ``field.key`` for one key of a mapping.
Names: TypeAlias = Mapping[str, Mark]
