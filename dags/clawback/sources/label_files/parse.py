"""GraphSense TagPack YAML as labels.

Layout:
    Header (title, creator, ...) and `tags`; a header field counts for every tag that lacks it. Beside the
    standard's fields: `incident`, and `valid_from` and `valid_to` as days. Under the categories
    `victim` and `theft`, an `abuse` that is no category word names the incident.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from clawback.cases.plain_yaml import MAX_BYTES, read_plain_yaml
from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.sources.base import (
    WHOLE_FILE,
    Issue,
    Options,
    ParsedPart,
    QuarantinedRow,
    Row,
    cut_sample,
    read_bytes,
)
from clawback.tables.addresses import FORMS_OF_CHAIN, normalise_address
from clawback.tables.exact import parse_number

_MAX_TEXT: Final = 300
_OF_INCIDENTS: Final = frozenset({"victim", "theft"})
_HEADER: Final = frozenset(["title", "creator", "description", "tags", "is_public", "uri"])
_TAG: Final = frozenset(
    [
        "address",
        "label",
        "category",
        "abuse",
        "currency",
        "network",
        "confidence",
        "source",
        "lastmod",
        "context",
        "actor",
        "concepts",
        "is_cluster_definer",
        "tag_type",
        "tag_subject",
        "incident",
        "valid_from",
        "valid_to",
    ]
)


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read a TagPack; see `clawback.sources.base`. One bad file does not stop the others."""
    parsed = ParsedPart()
    try:
        pack = read_plain_yaml(read_bytes(data, MAX_BYTES), where=part).value
    except (ClawbackError, ValueError) as error:
        return _turned_away(parsed, str(error).replace("\n", "; "))
    if not isinstance(pack, dict) or not isinstance(pack.get("tags"), list):
        return _turned_away(parsed, "no TagPack: there is no list 'tags'")
    header = {name: value for name, value in pack.items() if name in _TAG}
    for name in sorted(pack.keys() - _HEADER - _TAG):
        parsed.issues.append(Issue("warning", "unknown_field", f"header field '{name[:40]}'", part))
    unknown: set[str] = set()
    for number, tag in enumerate(pack["tags"], start=1):
        try:
            if not isinstance(tag, dict):
                raise ValueError("the tag is no mapping")
            unknown |= tag.keys() - _TAG
            parsed.add("labels", _label({**header, **tag}, options["words"]))
        except ValueError as error:
            parsed.quarantined.append(QuarantinedRow("labels", number, str(error), cut_sample(tag)))
    for name in sorted(unknown):
        parsed.issues.append(Issue("warning", "unknown_field", f"tag field '{name[:40]}'", part))
    return parsed


def _label(tag: dict[str, Any], words: dict[str, dict[str, str]]) -> Row:
    network = _text(tag, "network") or _text(tag, "currency")
    word = (network or "").lower()
    # A chain of the settings has no word of its own in source.yml.
    chain = words["chains"].get(word, word)
    if chain not in FORMS_OF_CHAIN:
        raise ValueError(f"unknown network '{(network or '')[:40]}'")
    entity = _text(tag, "label")
    if entity is None:
        raise ValueError("the tag has no label")
    category, incident = _category(tag, words["categories"])
    try:
        address = normalise_address(_text(tag, "address") or "", chain)
    except ValueError as error:
        raise ValueError(f"bad address: {error}") from error
    valid_from, valid_to = _day(tag, "valid_from"), _day(tag, "valid_to")
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise ValueError("valid_to lies before valid_from")
    return {
        "chain": chain,
        "address": address,
        "entity": entity,
        "category": category,
        "confidence": _confidence(_text(tag, "confidence"), words["confidence"]),
        "incident_id": incident,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "source_url": _text(tag, "source"),
    }


def _category(tag: dict[str, Any], words: dict[str, str]) -> tuple[str, str | None]:
    category, abuse, incident = _text(tag, "category"), _text(tag, "abuse"), _text(tag, "incident")
    word = category or abuse
    if word is None:
        raise ValueError("the tag has neither category nor abuse")
    found = words.get(word.lower())
    if found is None:
        raise ValueError(f"unknown category '{word[:60]}'")
    if category is None or abuse is None:
        return found, incident
    kind_of_abuse = words.get(abuse.lower())
    if kind_of_abuse is not None:
        # A thief's address that somebody files under "user" is a thief's address.
        return (kind_of_abuse if found == "other" else found), incident
    if found not in _OF_INCIDENTS:
        raise ValueError(f"unknown abuse '{abuse[:60]}'")
    return found, incident or abuse


def _confidence(text: str | None, words: dict[str, str]) -> int:
    if text is None:
        raise ValueError("the tag has no confidence")
    if text.lower() in words:
        return int(words[text.lower()])
    try:
        number = parse_number(text)
    except ValueError as error:
        raise ValueError(f"unknown confidence '{text[:40]}'") from error
    if number != number.to_integral_value() or not Decimal(0) <= number <= Decimal(100):
        raise ValueError(f"the confidence {text[:40]} is no whole percent from 0 to 100")
    return int(number)


def _text(tag: dict[str, Any], name: str) -> str | None:
    value = tag.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable():
        raise ValueError(f"'{name}' is no plain text of at most {_MAX_TEXT} letters")
    return value.strip() or None


def _day(tag: dict[str, Any], name: str) -> date | None:
    text = _text(tag, name)
    try:
        return None if text is None else parse_day(text)
    except ClawbackError as error:
        raise ValueError(f"{name}: {error.problem}") from error


def _turned_away(parsed: ParsedPart, reason: str) -> ParsedPart:
    parsed.quarantined.append(QuarantinedRow("labels", WHOLE_FILE, reason, ""))
    return parsed
