"""The one way out: polite, bounded, and never to inside addresses.

Invariants:
    Every request has a timeout and an overall deadline, every answer a size limit that is kept while it
    streams, every failure a bounded number of tries. TLS is verified against the name that was asked.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from clawback.context import utc_now
from clawback.errors import ClawbackError
from clawback.sources.reach import USER_AGENT, Resolver, Target, check_target, resolve_host, shown

MAX_BYTES: Final = 64 << 20
_TRIES: Final = 4
_MAX_REDIRECTS: Final = 5
_MAX_WAIT: Final = 120.0
_RETRIED: Final = frozenset({429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED: Final = 304


@dataclass(frozen=True)
class Answer:
    """A complete answer with status 2xx, or 304 without a body where that was asked for."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    address: str = field(default="", repr=False)
    """The whole address that answered, after redirects; `url` is what may be shown."""


@dataclass(frozen=True)
class Asked:
    """What a request asks beside its address."""

    accept: str = "application/json, */*;q=0.5"
    etag: str | None = None
    last_modified: str | None = None
    """With either of these two, an answer that has not changed comes as 304."""
    max_bytes: int | None = None
    before: Callable[[str], None] | None = None
    """Called with each address before it is asked, redirects included; what it raises ends the request."""


_PLAIN: Final = Asked()


class HttpFailure(ClawbackError):
    """The request was answered badly or not at all, after all tries."""

    status: int | None = None
    """The status of an answer that was refused for it."""


