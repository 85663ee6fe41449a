"""Writes what is generated: pages of keys and checks, the schema of results.json, the samples.

Run it as `make generated`; a test compares the files with what this would write.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assess.coverage import coverage  # noqa: E402 - the checkout comes first
from assess.discover import library  # noqa: E402
from assess.engagement import key_definitions  # noqa: E402
from assess.results import schema  # noqa: E402
from assess.wizard import sample  # noqa: E402
from docs.samples import of_demo, of_house  # noqa: E402


def pages() -> dict[str, str]:
    """Every generated file: path from the root to content."""
    return {
        "docs/engagement-file.md": engagement_file(),
        "docs/checks.md": checks(),
        "assess/results.schema.json": json.dumps(schema(), indent=1) + "\n",
    }


_ENGAGEMENT_FILE = """\
# The engagement file

TOML, one file a customer. `assess init` writes it, `assess validate` checks it. Paths are relative
to the file. A secret is never a literal: `{ env = "NAME" }`, `{ file = "path" }` or
`{ prompt = true }`. An absent section makes its findings *unknown* or *manual*, with the reason.
Made from `assess/keys.toml`."""


def engagement_file() -> str:
    """One table a section of the engagement file."""
    lines = [_ENGAGEMENT_FILE]
    section = ""
    for name, definition in key_definitions().items():
        if name.partition(".")[0] != section:
            section = name.partition(".")[0]
            title = "[[waivers]]" if section == "waivers" else f"[{section}]"
            lines += [
                "",
                f"## {title}",
                "",
                "| key | type | meaning | example |",
                "| --- | --- | --- | --- |",
            ]
        about = definition.about + (" (required)" if definition.required else "")
        about += " (not used by this version)" if definition.planned else ""
        cells = (
            f"`{name}`",
            _cell(definition.type),
            _cell(about),
            f"`{_cell(sample(definition))}`",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def checks() -> str:
    """Every requirement, how it is covered, and where it comes from."""
    known = library()
    covered = {one.requirement: one for one in coverage(known)}
    counts = {
        kind: sum(one.kind == kind for one in covered.values())
        for kind in ("measured", "partly", "asked", "none")
    }
    said = ", ".join(f"{number} {kind}" for kind, number in counts.items())
    lines = [
        "# The requirements and their checks",
        "",
        f"{len(covered)} requirements: {said}. Made from the catalogue.",
    ]
    for area, title in known.catalogue.areas.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| requirement | covered | title | documents |",
            "| --- | --- | --- | --- |",
        ]
        for requirement in known.catalogue.requirements.values():
            if requirement.area == area:
                papers = ", ".join(dict.fromkeys(source.document for source in requirement.sources))
                kind = covered[requirement.id].kind
                lines.append(
                    f"| `{requirement.id}` | {kind} | {_cell(requirement.title)} | {papers} |"
                )
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for place, content in pages().items():
        (ROOT / place).write_text(content, encoding="utf-8")
    of_demo(ROOT / "sample_reports")
    of_house(ROOT / "sample_reports" / "house")
