"""Airflow's REST API, as far as the stack needs it: a login, runs, tasks, logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from clawback.errors import ClawbackError

PAGE = 100
_LOG_NOISE = (
    "::group::",
    "::endgroup::",
    "DAG bundles loaded",
    "Filling up the DagBag",
    "Worker startup parse",
)


class AirflowApi:
    """A logged-in client of one API server."""

    def __init__(self, url: str, user: str, password: str) -> None:
        # Proxies of the caller's environment have no business between two ends of one machine.
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        answer = self._http.post("/auth/token", json={"username": user, "password": password})
        if answer.status_code != httpx.codes.CREATED:
            raise ClawbackError(
                "Airflow did not accept the login",
                where=url,
                cause=f"HTTP {answer.status_code}",
                remedy="the password file was changed by hand? `clawback stack down`, then up again",
            )
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def dag_ids(self) -> set[str]:
        """DAGs that are parsed and may run."""
        return {dag["dag_id"] for dag in self._get("/api/v2/dags", limit=PAGE)["dags"]}

    def import_errors(self) -> list[str]:
        """What the DAG processor could not parse, with the trace."""
        errors = self._get("/api/v2/importErrors", limit=PAGE)["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in errors]

    def trigger(
        self,
        dag_id: str,
        run_id: str,
        run_after: datetime,
        *,
        partition_key: str | None = None,
        conf: dict[str, Any] | None = None,
    ) -> bool:
        """Start a run by name. False when a run of that name is there already."""
        body = {
            "dag_run_id": run_id,
            "logical_date": None,
            "run_after": run_after.astimezone(UTC).isoformat(),
            "partition_key": partition_key,
            "conf": conf or {},
        }
        answer = self._http.post(f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        if answer.status_code == httpx.codes.CONFLICT:
            return False
        self._check(answer)
        return True

    def runs(self, dag_ids: Sequence[str], run_id_prefix: str = "") -> list[dict[str, Any]]:
        """All runs of some DAGs."""
        found: list[dict[str, Any]] = []
        while True:
            body = {"dag_ids": list(dag_ids), "page_offset": len(found), "page_limit": PAGE, "order_by": "id"}
            answer = self._http.post("/api/v2/dags/~/dagRuns/list", json=body)
            self._check(answer)
            page = answer.json()
            found.extend(page["dag_runs"])
            if not page["dag_runs"] or len(found) >= page["total_entries"]:
                return [run for run in found if run["dag_run_id"].startswith(run_id_prefix)]

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of one run, in the order in which they started."""
        tasks: list[dict[str, Any]] = self._get(
            f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=PAGE
        )["task_instances"]
        return sorted(tasks, key=lambda task: task["start_date"] or "9999")

    def clear(self, dag_id: str, run_id: str, task_ids: Sequence[str], *, downstream: bool = False) -> None:
        """Clear some tasks of one run, so that they run again."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            "only_failed": False,
            "include_downstream": downstream,
            "reset_dag_runs": True,
        }
        self._check(self._http.post(f"/api/v2/dags/{dag_id}/clearTaskInstances", json=body))

    def log_tail(self, dag_id: str, run_id: str, task_id: str, try_number: int, lines: int = 25) -> str:
        """Last lines of a task's log."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        content = self._get(path, full_content="true").get("content", [])
        told = [line for line in map(_log_line, content) if line and not line.startswith(_LOG_NOISE)]
        return "\n".join(told[-lines:])

    def _get(self, path: str, **query: Any) -> Any:
        answer = self._http.get(path, params=query, headers={"Accept": "application/json"})
        self._check(answer)
        return answer.json()

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        raise ClawbackError(
            f"Airflow refused {answer.request.method} {answer.request.url.path}",
            cause=f"HTTP {answer.status_code}: {answer.text[:500]}",
            remedy="see var/stack/logs/api-server.log",
        )


def _log_line(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    details = [
        f"{error.get('exc_type')}: {error.get('exc_value')}" for error in entry.get("error_detail") or []
    ]
    return " ".join([str(entry.get("event", "")), *details]).rstrip()
