#!/bin/bash
# SPDX-License-Identifier: MIT
# The compositor on vkms: planes, fences, releases, pictures, rules, keys.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

pattern_on_screen() {
    local client
    latch-client --software --fullscreen --pattern --frames 30 --hold &
    client=$!
    # latch has a socket before it has opened its devices, and a position from before that is lost.
    sleep 1
    move_pointer 32767 32767
    sleep 0.5
    take_picture && kms-picture pattern "$LATCH_CAPTURE"
    local status=$?
    end $client
    return $status
}

# A picture that stands still costs nothing: no ioctl, no wake-up.
idle() {
    local client calls
    latch-client --software --fullscreen --solid 204060 --frames 5 --hold &
    client=$!
    shown 204060 || { echo "not shown"; end $client; return 1; }
    sleep 1.5 # the watchdog of the last flips looks once more
    timeout -s INT 6 strace -f -o "$work/strace" -p "$LATCH_PID" &
    sleep 5
    end $!
    end $client
    calls=$(grep -cE 'ioctl|epoll_wait|write' "$work/strace")
    head -n 20 "$work/strace"
    echo "$calls calls in five seconds"
    # One epoll_wait is under way when strace comes, and is begun again.
    ((calls <= 2)) && ! grep -q ioctl "$work/strace"
}

# The yardstick, in dma-bufs with late fences and in shared memory: the figures are those of a
# crowded computer, but the grid is the kernel's, and the two ends of a margin are a refresh apart.
measures() {
    latch-client --software --measure --frames 40 --fence late --json "$work/late.json" &&
        latch-client --measure=paced --shm --frames 120 --size 320x240 --json "$work/shm.json" &&
        python3 - "$work/late.json" "$work/shm.json" <<'PYTHON'
import json, sys
late, shm = (json.load(open(path))["measure"] for path in sys.argv[1:])
print({key: late[key] for key in late if key != "samples_ns"})
for run, frames in (late, 40), (shm, 120):
    assert run["frames"] + run["early"] == frames == len(run["samples_ns"]), "frames"
    assert run["steady"] and abs(run["period_ns"] - 16.666e6) < 1e5, "the grid"
    assert run["compositor"]["cpu_ns"] > 0, "the cost"
assert late["fence"] == "late" and late["early"] == 0, "shown before its fence"
assert all(commit < ready < flip for commit, ready, flip in late["samples_ns"]), "the signals"
phases = sorted(ready % late["period_ns"] for _, ready, _ in late["samples_ns"])
assert phases[5] < late["period_ns"] / 2 < phases[-5], "the phases"
assert late["zero_copy"] == 40 and shm["zero_copy"] == 120, "the planes"
PYTHON
}

colour_is() { take_picture && pixel_is 500 400 "$1"; }

shown() { wait_until 5 colour_is "$1"; }

keys() {
    local red blue status=0
    latch-client --software --fullscreen --solid c01010 --frames 5 --hold &
    red=$!
    shown c01010 || { echo "red is not shown"; status=1; }
    latch-client --software --fullscreen --solid 1010c0 --frames 5 --hold &
    blue=$!
    shown 1010c0 || { echo "blue is not shown"; status=1; }
    lab-monitor "sendkey alt-tab"
    shown c01010 || { echo "Alt+Tab does not bring red"; status=1; }
    lab-monitor "sendkey alt-tab"
    shown 1010c0 || { echo "Alt+Tab does not bring blue back"; status=1; }
    lab-monitor "sendkey alt-f4"
    shown c01010 || { echo "Alt+F4 does not close blue"; status=1; }
    ! kill -0 $blue 2>/dev/null || { echo "blue has not ended"; status=1; }
    lab-monitor "sendkey alt-tab"
    shown c01010 || { echo "Alt+Tab with one window"; status=1; }
    end $red $blue
    return $status
}

