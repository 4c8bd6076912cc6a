#!/bin/bash
# SPDX-License-Identifier: MIT
# hostile.sh RESULTS SECONDS TEXT COMPOSITOR...: what a victim sees of hostile clients, under latch, sway
# and weston, on the device of the machine; of the clients with TEXT in their options. Runs in the
# lab; RESULTS becomes JSON.
set -u

results=$1 seconds=$2 only=$3
shift 3
work=$(mktemp -d "$XDG_RUNTIME_DIR/bench.XXXXXX")

# What each hostile client is told; the first is nobody.
modes=(
    ''
    '--sync implicit --fence never'
    '--sync sync-file --fence never'
    '--sync syncobj --fence never'
    '--sync syncobj --fence unmaterialised'
    '--sync sync-file --fence user'
    '--sync implicit --fence late:500'
    '--sync sync-file --fence late:500'
    '--sync syncobj --fence late:500'
    '--sync auto --fence ready --flood'
)

for n in "${!modes[@]}"; do
    [[ ! ${modes[n]} || ${modes[n]} == *"$only"* ]] || unset "modes[n]"
done
modes=("${modes[@]}")

# shellcheck source=tests/bench/peers.sh
source "$(dirname "$0")/peers.sh"

start_answering() { start_compositor "$1" && wait_until 5 answers; } # NAME

# The victim has shown frames for a second when the hostile client comes.
measure() { # COMPOSITOR NUMBER OPTION...
    local name=$work/$1-$2 hostile='' victim
    shift 2
    timeout --preserve-status -s TERM -k 2 $((seconds + 1)) \
        latch-client --software --size 320x240 --title victim --json "$name.victim" 2>"$name.victim.log" &
    victim=$!
    sleep 1
    if (($#)); then
        latch-stress "$@" --json "$name.hostile" 2>"$name.hostile.log" &
        hostile=$!
    fi
    wait $victim
    echo $? >"$name.victim.status"
    if [[ $hostile ]]; then
        kill $hostile 2>/dev/null
        wait_until 2 gone $hostile || kill -KILL $hostile 2>/dev/null
        wait $hostile 2>/dev/null
        echo $? >"$name.hostile.status"
        head -n 1 "$name.hostile.log" >"$name.hostile.words"
    fi
}

for name in "$@"; do
    echo "# $name" >&2
    if ! start_answering "$name"; then
        tail -n 5 "$work/$name.log" >"$work/$name.broken"
        stop_compositor
        continue
    fi
    for n in "${!modes[@]}"; do
        # shellcheck disable=SC2086 # options are words
        measure "$name" "$n" ${modes[n]}
        if ! answers >/dev/null 2>&1; then
            echo "$name stands still; it is started again" >&2
            stop_compositor
            start_answering "$name" || break
        fi
    done
    stop_compositor
    cp "$work/$name.log" "$(dirname "$results")/hostile-$name.log"
done

python3 - "$work" "$results" "$seconds" "$LATCH_LAB_DEVICE" "$@" -- "${modes[@]}" <<'PYTHON'
import json, os, sys
work, results, seconds, device = sys.argv[1:5]
names, modes = sys.argv[5:sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1:]

def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None

def text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None

rows = []
for n, mode in enumerate(modes):
    row = {"hostile": mode or "nobody", "compositors": {}}
    for name in names:
        base = f"{work}/{name}-{n}"
        victim, hostile = load(base + ".victim"), load(base + ".hostile")
        status = text(base + ".hostile.status")
        cell = {"broken": text(f"{work}/{name}.broken")}
        if status in ("3", "4", "5"):
            cell["not_possible"] = text(base + ".hostile.words")
        if victim:
            cell["victim"] = {key: victim.get(key) for key in
                              ("presented", "missed", "longest_gap_ns", "run_ns")}
        else:
            cell["victim_status"] = text(base + ".victim.status")
        if hostile:
            cell["commits"] = hostile["commits"]
            cell["ended_by_compositor"] = status == "6"
        row["compositors"][name] = cell
    rows.append(row)
with open(results, "w", encoding="utf-8") as file:
    json.dump({"device": device, "seconds": float(seconds), "rows": rows}, file, indent=1)
PYTHON
