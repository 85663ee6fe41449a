"""A headless Chromium, spoken to over its debugging pipe: no port, no network, a profile of its own."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

_NAMES = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
# Beyond the ninth, only bash knows the number of a file.
_PIPES = 'exec "$@" 3<&"$IN" 4>&"$OUT"'


def program() -> str:
    """Where it is installed."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    assert found, "chromium is not installed: make test installs it"
    return found


class Browser:
    """One browser with one page."""

    def __init__(self, profile: Path) -> None:
        inside, mine = os.pipe()
        yours, outside = os.pipe()
        self._write, self._read, self._left = mine, yours, b""
        self._process = subprocess.Popen(
            ["bash", "-c", _PIPES, "bash", program(), "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            pass_fds=(inside, outside), env={**os.environ, "IN": str(inside), "OUT": str(outside)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(inside)
        os.close(outside)
        self._number = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        os.close(self._write)
        os.close(self._read)

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to a command; what happens meanwhile is kept as events."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        waiting = json.dumps(message).encode() + b"\0"
        while waiting:
            waiting = waiting[os.write(self._write, waiting) :]
        while True:
            said = self._heard()
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]
            self.events.append(said)

    def _heard(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            part = os.read(self._read, 1 << 20)
            assert part, "the browser has ended"
            self._left += part
        message, _, self._left = self._left.partition(b"\0")
        said: dict[str, Any] = json.loads(message)
        return said

    def open(self, url: str, *, width: int = 1280, height: int = 900, script: bool = True) -> None:
        """Load a page and wait until it is whole."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < 600,
        )  # fmt: skip
        self._load("about:blank")  # so that a change of the fragment alone is a load too
        self._load(url)

    def _load(self, url: str) -> None:
        self.events.clear()
        self.ask("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._heard())

    def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        said = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def complaints(self) -> list[str]:
        """Errors of scripts and of the security policy since the page was opened."""
        texts = []
        for event in self.events:
            if event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                texts.append(event["params"]["entry"]["text"])
            if event["method"] == "Runtime.exceptionThrown":
                texts.append(json.dumps(event["params"]["exceptionDetails"]))
        return texts

    def requests(self) -> list[str]:
        """What it asked the network for since the page was opened."""
        sent = [e for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def picture(self, target: Path) -> None:
        """What is on the screen, as PNG."""
        target.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))
