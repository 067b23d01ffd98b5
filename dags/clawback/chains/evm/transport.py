"""One question to one endpoint: a POST over a connection that stays open, bounded in time and size.

Invariants:
    The address that was checked is the one that is connected to (see `sources.reach`). A whole exchange ends
    after its deadline, however slowly bytes drip. An answer that ends early is never taken for a whole one.
"""

from __future__ import annotations

import http.client
import threading
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

from clawback.chains.evm.bounded import Room, inflated
from clawback.chains.evm.connection import Connection
from clawback.chains.evm.failures import Busy, NodeFailure, TooMuch
from clawback.errors import ClawbackError
from clawback.sources.reach import USER_AGENT, check_host

_CHUNK: Final = 1 << 20
_GROWTH: Final = 4 << 20
"""A buffer of unknown length grows by no more at once: what it grows by is in memory twice."""
_BUSY: Final = frozenset({429, 503})


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange: seconds without a byte, seconds in all; and of what is held, once unpacked."""

    timeout: float = 30.0
    deadline: float = 120.0
    max_bytes: int = 64 << 20
    """Of all answers of an attempt together, while no other one is under way."""
    share_bytes: int = 8 << 20
    """The same of an attempt beside others."""


class Endpoint:
    """One address of a node. Each thread has a connection of its own."""

    def __init__(
        self, url: str, limits: Limits, allow_hosts: Collection[str] = (), contact: str | None = None
    ) -> None:
        """Take an address; nothing is asked yet. `contact` tells the operator whom to write to.

        Raises:
            ClawbackError: no http(s) address.
        """
        self._url = _parsed(url)
        self._limits = limits
        self._allow_hosts = frozenset(allow_hosts)
        self._own = threading.local()
        self._headers = dict(_HEADERS)
        if contact is not None:
            self._headers["user-agent"] = f"{USER_AGENT} contact: {contact}"
        self._host = self._url.hostname or ""
        self._port = self._url.port or (443 if self._url.scheme == "https" else 80)
        self._path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        self.name = f"{self._url.scheme}://{self._host}:{self._port}"
        """As errors and progress may show it: keys of paid services travel in paths."""
        self.lacks: set[str] = set()
        """Methods that it was found not to offer, and for which another way was found."""

    @contextmanager
    def resuming(self, *, alone: bool = True) -> Iterator[None]:
        """Questions of one attempt: when the node asks to wait, this thread's next one goes on from there.

        A node that allows fewer questions at once than an attempt has would else never answer the last one.
        Where it asks in an answer (many do, with status 200), that question is asked again.

        Args:
            alone: whether no other attempt is under way; together their answers have a bound (see `Limits`).
        """
        limits = self._limits
        self._own.most = limits.max_bytes if alone else min(limits.share_bytes, limits.max_bytes)
        if getattr(self._own, "answered", None) is None:
            self._own.answered = {}
        kept = False
        try:
            yield
        except Busy as error:
            kept = True
            answered: dict[bytes, object] = self._own.answered or {}
            for body in [body for body, answer in answered.items() if answer is error.answer]:
                del answered[body]
            raise
        finally:
            if not kept:
                self.forget()

    def forget(self) -> None:
        """Forget what was answered to this thread's attempts."""
        self._own.answered = None

    def post(self, body: bytes) -> bytes | bytearray:
        """Ask; the answer's bytes, unpacked.

        Raises:
            NodeFailure: no usable answer; which kind says what may help.
            Unreachable: the address may not be asked.
        """
        answered: dict[bytes, bytes | bytearray] | None = getattr(self._own, "answered", None)
        if answered is None:
            return self._post(body, Room(self._limits.max_bytes))
        if body not in answered:
            room = Room(self._own.most, sum(map(len, answered.values())))
            answered[body] = self._post(body, room)
        return answered[body]

    def _post(self, body: bytes, room: Room) -> bytes | bytearray:
        kept: Connection | None = getattr(self._own, "connection", None)
        if kept is not None:
            try:
                return self._exchange(kept, body, room)
            except _Stale:
                pass  # the node closed a connection that lay idle: not its fault, and nothing was answered
        try:
            return self._exchange(self._connection(), body, room)
        except _Stale as error:
            raise NodeFailure(str(error)) from error

    def close(self) -> None:
        """Close this thread's connection."""
        kept: Connection | None = getattr(self._own, "connection", None)
        self._own.connection = None
        if kept is not None:
            kept.close()

    def _connection(self) -> Connection:
        try:
            address = check_host(self._host, self._port, self._allow_hosts, self.name)
        except ClawbackError as error:
            raise NodeFailure(f"{error.problem}: {error.cause or error.where}") from error
        secure = self._url.scheme == "https"
        connection = Connection(self._host, self._port, address, secure, self._limits.timeout)
        self._own.connection = connection
        return connection

    def _exchange(self, connection: Connection, body: bytes, room: Room) -> bytes | bytearray:
        connection.begin(self._limits.deadline)
        whole = False
        try:
            try:
                connection.request("POST", self._path, body, self._headers)
                response = connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                raise _Stale(f"the node closed the connection: {type(error).__name__}") from error
            with response:
                found = _read(response, room)
            whole = not response.will_close
            return found
        except (OSError, http.client.HTTPException) as error:
            ended = ", ended after its deadline" if connection.is_late else ""
            raise NodeFailure(f"{type(error).__name__}: {error}{ended}") from error
        finally:
            if not whole:
                self.close()


