"""Judging of claims that no answer holds.

The labelled reports hold each document's main claims, not all, and whoever annotates a document of the corpus
leaves things out too, so a claim without an answer may still be right. A reader who knows neither rules nor
code judges each of them against its document.

`draw` writes two files to build/: a sheet of questions in a drawn order, with some labelled claims among them
to measure the reader, and the key that tells which is which. The reader fills `right` and `reason` of the
sheet; `take` keeps the verdicts beside this module, in a file for each part, without the text of documents.
A claim whose type, value, culprit or quotation changes has no verdict any more, and counts as wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.claims.claim import Claim
from tests.evaluate.corpus import CORPUS, ROOT, Document, Label, claims_of, load, load_shared
from tests.evaluate.score import Aliases, unmatched

SHEET: Final = ROOT / "build" / "judging_sheet.jsonl"
KEY: Final = ROOT / "build" / "judging_key.jsonl"
_ASKED: Final = ("claim_type", "value", "unit", "low", "high", "when", "actor", "stance")
_MIXED_IN: Final = 50


def judged(part: str) -> Path:
    """Where the verdicts on the labelled reports (`shared`) or on a part of the corpus are kept."""
    return Path(__file__).parent / ("judged.jsonl" if part == "shared" else f"judged_{part}.jsonl")


class Verdicts:
    """What readers said of claims, by what a claim says and where."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._right: dict[str, bool] = {}
        self.mixed_in = [0, 0]
        for row in rows:
            if row["labelled"]:
                self.mixed_in[0] += row["right"]
                self.mixed_in[1] += 1
            else:
                self._right[row["claim"]] = row["right"]

    @classmethod
    def load(cls, path: Path) -> Verdicts:
        """The verdicts kept in a file; none where there is no such file."""
        return cls(_rows(path) if path.exists() else [])

    def right(self, document: str, claim: Claim) -> bool | None:
        """Whether a reader found the claim right; None where nobody judged it as it stands now."""
        return self._right.get(_identity(document, _of_claim(claim)))


def questions(
    documents: list[Document], known: Verdicts, aliases: Aliases, seed: int
) -> list[dict[str, Any]]:
    """The unmatched claims that nobody judged and some labelled ones, in an order drawn with `seed`."""
    asked = []
    labelled = [(document.name, _of_label(label)) for document in documents for label in document.labels]
    for document in documents:
        asked.extend(
            {"labelled": False, "document": document.name, **_of_claim(claim)}
            for claim in unmatched(document, claims_of(document), aliases)
            if known.right(document.name, claim) is None
        )
    drawn = random.Random(seed)  # noqa: S311  # a draw that can be repeated
    if asked and known.mixed_in[1] < _MIXED_IN:
        mixed = drawn.sample(labelled, min(_MIXED_IN, len(labelled)))
        asked.extend({"labelled": True, "document": name, **fields} for name, fields in mixed)
    drawn.shuffle(asked)
    return [{"id": f"q{number:04d}", **row} for number, row in enumerate(asked, 1)]


def verdicts(
    sheet: list[dict[str, Any]], key: list[dict[str, Any]], judge: str, day: date
) -> list[dict[str, Any]]:
    """The filled sheet as rows to keep.

    Raises:
        ValueError: the sheet leaves out a question, or answers one with neither true nor false or no reason.
    """
    filled = {row["id"]: row for row in sheet}
    kept = []
    for row in key:
        answer = filled.get(row["id"], {})
        if not isinstance(answer.get("right"), bool) or not answer.get("reason"):
            raise ValueError(
                f"question {row['id']} has no verdict: `right` is true or false, `reason` says why"
            )
        kept.append(
            {
                "document": row["document"],
                "claim_type": row["claim_type"],
                "claim": _identity(row["document"], row),
                "labelled": row["labelled"],
                "right": answer["right"],
                "reason": answer["reason"],
                "judge": judge,
                "date": day.isoformat(),
            }
        )
    return kept


def _of_claim(claim: Claim) -> dict[str, Any]:
    return {
        "claim_type": claim.claim_type,
        "value": _text(claim.value),
        "unit": claim.unit,
        "low": _text(claim.low),
        "high": _text(claim.high),
        "when": claim.when,
        "actor": claim.actor,
        "stance": claim.actor_stance,
        "start": claim.start,
        "end": claim.end,
        "quote": claim.quote,
    }


def _of_label(label: Label) -> dict[str, Any]:
    is_date = label.claim_type == "date"
    return {
        "claim_type": label.claim_type,
        "value": None if is_date else label.value,
        "unit": label.unit,
        "low": label.low,
        "high": label.high,
        "when": label.value if is_date else None,
        "actor": label.actor if label.claim_type in {"attribution", "actor_total"} else None,
        "stance": label.stance,
        "start": label.spans[0][0],
        "end": label.spans[0][1],
        "quote": label.quote,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _identity(document: str, fields: dict[str, Any]) -> str:
    said = [document, *(fields[name] for name in _ASKED), fields["start"], fields["quote"]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def main(arguments: list[str]) -> None:
    """Write a sheet, or keep what a reader wrote into it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw", help="write the sheet and its key to build/")
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("--first", default="", help="name of the first document that is asked about")
    take = commands.add_parser("take", help="keep the verdicts of the filled sheet")
    take.add_argument("--judge", required=True, help="who read")
    take.add_argument("--date", type=date.fromisoformat, required=True)
    for command in (draw, take):
        command.add_argument("--part", choices=("shared", "dev", "heldout"), default="shared")
    options = parser.parse_args(arguments)
    kept = judged(options.part)
    if options.command == "draw":
        found = load_shared() if options.part == "shared" else load(CORPUS / options.part)
        documents = [document for document in found if document.name >= options.first]
        if not documents:
            sys.exit("there are no such documents; the labelled reports lie in ../shared")
        aliases = Aliases((Path(__file__).parent / "aliases.txt").read_text("utf-8"))
        asked = questions(documents, Verdicts.load(kept), aliases, options.seed)
        _write(KEY, asked)
        shown = [{name: value for name, value in row.items() if name != "labelled"} for row in asked]
        _write(SHEET, [{**row, "right": None, "reason": ""} for row in shown])
        print(f"{len(asked)} questions: {SHEET.relative_to(ROOT)}")
    else:
        rows = verdicts(_rows(SHEET), _rows(KEY), options.judge, options.date)
        _write(kept, [*(_rows(kept) if kept.exists() else []), *rows])
        print(f"{len(rows)} verdicts kept")


if __name__ == "__main__":
    main(sys.argv[1:])
