#!/bin/bash
# SPDX-License-Identifier: MIT
# examples/tiny.c: a client's frames are shown, each after its fence, and each is given back.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"
export PATH=$LAB_BUILD/examples:$PATH

# shows FRAMES SIGNAL_MS OPTION...: so many of latch-client's frames, with fences that take so long.
shows() {
    timeout -k 1 30 tiny "$LATCH_DEVICE" latch-client --software --frames "$1" "${@:3}" \
        >"$work/frames" 2>"$work/errors" || { echo "status $?"; cat "$work/errors"; return 1; }
    head -n 3 "$work/frames"
    tail -n 3 "$work/frames" "$work/errors"
    python3 - "$work/frames" "$1" "$2" <<'PYTHON'
import re, sys
path, wanted, signal_ms = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
frames = [[float(ms) for ms in re.findall(r"[+ ](\d+\.\d+)", line)] for line in open(path)]
shown = [frame for frame in frames if len(frame) == 5]
assert len(shown) >= wanted, f"{len(shown)} frames were shown"
for commit, signalled, submit, flip, release in shown:
    assert signal_ms <= signalled <= submit < flip <= release, "out of order"
flips = sorted(frame[0] + frame[3] for frame in shown)
assert all(b - a > 10 for a, b in zip(flips, flips[1:])), "two flips in a refresh"
PYTHON
}

# With --in-fence the kernel waits.
submits_before_signals() {
    timeout -k 1 30 tiny --in-fence "$LATCH_DEVICE" latch-client --software --frames 10 --gpu-time 30 \
        >"$work/frames" 2>"$work/errors" || { echo "status $?"; cat "$work/errors"; return 1; }
    cat "$work/frames"
    python3 - "$work/frames" <<'PYTHON'
import re, sys
frames = [[float(ms) for ms in re.findall(r"[+ ](\d+\.\d+)", line)] for line in open(sys.argv[1])]
shown = [frame for frame in frames if len(frame) == 5]
assert len(shown) >= 10, f"{len(shown)} frames were shown"
assert all(submit < 5 and 29 <= signalled <= flip for _, signalled, submit, flip, _ in shown)
PYTHON
}

job() {
    check "tiny shows a client's frames" shows 60 0
    start_gpu
    check "tiny shows frames after their fences" shows 20 29 --gpu-time 30
    check "tiny --in-fence lets the kernel wait for them" submits_before_signals
    end "$gpu_pid"
    check "tiny ends with its client's status" test \
        "$(tiny "$LATCH_DEVICE" sh -c 'exit 7' 2>/dev/null; echo $?)" = 7
    check "tiny goes where there is no display" test \
        "$(tiny /dev/null true 2>/dev/null; echo $?)" = 1
}
run_job job
