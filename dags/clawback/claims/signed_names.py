"""Names in Chinese, Japanese and Korean, which have no capitals: quoted, in katakana, or of the headline.

A run of katakana is a name or a foreign word; a word of a Korean headline that the text says again, with
whatever ending, is what the text is about. Which of them was robbed is for points to say.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.names import Name
from clawback.claims.reading import Reading, Sentence

_SIGNS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_QUOTED: Final = re.compile(
    r"[\u300c\u300e\u201c\u2018\"'\u300a]([^\s\u300c\u300d\u300e\u300f\u201c\u201d\u2018\u2019\"'\u300a\u300b]{2,14})"
    r"[\u300d\u300f\u201d\u2019\"'\u300b]"
)
_KATAKANA: Final = re.compile(r"[A-Za-z]{0,8}[\u30a1-\u30fa\u30fc\u30fb]{3,16}(?:\u53d6\u5f15\u6240|DAO)?")
_HANGUL: Final = re.compile(r"[\uac00-\ud7af]{2,10}")
_COMMON: Final = word_set("names.common_signs")
_MAX_NAMES: Final = 40


def signed_names(reading: Reading, title: str) -> dict[int, list[Name]]:
    """The names of a text by sentence, that of the headline under -1; none where no such signs are."""
    if _SIGNS.search(reading.folded) is None:
        return {}
    written = set(_candidates(reading.folded, title))
    told = sorted(written, key=lambda name: (-len(name), name))[:_MAX_NAMES]
    found: dict[int, list[Name]] = {-1: _in(reading.title, title, told)} if told else {}
    for sentence in reading.sentences if told else ():
        found[sentence.number] = _in(sentence, reading.folded, told)
    return found


def _candidates(text: str, title: str) -> Iterator[str]:
    for source in (title, text):
        for match in _QUOTED.finditer(source):
            if _SIGNS.search(match.group(1)) is not None:
                yield match.group(1)
        for match in _KATAKANA.finditer(source):
            yield match.group()
    for word in _HANGUL.findall(title):
        # An ending may follow the name: the longest beginning that the text has as well.
        for last in range(len(word), 1, -1):
            if word[:last] in text:
                yield word[:last]
                break


def _in(sentence: Sentence, source: str, names: list[str]) -> list[Name]:
    """The places of names in a sentence; of two that overlap the longer one."""
    text = source[sentence.span.start : sentence.span.end]
    taken: set[int] = set()
    found = []
    for name in names:
        at = -1 if name in _COMMON else text.find(name)
        while at >= 0:
            start = sentence.span.start + at
            first = bisect_left(sentence.starts, start)
            last = bisect_left(sentence.ends, start + len(name)) + 1
            places = set(range(first, last))
            if first < last <= len(sentence.starts) and not places & taken:
                taken |= places
                found.append(Name(first, last, name))
            at = text.find(name, at + len(name))
    return sorted(found, key=lambda name: name.first)
