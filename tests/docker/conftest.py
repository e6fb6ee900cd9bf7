"""An engine for containers, with the image that the tests start."""

import contextlib
import gc
import warnings
from collections.abc import Callable

import pytest

IMAGE = "postgres:15"


@pytest.fixture(scope="session")
def engine(need: Callable[[str, str | None], None]) -> None:
    """A Docker engine that answers, with the image at hand or a registry to take it from."""
    missing = None
    try:
        import docker
    except ImportError:
        missing = "the package docker is not installed"
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # docker-py leaves the socket open where nobody answers
            try:
                with contextlib.closing(docker.from_env(timeout=60)) as client:
                    if not client.images.list(IMAGE):
                        client.images.pull(IMAGE)
            except docker.errors.DockerException as error:
                missing = f"no Docker engine with {IMAGE}: {error}"
            gc.collect()
    need("docker", missing)
