#!/bin/bash
# SPDX-License-Identifier: MIT
# GPU work that takes its time, without a GPU: the simulated one by itself, clients that draw with
# it, and composing on it.
#
#   LATCH_GPU_RESETS  how often the context is lost while five clients are there (20)
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

resets=${LATCH_GPU_RESETS:-20}

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

# Whether clients are told of I915_FORMAT_MOD_X_TILED, which only the simulated GPU reads.
tells_of_tiles() {
    wayland-info -i zwp_linux_dmabuf_v1 | tee "$work/told" | grep -q "'XR24'; 0x0100000000000001"
}
keeps_tiles_to_itself() { ! tells_of_tiles && grep -q "'XR24'; 0x0000000000000000" "$work/told"; }

composing() {
    export LATCH_GPU_COMPOSE=1500
    LATCH_GPU_IMPLICIT=1 start_on_gpu --no-scanout
    cases kms-gpu-screen "composed picture"
    stop_latch
    LATCH_GPU_IMPLICIT=0 start_on_gpu --no-scanout
    cases kms-gpu-screen "composed picture"
    stop_latch
    export LATCH_GPU_COMPOSE=2
    LATCH_GPU_IMPLICIT=1 start_on_gpu
    check "clients are told of no tiles where the GPU has none" keeps_tiles_to_itself
    cases kms-compose blend
    cases kms-compose "only what is damaged"
    cases kms-gpu-screen "does not know"
    stop_latch
    LATCH_GPU_TILED=1 start_on_gpu
    check "clients are told of the GPU's tiles before it has composed anything" tells_of_tiles
    cases kms-gpu-screen "tiles are composed"
    stop_latch
    LATCH_GPU_TILED=1 LATCH_GPU_REFUSE=0x0100000000000001 start_on_gpu
    cases kms-gpu-screen "does not know"
    stop_latch
}

# In a corner; the kernel tells of changes only.
hide_pointer() {
    move_pointer 16000 16000
    move_pointer 32767 32767
}

# beside_writer [COMMAND...]: what a window misses in 6 of the 8 s in which another client's job writes to
# the buffer that it has committed; both were there before, and what COMMAND has started.
beside_writer() {
    local window writer from status=0
    : >"$work/writer"
    kms-gpu-screen "written to later" >"$work/writer" 2>&1 &
    writer=$!
    wait_until 10 has "$work/writer" '# shown' || status=1
    "$@"
    latch-client --software=udmabuf --frames 100000 --size 96x72 --solid 406080 \
        >"$work/window.log" 2>&1 &
    window=$!
    wait_until 10 has "$work/writer" '# written' || status=1
    read -r from _ </proc/uptime
    sleep 7
    # shellcheck disable=SC2086 # none, or one
    end $window $animated
    wait $writer # looks for its whole picture
    grep -q '^ok' "$work/writer" || { cat "$work/writer"; status=1; }
    stop_latch >>"$work/stopped"
    latch-report --csv "$work/trace.json" >"$work/frames.csv" || return
    python3 - "$work/frames.csv" "$from" $window <<'PYTHON' || status=1
import csv, os, sys
begin = (float(sys.argv[2]) + 0.1) * 1e9
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row["pid"] == sys.argv[3]
        and row["presented"] == "1" and begin < int(row["commit_ns"]) < begin + 6e9]
missed = sum(int(row["missed"]) for row in rows)
print(len(rows), "frames,", missed, "missed:", {row["missed_causes"] for row in rows})
assert len(rows) > (300 if os.environ["LATCH_LAB_CLOCK"] == "virtual" else 1)
assert missed == 0 or os.environ["LATCH_LAB_CLOCK"] != "virtual"
PYTHON
    return $status
}

written_later() {
    export LATCH_GPU_COMPOSE=2
    local other=$work/other-gpu other_gpu animated=
    LATCH_GPU=$other lab-gpu >"$work/other-gpu.log" 2>&1 &
    other_gpu=$!
    # A job that would wait for what a client has put on its buffer after the commit is not begun.
    LATCH_GPU_IMPLICIT=1 start_on_gpu --no-scanout
    hide_pointer
    LATCH_GPU=$other check "a composed window beside a composed buffer that is written to" \
        beside_writer
    # One that is begun and has to wait, as the GPU is busy, makes only what is composed wait.
    LATCH_GPU_IMPLICIT=1 start_on_gpu
    hide_pointer
    check "a window on a plane while a picture waits for a busy GPU" beside_writer start_animated
    end $other_gpu
}

