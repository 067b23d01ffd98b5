"""A connection to the checked address of a name, whose exchanges end after their deadline.

Invariants:
    However slowly bytes drip, no read waits beyond the deadline. It is looked at before each read instead of
    by a thread that waits: starting one for each question takes as long as reading a whole block.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from typing import Any, Final, cast

_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80


class Connection(http.client.HTTPConnection):
    """Call `begin` before each exchange."""

    def __init__(self, host: str, port: int, address: str, secure: bool, timeout: float) -> None:
        """Take an address; nothing is connected yet.

        Args:
            host: name that the node is known by, and that its certificate must have.
            port: its port.
            address: checked address of that name.
            secure: whether it is spoken to over TLS.
            timeout: seconds without a byte.
        """
        super().__init__(host, port, timeout=timeout)
        # Else the Host header would name the port of https.
        self.default_port = _HTTPS_PORT if secure else _HTTP_PORT
        self._address = address
        self._tls = ssl.create_default_context() if secure else None
        self._seconds = timeout
        self._ends = 0.0

    def begin(self, seconds: float) -> None:
        """Let an exchange take so many seconds from now on."""
        self._ends = time.monotonic() + seconds

    @property
    def is_late(self) -> bool:
        """Whether the exchange is over its deadline."""
        return time.monotonic() >= self._ends

    def connect(self) -> None:
        """Connect to the address, and verify the name."""
        plain = socket.create_connection((self._address, self.port), self.patience())
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found = plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=self.host)
        # What the library asks of a socket, _Bounded has.
        self.sock = cast(socket.socket, _Bounded(found, self))

    def patience(self) -> float:
        """Seconds that the next read or write may take. Raises TimeoutError once there are none left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return min(left, self._seconds)


class _Bounded:
    """A socket that waits no longer than its connection has patience."""

    def __init__(self, whole: socket.socket, connection: Connection) -> None:
        self._whole = whole
        self._connection = connection
        self._kept: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        """Send, once the answer is asked for: else headers and question travel and wake the node apart."""
        self._kept.append(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What comes, to be read."""
        self._whole.settimeout(self._connection.patience())
        self._whole.sendall(b"".join(self._kept))
        self._kept.clear()
        # Without a buffer it is the socket itself as a file; it stays open until both are closed.
        return io.BufferedReader(_Coming(self._whole, self._connection))

    def close(self) -> None:
        """Close it, once what comes is closed too."""
        self._whole.close()


class _Coming(io.RawIOBase):
    """Bytes as they come."""

    def __init__(self, whole: socket.socket, connection: Connection) -> None:
        self._whole = whole
        self._connection = connection
        self._file = whole.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Fill as much as is there, waiting for the first byte."""
        self._whole.settimeout(self._connection.patience())
        return self._file.readinto(buffer)

    def close(self) -> None:
        """Let the socket close."""
        self._file.close()
        super().close()
