"""The words that carry meaning in reports of theft, read from the files of the folder `words`.

Layout of a file: `[family tag]` heads the phrases below it, one a line; see `phrases` for how they are
written. Lines that begin with # are remarks. Longer phrases win over shorter ones that begin at the same
word.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from clawback.claims.inflection import Verbs
from clawback.claims.phrases import Lexicon
from clawback.errors import ClawbackError

_FILES: Final = ("roles", "hedges", "speech", "actors", "methods", "scenes", "other_languages")


def load() -> Lexicon:
    """The phrases of all files.

    Raises:
        ClawbackError: a phrase stands above the first heading or is not well written.
    """
    lexicon = Lexicon(_verbs())
    for name in _FILES:
        text = files("clawback.claims").joinpath("words", f"{name}.txt").read_text("utf-8")
        heading: tuple[str, str] | None = None
        for number, line in enumerate(text.splitlines(), start=1):
            if not line or line.startswith("#"):
                continue
            if line.startswith("["):
                family, _, tag = line.strip("[]").partition(" ")
                heading = (family, tag)
                continue
            try:
                if heading is None:
                    raise ValueError("it stands above the first heading")
                lexicon.add(*heading, line)
            except ValueError as error:
                raise ClawbackError(
                    "a phrase of the lexicon cannot be used",
                    where=f"words/{name}.txt, line {number}",
                    cause=str(error),
                ) from error
    return lexicon


def _verbs() -> Verbs:
    irregular: dict[str, tuple[str, ...]] = {}
    for written, verb in table("verbs.irregular").items():
        past, *others = written.split()
        irregular[verb] = (past, *(others or [past]))
    return Verbs(irregular)


def word_set(name: str) -> frozenset[str]:
    """The set of words of this name in `words/sets.txt`."""
    return _SETS[name]


def table(name: str, separator: str = ", ") -> dict[str, str]:
    """The table of this name in `words/tables.txt`: for each way of writing what it means."""
    ways: dict[str, str] = {}
    inside = False
    for line in files("clawback.claims").joinpath("words", "tables.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            inside = line == f"[{name}]"
        elif inside and line:
            meaning, _, written = line.partition(" = ")
            ways |= dict.fromkeys(written.split(separator), meaning)
    return ways


def _load_sets() -> dict[str, frozenset[str]]:
    sets: dict[str, set[str]] = {}
    words: set[str] = set()
    text = files("clawback.claims").joinpath("words", "sets.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            words = sets.setdefault(line.strip("[]"), set())
        elif not line.startswith("#"):
            words.update(line.split())
    return {name: frozenset(own) for name, own in sets.items()}


LEXICON: Final = load()
_SETS: Final = _load_sets()
