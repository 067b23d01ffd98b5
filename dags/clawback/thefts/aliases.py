"""Names that stand for one victim, out of a file that people keep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.errors import ClawbackError
from clawback.thefts.names import taken_apart

FILE: Final = Path(__file__).with_name("aliases.yml")


@lru_cache(maxsize=4)
def load_aliases(path: Path = FILE) -> Mapping[str, str]:
    """Key of a name -> the key that stands for its victim.

    Raises:
        ClawbackError: no list of lists of names, or one name in two lists.
    """
    try:
        lists = read_plain_yaml(path.read_bytes(), where=str(path)).value
    except OSError as error:
        raise ClawbackError("the aliases cannot be read", where=str(path), cause=str(error)) from error
    if not isinstance(lists, list):
        raise ClawbackError("the aliases are no list", where=str(path))
    found: dict[str, str] = {}
    for names in lists:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ClawbackError("an entry of the aliases is no list of names", where=str(path))
        keys = list(dict.fromkeys(name.key for text in names if (name := taken_apart(text)) is not None))
        for key in keys:
            if found.setdefault(key, keys[0]) != keys[0]:
                raise ClawbackError(f"'{key}' stands for two victims", where=str(path))
    return found
