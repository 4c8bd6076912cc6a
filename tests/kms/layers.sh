#!/bin/bash
# SPDX-License-Identifier: MIT
# Layers (wlr-layer-shell), by a client that nobody here wrote: swaynag.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# The boxes of all visible layers, front to back: "WIDTHxHEIGHT+X+Y ...".
boxes() {
    latchctl planes --json | python3 -c '
import json, sys
(output,) = json.load(sys.stdin)["outputs"]
boxes = [layer["dst"] for layer in output["layers"] if layer["place"] != "covered"]
print(*("{width}x{height}+{x}+{y}".format(**box) for box in boxes))'
}

# are PATTERN: what boxes says, as a regular expression.
are() {
    local now
    now=$(boxes)
    echo "layers: '$now', wanted '$1'"
    [[ $now =~ ^$1$ ]]
}

turn_into() { wait_until 10 are "$1" >/dev/null; are "$1"; }

nag() { swaynag --message "Disk full" "$@" 2>"$work/nag.log" & nag=$!; }
no_nag() { kill $nag; wait $nag 2>/dev/null; }

job() {
    local client nag bar='640x[0-9]+\+0\+0'
    start_latch --renderer pixman --mode 640x480
    lives || return
    latch-client --software --fullscreen --frames 100000 2>"$work/client.log" &
    client=$!
    check "a window fills the screen" turn_into '640x480\+0\+0'
    nag --layer top
    check "a panel is behind it" turn_into '640x480\+0\+0'
    no_nag
    nag --layer overlay
    check "a notification is in front of it" turn_into "$bar 640x480\+0\+0"
    no_nag
    check "and goes" turn_into '640x480\+0\+0'
    kill $client
    wait $client 2>/dev/null
    check "nothing is left" turn_into ''

    nag --layer top
    check "a panel is at the upper edge" turn_into "$bar"
    latch-client --software --size 200x480 --frames 100000 2>"$work/client.log" &
    client=$!
    check "a window keeps clear of it" turn_into "$bar 200x480\+220\+[1-9][0-9]*"
    kill $client
    wait $client 2>/dev/null
    no_nag
    stop_latch
    ! grep -iE 'assert|sanitizer|runtime error' "$latch_log"
    verdict $? "latch complains of nothing of its own"
}

run_job job
