#!/bin/bash
# SPDX-License-Identifier: MIT
# Every way in which latch does not start, or ends: its status, one sentence, the console as it was.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"
export LATCH_DEVICE

# ends NAME STATUS COMMAND...: with this status; when it is latch's own, with a sentence too.
ends() {
    local name=$1 wanted=$2 status=0
    shift 2
    timeout -k 1 20 "$@" >"$work/out" 2>"$work/err" || status=$?
    {
        echo "status $status, not $wanted"
        cat "$work/err"
    } >"$work/ends.log"
    [[ $status == "$wanted" ]] &&
        { ((wanted < 100 || wanted > 127)) || grep -q '^latch: .\{12\}' "$work/err"; }
    verdict $? "$name" "$work/ends.log"
}

card_of() {
    local node driver
    for node in /dev/dri/card*; do
        read -r driver _ <"/sys/kernel/debug/dri/${node#/dev/dri/card}/name"
        [[ $driver != "$1" ]] || echo "$node"
    done
}

list_is_complete() {
    timeout -k 1 20 latch --device "$LATCH_DEVICE" --list >"$work/list"
    cat "$work/list"
    grep -q 'Virtual-' "$work/list" && grep -qi 'primary' "$work/list" &&
        grep -q '[0-9]x[0-9]' "$work/list"
}

list_is_json() {
    timeout -k 1 20 latch --device "$LATCH_DEVICE" --list=json >"$work/list.json" &&
        python3 -m json.tool <"$work/list.json"
}

# Another compositor is there: a process that is the device's master.
busy() {
    python3 -c '
import fcntl, os, sys, time
fd = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.ioctl(fd, 0x641e)
except OSError as error:
    sys.exit(str(error))
print("master", flush=True)
time.sleep(30)' "$LATCH_DEVICE" >"$work/master" 2>&1 &
    local holder=$!
    wait_until 5 has "$work/master" master
    ends "busy device" 107 latch --device "$LATCH_DEVICE" -- true
    end $holder
}

second_latch() {
    start_latch --renderer pixman
    ends "a second latch on the same seat" 107 latch --device "$LATCH_DEVICE" -- true
    lives
    verdict $? "the first latch goes on"
    stop_latch
}

frames() {
    ends "--frames ends the session" 0 latch --device "$LATCH_DEVICE" --frames 10 \
        --renderer pixman --stats "$work/frames.json" -- latch-client --software --fullscreen
    check "--frames counts flips" python3 -c '
import json, sys
flips = sum(o["flips"] for o in json.load(open(sys.argv[1]))["outputs"])
assert 10 <= flips <= 12, flips' "$work/frames.json"
}

# losses: how often latch says that it has lost a flip.
losses() { grep -c 'has not told for 1[0-9][0-9][0-9] ms that its frame is shown' "$latch_log"; }

# Commits are refused though their tests were not: told once, and the client goes on afterwards.
refused_commits() {
    local client status=0
    rm -f "$LATCH_REFUSE.count"
    echo 22 >"$LATCH_REFUSE" # EINVAL
    timeout 10 latch-client --software --fullscreen --frames 10 &
    client=$!
    wait_until 5 is_refused_often || { echo "not refused"; status=1; }
    rm "$LATCH_REFUSE"
    wait $client || { echo "the client gets no frames"; status=1; }
    [[ $(grep -c 'the frame could not be submitted: Invalid argument' "$latch_log") == 1 ]] &&
        return $status
}

# Down the ladder, and with the next attempts, each 100 ms later.
is_refused_often() { (($(wc -c <"$LATCH_REFUSE.count") >= 10)); }

# A driver that loses a flip: it is told once, and the screen goes on.
lost_flips() {
    export LATCH_REFUSE=$work/refuse
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 \
        LD_PRELOAD=$LAB_BUILD/tests/kms/refuse.so start_latch --renderer pixman
    cases kms-release "lost flip"
    [[ $(losses) == 2 && $(grep -c 'the mode is set anew' "$latch_log") == 2 ]]
    verdict $? "lost flips are told once each time" "$latch_log"
    check "refused commits are told once" refused_commits
    stop_latch
    unset LATCH_REFUSE
}

by_signal() { # SIGNAL
    start_latch --renderer pixman
    kill "-$1" "$LATCH_PID"
    wait_for_latch 5
    [[ $latch_status == 0 ]]
    verdict $? "SIG$1 ends the session with status 0, not $latch_status" "$latch_log"
}

job() {
    local before card
    hold_console
    before=$(drm_state)
    ends "--help" 0 latch --help
    ends "--version" 0 latch --version
    ends "unknown option" 101 latch --no-such-option
    ends "--frames without a number" 101 latch --frames many
    ends "unknown renderer" 101 latch --renderer crayons
    ends "unknown log level" 101 latch --log everything
    ends "no XDG_RUNTIME_DIR" 102 env -u XDG_RUNTIME_DIR latch --device "$LATCH_DEVICE"
    ends "XDG_RUNTIME_DIR is no directory" 102 env XDG_RUNTIME_DIR=/no/such latch
    ends "no seat" 103 env LIBSEAT_BACKEND=seatd SEATD_SOCK=/no/such latch --device "$LATCH_DEVICE"
    ends "no such device" 104 latch --device /dev/dri/card99
    ends "a device that is no DRM device" 104 latch --device /dev/null
    ends "a render node" 105 latch --device /dev/dri/renderD128
    card=$(card_of vgem | head -n 1)
    ends "a card without KMS" 105 latch --device "$card"
    ends "an old kernel" 108 setarch --uname-2.6 latch --device "$LATCH_DEVICE"
    ends "unknown connector" 109 latch --device "$LATCH_DEVICE" --connector Nowhere-1
    ends "an output that there is not" 109 latch --device "$LATCH_DEVICE" --output Nowhere-1:x2
    ends "unknown mode" 110 latch --device "$LATCH_DEVICE" --mode 123x45
    ends "command not found" 127 latch --device "$LATCH_DEVICE" -- /no/such/command
    ends "command not in PATH" 127 latch --device "$LATCH_DEVICE" -- no-such-command
    ends "command not executable" 126 latch --device "$LATCH_DEVICE" -- /etc/passwd
    ends "command's own status" 7 latch --device "$LATCH_DEVICE" -- sh -c 'exit 7'
    ends "command killed by a signal" 143 latch --device "$LATCH_DEVICE" -- sh -c 'kill -TERM $$'
    check "--list" list_is_complete
    check "--list=json" list_is_json
    busy
    second_latch
    frames
    lost_flips
    by_signal TERM
    by_signal INT
    [[ $(drm_state) == "$before" ]]
    verdict $? "the display is as it was"
    diff <(echo "$before") <(drm_state) | sed 's/^/# /'
    end "$console_holder"
}

run_job job