# A window that is composed anew with each of its frames.
start_animated() {
    latch-client --software --measure=paced --size 128x128 --scale-to 112x112 --frames 100000 \
        >/dev/null 2>&1 &
    animated=$!
    wait_until 10 has "$latch_log" scaling
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
    check "it composes again afterwards" composes_again
    stop_latch
    LATCH_GPU_LOSE_EVERY=11 start_on_gpu --no-scanout
    check "five clients live through $resets resets, and nothing is left of them" many_resets
    stop_latch
    LATCH_GPU_TILED=1 LATCH_GPU_LOSE_EVERY=1 start_on_gpu --no-scanout
    check "clients are told of the GPU's tiles as long as it composes" tells_of_tiles
    check "the CPU composes where each new context is lost" composes_again
    check "the log says so" grep -q 'the CPU composes' "$latch_log"
    check "clients are told of no tiles any more" keeps_tiles_to_itself
    stop_latch
}

# had_resets N: since $log was opened. What has been read is not read again: this is asked all the time.
had_resets() {
    local line
    while IFS= read -r -u "$log" line; do
        [[ $line != *'the context is lost'* ]] || seen=$((seen + 1))
    done
    ((seen >= $1))
}

many_resets() {
    local n clients=() before status=0 seen=0 log
    exec {log}<"$latch_log"
    for n in {1..5}; do
        latch-client --shm --measure --size "$((40 * n))x64" --frames 100000 >"$work/client-$n.log" 2>&1 &
        clients+=($!)
    done
    wait_until 60 had_resets 10 || status=1
    read -r -a before <<<"$(holdings)"
    wait_until 90 had_resets $((resets + 10)) || status=1
    echo "$seen resets; fds, framebuffers, dma-bufs before: ${before[*]}, after: $(holdings)"
    # They go on, so that an old and a new swapchain may be there; what is lost with each is more.
    for n in 0 1 2; do before[n]=$((before[n] + 20)); done
    not_more_than_before || status=1
    for n in "${clients[@]}"; do
        ! gone "$n" || { tail -n 1 "$work"/client-*.log; status=1; }
    done
    end "${clients[@]}"
    exec {log}<&-
    composes_again || status=1
    return $status
}

# Who stops latch for longer than a refresh knows whose fault what follows is.
sleepy_latch() {
    sleep 1
    for _ in {1..10}; do
        kill -STOP "$LATCH_PID"
        sleep 0.03
        kill -CONT "$LATCH_PID"
        sleep 0.2
    done
}

# missed_by CAUSE LEAST [OPTION...]: all that a client with these options has missed, but for its first
# picture, is by that, so often at least, and where it is the fence as often as a job took longer than was left.
missed_by() {
    local cause=$1 least=$2 client status=0
    shift 2
    start_latch --renderer pixman --mode 640x480 --pacing early
    latch-client --software --fullscreen --measure=paced --frames 200 --json "$work/client.json" \
        "$@" 2>"$work/client.log" &
    client=$!
    [[ $cause != latch ]] || sleepy_latch
    wait $client || status=1
    stop_latch >>"$work/stopped"
    latch-report --csv "$work/trace.json" >"$work/frames.csv" || return
    python3 - "$work" "$client" "$cause" "$least" <<'PYTHON' || status=1
import csv, json, sys
work, pid, cause, least = sys.argv[1:]
causes = {}
for row in csv.DictReader(open(f"{work}/frames.csv")):
    if row["pid"] == pid and row["update"] != "1":
        for part in row["missed_causes"].split():
            name, count = part.split(":")
            causes[name] = causes.get(name, 0) + int(count)
run = json.load(open(f"{work}/client.json"))["measure"]
# The commit follows the flip at once, and a job fills a refresh or the best part of it.
long = sum(ready - commit > 15e6 for commit, ready, _ in run["samples_ns"])
print(causes, long, "jobs that took too long")
if cause == "latch":
    # A client that hears late as latch was stopped may commit right before a vblank.
    assert causes.pop("client", 0) <= 2
assert set(causes) == {cause} and causes[cause] >= int(least)
assert cause != "fence" or causes[cause] == long
PYTHON
    return $status
}

causes() {
    check "vblanks that a client's long jobs miss are its fences'" \
        missed_by fence 2 --gpu-time 3,0,0,20
    check "vblanks that pass while latch is stopped are latch's" missed_by latch 5
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
(($#)) || parts=(queue clients causes composing written_later loss)
run_job job
