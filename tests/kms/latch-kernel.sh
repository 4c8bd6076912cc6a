#!/bin/bash
# --latch kernel: whose fences go to the kernel as they are, and whose do not. Needs a GPU's fences.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# handed CLIENT-OPTION...: --latch kernel. Prints how many updates went to the kernel with a fence
# that was pending (one that signals meanwhile is anybody's); each was seen, and not before its
# fence. The first ten do not count: whatever --fence says, the GPU has just drawn their buffers.
handed() {
    timeout -k 1 120 latch --device "$LATCH_DEVICE" --mode 1024x768 --latch kernel \
        --stats "$work/stats.json" --trace "$work/trace.json" -- \
        latch-client --fullscreen --frames 60 "$@" --json "$work/client.json" \
        >"$work/handed.log" 2>&1 || { cat "$work/handed.log"; return 1; }
    python3 - "$work/trace.json" <<'PYTHON'
import json, sys
updates = [e["args"] for e in json.load(open(sys.argv[1]))
           if e.get("ph") == "B" and "handed" in e.get("args", {}) and e["args"]["update"] > 10]
handed = [u for u in updates if u["handed"]]
pending = [u for u in handed if u["signalled_ns"] > u["submit_start_ns"]]
print("handed", len(pending), "of", len(updates))
assert len(updates) >= 45, "too few updates"
# The simulated clock dates a flip to when its timer should have run. How much later it ran is this
# computer's doing, so that is told; whether the kernel waited is the trace's to say.
early = [(u["signalled_ns"] - u["flip_ns"]) / 1e6 for u in handed if u["signalled_ns"] > u["flip_ns"]]
print("ms by which the flip is dated before the signal:", early)
assert all(u["presented"] for u in handed), "not seen"
PYTHON
}

# A GPU's fences go along, where one is pending at a deadline.
gpu_is_handed_over() {
    local out
    out=$(handed --sync sync-file --load 40) || { echo "$out"; return 1; }
    echo "$out"
    [[ $out != "handed 0 of"* ]] && grep -m1 "with its fence: ok" "$work/handed.log"
}

# Those that the client signals by itself never do: vgem's, as a sync_file or behind a point.
stalling_is_refused() {
    local sync=$1 out
    out=$(handed --sync "$sync" --measure --fence late) || { echo "$out"; return 1; }
    echo "$out"
    grep -m1 "with its fence" "$work/handed.log"
    [[ $out == "handed 0 of"* ]] && grep -q "with its fence: driver" "$work/handed.log"
}

job() {
    check "a GPU's fences are handed over" gpu_is_handed_over
    check "vgem's fences are refused" stalling_is_refused sync-file
    check "vgem's fences behind a timeline's point are refused" stalling_is_refused syncobj
}

run_job job
