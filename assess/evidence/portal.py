"""What Microsoft Graph knows of the Company Portal: name, look, contact and privacy."""

from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.dns import Address, AddressBook, plain
from assess.evidence.enrolment import SERVICE
from assess.evidence.graph import Flag, GraphOne, Number, Text
from assess.evidence.http import HttpAnswer, StatusLine
from assess.evidence.people import Names, Naming


class Colour(msgspec.Struct, frozen=True, rename="camel"):
    """Red, green and blue, 0 to 255."""

    r: Number = UNSET
    g: Number = UNSET
    b: Number = UNSET


class Picture(msgspec.Struct, frozen=True, rename="camel"):
    """That there is a picture, and of which type; the picture itself is not kept."""

    type: Text = UNSET


class Brand(msgspec.Struct, frozen=True, rename="camel"):
    """What the Company Portal shows of the company."""

    display_name: Text = UNSET
    privacy_url: Text = UNSET
    theme_color: Colour | UnsetType | None = UNSET
    show_logo: Flag = UNSET
    light_background_logo: Picture | UnsetType | None = UNSET
    dark_background_logo: Picture | UnsetType | None = UNSET
    contact_name: Text = msgspec.field(name="contactITName", default=UNSET)
    contact_phone: Text = msgspec.field(name="contactITPhoneNumber", default=UNSET)
    contact_mail: Text = msgspec.field(name="contactITEmailAddress", default=UNSET)
    contact_notes: Text = msgspec.field(name="contactITNotes", default=UNSET)
    online_support_site_url: Text = UNSET
    online_support_site_name: Text = UNSET
    people: ClassVar[Names] = {
        "contact_name": Naming.NAME, "contact_phone": Naming.FREE, "contact_mail": Naming.ACCOUNT,
        "contact_notes": Naming.FREE,
    }  # fmt: skip


class Branded(msgspec.Struct, frozen=True, rename="camel"):
    """The tenant's device management, of which only the brand is wanted."""

    intune_brand: Brand | UnsetType | None = UNSET


class IntuneBrand(GraphOne, frozen=True):
    """The customisation of the Company Portal."""

    answer: ClassVar[Any] = Branded
    path: ClassVar[str] = "/deviceManagement"
    item: ClassVar[type[msgspec.Struct]] = Branded
    permissions: ClassVar[tuple[str, ...]] = SERVICE


def privacy_address(branded: Branded) -> str:
    """The address of the privacy statement; empty where there is none."""
    brand = branded.intune_brand
    address = brand.privacy_url if isinstance(brand, Brand) else None
    return address.strip() if isinstance(address, str) else ""


class PrivacyPage(StatusLine, frozen=True):
    """The status line of the privacy statement that the Company Portal links to."""

    answer: ClassVar[Any] = HttpAnswer
    url: str = ""

    def requires(self) -> tuple[Ask, ...]:
        """The brand, which has the address."""
        return (IntuneBrand(),)

    def bind(self, known: Known) -> Self:
        """The address that is entered."""
        return type(self)(_entered(known))


class PrivacyAddress(Address, frozen=True):
    """The addresses of the host of the privacy statement."""

    answer: ClassVar[Any] = AddressBook
    names: str | tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The brand, which has the address."""
        return (IntuneBrand(),)

    def bind(self, known: Known) -> Self:
        """The host, in its plain form."""
        try:
            host = urlsplit(_entered(known)).hostname or ""
        except ValueError:
            host = ""
        return msgspec.structs.replace(self, names=(plain(host),))


def _entered(known: Known) -> str:
    address = privacy_address(known.answer(IntuneBrand()))
    if not address:
        raise Unavailable("no address of a privacy statement is entered", skipped=True)
    return address
