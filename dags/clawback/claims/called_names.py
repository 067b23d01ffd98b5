"""Names that no capital letter and no list tells: handles, names in quotation marks, codes of analysts.

"@hexfennel", "humbleburglar.eth", a grouping named "Kolibri", "who went by 'vexo'", UNC6240, Unit 74455.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.lexicon import word_set
from clawback.claims.reading import Reading, Sentence

_NAMING: Final = word_set("agents.calling")
_CODE: Final = re.compile(r"(?:unc|apt|ta|fin|uat|dev|storm|uac|cl-sta|tag)-?[0-9]{1,5}")
_CODED: Final = frozenset({"unc", "apt", "ta", "fin", "uat", "dev", "storm", "uac", "tag"})
"""Families of codes that a hyphen parts from their number: "UAC-0233" is read as two words."""

_CHAIN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{2,40}\.(?:eth|sol|bnb|lens|base)")
_CHAINS: Final = frozenset({"eth", "sol", "bnb", "lens", "base"})
_UNITS: Final = frozenset({"unit", "bureau"})
_MAX_CALLED: Final = 4
_BEFORE: Final = 4
_MAX_HANDLE: Final = 40


def called_names(reading: Reading, sentence: Sentence) -> list[Agent]:
    """The handles, names in quotation marks and codes of a sentence, in order."""
    words = sentence.words
    found: list[Agent] = []
    quoted = [place for place, word in enumerate(words) if word == '"']
    for opening, closing in pairwise(quoted):
        led = words[max(0, opening - _BEFORE) : opening]
        if not 0 < closing - opening - 1 <= _MAX_CALLED or not _NAMING & set(led):
            continue
        begins = sentence.ends[opening] == sentence.starts[opening + 1]
        if begins and sentence.starts[opening] > sentence.ends[opening - 1] and words[closing - 1] != ".":
            found.append(_named(reading, sentence, opening + 1, closing))
    for place, word in _places(reading, sentence):
        if any(agent.first <= place < agent.last for agent in found):
            continue
        last = _handle_end(reading, sentence, place, word)
        if last is not None:
            found.append(_named(reading, sentence, place, last))
    return sorted(found, key=lambda agent: agent.first)


def _places(reading: Reading, sentence: Sentence) -> list[tuple[int, str]]:
    """The words at which a handle or a code may begin: few sentences have any."""
    words = list(enumerate(sentence.words))
    has_handle = "@" in reading.folded[sentence.span.start : sentence.span.end]
    if has_handle or not _CHAINS.isdisjoint(sentence.words):
        return words
    return [
        (place, word)
        for place, word in words
        if word[-1].isdigit() or "." in word or word in _UNITS or word in _CODED
    ]


def _handle_end(reading: Reading, sentence: Sentence, place: int, word: str) -> int | None:
    """Where a handle or a code ends that begins at `place`; None where none does."""
    words, text = sentence.words, reading.folded
    if word[-1].isdigit() and _CODE.fullmatch(word):
        return place + 1
    after = words[place + 1 : place + 2]
    if word in _UNITS and after and after[0].isdigit():
        return place + 2
    is_parted = bool(after) and text[sentence.ends[place] : sentence.starts[place + 1]] == "-"
    if word in _CODED and is_parted and after[0].isdigit():
        return place + 2
    start = sentence.starts[place]
    if start > 0 and text[start - 1] == "@" and not text[max(0, start - 2) : start - 1].isalnum():
        return place + 1
    if "." in word:
        return place + 1 if _CHAIN_NAME.fullmatch(word) else None
    if after != ["."] or place + 2 >= len(words):
        return None
    chain = f"{word}.{words[place + 2]}"
    is_one = sentence.ends[place + 2] - start == len(chain)
    return place + 3 if is_one and _CHAIN_NAME.fullmatch(chain) else None


def _named(reading: Reading, sentence: Sentence, first: int, last: int) -> Agent:
    written = reading.text[sentence.starts[first] : sentence.ends[last - 1]]
    name = " ".join(written.split()).strip("\"'\u201c\u201d,")[:_MAX_HANDLE]
    return Agent(first, last, name, Who.HANDLE, "handle")
