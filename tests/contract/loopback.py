"""A real HTTP server on loopback that gives scripted answers, and a run context around a tmp lake."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from clawback.context import RunContext
from clawback.lake import open_lake
from clawback.settings import load_settings

NOW = datetime(2026, 9, 15, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Scripted:
    """One answer. `length` lies about the body's size, as a connection that breaks off does."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


Answering = Callable[[str, bytes], Scripted]


class LoopbackServer(AbstractContextManager["LoopbackServer"]):
    """Answers each request with the next scripted answer, the last one for ever; or asks a function."""

    def __init__(
        self, *answers: Scripted, answering: Answering | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        waiting = list(answers)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["content-length"])))

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def _answer(self, body: bytes) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append((self.command, self.path, headers))
                if answering is not None:
                    answer = answering(self.path, body)
                else:
                    answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(answer.length or len(answer.body)))
                self.end_headers()
                with suppress(OSError):  # the client may have had enough
                    self.wfile.write(answer.body)
                self.close_connection = answer.length is not None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def context_for(folder: Path, *sources: dict[str, Any], first_day: str = "2020-09-25") -> RunContext:
    """A run context with these sources in this order; `progress_of` gives its progress lines."""
    lines = [f"first_day = {first_day}"]
    for source in sources:
        lines += ["[[sources]]"]
        lines += [f"{name} = {_toml(value)}" for name, value in source.items()]
    (folder / "clawback.toml").write_text("\n".join(lines) + "\n")
    settings = load_settings(folder / "clawback.toml")
    told = Told()
    return RunContext(settings, open_lake(settings), lambda: NOW, settings.work_path, told)


class Told(list[str]):
    """Progress lines, kept."""

    def __call__(self, line: str) -> None:
        self.append(line)


def progress_of(ctx: RunContext) -> list[str]:
    """What a context made by `context_for` was told."""
    assert isinstance(ctx.progress, Told)
    return ctx.progress


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + " }"
    return json.dumps(value)
