"""The example customer of `assess demo`, and stand-ins that serve it on loopback.

Only the command imports this. The stand-ins answer from data files and are simple: the connectors
that talk to them are the real ones, over real DNS, LDAP over TLS and HTTPS. They prove nothing
about the services whose names they bear.
"""

from pathlib import Path

EXAMPLE = Path(__file__).parent / "data"
"""The example customer; its keys and certificates are examples too, and of no value."""
