"""Whose theft it is: the victim that a sentence names, and the one that the document is about.

A name is a run of words with capitals that is no actor, speaker's trade, month, place or common word. It is a
victim where it is hacked, where something is taken from it, where a theft is of it. The document's victim is
the name that is most often; another theft mentioned in passing has the victim that its own sentence names.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.nameless_victims import described_victim, speaks_of_itself
from clawback.claims.names import Name, is_camel, is_person, key_of, names
from clawback.claims.own_words import publisher_cues
from clawback.claims.points import points
from clawback.claims.reading import Reading, Sentence
from clawback.claims.signed_names import signed_names
from clawback.claims.victim_cues import victim_cues
from clawback.claims.victim_signs import alike, is_firm, is_of_another_theft, is_victim, of_houses

UNNAMED: Final = "unnamed"
_LEAST: Final = -100
"""Points from which a name may be the main victim's without a rule that says so."""

_MORE: Final = 50
"""Points that a name needs more than the name that the rules take for the main victim's."""

_SURE: Final = 0
"""Points from which a name is a victim's in the sentences and paragraphs that it begins."""

_TITLE: Final = 3
_WEAK: Final = 6
_GOES_ON: Final = [[verb] for verb in ("will", "has", "had", "was", "is", "said", "says", "lost", "'s")]
_NO_VICTIMS: Final = frozenset(
    {"us", "uk", "eu", "un", "ip", "lp", "dc", "attribution", "culprit", "who", "comments"}
)
_FIRST: Final = 2
_OPENERS: Final = frozenset({'"', ":", ".", "(", "*", "#", "-", "\u2014"})
_SPEAKS: Final = word_set("victims.speaks")


