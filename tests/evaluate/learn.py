"""Learns the points of cues from the annotated documents: `make learn`.

Writes dags/clawback/claims/words/points/*.txt from the documents of `dev` alone: what a person marked there
as a loss, a date of a theft, a way of theft or of laundering speaks for its cues, the other figures, dates
and sentences against them. It is logistic regression with a squared penalty; its weights, times 100 and
rounded, are the points. Needs scikit-learn (`uv sync --group learn`); the tables are kept in the repository,
and nothing of this runs where claims are read.

The rules were written by reading the same documents, so their verdicts are right there more often than
elsewhere. To make up for it each case is shown twice: once with the verdict of the rules, and once without.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Final

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from clawback.claims import amounts
from clawback.claims.events import theft_dates
from clawback.claims.extract import told_losses
from clawback.claims.finding import Finding
from clawback.claims.fold import fold
from clawback.claims.laundering import launderings
from clawback.claims.layout import Kind
from clawback.claims.link_cues import link_cues
from clawback.claims.links import links
from clawback.claims.methods import techniques
from clawback.claims.points import ALWAYS
from clawback.claims.reading import Reading, Sentence, read
from clawback.claims.role_cues import RULE, role_cues, ruled_of
from clawback.claims.scope import points_of, ruled_strength
from clawback.claims.unnumbered import unnumbered
from clawback.claims.victims import Victims
from clawback.claims.weighing_dates import may_be_date, theft_date_cues, told_of
from clawback.claims.weighing_figures import FROM, table_of
from clawback.claims.weighing_methods import method_cues
from tests.evaluate import culprit_cases, other_cases, text_cases, victim_cases
from tests.evaluate.answers import answer_of, is_day_of_theft, labels_of_date, labels_of_figure
from tests.evaluate.corpus import CORPUS, ROOT, Document, Label, load

TABLES: Final = ROOT / "dags" / "clawback" / "claims" / "words" / "points"
SENTENCES: Final = ROOT / "tests" / "fixtures" / "claims_sentences"
BEFORE: Final = "Attackers broke into the lending protocol Brightpool on Monday.\n\n"
DAY: Final = date(2024, 3, 6)
PUBLISHED: Final = date(2024, 3, 14)
_CULPRITS: Final = culprit_cases.TABLES
_FIGURES: Final = tuple(map(table_of, FROM))
_TIMES: Final = 4
"""How often a written sentence about money counts: it says one thing, and each must be read right."""

_SEEN: Final = (
    {
        "theft": 2,
        "date": 3,
        "technique": 4,
        "laundering_method": 4,
        "made_whole": 4,
        "linked_incident": 4,
        "victim": 3,
    }
    | dict.fromkeys(_FIGURES, 3)
    | dict.fromkeys(_CULPRITS, 2)
    | dict.fromkeys(other_cases.TABLES, 3)
)
"""Cases in which a cue must stand to be learned."""

_PENALTY: Final = (
    {
        "theft": 0.1,
        "date": 0.02,
        "technique": 0.4,
        "laundering_method": 0.4,
        "made_whole": 0.2,
        "linked_incident": 0.1,
        "victim": 0.3,
        "culprit_named": 0.1,
        "culprit_denied": 0.2,
        "culprit_unknown": 0.5,
    }
    | dict.fromkeys(_FIGURES, 0.1)
    | {"loss": 0.05}
    | dict.fromkeys(other_cases.TABLES, 0.3)
    | {"other_scope": 0.05, "other_date": 0.1}
)
_SCALE: Final = 100
_LEAST: Final = 3
"""Points below which a cue is left out."""

Case = tuple[frozenset[str], bool]


def cases(documents: list[Document]) -> dict[str, list[Case]]:
    """The cues of all figures, dates and sentences of English documents, and whether they carry a claim."""
    found: dict[str, list[Case]] = {name: [] for name in _SEEN}
    english = [document for document in documents if document.language == "en"]
    found["theft"] = text_cases.text_cases(english)
    strengths = text_cases.strengths(english, partial(learn, "theft"))
    for document in english:
        reading = text_cases.reading_of(document)
        strength = strengths[document.name]
        if strength == 0:
            continue
        for name, case in _figures(document, reading, strength):
            found[name].append(case)
        found["date"].extend(_dates(document, reading, strength))
        found["technique"].extend(_methods(document, reading, strength, "technique"))
        found["laundering_method"].extend(_methods(document, reading, strength, "laundering_method"))
        found["made_whole"].extend(_methods(document, reading, strength, "made_whole"))
        found["linked_incident"].extend(_links(document, reading, strength))
    for name, case in list(_sentences()) * _TIMES:
        found[name].append(case)
    for name, claim_type in (("technique", "technique"), ("laundering", "laundering_method")):
        for line in _lines(name):
            text = line.replace("[[", "").replace("]]", "")
            reading = read(text, published=PUBLISHED, language="en")
            answers = [_label(claim_type, text)] if "[[" in line else []
            marked = Document("", "sentence", text, "", PUBLISHED, None, "en", True, answers)
            if strength := ruled_strength(points_of(reading)):
                found[claim_type].extend(_methods(marked, reading, strength, claim_type))
    for document in list(_linked()) * _TIMES:
        reading = text_cases.reading_of(document)
        found["linked_incident"].extend(_links(document, reading, ruled_strength(points_of(reading))))
    dated = [_dated(line) for line in _lines("dates")]
    for document in dated:
        reading = read(document.text, published=document.published, language="en")
        found["date"].extend(_dates(document, reading, ruled_strength(points_of(reading))))
    found["victim"] = victim_cases.victim_cases(documents)
    return found | culprit_cases.culprit_cases(english, strengths) | other_cases.other_cases(documents)


def _lines(name: str) -> list[str]:
    text = (SENTENCES / f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _linked() -> Iterator[Document]:
    """The written sentences about two thefts as documents, each told after a theft."""
    for line in (SENTENCES.parent / "link_sentences.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            answer, sentence = line.split("\t")
            labels = [_label("linked_incident", sentence, start=len(culprit_cases.LEAD))]
            text = culprit_cases.LEAD + sentence
            labels = labels if answer == "yes" else []
            yield Document("", "sentence", text, "Brightpool hacked", DAY, None, "en", True, labels)


def _dated(line: str) -> Document:
    """A text of the table of dates as a document with its answers."""
    text, _, days = (part.strip() for part in line.rpartition("|"))
    labels = [_label("date", text, day) for day in days.split()]
    return Document("", "sentence", text, "", PUBLISHED, None, "en", True, labels)


def _label(claim_type: str, text: str, value: str | None = None, start: int = 0) -> Label:
    nothing: dict[str, None] = dict.fromkeys(
        ("unit", "low", "high", "qualifier", "victim", "actor", "stance", "hedge", "level", "as_of")
    )
    spans = ((start, start + len(text)),)
    return Label(
        claim_type=claim_type,
        value=value,
        asserted_by="author",
        spans=spans,
        optional=False,
        quote=text,
        **nothing,
    )


def _sentences() -> Iterator[tuple[str, Case]]:
    """The figures of the sentences that hold the rules, each told after a theft."""
    for line in _lines("figures"):
        wanted, _, text = line.partition(" | ")
        told = {part.strip() for part in wanted.split(";")}
        reading = read(BEFORE + text, title="Brightpool hacked", published=DAY, language="en")
        strength = ruled_strength(points_of(reading))
        ruled = ruled_of(amounts.govern(reading, strength))
        for sentence in reading.sentences:
            for word, figure in sentence.figures.items():
                if strength == 0 or figure.value is None:
                    continue
                cues = frozenset(role_cues(reading, sentence, word, ruled, strength, is_first=False))
                for role in FROM:
                    if role != "loss" or figure.unit != "%":
                        yield table_of(role), (cues, f"{role} {figure.value} {figure.unit}" in told)


def learn(name: str, known: list[Case]) -> dict[str, int]:
    """Points by cue."""
    shown = [(cues, answer) for case, answer in known for cues in (case, _without_rules(case))]
    often = Counter(cue for cues, _ in shown for cue in cues)
    vectors = DictVectorizer(sort=True)
    matrix = vectors.fit_transform(
        [{cue: 1 for cue in sorted(cues) if often[cue] >= 2 * _SEEN[name]} for cues, _ in shown]
    )
    matrix.indices, matrix.indptr = matrix.indices.astype("int32"), matrix.indptr.astype("int32")
    # Of texts about no theft there are few: both kinds count alike.
    weight = "balanced" if name == "theft" else None
    model = LogisticRegression(C=_PENALTY[name], class_weight=weight, solver="liblinear", max_iter=500)
    model.fit(matrix, [answer for _, answer in shown])
    weights = dict(zip(vectors.get_feature_names_out(), model.coef_[0], strict=True))
    learned = {ALWAYS: round(float(model.intercept_[0]) * _SCALE)}
    learned |= {cue: round(float(weight) * _SCALE) for cue, weight in weights.items()}
    return {cue: worth for cue, worth in learned.items() if abs(worth) >= _LEAST}


def _figures(document: Document, reading: Reading, strength: int) -> Iterator[tuple[str, Case]]:
    """The cues of each figure and, for each role, whether it has it."""
    ruled = ruled_of(amounts.govern(reading, strength))
    is_first = True
    for sentence in reading.sentences:
        for word, figure in sentence.figures.items():
            first, is_first = is_first, False
            labels = labels_of_figure(document, figure)
            cues = frozenset(role_cues(reading, sentence, word, ruled, strength, is_first=first))
            for role in FROM:
                answer = answer_of([label for label in labels if label.claim_type == role])
                if answer is not None and (role != "loss" or figure.unit != "%"):
                    yield table_of(role), (cues, answer)


def _dates(document: Document, reading: Reading, strength: int) -> Iterator[Case]:
    governed = amounts.govern(reading, strength)
    thefts = told_losses(governed, techniques(reading))
    ruled = theft_dates(reading, thefts)
    told = told_of(reading, governed, thefts, ruled)
    for sentence in reading.sentences:
        own = [finding for finding in ruled if finding.sentence is sentence]
        for word, when in sentence.dates.items():
            if not may_be_date(when):
                continue
            text = when.text() or ""
            answer = answer_of(labels_of_date(document, when))
            is_found = any(item.first <= word < item.last and item.label == text for item in own)
            if answer is not None and (answer or not is_day_of_theft(document, when)):
                cues = theft_date_cues(reading, sentence, word, strength, told, is_found=is_found)
                yield frozenset(cues), answer


def _methods(document: Document, reading: Reading, strength: int, claim_type: str) -> Iterator[Case]:
    found = {finding.sentence.number for finding in _ruled(reading, strength, claim_type)}
    labels = [
        label
        for label in document.labels
        if label.claim_type == claim_type and (label.value or label.low) is None
    ]
    for sentence, answer in _answers(reading, labels):
        cues = method_cues(reading, sentence, strength, is_found=sentence.number in found)
        yield frozenset(cues), answer


def _links(document: Document, reading: Reading, strength: int) -> Iterator[Case]:
    victims = Victims(reading, fold(document.title), document.publisher)
    found = {finding.sentence.number for finding in links(reading, victims)}
    labels = [label for label in document.labels if label.claim_type == "linked_incident"]
    for sentence, answer in _answers(reading, labels):
        cues = method_cues(reading, sentence, strength, is_found=sentence.number in found)
        yield frozenset(cues | link_cues(sentence, victims)), answer


def _answers(reading: Reading, labels: list[Label]) -> Iterator[tuple[Sentence, bool]]:
    """The sentences of a text and whether they hold one of these answers, but for doubtful ones."""
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.words:
            continue
        answer = answer_of(
            [
                label
                for label in labels
                if any(start < sentence.span.end and sentence.span.start < end for start, end in label.spans)
            ]
        )
        if answer is not None:
            yield sentence, answer


def _ruled(reading: Reading, strength: int, claim_type: str) -> list[Finding]:
    """What the rules find of claims without a figure."""
    if claim_type == "technique":
        return techniques(reading)
    if claim_type == "laundering_method":
        return launderings(reading)
    used = {(item.sentence.number, item.role) for item in amounts.govern(reading, strength)}
    return [finding for finding in unnumbered(reading, used) if finding.claim_type == claim_type]


def _without_rules(cues: frozenset[str]) -> frozenset[str]:
    return frozenset(cue for cue in cues if not cue.startswith(RULE))


def main() -> None:
    """Write all tables."""
    TABLES.mkdir(exist_ok=True)
    for name, known in cases(load(CORPUS / "dev")).items():
        learned = learn(name, known)
        lines = [
            f"{worth} {cue}"
            for cue, worth in sorted(learned.items(), key=lambda item: (-abs(item[1]), item[0]))
        ]
        head = f"# Points for and against {name.replace('_', ' ')}; made by tests/evaluate/learn.py.\n"
        (TABLES / f"{name}.txt").write_text(head + "\n".join(lines) + "\n", "utf-8")
        print(f"{name}: {len(known)} cases, {sum(answer for _, answer in known)} claims, {len(lines)} cues")


if __name__ == "__main__":
    main()
