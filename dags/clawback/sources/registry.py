"""The connectors that exist, and what each one's `source.yml` says.

Modules are imported when asked for: the command's help and the DAG files stay light.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, cast

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.errors import ClawbackError
from clawback.settings import SourceSettings
from clawback.sources.base import ExtractFunction, ParseFunction
from clawback.sources.env_options import resolve_options

if TYPE_CHECKING:
    from clawback.sources.stretches import StretchFunctions

GRAINS: Final = frozenset({"day", "snapshot"})
_FOLDER: Final = Path(__file__).resolve().parent
_TEXTS: Final = frozenset(
    [
        "title",
        "publisher",
        "url",
        "licence",
        "terms",
        "cadence",
        "expected_lag",
        "grain",
        "table",
        "cursor",
        "rate_limit",
        "owner",
        "ci",
        "proven",
    ]
)
_LISTS: Final = frozenset({"primary_key", "quirks", "options"})
_MAPS: Final = frozenset({"assertions"})
_OPTIONAL: Final = frozenset({"words"})
_COMMON_OPTIONS: Final = frozenset(
    ["min_rows", "max_rows", "allow_hosts", "contact", "timeout_seconds", "max_megabytes"]
)
_ASSERTIONS: Final = frozenset({"min", "max", "max_quarantined_pct"})


@dataclass(frozen=True)
class SourceDescription:
    """What is known about a source before a byte of it is read."""

    connector: str
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    assertions: Mapping[str, int]
    words: Mapping[str, Mapping[str, str]]
    """The source's own words for our categories; a word that is not here is an issue."""

    @property
    def grain(self) -> str:
        """`day` or `snapshot`."""
        return self.texts["grain"]

    @property
    def table(self) -> str:
        """The table that its rows are counted in; names its folder in the raw lake."""
        return self.texts["table"]

    @property
    def is_proven(self) -> bool:
        """Whether its parser was held to a real answer, not only to one built after the documentation."""
        return self.texts["proven"] == "true"

    @property
    def options(self) -> frozenset[str]:
        """Names of the settings' options that it understands."""
        return frozenset(self.lists["options"]) | _COMMON_OPTIONS


@lru_cache(maxsize=1)
def connector_names() -> tuple[str, ...]:
    """All connectors of this package."""
    return tuple(sorted(path.parent.name for path in _FOLDER.glob("*/source.yml")))


@lru_cache(maxsize=64)
def describe(connector: str) -> SourceDescription:
    """Read a connector's `source.yml`.

    Raises:
        ClawbackError: no such connector, or the file lacks or misnames a key.
    """
    if connector not in connector_names():
        raise ClawbackError(
            f"no connector is named '{connector}'",
            where="sources.connector",
            remedy="known connectors: " + ", ".join(connector_names()),
        )
    path = _FOLDER / connector / "source.yml"
    return parse_description(connector, path.read_bytes(), str(path))


def parse_description(connector: str, data: bytes, where: str) -> SourceDescription:
    """Check and type the content of a `source.yml`."""
    value = read_plain_yaml(data, where=where).value
    if not isinstance(value, dict):
        raise ClawbackError("source.yml is no mapping", where=where)
    wanted = _TEXTS | _LISTS | _MAPS
    if missing := sorted(wanted - value.keys()):
        raise ClawbackError(f"source.yml lacks {', '.join(missing)}", where=where)
    if unknown := sorted(value.keys() - wanted - _OPTIONAL):
        raise ClawbackError(f"source.yml has unknown keys: {', '.join(unknown)}", where=where)
    problems = [
        name for name in sorted(_TEXTS) if not isinstance(value[name], str) or not value[name].strip()
    ]
    problems += [name for name in sorted(_LISTS) if not _is_text_list(value[name])]
    if value["grain"] not in GRAINS:
        problems.append("grain")
    if value["proven"] not in ("true", "false"):
        problems.append("proven (true or false)")
    assertions = value["assertions"]
    if (
        not isinstance(assertions, dict)
        or not {"min", "max"} <= assertions.keys() <= _ASSERTIONS
        or not all(isinstance(number, str) and number.isdecimal() for number in assertions.values())
    ):
        problems.append("assertions (min, max, max_quarantined_pct: whole numbers)")
    if problems:
        raise ClawbackError(f"source.yml has bad values: {', '.join(problems)}", where=where)
    return SourceDescription(
        connector,
        {name: value[name].strip() for name in _TEXTS},
        {name: tuple(value[name]) for name in _LISTS},
        {name: int(number) for name, number in assertions.items()},
        value.get("words", {}),
    )


def extract_function(connector: str) -> tuple[str, ExtractFunction]:
    """A connector's version and its `extract`."""
    module = _module(connector, "connector")
    return cast(str, module.VERSION), cast(ExtractFunction, module.extract)


def parse_function(connector: str) -> ParseFunction:
    """A connector's `parse`."""
    return cast(ParseFunction, _module(connector, "parse").parse)


def stretch_functions(connector: str) -> StretchFunctions | None:
    """The module of a connector that gives columns of whole blocks; None where it gives rows."""
    module = _module(connector, "parse")
    return cast("StretchFunctions", module) if hasattr(module, "stretches") else None


def check_source(source: SourceSettings, base_dir: Path) -> None:
    """Check a source's settings without fetching anything.

    Raises:
        ClawbackError: unknown connector or option, a file that is not there, a mapping that is wrong.
    """
    description = describe(source.connector)
    if unknown := sorted(source.options.keys() - description.options):
        raise ClawbackError(
            f"the connector '{source.connector}' has no option {', '.join(unknown)}",
            where=f"source '{source.name}'",
            remedy="its options are " + ", ".join(sorted(description.options)),
        )
    check = getattr(_module(source.connector, "connector"), "check_options", None)
    if check is not None:
        where = f"source '{source.name}'"
        resolved = resolve_options(source.options, where)
        with resolved.concealed_errors():
            check(resolved.options, base_dir, where)


def integer_option(options: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number of the settings' options, from 0.

    Raises:
        ClawbackError: it is no whole number.
    """
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ClawbackError(f"the option {name} is not a whole number from 0: {value!r}")
    return int(value)


def _module(connector: str, name: str) -> ModuleType:
    describe(connector)
    return import_module(f"clawback.sources.{connector}.{name}")


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
