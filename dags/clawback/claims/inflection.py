"""The forms of an English verb: "steal" is also steals, stole, stolen, stealing.

A lexicon that lists meanings by their verb knows every tense of it, so that no form is forgotten.
"""

from __future__ import annotations

from typing import Final

_VOWELS: Final = frozenset("aeiou")
_HISSING: Final = ("s", "x", "z", "ch", "sh")
_STRESSED_AT_THE_END: Final = frozenset({"refer", "commit", "admit", "transfer", "occur", "incur"})


class Verbs:
    """The forms of verbs, those of irregular ones from a table.

    Args:
        irregular: past, participle and further forms of the verbs that have their own.
    """

    def __init__(self, irregular: dict[str, tuple[str, ...]]) -> None:
        self._irregular = irregular

    def forms(self, word: str) -> frozenset[str]:
        """The words that `a|b~` or `~a|b` stands for: with the sign, every form of the verb or of each verb."""
        if not word.startswith("~"):
            return frozenset(
                form
                for one in word.split("|")
                for form in (self._forms(one[:-1]) if one.endswith("~") and one != "~" else (one,))
            )
        return frozenset(form for verb in word[1:].split("|") for form in self._forms(verb))

    def participles(self, word: str) -> frozenset[str]:
        """Those of the forms of `~a|b` that can be passive."""
        if not word.startswith("~"):
            return frozenset()
        return frozenset(self._past(verb)[1] for verb in word[1:].split("|"))

    def _forms(self, verb: str) -> tuple[str, ...]:
        return (verb, _third(verb), _with_ending(verb, "ing"), *self._past(verb))

    def _past(self, verb: str) -> tuple[str, ...]:
        regular = _with_ending(verb, "ed")
        return self._irregular.get(verb, (regular, regular))


def _third(verb: str) -> str:
    if verb.endswith(_HISSING) or verb in {"go", "do"}:
        return f"{verb}es"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def _with_ending(verb: str, ending: str) -> str:
    if verb.endswith("ie") and ending == "ing":
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and ending == "ed":
        return f"{verb}d"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return f"{verb[:-1]}{ending}"
    if verb.endswith("y") and verb[-2] not in _VOWELS and ending == "ed":
        return f"{verb[:-1]}ied"
    if _doubles(verb):
        return f"{verb}{verb[-1]}{ending}"
    return f"{verb}{ending}"


def _doubles(verb: str) -> bool:
    """Whether the last sign is doubled: "swiped", but "grabbed"."""
    if len(verb) < 3 or verb[-1] in _VOWELS or verb[-1] in "wxy" or verb[-2] not in _VOWELS:
        return False
    short = sum(sign in _VOWELS for sign in verb) == 1
    return (short and verb[-3] not in _VOWELS) or verb in _STRESSED_AT_THE_END
