#!/bin/bash
# SPDX-License-Identifier: MIT
# demo-job.sh RESULTS FRAMES: the guest's part of the demo. Runs latch as a
# session of its own with its sample client, and leaves in RESULTS the latency
# table as JSON, the trace and the report that latch-report makes of it, and a
# picture of the screen; on vkms with more windows after that, of which it leaves
# which is on which plane, too.
set -euo pipefail

out=$1 frames=$2

# In the machine's memory until all is done: in virtual time, who waits for the host sees any time pass.
results=$(mktemp -d /tmp/demo.XXXXXX)
trap 'cp -r "$results"/. "$out"' EXIT

# vkms has no GPU. GLES runs on its software renderer too, but on an emulated
# processor it draws four frames a second; plain integer code draws sixty.
client=()
[[ $LATCH_LAB_DEVICE != vkms ]] || client=(--software)

# The framebuffers that are on planes now.
on_screen() {
    grep -h '^\sfb=' "/sys/kernel/debug/dri/${LATCH_DEVICE#/dev/dri/card}/state" | tr -d '\n'
}

# The picture is of interest once something moves: five changes on the planes.
wait_for_motion() {
    local before='' now changes=0
    for _ in {1..600}; do
        kill -0 "$latch" 2>/dev/null || return 0
        now=$(on_screen) || true
        [[ $now == "$before" ]] || changes=$((changes + 1))
        before=$now
        ((changes < 5)) || return 0
        sleep 0.05
    done
}

# The host draws for the virtual GPU on the same processors: at 60 Hz it keeps
# up, at the 75 Hz of the screen's own mode it does not.
latch --device "$LATCH_DEVICE" --mode 1024x768 --log error --stats "$results/table.json" \
    --trace "$results/trace" --frames "$frames" \
    -- latch-client --fullscreen "${client[@]}" --frames "$frames" &
latch=$!

# The screen of a virtual GPU is QEMU's to show. vkms writes a picture back, and frames wait for it:
# there it is taken when nothing is measured.
if [[ $LATCH_LAB_DEVICE != vkms ]]; then
    wait_for_motion
    if kill -0 "$latch" 2>/dev/null; then
        lab-screenshot "$results/screen.png" || echo "no picture of the screen" >&2
    fi
fi
wait "$latch"
latch-report --html "$results/report.html" "$results/trace" >/dev/null

# vkms has ten planes: some windows, and what latchctl says of them.
show_planes() {
    # shellcheck disable=SC2016 # the inner shell's
    latch --device "$LATCH_DEVICE" --mode 1024x768 --log error --capture "$results/planes.png" \
        -- bash -c '
            latch-client --software --size 400x300 --title animation &
            latch-client --software --format NV12 --size 160x120 --title video &
            weston-simple-shm &
            sleep 3
            latchctl planes >"$0/planes.txt"
            latchctl planes --svg "$0/planes.svg"
            kill -USR1 $PPID
            sleep 5' "$results" >"$results/planes.log" 2>&1
    printf '\n'
    cat "$results/planes.txt"
}

if [[ $LATCH_LAB_DEVICE == vkms ]]; then
    show_planes
fi
