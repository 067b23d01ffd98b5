"""Who says it in other languages, where the rules for speakers find nobody.

In Chinese, Japanese and Korean a speaker stands before the mark of the topic or the verb, or before
"according to". In the others the speaker is what a clause has before its verb of saying, or right behind it.
A sentence has one speaker here.
"""

from __future__ import annotations

import re
from typing import Final

from clawback.claims.lexicon import LANGUAGES, table, word_set
from clawback.claims.other_cues import ENDS
from clawback.claims.phrases import DATE, FIGURE, Hit
from clawback.claims.reading import Reading, Sentence
from clawback.claims.speech import Speech

_WAYS: Final = {
    language: re.compile(pattern) for pattern, language in table("other_speakers.way", "\n").items()
}
_OURSELVES: Final = word_set("other_speakers.ourselves")
_LONGEST: Final = 6
"""Words of a speaker's name with what he is."""

_TRIMMED: Final = " \u3000\"'\u300c\u300d\u201c\u201d,\u3001\uff0c"


def speech_elsewhere(
    reading: Reading, sentence: Sentence, language: str, publisher: str | None
) -> Speech | None:
    """The speech that a sentence is, None where the author speaks.

    Args:
        reading: the text.
        sentence: one of its sentences.
        language: tag such as `ja`.
        publisher: who publishes it; its own words are the author's.
    """
    way = _WAYS.get(language[:2])
    if way is not None:
        return _in_signs(reading, sentence, way, publisher)
    return _in_letters(reading, sentence, publisher) if language[:2] in LANGUAGES else None


def _in_letters(reading: Reading, sentence: Sentence, publisher: str | None) -> Speech | None:
    """The same where spaces divide words."""
    words = sentence.words
    for hit in sentence.of("say"):
        first = last = hit.last
        if hit.tag == "say":
            first = last = hit.first
            while first > 0 and last - first < _LONGEST and words[first - 1] not in ENDS:
                first -= 1
            if first > 0 and words[first - 1] not in ENDS:
                continue
        if first == last:
            first = hit.last
            last = min(len(words), first + _LONGEST)
            last = next((at for at in range(first, last) if words[at] in ENDS), last)
        name = _name(reading, sentence, first, last, publisher)
        if name is not None:
            return Speech(name, 0, len(words), hit, False, number=sentence.number)
    return None


def _name(reading: Reading, sentence: Sentence, first: int, last: int, publisher: str | None) -> str | None:
    """The words as a speaker's name: a capital among them, and no figure, date or ourselves."""
    words = sentence.words[first:last]
    if not words or {FIGURE, DATE} & set(words) or _OURSELVES & set(words):
        return None
    name = reading.text[sentence.starts[first] : sentence.ends[last - 1]].strip(_TRIMMED)
    begins = sentence.starts[first] == sentence.span.start
    if not any(sign.isupper() for sign in (name[1:] if begins else name)):
        return None
    if publisher is not None and (name in publisher or publisher in name):
        return None
    return name


def _in_signs(
    reading: Reading, sentence: Sentence, way: re.Pattern[str], publisher: str | None
) -> Speech | None:
    """The same in Chinese, Japanese and Korean, by the way in which each says who speaks."""
    found = way.search(reading.folded, sentence.span.start, sentence.span.end)
    if found is None:
        return None
    name = next(part for part in found.groups() if part is not None).strip(_TRIMMED)
    if not name or name in _OURSELVES or (publisher is not None and name in publisher):
        return None
    last = len(sentence.words)
    verb = Hit(0, min(1, last), "say", "say", "a verb of saying")
    return Speech(name, 0, last, verb, False, number=sentence.number)
