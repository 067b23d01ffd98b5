"""The typed `clawback.toml`, the environment over it, and where each value came from.

Layout:
    Which file: the argument, else `$CLAWBACK_SETTINGS`, else `clawback.toml` in the base folder, else the
    packaged sample's. The base folder, where relative paths start, is `$CLAWBACK_HOME`, else the folder of
    the settings file, else (packaged sample) the present folder.
    The environment overrides: `CLAWBACK_LAKE__URL`, `CLAWBACK_SMTP__PASSWORD`. Secrets live only there;
    an option of a source says `env:NAME` for a value that its connector looks up there.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from clawback.chains.names import EVM_CHAINS
from clawback.errors import ClawbackError
from clawback.settings_file import find_settings_file

ENV_PREFIX: Final = "CLAWBACK_"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LakeSettings(_Strict):
    """Where the lake is. Credentials come from the usual AWS environment, never from the file."""

    url: str = "var/lake"
    endpoint_url: str | None = None
    region: str = "us-east-1"


class SourceSettings(_Strict):
    """One enabled or disabled source; its place in the list is its rank when two deliver the same row."""

    name: str
    connector: str
    enabled: bool = True
    required: bool = True
    wait_until: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "06:00"
    """UTC time on the day after, from when an optional source is no longer waited for."""
    options: dict[str, Any] = {}

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError("a source name is lower-case letters, digits and underscores")
        return value


class TracingSettings(_Strict):
    """Methods and limits of the tracer. 0 means no limit.

    `dust` names assets as `chain/asset`, with the base units of taint up to which `haircut` stops following.
    """

    methods: list[str] = ["fifo", "lifo", "haircut", "dirty_first", "clean_first", "poison"]
    max_hops: Annotated[int, Field(ge=0)] = 0
    dust: dict[str, Annotated[int, Field(ge=0)]] = {}


class SmtpSettings(_Strict):
    """The mail server of subscriptions; no host, no mail."""

    host: str | None = None
    port: Annotated[int, Field(gt=0, lt=65_536)] = 25
    sender: str = "clawback@localhost"
    starttls: bool = False
    username: str | None = None
    password: SecretStr | None = None
    timeout_seconds: int = 30


class Settings(BaseSettings):
    """All settings of one warehouse."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    first_day: date
    last_day: date | None = None
    """Last day that the sources cover; None for a living warehouse."""
    work_dir: str = "var/work"
    subscriptions: str | None = None
    overrides: str | None = None
    """Folder of audit overrides; the packaged one by default."""
    lake: LakeSettings = LakeSettings()
    sources: list[SourceSettings] = []
    tracing: TracingSettings = TracingSettings()
    smtp: SmtpSettings = SmtpSettings()
    chains: dict[str, dict[str, Any]] = {}
    """Rows of EVM chains over the packaged ones; see `chains/evm/catalogue.py`."""

    _base_dir: Path = PrivateAttr(default_factory=Path.cwd)
    _file: Path | None = PrivateAttr(default=None)
    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("sources")
    @classmethod
    def _names_differ(cls, value: list[SourceSettings]) -> list[SourceSettings]:
        names = [source.name for source in value]
        if double := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two sources have the name {', '.join(sorted(double))}")
        return value

    @property
    def base_dir(self) -> Path:
        """Folder that relative paths start from."""
        return self._base_dir

    @property
    def file(self) -> Path | None:
        """The settings file that was read."""
        return self._file

    @property
    def work_path(self) -> Path:
        """Folder for candidates, caches and logs; may be emptied at any time."""
        return self._base_dir / self.work_dir

    @property
    def origins(self) -> dict[str, str]:
        """For each dotted name, where its value came from: `default`, a file, or an environment variable."""
        return dict(self._origins)

    @property
    def enabled_sources(self) -> list[SourceSettings]:
        """Enabled sources in rank order."""
        return [source for source in self.sources if source.enabled]

    def source(self, name: str) -> SourceSettings:
        """One source by name. Raises ClawbackError when there is none."""
        for source in self.sources:
            if source.name == name:
                return source
        raise ClawbackError(
            f"no source is named '{name}'",
            where=str(self._file),
            remedy="known sources: " + ", ".join(source.name for source in self.sources),
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands over: it reads file and environment itself, to know who won."""
        return (init_settings,)


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings.

    Args:
        path: the file; see the module for what is taken without it.

    Raises:
        ClawbackError: the file is missing, no TOML, or a value is wrong; names the setting.
    """
    file, base = find_settings_file(path)
    try:
        from_file = TomlConfigSettingsSource(Settings, toml_file=file)()
    except ValueError as error:
        raise ClawbackError("the settings file is no TOML", where=str(file), cause=str(error)) from error
    from_env = environment()
    try:
        settings = Settings(**merged(from_file, from_env))
    except ValidationError as error:
        raise _explain(error, file) from error
    # What an address of a chain looks like is asked where no settings are at hand.
    EVM_CHAINS.of_settings(settings.chains)
    settings._base_dir = base
    settings._file = file
    settings._origins = _origins(settings, from_file, from_env, file)
    return settings


def environment() -> dict[str, Any]:
    """What the environment sets, as in the file; not checked yet.

    Raises:
        ClawbackError: a variable does not fit its setting.
    """
    try:
        found = EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise ClawbackError(
            "an environment variable does not fit its setting",
            where=f"{ENV_PREFIX}...",
            cause=str(error),
            remedy="lists and tables are written as JSON there; single values as CLAWBACK_LAKE__URL",
        ) from None
    chains = found.get("chains")
    if isinstance(chains, dict):
        rows = {name: row for name, row in chains.items() if isinstance(row, dict)}
        found["chains"] = chains | {name: _row_of_texts(row) for name, row in rows.items()}
    return found


def _row_of_texts(row: dict[str, Any]) -> dict[str, Any]:
    """A chain's row; `CLAWBACK_CHAINS__ETHEREUM__FINALITY=64` gives a text where a number is meant."""
    found = dict(row)
    for name, value in row.items():
        if isinstance(value, str) and name != "native":
            with suppress(ValueError):
                found[name] = json.loads(value)
    return found


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Settings with others over them, table by table."""
    found = dict(below)
    for name, value in above.items():
        present = found.get(name)
        both = isinstance(present, dict) and isinstance(value, dict)
        found[name] = merged(present, value) if both and present is not None else value
    return found


def _origins(
    settings: Settings, from_file: dict[str, Any], from_env: dict[str, Any], file: Path
) -> dict[str, str]:
    origins = {}
    for name in _leaves(settings.model_dump()):
        if _holds(from_env, name):
            origins[name] = ENV_PREFIX + name.upper().replace(".", "__")
        elif _holds(from_file, name):
            origins[name] = str(file)
        else:
            origins[name] = "default"
    return origins


def _leaves(values: dict[str, Any], prefix: str = "") -> list[str]:
    names = []
    for name, value in values.items():
        if isinstance(value, dict):
            names.extend(_leaves(value, f"{prefix}{name}."))
        else:
            names.append(prefix + name)
    return names


def _holds(values: dict[str, Any], dotted: str) -> bool:
    present: Any = values
    for name in dotted.split("."):
        if not isinstance(present, dict) or name not in present:
            return False
        present = present[name]
    return True


def _explain(error: ValidationError, file: Path) -> ClawbackError:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(str(step) for step in problem["loc"])
        lines.append(f"{name}: {problem['msg']}")
    return ClawbackError(
        "the settings are not valid",
        where=str(file),
        cause="; ".join(lines),
        remedy="mend the named settings; `clawback config show` tells where each value came from",
    )
