"""Case files from bytes or folders; everything wrong in a file is said at once, with its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from clawback.cases.model import Case
from clawback.cases.plain_yaml import PlainYaml, read_plain_yaml
from clawback.errors import ClawbackError

SUFFIXES: Final = (".yml", ".yaml")
MAX_FILES: Final = 10_000


@dataclass(frozen=True)
class CaseProblem:
    """One thing that is wrong in a case file."""

    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem} ({self.remedy})"


class CaseInvalid(ClawbackError):
    """A case file that cannot be used; carries every problem found in it."""

    def __init__(self, problems: Sequence[CaseProblem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        others = [str(problem) for problem in self.problems[1:]]
        super().__init__(
            f"the case file is not valid: {first.problem}",
            where=first.where,
            cause="also: " + "; ".join(others) if others else None,
            remedy=first.remedy,
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problems,)


def parse_case(data: bytes, *, where: str) -> Case:
    """Read one case file.

    Args:
        data: the file's bytes.
        where: name of the file, for errors.

    Raises:
        CaseInvalid: names file, line, key, cause and remedy of everything that is wrong.
    """
    try:
        document = read_plain_yaml(data, where=where)
    except ClawbackError as error:
        text = error.problem if error.cause is None else f"{error.problem}: {error.cause}"
        raise CaseInvalid(
            [CaseProblem(error.where or where, text, error.remedy or "mend the file")]
        ) from error
    if not isinstance(document.value, dict):
        raise CaseInvalid([CaseProblem(where, "the file is no mapping", "begin with 'version: 1'")])
    try:
        return Case.model_validate(document.value)
    except ValidationError as error:
        raise CaseInvalid(_explain(error, document, where)) from error


def load_case(path: Path) -> Case:
    """Read one case file from disk. Raises CaseInvalid or ClawbackError when it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ClawbackError("the case file cannot be read", where=str(path), cause=str(error)) from error
    return parse_case(data, where=str(path))


def case_paths(folder: Path) -> list[Path]:
    """The case files of a folder, in the order of their names."""
    if not folder.is_dir():
        raise ClawbackError(
            "there is no such folder of case files",
            where=str(folder),
            remedy="check the path in the settings",
        )
    found = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    if len(found) > MAX_FILES:
        raise ClawbackError(f"{len(found)} case files are too many", where=str(folder))
    return found


def _explain(error: ValidationError, document: PlainYaml, where: str) -> list[CaseProblem]:
    problems = []
    for item in error.errors(include_url=False, include_input=False):
        path = tuple(item["loc"])
        key = ".".join(str(step) for step in path) or "the file"
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            problem, remedy = f"unknown key '{key}'", "remove it, or check its spelling"
        elif item["type"] == "missing":
            problem, remedy = f"'{key}' is missing", "add it"
        else:
            problem, remedy = f"{key}: {message}", "mend the value"
        problems.append(CaseProblem(f"{where}, line {document.line(path)}", problem, remedy))
    return problems