class _Stale(Exception):
    """The connection was closed before anything was answered."""


_HEADERS: Final = {
    "user-agent": USER_AGENT,
    "content-type": "application/json",
    "accept": "application/json",
    "accept-encoding": "gzip",
}


def _read(response: http.client.HTTPResponse, room: Room) -> bytes | bytearray:
    status = response.status
    if status in _BUSY:
        raise Busy(f"status {status}", _asked_wait(response.headers.get("retry-after")))
    if status == 413:
        raise TooMuch("status 413")
    if status != 200:
        raise NodeFailure(f"status {status}")
    encoding = (response.headers.get("content-encoding") or "identity").lower()
    if encoding == "identity":
        return _read_plain(response, room)
    if encoding != "gzip":
        raise NodeFailure(f"the answer is encoded as '{encoding[:20]}', which was not asked for")
    return _read_gzip(response, room)


def _read_plain(response: http.client.HTTPResponse, room: Room) -> bytearray:
    length = response.length
    if length is not None and length > room.left:
        raise room.passed(length)
    # Filled in place: growing piece by piece costs several times the reading.
    found = bytearray(_CHUNK if length is None else length)
    filled = 0
    while filled < len(found):
        with memoryview(found) as whole, whole[filled:] as rest:
            got = response.readinto(rest)
        if not got:
            break
        filled += got
        if filled > room.left:
            raise room.passed(filled)
        if length is None and filled == len(found):
            found.extend(bytes(min(filled, _GROWTH)))
    if length is not None and filled != length:
        raise NodeFailure(f"the answer ended after {filled} of {length} bytes")
    del found[filled:]
    return found


def _read_gzip(response: http.client.HTTPResponse, room: Room) -> bytearray:
    inflate = zlib.decompressobj(wbits=31)
    found = bytearray()
    try:
        while chunk := response.read1(_CHUNK):
            for piece in inflated(inflate, chunk):
                found += piece
                if len(found) > room.left:
                    raise room.passed(len(found))
    except zlib.error as error:
        raise NodeFailure(f"the answer is no gzip: {error}") from error
    if not inflate.eof:
        raise NodeFailure("the gzip answer ends too early")
    return found


def _asked_wait(text: str | None) -> float | None:
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - datetime.now(UTC).timestamp())
    except ValueError:
        return None


def _parsed(url: str) -> SplitResult:
    try:
        parsed = urlsplit(url)
        usable = parsed.scheme in ("http", "https") and parsed.hostname and parsed.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise ClawbackError(
            "the address of a node is no http(s) URL", remedy="write it as http://127.0.0.1:8545"
        )
    if parsed.username is not None:
        raise ClawbackError("credentials in a URL are refused", where=parsed.hostname)
    return parsed
