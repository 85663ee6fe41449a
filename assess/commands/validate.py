"""`assess validate FILE`: check an engagement file."""

from pathlib import Path

import click

from assess.branding.house import brand_of
from assess.commands import options
from assess.discover import language_for, library
from assess.engagement import Engagement, key_definitions, load
from assess.errors import EngagementError
from assess.keys import needed_keys
from assess.notices.telling import channels_of
from assess.output import put, put_json, say


@click.command("validate", epilog="Example: assess validate contoso.toml")
@options.engagement_file
@options.json_option
def command(file: Path, *, as_json: bool) -> int:
    """Check an engagement file, and that the files it names exist; connect to nothing."""
    engagement = load(file)
    channels_of(engagement)
    absent = absent_files(engagement)
    if absent:
        raise EngagementError(
            "\n".join(f"{engagement.file}: {key}: {path} does not exist." for key, path in absent)
        )
    brand_of(engagement)
    language_for(engagement)
    unanswered = [
        key for key in needed_keys(library(), engagement.scenarios) if engagement.get(key) is None
    ]
    if as_json:
        put_json(
            {"file": engagement.file, "scenarios": engagement.scenarios, "unanswered": unanswered}
        )
        return 0
    put(
        f"{engagement.file} is in order: {len(engagement.values)} keys, "
        f"{', '.join(engagement.scenarios)}."
    )
    for name in engagement.values:
        if name in key_definitions() and key_definitions()[name].planned:
            say(f"{name} is read, but this version does nothing with it yet.")
    if unanswered:
        say(
            f"{len(unanswered)} keys that these scenarios use are not set; their findings will be "
            "manual or unknown:"
        )
        for key in unanswered:
            say(f"  {key}")
    return 0


def absent_files(engagement: Engagement) -> list[tuple[str, Path]]:
    """Files and folders that the engagement names and that are not there."""
    named = [
        (name, value)
        for name, value in engagement.values.items()
        if name.startswith("files.") or name.endswith(("ca_file", ".certificate", ".logo"))
    ]
    absent = []
    for name, value in named:
        for path in value if isinstance(value, list) else [value]:
            if not (engagement.folder / path).exists():
                absent.append((name, engagement.folder / path))  # noqa: PERF401 - reads as it is
    return absent
