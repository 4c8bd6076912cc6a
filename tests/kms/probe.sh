#!/bin/bash
# SPDX-License-Identifier: MIT
# latch-probe: what it says of this machine's driver, that nothing is left of it or changed by it,
# and that its profile is one.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

debugfs=/sys/kernel/debug/dri/$(basename "$LATCH_DEVICE" | tr -dc 0-9)
# What is on the device: everything but who looks, and what the last commit has changed (the console
# makes one when the device is closed).
state() { cat "$debugfs/state" "$debugfs/framebuffer" | grep -vE 'refcount|_changed='; }

probes() {
    # The kernel's console takes the screen when the last one closes the device, whoever it was.
    latch --device "$LATCH_DEVICE" --list >/dev/null
    state >"$work/before"
    latch-probe --device "$LATCH_DEVICE" >"$work/text" && cat "$work/text" &&
        latch-probe --device "$LATCH_DEVICE" --json >"$work/mine.json" || return
    state | diff "$work/before" -
}

is_unchanged() { state | cmp -s "$work/before" -; }

# is PYTHON: what holds of the profile.
is() {
    python3 - "$work/mine.json" <<PYTHON
import json, sys
profile = json.load(open(sys.argv[1]))
limits, planes = profile["limits"], profile["planes"]
primary, = [plane for plane in planes if plane["type"] == "primary"]
cursor, = [plane for plane in planes if plane["type"] == "cursor"]
print(json.dumps([limits, primary["limits"], cursor["limits"]]))
$1
PYTHON
}

vkms_is_found() {
    is '
fixed = {"max_downscale": 1, "max_upscale": 1}
assert len(planes) == 10 and limits == {}, limits
assert all(plane["limits"] == fixed for plane in planes), planes
assert primary["properties"]["rotation"][-1] == "reflect-y", primary
assert profile["out_fence"] == primary["in_fence"] == "yes", profile'
}

virtio_gpu_is_found() {
    is '
assert len(planes) == 2, planes
assert primary["limits"]["covers"] and not cursor["limits"].get("covers"), planes
assert primary["limits"]["max_upscale"] == cursor["limits"]["max_upscale"] == 1, planes'
}

# At any time: nothing is changed, and who comes next finds the device free.
is_interrupted() {
    local time status
    for time in 0.005 0.01 0.02 0.03 0.05 0.08 0.12; do
        for signal in INT KILL; do
            status=0
            timeout -s $signal "$time" latch-probe --device "$LATCH_DEVICE" >/dev/null 2>&1 || status=$?
            echo "$signal after $time s: $status"
        done
        # timeout kills itself, too, and does not wait.
        wait_until 5 is_unchanged || { state | diff "$work/before" -; return 1; }
    done
    latch-probe --device "$LATCH_DEVICE" >/dev/null
}

is_in_use() {
    local status=0
    latch-probe --device "$LATCH_DEVICE" >"$work/out" 2>&1 || status=$?
    cat "$work/out"
    [[ $status == 4 ]] && grep -q 'is in use: another program is its master' "$work/out"
}

refuses() { # STATUS WORDS OPTION...
    local wanted=$1 words=$2 status=0
    shift 2
    latch-probe "$@" >"$work/out" 2>&1 || status=$?
    cat "$work/out"
    [[ $status == "$wanted" ]] && grep -q "$words" "$work/out"
}

job() {
    check "it tells what the driver takes, and changes nothing" probes
    check "that is right" "${LATCH_LAB_DEVICE//-/_}_is_found"
    check "interrupted or killed it leaves nothing" is_interrupted
    check "no such monitor" refuses 3 'no such monitor' --device "$LATCH_DEVICE" --connector DP-9
    check "no such device" refuses 3 'No such file' --device /dev/dri/nothing
    start_latch --renderer pixman --planes-like "$work/mine.json"
    check "a device in use is told of" is_in_use
    check "latchctl takes the profile" latchctl planes --as "$work/mine.json"
    stop_latch
    cp "$work/text" "$LAB_OUT/lab/probe-$LATCH_LAB_DEVICE.txt"
}

run_job job
