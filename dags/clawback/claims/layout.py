"""A text cut into sentences that know where they stand: prose, list item or heading, and under which lead.

Invariants:
    Sentences are spans of the text, in order, without overlap; what lies between them is white space. No
    sentence is longer than `MAX_SENTENCE`: a longer one is cut at a space, so that the work that a rule does
    within a sentence stays bounded whatever a document holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from sentencex import get_sentence_boundaries

MAX_SENTENCE: Final = 1_200
_MAX_BLOCK: Final = 4_000
"""The sentence splitter is quadratic in unclosed quotation marks and brackets; it never sees more than
this."""

_MAX_HEADING: Final = 70
_WRAPPED_LINE: Final = 50
"""A line at least this long without an end of sentence goes on in the next line, as in mail and PDF."""

_LINE = re.compile(r"[^\n]+")
_BULLET = re.compile(
    r"[ \t>]*(?:[-*+|\u2022\u2023\u25cf\u25aa\u00b7]|\(?[0-9]{1,2}[.)]|\([a-z]\))[ \t]+(?=\S)"
)
_QUOTED = re.compile(r"[ \t]*>[ \t]*")
_ENDS_SENTENCE = re.compile(r"[.!?:;\u3002\uff01\uff1f\uff1a][\"')\]]*\s*$")
_BEFORE_NUMBER = re.compile(
    r"\b(?:approx|est|ca|c|no|nos|incl|vs|resp|max|min|ap|sept|dec|oct|nov)\.\s*$", re.IGNORECASE
)
_NUMBER = re.compile(r"[^\w\s]{0,3}[0-9]")
_GAP = re.compile(r"[ ]?\[(?:\u2026|\.\.\.)\][ ]?")
"""Where an excerpt leaves something out, a sentence ends."""

_LEAD = re.compile(r":\s*$")


class Kind(Enum):
    """What a sentence is part of."""

    PROSE = "prose"
    ITEM = "item"
    HEADING = "heading"


@dataclass(frozen=True)
class Span:
    """A sentence: its place in the text, its kind, and the number of the span that leads it (or None).

    A list item is led by the line above its list, prose by the heading above it.
    """

    start: int
    end: int
    kind: Kind
    lead: int | None


@dataclass
class _Block:
    start: int
    end: int
    kind: Kind
    is_lead: bool = False


def sentences(folded: str, language: str = "en") -> list[Span]:
    """The sentences of a folded text.

    Args:
        folded: from `fold.fold`.
        language: tag such as `en`; it tells the abbreviations.
    """
    spans: list[Span] = []
    heading: int | None = None
    lead: int | None = None
    for block in _blocks(folded):
        first = len(spans)
        if block.kind is Kind.HEADING:
            spans.append(Span(block.start, block.end, Kind.HEADING, None))
            heading = first
            lead = first
            continue
        above = lead if block.kind is Kind.ITEM else heading
        for start, end in _cut(folded, block, language):
            spans.append(Span(start, end, block.kind, above))
        if block.is_lead and len(spans) > first:
            lead = len(spans) - 1
        elif block.kind is Kind.PROSE:
            lead = heading if len(spans) == first else len(spans) - 1
    return spans


def _blocks(folded: str) -> list[_Block]:
    lines = [(found.start(), found.end()) for found in _LINE.finditer(folded)]
    blocks: list[_Block] = []
    open_block: _Block | None = None
    for number, (start, end) in enumerate(lines):
        line = folded[start:end]
        if not line.strip():
            open_block = None
            continue
        bullet = _BULLET.match(line)
        if bullet is None:
            bullet = _QUOTED.match(line)
            item = False
        else:
            item = True
        inner = start + (bullet.end() if bullet is not None else len(line) - len(line.lstrip()))
        if open_block is not None and not item and _continues(folded, open_block, start, inner):
            open_block.end = start + len(line.rstrip())
            open_block.is_lead = bool(_LEAD.search(line))
            continue
        kind = Kind.ITEM if item else Kind.PROSE
        if not item and _is_heading(line, number, lines, folded):
            kind = Kind.HEADING
        block = _Block(inner, start + len(line.rstrip()), kind, bool(_LEAD.search(line)))
        blocks.append(block)
        open_block = None if kind is Kind.HEADING else block
    return blocks


def _continues(folded: str, block: _Block, start: int, inner: int) -> bool:
    above = folded[block.start : block.end]
    last_line = above[above.rfind("\n") + 1 :]
    if folded[block.end : start].count("\n") > 1 or block.end - block.start > _MAX_BLOCK:
        return False
    if _ENDS_SENTENCE.search(last_line) and not folded[inner : inner + 1].islower():
        return len(last_line) >= _WRAPPED_LINE and not _LEAD.search(last_line)
    return len(last_line) >= _WRAPPED_LINE or folded[inner : inner + 1].islower()


def _is_heading(line: str, number: int, lines: list[tuple[int, int]], folded: str) -> bool:
    text = line.strip()
    if text.startswith("#"):
        return True
    if len(text) > _MAX_HEADING or not any(sign.isalpha() for sign in text):
        return False
    if text.endswith(":"):
        # "Losses:" heads a section as "Losses" does; a longer lead line is a sentence.
        return len(text.split()) <= 3
    if text[-1] in ".!?;,\"')\u3002\uff01\uff1f\uff1b" or text[0].islower() or len(text.split()) > 9:
        return False
    # A single line with white space below it (or at the very end of nothing) and no figure in it.
    below = lines[number + 1] if number + 1 < len(lines) else None
    if below is None or any(sign.isdigit() for sign in text):
        return False
    between = folded[lines[number][1] : below[0]]
    return between.count("\n") > 1 or not folded[below[0] : below[1]].strip()


def _cut(folded: str, block: _Block, language: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for start in range(block.start, block.end, _MAX_BLOCK):
        part = folded[start : min(start + _MAX_BLOCK, block.end)].replace("\n", " ")
        begin = 0
        for found in get_sentence_boundaries(language, part):
            end = found["end_index"]
            if (
                end < len(part)
                and _BEFORE_NUMBER.search(part, max(begin, end - 12), end)
                and _NUMBER.match(part, end)
            ):
                continue
            spans.extend(_bounded(folded, start + begin, start + end))
            begin = end
        spans.extend(_bounded(folded, start + begin, start + len(part)))
    return spans


def _bounded(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    spans = []
    gap = _GAP.search(folded, start, end)
    if gap is not None:
        return [*_bounded(folded, start, gap.start()), *_bounded(folded, gap.end(), end)]
    while start < end:
        stop = end
        if end - start > MAX_SENTENCE:
            space = folded.rfind(" ", start, start + MAX_SENTENCE)
            stop = space if space > start else start + MAX_SENTENCE
        text = folded[start:stop]
        inner_start = start + len(text) - len(text.lstrip())
        inner_end = start + len(text.rstrip())
        if inner_start < inner_end:
            spans.append((inner_start, inner_end))
        start = stop
    return spans
