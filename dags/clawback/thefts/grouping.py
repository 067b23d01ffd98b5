"""Mentions of one theft, put together.

Method:
    All pairs that could be of one theft are judged. The surest pair is joined first; two groups are joined
    only where no pair of their members says that they are two thefts. So a mention that lies between two
    thefts of one victim goes to the one that it fits best, and does not join them.
    The order of the mentions decides nothing: ties go by key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from clawback.thefts.judge import ANOTHER_DAY, ONE_SOURCE, Judgement, judge
from clawback.thefts.mentions import Mention
from clawback.thefts.names import taken_apart
from clawback.thefts.overrides import OVERRIDE, Overrides

_SAME_DAYS = timedelta(days=1)


@dataclass(frozen=True)
class Match:
    """Two mentions that were joined, and why."""

    left: str
    right: str
    judgement: Judgement


@dataclass(frozen=True)
class Group:
    """One theft: keys of its mentions in order, and the matches that hold it together."""

    keys: tuple[str, ...]
    matches: tuple[Match, ...]


def group(
    mentions: Sequence[Mention], aliases: Mapping[str, str], overrides: Overrides | None = None
) -> list[Group]:
    """Groups mentions by theft; each is in exactly one group.

    Raises:
        ValueError: two mentions have one key.
    """
    decided = overrides or Overrides()
    by_key = {mention.key: mention for mention in mentions}
    if len(by_key) != len(mentions):
        raise ValueError("two mentions have one key")
    judged = {
        pair: decided.of(*pair) or judge(by_key[pair[0]], by_key[pair[1]], aliases)
        for pair in sorted(_pairs(mentions, aliases) | decided.pairs(by_key))
    }
    members = {key: [key] for key in by_key}
    by_hand = decided.joined
    matches: dict[str, list[Match]] = defaultdict(list)
    for pair in sorted(judged, key=lambda pair: (-judged[pair].score, pair)):
        if not judged[pair].joins:
            break
        one, other = members[pair[0]], members[pair[1]]
        if one is other:
            continue
        pairs = ((left, right) for left in one for right in other)
        if any(_parts(*sides, judged, by_key, aliases, by_hand) for sides in pairs):
            continue
        found = [*matches.pop(one[0], []), *matches.pop(other[0], []), Match(*pair, judged[pair])]
        joined = sorted(one + other)
        matches[joined[0]] = found
        for key in joined:
            members[key] = joined
    return [
        Group(tuple(keys), tuple(matches[keys[0]]))
        for keys in sorted({id(keys): keys for keys in members.values()}.values())
    ]


def _parts(
    left: str,
    right: str,
    judged: dict[tuple[str, str], Judgement],
    by_key: Mapping[str, Mention],
    aliases: Mapping[str, str],
    decided: Container[str],
) -> bool:
    pair = (left, right) if left < right else (right, left)
    if pair not in judged:
        judged[pair] = judge(by_key[pair[0]], by_key[pair[1]], aliases)
    judgement = judged[pair]
    if left in decided or right in decided:
        # A person has said where it belongs, although it does not look so.
        return judgement.rule == OVERRIDE and judgement.parts
    # Another name alone does not part what a third name joins: firms have several.
    return judgement.parts and judgement.rule in _PARTING


_PARTING = frozenset({ONE_SOURCE, ANOTHER_DAY, OVERRIDE})


def _pairs(mentions: Iterable[Mention], aliases: Mapping[str, str]) -> set[tuple[str, str]]:
    """Pairs worth a judgement: a word or a beginning in common, or a figure and a day."""
    blocks: dict[object, list[str]] = defaultdict(list)
    for mention in mentions:
        for block in _blocks(mention, aliases):
            blocks[block].append(mention.key)
    pairs: set[tuple[str, str]] = set()
    for keys in blocks.values():
        ordered = sorted(keys)
        pairs.update((left, right) for place, left in enumerate(ordered) for right in ordered[place + 1 :])
    return pairs


def _blocks(mention: Mention, aliases: Mapping[str, str]) -> set[object]:
    blocks: set[object] = set()
    name = None if mention.name is None else taken_apart(mention.name)
    if name is not None:
        blocks |= {("word", word) for word in name.own}
        blocks |= {("begins", name.joined[:3]), ("ends", name.joined[-5:]), ("initials", name.initials)}
        blocks |= {("initials", name.squeezed), ("alias", aliases.get(name.key, name.key))}
    if mention.loss is not None and mention.when is not None:
        day = mention.when.first
        # Two figures that are alike may still differ in their last digits: the first two decide.
        figure = (mention.unit, mention.loss.adjusted(), str(mention.loss.normalize().as_tuple().digits[:2]))
        if name is None or not mention.when.is_day:
            blocks.add(("figure", figure))
        blocks |= {("figure", figure, day), ("figure", figure, day + _SAME_DAYS)}
    return blocks
