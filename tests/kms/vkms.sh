#!/bin/bash
# The compositor on vkms: planes, fences, releases, pictures, rules, keys.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

pattern_on_screen() {
    local client
    latch-client --software --fullscreen --pattern --frames 30 --hold &
    client=$!
    move_pointer 32767 32767
    sleep 1
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
    sleep 1
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

escape() {
    lab-monitor "sendkey alt-esc"
    wait_for_latch 5
    echo "status $latch_status"
    [[ $latch_status == 0 ]]
}

json_is_good() { python3 -m json.tool <"$1" >/dev/null; }

statistics() {
    python3 - "$work/stats.json" <<'PYTHON'
import json, sys
stats = json.load(open(sys.argv[1]))
assert stats["outputs"], "no output"
every = stats["surfaces"] + [stats["others"]]
frames = sum(s["frames"] for s in every)
bad = {name: sum(s[name] for s in every) for name in ("incomplete", "out_of_order")}
print(frames, "frames", bad, stats["outputs"])
assert frames > 2000, "too few frames"
assert bad["incomplete"] == 0, bad
# A flip can come before the ioctl that asked for it has returned.
assert bad["out_of_order"] < frames / 100, bad
PYTHON
}

job() {
    local before
    hold_console
    before=$(drm_state)
    start_latch --renderer pixman
    lives || return
    cases kms-plane
    check "latch-client's test card is on the screen" pattern_on_screen
    cases kms-compose
    cases kms-color
    cases kms-fences
    cases kms-release
    cases kms-pacing
    grep -q 'tearing is asked for: no-driver' "$latch_log"
    verdict $? "latch says why nothing tears"
    cases kms-misbehave
    cases kms-leak
    check "a picture that stands still costs nothing" idle
    for client in weston-simple-shm weston-presentation-shm weston-simple-damage; do
        check "$client runs" stranger 3 "$client"
    done
    check "weston-subsurfaces runs" stranger 10 weston-subsurfaces
    check "Alt+Tab and Alt+F4" keys
    check "Alt+Escape ends the session" escape
    check "the statistics are JSON" json_is_good "$work/stats.json"
    check "the trace is JSON" json_is_good "$work/trace.json"
    check "the statistics are complete" statistics
    [[ $(drm_state) == "$before" ]]
    verdict $? "the display is as it was"
    diff <(echo "$before") <(drm_state) | sed 's/^/# /'
    end "$console_holder"
    ! grep -iE 'assert|sanitizer|runtime error' "$latch_log"
    verdict $? "latch complains of nothing of its own"
    cp "$latch_log" "$LAB_OUT/lab/latch-vkms.log"
    cp "$work/stats.json" "$LAB_OUT/lab/stats-vkms.json"
}

run_job job
