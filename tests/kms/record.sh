#!/bin/bash
# SPDX-License-Identifier: MIT
# The flight recorder; latch's marks in the kernel's own trace; what the kernel says of planes.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"
tracing=/sys/kernel/tracing

# says STATUS WORDS COMMAND...: it ends with this status, and says these words.
says() {
    local wanted=$1 words=$2 status=0
    shift 2
    timeout -k 1 20 "$@" >"$work/out" 2>"$work/err" || status=$?
    echo "status $status, not $wanted?"
    cat "$work/out" "$work/err"
    [[ $status == "$wanted" ]] && grep -q "$words" "$work/out" "$work/err"
}

is_shown() { latchctl planes --json | grep -q "\"$1\""; }

# Writes ten seconds while the client goes on, and prints what CPU time latch takes for it. No vblank
# is missed.
last_seconds() {
    local status=0 top
    sleep 11
    latchctl top --once --json >"$work/top.json" &
    top=$!
    sleep 0.2
    python3 - "$LATCH_PID" "$work/last.json" <<'PYTHON' || status=1
import subprocess, sys, time
def used():
    return time.clock_gettime_ns(~int(sys.argv[1]) << 3 | 2), time.monotonic_ns()
def since(before):
    return [b - a for a, b in zip(before, used())]
begin = used()
time.sleep(0.3)
steady = since(begin)
begin = used()
subprocess.run(["latchctl", "record", "--last", "10s", sys.argv[2]], check=True)
written = since(begin)
cpu_ms = (written[0] - steady[0] * written[1] / steady[1]) / 1e6
print(f"{cpu_ms:.1f} ms of CPU in {written[1] / 1e6:.0f} ms")
PYTHON
    wait $top || status=1
    cp "$work/last.json" "$LAB_OUT/lab/"
    python3 - "$work/top.json" "$work/last.json" <<'PYTHON' || status=1
import json, sys
top = json.load(open(sys.argv[1]))
(busy,) = top["surfaces"]
print(busy["frames"], busy["missed_by_cause"], top["outputs"])
assert busy["frames"] > 50, busy["frames"]
assert all(busy["missed_by_cause"].get(cause, 0) == 0 for cause in
           ("latch", "compose", "ioctl", "kernel")), busy["missed_by_cause"]
events = json.load(open(sys.argv[2]))
(latch,) = [e for e in events if e.get("name") == "latch"]
frames = [e["args"] for e in events if e["ph"] == "B" and "release_ns" in e["args"]]
print(len(frames), latch)
span = (frames[-1]["release_ns"] - frames[0]["release_ns"]) / 1e9
assert 9.8 < span < 10.2, span
assert len(frames) > 550, len(frames)
assert frames[0]["release_ns"] >= latch["args"]["from_ns"], latch
PYTHON
    return $status
}

record_costs_little() { # what last_seconds printed
    last_seconds >"$work/cost" || { cat "$work/cost"; return 1; }
    cat "$work/cost"
    ! is_exact || awk '/ms of CPU/ { exit !($1 < 100) }' "$work/cost"
}

# latch-trace-check and latch-report read it like any other trace.
is_a_trace() {
    latch-trace-check "$work/last.json" && latch-report "$work/last.json" >"$work/report" || return
    cat "$work/report"
    grep -q '^latch-client (1) ' "$work/report"
}

has_files() { (($(find "$work/recorded" -name '*.json' | wc -l) == $1)); }

by_key() {
    local before
    before=$(find "$work/recorded" -name '*.json' | wc -l)
    lab-monitor "sendkey ctrl-alt-r"
    wait_until 5 has_files $((before + 1)) && wait_until 5 grep -q 'Ctrl+Alt+R' "$latch_log" &&
        latch-trace-check "$(sed -n 's/.* are in \(.*\): Ctrl+Alt+R/\1/p' "$latch_log")"
}

