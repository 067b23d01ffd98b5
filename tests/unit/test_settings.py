"""Settings: which file, what overrides what, and who said it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from clawback.resources import sample_dir
from clawback.settings import load_settings

_MINIMAL = 'first_day = 2020-01-01\n[lake]\nurl = "here"\n'


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CLAWBACK_HOME", "CLAWBACK_SETTINGS", "CLAWBACK_LAKE__URL", "CLAWBACK_SMTP__PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def _write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "clawback.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_packaged_sample_is_taken_and_works_here(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.file == sample_dir() / "clawback.toml"
    assert settings.base_dir == tmp_path
    assert settings.first_day == date(2020, 9, 25)
    assert settings.last_day == date(2020, 11, 13)


def test_a_file_in_the_present_folder_is_taken(tmp_path: Path) -> None:
    path = _write(tmp_path, _MINIMAL)
    assert load_settings().file == path


def test_a_named_file_makes_its_folder_the_base(tmp_path: Path) -> None:
    path = _write(tmp_path / "deep", _MINIMAL)
    settings = load_settings(path)
    assert settings.base_dir == tmp_path / "deep"
    assert settings.work_path == tmp_path / "deep" / "var" / "work"


def test_home_beats_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWBACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLAWBACK_SETTINGS", str(_write(tmp_path / "deep", _MINIMAL)))
    assert load_settings().base_dir == tmp_path / "home"


def test_the_environment_overrides_and_the_origin_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, _MINIMAL)
    monkeypatch.setenv("CLAWBACK_LAKE__REGION", "eu-central-1")
    monkeypatch.setenv("CLAWBACK_SMTP__PASSWORD", "s3cret")
    settings = load_settings()
    assert settings.lake.url == "here"
    assert settings.lake.region == "eu-central-1"
    assert settings.origins["lake.url"] == str(path)
    assert settings.origins["lake.region"] == "CLAWBACK_LAKE__REGION"
    assert settings.origins["lake.endpoint_url"] == "default"
    assert settings.smtp.password is not None
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in str(settings.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("first_day = 2020-01-01\nfrist = 1\n", "frist"),
        ("[lake]\nurl = 'x'\n", "first_day"),
        ("first_day = 2020-01-01\n[[sources]]\nname = 'Bad Name'\nconnector = 'x'\n", "sources.0.name"),
        (
            "first_day = 2020-01-01\n"
            "[[sources]]\nname = 'a'\nconnector = 'x'\n[[sources]]\nname = 'a'\nconnector = 'x'\n",
            "two sources have the name a",
        ),
        (
            "first_day = 2020-01-01\n[[sources]]\nname = 'a'\nconnector = 'x'\nwait_until = '25:00'\n",
            "wait_until",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, named: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(ClawbackError) as caught:
        load_settings()
    assert named in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_is_no_toml_is_told(tmp_path: Path) -> None:
    _write(tmp_path, "first_day = = 1")
    with pytest.raises(ClawbackError, match="no TOML"):
        load_settings()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ClawbackError, match="does not exist"):
        load_settings(tmp_path / "none.toml")


def test_an_unknown_source_lists_the_known_ones() -> None:
    with pytest.raises(ClawbackError, match="no source is named") as caught:
        load_settings().source("nope")
    assert "kucoin_native" in str(caught.value)
