"""HTTP/1.1 over a loopback socket, with or without TLS, one thread for each connection.

Written by hand because the faults need what HTTP libraries prevent: half an answer, a byte at a time, a reset.
Bounded: 128 connections, 64 kB of head, 4 MB of body, 30 s of idleness.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import BinaryIO, TypeAlias

from cloud.wire import Cut, Drip, Hang, Pad, Request, Reset, Response

Handler: TypeAlias = Callable[[Request], Response]
Head: TypeAlias = tuple[str, str, dict[str, str]]

MOST_CONNECTIONS = 128
LONGEST_LINE = 65_536
MOST_HEADERS = 100
MOST_BODY = 4_000_000
IDLE = 30.0
CHUNK = 65_536


class Transport:
    """Accepts from ``start`` to ``stop``; ``handshakes_failed`` holds what the clients refused."""

    def __init__(self, handler: Handler, context: ssl.SSLContext | None) -> None:
        self._handler = handler
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.stopping = threading.Event()
        self.failures: list[Exception] = []
        self.handshakes_failed: list[str] = []
        self._room = threading.Semaphore(MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._accepting.start()

    def stop(self) -> None:
        """Close the port and every connection, and wait for the threads."""
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections = dict(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in (*connections.values(), self._accepting):
            thread.join(5)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._room.acquire()
            if self.stopping.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._open[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(IDLE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._talk(connection)
        except OSError:
            pass  # the client went away, or stop() closed the connection: both are ordinary
        except Exception as failure:  # noqa: BLE001 - shown at the end, where the test sees it
            self.failures.append(failure)
        finally:
            with self._lock:
                self._open.pop(connection, None)
            connection.close()
            self._room.release()

    def _talk(self, connection: socket.socket) -> None:
        secured: socket.socket = connection
        if self._context:
            # The plain socket stays known to stop(); the duplicate is what TLS owns and closes.
            raw = connection.dup()
            raw.settimeout(IDLE)
            try:
                secured = self._context.wrap_socket(raw, server_side=True)
            except (ssl.SSLError, OSError) as error:
                self.handshakes_failed.append(str(error))
                raw.close()
                return
        with secured, secured.makefile("rb") as incoming:
            while request := self._read(incoming):
                response = self._handler(request)
                lasting = self._send(secured, connection, request, response)
                if not lasting or request.headers.get("connection", "").lower() == "close":
                    return

    def _read(self, incoming: BinaryIO) -> Request | None:
        head = _read_head(incoming)
        if head is None:
            return None
        method, target, headers = head
        length = int(headers.get("content-length", "0"))
        body = incoming.read(min(length, MOST_BODY))
        if len(body) < length:
            return None
        scheme = "https" if self._context else "http"
        host = headers.get("host", f"localhost:{self.port}")
        return Request(method, target, headers, body, f"{scheme}://{host}")

    def _send(
        self, secured: socket.socket, plain: socket.socket, request: Request, response: Response
    ) -> bool:
        """Send, and say whether the connection can go on."""
        body = b"" if request.method == "HEAD" else response.body
        head = _head(response, len(body))
        match response.delivery:
            case Hang():
                self.stopping.wait()
                return False
            case Reset():
                # SO_LINGER of zero seconds makes the kernel send RST when the last descriptor closes.
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case Cut(share):
                secured.sendall(head + body[: int(len(body) * share)])
                return False
            case Drip(pause, size):
                whole = head + body
                for at in range(0, len(whole), size):
                    secured.sendall(whole[at : at + size])
                    if self.stopping.wait(pause):
                        return False
                return True
            case Pad(_, announced):
                secured.sendall(head + body)
                for blanks in _blanks(response.delivery):
                    secured.sendall(blanks)
                return announced
            case _:
                secured.sendall(head + body)
                return True


def _read_head(incoming: BinaryIO) -> Head | None:
    """Return method, target and headers; None at the end of the connection."""
    line = incoming.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        return None
    method, _, rest = line.decode("latin-1").strip().partition(" ")
    target, _, _ = rest.rpartition(" ")
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        line = incoming.readline(LONGEST_LINE)
        if line in (b"\r\n", b"\n", b""):
            return method, target, headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return None


def _head(response: Response, length: int) -> bytes:
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = "Unknown"
    headers = dict(response.headers)
    match response.delivery:
        case Pad(size, True):
            headers["Content-Length"] = str(length + size)
        case Pad():
            headers["Connection"] = "close"
        case _:
            headers["Content-Length"] = str(length)
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{n}: {v}" for n, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _blanks(pad: Pad) -> Iterator[bytes]:
    left = pad.size
    while left > 0:
        yield b" " * min(left, CHUNK)
        left -= CHUNK
