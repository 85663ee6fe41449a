"""The invented customer's cloud, and a plain HTTP client for it."""

from collections.abc import Callable, Iterator

import pytest
import requests

from cloud import Cloud
from cloud.sample import TOOL, contoso


@pytest.fixture
def world() -> Iterator[Cloud]:
    with contoso() as cloud:
        yield cloud


@pytest.fixture
def http(world: Cloud) -> Iterator[requests.Session]:
    """A session that trusts the throwaway authority whatever the environment says, without a token."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(world.ca_file)
        yield session


@pytest.fixture
def graph(world: Cloud, http: requests.Session) -> Callable[..., requests.Response]:
    """``graph("/users?$top=5")`` as the tool's application; ``token`` and headers by name."""

    def ask(
        path: str, *, version: str = "v1.0", token: str | None = None, **headers: str
    ) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = {"Authorization": f"Bearer {token or world.token(TOOL)}"}
        return http.get(f"{world.graph.url}/{version}{path}", headers=bearer | named, timeout=10)

    return ask
