"""The template engine of the reports: escapes everything, and knows no undefined name.

A house's own templates stand before ours, file by file. They run in a sandbox, see what ours see,
are read from their folder alone, and cannot switch escaping off. What they say goes through ``tr``,
``trn`` and ``tr_html``, numbers through ``figure``: in the language in force.
"""

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from string import Template

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
    pass_context,
)
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from assess.errors import Unavailable
from assess.language import ENGLISH, figure, lookup, spoken, tr, trn
from assess.reporters.tokens import Palette

_PAGES = re.compile(r"\{(page|pages)\}")
_BREAKS = re.compile(r"(?<=[./\\@_-])(?=.)")
# What may be a name: punctuation within, a digit, a capital that no sentence puts there.
_NAME = re.compile(r"\S*(?:\w[._@\\/:]\w|\d|[a-zA-Z][A-Z])\S*")

_LARGEST = 1 << 20


class _Own(BaseLoader):
    """Templates of one folder: plain files in it, and none that a link leads out of it to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template. Raises TemplateSyntaxError where it switches escaping off."""
        if "/" in template or "\\" in template or not template.endswith(".j2"):
            raise TemplateNotFound(template)
        path = (self._folder / template).resolve()
        if path.parent != self._folder or not path.is_file():
            raise TemplateNotFound(template)
        if path.stat().st_size > _LARGEST:
            raise TemplateSyntaxError("it is larger than 1 MB", 1, template, str(path))
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise TemplateSyntaxError("it is not UTF-8 text", 1, template, str(path)) from None
        for found in environment.parse(text, template, str(path)).find_all(
            nodes.EvalContextModifier
        ):
            raise TemplateSyntaxError(
                "escaping stays on: autoescape is not for templates to change",
                found.lineno,
                template,
                str(path),
            )
        return text, str(path), lambda: True


@cache
def environment(own: str = "") -> Environment:
    """The engine, with the filters that templates use. ``own``: the folder of a house's own."""
    ours = PackageLoader("templates", ".")
    kind = SandboxedEnvironment if own else Environment
    engine = kind(
        loader=ChoiceLoader([_Own(Path(own)), ours]) if own else ours,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.globals.update(tr=tr, trn=trn, tr_html=tr_html, lookup=lookup)
    engine.filters["brief"] = brief
    engine.filters["breakable"] = breakable
    engine.filters["figure"] = _figure
    engine.filters["unbroken"] = _unbroken
    if own:
        del engine.filters["safe"]
    return engine


@contextmanager
def naming_faults(own: str) -> Iterator[None]:
    """A fault in a house's own template is Unavailable, with file, line and mend."""
    try:
        yield
    except Exception as error:
        place = _place(error, own) if own else ""
        if not place:
            raise
        said = error.message if isinstance(error, TemplateError) else error
        raise Unavailable(
            tr("the template {place}: {said}", place=place, said=said),
            tr(
                "Mend it, or take its file out of the folder of [report] templates: then the "
                "product's own is used."
            ),
        ) from error


def _place(error: Exception, own: str) -> str:
    """File and line in the folder of the house's templates; empty: the fault is elsewhere."""
    folder = Path(own).resolve()
    if isinstance(error, TemplateSyntaxError) and error.filename:
        path = Path(error.filename)
        return _line(path, error.lineno) if path.parent == folder else ""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).parent == folder]
    return _line(Path(inside[-1].filename), inside[-1].lineno or 0) if inside else ""


def _line(path: Path, number: int) -> str:
    return tr("{file}, line {number}", file=path.name, number=number)


def compile_templates(suffix: str) -> None:
    """Compile every template of one format ahead of time."""
    for name in environment().list_templates(filter_func=lambda name: name.endswith(suffix)):
        environment().get_template(name)


def tr_html(text: str, /, **values: object) -> Markup:
    """The sentence in the language in force; it may hold markup, its values may not."""
    safe = {
        name: escape(lookup(value)) if isinstance(value, str) else value
        for name, value in values.items()
    }
    return Markup(tr(text, **safe))  # noqa: S704 - ours, and a language file has the same markup


def brief(text: str, most: int) -> str:
    """The text, or as many whole words as fit and an ellipsis."""
    if len(text) <= most:
        return text
    cut = text[:most]
    return f"{cut.rpartition(' ')[0] or cut}…"


def breakable(text: str) -> Markup:
    """An identifier, escaped, that may break after its punctuation."""
    return Markup("<wbr>").join(_BREAKS.split(text))


def unbroken(text: str) -> str:
    """The text, its names marked so that no hyphen is put into them; English is not hyphenated."""
    if spoken().code == ENGLISH.code:
        return text
    marked, at = Markup(), 0
    for found in _NAME.finditer(text):
        marked += text[at : found.start()]
        marked += Markup('<span class="id">{}</span>').format(found[0])
        at = found.end()
    return marked + text[at:]


# With the context, so that a value known at compile time waits for the language of the run.
@pass_context
def _figure(_: Context, value: float) -> str:
    return figure(value)


@pass_context
def _unbroken(_: Context, text: str) -> str:
    return unbroken(text)


def in_css(text: str) -> str:
    """A text as the inside of a string of a style sheet."""
    return "".join(one if one.isalnum() or one in " .,·-" else f"\\{ord(one):06x}" for one in text)


def content(sentence: str, page: str) -> str:
    """A sentence of pages as the content of a box: its words as strings, its holes as counters.

    ``page``: the counter that stands for ``{page}``.
    """
    counters = {"page": page, "pages": "counter(pages)"}
    parts = enumerate(_PAGES.split(sentence))
    return " ".join(
        counters[part] if place % 2 else f'"{in_css(part)}"' for place, part in parts if part
    )


def stylesheet(name: str, palette: Palette, **values: str) -> str:
    """A style sheet with the roles of the palette and other constants filled in."""
    text = resources.files("templates").joinpath(name).read_text(encoding="utf-8")
    colours = {role.replace("-", "_"): colour for role, colour in palette.items()}
    return Template(text).substitute(colours, **values)
