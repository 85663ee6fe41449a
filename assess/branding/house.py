"""The brand of an engagement file: [report] brand and templates, logo, assessor and footer."""

import re
from pathlib import Path
from typing import Any

from assess.branding.logo import picture
from assess.engagement import Engagement
from assess.errors import EngagementError
from assess.reporters.brand import LEAST_CONTRAST, Brand, Picture, weakest
from assess.reporters.tokens import LIGHT

_KNOWN = ("accent", "logo", "font", "company", "footer", "confidentiality")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_FONT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{0,60}")
_LONGEST = 160
_ON = {"paper": "paper", "ground": "the ground of the page", "sunk": "the ground of tables"}


def brand_of(engagement: Engagement, *, names: bool = True) -> Brand:
    """The brand. Raises EngagementError, naming the key and the mend.

    ``names``: whether a person may be named; else the assessor stays out.
    """
    told: dict[str, Any] = engagement.get("report.brand") or {}
    texts = {name: _text(name, told.get(name, "")) for name in told}
    for name in told:
        if name not in _KNOWN:
            raise EngagementError(
                f"report.brand: {name} is not known here; known are {', '.join(_KNOWN)}."
            )
    logo = texts.get("logo", "")
    company = texts.get("company", "") or _one_line(
        engagement, "engagement.assessor" if names else ""
    )
    customer = engagement.path("engagement.logo")
    templates = engagement.path("report.templates")
    if templates is not None and not templates.is_dir():
        raise EngagementError(f"report.templates: there is no folder {templates}.")
    return Brand(
        accent=_accent(texts.get("accent", "")),
        font=_font(texts.get("font", "")),
        company=company,
        footer=texts.get("footer", ""),
        confidentiality=texts.get("confidentiality", "")
        or _one_line(engagement, "engagement.confidentiality"),
        logo=_logo(engagement.folder / logo, "report.brand.logo", company) if logo else None,
        customer=None
        if customer is None
        else _logo(customer, "engagement.logo", engagement.customer),
        templates="" if templates is None else str(templates.resolve()),
    )


def _logo(path: Path, key: str, whose: str) -> Picture:
    return Picture(picture(path, key), whose or "Logo")


def _one_line(engagement: Engagement, key: str) -> str:
    return " ".join(str(engagement.get(key) or "").split())[:_LONGEST] if key else ""


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise EngagementError(f'report.brand: {name} is a text in quotes, such as {name} = "…".')
    plain = " ".join(value.split())
    if len(plain) > _LONGEST:
        raise EngagementError(f"report.brand: {name} is longer than {_LONGEST} characters.")
    return plain


def _accent(value: str) -> str:
    if not value:
        return ""
    if not _COLOUR.fullmatch(value):
        raise EngagementError(f"report.brand: accent {value!r} is no colour such as #0B5566.")
    found, ground = weakest(value, LIGHT)
    if found < LEAST_CONTRAST:
        raise EngagementError(
            f"report.brand: accent {value} cannot be read: its contrast on {_ON[ground]} "
            f"({LIGHT[ground]}) is {found:.1f}:1, and {LEAST_CONTRAST}:1 is the least that people "
            "with weak eyes need. Choose a darker one."
        )
    return value.upper()


def _font(value: str) -> str:
    if value and not _FONT.fullmatch(value):
        raise EngagementError(
            f"report.brand: font {value!r} is no name of an installed font, such as Noto Sans."
        )
    return value
