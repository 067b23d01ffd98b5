"""JSON-RPC batches: questions out, typed results in, and what a node's errors mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar, Union

import msgspec
from typing_extensions import Buffer

from clawback.chains.evm.failures import Busy, Lie, NodeFailure, NotOffered, TooMuch
from clawback.chains.evm.shapes import RpcError
from clawback.chains.evm.transport import Endpoint

T = TypeVar("T")

Words = list[msgspec.Raw]
"""Results of several questions as they came: places in the answer, not yet decoded."""


def weight(words: Words) -> int:
    """Bytes of words together."""
    return sum(memoryview(one).nbytes for one in words)


_NONE: Final = b"null"


class _Answer(msgspec.Struct, gc=False):
    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(_NONE)
    error: RpcError | None = None


_ANSWERS: Final = msgspec.json.Decoder(Union[_Answer, list[_Answer]])  # noqa: UP007 - as below
_RATE: Final = re.compile(
    r"\brate\b|rate.?limit|too many requests|capacity|compute units|throughput|try again", re.I
)
_SIZE: Final = re.compile(
    r"too large|too big|too long|more than|exceed|limited to|block range|batch|response size|timed? ?out",
    re.I,
)
_UNKNOWN: Final = re.compile(
    r"not (found|supported|available|exist|allowed|whitelisted)|unsupported|unknown method", re.I
)


class Question(Generic[T]):
    """A method, and the type of its result."""

    def __init__(self, method: str, result: type[T]) -> None:
        """Make the decoder once; it is used for every batch."""
        self.method = method
        fields: list[Any] = [
            # Null where a node refuses a batch as a whole.
            ("id", Union[int, None], None),  # noqa: UP007
            ("result", Union[result, None], None),  # noqa: UP007 - a type that is made here, not written
            ("error", Union[RpcError, None], None),  # noqa: UP007
        ]
        answer: Any = msgspec.defstruct("Answer", fields)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[answer, list[answer]])  # noqa: UP007
        self._result: msgspec.json.Decoder[T] = msgspec.json.Decoder(result)

    def ask(self, endpoint: Endpoint, calls: Sequence[Sequence[Any]]) -> tuple[list[T], int]:
        """Ask with several lists of parameters at once.

        Returns:
            Results in the order of the calls, and the answer's size in bytes.

        Raises:
            NodeFailure: see `failures`.
        """
        content = self.post(endpoint, calls)
        return self.read(content, len(calls)), len(content)

    def post(self, endpoint: Endpoint, calls: Sequence[Sequence[Any]]) -> bytes | bytearray:
        """Ask; the answer as it came. Raises NodeFailure."""
        asked = [
            {"jsonrpc": "2.0", "id": number, "method": self.method, "params": params}
            for number, params in enumerate(calls)
        ]
        # A single question is not wrapped: some nodes refuse batches altogether.
        return endpoint.post(msgspec.json.encode(asked[0] if len(asked) == 1 else asked))

    def read(self, content: Buffer | Words, count: int | None = None) -> list[T]:
        """Results of an answer in the order of the calls.

        Args:
            content: the answer as it came, or its words.
            count: how many calls there were; None for as many as there are answers.

        Raises:
            NodeFailure: see `failures`.
        """
        if isinstance(content, list):
            return [decoded(self._result, one, self.method) for one in content]
        return self._in_order(decoded(self._decoder, content, self.method), content, count)

    def words(self, content: Buffer, count: int | None = None) -> Words:
        """The same results as they came. Raises NodeFailure."""
        found: Words = self._in_order(decoded(_ANSWERS, content, self.method), content, count)
        for number, one in enumerate(found):
            if bytes(memoryview(one)[: len(_NONE)]) == _NONE:
                raise Lie(f"the node has no result for question {number} of {self.method}")
        return found

    def _in_order(self, answers: Any, content: Buffer, count: int | None) -> list[Any]:
        if not isinstance(answers, list):
            answers = [answers]
            if answers[0].error is not None:
                raise meaning_of(answers[0].error, self.method, content)
        count = len(answers) if count is None else count
        if {answer.id for answer in answers} != set(range(count)) or len(answers) != count:
            raise Lie(f"{len(answers)} answers to {count} questions of {self.method}, or not to these")
        found: list[Any] = [None] * count  # filled below, each once
        for answer in answers:
            if answer.error is not None:
                raise meaning_of(answer.error, self.method, content)
            if answer.result is None:
                raise Lie(f"the node has no result for question {answer.id} of {self.method}")
            found[answer.id] = answer.result
        return found


def decoded(decoder: msgspec.json.Decoder[T], content: Buffer, method: str) -> T:
    """What a node's words say. Raises Lie."""
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        start = bytes(memoryview(content)[:60]).decode("utf-8", "replace")
        raise Lie(f"no answer to {method}: {error}; it begins {start!r}") from error


def meaning_of(error: RpcError, method: str, answer: object) -> NodeFailure:
    """What a node's error, in that answer, means for whoever asked."""
    says = f"{method}: error {error.code}: {error.message[:200]}"
    if error.code == -32601 or _UNKNOWN.search(error.message):
        return NotOffered(says)
    if error.code in (429, -32029) or _RATE.search(error.message):
        return Busy(says, answer=answer)
    if error.code == -32005 or _SIZE.search(error.message):
        return TooMuch(says)
    return NodeFailure(says)
