"""`python -m tests.faults.obeying run ...` is trueup, bound by file permissions even where root starts it, as in CI.

Root may write what is read-only because of a capability. It is dropped from the bounding set, so that what is executed lacks it.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1

if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) != 0:
    sys.exit(f"cannot drop CAP_DAC_OVERRIDE: {os.strerror(ctypes.get_errno())}")
os.execv(sys.executable, [sys.executable, "-m", "controller", *sys.argv[1:]])
