#!/bin/bash
# GPU work that takes its time, without a GPU: the simulated one by itself, clients that draw with
# it, and composing on it.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# to_do REASON COMMAND...: what latch is known not to do yet.
to_do() {
    local reason=$1
    shift
    "$@" | sed "s/^not ok - .*/& # TODO $reason/"
}

# start_on_gpu [OPTION...]: latch, whose composing is the simulated GPU's. The environment says how.
start_on_gpu() { on_gpu start_latch --renderer gles2 --mode 640x480 "$@"; }

# alone COMMAND...: a program of cases that needs no latch.
alone() {
    local status=0
    timeout -k 1 100 "$@" 2>"$work/alone.log" || status=$?
    ((status < 2)) || echo "not ok - $1 ended with status $status"
    ((status == 0)) || sed 's/^/# /' <"$work/alone.log"
}

queue() {
    alone kms-gpu-queue
    on_gpu alone kms-gpu-renderer
}

# latch-client's own way with each kind of fence: shown, and not before it was ready.
client() {
    latch-client --software "$2" --sync "$1" --gpu-time 9,6 --measure --frames 40 \
        --json "$work/client.json" && python3 - "$work/client.json" <<'PYTHON'
import json, os, sys
run = json.load(open(sys.argv[1]))["measure"]
lengths = sorted(ready - commit for commit, ready, _ in run["samples_ns"])
print({key: run[key] for key in run if key != "samples_ns"})
print("from commit to ready:", lengths[0], lengths[len(lengths) // 2], lengths[-1])
assert run["fence"] == "gpu" and run["early"] == 0, "shown before its fence"
assert run["frames"] == 40 and all(flip >= ready for _, ready, flip in run["samples_ns"])
assert lengths[-1] > 12e6, "no job was as long as 15 ms"
if os.environ.get("LATCH_LAB_CLOCK") == "virtual":
    assert 2.5e6 < lengths[0] < 5e6, "no job was as short as 3 ms"
    assert lengths[-1] < 16e6, "a job was longer than 15 ms"
PYTHON
}

no_gpu() {
    local status=0
    LATCH_GPU=$work/none latch-client --software --gpu-time 5 --frames 1 || status=$?
    echo "status $status"
    ((status == 5))
}

clients() {
    local sync
    start_latch --renderer pixman --mode 640x480
    cases kms-gpu-screen "not finished"
    cases kms-gpu-screen "nobody was told"
    for sync in syncobj sync-file implicit; do
        check "latch-client --gpu-time, $sync" client $sync --fullscreen
    done
    check "latch-client --gpu-time in a window" client auto --size=320x240
    check "latch-client says that there is no simulated GPU" no_gpu
    stop_latch
}

composing() {
    export LATCH_GPU_COMPOSE=1500
    LATCH_GPU_IMPLICIT=1 start_on_gpu --no-scanout
    cases kms-gpu-screen "composed picture"
    stop_latch
    LATCH_GPU_IMPLICIT=0 start_on_gpu --no-scanout
    to_do "no fence of our own job" cases kms-gpu-screen "composed picture"
    stop_latch
    export LATCH_GPU_COMPOSE=2
    LATCH_GPU_IMPLICIT=1 start_on_gpu
    cases kms-compose blend
    cases kms-gpu-screen "does not know"
    stop_latch
    LATCH_GPU_TILED=1 start_on_gpu
    cases kms-gpu-screen "tiles are composed"
    stop_latch
    LATCH_GPU_TILED=1 LATCH_GPU_REFUSE=0x0100000000000001 start_on_gpu
    cases kms-gpu-screen "does not know"
    stop_latch
}

# Some frames are composed before the context is lost, and then more are to be.
survives_loss() {
    latch-client --software --fullscreen --frames 40 --json "$work/client.json" &
    local client=$!
    wait_until 10 has "$latch_log" 'the context is lost' || echo "it was not lost"
    wait_until 10 gone $client || echo "the client waits for its frames"
    end $client
    lives && grep -q 'the context is lost' "$latch_log"
}

composes_again() {
    latch-client --software --fullscreen --solid 2060a0 --frames 5 --hold &
    local client=$! status=0
    sleep 1
    take_picture && pixel_is 500 400 2060a0 || status=1
    end $client
    return $status
}

loss() {
    export LATCH_GPU_COMPOSE=2
    LATCH_GPU_LOSE_AFTER=10 start_on_gpu --no-scanout
    check "latch survives that its context is lost" survives_loss
    to_do "nobody makes a new renderer" check "it composes again afterwards" composes_again
    stop_latch
}

job() {
    local part
    start_gpu
    for part in "${parts[@]}"; do
        $part
    done
    end "$gpu_pid"
}

parts=("$@")
(($#)) || parts=(queue clients composing loss)
run_job job
