"""The words that carry meaning in reports of theft, read from the files of the folder `words`.

Layout of a file: `[family tag]` heads the phrases below it, one a line; see `phrases` for how they are
written. Lines that begin with # are remarks. Longer phrases win over shorter ones that begin at the same
word. Each language but English has a file of its own, in which `stem(a,b)` stands for stema|stemb; in those
of Chinese, Japanese and Korean each word of a line is a phrase, and each of its signs a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from clawback.claims.inflection import Verbs
from clawback.claims.phrases import Lexicon
from clawback.errors import ClawbackError

_ENGLISH: Final = ("roles", "hedges", "speech", "actors", "culprits", "links", "methods", "scenes")
_SHARED: Final = frozenset({"actor", "technique", "laundering_service"})
"""Families whose names are written alike in all languages: groups, mixers, "phishing"."""

_ALPHABETS: Final = frozenset({"de", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk"})
_SIGNED: Final = frozenset({"ja", "ko", "zh"})
_STEM = re.compile(r"([^|()\s]*)\(([^()]*)\)([^|()\s]*)")
_SIGN_OR_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[a-z0-9]+|@")
LANGUAGES: Final = _ALPHABETS | _SIGNED
"""Languages other than English that have a lexicon."""


@cache
def lexicon_of(language: str) -> Lexicon:
    """The phrases of a language, by its two letters; those of English where it has none.

    Raises:
        ClawbackError: a phrase stands above the first heading or is not well written.
    """
    lexicon = Lexicon(_verbs())
    for name in _ENGLISH:
        _load(lexicon, name, None if language not in LANGUAGES else _SHARED, _as_written)
    if language == "zh":
        _load(lexicon, language, None, lambda line: _in_signs(line.translate(SIMPLIFIED)))
    elif language in LANGUAGES:
        _load(lexicon, language, None, _in_signs if language in _SIGNED else _in_letters)
    return lexicon


def _load(
    lexicon: Lexicon, name: str, families: frozenset[str] | None, phrases: Callable[[str], Iterator[str]]
) -> None:
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
            if families is None or heading[0] in families:
                for phrase in phrases(line):
                    lexicon.add(*heading, phrase)
        except ValueError as error:
            raise ClawbackError(
                "a phrase of the lexicon cannot be used",
                where=f"words/{name}.txt, line {number}",
                cause=str(error),
            ) from error


def _as_written(line: str) -> Iterator[str]:
    yield line


def _in_letters(line: str) -> Iterator[str]:
    """A line with its stems written out; words of two parts ("flash-kredit") are phrases of their own."""
    line = line.strip()
    full = _STEM.sub(_written_out, line if " " in line else line.replace(")?", ",)"))
    if " " in full:
        yield full
        return
    plain = []
    for word in full.split("|"):
        if "-" in word or "'" in word:
            yield word.replace("-", " ").replace("'", " ' ")
        else:
            plain.append(word)
    if plain:
        yield "|".join(plain)


def _written_out(found: re.Match[str]) -> str:
    stem, ends, rest = found.groups()
    return "|".join(f"{stem}{end}" for end in ends.split(",")) + rest


def _in_signs(line: str) -> Iterator[str]:
    for word in line.split():
        yield " ".join(_SIGN_OR_WORD.findall(word))


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


SIMPLIFIED: Final = {ord(written): sign for written, sign in table("signs.simplified").items()}
"""Simplified Chinese signs by their traditional ones, as far as words of the field have them."""


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


_SETS: Final = _load_sets()