# latch sleeps through some vblanks. That is a miss where a client had committed for one of them, and
# none where it still waited for its frame callback.
sleeps() {
    kill -STOP "$LATCH_PID"
    sleep 0.15
    kill -CONT "$LATCH_PID"
    sleep 0.3
}

by_miss() {
    local before other i status=0
    wait_until 5 is_shown latch-client
    # A window that is alone is latched at once, when latch knows its deadlines: nobody waits then.
    latch-client --software --size 60x50 --frames 100000 >/dev/null 2>&1 &
    other=$!
    sleep 1
    # Where one was missed at the start: no other one is written for half a minute.
    has_files 0 || sleep 31
    before=$(find "$work/recorded" -name '*.json' | wc -l)
    for i in {1..30}; do
        sleep "0.00$((i % 10))"
        sleeps
        ! has_files "$before" || continue
        break
    done
    has_files $((before + 1)) &&
        wait_until 5 grep -q "latch-.*-$((before + 1)).json: latch woke" "$latch_log" ||
        { cat "$latch_log"; status=1; }
    # No other one for half a minute.
    for i in {1..8}; do
        sleep "0.00$i"
        sleeps
    done
    end $other
    ((status == 0)) && has_files $((before + 1))
}

kernel_agrees() {
    says 0 'LATCH SAYS' latchctl planes --kernel || return
    grep -Eq '^  [0-9]+ +[1-9][0-9]* +XR24 +200x150 .*layer: latch-client' "$work/out"
}

without_debugfs() {
    says 1 'only root can, where debugfs is mounted' unshare -m sh -c \
        'mount -t tmpfs none /sys/kernel/debug; exec latchctl planes --kernel'
}

without_tracefs() {
    says 100 'trace_marker can.t be opened' unshare -m sh -c \
        'mount -t tmpfs none /sys/kernel/tracing; exec latch --ftrace --device "$LATCH_DEVICE"'
}

# Each frame's stages in order, with the kernel's vblank event among them.
marks() {
    local status=0
    latch-client --software --size 200x150 --frames 60 >/dev/null 2>&1 || status=1
    cat $tracing/trace >"$work/ftrace"
    cp "$work/ftrace" "$LAB_OUT/lab/ftrace.txt"
    python3 - "$LATCH_PID" "$work/ftrace" <<'PYTHON' || status=1
import re, sys
lines = open(sys.argv[2]).read().splitlines()
print("\n".join(lines[-40:]))
mark = re.compile(rf"tracing_mark_write: ([IBE])\|{sys.argv[1]}(?:\|latch (\w+) (\w+) (\d+) #(\d+))?$")
found, updates, flips, vblanks = [], {}, [], []
for at, line in enumerate(lines):
    if match := mark.search(line):
        phase, stage, kind, number, count = match.groups()
        found.append((at, phase, stage, kind))
        if kind == "surface":
            updates.setdefault((int(number), int(count)), []).append((stage, at))
        if stage == "flip":
            flips.append((int(count), at))
    elif "drm_vblank_event:" in line:
        vblanks.append(at)
whole = [u for u in updates.values() if [stage for stage, _ in u] == ["commit", "ready", "submit"]]
print(len(found), len(updates), len(whole), len(flips), len(vblanks))
assert len(whole) >= 55, (len(whole), len(updates))
assert len(flips) >= 55 and [n for n, _ in flips] == sorted({n for n, _ in flips}), flips
for (_, a), (_, b) in zip(flips, flips[1:]):
    stages = [(phase, stage) for at, phase, stage, kind in found if a < at < b and kind != "surface"]
    assert stages[-3:] == [("I", "latch"), ("B", "submit"), ("E", None)], stages
    submitted = [at for at, phase, _, _ in found if phase == "E" and a < at < b][-1]
    assert any(submitted < at < b for at in vblanks), (a, submitted, b)
PYTHON
    return $status
}

