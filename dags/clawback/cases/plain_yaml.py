"""Reads YAML without guessing: every scalar is text, and every value knows its line.

Invariants:
    An unquoted 0x address, `NO`, `1e5` or a date stays the text that stands in the file. Anchors, aliases,
    tags and merge keys are refused (they hide what a reviewer reads, and nine nested aliases make a billion
    values), so is a key that stands twice, a file over a megabyte and a nesting over 20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from clawback.errors import ClawbackError

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 20

Path = tuple[str | int, ...]
"""Way to a value: keys and list positions from the top."""


@dataclass(frozen=True)
class PlainYaml:
    """One document: nested dicts, lists and text, and the line (from 1) where each value stands."""

    value: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Line of a value, or of the nearest value around it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def read_plain_yaml(data: bytes, *, where: str) -> PlainYaml:
    """Read one YAML document.

    Args:
        data: the file's bytes.
        where: name of the file, for errors.

    Raises:
        ClawbackError: the file is too large, no UTF-8, no YAML, or uses what is refused; names the line.
    """
    if len(data) > MAX_BYTES:
        raise ClawbackError(
            f"the file has {len(data)} bytes",
            where=where,
            cause=f"at most {MAX_BYTES} are read",
            remedy="split it into several files",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClawbackError(
            "the file is not UTF-8", where=where, cause=str(error), remedy="save it as UTF-8"
        ) from error
    try:
        _refuse_hidden(text, where)
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ClawbackError(
            "the file is no YAML",
            where=where if mark is None else f"{where}, line {mark.line + 1}",
            cause=error.problem or str(error),
            remedy="check indentation, colons and quotes around this line",
        ) from error
    except yaml.YAMLError as error:
        raise ClawbackError("the file is no YAML", where=where, cause=str(error)) from error
    if node is None:
        raise ClawbackError("the file is empty", where=where)
    lines: dict[Path, int] = {}
    return PlainYaml(_plain(node, (), lines, where), lines)


def _refuse_hidden(text: str, where: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        line = 0 if event.start_mark is None else event.start_mark.line + 1
        tag = getattr(event, "tag", None)
        # A lone "!" is what the parser notes for a quoted scalar in some versions; it names no type.
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            problem, remedy = "anchors and aliases are not read", "write the value out"
        elif tag not in (None, "!"):
            problem, remedy = f"the tag {tag} is not read", "remove it: every value is text"
        elif depth > MAX_DEPTH:
            problem, remedy = f"the file nests deeper than {MAX_DEPTH}", "flatten it"
        else:
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            continue
        raise ClawbackError(problem, where=f"{where}, line {line}", remedy=remedy)


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], where: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, at), lines, where) for at, child in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, child in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode) or key_node.value == "<<":
            raise ClawbackError(
                "a key is no plain text", where=f"{where}, line {line}", remedy="write a name and a colon"
            )
        if key_node.value in result:
            raise ClawbackError(
                f"the key '{key_node.value}' stands twice",
                where=f"{where}, line {line}",
                remedy="keep one of the two",
            )
        result[key_node.value] = _plain(child, (*path, key_node.value), lines, where)
        lines[(*path, key_node.value)] = line
    return result
