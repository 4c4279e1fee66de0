"""`python -m tests.faults.killed N run ...` is trueup, killed by SIGKILL right after its Nth call that changes something."""

from __future__ import annotations

import os
import signal
import sys

from controller.aws.account import READS, Account
from controller.cli.app import main

left = int(sys.argv.pop(1))
count = Account._count


def counted(self: Account, service: str, operation: str, result: str) -> None:
    global left
    if not READS.match(operation):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    count(self, service, operation, result)


setattr(Account, "_count", counted)  # noqa: B010
main()
