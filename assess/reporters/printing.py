"""report.pdf where its own renderer cannot run: an installed browser prints report.html.

The browser gets a profile of its own that is gone afterwards, no script and no network: every name
leads nowhere, and the page's policy lets it load nothing. Its date is that of the results.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from assess.catalogue import Catalogue
from assess.errors import Unavailable
from assess.language import msg, tr
from assess.reporters import html
from assess.reporters.brand import PLAIN, Brand
from assess.results import Results

NOTE = msg(
    "printed by {browser} from report.html, since the renderer of the PDF is not here: without "
    "contents and attached results.json ({reason})"
)
_BY_HAND = msg("Print report.html by hand.")
_NAMES = ("microsoft-edge", "msedge", "google-chrome", "google-chrome-stable", "chromium",
          "chromium-browser", "chrome")  # fmt: skip
# Where installers put it, below the folders that Windows and macOS keep programs in.
_PLACES = (
    "Microsoft/Edge/Application/msedge.exe",
    "Google/Chrome/Application/chrome.exe",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
)
_FOLDERS = ("ProgramFiles(x86)", "ProgramFiles", "LOCALAPPDATA")
_OPTIONS = (
    "--headless=new", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
    "--disable-extensions", "--disable-sync", "--disable-background-networking",
    "--disable-component-update", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)  # fmt: skip
_SECONDS = 120.0
_DATE = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}")


def browser(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The Edge or Chrome that is installed here, or None."""
    for name in _NAMES:
        if found := shutil.which(name, path=environment.get("PATH")):
            return Path(found)
    return next((place for place in _places(environment) if place.is_file()), None)


def _places(environment: Mapping[str, str]) -> Iterator[Path]:
    folders = [environment[name] for name in _FOLDERS if environment.get(name)]
    for place in _PLACES:
        yield from (Path(folder, place) for folder in [*folders, "/Applications"])


def render(
    results: Results, *, library_catalogue: Catalogue, program: Path, brand: Brand = PLAIN
) -> bytes:
    """The report as a PDF. Raises Unavailable where the browser prints none."""
    with tempfile.TemporaryDirectory(prefix="assess-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        page, target = folder / "report.html", folder / "report.pdf"
        made = html.render(
            results, library_catalogue=library_catalogue, brand=brand, script=False
        )
        page.write_bytes(made)
        _run(
            [
                str(program), *_OPTIONS, *_as_root(), f"--user-data-dir={folder / 'profile'}",
                f"--print-to-pdf={target}", page.as_uri(),
            ],
            program,
        )  # fmt: skip
        try:
            data = target.read_bytes()
        except OSError:
            data = b""
    if not data.startswith(b"%PDF-"):
        raise Unavailable(tr("{program} printed no PDF", program=program.name), tr(_BY_HAND))
    moment = f"{results.as_of:%Y%m%d%H%M%S}".encode()
    return _DATE.sub(rb"\g<1>" + moment, data)


def _as_root() -> tuple[str, ...]:
    """A browser refuses to run as root inside its sandbox; the page is ours and runs no script."""
    return ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()


def _run(command: list[str], program: Path) -> None:
    try:
        subprocess.run(  # noqa: S603 - a browser that was looked for by name, and paths of ours
            command, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        why = tr(
            "{program} did not print report.html: {error}",
            program=program.name,
            error=type(error).__name__,
        )
        raise Unavailable(why, tr(_BY_HAND)) from None
