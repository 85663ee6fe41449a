"""The covering letter: Markdown of the assessor's, as each report can hold it.

Paragraphs, headings, lists, quotations, code, emphasis and links (https, http, mailto). No HTML:
tags are shown as the text that they are. No pictures: nothing may be loaded from elsewhere.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_SCHEMES = ("https", "http", "mailto")
# Below the title that the report gives the letter; one level, so that none is left out.
_HEADING = "h3"
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>#|!&~"})
_EMPHASIS = {"strong_open": "**", "strong_close": "**", "em_open": "*", "em_close": "*"}
_NESTED = 20


@cache
def _parser() -> MarkdownIt:
    """The parser of the subset; what it does not know stays text."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _NESTED})
    parser.disable(["image", "html_block", "html_inline", "reference"])
    parser.validateLink = _followed  # type: ignore[method-assign]
    return parser


def _followed(url: str) -> bool:
    """Whether a reader may follow a link: an address of the web or of mail, with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname or parts.scheme == "mailto")


def _parsed(text: str) -> list[Token]:
    tokens = _parser().parse(text)
    for token in tokens:
        token.info = ""
        if token.type.startswith("heading_"):
            token.tag = _HEADING
        for inside in token.children or ():
            if inside.type == "link_open":
                inside.attrs = {"href": inside.attrs["href"], "rel": "noreferrer noopener"}
    return tokens


def to_html(text: str) -> Markup:
    """The letter as HTML of the subset's own elements, all text escaped."""
    parser = _parser()
    tokens = _parsed(text)
    made = parser.renderer.render(tokens, parser.options, {})
    return Markup(made)  # noqa: S704 - made of escaped text and elements of the subset


def to_lines(text: str) -> list[str]:
    """The letter as plain lines, one a paragraph or item; for cells."""
    return [line for line, _ in _lines(_parsed(text), markdown=False) if line.strip()]


def to_markdown(text: str) -> list[str]:
    """The letter as Markdown that no reader takes for HTML; headings one below the report's."""
    lines: list[str] = []
    listed = False
    for line, item in _lines(_parsed(text), markdown=True):
        if not (item and listed):
            lines.append("")
        lines.append(line)
        listed = item
    return lines


def _lines(  # noqa: C901, PLR0912 - one case a kind of token
    tokens: Sequence[Token], *, markdown: bool
) -> Iterator[tuple[str, bool]]:
    """Each paragraph, heading, item and line of code, and whether it is an item of a list."""
    lists: list[int | None] = []
    quoted = 0
    item = heading = ""
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                item = "- " if number is None else f"{number}. "
                lists[-1] = None if number is None else number + 1
            case "blockquote_open":
                quoted += 1
            case "blockquote_close":
                quoted -= 1
            case "heading_open":
                heading = "### " if markdown else ""
            case "inline":
                step = "    " if markdown else "  "
                indent = step * max(0, len(lists) - 1) + ("" if item or not lists else step)
                before = "> " * quoted + indent + item + heading
                yield before + _inline(token.children or (), markdown=markdown), bool(lists)
                item = heading = ""
            case "fence" | "code_block":
                for line in token.content.splitlines():
                    yield (f"    {line}" if markdown else line), False
            case "hr":
                yield ("---" if markdown else "—"), False
            case _:
                pass


def _inline(tokens: Sequence[Token], *, markdown: bool) -> str:
    said: list[str] = []
    links: list[str] = []
    for token in tokens:
        match token.type:
            case "text" | "code_inline":
                said.append(token.content.translate(_MARKDOWN) if markdown else token.content)
            case "softbreak" | "hardbreak":
                said.append(" ")
            case "link_open":
                links.append(str(token.attrs["href"]))
                said.append("[" if markdown else "")
            case "link_close":
                url = links.pop()
                said.append(f"](<{url}>)" if markdown else f" ({url})")
            case kind if kind in _EMPHASIS and markdown:
                said.append(_EMPHASIS[kind])
            case _:
                pass
    return "".join(said)
