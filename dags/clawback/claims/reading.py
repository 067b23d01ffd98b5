"""A document as the rules read it: sentences of words, figures and dates, with the phrases among them.

Invariants:
    Everything keeps its place in the text. A figure or a date is one word of its sentence, so that a rule
    counts words and not digits. Nothing is looked up twice: each sentence is searched once for all phrases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from clawback.claims.dates import find_dates
from clawback.claims.figure import Figure
from clawback.claims.figures import find_figures
from clawback.claims.fold import fold
from clawback.claims.layout import Kind, Span, sentences
from clawback.claims.lexicon import SIMPLIFIED, lexicon_of, word_set
from clawback.claims.phrases import DATE as DATE
from clawback.claims.phrases import FIGURE, Hit, Lexicon
from clawback.claims.when import When

_SIGNS: Final = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Japanese, Chinese and Korean write without spaces or with endings: each sign is a word."""

_TOKEN = re.compile(
    rf"'s\b|[{_SIGNS}]|n't\b|[^\W_{_SIGNS}]+(?:\.(?=[a-z]{{2,4}}\b)[^\W_{_SIGNS}]+)?|[^\w\s]|_"
)
_CONTINENTAL: Final = word_set("reading.continental")
_SIGNED: Final = frozenset({"zh", "ja", "ko"})


@dataclass
class Sentence:
    """One sentence: its words in lower case with their places, and what was found among them.

    `figures` and `dates` map the number of a word to what stands there. `hits` are by family of the lexicon;
    `kinds` keeps what `other_cues.concepts` makes of them.
    """

    number: int
    span: Span
    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    figures: dict[int, Figure] = field(default_factory=dict)
    dates: dict[int, When] = field(default_factory=dict)
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    kinds: list[tuple[int, int, str]] | None = None

    def of(self, family: str) -> list[Hit]:
        """The hits of a family, in order."""
        return self.hits.get(family, [])

    def has(self, family: str, first: int, last: int) -> bool:
        """Whether a hit of the family begins among these words."""
        return any(first <= hit.first < last for hit in self.of(family))


@dataclass(frozen=True)
class Reading:
    """A document, read."""

    text: str
    folded: str
    title: Sentence
    published: date | None
    sentences: list[Sentence]
    figures: list[Figure]
    dates: list[When]

    def quote(self, start: int, end: int) -> str:
        """The text between two places, as it stands."""
        return self.text[start:end]

    def following(self, sentence: Sentence) -> Sentence | None:
        """The sentence behind one of them."""
        place = sentence.number + 1
        return self.sentences[place] if 0 < place < len(self.sentences) else None

    def lead(self, sentence: Sentence) -> Sentence | None:
        """The line that leads a list item, or the heading above prose."""
        return None if sentence.span.lead is None else self.sentences[sentence.span.lead]


def read(
    text: str,
    *,
    title: str = "",
    published: date | None = None,
    language: str = "en",
    latest: date | None = None,
) -> Reading:
    """Read a text once; the rules work on the result.

    Args:
        text: as it stands; offsets count its characters.
        title: headline; names in it count for the victim, and its figures make no claims.
        published: day of publication.
        language: tag such as `en`.
        latest: last day on which it may have been published, where the day is not known.
    """
    folded = fold(text)
    figures = find_figures(folded, continental=language[:2] in _CONTINENTAL, in_signs=language[:2] in _SIGNED)
    dates = find_dates(folded, published, language[:2], latest)
    figures = _without_dates(figures, dates)
    spans = sentences(folded, language[:2])
    lexicon = lexicon_of(language[:2])
    chinese = language[:2] == "zh"
    marks: list[tuple[int, int, Figure | When]] = sorted(
        [(figure.start, figure.end, figure) for figure in figures]
        + [(when.start, when.end, when) for when in dates],
        key=lambda mark: mark[0],
    )
    read_sentences = []
    at = 0
    for number, span in enumerate(spans):
        while at < len(marks) and marks[at][0] < span.start:
            at += 1
        own = []
        while at < len(marks) and marks[at][0] < span.end:
            if marks[at][1] <= span.end:
                own.append(marks[at])
            at += 1
        read_sentences.append(_sentence(folded, number, span, own, lexicon, in_chinese=chinese))
    folded_title = fold(title)[:500]
    title_span = Span(0, len(folded_title), Kind.HEADING, None)
    title_figures = find_figures(
        folded_title, continental=language[:2] in _CONTINENTAL, in_signs=language[:2] in _SIGNED
    )
    title_marks: list[tuple[int, int, Figure | When]] = [
        (figure.start, figure.end, figure) for figure in title_figures
    ]
    headline = _sentence(folded_title, -1, title_span, title_marks, lexicon, in_chinese=chinese)
    return Reading(text, folded, headline, published, read_sentences, figures, dates)


def _without_dates(figures: list[Figure], dates: list[When]) -> list[Figure]:
    days = sorted((when.start, when.end) for when in dates)
    kept = []
    at = 0
    for figure in figures:
        while at < len(days) and days[at][1] <= figure.start:
            at += 1
        if at == len(days) or days[at][0] >= figure.end:
            kept.append(figure)
    return kept


def _sentence(
    folded: str,
    number: int,
    span: Span,
    marks: list[tuple[int, int, Figure | When]],
    lexicon: Lexicon,
    *,
    in_chinese: bool,
) -> Sentence:
    sentence = Sentence(number, span)
    position = span.start
    for start, end, mark in marks:
        if start < position:
            continue
        _add_words(sentence, folded, position, start)
        place = len(sentence.words)
        if isinstance(mark, Figure):
            sentence.figures[place] = mark
            sentence.words.append(FIGURE)
        else:
            sentence.dates[place] = mark
            sentence.words.append(DATE)
        sentence.starts.append(start)
        sentence.ends.append(end)
        position = end
    _add_words(sentence, folded, position, span.end)
    if in_chinese:
        # One sign has two forms in Chinese; the text keeps its own.
        sentence.words = [word.translate(SIMPLIFIED) for word in sentence.words]
    sentence.hits = lexicon.find(sentence.words)
    return sentence


def _add_words(sentence: Sentence, folded: str, start: int, end: int) -> None:
    words, starts, ends = sentence.words, sentence.starts, sentence.ends
    for found in _TOKEN.finditer(folded, start, end):
        word = found.group()
        first, last = found.span()
        if word == "-" and last < end and folded[first - 1 : first].isalnum() and folded[last].isalnum():
            # "flash-loan" is read as "flash loan".
            continue
        if word == "t" and len(words) >= 2 and words[-1] == "'" and words[-2].endswith("n"):
            # "don't" is read as "do" and "n't".
            words[-2:] = [words[-2][:-1] or "n", "n't"]
            ends[-2:] = [ends[-2] - 1, last]
            starts[-1] = ends[-2]
            continue
        words.append(word.lower())
        starts.append(first)
        ends.append(last)
