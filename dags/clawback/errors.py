"""Plain errors: what is wrong, where, why, and what to do about it."""

from __future__ import annotations


class ClawbackError(Exception):
    """An error that a person can act on; the command prints it without a traceback.

    Args:
        problem: what is wrong, one sentence.
        where: file, row, key or setting that is wrong.
        cause: why it is wrong, as far as known.
        remedy: what the reader can do.
    """

    def __init__(
        self,
        problem: str,
        *,
        where: str | None = None,
        cause: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.where = where
        self.cause = cause
        self.remedy = remedy
        super().__init__(problem)

    def __str__(self) -> str:
        lines = [self.problem]
        for name, text in (("where", self.where), ("cause", self.cause), ("remedy", self.remedy)):
            if text is not None:
                lines.append(f"  {name + ':':<8}{text}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders (multiprocessing, Airflow); keyword arguments must survive that.
        return _rebuild, (type(self), self.problem, self.where, self.cause, self.remedy)


def _rebuild(
    kind: type[ClawbackError], problem: str, where: str | None, cause: str | None, remedy: str | None
) -> ClawbackError:
    return kind(problem, where=where, cause=cause, remedy=remedy)
