"""A store that somebody else runs: nothing is started or stopped, and its costs cannot be seen from here."""

import os

from .catalog import Durability, Store, in_container
from .problems import Problem
from .s3_client import S3Client, fault_of
from .settings import Settings

UNKNOWN = Durability("unknown", "an endpoint that was named on the command line; nobody here knows whether it syncs")


def store_of(name: str, durability: str) -> Store:
    level = UNKNOWN if durability == "unknown" else Durability(durability, "as the command line says")
    return Store(name, name, (), (), "", level, in_container)


class EndpointStore:
    def __init__(self, store: Store, url: str, region: str, settings: Settings, clear: bool):
        self.store, self.url, self.region, self.settings, self.clear = store, url.rstrip("/"), region, settings, clear
        self.credentials = (
            os.environ.get("AWS_ACCESS_KEY_ID") or settings.access_key,
            os.environ.get("AWS_SECRET_ACCESS_KEY") or settings.secret_key,
        )
        self.version = "unknown"

    @property
    def client(self) -> S3Client:
        return S3Client(self.url, *self.credentials, self.region)

    def __enter__(self) -> "EndpointStore":
        bucket = self.settings.bucket
        try:
            if self.client.bucket_exists(bucket) and not self.clear and self.client.held(bucket)[0] > 0:
                raise Problem(
                    f"bucket {bucket} of {self.url} is not empty, and warp would delete everything in it: "
                    "choose another with BENCHMARK_BUCKET, or say --clear"
                )
        except OSError as error:
            raise Problem(f"{self.url} does not answer: {error}") from None
        if fault := fault_of(self.client, bucket):
            raise Problem(f"{self.url} cannot be used, {fault}; keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        return self

    def __exit__(self, *_) -> None:
        pass

    def cpu_seconds(self) -> None:
        return None

    def memory(self) -> dict:
        return {"bytes": None, "kind": "not visible from outside"}

    def disk(self) -> dict:
        return {"bytes": None, "kind": "not visible from outside"}

    def alive(self) -> bool:
        return True