# One archive has all that a report needs, and no title of a window unless it is asked for.
bug_report() {
    local status=0 scaled
    latch-client --software=udmabuf --size 200x200 --scale-to 300x200 --title unspeakable \
        >/dev/null 2>&1 &
    scaled=$!
    wait_until 10 is_shown unspeakable
    sleep 1
    latchctl bug --last 2s "$work/bug.tar" || status=1
    latchctl bug --titles --last 0.1 "$work/titles.tar" || status=1
    end $scaled
    sleep 1
    latchctl bug --last 0.1 "$work/alone.tar" || status=1
    tar -tvf "$work/bug.tar" || status=1
    grep -q unspeakable "$work/titles.tar" || { echo "no title"; status=1; }
    ! grep -q unspeakable "$work/bug.tar" || { echo "a title"; status=1; }
    cp "$work/bug.tar" "$LAB_OUT/lab/"
    python3 - "$work/bug.tar" <<'PYTHON' || status=1
import json, re, sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    files = {name: tar.extractfile(name).read().decode() for name in tar.getnames()}
parsed = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}
assert parsed.keys() == {"list.json", "planes.json", "held.json", "statistics.json", "trace.json",
                         "versions.json"}, parsed.keys()
assert "WAYLAND_DISPLAY=" in files["log.txt"], files["log.txt"]
assert any(name.startswith("state-card") and "plane[" in text for name, text in files.items())
assert "--record" in parsed["versions.json"]["command"], parsed["versions.json"]
assert len(parsed["trace.json"]) > 1000, len(parsed["trace.json"])
for key in "serial", "title", "description":
    assert not re.search(f'"{key}": "', "".join(files.values())), key
PYTHON
    return $status
}

# latch-replay plans as latch did; with fewer planes it says what differs.
replay() {
    local status=0
    python3 - "$work" <<'PYTHON' || return
import io, json, sys, tarfile
with tarfile.open(f"{sys.argv[1]}/alone.tar") as tar:
    planes = json.load(tar.extractfile("planes.json"))
for output in planes["outputs"]:
    output["planes"] = [p for p in output["planes"] if p["type"] != "overlay"]
text = json.dumps(planes).encode()
member = tarfile.TarInfo("planes.json")
member.size = len(text)
with tarfile.open(f"{sys.argv[1]}/few.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
    tar.addfile(member, io.BytesIO(text))
PYTHON
    says 0 'composed: scaling, test-refused' latch-replay "$work/bug.tar" || status=1
    says 0 '1 latch-client: overlay [0-9]' latch-replay "$work/alone.tar" || status=1
    says 1 'then overlay [0-9]*, now ' latch-replay "$work/few.tar" || status=1
    says 2 'no archive of latchctl bug' latch-replay "$work/last.json" || status=1
    return $status
}

job() {
    local client
    mkdir "$work/recorded"
    check "a folder that is none" says 100 'No such file' \
        latch --device "$LATCH_DEVICE" --record /no/such
    check "no tracefs" without_tracefs
    start_latch --renderer pixman --mode 640x480 --record "$work/recorded"
    lives || return
    latch-client --software --size 200x150 2>"$work/client.log" &
    client=$!
    check "a miss of latch's" by_miss
    check "10 s are written in time, and nobody waits for it" record_costs_little
    check "it is a trace" is_a_trace
    check "Ctrl+Alt+R" by_key
    check "the kernel has on its planes what latch says" kernel_agrees
    check "no debugfs" without_debugfs
    check "a report in one file" bug_report
    check "it is planned again" replay
    cp "$latch_log" "$LAB_OUT/lab/record.log"
    check "a file that is none" says 1 '/no/such/file' latchctl record /no/such/file
    end $client
    stop_latch

    echo 1 >$tracing/events/drm/drm_vblank_event/enable
    echo >$tracing/trace
    start_latch --renderer pixman --mode 640x480 --ftrace
    check "latch's marks are beside the kernel's vblanks" marks
    stop_latch
    echo 0 >$tracing/events/drm/drm_vblank_event/enable
}

run_job job
