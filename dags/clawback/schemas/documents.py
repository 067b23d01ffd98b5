"""What is said: documents in all their versions, and the claims in them."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from clawback.schemas.columns import FIGURE, TIME, optional, required

DOCUMENTS: Final = pa.schema(
    [
        required("document_id", pa.string()),
        required("version", pa.int32()),  # from 1, in the order in which the days saw them
        required("source", pa.string()),
        required("title", pa.string()),
        required("publisher", pa.string()),
        optional("url", pa.string()),  # canonical, without tracking parameters
        required("published_date", pa.date32()),
        required("published_from", pa.string()),  # document, feed, retrieval: who says so
        optional("retrieved_at", TIME),  # when these bytes came; NULL for files that people keep
        required("language", pa.string()),  # ISO 639, und where it is not known
        required("text", pa.string()),  # quotations count its characters from 0
        required("text_length", pa.int32()),  # in characters
        required("content_sha256", pa.string()),  # of title, line feed, text: what tells versions apart
        required("sha256", pa.string()),  # of the bytes that it was read from
    ]
)
"""One row a document and version, on the day that saw it first."""

DOCUMENT_VERSIONS: Final = pa.schema(
    [
        required("document_id", pa.string()),
        required("version", pa.int32()),
        required("content_sha256", pa.string()),
        optional("retrieved_at", TIME),
        required("published_date", pa.date32()),
        required("text_length", pa.int32()),
        required("claims_from", pa.string()),  # source, rules, or nobody: its file is gone
    ]
)
"""All versions up to a day, without their text: what the next day is compared with."""

CLAIMS: Final = pa.schema(
    [
        required("claim_id", pa.string()),
        required("document_id", pa.string()),
        required("document_version", pa.int32()),  # the version that the quotation stands in
        optional("incident_id", pa.string()),
        required("claim_type", pa.string()),  # see CLAIM_TYPES
        optional("value", FIGURE),
        optional("low", FIGURE),  # a range has low and high and no value
        optional("high", FIGURE),
        optional("unit", pa.string()),  # USD, BTC, pct, token symbol
        optional("qualifier", pa.string()),  # how the figure is meant, see QUALIFIERS
        required("is_part", pa.bool_()),  # of a total that stands beside it: it counts nowhere
        optional("victim", pa.string()),  # as written; what it is matched by
        optional("theft_first_date", pa.date32()),  # the theft's day or days, where its source says them
        optional("theft_last_date", pa.date32()),
        optional("actor", pa.string()),
        required("asserted_by", pa.string()),
        optional("hedge_phrase", pa.string()),
        required("hedge_level", pa.string()),  # confirmed likely suspected alleged denied retracted
        required("as_of_date", pa.date32()),
        required("quotation", pa.string()),
        required("quote_start", pa.int32()),  # offset in characters in the document's text
        required("quote_end", pa.int32()),
        required("rule", pa.string()),
        optional("withdrawn_in_version", pa.int32()),  # the first version that no longer says it
        optional("note", pa.string()),
    ]
)
"""One row a claim, of all versions that rules read up to a day; of people and feeds as they stand."""

CLAIM_MATCHES: Final = pa.schema(
    [
        required("claim_id", pa.string()),
        optional("incident_id", pa.string()),
        required("method", pa.string()),  # stated, override, rule, case_window, none
        required("rule", pa.string()),  # of the method; where there is no incident, why
        optional("mention", pa.string()),  # under this key people decide about it
        optional("matched_with", pa.string()),  # the incident, or another mention of it that lies nearest
        optional("score", pa.int32()),  # how sure the rule is, from -100 to 100
        optional("days_apart", pa.int32()),
        optional("amount_ratio", FIGURE),  # the larger figure as a multiple of the smaller
        optional("evidence", pa.string()),
    ]
)
"""One row a claim: which incident it is about, how that was found, and on what evidence."""

SENTENCES_FOR_REVIEW: Final = pa.schema(
    [
        required("sentence_id", pa.string()),
        required("document_id", pa.string()),
        required("document_version", pa.int32()),
        required("sentence", pa.string()),
        required("sentence_start", pa.int32()),  # offset in characters in the document's text
        required("sentence_end", pa.int32()),
        required("reason", pa.string()),
    ]
)
"""One row a sentence with money and a word of theft that no rule could read, of the newest versions."""

QUALIFIERS: Final = frozenset(["exact", "about", "at_least", "up_to", "range"])

CLAIM_TYPES: Final = frozenset(
    [
        "loss",
        "recovered",
        "frozen",
        "returned",
        "seized",
        "insured",
        "made_whole",
        "attribution",
        "date",
        "technique",
        "laundering_method",
        "linked_incident",
        "actor_total",
    ]
)

HEDGE_LEVELS: Final = frozenset(["confirmed", "likely", "suspected", "alleged", "denied", "retracted"])