class _Retry(Exception):
    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class HttpClient:
    """Asks for bytes. Close it, or use it as a context manager."""

    def __init__(
        self,
        *,
        allow_hosts: Collection[str] = (),
        contact: str | None = None,
        timeout: float = 30.0,
        deadline: float = 300.0,
        max_bytes: int = MAX_BYTES,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        resolver: Resolver = resolve_host,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_hosts = frozenset(allow_hosts)
        self._agent = USER_AGENT if contact is None else f"{USER_AGENT} contact: {contact}"
        self._timeout = timeout
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._sleep = sleep
        self._clock = clock
        self._monotonic = monotonic
        self._resolver = resolver
        self._tls = tls
        # One connection pool per name: connections are made to checked addresses, and one that was opened for
        # a name must not be reused for another that shares the address.
        self._transports: dict[tuple[str, str, int | None], httpx.HTTPTransport] = {}

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()

    def get(self, url: str, asked: Asked = _PLAIN) -> Answer:
        """GET, following a few redirects. Raises HttpFailure or Unreachable."""
        return self._ask("GET", url, None, asked)

    def moment(self) -> float:
        """Seconds that only ever grow, to measure pauses with."""
        return self._monotonic()

    def post_json(self, url: str, body: bytes) -> Answer:
        """POST a JSON text; redirects are refused. Raises HttpFailure or Unreachable."""
        return self._ask("POST", url, body, _PLAIN)

    def wait(self, seconds: float) -> None:
        """Let time pass between two requests, as the source asks for."""
        self._sleep(seconds)

    def _ask(self, method: str, url: str, body: bytes | None, asked: Asked) -> Answer:
        ends = self._monotonic() + self._deadline
        reason = ""
        for attempt in range(_TRIES):
            try:
                return self._follow(method, url, body, ends, asked)
            except _Retry as retry:
                reason = str(retry)
                wait = float(2**attempt) if retry.wait is None else retry.wait
                if attempt == _TRIES - 1:
                    break
                if wait > _MAX_WAIT or self._monotonic() + wait > ends:
                    reason += f"; it asks to wait {wait:.0f} s, longer than this run waits"
                    break
                self._sleep(wait)
        raise HttpFailure(
            "the source did not answer",
            where=shown(httpx.URL(url)),
            cause=reason,
            remedy="run the ingest again later",
        )

    def _follow(self, method: str, url: str, body: bytes | None, ends: float, asked: Asked) -> Answer:
        present = httpx.URL(url)
        for _ in range(_MAX_REDIRECTS + 1):
            target = check_target(present, self._allow_hosts, self._resolver)
            if asked.before is not None:
                asked.before(str(present))
            status, headers, content = self._once(method, target, body, ends, asked)
            if status not in _REDIRECTS:
                return Answer(shown(present), status, headers, content, str(present))
            location = headers.get("location")
            if method != "GET" or location is None:
                raise HttpFailure("the source redirects where it should answer", where=shown(present))
            try:
                following = present.join(location)
            except (httpx.InvalidURL, ValueError) as error:
                raise HttpFailure("the source redirects to no address", where=shown(present)) from error
            if present.scheme == "https" and following.scheme != "https":
                raise HttpFailure("the source redirects from https to plain http", where=shown(present))
            present = following
        raise HttpFailure(f"more than {_MAX_REDIRECTS} redirects", where=shown(httpx.URL(url)))

    def _once(
        self, method: str, target: Target, body: bytes | None, ends: float, asked: Asked
    ) -> tuple[int, httpx.Headers, bytes]:
        headers = {
            "host": target.url.netloc.decode("ascii"),
            "user-agent": self._agent,
            "accept": asked.accept,
            "accept-encoding": "gzip",
        }
        if asked.etag is not None:
            headers["if-none-match"] = asked.etag
        if asked.last_modified is not None:
            headers["if-modified-since"] = asked.last_modified
        if body is not None:
            headers["content-type"] = "application/json"
        request = httpx.Request(
            method,
            target.url.copy_with(host=target.address, fragment=None),
            headers=headers,
            content=body,
            extensions={
                "sni_hostname": target.host,
                "timeout": httpx.Timeout(self._timeout).as_dict(),
            },
        )
        try:
            response = self._transport(target).handle_request(request)
            try:
                return self._read(response, target, ends, asked)
            finally:
                response.close()
        except httpx.TransportError as error:
            raise _Retry(f"{type(error).__name__}: {error}") from error

    def _read(
        self, response: httpx.Response, target: Target, ends: float, asked: Asked
    ) -> tuple[int, httpx.Headers, bytes]:
        where = shown(target.url)
        status = response.status_code
        most = self._max_bytes if asked.max_bytes is None else min(asked.max_bytes, self._max_bytes)
        if status in _RETRIED:
            raise _Retry(f"status {status}", self._asked_wait(response.headers.get("retry-after")))
        conditional = asked.etag is not None or asked.last_modified is not None
        if status in _REDIRECTS or (conditional and status == _NOT_MODIFIED):
            return status, response.headers, b""
        if not 200 <= status < 300:
            failure = HttpFailure(f"the source answered with status {status}", where=where)
            failure.status = status
            raise failure
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", "gzip", ""):
            raise HttpFailure(f"the answer is encoded as '{encoding}', which was not asked for", where=where)
        inflate = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        content = bytearray()
        try:
            # As it comes: a chunk size would gather a slow drip for hours before the deadline is looked at.
            for chunk in response.iter_raw():
                if self._monotonic() > ends:
                    raise HttpFailure("the answer takes too long", where=where)
                room = most + 1 - len(content)
                content += chunk if inflate is None else inflate.decompress(chunk, room)
                if len(content) > most:
                    raise HttpFailure(
                        f"the answer is larger than {most} bytes",
                        where=where,
                        remedy="if that is right, raise the source's option max_megabytes",
                    )
        except zlib.error as error:
            raise HttpFailure("the answer is no valid gzip", where=where, cause=str(error)) from error
        if inflate is not None and not inflate.eof:
            raise _Retry("the gzip answer ends too early")
        return status, response.headers, bytes(content)

    def _transport(self, target: Target) -> httpx.HTTPTransport:
        key = (target.url.scheme, target.host, target.url.port)
        if key not in self._transports:
            self._transports[key] = httpx.HTTPTransport(
                verify=True if self._tls is None else self._tls, trust_env=False, retries=0
            )
        return self._transports[key]

    def _asked_wait(self, text: str | None) -> float | None:
        if text is None:
            return None
        if text.strip().isdecimal():
            return float(text.strip()[:9])
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._clock()).total_seconds())
