"""Whom notices are sent to: their certificate, and a receiver of webhooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.pki import Credential, Pki
from receivers import HOOKS, MAIL, Receiver, receiver


@pytest.fixture(scope="module")
def lab(lab_pki: Pki, lab_ca: Credential) -> tuple[Credential, Path]:
    return lab_pki.issue(lab_ca, MAIL, names=[MAIL, HOOKS]), lab_pki.ca_file(lab_ca)


@pytest.fixture
def hooks(lab: tuple[Credential, Path]) -> Iterator[Receiver]:
    with receiver(lab[0]) as taken:
        yield taken
