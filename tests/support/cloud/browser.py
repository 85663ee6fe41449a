"""A browser that signs in without a person: it follows the login page and posts its form on."""

import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser

import requests


@dataclass
class Form:
    """The form of a page: where it is posted and what."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form = Form()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form.action = held.get("action", "")
        elif tag == "input":
            self.form.fields[held.get("name", "")] = held.get("value", "")


def form_of(page: str) -> Form:
    """Return the form of a page."""
    parser = _FormParser()
    parser.feed(page)
    return parser.form


class Browser:
    """``open`` stands in for ``webbrowser.open``; each page is visited in a thread of its own."""

    def __init__(self, http: requests.Session) -> None:
        self._http = http
        self._threads: list[threading.Thread] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        """Open ``url`` and post the form found there."""
        thread = threading.Thread(target=self._visit, args=(url,), daemon=True)
        self._threads.append(thread)
        thread.start()
        return True

    def wait(self) -> None:
        """Wait until every page has been dealt with."""
        for thread in self._threads:
            thread.join(10)

    def _visit(self, url: str) -> None:
        form = form_of(self._http.get(url, timeout=10).text)
        self._http.post(form.action, data=form.fields, timeout=10)
