#!/bin/bash
# SPDX-License-Identifier: MIT
# The session is switched to another virtual terminal and back.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# planes_on: how many show something.
planes_on() {
    awk '/^plane\[/ { fb = 1 } fb && /^\tfb=/ { n += $1 != "fb=0"; fb = 0 } END { print n + 0 }' \
        "$(debugfs_file state)"
}
are_on() { [[ $(planes_on) == "$1" ]]; }

# The other session has its VT in graphics mode, as Xorg does, where the kernel's console does not
# clear the screen. Xorg knows the primary plane only: the cursor and whatever else latch had on
# planes would stay above its picture.
leaves_one_plane() {
    local holder status=0
    latch-client --software --fullscreen --frames 5 --hold &
    local client=$!
    move_pointer 9000 9000
    wait_until 3 are_on 2 || { echo "$(planes_on) planes are on"; end $client; return 1; }
    python3 -c '
import fcntl, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
fd = os.open("/dev/tty2", os.O_RDWR)
fcntl.ioctl(fd, 0x4b3a, 1)  # KDSETMODE, KD_GRAPHICS
print("graphics", flush=True)
try:
    time.sleep(1000)
finally:
    fcntl.ioctl(fd, 0x4b3a, 0)' >"$work/graphics" &
    holder=$!
    wait_until 5 has "$work/graphics" graphics
    lab-monitor "sendkey ctrl-alt-f2"
    wait_until 3 on_vt 2 || { echo "still on $(fgconsole)"; status=1; }
    sleep 0.2
    are_on 1 || { echo "$(planes_on) planes are on"; status=1; }
    end $holder
    chvt 1
    sleep 0.3
    move_pointer 8000 8000
    wait_until 3 are_on 2 || { echo "back: $(planes_on) planes are on"; status=1; }
    # This is VT 1: nothing is switched, and all comes back.
    lab-monitor "sendkey ctrl-alt-f1"
    wait_until 1 are_on 1 || { echo "VT 1: $(planes_on) planes are on"; status=1; }
    wait_until 3 are_on 2 || { echo "no switch: $(planes_on) planes are on"; status=1; }
    end $client
    return $status
}

# Frames stop, and come back, and none is presented on another VT.
away_and_back() {
    local client gap status=0
    for _ in 1 2 3; do
        latch-client --software=dumb --fullscreen --frames 80 --json "$work/client.json" &
        client=$!
        wait_until 5 is_shown $client || { echo "not shown"; status=1; }
        nap 0.2
        chvt 2
        wait_until 3 on_vt 2 || { echo "still on $(fgconsole)"; status=1; }
        sleep 1
        timeout 2 latchctl planes >/dev/null || { echo "no answer while away"; status=1; }
        chvt 1
        wait_until 3 on_vt 1 || { echo "still on $(fgconsole)"; status=1; }
        wait_until 10 gone $client || { echo "no frames"; end $client; return 1; }
        wait $client || status=1
        gap=$(grep -oP '"longest_gap_ns": \K[0-9]+' "$work/client.json")
        echo "longest gap $gap ns"
        ((gap > 900000000)) || status=1
    done
    return $status
}

is_shown() { latchctl planes | grep "(pid $1)"; }

job() {
    start_latch --renderer pixman
    lives || return
    check "only the primary plane is left to another session" leaves_one_plane
    check "the session goes to another VT and comes back, three times" away_and_back
    lab-monitor "sendkey ctrl-alt-f2"
    wait_until 3 on_vt 2
    verdict $? "Ctrl+Alt+F2 goes to the second terminal"
    chvt 1
    sleep 0.5
    check "and once more after that" away_and_back
    stop_latch
    check "each buffer was given back, once and not early" \
        latch-trace-check --quiet "$work/trace.json"
}

on_vt() { [[ $(fgconsole) == "$1" ]]; }

run_job job
