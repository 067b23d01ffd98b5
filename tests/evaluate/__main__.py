"""Score the extractor: `python -m tests.evaluate [dev|heldout|shared ...] [--show]`.

One line a claim type: answers found and precision. `--show` lists every miss, and is refused for the held-out
part: rules are written against the others only.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.evaluate.corpus import CORPUS, ROOT, Document, claims_of, load, load_shared
from tests.evaluate.judging import Verdicts, judged
from tests.evaluate.score import Aliases, Score, score_document

GROUPS = {
    "loss": {"loss"},
    "attribution": {"attribution"},
    "recovered, returned, frozen": {"recovered", "returned", "frozen"},
    "seized": {"seized"},
    "insured, made_whole": {"insured", "made_whole"},
    "date": {"date"},
    "technique": {"technique"},
    "laundering_method": {"laundering_method"},
    "linked_incident": {"linked_incident"},
    "actor_total": {"actor_total"},
}


def evaluate(documents: list[Document], verdicts: Verdicts | None = None) -> Score:
    """Extract and score documents; claims without an answer by what readers said of them, where they did."""
    aliases = Aliases((Path(__file__).parent / "aliases.txt").read_text("utf-8"))
    score = Score()
    for document in documents:
        judge = None if verdicts is None else verdicts.right
        score_document(document, claims_of(document), score, aliases, judge)
    return score


def main(arguments: list[str]) -> None:
    """Print the scores and write them to build/evaluation.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["dev", "heldout", "shared"])
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    options = parser.parse_args(arguments)
    if options.show and "heldout" in options.parts:
        sys.exit("the misses of the held-out part are not shown: rules are written against the others")
    told: dict[str, Any] = {}
    for part in options.parts:
        documents = load_shared() if part == "shared" else load(options.corpus / part)
        if not documents:
            print(f"{part}: no documents there, left out")
            continue
        verdicts = Verdicts.load(kept) if (kept := judged(part)).exists() else None
        score = evaluate(documents, verdicts)
        told[part] = _print(part, documents, score, verdicts)
        if options.show:
            print("\n".join(score.misses))
    target = ROOT / "build" / "evaluation.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def _print(part: str, documents: list[Document], score: Score, verdicts: Verdicts | None) -> dict[str, Any]:
    print(f"{part}: {len(documents)} documents")
    told: dict[str, Any] = {"documents": len(documents)}
    everything = set().union(*GROUPS.values())
    for name, types in [*GROUPS.items(), ("all", everything)]:
        found, expected = score.recall(types)
        right, made = score.precision(types)
        told[name] = {"found": found, "expected": expected, "right": right, "made": made}
        print(f"  {name:<28} found {_share(found, expected)}   precise {_share(right, made)}")
    for name, subset in sorted(_subsets(documents).items()):
        found, expected = (own := evaluate(subset, verdicts)).recall(everything)
        right, made = own.precision(everything)
        told[name] = {
            "documents": len(subset),
            "found": found,
            "expected": expected,
            "right": right,
            "made": made,
        }
        print(f"  {name:<22}{len(subset):>5} found {_share(found, expected)}   precise {_share(right, made)}")
    for name, (right, compared) in sorted(score.fields.items()):
        told[name] = {"right": right, "compared": compared}
        print(f"  {name:<28} right {_share(right, compared)}")
    print(f"  negatives with a loss claim  {score.negatives_with_loss} of {score.negatives}")
    print(f"  quotations that are not in the text  {score.bad_quotations}")
    if verdicts is not None:
        agreed, mixed = verdicts.mixed_in
        print(f"  claims without an answer that nobody judged  {score.unjudged}")
        print(f"  labelled claims that the reader found right  {_share(agreed, mixed)}")
        told |= {"unjudged": score.unjudged, "reader_agreed": agreed, "reader_asked": mixed}
    told |= {"negatives": score.negatives, "negatives_with_loss": score.negatives_with_loss}
    return told


def _subsets(documents: list[Document]) -> dict[str, list[Document]]:
    """The documents by language and by kind."""
    subsets: dict[str, list[Document]] = {}
    for document in documents:
        language = "English" if document.language == "en" else "other"
        for name in (f"language {document.language}", f"{document.kind}, {language}"):
            subsets.setdefault(name, []).append(document)
    return subsets


def _share(part: int, whole: int) -> str:
    share = f"{part / whole:.2f}" if whole else "   -"
    return f"{share} ({part:>3}/{whole:>3})"


if __name__ == "__main__":
    main(sys.argv[1:])
