"""The people of a large customer, always the same: in the directory, in the tenant and at the site.

Nothing is imported but the standard library: the system's own Python reads this too.
"""

import uuid
from collections.abc import Iterator
from typing import NamedTuple

DOMAIN = "big.contoso.test"
NETBIOS = "BIG"
HOST = f"dc1.{DOMAIN}"
ADDRESS = "127.77.0.40"
BASE = ",".join(f"DC={label}" for label in DOMAIN.split("."))
SUFFIXES = ("contoso.com", "corp.local")
READER = f"svc-assess@{DOMAIN}"
READER_PASSWORD = "Read-0nly!Lab"
ADMIN_PASSWORD = "Passw0rd!Lab"

_IN_ONE_UNIT = 1000
_ANCHORS = uuid.UUID("7a5b1c9e-0000-4000-8000-00000000b165")
_GIVEN = (
    "ann",
    "ben",
    "cara",
    "dan",
    "eve",
    "finn",
    "gina",
    "hal",
    "ida",
    "jon",
    "kim",
    "leo",
    "mia",
)
_FAMILY = ("archer", "baker", "cole", "dorn", "ebert", "fox", "grant", "hope", "ives", "jarvis")


class Person(NamedTuple):
    """One user account."""

    number: int
    account: str
    upn: str | None
    mail: str
    addresses: tuple[str, str]
    enabled: bool
    anchor: uuid.UUID

    @property
    def unit(self) -> str:
        """The organisational unit."""
        return f"Staff{self.number // _IN_ONE_UNIT:03}"


def people(count: int) -> Iterator[Person]:
    """5 % have a private suffix, 2 % no name, 1 % a forbidden letter; 4 % have left."""
    for number in range(count):
        given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number // 7 % len(_FAMILY)]
        mail = f"{given}.{family}.{number}@contoso.com"
        yield Person(
            number=number,
            account=f"u{number:06}",
            upn=_upn(number, mail),
            mail=mail,
            addresses=(f"SMTP:{mail}", f"smtp:{given[0]}{family}{number}@contoso.com"),
            enabled=number % 25 != 7,
            anchor=uuid.uuid5(_ANCHORS, str(number)),
        )


def _upn(number: int, mail: str) -> str | None:
    name, _, _ = mail.partition("@")
    if number % 20 == 0:
        return f"{name}@corp.local"
    if number % 50 == 1:
        return None
    return f"é{mail}" if number % 100 == 3 else mail
