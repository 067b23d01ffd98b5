"""Case files for people: the template of a new one, and one read aloud."""

from __future__ import annotations

import json

from clawback.cases.check import TEMPLATE_URL
from clawback.cases.load import parse_case
from clawback.cases.model import Case, Recovery, Role

_TEMPLATE = """\
# {comment}
# Fill in what the comments ask for, then run `clawback case check`. Every statement needs its source_url.
version: 1
incident:
  id: {id}
  title: {title}
  victim: {victim}
  victim_kind: exchange
  # UTC. With precision day or month write the first moment of it.
  occurred_at: 1970-01-01T00:00:00Z
  occurred_precision: day
  chains_affected: [ethereum]
  source_url: {url}

# A claim that names the victim and not the incident belongs here when its date lies in this window.
matching:
  aliases: []
  from: 1970-01-01
  to: 1970-12-31

# role: theft_address (what enters is stolen), source (what leaves is stolen), victim, recovery.
# A theft_address needs a window (from <= t <= to) or tx_hashes.
roles: []
#  - role: theft_address
#    chain: ethereum
#    address: 0x...
#    from: 2020-09-25T18:48:00Z
#    to: 2020-09-25T21:50:00Z
#    source_url: {url}

links: []
#  - incident: other-incident
#    kind: same_actor
#    strength: weak
#    evidence: what ties the two
#    asserted_by: who says so
#    source_url: {url}

# amount is in base units: 1 USDC, which has 6 decimals, is 1000000.
recoveries: []
#  - kind: freeze
#    date: 2020-09-26
#    chain: ethereum
#    address: 0x...
#    asset: native
#    decimals: 18
#    amount: 1000000000000000000
#    asserted_by: who says so
#    source_url: {url}
"""


def new_case_text(incident_id: str, victim: str) -> str:
    """The text of a new case file, to be filled in by a person.

    Raises:
        CaseInvalid: the id or the victim's name would make no valid case file.
    """
    text = _TEMPLATE.format(
        comment="New case: describe the theft in a sentence.",
        id=json.dumps(incident_id),
        title=json.dumps(f"Theft from {victim}", ensure_ascii=False),
        victim=json.dumps(victim, ensure_ascii=False),
        url=TEMPLATE_URL,
    )
    parse_case(text.encode(), where="the new case file")
    return text


def show_case(case: Case) -> str:
    """A case as plain text."""
    incident = case.incident
    lines = [
        f"{incident.id}: {incident.title}",
        f"  victim      {incident.victim} ({incident.victim_kind})",
        f"  when        {incident.occurred_at:%Y-%m-%dT%H:%M:%SZ} (precision: {incident.occurred_precision})",
        f"  chains      {', '.join(incident.chains_affected) or 'none named'}",
        f"  source      {incident.source_url}",
    ]
    if case.matching is not None:
        names = ", ".join((incident.victim, *case.matching.aliases))
        lines.append(f"  claims      {names}, {case.matching.from_day} to {case.matching.to_day}")
    lines += [f"roles ({len(case.roles)})", *(f"  {_role(role)}" for role in case.roles)]
    lines.append(f"links ({len(case.links)})")
    for link in case.links:
        lines.append(
            f"  {link.kind} {link.incident}, {link.strength}: {link.evidence} (says {link.asserted_by})"
        )
    lines += [f"recoveries ({len(case.recoveries)})", *(f"  {_recovery(item)}" for item in case.recoveries)]
    return "\n".join(lines) + "\n"


def _role(role: Role) -> str:
    if role.tx_hashes:
        when = f"in {len(role.tx_hashes)} transactions: {', '.join(role.tx_hashes)}"
    elif role.from_time is None and role.to_time is None:
        when = "throughout"
    else:
        bounds = [
            "" if bound is None else f"{word} {bound:%Y-%m-%dT%H:%M:%SZ}"
            for word, bound in (("from", role.from_time), ("to", role.to_time))
        ]
        when = " ".join(bound for bound in bounds if bound)
    return f"{role.role} {role.chain} {role.address} {when}"


def _recovery(item: Recovery) -> str:
    amount = decimal_text(item.amount, item.decimals)
    place = "" if item.address is None else f" at {item.address}"
    transaction = "" if item.tx_hash is None else f" by {item.tx_hash}"
    note = "" if item.note is None else f"; {item.note}"
    return (
        f"{item.date} {item.kind} {amount} {item.symbol or item.asset} on {item.chain}{place}{transaction}"
        f" (says {item.asserted_by}){note}"
    )


def decimal_text(amount: int, decimals: int) -> str:
    """Base units as a decimal number, exact."""
    whole, part = divmod(amount, 10**decimals)
    fraction = str(part).rjust(decimals, "0").rstrip("0") if part else ""
    return f"{whole:,}.{fraction}" if fraction else f"{whole:,}"
