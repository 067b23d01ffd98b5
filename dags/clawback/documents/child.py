"""The process in which bytes from outside are parsed: it may hang, swell or crash without harm.

Layout:
    Standard input: a line of JSON `{"kind", "size", ...}`, then `size` bytes; again and again.
    Standard output: a line of JSON for each, `{"ok": ...}` or `{"unreadable": reason}`.
    The memory limit holds for the whole process, the limit on processor time for each document.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import os
import resource
import sys
from datetime import date
from typing import Any, BinaryIO, Final

from clawback.documents.feeds import read_feed
from clawback.documents.language import detect_language
from clawback.documents.pages import read_page
from clawback.documents.pdf import read_pdf
from clawback.documents.reading import PlainDocument, Unreadable

MEMORY: Final = 2 << 30
SECONDS: Final = 30


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the other end closes."""
    while line := questions.readline():
        question = json.loads(line)
        _grant(SECONDS)
        reply = json.dumps(_answer(question, questions.read(question["size"])), ensure_ascii=True)
        answers.write(reply.encode() + b"\n")
        answers.flush()


def main() -> None:
    """Limit this process, then serve."""
    logging.disable()  # what libraries say about hostile bytes is for nobody
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not answer for us
    serve(sys.stdin.buffer, answers)


def _answer(question: dict[str, Any], data: bytes) -> dict[str, Any]:
    try:
        return {"ok": _read(question, data)}
    except Unreadable as error:
        return {"unreadable": str(error)}
    except RecursionError:
        return {"unreadable": "nested too deeply"}
    except MemoryError:
        return {"unreadable": f"needs more than {MEMORY >> 20} MiB of memory"}
    except Exception as error:  # any: a library that fails on hostile bytes fails on this document alone
        return {"unreadable": f"the parser failed: {type(error).__name__}"}


def _read(question: dict[str, Any], data: bytes) -> Any:
    kind = question["kind"]
    if kind == "feed":
        entries = read_feed(data, question["address"], question["content_type"])
        return [
            {**dataclasses.asdict(entry), "published": entry.published and entry.published.isoformat()}
            for entry in entries
        ]
    if kind == "text":
        return detect_language(data.decode())
    found: PlainDocument = (
        read_pdf(data)
        if kind == "pdf"
        else read_page(data, question["content_type"], date.fromisoformat(question["today"]))
    )
    fields = dataclasses.asdict(found) | {"language": detect_language(found.text)}
    return {**fields, "published": found.published and found.published.isoformat()}


def _grant(seconds: int) -> None:
    """Let this process use so much more processor time; the system ends it when that is used up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, hard))


if __name__ == "__main__":
    main()