# Not by what is next to Alt+Tab.
end_of_session() {
    lab-monitor "sendkey alt-esc"
    sleep 0.5
    lives || { echo "Alt+Escape ends it"; return 1; }
    lab-monitor "sendkey ctrl-alt-backspace"
    wait_for_latch 5
    echo "status $latch_status"
    [[ $latch_status == 0 ]]
}

failures_are_named() { # SURFACES
    grep 'kms-sw-sync.*signalled with an error' "$latch_log"
    [[ $(grep -c 'kms-sw-sync.*signalled with an error' "$latch_log") == "$1" ]]
}

# On a dma-buf one, as sync_file and as point two: what sw_sync says (ENOENT), vgem does not. The paced
# client of measures() was alone for two seconds; kms-pacing's clients never were.
trace() {
    python3 - "$work/trace.json" <<'PYTHON'
import json, sys
begins = [e for e in json.load(open(sys.argv[1])) if e.get("ph") == "B"]
print("ok - the trace is JSON")
def verdict(good, what):
    print("ok -" if good else "not ok -", what)
failed = sum(e["args"].get("fence_error") == -2 for e in begins if "args" in e)
verdict(failed == 5, f"each failed fence is in the trace: {failed} of 5")
frames = sorted((e["args"] for e in begins if e.get("name") == "frame"), key=lambda frame: frame["flip_ns"])
in_step = [now["wake"] for before, now in zip(frames, frames[1:])
           if now["flip_ns"] - before["flip_ns"] < 1.5 * now["refresh_ns"]]
alone, deadline = in_step.count("alone"), in_step.count("deadline")
verdict(alone > 30 and deadline > 300,
        f"who is alone and waits is latched at once: {alone} times, at the deadline {deadline} times")
PYTHON
}

statistics() {
    python3 - "$work/stats.json" <<'PYTHON'
import json, sys
stats = json.load(open(sys.argv[1]))
assert stats["outputs"], "no output"
every = stats["surfaces"] + [stats["others"]]
frames = sum(s["frames"] for s in every)
bad = {name: sum(s[name] for s in every) for name in ("incomplete", "out_of_order")}
print(frames, "frames", bad, stats["outputs"])
assert frames > 500, "too few frames"
assert bad["incomplete"] == 0, bad
# A flip can come before the ioctl that asked for it has returned.
assert bad["out_of_order"] < frames / 100, bad
PYTHON
}

job() {
    local before state
    hold_console
    state=$(drm_state)
    start_latch --renderer pixman --mode 640x480
    lives || return
    check "latch-client's test card is on the screen" pattern_on_screen
    cases kms-compose
    cases kms-color
    read -r -a before <<<"$(holdings)"
    cases kms-fences
    cases kms-sw-sync
    check "a failed fence is named once for each surface" failures_are_named 3
    cases kms-release
    check "what latch holds is what it held before" wait_until 5 not_more_than_before
    cases kms-pacing
    grep -q 'tearing is asked for: no-driver' "$latch_log"
    verdict $? "latch says why nothing tears"
    cases kms-misbehave
    check "the log says import-failed" grep -E 'surface [0-9]+: composed on .*import-failed' \
        "$latch_log"
    check "a picture that stands still costs nothing" idle
    check "latch-client measures" measures
    for client in weston-simple-shm weston-presentation-shm weston-simple-damage; do
        check "$client runs" stranger "$client"
    done
    check "weston-subsurfaces runs" stranger weston-subsurfaces
    check "Alt+Tab and Alt+F4" keys
    check "Ctrl+Alt+Backspace ends the session" end_of_session
    check "the statistics are JSON, and complete" statistics
    trace || echo "not ok - the trace is JSON"
    [[ $(drm_state) == "$state" ]]
    verdict $? "the display is as it was"
    diff <(echo "$state") <(drm_state) | sed 's/^/# /'
    end "$console_holder"
    ! grep -iE 'assert|sanitizer|runtime error' "$latch_log"
    verdict $? "latch complains of nothing of its own"
    cp "$latch_log" "$LAB_OUT/lab/latch-vkms.log"
    cp "$work/stats.json" "$LAB_OUT/lab/stats-vkms.json"
}

run_job job
