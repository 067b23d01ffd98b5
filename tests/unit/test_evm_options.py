"""Options of the sources that ask EVM nodes: words that nobody knows are told, not passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clawback.errors import ClawbackError
from clawback.sources.evm_frontier import connector as frontier
from clawback.sources.evm_rpc import connector as whole

GOOD: dict[str, Any] = {"url": "http://127.0.0.1:8545", "chain": "ethereum"}


@pytest.mark.parametrize("source", [frontier, whole])
def test_checks_are_named_as_they_are_known(source: Any) -> None:
    source.check_options(
        {**GOOD, "checks": ["bloom", "receipts-root", "traces", "transactions-root"]}, Path(), ""
    )
    with pytest.raises(ClawbackError, match="no check is named blooms"):
        source.check_options({**GOOD, "checks": ["blooms"]}, Path(), "")
    with pytest.raises(ClawbackError, match="'checks' is no list of texts"):
        source.check_options({**GOOD, "checks": "bloom"}, Path(), "")


def test_logs_are_believed_or_not() -> None:
    frontier.check_options({**GOOD, "believe_logs": True}, Path(), "")
    with pytest.raises(ClawbackError, match="'believe_logs' is neither true nor false"):
        frontier.check_options({**GOOD, "believe_logs": "yes"}, Path(), "")
