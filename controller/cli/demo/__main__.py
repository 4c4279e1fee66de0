"""`python -m controller.cli.demo ENDPOINT DEED`: something done by hand, past git, as `trueup demo` suggests it."""

from __future__ import annotations

import argparse
import os

from controller.aws.emulator import environment
from controller.cli.demo.hand import DEEDS

parser = argparse.ArgumentParser(prog="python -m controller.cli.demo", description="Do something by hand, past git.")
parser.add_argument("endpoint", help="the emulator's address")
parser.add_argument("deed", choices=DEEDS)
given = parser.parse_args()
os.environ.update(environment(given.endpoint))
DEEDS[given.deed].do()
