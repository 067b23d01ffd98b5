"""How Airflow is told to run here: an environment, the same for all components.

Invariants:
    loopback only; a login is needed; nothing is sent to anybody; the DAG files are those beside this library.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from clawback.errors import ClawbackError
from clawback.stack import postgres
from clawback.stack.layout import StackLayout
from clawback.stack.processes import HOST, MARK

WEB_USER: Final = "admin"
PREFERRED_PORT: Final = 8080
POOLS: Final = {
    "duckdb_writer": (1, "one at a time: whatever opens the DuckDB file that is being built"),
    "source_fetch": (4, "sources fetched at the same time"),
}


def dags_folder() -> Path:
    """Folder of the DAG files: in a checkout beside the library, in a wheel inside it."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent, package / "_project" / "dags"):
        if (folder / "build_day.py").is_file():
            return folder
    raise ClawbackError(
        "the DAG files of clawback are missing",
        where=str(package),
        remedy="install the wheel again, or run from a complete checkout",
    )


def environment(
    layout: StackLayout, api_port: int, postgres_port: int, *, schedule: bool, outer: Mapping[str, str]
) -> dict[str, str]:
    """Environment of every process of the stack.

    Args:
        layout: the stack's folders.
        api_port: port of the API server.
        postgres_port: port of the metadata database.
        schedule: whether DAGs start by the clock; without it only by name.
        outer: environment of the caller; what it says about Airflow is not taken over.
    """
    layout.web_password(WEB_USER)
    inherited = {name: value for name, value in outer.items() if not name.startswith("AIRFLOW__")}
    url = f"http://{HOST}:{api_port}"
    fernet = hashlib.sha256(layout.secret("fernet_seed").encode()).digest()
    own = {
        MARK: str(layout.root),
        # Process titles must not be written over the environment: the mark above is how leftovers are found.
        "SPT_NOENV": "1",
        "CLAWBACK_HOME": str(layout.base),
        "AIRFLOW_HOME": str(layout.airflow_home),
        # `airflow` and `python` of task processes must be those of this environment.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{outer.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DO_NOT_TRACK": "true",
        "SCARF_ANALYTICS": "false",
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
    }
    options = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__DAGS_FOLDER": str(dags_folder()),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__FERNET_KEY": base64.urlsafe_b64encode(fernet).decode(),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{WEB_USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(layout.passwords),
        "DATABASE__SQL_ALCHEMY_CONN": postgres.url(layout, postgres_port, "psycopg2"),
        "DATABASE__SQL_ALCHEMY_CONN_ASYNC": postgres.url(layout, postgres_port, "asyncpg"),
        # The supervisor has migrated before it starts anything.
        "DATABASE__CHECK_MIGRATIONS": "False",
        "LOGGING__BASE_LOG_FOLDER": str(layout.airflow_home / "logs"),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "API__HOST": HOST,
        "API__PORT": str(api_port),
        "API__BASE_URL": url,
        "API__WORKERS": "1",
        "API__SECRET_KEY": layout.secret("api_secret_key"),
        "API__EXPOSE_CONFIG": "False",
        "API_AUTH__JWT_SECRET": layout.secret("jwt_secret"),
        "API_AUTH__JWT_ISSUER": "clawback-stack",
        # A task may wait for its slot on two cores longer than its token lives by default (ten minutes).
        "EXECUTION_API__JWT_EXPIRATION_TIME": "3600",
        # An API server with one worker on two busy cores can need more than the five seconds of the default.
        "WORKERS__EXECUTION_API_TIMEOUT": "30",
        # A worker that just misses the end of its task sleeps for this long. With the default of five seconds
        # every third task left its slot idle (3 days of 6 sources: 33 s; with one second 14 s).
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": HOST,
        "SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "SCHEDULER__USE_JOB_SCHEDULE": str(schedule),
        # The newest code of a DAG file must be seen, but parsing every 30 s takes a core from the tasks.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "30",
        "DAG_PROCESSOR__DAG_VERSION_INFLATION_CHECK_LEVEL": "error",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return inherited | own | {f"AIRFLOW__{name}": value for name, value in options.items()}
