"""Victims without a name: whoever says "we", "a mining company", "the exchange U"."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.reading import Reading, Sentence

_BEFORE: Final = word_set("victims.before")
_KINDS: Final = word_set("victims.kinds")
_TAKEN: Final = word_set("victims.theft") | {"stolen", "taken"}
_OFFICES: Final = word_set("victims.offices")
_OURS: Final = word_set("victims.ours")
_US: Final = word_set("victims.us")
_OWNED: Final = word_set("victims.owned")


def speaks_of_itself(reading: Reading, publisher: str) -> bool:
    """Whether the text speaks of its publisher's own theft: "our hot wallet", outside quotations."""
    if _OFFICES & set(publisher.lower().replace("'", " ").split()):
        return False
    own = 0
    inside = False
    for sentence in reading.sentences:
        for place, word in enumerate(sentence.words):
            if word == '"':
                inside = not inside
            elif not inside and word in _OURS and _OWNED & set(sentence.words[place + 1 : place + 5]):
                own += 2
            elif not inside and word in _US:
                own += 1
    return own >= 2


def described_victim(reading: Reading) -> str | None:
    """The victim of a text that does not name it: "a mining company", "the exchange U"."""
    for sentence in reading.sentences:
        words = sentence.words
        for place, word in enumerate(words):
            if word not in _BEFORE or words[place + 1 : place + 2] not in (["a"], ["an"], ["the"]):
                continue
            for noun in range(place + 2, min(len(words), place + 7)):
                if not words[noun].isalpha() or words[noun] == "of":
                    break
                if words[noun] in _KINDS:
                    letter = noun + 1 < len(words) and _is_letter(reading, sentence, noun + 1)
                    if (words[place + 1] != "the" or letter) and _TAKEN & set(words):
                        end = sentence.ends[noun + 1] if letter else sentence.ends[noun]
                        return " ".join(reading.text[sentence.starts[place + 1] : end].split())
                    break
    return None


def _is_letter(reading: Reading, sentence: Sentence, place: int) -> bool:
    """Whether a word is one capital letter, as courts call a victim: "the exchange U"."""
    written = reading.text[sentence.starts[place] : sentence.ends[place]]
    return len(written) == 1 and written.isupper()
