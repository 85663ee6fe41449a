"""The look of the assessor's house: accent, font, logos and texts. All else stays as it is.

The colours of the statuses are never changed: they mean something. What is here was checked when
the engagement file was read; reports lay it out.
"""

import msgspec

from assess.reporters.tokens import DARK, LIGHT, PRINT, Palette

LEAST_CONTRAST = 4.5
# What text and links in the accent stand on.
GROUNDS = ("paper", "ground", "sunk")
_SOFT = 0.12
_STEP = 0.02


class Picture(msgspec.Struct, frozen=True):
    """A logo, sanitised, as the address of what is in it; ``alt`` is whose it is."""

    address: str
    alt: str


class Brand(msgspec.Struct, frozen=True):
    """What a report takes from the house; empty: as the product has it.

    ``logo`` is the house's, ``customer`` the customer's. ``templates`` is the folder of the
    house's own templates.
    """

    accent: str = ""
    font: str = ""
    company: str = ""
    footer: str = ""
    confidentiality: str = ""
    logo: Picture | None = None
    customer: Picture | None = None
    templates: str = ""

    @property
    def light(self) -> Palette:
        """The palette by day."""
        return _with(LIGHT, self.accent)

    @property
    def dark(self) -> Palette:
        """The palette by night: the accent as light as it must be there."""
        return _with(DARK, lightened(self.accent, DARK) if self.accent else "")

    @property
    def paper(self) -> Palette:
        """The palette on paper."""
        return _with(PRINT, self.accent)

    def kept(self, usual: str) -> str:
        """What the foot of a page says."""
        return self.confidentiality or usual


PLAIN = Brand()


def contrast(one: str, other: str) -> float:
    """How far two colours (#RRGGBB) are apart, 1 to 21, as WCAG 2 reckons it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def weakest(accent: str, palette: Palette) -> tuple[float, str]:
    """The ground on which an accent is hardest to read, after its contrast there."""
    return min((contrast(accent, palette[ground]), ground) for ground in GROUNDS)


def lightened(accent: str, palette: Palette) -> str:
    """The accent, with as much white as it takes to be read on every ground of a dark palette."""
    share = 0.0
    while weakest(made := mixed(accent, "#FFFFFF", share), palette)[0] < LEAST_CONTRAST:
        share += _STEP
    return made


def mixed(one: str, other: str, share: float) -> str:
    """``one`` with a share, 0 to 1, of ``other``."""
    share = min(max(share, 0.0), 1.0)
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _with(palette: Palette, accent: str) -> Palette:
    if not accent:
        return palette
    share = _SOFT
    while (
        contrast(accent, soft := mixed(palette["paper"], accent, share)) < LEAST_CONTRAST
        and share > 0
    ):
        share -= _STEP
    return {**palette, "accent": accent, "accent-soft": soft}


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - of sRGB


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
