#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""deadline.py PROGRAM HOURS: bench-deadline on all processors; its sums as JSON.

Exit status 1 when a margin was ever outside its bounds, or when 0.1 % of the vblanks of a steady
load were missed.
"""

import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import time

# The result is the same however many processors there are: a slice depends on its number alone.
SLICE_HOURS = 25


def run(program, seed):
    return json.loads(subprocess.check_output([program, str(SLICE_HOURS), str(seed)]))


def main(program, hours):
    start = time.monotonic()
    total = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for one in pool.map(lambda seed: run(program, seed), range(-(-hours // SLICE_HOURS))):
            total.update(one)
    steady = total["steady_frames"]
    missed = 100 * total["steady_missed"] / steady
    print(json.dumps({
        "hours": round(total["simulated_ns"] / 3.6e12),
        "frames": total["frames"],
        "steady_frames": steady,
        "margins_outside": total["broken"],
        "missed_percent": round(100 * total["missed"] / total["frames"], 5),
        "steady_missed_percent": round(missed, 5),
        "steady_stalled_percent": round(100 * total["steady_stalled"] / steady, 5),
        "margin_mean_ms": round(total["margin_sum_ns"] / steady / 1e6, 4),
        "needed_mean_ms": round(total["needed_sum_ns"] / steady / 1e6, 4),
        "seconds": round(time.monotonic() - start, 1),
    }, indent=2))
    return 1 if total["broken"] or missed >= 0.1 else 0


sys.exit(main(sys.argv[1], int(sys.argv[2])))
