"""Answers that several questions want: each address is asked once, whoever else wants it waits."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from assess.connectors.http_replies import Reply

_MOST = 8 << 20  # bytes of bodies that are kept: the members of some 60,000 places in groups
_TRANSIENT = 429  # this and what is above: asked again by the next who wants it


class Shared:
    """The replies of one run by address, as long as they fit; a larger one is asked for again.

    What failed is not shared: the next question asks by itself.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept = 0
        self._asked: dict[str, Future[Reply | None]] = {}
        self._lock = threading.Lock()

    def of(self, address: str, ask: Callable[[], Reply]) -> Reply:
        """The reply of an address: one that is known, or what ``ask`` brings."""
        while True:
            with self._lock:
                known = self._asked.get(address)
                if known is None:
                    self._asked[address] = Future()
            if known is None:
                return self._brought(address, ask)
            reply = known.result()
            if reply is not None:
                return reply

    def _brought(self, address: str, ask: Callable[[], Reply]) -> Reply:
        reply: Reply | None = None
        try:
            reply = ask()
        finally:
            self.settle(address, reply)
        return reply

    def claim(self, addresses: Iterable[str]) -> list[str]:
        """Those of the addresses that nobody has asked; each has to be settled."""
        with self._lock:
            mine = [one for one in dict.fromkeys(addresses) if one not in self._asked]
            self._asked.update({one: Future() for one in mine})
        return mine

    def settle(self, address: str, reply: Reply | None) -> None:
        """Tell who waits for a claimed address what came: None lets them ask by themselves."""
        told = reply if reply is not None and reply.status < _TRANSIENT else None
        size = 0 if told is None else len(told.body)
        with self._lock:
            future = self._asked[address]
            if told is None or self._kept + size > self._most:
                del self._asked[address]
            else:
                self._kept += size
        future.set_result(told)
