#!/bin/bash
# SPDX-License-Identifier: MIT
# The compositor on a virtual machine's display without 3D.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

software_client() {
    timeout -k 1 20 latch-client --software --fullscreen --frames 60 --json "$work/client.json" &&
        python3 - "$work/client.json" <<'PYTHON'
import json, sys
run = json.load(open(sys.argv[1]))
print(run)
assert run["presented"] == 60, run["presented"]
assert run["zero_copy"] == 60, run["zero_copy"]
PYTHON
}

on_screen() {
    local client status=0
    latch-client --software --fullscreen --pattern --frames 20 --hold &
    client=$!
    move_pointer 32767 32767
    sleep 2
    lab-screenshot "$LAB_OUT/lab/virtio-gpu.png" &&
        kms-picture pattern "$LAB_OUT/lab/virtio-gpu.png" || status=1
    end $client
    return $status
}

cursor_plane() { # prints its place: X+Y, nothing when it is off
    python3 - "$(debugfs_file state)" <<'PYTHON'
import re, sys
planes = re.split(r"(?m)^(?=plane\[)", open(sys.argv[1]).read())[1:]
# The second plane is the cursor's; primary comes first.
cursor = planes[1].split("crtc[")[0]
place = re.search(r"crtc-pos=\d+x\d+([+-]\d+)([+-]\d+)", cursor)
if not re.search(r"^\tfb=0", cursor, re.M):
    print(place[1], place[2])
PYTHON
}

cursor() {
    local first second
    move_pointer 8000 8000
    first=$(cursor_plane)
    move_pointer 20000 24000
    second=$(cursor_plane)
    echo "cursor plane at '$first', then at '$second'"
    [[ $first && $second && $first != "$second" ]]
}

job() {
    local before
    hold_console
    before=$(drm_state)
    start_latch --renderer pixman --mode 640x480
    lives || return
    check "a software client, zero-copy" software_client
    cases kms-compose "only what is damaged"
    check "its test card is on the machine's screen" on_screen
    check "the cursor is on a plane and follows the pointer" cursor
    check "weston-simple-shm runs" stranger weston-simple-shm
    bad_requests 60 --bad=syncobj
    verdict $? "all invalid requests of linux-drm-syncobj were made" "$work/bad.log"
    stop_latch
    [[ $(drm_state) == "$before" ]]
    verdict $? "the console is as it was"
    diff <(echo "$before") <(drm_state) | sed 's/^/# /'
    end "$console_holder"
    cp "$latch_log" "$LAB_OUT/lab/latch-virtio-gpu.log"
}

run_job job
