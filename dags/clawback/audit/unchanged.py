"""Which days the release before traced from the same inputs: their rows must be the same rows.

Method:
    The key of a trace names the code, the rules and the bytes that it was made of, and the day before. Two
    chains that meet in one key have every earlier day in common. Above that, day by day: an incident's day is
    unchanged where code, rules and tables are, and of the tables that speak of incidents what concerns it. So
    an incident that was added, and with it other bytes for all days, still may not change any other.

Invariants:
    A day that cannot be compared is not called unchanged: its trace is gone, or an earlier day differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

from clawback.errors import ClawbackError
from clawback.hashing import short_hash
from clawback.lake import KeyMissing, Lake
from clawback.lake.partition import Manifest, read_manifest
from clawback.tracing.day_inputs import DayInputs
from clawback.tracing.day_record import read_methods
from clawback.tracing.records import Label, Role

Spoken = TypeVar("Spoken", Role, Label)

OF_INCIDENTS: Final = frozenset({"incident_roles", "labels", "recoveries"})
"""Tables that case files write to; of these only what concerns an incident decides its figures."""


@dataclass(frozen=True)
class UnchangedDay:
    """A day that was traced from the same inputs as in the release before; without incident, for all."""

    method: str
    day: date
    incident_id: str | None


def unchanged_days(
    lake: Lake, now: Mapping[str, Mapping[date, str]], trace_key_before: str | None
) -> list[UnchangedDay]:
    """Days of the candidate that the release before traced from the same inputs with the same code.

    Args:
        lake: with the manifests of all traces.
        now: method -> day -> key of the manifest of its trace, oldest day first.
        trace_key_before: key of the record of the traces of the release before; None without one.
    """
    try:
        before = {} if trace_key_before is None else read_methods(lake, trace_key_before)
    except ClawbackError:
        # A release of a lake whose traces were cleared away, or of before there were such records.
        return []
    compared = _Compared(lake)
    return [one for method, newest in before.items() for one in compared.days(method, now, newest)]


@dataclass
class _Compared:
    lake: Lake
    same: dict[str, set[str]] = field(default_factory=dict)
    """What was found of two cuts of the tables of incidents: most days and all methods have the same."""
    tables: dict[str, Manifest] = field(default_factory=dict)
    """Manifests of tables: all methods read the same."""

    def days(self, method: str, now: Mapping[str, Mapping[date, str]], newest: str) -> Iterator[UnchangedDay]:
        keys = now.get(method, {})
        apart, shared = self._chain(newest, set(keys.values()))
        meeting = max((day for day, key in keys.items() if key == shared), default=date.min)
        yield from (UnchangedDay(method, day, None) for day in keys if day <= meeting)
        later = [(day, key) for day, key in keys.items() if day > meeting]
        same: set[str] | None = None
        for (day, key), old in zip(later, apart, strict=False):
            new = read_manifest(self.lake, key)
            if day.isoformat() != old.meta["day"] or new.meta["rules"] != old.meta["rules"]:
                return
            here = self._incidents(new, old)
            same = here if same is None else same & here
            yield from (UnchangedDay(method, day, incident_id) for incident_id in sorted(same))

    def _chain(self, newest: str, known: set[str]) -> tuple[list[Manifest], str | None]:
        """Manifests of a chain that are not among the known ones, oldest first; and the first that is."""
        chain: list[Manifest] = []
        key: str | None = newest
        while key is not None and key not in known:
            try:
                chain.append(read_manifest(self.lake, key))
            except KeyMissing:
                return [], None
            key = chain[-1].meta["previous"]
        return chain[::-1], key

    def _incidents(self, new: Manifest, old: Manifest) -> set[str]:
        inputs, inputs_before = self._inputs(new), self._inputs(old)
        content, content_before = inputs.content(), inputs_before.content()
        if any(content[name] != content_before[name] for name in content.keys() - OF_INCIDENTS):
            return set()
        mark = short_hash(
            [
                {name: tables[name] for name in OF_INCIDENTS} | {"rank": trace.meta["label_rank"]}
                for tables, trace in ((content, new), (content_before, old))
            ]
        )
        if mark not in self.same:
            self.same[mark] = _same_incidents(
                (inputs, inputs.labels(new.meta["label_rank"])),
                (inputs_before, inputs_before.labels(old.meta["label_rank"])),
            )
        return self.same[mark]

    def _inputs(self, trace: Manifest) -> DayInputs:
        for key in trace.meta["inputs"].values():
            if key not in self.tables:
                self.tables[key] = read_manifest(self.lake, key)
        return DayInputs(self.lake, {name: self.tables[key] for name, key in trace.meta["inputs"].items()})


def _same_incidents(new: tuple[DayInputs, list[Label]], old: tuple[DayInputs, list[Label]]) -> set[str]:
    if set(new[0].freezes()) != set(old[0].freezes()) or not _same_order(new[1], old[1]):
        return set()
    labels, labels_before = _by_incident(new[1]), _by_incident(old[1])
    if labels.get(None) != labels_before.get(None):
        return set()
    roles, roles_before = _by_incident(new[0].roles()), _by_incident(old[0].roles())
    return {
        incident_id
        for incident_id in roles
        if incident_id is not None
        and roles[incident_id] == roles_before.get(incident_id)
        and labels.get(incident_id) == labels_before.get(incident_id)
    }


def _by_incident(rows: Iterable[Spoken]) -> dict[str | None, list[Spoken]]:
    grouped: dict[str | None, list[Spoken]] = defaultdict(list)
    for row in rows:
        grouped[row.incident_id].append(row)
    return dict(grouped)


def _same_order(labels: Iterable[Label], before: Iterable[Label]) -> bool:
    """Whether sources that both have come in the same order: it decides between labels of one confidence."""
    sources = [list(dict.fromkeys(label.source for label in side)) for side in (labels, before)]
    both = set(sources[0]) & set(sources[1])
    kept = [[source for source in side if source in both] for side in sources]
    return kept[0] == kept[1]
