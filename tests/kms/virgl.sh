#!/bin/bash
# SPDX-License-Identifier: MIT
# The whole way with a GPU: a client that draws with GLES, its fences, the primary plane.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# run SYNC FRAMES: latch with the client as its command. The time here is this computer's, so rates
# are told; what is judged is where each frame went and in which order, by what the trace says.
run() {
    # At 60 Hz: the host draws all this without a GPU of its own.
    timeout -k 1 180 latch --device "$LATCH_DEVICE" --mode 1024x768 \
        --stats "$work/stats.json" --trace "$work/trace.json" -- \
        latch-client --fullscreen --frames "$2" --sync "$1" --json "$work/client.json" || return 1
    python3 - "$work/stats.json" "$work/client.json" "$1" "$2" <<'PYTHON' || return 1
import json, sys
stats, client = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
sync, frames = sys.argv[3], int(sys.argv[4])
surface = max(stats["surfaces"], key=lambda row: row["frames"])
stages = surface["stages"]
def ms(stage, what):
    return round(stages[stage][what + "_ns"] / 1e6, 2)
print("client:", {k: client.get(k) for k in ("sync", "presented", "discarded", "missed",
      "zero_copy", "renderer", "modifier", "scanout")})
print("latch:", {k: surface[k] for k in ("frames", "on_plane", "composed", "superseded",
      "missed", "missed_by_cause", "by_sync")})
for name in stages:
    print(name, {p: ms(name, p) for p in ("p50", "p95", "p99", "max")})
assert client["presented"] == frames, "presented"
assert client["zero_copy"] == frames, "zero-copy"
assert surface["frames"] >= frames and surface["on_plane"] == surface["frames"], "on a plane"
# The GPU works while latch goes on: fences signal after the commit.
assert stages["commit_to_signalled"]["max_ns"] > 0, "no fence signalled after its commit"
used = {"auto": None, "syncobj": "syncobj", "sync-file": "sync_file", "implicit": "implicit"}[sync]
counted = {k.replace("-", "_"): v for k, v in surface["by_sync"].items() if v}
assert used is None or counted == {used: surface["frames"] + surface["superseded"]}, counted
PYTHON
    latch-trace-check --quiet "$work/trace.json"
}

show() {
    local log=$work/check.log
    check "$@"
    grep -E '^(client|latch|commit|signalled|submit)' "$log" | sed 's/^/# /'
}

# The process in which GL draws first (output/renderer_trial.h): a child of latch's child.
trial() {
    local parent
    for parent in $(<"/proc/$LATCH_PID/task/$LATCH_PID/children"); do
        cat "/proc/$parent/task/$parent/children"
    done
}
has_other_trial() { local now; now=$(trial) && [[ $now && $now != "$1" ]]; }
survives_crash() {
    local before
    before=$(trial) && [[ $before ]] || { echo "there is none"; return 1; }
    kill -SEGV $before
    wait_until 20 has_other_trial "$before" || { echo "no other one has come"; return 1; }
    latch-client --size 256x256 --frames 20
}

job() {
    show "200 frames, fences by choice" run auto 200
    show "100 frames, syncobj" run syncobj 100
    show "100 frames, sync_file" run sync-file 100
    show "100 frames, implicit" run implicit 100
    check "the trace is JSON" python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/trace.json"
    start_latch --renderer auto
    lives || return
    check "weston-simple-egl runs" stranger weston-simple-egl
    check "weston-simple-dmabuf-egl runs" stranger weston-simple-dmabuf-egl
    check "weston-subsurfaces runs" stranger weston-subsurfaces
    check "the trial of buffers goes on after it has crashed" survives_crash
    # virgl is GL alone: what draws is lavapipe, into memory that the display does not take.
    check "Vulkan by the CPU is shown" latch-client --api vulkan --size 256x256 --frames 20
    check "Vulkan's own buffers are shown" \
        env NODEVICE_SELECT=1 latch-client --api vulkan --wsi --size 256x256 --frames 20
    stop_latch
}

run_job job
