"""Read documents in a process of their own, with limits on memory, processor time and waiting.

Invariants:
    A document that breaks its process is unreadable, with the reason; the next one gets a new process. What
    the limits on size (bytes, elements, pages, characters) refuse is refused the same way every time; the
    limit on time is far above what those let through, so that it meets bugs, not documents.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
from datetime import date, datetime
from time import monotonic
from typing import Any, Final

from clawback.documents.feeds import Entry
from clawback.documents.reading import PlainDocument, Unreadable

_WAIT: Final = 120.0
_MOST_REPLY: Final = 64 << 20
# One thread: the process does arithmetic on a few kilobytes, and each thread would take address space.
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# Nothing else of ours: keys and passwords stand in the environment, hostile bytes are parsed over there.
_PASSED_ON: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE")


class BoundedReader:
    """One child process, started when first asked and again after it ended. Safe to share between threads."""

    def __init__(self, *, wait: float = _WAIT, command: tuple[str, ...] | None = None) -> None:
        self._wait = wait
        self._command = command or (sys.executable, "-P", "-m", "clawback.documents.child")
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def page(self, data: bytes, content_type: str | None, today: date) -> PlainDocument:
        """See `pages.read_page`; the language is determined too."""
        return _document(self._ask("page", data, content_type=content_type, today=today.isoformat()))

    def pdf(self, data: bytes) -> PlainDocument:
        """See `pdf.read_pdf`; the language is determined too."""
        return _document(self._ask("pdf", data))

    def feed(self, data: bytes, address: str, content_type: str | None) -> list[Entry]:
        """See `feeds.read_feed`."""
        return [
            Entry(**{**item, "published": item["published"] and datetime.fromisoformat(item["published"])})
            for item in self._ask("feed", data, address=address, content_type=content_type)
        ]

    def language(self, text: str) -> str:
        """See `language.detect_language`."""
        return str(self._ask("text", text.encode("utf-8", "replace")))

    def close(self) -> None:
        """End the child process."""
        with self._lock:
            self._end()

    def _ask(self, kind: str, data: bytes, **fields: str | None) -> Any:
        with self._lock:
            question = json.dumps({"kind": kind, "size": len(data), **fields}).encode() + b"\n"
            try:
                reply = self._exchange(question + data)
            except Unreadable:
                self._end()
                raise
        answer = json.loads(reply)
        if "unreadable" in answer:
            raise Unreadable(answer["unreadable"])
        return answer["ok"]

    def _exchange(self, message: bytes) -> bytes:
        child = self._started()
        assert child.stdin is not None  # noqa: S101 - a pipe, see _started
        assert child.stdout is not None  # noqa: S101 - a pipe, see _started
        ends = monotonic() + self._wait
        unsent, reply = memoryview(message), bytearray()
        writer, reader = child.stdin.fileno(), child.stdout.fileno()
        # Both ways at once, or a child that answers early and one that never reads would block us.
        while not reply.endswith(b"\n"):
            left = ends - monotonic()
            readable, writable, _ = select.select([reader], [writer] if unsent else [], [], max(left, 0))
            if left <= 0 or len(reply) > _MOST_REPLY:
                raise Unreadable("reading it takes too long")
            if readable:
                if not (chunk := os.read(reader, 1 << 20)):
                    raise Unreadable("reading it breaks the limits on time or memory, or the parser")
                reply += chunk
            elif writable:
                try:
                    unsent = unsent[os.write(writer, unsent[: 1 << 16]) :]
                except BrokenPipeError as error:
                    raise Unreadable("the parser ended before it had read the document") from error
        return bytes(reply)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._owner != os.getpid() or self._child.poll() is not None:
            self._end()
            self._owner = os.getpid()
            self._child = subprocess.Popen(  # noqa: S603 - our own module, by this interpreter
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ENVIRONMENT,
            )
        return self._child

    def _end(self) -> None:
        # After a fork the child is the parent's: it is left alone.
        if self._child is not None and self._owner == os.getpid():
            self._child.kill()
            self._child.communicate()
        self._child = None


def shared_reader() -> BoundedReader:
    """The reader of this process."""
    return _SHARED


def _document(fields: dict[str, Any]) -> PlainDocument:
    published = fields["published"]
    return PlainDocument(**{**fields, "published": published and date.fromisoformat(published)})


_SHARED: Final = BoundedReader()
atexit.register(_SHARED.close)
