"""The promises of a lake, as tests that every kind of lake inherits."""

from __future__ import annotations

import threading

import pytest

from clawback.errors import ClawbackError
from clawback.lake import KeyMissing, Lake
from clawback.lake.partition import (
    manifest_key,
    put_part,
    read_manifest,
    read_part,
    write_manifest,
    write_partition,
)


class LakePromises:
    """Inherit, and give a fixture `lake`."""

    def test_of_many_creators_one_wins(self, lake: Lake) -> None:
        won: list[int] = []
        start = threading.Barrier(16)

        def contend(number: int) -> None:
            start.wait()
            if lake.create("k", str(number).encode()):
                won.append(number)

        threads = [threading.Thread(target=contend, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert lake.read("k") == str(won[0]).encode()

    def test_replace_asks_for_the_present_version(self, lake: Lake) -> None:
        assert lake.replace("latest.json", b"1", None)
        assert not lake.replace("latest.json", b"2", None)
        _, version = lake.read_versioned("latest.json") or (b"", "")
        assert lake.replace("latest.json", b"2", version)
        assert not lake.replace("latest.json", b"3", version)
        assert lake.read("latest.json") == b"2"

    def test_create_keeps_the_first(self, lake: Lake) -> None:
        assert lake.create("k", b"first")
        assert not lake.create("k", b"second")
        assert lake.read("k") == b"first"

    def test_the_same_partition_twice_is_fine_another_result_is_not(self, lake: Lake) -> None:
        first = write_partition(lake, "p", {"a": b"x"}, {})
        assert write_partition(lake, "p", {"a": b"x"}, {}) == first
        part = put_part(lake, "p/a", b"y", None)
        with pytest.raises(ClawbackError, match="another result"):
            write_manifest(lake, "p", [part], {})

    def test_changed_bytes_are_noticed(self, lake: Lake) -> None:
        manifest = read_manifest(lake, write_partition(lake, "p", {"a": b"x"}, {}))
        lake.put("p/a", b"y")
        with pytest.raises(ClawbackError, match="not those of the manifest"):
            read_part(lake, manifest.parts[0])

    def test_a_partition_is_complete_with_its_manifest_only(self, lake: Lake) -> None:
        put_part(lake, "t/dt=1/x/a", b"aa", 2)
        with pytest.raises(KeyMissing):
            read_manifest(lake, manifest_key("t/dt=1/x"))
        key = write_partition(lake, "t/dt=1/x", {"a": b"aa", "b": b"b"}, {"day": "1"}, {"a": 2})
        manifest = read_manifest(lake, key)
        assert [(part.key, part.bytes, part.rows) for part in manifest.parts] == [
            ("t/dt=1/x/a", 2, 2),
            ("t/dt=1/x/b", 1, None),
        ]
        assert manifest.meta == {"day": "1"}
        assert read_part(lake, manifest.part("b")) == b"b"
