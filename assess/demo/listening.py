"""Listens on loopback: a thread for each server, one more for each connection."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

_LOOPBACK = "127.0.0.1"
_PATIENCE = 60.0  # seconds that a connection may lie idle


class Listener:
    """Accepts connections and gives each to ``serve``, inside TLS where ``certificate`` is given.

    ``certificate``: a PEM file with key and chain. Used as a context, so that the port is free
    again afterwards.
    """

    def __init__(
        self,
        serve: Callable[[socket.socket], None],
        *,
        certificate: Path | None = None,
        port: int = 0,
    ) -> None:
        self._serve = serve
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
            self._tls.load_cert_chain(certificate)
        self._socket = socket.create_server((_LOOPBACK, port), backlog=64)
        self._open = True
        self._thread = threading.Thread(target=self._accept, name="stand-in", daemon=True)

    @property
    def address(self) -> str:
        """Where it listens, as ``connect_to`` wants it."""
        return f"{_LOOPBACK}:{self.port}"

    @property
    def port(self) -> int:
        """The port."""
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        with suppress(OSError):  # whoever waits in accept is woken by a last visitor
            socket.create_connection((_LOOPBACK, self.port), timeout=1).close()
        self._thread.join()
        self._socket.close()

    def _accept(self) -> None:
        while self._open:
            connection, _ = self._socket.accept()
            if not self._open:
                connection.close()
                return
            connection.settimeout(_PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        # A visitor that hangs up, or speaks too old a TLS, is no concern of anybody's.
        with connection, suppress(OSError):
            if self._tls is None:
                self._serve(connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self._serve(secured)


class Datagrams:
    """Answers each datagram on ``port`` with what ``answer`` makes of it; None is silence."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((_LOOPBACK, 0))
        self._thread = threading.Thread(target=self._loop, name="stand-in", daemon=True)
        self._open = True

    @property
    def port(self) -> int:
        """The port."""
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (_LOOPBACK, self.port))
        self._thread.join()
        self._socket.close()

    def _loop(self) -> None:
        while self._open:
            try:
                data, visitor = self._socket.recvfrom(65535)
            except OSError:  # Windows tells of a visitor that is gone
                continue
            reply = self._answer(data) if data else None
            if reply is not None:
                self._socket.sendto(reply, visitor)


class Nobody:
    """A port on which nobody listens, and which nobody else gets while this context lasts."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((_LOOPBACK, 0))

    @property
    def address(self) -> str:
        """The port, as ``connect_to`` wants it."""
        return f"{_LOOPBACK}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
