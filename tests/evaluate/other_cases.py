"""The cases from which points for texts in other languages than English are learned.

All figures, dates, sentences and candidates for culprits of documents about a theft, each with its cues and
whether it carries the claim. A doubtful answer makes no case.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from clawback.claims import amounts
from clawback.claims.events import theft_dates
from clawback.claims.extract import told_losses
from clawback.claims.finding import Finding
from clawback.claims.fold import fold
from clawback.claims.layout import Kind
from clawback.claims.lexicon import LANGUAGES
from clawback.claims.other_culprits import culprits
from clawback.claims.other_dates import TABLE, other_date_cues
from clawback.claims.other_figures import ROLES, figure_cues
from clawback.claims.other_languages import recoveries
from clawback.claims.other_methods import moves, ways
from clawback.claims.other_scope import TABLE as SCOPE
from clawback.claims.other_scope import scope_cues
from clawback.claims.other_sentences import TYPES, sentence_cues, type_of
from clawback.claims.other_weighing import STANCES, candidate_cues, candidates, verdict_of
from clawback.claims.reading import Reading, Sentence, read
from clawback.claims.victims import Victims
from clawback.claims.weighing_dates import Told, may_be_date, told_of
from tests.evaluate.answers import answer_of, is_day_of_theft, labels_of_date, labels_of_figure
from tests.evaluate.corpus import ROOT, Document, Label
from tests.evaluate.score import Aliases

_STRENGTH: Final = 4
TABLES: Final = (
    SCOPE,
    *(f"other_figure_{role}" for role in ROLES),
    TABLE,
    *(f"other_{name}" for name in TYPES),
    *(f"other_culprit_{stance}" for stance in STANCES),
)

PUBLISHED: Final = date(2024, 3, 14)
_TIMES: Final = 2
"""How often a written sentence counts: it says one thing, and each of them must be read right."""

_UNSAID: Final = dict.fromkeys(("low", "high", "qualifier", "victim", "hedge", "level", "as_of"))

Case = tuple[frozenset[str], bool]


def other_cases(documents: list[Document]) -> dict[str, list[Case]]:
    """The cases of all tables from documents in other languages."""
    found: dict[str, list[Case]] = {name: [] for name in TABLES}
    aliases = Aliases((ROOT / "tests" / "evaluate" / "aliases.txt").read_text("utf-8"))
    for document in [*documents, *list(_written()) * _TIMES]:
        language = document.language
        if language[:2] not in LANGUAGES:
            continue
        reading = read(document.text, title=document.title, published=document.published, language=language)
        found[SCOPE].append((frozenset(scope_cues(reading)), document.is_theft))
        for name, case in _cases(document, reading, _STRENGTH, aliases):
            found[name].append(case)
    return found


def _written() -> Iterator[Document]:
    """The written sentences that hold the rules, as documents."""
    lines = (ROOT / "tests" / "fixtures" / "claims_sentences" / "languages.txt").read_text("utf-8")
    for line in lines.splitlines():
        if not line or line.startswith("#"):
            continue
        language, text, wanted = (part.strip() for part in line.split("|"))
        told = [part.strip().split(" ", 1) for part in wanted.split(";") if part.strip()]
        labels = [_label(text, *part) for part in told]
        yield Document("", "sentence", text, "", PUBLISHED, None, language, bool(labels), labels)


def _label(text: str, claim_type: str, said: str = "") -> Label:
    """What a line says of its text: "loss 5000000 USD", "date 2024-03-12", "attribution unknown"."""
    value: str | None = None
    unit: str | None = None
    if claim_type == "date":
        value = said
    elif claim_type != "attribution" and said:
        value, unit = said.split(" ")
    is_named = claim_type == "attribution" and said != "unknown"
    return Label(
        claim_type=claim_type, value=value, unit=unit, actor=said if is_named else None,
        stance=None if claim_type != "attribution" else "named" if is_named else "unknown",
        asserted_by="author", spans=((0, len(text)),), optional=False, quote=text, **_UNSAID,
    )  # fmt: skip


def _cases(
    document: Document, reading: Reading, strength: int, aliases: Aliases
) -> Iterator[tuple[str, Case]]:
    language = document.language
    ruled = amounts.govern(reading, strength)
    yield from _figures(document, reading, {(item.sentence.number, item.word): item for item in ruled})
    methods = ways(reading, language)
    thefts = told_losses(ruled, methods)
    days = theft_dates(reading, thefts)
    yield from _dates(document, reading, days, told_of(reading, ruled, thefts, days))
    blamed = culprits(reading, language)
    found: dict[int, set[str]] = {}
    for finding in [*methods, *moves(reading, language), *blamed, *recoveries(reading, language, set())]:
        found.setdefault(finding.sentence.number, set()).add(type_of(finding))
    yield from _sentences(document, reading, found)
    victims = Victims(reading, fold(document.title), document.publisher)
    labels = [label for label in document.labels if label.claim_type == "attribution" and label.actor]
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.words:
            continue
        own = [finding for finding in blamed if finding.sentence is sentence]
        for who in candidates(reading, sentence, victims, language):
            cues = frozenset(candidate_cues(reading, sentence, who, victims, language, verdict_of(who, own)))
            for stance in STANCES:
                same = [
                    label
                    for label in labels
                    if label.stance == stance and aliases.same(label.actor, who.name)
                ]
                here = [label for label in same if _shared(label, sentence)]
                if same and (not here or all(label.optional for label in here)):
                    continue
                yield f"other_culprit_{stance}", (cues, bool(here))


def _figures(
    document: Document, reading: Reading, ruled: dict[tuple[int, int], amounts.Governed]
) -> Iterator[tuple[str, Case]]:
    is_first = True
    for sentence in reading.sentences:
        for word, figure in sentence.figures.items():
            first, is_first = is_first, False
            answers = labels_of_figure(document, figure)
            if answer_of(answers) is None:
                continue
            cues = frozenset(figure_cues(reading, sentence, word, ruled, document.language, is_first=first))
            for role in ROLES:
                answer = answer_of([label for label in answers if label.claim_type == role])
                if answer is not None:
                    yield f"other_figure_{role}", (cues, answer)


def _dates(
    document: Document, reading: Reading, findings: list[Finding], told: Told
) -> Iterator[tuple[str, Case]]:
    found = {(finding.sentence.number, finding.label) for finding in findings}
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        for word, when in sentence.dates.items():
            if not may_be_date(when):
                continue
            answer = answer_of(labels_of_date(document, when))
            if answer is None or (not answer and is_day_of_theft(document, when)):
                continue
            is_found = (sentence.number, when.text() or "") in found
            cues = other_date_cues(reading, sentence, word, document.language, told, is_found=is_found)
            yield TABLE, (frozenset(cues), answer)


def _sentences(
    document: Document, reading: Reading, found: dict[int, set[str]]
) -> Iterator[tuple[str, Case]]:
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.words:
            continue
        own = frozenset(found.get(sentence.number, ()))
        cues = frozenset(sentence_cues(reading, sentence, document.language, own))
        for name in TYPES:
            labels = [label for label in document.labels if _is_of(label, name)]
            here = [label for label in labels if _shared(label, sentence)]
            if here and all(label.optional for label in here):
                continue
            best = [label for label in here if _is_main(label, sentence, reading)]
            if here and not best:
                continue
            yield f"other_{name}", (cues, bool(best))


def _is_of(label: Label, name: str) -> bool:
    if name == "unknown":
        return label.claim_type == "attribution" and label.stance == "unknown"
    if name == "made_whole" and (label.value or label.low) is not None:
        return False
    return label.claim_type == name


def _shared(label: Label, sentence: Sentence) -> int:
    """Characters of a label's quotation within a sentence."""
    return max(
        (min(end, sentence.span.end) - max(start, sentence.span.start) for start, end in label.spans),
        default=0,
    ) * any(start < sentence.span.end and sentence.span.start < end for start, end in label.spans)


def _is_main(label: Label, sentence: Sentence, reading: Reading) -> bool:
    """Whether no other sentence holds more of a quotation."""
    own = _shared(label, sentence)
    return all(_shared(label, other) <= own for other in reading.sentences)
