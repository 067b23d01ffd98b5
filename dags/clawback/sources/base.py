"""What a connector is given, what it gives back, and what parsing its bytes gives.

Layout:
    A connector is a folder: `source.yml` describes it, `connector.py` has `VERSION` and
    `extract(ctx, day) -> Extraction`, `parse.py` has
    `parse(data, options, part, day) -> ParsedPart`.

Invariants:
    `extract` hands every byte to `ctx.land` before anything reads it. `parse` is a function of its arguments:
    with `day` None it gives all days, else the rows of that day. Keys that begin with an underscore
    (`_day`, `_positioned`) inform the merge and reach no table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from clawback.errors import ClawbackError
from clawback.lake.partition import Manifest, Part

if TYPE_CHECKING:
    from clawback.chains.evm.frontier.reach import Watched
    from clawback.sources.http import HttpClient
    from clawback.sources.registry import SourceDescription

Row = dict[str, Any]
Options = Mapping[str, Any]

SAMPLE_LENGTH: Final = 500
WHOLE_FILE: Final = 0
"""Row number of a quarantined record that is the file itself."""


@dataclass(frozen=True)
class Issue:
    """Something a person should look at that cost no row."""

    level: str  # warning | error
    code: str
    where: str
    sample: str


@dataclass(frozen=True)
class QuarantinedRow:
    """A record that was turned away.

    `day` is None where the record does not say legibly. `of_source` says whether the source is to blame; for
    what somebody wrote into a chain, and the source hands on as it is, it is not.
    """

    table: str
    row: int
    reason: str
    sample: str
    day: date | None = None
    of_source: bool = True


@dataclass
class ParsedPart:
    """What one file holds.

    `broken` says why the file as a whole cannot be used; a day with such a file is not ingested.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    quarantined: list[QuarantinedRow] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    broken: str | None = None

    def add(self, table: str, row: Row) -> None:
        """Take a row for a table."""
        self.rows.setdefault(table, []).append(row)


@dataclass(frozen=True)
class Extraction:
    """What a connector fetched for a day: landed parts, and what the source says about totals.

    Keys in both `expected` and `got` must agree, else the day is not complete.
    """

    parts: tuple[Part, ...]
    request: Mapping[str, Any]
    http_status: int | None = None
    parse_options: Options = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)
    got: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the next day's extraction needs, such as the hash of the last block."""


class Rewritten(ClawbackError):
    """What was fetched does not follow on what was landed before: the source has rewritten earlier days.

    `day` is the day whose landing no longer holds; None where it is the one that is being fetched.
    """

    day: date | None = None


class Lander(Protocol):
    """Lands bytes in the raw lake; `shared` for a file that serves many days."""

    def __call__(self, name: str, content: bytes | Path, *, shared: bool = False) -> Part:
        """Land one file and say what it is."""


@dataclass(frozen=True)
class Context:
    """Everything from outside that a connector may use."""

    source: str
    options: Options
    description: SourceDescription
    base_dir: Path
    day: date
    known: date
    http: HttpClient
    clock: Callable[[], datetime]
    land: Lander
    raw_manifest: Callable[[date], Manifest | None]
    """The newest raw manifest of this source for another day."""
    left: Callable[[str], bytes | None]
    """What a run that was killed has landed for this day under a name of a file, or None."""
    read: Callable[[Part], bytes]
    """The bytes of a part that this source has landed."""
    chains: Mapping[str, Mapping[str, Any]]
    """Rows of EVM chains that the settings change or add."""
    watched: Callable[[str], Watched]
    """What is watched on the day on a chain, by the case files and the trace of the day before; slow.

    Only a connector that fetches what touches some addresses asks. Rows must not depend on it but in number.
    """
    held: Callable[[str], frozenset[str]]
    """Assets that taint holds or reaches on the day on a chain; as slow. For who asks about assets."""


class ExtractFunction(Protocol):
    """Signature of a connector's `extract`."""

    def __call__(self, ctx: Context, day: date) -> Extraction:
        """Fetch and land one day."""


class ParseFunction(Protocol):
    """Signature of a connector's `parse`."""

    def __call__(self, data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
        """Read one landed file."""


def cut_sample(value: object) -> str:
    """A record as text that every table and terminal can hold, cut short."""
    text = str(value)[:SAMPLE_LENGTH]
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )[:SAMPLE_LENGTH]


def read_bytes(data: bytes | Path, limit: int) -> bytes:
    """The bytes of a part that is read as a whole.

    Raises:
        ValueError: larger than the limit.
    """
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    if size > limit:
        raise ValueError(f"the file has {size} bytes, at most {limit} are read")
    return data if isinstance(data, bytes) else data.read_bytes()
