"""Where one stack keeps its files, its state and its secrets.

Layout:
    <base>/var/stack/
        state.json          ports, processes, how far the metadata database is migrated
        lock                held while somebody starts or stops this stack
        secrets/            0700; one file a secret, 0600, made once
        logs/               one log a component
        postgres/           data folder of the metadata database
        airflow/            AIRFLOW_HOME; task logs under airflow/logs
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from clawback.errors import ClawbackError


@dataclass(frozen=True)
class Started:
    """A process that the stack started; the start time tells it from a later one with the same number."""

    pid: int
    created: float


@dataclass(frozen=True)
class State:
    """What the stack remembers between commands."""

    api_port: int = 0
    postgres_port: int = 0
    migrated_to: str = ""
    processes: dict[str, Started] = field(default_factory=dict)

    def with_process(self, name: str, started: Started) -> State:
        """The state with one more process."""
        return replace(self, processes={**self.processes, name: started})


@dataclass(frozen=True)
class StackLayout:
    """The folders of one stack."""

    base: Path

    @property
    def root(self) -> Path:
        """Folder of everything below."""
        return self.base / "var" / "stack"

    @property
    def logs(self) -> Path:
        """Folder of the components' logs."""
        return self.root / "logs"

    @property
    def postgres(self) -> Path:
        """Folder of the metadata database."""
        return self.root / "postgres"

    @property
    def airflow_home(self) -> Path:
        """AIRFLOW_HOME."""
        return self.root / "airflow"

    @property
    def passwords(self) -> Path:
        """Password file of the web login, as Airflow reads it."""
        return self.root / "secrets" / "web_passwords.json"

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self.logs, self.airflow_home / "logs"):
            folder.mkdir(parents=True, exist_ok=True)
        (self.root / "secrets").mkdir(mode=0o700, exist_ok=True)

    def log(self, component: str) -> Path:
        """Log file of one component."""
        return self.logs / f"{component}.log"

    def read_state(self) -> State:
        """What was remembered; the empty state when nothing was."""
        path = self.root / "state.json"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            processes = {name: Started(**value) for name, value in raw.pop("processes", {}).items()}
            return State(processes=processes, **raw)
        except FileNotFoundError:
            return State()
        except (ValueError, TypeError, AttributeError) as error:
            raise ClawbackError(
                "the state file of the stack cannot be read",
                where=str(path),
                cause=str(error),
                remedy="delete it; `clawback stack down` finds leftover processes without it",
            ) from error

    def write_state(self, state: State) -> None:
        """Remember; a reader sees the old or the new state, never half of one."""
        path = self.root / "state.json"
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)

    def secret(self, name: str) -> str:
        """A secret that is made on first use and readable by its owner only."""
        path = self.root / "secrets" / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path.read_text(encoding="ascii").strip()

    def web_password(self, user: str) -> str:
        """Password of a web user, made on first use."""
        if not self.passwords.exists():
            write_private(self.passwords, json.dumps({user: secrets.token_urlsafe(18)}))
        passwords = json.loads(self.passwords.read_text(encoding="utf-8"))
        return str(passwords[user])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the stack's lock; a second command fails at once and says why."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ClawbackError(
                    "another command is starting or stopping this stack",
                    where=str(self.root),
                    remedy="wait until it has ended, then try again",
                ) from error
            yield


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, from its first byte on."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
