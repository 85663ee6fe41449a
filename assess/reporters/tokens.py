"""Colours by their role. Lowest contrast on any ground of its own: 4.9 for text, 5.3 for a status.

The six hues of the statuses have nearly the same lightness: the shape of the mark and the word
carry the meaning, colour helps.
"""

from collections.abc import Mapping

from assess.model import Status

Palette = Mapping[str, str]

LIGHT: Palette = {
    "paper": "#FFFFFF",
    "ground": "#F4F5F2",
    "sunk": "#EDEFEB",
    "line": "#D3D7D1",
    "line-strong": "#7C857F",
    "ink": "#17201D",
    "ink2": "#46524D",
    "ink3": "#5D6963",
    "accent": "#0B5566",
    "accent-soft": "#E2EEF0",
    "fail": "#A3201B",
    "fail-soft": "#FBEAE7",
    "warn": "#8A4B00",
    "warn-soft": "#FBF0DD",
    "unknown": "#5B2A86",
    "unknown-soft": "#F1EAF8",
    "manual": "#1F4E9E",
    "manual-soft": "#E8EFFA",
    "pass": "#17664A",
    "pass-soft": "#E4F2EB",
    "na": "#5A645F",
    "na-soft": "#ECEEEC",
}
DARK: Palette = {
    "paper": "#1B2220",
    "ground": "#121816",
    "sunk": "#242D2A",
    "line": "#36413D",
    "line-strong": "#84918B",
    "ink": "#ECF1EE",
    "ink2": "#BAC6C0",
    "ink3": "#9AA8A1",
    "accent": "#7CCBDC",
    "accent-soft": "#17353C",
    "fail": "#FF9C92",
    "fail-soft": "#43211F",
    "warn": "#F3B765",
    "warn-soft": "#3D2D14",
    "unknown": "#CDA9F5",
    "unknown-soft": "#33264A",
    "manual": "#9CC0FF",
    "manual-soft": "#1F2F4D",
    "pass": "#74D3A5",
    "pass-soft": "#173729",
    "na": "#A9B5AF",
    "na-soft": "#2A3330",
}
PRINT: Palette = {**LIGHT, "ground": "#FFFFFF", "line": "#C9CEC8"}
# For inline charts in a page that has the palette as custom properties.
VARIABLES: Palette = {name: f"var(--{name})" for name in LIGHT}

# The short name of a status in style sheets and palettes.
SHORT: Mapping[Status, str] = {
    Status.FAIL: "fail",
    Status.UNKNOWN: "unknown",
    Status.WARN: "warn",
    Status.MANUAL: "manual",
    Status.PASS: "pass",
    Status.NOT_APPLICABLE: "na",
}
