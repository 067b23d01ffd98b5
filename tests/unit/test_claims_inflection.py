"""The forms of verbs, and the phrases that are written with them."""

from __future__ import annotations

import pytest

from clawback.claims.inflection import Verbs
from clawback.claims.phrases import FIGURE, Lexicon

VERBS = Verbs({"steal": ("stole", "stolen"), "be": ("was", "been", "were", "is", "are", "am")})


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("~drain", {"drain", "drains", "drained", "draining"}),
        ("~swipe", {"swipe", "swipes", "swiped", "swiping"}),
        ("~grab", {"grab", "grabs", "grabbed", "grabbing"}),
        ("~carry", {"carry", "carries", "carried", "carrying"}),
        ("~vanish", {"vanish", "vanishes", "vanished", "vanishing"}),
        ("~siphon", {"siphon", "siphons", "siphoned", "siphoning"}),
        ("~transfer", {"transfer", "transfers", "transferred", "transferring"}),
        ("~agree", {"agree", "agrees", "agreed", "agreeing"}),
        ("~lie", {"lie", "lies", "lied", "lying"}),
        ("~destroy", {"destroy", "destroys", "destroyed", "destroying"}),
        ("~steal", {"steal", "steals", "stole", "stolen", "stealing"}),
        ("~be", {"be", "being", "was", "been", "were", "is", "are", "am"}),
        ("drain|drained", {"drain", "drained"}),
    ],
)
def test_a_verb_is_known_in_all_its_forms(verb: str, forms: set[str]) -> None:
    assert VERBS.forms(verb) == forms


def test_only_the_participle_can_be_passive() -> None:
    assert VERBS.participles("~steal|drain") == {"stolen", "drained"}
    assert VERBS.participles("stolen") == frozenset()


@pytest.mark.parametrize(
    ("words", "tag"),
    [
        (["they", "stole", FIGURE], "loss>"),
        (["they", "steal", FIGURE], "loss>"),
        ([FIGURE, "was", "stolen"], "loss="),
        ([FIGURE, "was", "drained"], "loss="),
    ],
)
def test_a_verb_of_taking_says_where_its_figure_stands(words: list[str], tag: str) -> None:
    lexicon = Lexicon(VERBS)
    lexicon.add("role", "loss~", "~steal|drain")
    assert [hit.tag for hit in lexicon.find(words)["role"]] == [tag]


def test_a_phrase_does_not_reach_into_the_next_clause() -> None:
    lexicon = Lexicon(VERBS)
    lexicon.add("role", "returned~", "~steal * * * back")
    assert lexicon.find(["stole", "it", "all", "back"])
    assert not lexicon.find(["stole", "it", "and", "back"])
