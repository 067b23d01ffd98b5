"""Hash a release again and say what is not as its manifest says."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.hashing import file_sha256_hex
from clawback.lake import KeyMissing, Lake
from clawback.release.manifest import (
    FILE_NAME,
    ReleaseFile,
    left_by_an_attempt,
    read_release,
    release_key,
)
from clawback.release.names import release_id


@dataclass(frozen=True)
class Verification:
    """What verifying a release found; names are keys below the release."""

    release: str
    files: int
    bytes: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    changed: tuple[str, ...]
    misnamed: str | None  # the name that the marts would make, where it is another

    @property
    def ok(self) -> bool:
        """Whether everything is as it was published."""
        return not (self.missing or self.extra or self.changed or self.misnamed)

    @property
    def problems(self) -> list[str]:
        """What is wrong, in words."""
        found = [f"missing  {name}" for name in self.missing]
        found += [f"changed  {name}" for name in self.changed]
        found += [f"extra    {name}" for name in self.extra]
        if self.misnamed:
            found.append(f"its marts make it {self.misnamed}")
        return found


def verify_release(lake: Lake, release: str) -> Verification:
    """Hash every file of a complete release again.

    Raises:
        ClawbackError: there is no such release.
    """
    manifest = read_release(lake, release)
    prefix = release_key(release, "")
    present = {key.removeprefix(prefix) for key in lake.list(prefix)} - {FILE_NAME}
    expected = {file.place for file in manifest.files}
    missing, changed = [], []
    for file in manifest.files:
        state = _state(lake, release, file)
        if state == "missing":
            missing.append(file.name)
        elif state == "changed":
            changed.append(file.name)
    made = release_id(manifest.day, {name: file.sha256 for name, file in manifest.marts.items()})
    return Verification(
        release=release,
        files=len(manifest.files),
        bytes=sum(file.bytes for file in manifest.files),
        missing=tuple(missing),
        extra=tuple(sorted(place for place in present - expected if not left_by_an_attempt(manifest, place))),
        changed=tuple(changed),
        misnamed=None if made == release else made,
    )


def _state(lake: Lake, release: str, file: ReleaseFile) -> str:
    try:
        path = lake.local_path(release_key(release, file.place))
    except KeyMissing:
        return "missing"
    same = path.stat().st_size == file.bytes and file_sha256_hex(path) == file.sha256
    return "same" if same else "changed"
