"""Runs that nobody watches: what in an engagement file would need a person, and where secrets lie.

A schedule is refused, and so is an unattended run, where a sign-in would wait for somebody who is
not there: better an exit code at once than a run whose findings are unknown every Monday.
"""

from assess.engagement import Engagement
from assess.errors import EngagementError
from assess.keytypes import Secret

_PERSON = frozenset({"device-code", "interactive"})


def needs_person(engagement: Engagement) -> list[str]:
    """What only a person could do: the key, and the mend. Empty: it runs by itself."""
    found = []
    method = engagement.get("tenant.auth.method")
    if method in _PERSON:
        found.append(
            f'tenant.auth.method is "{method}", which waits for a person. Use "certificate" or '
            '"managed-identity" ("client-secret" runs too)'
        )
    if engagement.get("site.auth.method") == "entra" and (
        engagement.get("site.auth.client_id") or method in _PERSON
    ):
        found.append(
            'site.auth.method is "entra", whose public client waits for a person. Use "kerberos", '
            "and run as an account that may read the site"
        )
    found += [
        f"{name} is asked for at the terminal ({{ prompt = true }}). Use a certificate or a "
        'managed identity, or keep it in { env = "NAME" } or { file = "path" }'
        for name, value in engagement.values.items()
        if isinstance(value, Secret) and value.prompt
    ]
    return found


def require_nobody(engagement: Engagement, what: str) -> None:
    """Raises EngagementError, naming each key and its mend, where a person would be needed."""
    found = needs_person(engagement)
    if found:
        raise EngagementError(
            "\n".join(f"{engagement.file}: {what}: {reason}." for reason in found)
        )


def environment_of(engagement: Engagement) -> tuple[str, ...]:
    """The environment variables that hold secrets, each once."""
    secrets = [value for value in engagement.values.values() if isinstance(value, Secret)]
    return tuple(dict.fromkeys(secret.env for secret in secrets if secret.env))


def secret_files_of(engagement: Engagement) -> tuple[str, ...]:
    """The files that hold secrets or private keys, as they are found from here; each once."""
    secrets = [value for value in engagement.values.values() if isinstance(value, Secret)]
    named = [str(secret.file) for secret in secrets if secret.file is not None]
    certificate = engagement.path("tenant.auth.certificate")
    return tuple(dict.fromkeys([*named, *([str(certificate)] if certificate else [])]))
