"""Finds the phrases of a lexicon among the words of a sentence.

Layout of a phrase: words with a space between them; `a|b` is one of two words, `word?` may be absent, `*`
is any one word but a joint, or none, `@` is a figure. `~steal|rob` is every form of these verbs, and `steal~`
that of one verb among other words (see `inflection`). "Made or makes, off or away, with" is
`~make off|away with`. `stole+` is every word that begins so.

Invariants:
    The search goes through the words once and tries at each only the phrases that begin with it. Among
    phrases of one family that overlap, the one that begins first is kept, and of those the longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clawback.claims.inflection import Verbs

FIGURE = "\x00figure"
"""The word that stands for a figure."""

DATE = "\x00date"
"""The word that stands for a date."""

_JOINTS = frozenset({"and", "but", "while", "which", "who", "or"})
"""Words between two clauses; a phrase does not reach across them."""


class Hit(NamedTuple):
    """A phrase found: words `first` up to, not including, `last`; family, tag, and how it is written."""

    first: int
    last: int
    family: str
    tag: str
    phrase: str


def name_of(hit: Hit) -> str:
    """A phrase's short name for the rule that used it: its first word."""
    return hit.phrase.split()[0].split("|")[0].strip("~")


class _Step(NamedTuple):
    words: frozenset[str] | None
    optional: bool
    starts: tuple[str, ...] = ()


class _Entry(NamedTuple):
    steps: tuple[_Step, ...]
    family: str
    tag: str
    phrase: str


class Lexicon:
    """Phrases by family and tag, ready to be found.

    A tag that ends in `~` belongs to phrases that begin with a verb of taking: what is taken stands behind
    the verb, and behind a participle or before it. The hits of such a phrase have the tag with `=` where a
    participle was found and with `>` elsewhere.
    """

    def __init__(self, verbs: Verbs) -> None:
        self._by_word: dict[str, list[_Entry]] = {}
        self._by_start: dict[str, list[_Entry]] = {}
        self._lengths: tuple[int, ...] = ()
        self._verbs = verbs

    def add(self, family: str, tag: str, phrase: str) -> None:
        """Take a phrase. Raises ValueError when it begins with a word that may be any or absent."""
        steps = tuple(self._step(word) for word in phrase.split())
        first = steps[0]
        if first.words is None or first.optional:
            raise ValueError(f"the phrase '{phrase}' begins with a word that may be any or absent")
        participles = self._verbs.participles(phrase.split()[0]) if tag.endswith("~") else frozenset()
        for word in sorted(first.words):
            own = f"{tag[:-1]}{'=' if word in participles else '>'}" if tag.endswith("~") else tag
            self._by_word.setdefault(word, []).append(_Entry(steps, family, own, phrase))
        for start in first.starts:
            self._by_start.setdefault(start, []).append(_Entry(steps, family, tag, phrase))
        self._lengths = tuple(sorted({len(start) for start in self._by_start}))

    def _entries(self, word: str) -> list[_Entry] | None:
        """The phrases that a word may begin."""
        entries = self._by_word.get(word)
        for length in self._lengths:
            if length > len(word):
                break
            more = self._by_start.get(word[:length])
            if more is not None:
                entries = [*(entries or ()), *more]
        return entries

    def _step(self, word: str) -> _Step:
        if word == "*":
            return _Step(None, True)
        if word == "@":
            return _Step(frozenset({FIGURE}), False)
        optional = word.endswith("?")
        word = word.rstrip("?")
        if "+" not in word:
            return _Step(self._verbs.forms(word), optional)
        parts = word.split("|")
        whole = "|".join(part for part in parts if not part.endswith("+"))
        starts = tuple(part[:-1] for part in parts if part.endswith("+"))
        return _Step(self._verbs.forms(whole) if whole else frozenset(), optional, starts)

    def find(self, words: Sequence[str]) -> dict[str, list[Hit]]:
        """All hits, by family, in the order of the words."""
        found: dict[str, list[Hit]] = {}
        entries_of = self._entries if self._lengths else self._by_word.get
        for first, word in enumerate(words):
            entries = entries_of(word)
            if entries is None:
                continue
            for entry in entries:
                last = _match(entry.steps, words, first)
                if last is None:
                    continue
                hits = found.setdefault(entry.family, [])
                hit = Hit(first, last, entry.family, entry.tag, entry.phrase)
                if not hits or hits[-1].last <= first:
                    hits.append(hit)
                elif hits[-1].first == first and last > hits[-1].last:
                    hits[-1] = hit
        return found


def _match(steps: Sequence[_Step], words: Sequence[str], first: int) -> int | None:
    return _match_from(steps, 1, words, first + 1)


def _match_from(steps: Sequence[_Step], at: int, words: Sequence[str], place: int) -> int | None:
    while at < len(steps):
        step = steps[at]
        fits = place < len(words) and (
            _may_be_any(words[place])
            if step.words is None
            else words[place] in step.words or words[place].startswith(step.starts)
        )
        if step.words is None and step.optional:
            # How many words a run of "*" takes is all that matters, and not which of them takes which.
            run = at
            while run < len(steps) and steps[run] == step:
                run += 1
            taken = 0
            while taken < run - at and place + taken < len(words) and _may_be_any(words[place + taken]):
                taken += 1
            for more in range(taken, -1, -1):
                longer = _match_from(steps, run, words, place + more)
                if longer is not None:
                    return longer
            return None
        if step.optional:
            if fits:
                longer = _match_from(steps, at + 1, words, place + 1)
                if longer is not None:
                    return longer
            at += 1
            continue
        if not fits:
            return None
        at += 1
        place += 1
    return place


def _may_be_any(word: str) -> bool:
    return word == DATE or (word.isalnum() and word not in _JOINTS)
