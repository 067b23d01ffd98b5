"""Read the YAML that people write for the audit, without guessing."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, Final

from clawback.errors import ClawbackError

MAX_BYTES: Final = 1 << 20


def read_strict_yaml(path: Path) -> dict[str, Any]:
    """Read a mapping; a key written twice is an error, not the last one's win.

    Raises:
        ClawbackError: missing, too large, malformed, or no mapping.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Refuses a repeated key."""

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(map(str, keys))) != len(keys):
            raise yaml.YAMLError(f"a key is written twice at line {node.start_mark.line + 1}: {keys}")
        return loader.construct_mapping(node, deep=True)

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    if not path.is_file():
        raise ClawbackError("a file of the audit is missing", where=str(path))
    if path.stat().st_size > MAX_BYTES:
        raise ClawbackError(f"a file of the audit is larger than {MAX_BYTES} bytes", where=str(path))
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ClawbackError("a file of the audit is no YAML", where=str(path), cause=str(error)) from error
    if not isinstance(document, dict):
        raise ClawbackError("a file of the audit holds no mapping", where=str(path))
    return document


def require_fields(
    document: Mapping[str, Any], fields: Set[str], where: str, optional: Set[str] = frozenset()
) -> None:
    """Refuse a mapping that lacks a field or has one that nobody knows."""
    if missing := sorted(fields - document.keys()):
        raise ClawbackError(f"'{missing[0]}' is missing", where=where)
    if unknown := sorted(map(str, document.keys() - fields - optional)):
        raise ClawbackError(
            f"'{unknown[0]}' is no field",
            where=where,
            remedy="known: " + ", ".join(sorted(fields | optional)),
        )