class Victims:
    """The victims of a reading.

    Args:
        reading: the text.
        title: the headline as `fold.fold` gives it.
        publisher: who publishes it; where a text says "we" and names no victim, the publisher is the victim.
    """

    def __init__(self, reading: Reading, title: str, publisher: str | None = None) -> None:
        self._reading = reading
        self._scores: Counter[str] = Counter()
        self._spelling: dict[str, str] = {}
        self._robbed: set[str] = set()
        self._by_sentence: dict[int, list[Name]] = {}
        self._tickers = {figure.unit.lower() for figure in reading.figures}
        titled = of_houses(reading.title, names(reading, reading.title, title))
        signed = signed_names(reading, title)
        titled += signed.get(reading.title.number, [])
        for sentence in reading.sentences:
            own = [name for name in names(reading, sentence) if name.text.lower() not in self._tickers]
            self._by_sentence[sentence.number] = of_houses(sentence, own) + signed.get(sentence.number, [])
        self._certain = self._certain_names(titled)
        for place, name in enumerate(titled):
            self._count(reading.title, name, 4 if place == 0 else 2, _TITLE)
        for sentence in reading.sentences:
            for name in self._by_sentence[sentence.number]:
                self._count(sentence, name, 1, _FIRST if sentence.number < 2 else 0)
        self.ruled = self._main(publisher)
        self._publisher = publisher
        self._titled = titled
        self._worth = self._weighed()
        self.main = self._best()
        self._topics = self._topics_of_paragraphs()

    def cases(self) -> dict[str, set[str]]:
        """All names of the text, as their spellings are compared, with their cues."""
        places: dict[str, list[tuple[Sentence, Name]]] = {}
        told = [(self._reading.title, name) for name in self._titled]
        told += [(sentence, name) for sentence in self._reading.sentences for name in self.names_of(sentence)]
        for sentence, name in told:
            key = key_of(name.text)
            if key in self._scores and key not in _NO_VICTIMS:
                places.setdefault(key, []).append((sentence, name))
        own = key_of(self._publisher or "")
        ranked = sorted(self._scores, key=lambda key: (-self._scores[key], key))
        ranks = {key: rank for rank, key in enumerate(ranked, start=1)}
        if self.ruled is not None:
            ranks[key_of(self.ruled)] = 0
        found_cues = {
            key: victim_cues(
                found,
                order=order,
                is_certain=key in self._certain,
                is_publisher=bool(own) and (key.startswith(own) or own.startswith(key)),
                rank=ranks[key],
                is_robbed=key in self._robbed,
                told_rank=sum(len(other) > len(found) for other in places.values()),
            )
            for order, (key, found) in enumerate(places.items())
        }
        if self._publisher is not None and own:
            self._with_publisher(found_cues, own, self._publisher)
        return found_cues

    def _with_publisher(self, cues: dict[str, set[str]], own: str, publisher: str) -> None:
        """Add what speaks for the publisher, whom a text about its own theft may never name."""
        added = publisher_cues(self._reading, publisher)
        named = [key for key in cues if key.startswith(own) or own.startswith(key)]
        for key in named:
            cues[key] |= added
        if not named:
            self._spelling.setdefault(own, publisher)
            cues[own] = added | {"is never told"}

    def _weighed(self) -> dict[str, int]:
        """Points of every name for being a victim's."""
        table = points("victim")
        return {key: table.total(cues) for key, cues in self.cases().items()}

    def _best(self) -> str | None:
        """The name with most points; what the rules say where no name has enough."""
        if not self._worth:
            return self.ruled
        best = max(self._worth, key=lambda key: (self._worth[key], key))
        least = _LEAST
        if self.ruled is not None:
            least = self._worth.get(key_of(self.ruled), _LEAST) + _MORE
        return self._spelling[best] if self._worth[best] > least else self.ruled

    def named_in(self, sentence: Sentence, first: int, last: int) -> str | None:
        """The victim that a sentence names for a claim in the words `first` up to `last`, or None."""
        best: tuple[int, str] | None = None
        for name in self._by_sentence.get(sentence.number, []):
            if key_of(name.text) in _NO_VICTIMS or not is_victim(sentence, name):
                continue
            distance = max(first - name.last, name.first - last, 0)
            if distance > 25:
                continue
            if best is None or distance < best[0]:
                best = (distance, self._spelling[key_of(name.text)])
        return best[1] if best is not None else self._nearest(sentence, first, last)

    def _nearest(self, sentence: Sentence, first: int, last: int) -> str | None:
        """The nearest name of a sentence that has points enough to be a victim's, or None."""
        near = [
            (max(first - name.last, name.first - last, 0), key_of(name.text))
            for name in self.names_of(sentence)
            if self._worth.get(key_of(name.text), 0) > _SURE
        ]
        return self._spelling[min(near)[1]] if near else None

    def of(self, sentence: Sentence, first: int, last: int) -> tuple[str | None, bool]:
        """The victim of a claim, and whether its own sentence names it."""
        named = self.named_in(sentence, first, last)
        if named is not None:
            return named, True
        if is_of_another_theft(sentence, first, last):
            return UNNAMED, False
        topic = self._topics.get(sentence.number)
        if topic is not None:
            return topic, True
        return self.main, False

    def names_of(self, sentence: Sentence) -> list[Name]:
        """All names of a sentence."""
        return self._by_sentence.get(sentence.number, [])

    def is_certain(self, name: Name) -> bool:
        """Whether a name stands as one elsewhere than at the beginning of a sentence."""
        return key_of(name.text) in self._certain

    def is_robbed(self, name: Name) -> bool:
        """Whether a name is a victim's, or a firm's, somewhere in the text."""
        return key_of(name.text) in self._robbed

    def _certain_names(self, titled: list[Name]) -> set[str]:
        """Names that stand within a sentence or are written as only names are."""
        certain = {key_of(name.text) for name in titled if is_camel(name.text)}
        heads = {key_of(name.text) for name in titled}
        for sentence in self._reading.sentences:
            for name in self._by_sentence[sentence.number]:
                begins = name.first == 0 or sentence.words[name.first - 1] in _OPENERS
                headed = key_of(name.text) in heads and sentence.words[name.last : name.last + 1] in _GOES_ON
                if not begins or headed or is_camel(name.text) or " " in name.text:
                    certain.add(key_of(name.text))
        return certain

    def _count(self, sentence: Sentence, name: Name, weight: int, bonus: int) -> None:
        key = key_of(name.text)
        if not key or name.text.lower() in self._tickers:
            return
        self._spelling.setdefault(key, name.text)
        sure = key in self._certain or any(other.startswith(key) for other in self._certain)
        self._scores[key] += 1 + (bonus if sure else 0) + (2 if is_camel(name.text) else 0)
        if is_person(sentence, name):
            self._scores[key] -= 6
        elif is_victim(sentence, name):
            self._robbed.add(key)
            self._scores[key] += 3 * weight if sure or sentence.number < 0 else 1
        elif is_firm(sentence, name):
            self._robbed.add(key)
            self._scores[key] += 3 * weight
        if sentence.words[name.last : name.last + 1] and sentence.words[name.last] in _SPEAKS:
            self._scores[key] -= 1

    def _main(self, publisher: str | None) -> str | None:
        described = described_victim(self._reading)
        scores = Counter(self._scores)
        for key in self._scores:
            for other in self._scores:
                # "Opal" and "Opal Wallet" are one.
                if other != key and len(key) > 3 and other.startswith(key):
                    scores[other] += self._scores[key]
        for key in _NO_VICTIMS & set(scores):
            del scores[key]
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        best = ranked[0] if ranked else None
        if publisher is not None and speaks_of_itself(self._reading, publisher):
            own = key_of(publisher)
            if best is None or best[1] < 12 or own.startswith(best[0]) or best[0].startswith(own):
                return publisher
        if (
            best is None
            or best[1] < 3
            or (described is not None and best[0] not in self._robbed and best[1] < _WEAK)
        ):
            return described
        return self._spelling[best[0]]

    def _first_told(self, sentence: Sentence) -> str | None:
        """The first name of a sentence that has points enough, unless the text is about it."""
        for name in self.names_of(sentence):
            key = key_of(name.text)
            if self._worth.get(key, 0) > _SURE:
                return None if alike(name.text, self.main or "") else self._spelling[key]
        return None

    def _topics_of_paragraphs(self) -> dict[int, str]:
        """Per sentence the victim that its paragraph begins with, where that is another than the main one."""
        topics: dict[int, str] = {}
        topic: str | None = None
        end = -1
        for sentence in self._reading.sentences:
            if end < 0 or "\n" in self._reading.folded[end : sentence.span.start]:
                topic = None
                for name in self._by_sentence[sentence.number][:1]:
                    begins = name.first <= 3 and (
                        is_victim(sentence, name) or sentence.words[name.last : name.last + 1] == ["."]
                    )
                    if begins and self.main is not None and not alike(name.text, self.main):
                        topic = self._spelling[key_of(name.text)]
                if topic is None:
                    topic = self._first_told(sentence)
            if topic is not None:
                topics[sentence.number] = topic
            end = sentence.span.end
        return topics
