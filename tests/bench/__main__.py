"""Run all benchmarks: one line a figure, and all of them in build/bench.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.bench import claims, extract, steps, trace

ROOT = Path(__file__).resolve().parents[2]
BENCHES = {"steps": steps.run, "trace": trace.run, "extract": extract.run, "claims": claims.run}


def main(names: list[str]) -> None:
    """Run the named benchmarks, all of them by default."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.exit(f"no benchmark is named {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    figures: dict[str, dict[str, object]] = {}
    for name in names or BENCHES:
        for figure in BENCHES[name]():
            print(figure.line(), flush=True)
            figures[figure.name] = {
                "value": round(figure.value, 3),
                "unit": figure.unit,
                "against": figure.against,
            }
            # Written after each figure: a benchmark that is stopped keeps what it measured.
            target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
