"""A lake in an S3 bucket.

Invariants:
    A PUT is whole or absent by the protocol. `create` is a PUT with If-None-Match, `replace` one with
    If-Match on the entity tag, so the server decides races. The bucket must support conditional writes;
    `connect` proves it once and refuses a server that ignores them.
    Credentials come from the usual AWS environment only.
"""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from clawback.errors import ClawbackError
from clawback.hashing import sha256_hex
from clawback.lake import KeyMissing, check_key

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from clawback.settings import LakeSettings

_PROBE: Final = "_probe/conditional-put"
_LOST_RACE: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_ABSENT: Final = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Lake:
    """Bytes under keys below one prefix of a bucket."""

    def __init__(self, client: S3Client, bucket: str, prefix: str, cache_dir: Path) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._cache_dir = cache_dir
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")

    @classmethod
    def connect(cls, settings: LakeSettings, cache_dir: Path) -> S3Lake:
        """Open the bucket of the settings and prove that it decides races.

        Raises:
            ClawbackError: bucket unreachable, access refused, or conditional writes are not supported.
        """
        import boto3
        from botocore.config import Config

        bucket, _, prefix = settings.url.removeprefix("s3://").strip("/").partition("/")
        # A session of its own: the default one keeps the first credentials that it ever saw.
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=settings.endpoint_url,
            region_name=settings.region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if settings.endpoint_url else "auto"},
                retries={"mode": "standard", "max_attempts": 5},
                connect_timeout=10,
                read_timeout=60,
            ),
        )
        lake = cls(client, bucket, prefix, cache_dir)
        lake._prove_bucket()
        lake._prove_conditional_put()
        return lake

    def read(self, key: str) -> bytes:
        """The bytes under a key."""
        found = self.read_versioned(key)
        if found is None:
            raise KeyMissing("the lake has no such key", where=f"{self.url}/{key}")
        return found[0]

    def exists(self, key: str) -> bool:
        """Whether the key holds a value."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.head_object(Bucket=self._bucket, Key=self._object(key))
        except ClientError as error:
            if _code(error) in _ABSENT:
                return False
            raise self._explain(error, key) from error
        except BotoCoreError as error:
            raise self._explain(error, key) from error
        return True

    def list(self, prefix: str) -> list[str]:
        """All keys that begin with the prefix, sorted."""
        from botocore.exceptions import BotoCoreError, ClientError

        found: builtins.list[str] = []
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                found.extend(item["Key"].removeprefix(self._prefix) for item in page.get("Contents", []))
        except (ClientError, BotoCoreError) as error:
            raise self._explain(error, prefix) from error
        return sorted(found)

    def put(self, key: str, data: bytes) -> None:
        """Write a value, over an older one if there is one."""
        self._put(key, data)

    def put_file(self, key: str, path: Path) -> None:
        """Like `put`, from a file; large ones go up in parts and become visible at once at the end."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.upload_file(str(path), self._bucket, self._object(key))
        except (ClientError, BotoCoreError, Boto3Error) as error:
            raise self._explain(error, key) from error

    def create(self, key: str, data: bytes) -> bool:
        """Write a value only if the key has none."""
        return self._put(key, data, absent=True)

    def read_versioned(self, key: str) -> tuple[bytes, str] | None:
        """The value and its entity tag."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._object(key))
            return answer["Body"].read(), answer["ETag"]
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise self._explain(error, key) from error
        except BotoCoreError as error:
            raise self._explain(error, key) from error

    def replace(self, key: str, data: bytes, version: str | None) -> bool:
        """Write only if the entity tag is still the present one."""
        if version is None:
            return self.create(key, data)
        return self._put(key, data, version=version)

    def local_path(self, key: str) -> Path:
        """A copy in the cache, named by key and entity tag so that it can never be stale."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._object(key))
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise KeyMissing("the lake has no such key", where=f"{self.url}/{key}") from error
            raise self._explain(error, key) from error
        except BotoCoreError as error:
            raise self._explain(error, key) from error
        name = sha256_hex(f"{self.url}\n{key}\n{head['ETag']}".encode())
        cached = self._cache_dir / name[:2] / name / key.rpartition("/")[2]
        if not cached.is_file():
            cached.parent.mkdir(parents=True, exist_ok=True)
            staged = cached.parent / f".{uuid4().hex}"
            try:
                self._client.download_file(self._bucket, self._object(key), str(staged))
                os.replace(staged, cached)
            except (ClientError, BotoCoreError) as error:
                raise self._explain(error, key) from error
            finally:
                staged.unlink(missing_ok=True)
        return cached

    def _put(self, key: str, data: bytes, *, absent: bool = False, version: str | None = None) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        name = self._object(key)
        try:
            if absent:
                self._client.put_object(Bucket=self._bucket, Key=name, Body=data, IfNoneMatch="*")
            elif version is not None:
                self._client.put_object(Bucket=self._bucket, Key=name, Body=data, IfMatch=version)
            else:
                self._client.put_object(Bucket=self._bucket, Key=name, Body=data)
        except ClientError as error:
            # If-Match on a key that has gone answers "no such key": the race is lost all the same.
            if (absent or version is not None) and _code(error) in _LOST_RACE | _ABSENT - {"NoSuchBucket"}:
                return False
            raise self._explain(error, key) from error
        except BotoCoreError as error:
            raise self._explain(error, key) from error
        return True

    def _prove_bucket(self) -> None:
        # Some servers make a missing bucket on the first PUT: a typing error would become a new, empty lake.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.head_bucket(Bucket=self._bucket)
        except (ClientError, BotoCoreError) as error:
            raise self._explain(error, "") from error

    def _prove_conditional_put(self) -> None:
        # Some S3 look-alikes accept If-None-Match and overwrite all the same; two runs would then both win.
        self.put(_PROBE, b"probe\n")
        if self.create(_PROBE, b"overwritten\n"):
            raise ClawbackError(
                "the S3 server ignores conditional writes",
                where=self.url,
                remedy="use a server that honours If-None-Match (AWS S3, MinIO, SeaweedFS 4 and newer)",
            )

    def _object(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _explain(self, error: Exception, key: str) -> ClawbackError:
        return ClawbackError(
            "the S3 lake refused or failed",
            where=f"{self.url}/{key}",
            cause=str(error),
            remedy="check lake.url, lake.endpoint_url and the AWS credentials in the environment",
        )


def _code(error: Exception) -> str:
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
