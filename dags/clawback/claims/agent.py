"""A noun phrase that can name a culprit, and how it names him."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Who(Enum):
    """How a culprit is named."""

    GROUP = "group"
    PERSON = "person"
    DESCRIBED = "described"
    NAME = "name"
    HANDLE = "handle"
    REFERRED = "referred"
    BODY = "body"


@dataclass(frozen=True)
class Agent:
    """A noun phrase: words `first` up to `last`, what it is called, and the noun that heads a description.

    `own` says that a description is of people of the robbed house itself: founders, staff, operators.
    """

    first: int
    last: int
    name: str
    who: Who
    head: str = ""
    own: bool = False


@dataclass(frozen=True)
class Standing:
    """What a whole text tells of a name.

    How often, whether it speaks or was robbed in some sentence, and which stances rules gave it elsewhere.
    """

    told: int
    speaks_or_was_robbed: bool
    blamed: frozenset[str] = frozenset()
