"""The embedded AWS emulator: moto's server on a free loopback port. For the demo, tests and benchmarks; `run` never imports it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from controller.aws.emulator.gaps import complete
from controller.aws.emulator.life import Life, come_alive, living
from controller.errors import TrueupError

ACCOUNT = "123456789012"
"""The account that moto's own credentials belong to."""


@contextmanager
def emulator(life: Life | None = None) -> Iterator[str]:
    """Start the emulator and give its address. Raises TrueupError where the extra `demo` is not installed.

    `life`: how long things take in it; unset: no time.
    """
    try:
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise TrueupError(
            "the AWS emulator is not installed", hint="install it with: pip install 'trueup[demo]'"
        ) from error
    # Nothing here starts instances, and thousands of images for each region after each reset cost seconds and gigabytes.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    complete()
    come_alive()
    _make_haste()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        with living(life or Life()):
            yield f"http://{host}:{port}"
    finally:
        server.stop()


@cache
def _make_haste() -> None:
    """Moto asks its own classes and folders anew what they contain with every request: a fifth of all its work."""
    from moto import backends
    from moto.core import responses

    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    responses.method_names_from_class = cache(responses.method_names_from_class)  # type: ignore[attr-defined]


def environment(endpoint: str) -> dict[str, str]:
    """The environment in which boto3 and the AWS CLI talk to the emulator, and to nothing else."""
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
