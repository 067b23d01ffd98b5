"""Names of victims in the one spelling in which they are compared."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

NOBODY: Final = frozenset({"", "unnamed", "unknown", "undisclosed", "anonymous", "various", "several"})
"""Names that stand for no name; they match nothing."""


def plain_name(name: str) -> str:
    """The name in lower case, compatibility forms folded, every run of other signs one space."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded))
