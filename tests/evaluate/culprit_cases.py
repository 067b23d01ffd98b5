"""The cases from which points for culprits are learned: who may have done it, blamed, cleared or neither.

They come from the documents of `dev` and from the written sentences that hold the rules. Whom a text blames
elsewhere is no case where it does not, and a doubtful answer is none either.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from clawback.claims.agents import Agents
from clawback.claims.culprit_cues import culprit_cues, unknown_cues
from clawback.claims.culprits import attributions
from clawback.claims.fold import fold
from clawback.claims.layout import Kind
from clawback.claims.reading import Reading, Sentence, read
from clawback.claims.scope import points_of, ruled_strength
from clawback.claims.victims import Victims
from clawback.claims.weighing_culprits import STANCES, verdicts
from tests.evaluate.corpus import ROOT, Document, Label
from tests.evaluate.score import Aliases

TABLES: Final = (*(f"culprit_{stance}" for stance in STANCES), "culprit_unknown")
LEAD: Final = "Hackers stole $5 million from Brightpool on March 1, 2024.\n\n"
_TIMES: Final = 3
"""How often a written sentence counts: it says one thing, and each of them must be read right."""

Case = tuple[frozenset[str], bool]


def culprit_cases(documents: list[Document], strengths: dict[str, int]) -> dict[str, list[Case]]:
    """The cases of all tables from English documents and from the table of sentences.

    Args:
        documents: English ones.
        strengths: how sure it is that they are about a theft, by name.
    """
    found: dict[str, list[Case]] = {name: [] for name in TABLES}
    aliases = Aliases((ROOT / "tests" / "evaluate" / "aliases.txt").read_text("utf-8"))
    for document in [*documents, *list(_sentences()) * _TIMES]:
        reading = read(document.text, title=document.title, published=document.published, language="en")
        strength = strengths.get(document.name)
        if strength is None:
            strength = ruled_strength(points_of(reading))
        if strength:
            labels = [label for label in document.labels if label.claim_type == "attribution"]
            for name, case in _cases(document, reading, labels, strength, aliases):
                found[name].append(case)
    return found


def _cases(
    document: Document, reading: Reading, labels: list[Label], strength: int, aliases: Aliases
) -> Iterator[tuple[str, Case]]:
    agents = Agents(reading, Victims(reading, fold(document.title), document.publisher))
    ruled = attributions(reading, agents)
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.words:
            continue
        own = [finding for finding in ruled if finding.sentence is sentence]
        for agent in [*agents.of(sentence), *agents.referred(sentence)]:
            mine = [finding for finding in own if finding.actor == agent.name]
            cues = frozenset(culprit_cues(reading, sentence, agent, agents, strength, verdicts(mine)))
            for stance in STANCES:
                same = [
                    label
                    for label in labels
                    if label.stance == stance and label.actor and aliases.same(label.actor, agent.name)
                ]
                answer = _answer(same, sentence)
                if answer is not None:
                    yield f"culprit_{stance}", (cues, answer)
        answer = _answer([label for label in labels if label.stance == "unknown"], sentence)
        is_found = any(finding.stance == "unknown" for finding in own)
        if answer is not None:
            cues = frozenset(unknown_cues(reading, sentence, strength, is_found=is_found))
            yield "culprit_unknown", (cues, answer)


def _answer(labels: list[Label], sentence: Sentence) -> bool | None:
    """Whether a sentence holds one of these answers; None where that is doubtful or another sentence does."""
    here = [
        label
        for label in labels
        if any(start < sentence.span.end and sentence.span.start < end for start, end in label.spans)
    ]
    if here:
        return None if all(label.optional for label in here) else True
    return None if labels else False


def _sentences() -> Iterator[Document]:
    """The written sentences as documents, each told after a theft."""
    for line in (ROOT / "tests" / "fixtures" / "culprit_sentences.tsv").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        actors, stance, _, _, text = line.split("\t")
        spans = ((len(LEAD), len(LEAD) + len(text)),)
        nothing: dict[str, None] = dict.fromkeys(
            ("value", "unit", "low", "high", "qualifier", "victim", "hedge", "level", "as_of")
        )
        labels = [
            Label(
                claim_type="attribution", actor=None if stance == "unknown" else actor, stance=stance,
                asserted_by="author", spans=spans, optional=False, quote=text, **nothing,
            )
            for actor in actors.split(";")
            if stance != "-"
        ]  # fmt: skip
        yield Document(
            "", "sentence", LEAD + text, "Brightpool hacked", date(2024, 3, 6), None, "en", True, labels
        )
