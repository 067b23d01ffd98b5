"""What people say about a file that cannot say it itself: `NAME.about.json` beside NAME.

Layout:
    {"title", "publisher", "url", "published": "2020-10-03", "retrieved": "2026-09-15T08:30:00Z",
     "language": "en", "document_id"}, all optional; what is said here counts more than what the file says.
    Several captures of one page may lie in a folder: with the same `url` and `publisher` and their own
    `retrieved` they are versions of one document.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from clawback.claims.fields import ClaimRejected, Fields

SUFFIX: Final = ".about.json"
MAX_BYTES: Final = 100_000
PROBLEM: Final = "problem"
_TEXTS: Final = ("title", "publisher")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def read_about(path: Path) -> dict[str, str]:
    """What the file says, checked; `{"problem": reason}` where it is wrong: the document is turned away."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ClaimRejected(f"more than {MAX_BYTES} bytes")
        return _checked(Fields(json.loads(data.decode("utf-8-sig"))))
    except (OSError, ValueError, RecursionError) as error:
        return {PROBLEM: f"{path.name[:200]}: {error}"}


def _checked(fields: Fields) -> dict[str, str]:
    found: dict[str, str | None] = {name: fields.optional_text(name) for name in _TEXTS}
    found["url"] = fields.url("url")
    found["document_id"] = fields.optional_code("document_id")
    found |= {name: fields.optional_text(name) for name in ("published", "language", "retrieved")}
    fields.refuse_rest()
    if found["published"] is not None:
        Fields({"published": found["published"]}).day("published")
    if found["language"] is not None:
        Fields({"language": found["language"]}).language("language")
    if found["retrieved"] is not None and not _MOMENT.fullmatch(found["retrieved"]):
        raise ClaimRejected("'retrieved' is no moment such as 2026-09-15T08:30:00Z")
    return {name: value for name, value in found.items() if value is not None}
