#!/bin/bash
# SPDX-License-Identifier: MIT
# Windows are moved, resized and maximised by the pointer, on a virtual machine's display.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# send EVENT...: input events, as QEMU has them.
send() {
    local IFS=,
    lab-monitor --qmp "{\"execute\": \"input-send-event\", \"arguments\": {\"events\": [$*]}}" \
        >/dev/null
    nap 0.05
}

alt() { send "{\"type\": \"key\", \"data\": {\"down\": $1, \"key\": {\"type\": \"qcode\", \"data\": \"alt\"}}}"; }
button() { send "{\"type\": \"btn\", \"data\": {\"down\": $2, \"button\": \"$1\"}}"; }
# In pixels of this mode.
mode=640x480
go() { move_pointer $(($1 * 32768 / 640 + 20)) $(($2 * 32768 / 480 + 20)); }

# drag BUTTON X Y X Y
drag() {
    go "$2" "$3"
    button "$1" true
    go $((($2 + $4) / 2)) $((($3 + $5) / 2))
    go "$4" "$5"
    button "$1" false
    nap 0.2 # the client draws it in its new size
}

# The box of the largest surface of a client: WIDTH HEIGHT X Y.
box() {
    latchctl planes --json | python3 -c '
import json, sys
layers = [layer["dst"] for output in json.load(sys.stdin)["outputs"] for layer in output["layers"]
          if layer.get("pid") == int(sys.argv[1])]
box = max(layers, key=lambda dst: dst["width"] * dst["height"], default=None)
print(*(box[name] for name in ("width", "height", "x", "y")) if box else "")' "$1"
}

# is WHAT PID BOX
is() {
    local now
    now=$(box "$2")
    echo "$1: '$now', wanted '$3'"
    [[ $now == "$3" ]]
}

moved_and_resized() {
    local client picture=$LAB_OUT/lab/windows.png status=0
    latch-client --software --size 200x150 --solid 20a040 2>"$work/client.log" &
    client=$!
    wait_until 10 is new $client "200 150 220 165"
    is new $client "200 150 220 165" || status=1
    alt true
    drag left 320 240 380 200
    is moved $client "200 150 280 125" || status=1
    drag right 470 260 520 290
    is "resized at the lower right" $client "250 180 280 125" || status=1
    drag right 290 130 270 140
    is "resized at the upper left" $client "270 170 260 135" || status=1
    lab-screenshot "$picture" || status=1
    LATCH_CAPTURE=$picture pixel_is 258 220 000000 262 137 20a040 527 302 20a040 532 220 000000 ||
        status=1
    go 400 200
    send '{"type": "btn", "data": {"down": true, "button": "left"}}' \
        '{"type": "btn", "data": {"down": false, "button": "left"}}'
    button left true
    button left false
    is "maximised" $client "640 480 0 0" || status=1
    drag left 320 10 320 110
    # At the same part of it: the middle of the upper end.
    is "dragged away" $client "270 170 185 107" || status=1
    alt false
    end $client
    return $status
}

# The button comes up while the session is away.
session_goes() {
    local client status=0
    latch-client --software --size 200x150 2>"$work/client.log" &
    client=$!
    wait_until 10 is new $client "200 150 220 165" || status=1
    go 320 240
    alt true
    button left true
    go 330 250
    chvt 2
    sleep 0.5
    button left false
    alt false
    chvt 1
    sleep 0.5
    go 400 300
    is "back again" $client "200 150 230 175" || status=1
    alt true
    drag left 320 240 300 220
    alt false
    is "moved" $client "200 150 210 155" || status=1
    end $client
    return $status
}

# One that others wrote, with a title bar of its own: toytoolkit's.
stock_client() {
    local client before now status=0
    WAYLAND_DEBUG=client weston-eventdemo >"$work/stock.log" 2>&1 &
    client=$!
    wait_until 20 has "$work/stock.log" "wl_surface#"
    sleep 2
    read -r -a before <<<"$(box $client)"
    echo "new: ${before[*]}"
    alt true
    drag left 320 240 340 200
    read -r -a now <<<"$(box $client)"
    echo "moved: ${now[*]}"
    ((now[2] == before[2] + 20 && now[3] == before[3] - 40)) || status=1
    drag right 340 200 350 220
    alt false
    read -r -a now <<<"$(box $client)"
    echo "resized: ${now[*]}"
    ((now[0] == before[0] + 10 && now[1] == before[1] + 20)) || status=1
    grep -c 'wl_pointer#[0-9]*.button(' "$work/stock.log" && status=1
    grep 'rotocol error' "$work/stock.log" && status=1
    # By its title bar, with a finger. The frame has a shadow of 32 around it.
    printf '%s\n' "down $((now[2] + 200)) $((now[3] + 44))" \
        "to $((now[2] + 230)) $((now[3] + 54))" "to $((now[2] + 170)) $((now[3] + 64))" up >&"$finger"
    sleep 1
    before=("${now[@]}")
    read -r -a now <<<"$(box $client)"
    echo "by a finger: ${now[*]}"
    ((now[2] == before[2] - 30 && now[3] == before[3] + 20)) || status=1
    grep -q 'wl_touch#[0-9]*.cancel(' "$work/stock.log" || { echo "no wl_touch.cancel"; status=1; }
    end $client
    return $status
}

job() {
    local finger finger_pid
    modprobe uinput
    exec {finger}> >(exec tests/kms/finger.py 640 480 2>"$work/finger.log")
    finger_pid=$!
    start_latch --renderer pixman --mode $mode
    lives || return
    check "Alt and the pointer move, resize and maximise a window" moved_and_resized
    check "and one of a stock client, which hears of no button; its title bar obeys a finger" stock_client
    [[ ! $LAB_VT ]] || check "a window is let go when the session goes" session_goes
    cp "$latch_log" "$LAB_OUT/lab/latch-windows.log"
    stop_latch
    exec {finger}>&-
    wait "$finger_pid"
    verdict $? "the touch screen was there" "$work/finger.log"
}

run_job job
