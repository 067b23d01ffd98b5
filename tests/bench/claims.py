"""How fast claims are read, beside a bare split into sentences of the same texts in the same run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sentencex import get_sentence_boundaries

from clawback.claims.extract import extract_claims
from tests.bench.figures import Figure

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "dags" / "clawback" / "sample" / "reports"
SHARED = ROOT.parent / "shared" / "data" / "reports" / "articles"
_SECONDS = 3.0


def run() -> Iterator[Figure]:
    """Measure documents a second on one core, the import left out."""
    for name, folder in (("sample", SAMPLE), ("shared", SHARED)):
        texts = [json.loads(path.read_text("utf-8"))["text"] for path in sorted(folder.glob("*.json"))]
        if not texts:
            continue
        rate = _rate(texts, lambda text: extract_claims(text))
        bare = _rate(texts, lambda text: get_sentence_boundaries("en", text))
        length = sum(map(len, texts)) // len(texts)
        yield Figure(
            f"claims_{name}_documents_per_s", rate, "doc/s", f"at least 200; {len(texts)} of {length} signs"
        )
        yield Figure(f"claims_{name}_over_splitting", bare / rate, "times", "a bare split into sentences")


def _rate(texts: list[str], work: Callable[[str], object]) -> float:
    work(texts[0])
    done = 0
    began = time.process_time()
    while (spent := time.process_time() - began) < _SECONDS:
        for text in texts:
            work(text)
        done += len(texts)
    return done / spent
