"""`assess permissions [FILE]`: the least read-only rights, and what needs them."""

from pathlib import Path

import click

from assess.commands import options
from assess.discover import library
from assess.engagement import load
from assess.job import Wanted, checks_of
from assess.output import listing, put, put_json, say
from assess.permissions import as_json as rights_as_json
from assess.permissions import (
    database_rights,
    grants,
    manifest,
    reads_database,
    rights,
    sign_in_of,
    without_id,
)


@click.command(
    "permissions",
    epilog="""\b
Examples:
  assess permissions                        # of every check
  assess permissions contoso.toml           # of the chosen scenarios
  assess permissions contoso.toml --manifest > manifest.json
  assess permissions contoso.toml --grants 'CONTOSO\\assessor' > grants.sql""",
)
@click.argument("file", type=options.FILE, required=False)
@click.option(
    "--manifest",
    "as_manifest",
    is_flag=True,
    help="Print requiredResourceAccess of an app registration.",
)
@click.option(
    "--grants",
    "account",
    metavar="ACCOUNT",
    help="Print the T-SQL that lets this account read the site database.",
)
@options.json_option
def command(
    file: Path | None, *, as_manifest: bool, account: str | None, as_json: bool
) -> int:
    """List the least read-only rights that each source needs, and for which requirements.

    Nothing that writes is ever asked for. With an engagement file, only what its scenarios need, as
    an application or as a person by its way of signing in.
    """
    known = library()
    engagement = None if file is None else load(file)
    checks = list(known.checks.values())
    if engagement is not None:
        checks = checks_of(known, Wanted(engagement.scenarios))
    sign_in = sign_in_of(engagement)
    found = rights(checks, sign_in)
    if reads_database(engagement):
        found += database_rights(checks)
    if account is not None:
        put(grants(checks, account))
    elif as_manifest:
        put_json(manifest(found, sign_in))
    elif as_json:
        put_json(rights_as_json(found))
    else:
        rows = [
            (
                right.source,
                f"{right.name} ({right.sign_in})" if right.sign_in else right.name,
                "; ".join(right.reads),
                ", ".join(right.requirements),
            )
            for right in found
        ]
        listing(("Source", "Right", "Reads", "Requirements"), rows)
    for right in found:
        if right.out_of_reach:
            say(
                f"{right.name}: Microsoft gives this to a signed-in person only. What needs it "
                f"stays unknown for an application: {', '.join(right.requirements)}."
            )
    if as_manifest and (names := without_id(found)):
        say(f"Add by hand, since their ids are not known here: {', '.join(names)}.")
    return 0
