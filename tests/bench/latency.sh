#!/bin/bash
# latency.sh RESULTS ROUNDS FRAMES IDLE STRACE COMPOSITOR...: how soon a client's frames reach the
# screen under each compositor, and what that costs it. Runs in the lab; RESULTS becomes JSON.
#
# Each round has every compositor once, and each begins with another one, so that a computer that
# is slower for a while is so for all of them.
set -u

results=$1 rounds=$2 frames=$3 idle=$4 strace_seconds=$5
shift 5
compositors=("$@")
work=$(mktemp -d "$XDG_RUNTIME_DIR/bench.XXXXXX")
# shellcheck source=tests/bench/peers.sh
source "$(dirname "$0")/peers.sh"

# On vkms the CPU has drawn the buffers; a GPU's live on another device.
client=(latch-client --sync auto)
[[ $LATCH_LAB_DEVICE != vkms ]] || client+=(--software)

uptime_ms() {
    local up
    read -r up _ </proc/uptime
    echo $((10#${up/./} * 10))
}

# measure CASE OPTION...: the first client of a compositor tells how long it took to start, too.
measure() {
    local name=$base-$1 status=0
    shift
    timeout --preserve-status -s TERM -k 2 60 "${client[@]}" --seed "$((round + 1))" \
        --frames "$frames" --json "$name.json" "$@" >"$name.text" 2>"$name.log" || status=$?
    echo "$status" >"$name.status"
}

# The neighbour comes last, so that it is seen whatever the compositor makes of places: a window
# that is hidden does not animate.
measure_busy() {
    local name=$base-$1 measured neighbour
    measure "$@" --warm-up 180 &
    measured=$!
    sleep 1.5
    timeout --preserve-status -s TERM -k 2 60 "${client[@]}" --measure=paced --frames 1000000 \
        --size 256x256 --title neighbour --json "$name.neighbour" >/dev/null 2>&1 &
    neighbour=$!
    wait $measured
    kill $neighbour 2>/dev/null
    wait $neighbour 2>/dev/null
}

wake_ups() { cat /proc/"$compositor"/task/*/status | awk '/^voluntary/ { n += $2 } END { print n }'; }

# A picture that stands still: what the compositor takes for it.
measure_idle() {
    local client_pid before
    "${client[@]}" --fullscreen --solid 204060 --frames 5 --hold >/dev/null 2>&1 &
    client_pid=$!
    sleep 3
    awk '/^Pss:/ { print $2 }' "/proc/$compositor/smaps_rollup" >"$base-idle.pss"
    before=$(wake_ups)
    sleep "$idle"
    echo $(($(wake_ups) - before)) >"$base-idle.wakeups"
    if ((strace_seconds && round == rounds - 1)) && [[ $name == latch ]]; then
        timeout -s INT "$strace_seconds" strace -f -o "$base-idle.strace" -p "$compositor" 2>/dev/null
        # The call that waits is under way when strace comes, and is left so.
        grep -cv '<detached' "$base-idle.strace" >"$base-idle.calls"
        cp "$base-idle.strace" "$(dirname "$results")/latency-idle.strace"
    fi
    kill $client_pid 2>/dev/null
    wait $client_pid 2>/dev/null
}

# Not a compositor: the bound of what one can reach.
measure_kms_alone() { # CASE PACE
    local status=0
    timeout -k 2 60 "$LAB_BUILD/tests/bench/bench-kms-alone" "$LATCH_DEVICE" "$2" "$frames" \
        "$((round + 1))" "$base-$1.json" >"$base-$1.text" 2>"$base-$1.log" || status=$?
    echo "$status" >"$base-$1.status"
}

measure_all() {
    measure sparse-full --measure --fullscreen
    # Before windows: a compositor may do without a renderer as long as it has none to compose.
    measure_idle
    measure late-full --measure --fence late --fullscreen
    measure paced-2-full --measure=paced --buffers 2 --fullscreen
    measure paced-3-full --measure=paced --buffers 3 --fullscreen
    # cage makes every window as large as the screen, and shows the last one alone.
    if [[ $name != cage ]]; then
        measure sparse-window --measure --size 640x480
        measure paced-2-window --measure=paced --buffers 2 --size 640x480
        measure paced-3-window --measure=paced --buffers 3 --size 640x480
        measure_busy busy-window --measure --size 640x480
        measure_busy late-busy --measure --fence late --size 640x480
    fi
}

# What is read from the disk for the first time takes long, and would be the first one's burden.
echo "# each once, unmeasured" >&2
for name in "${compositors[@]}"; do
    [[ $name != kms ]] || continue
    if start_compositor "$name"; then
        timeout 20 "${client[@]}" --fullscreen --frames 5 >/dev/null 2>&1
    fi
    stop_compositor
done

for ((round = 0; round < rounds; round++)); do
    for ((n = 0; n < ${#compositors[@]}; n++)); do
        name=${compositors[(n + round) % ${#compositors[@]}]}
        base=$work/$round-$name
        echo "# round $((round + 1)) of $rounds: $name" >&2
        uptime_ms >"$base.started"
        if [[ $name == kms ]]; then
            measure_kms_alone sparse-full random
            measure_kms_alone paced-2-full paced
            continue
        fi
        if start_compositor "$name"; then
            measure_all
        else
            tail -n 5 "$work/$name.log" >"$base.broken"
        fi
        stop_compositor
        cp "$work/$name.log" "$(dirname "$results")/latency-$name.log"
    done
done

python3 - "$work" "$results" "$rounds" "$frames" "$idle" "$LATCH_LAB_DEVICE" "${compositors[@]}" <<'PYTHON'
import json, os, subprocess, sys
work, results = sys.argv[1:3]
rounds, frames, idle = map(int, sys.argv[3:6])
device, names = sys.argv[6], sys.argv[7:]
CASES = ["sparse-full", "sparse-window", "busy-window", "late-full", "late-busy",
         "paced-2-full", "paced-3-full", "paced-2-window", "paced-3-window"]

def text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None

def number(path):
    value = text(path)
    return int(value) if value else None

def load(path):
    value = text(path)
    try:
        return json.loads(value) if value else None
    except ValueError:
        return None

def version(name):
    try:
        done = subprocess.run([name, "-v" if name == "cage" else "--version"],
                              capture_output=True, text=True, timeout=10)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return None

def run(base):
    measured = load(base + ".json")
    if text(base + ".status") != "0" or measured is None:
        log = text(base + ".log")
        return {"status": text(base + ".status"), "words": log.splitlines()[-1] if log else None}
    out = {key: measured.get(key) for key in ("width", "height", "sync", "scanout", "stalls")}
    out.update(measured["measure"])
    beside = load(base + ".neighbour")
    if beside is not None:
        out["neighbour_frames_per_second"] = beside["frames_per_second"]
    return out

compositors = {}
for name in names:
    entry = compositors[name] = {"version": version(name), "rounds": []}
    for index in range(rounds):
        base = f"{work}/{index}-{name}"
        cases = {case: run(f"{base}-{case}") for case in CASES
                 if os.path.exists(f"{base}-{case}.status")}
        first = cases.get("sparse-full", {}).get("first_presented_ns")
        entry["rounds"].append({
            "broken": text(base + ".broken"),
            "start_to_first_frame_ms": first / 1e6 - number(base + ".started") if first else None,
            "pss_kib": number(base + "-idle.pss"),
            "idle_wake_ups": number(base + "-idle.wakeups"),
            "idle_calls": number(base + "-idle.calls"),
            "cases": cases,
        })
with open(results, "w", encoding="utf-8") as file:
    json.dump({"device": device, "rounds": rounds, "frames": frames, "idle_seconds": idle,
               "compositors": compositors}, file)
PYTHON
