"""Logos from strangers' files: PNG and SVG, reduced to what draws.

Of a PNG only the parts that hold the picture are kept. Of an SVG only shapes, text and gradients:
no script, no style sheet, no link, nothing that is fetched, nothing that grows when it is read.
"""

import base64
import re
import struct
import zlib
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

from assess.errors import EngagementError

LARGEST = 512 * 1024
_MOST_PIXELS = 4000
_MOST_ELEMENTS = 5000
_DEEPEST = 60
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_SVG = "http://www.w3.org/2000/svg"
_DRAWS = frozenset(
    {
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text",
        "tspan", "defs", "linearGradient", "radialGradient", "stop", "clipPath", "title", "desc",
    }
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {
        "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "dx", "dy",
        "width", "height", "viewBox", "preserveAspectRatio", "points", "transform", "id", "offset",
        "gradientUnits", "gradientTransform", "spreadMethod", "clipPathUnits", "clip-path",
        "clip-rule", "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width",
        "stroke-opacity",
        "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "opacity",
        "stop-color", "stop-opacity", "font-family", "font-size", "font-weight", "font-style",
        "text-anchor", "letter-spacing", "textLength", "version", "color", "display", "visibility",
    }
)  # fmt: skip
_LOCAL = re.compile(r"url\(\s*['\"]?#[\w.-]+['\"]?\s*\)")
_STYLE = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]+)")


def picture(path: Path, key: str) -> str:
    """The logo in a file, harmless, as a ``data:`` address. Raises EngagementError, naming why."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise EngagementError(f"{key}: {path.name} cannot be read: {error.strerror}.") from None
    try:
        if size > LARGEST:
            raise ValueError(f"it has {size:,} bytes, more than {LARGEST:,}")  # noqa: TRY301
        if data.startswith(_SIGNATURE):
            packed = base64.b64encode(png(data)).decode("ascii")
            return f"data:image/png;base64,{packed}"
        return f"data:image/svg+xml,{quote(svg(data))}"
    except ValueError as error:
        raise EngagementError(
            f"{key}: {path.name} is no logo that can be used: {error}. A PNG or a plain SVG is "
            "needed."
        ) from None


def png(data: bytes) -> bytes:
    """The picture alone: no text, no profile, nothing behind its end. Raises ValueError."""
    kept, place = [_SIGNATURE], len(_SIGNATURE)
    kinds: list[bytes] = []
    while place < len(data) and (not kinds or kinds[-1] != b"IEND"):
        if place + 12 > len(data):
            raise ValueError("the PNG is cut off")
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, end = data[place + 4 : place + 8], place + 12 + length
        chunk = data[place:end]
        if len(chunk) != 12 + length:
            raise ValueError("the PNG is cut off")
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            raise ValueError("the PNG is damaged")
        if kind in _KEPT:
            kept.append(chunk)
        kinds.append(kind)
        place = end
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise ValueError("the PNG is not whole")
    width, height = struct.unpack(">II", kept[1][8:16])
    if not (0 < width <= _MOST_PIXELS and 0 < height <= _MOST_PIXELS):
        raise ValueError(f"it has {width} x {height} pixels; at most {_MOST_PIXELS} each way")
    return b"".join(kept)


def svg(data: bytes) -> bytes:
    """The shapes alone. Raises ValueError where nothing is left, or it is no SVG."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is neither a PNG nor an SVG in UTF-8") from None
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise ValueError("an SVG with a DOCTYPE is not read; save it as plain SVG")
    if text.count("<") > 2 * _MOST_ELEMENTS:
        raise ValueError(f"it has more than {_MOST_ELEMENTS:,} elements")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no DOCTYPE, so no entity that could grow
    except ET.ParseError as error:
        raise ValueError(f"it is neither a PNG nor well-formed SVG ({error})") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError("it is neither a PNG nor an SVG")
    if "viewBox" not in root.attrib and not {"width", "height"} <= set(root.attrib):
        raise ValueError("the SVG has no size: it needs a viewBox, or width and height")
    _plain(root, 0)
    if not any(child.tag.rpartition("}")[2] not in ("title", "desc", "defs") for child in root):
        raise ValueError("the SVG draws nothing that can be kept")
    ET.register_namespace("", _SVG)
    drawn: bytes = ET.tostring(root, encoding="utf-8")
    return drawn


def _plain(element: ET.Element, depth: int) -> None:
    """Take out of an element whatever does not draw."""
    if depth > _DEEPEST:
        raise ValueError("the SVG is nested too deeply")
    style = element.attrib.pop("style", "")
    for found in _STYLE.finditer(style):
        element.attrib.setdefault(found[1], found[2].strip())
    for name in list(element.attrib):
        if name not in _ATTRIBUTES or not _harmless(element.attrib[name]):
            del element.attrib[name]
    for child in list(element):
        namespace, _, tag = str(child.tag).rpartition("}")
        if namespace != f"{{{_SVG}" or tag not in _DRAWS:
            element.remove(child)
        else:
            _plain(child, depth + 1)


def _harmless(value: str) -> bool:
    rest = _LOCAL.sub("", value).lower()
    return not re.search(r"url|script|import|expression|data:|[\\<>@]|//", rest)
