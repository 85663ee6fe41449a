"""The template engine of the reports: escapes everything, and knows no undefined name."""

import re
from functools import cache
from importlib import resources
from string import Template

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assess.reporters.tokens import Palette

_BREAKS = re.compile(r"(?<=[./\\@_-])(?=.)")


@cache
def environment() -> Environment:
    """The engine, with the filters that templates use."""
    engine = Environment(
        loader=PackageLoader("templates", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters["brief"] = brief
    engine.filters["breakable"] = breakable
    return engine


def compile_templates(suffix: str) -> None:
    """Compile every template of one format ahead of time."""
    for name in environment().list_templates(filter_func=lambda name: name.endswith(suffix)):
        environment().get_template(name)


def brief(text: str, most: int) -> str:
    """The text, or as many whole words as fit and an ellipsis."""
    if len(text) <= most:
        return text
    cut = text[:most]
    return f"{cut.rpartition(' ')[0] or cut}…"


def breakable(text: str) -> Markup:
    """An identifier, escaped, that may break after its punctuation."""
    return Markup("<wbr>").join(_BREAKS.split(text))


def stylesheet(name: str, palette: Palette, **values: str) -> str:
    """A style sheet with the roles of the palette and other constants filled in."""
    text = resources.files("templates").joinpath(name).read_text(encoding="utf-8")
    colours = {role.replace("-", "_"): colour for role, colour in palette.items()}
    return Template(text).substitute(colours, **values)
