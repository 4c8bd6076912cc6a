#!/bin/bash
# Planes: what they blend has to look like what latch composes, and cost less.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# Of 255: the kernel and the renderer round in different places.
tolerance=3
frames=40
pictures=$work/pictures

# show LAYOUT FRAMES PICTURE: the layout, and a picture of it when it has come to rest. What was
# said of it is in $work/shown; status 77 when latch lacks a protocol for it.
show() {
    local layout status=0
    : >"$work/shown"
    kms-layout "$1" "$2" >"$work/shown" 2>&1 &
    layout=$!
    wait_until 12 eval "grep -q ready '$work/shown' || gone $layout"
    if grep -q ready "$work/shown"; then
        take_picture && cp "$LATCH_CAPTURE" "$3" || status=1
        end $layout
    else
        kill -KILL $layout 2>/dev/null
        wait $layout || status=$?
    fi
    return $status
}

# compose_all: a picture of every layout without planes.
compose_all() {
    local layout status
    start_latch --renderer pixman --no-scanout
    for layout in "${layouts[@]}"; do
        status=0
        show "$layout" 2 "$pictures/$layout.composed.png" || status=$?
        ((status == 0 || status == 77)) || verdict 1 "$layout, composed" "$work/shown"
        if grep -q 'zero-copy [1-9]' "$work/shown"; then
            verdict 1 "$layout: nothing is zero-copy with --no-scanout" "$work/shown"
        fi
    done
    cp "$latch_log" "$LAB_OUT/lab/latch-planes-composed.log"
    stop_latch
}

# show_all: the same with planes, each compared with its picture from before.
show_all() {
    local layout status
    start_latch --renderer pixman
    for layout in "${layouts[@]}"; do
        lives 2>/dev/null || { verdict 1 "latch lives until $layout" "$latch_log"; return; }
        compare_one "$layout"
    done
    cp "$latch_log" "$LAB_OUT/lab/latch-planes.log"
    stop_latch
}

compare_one() { # LAYOUT
    local status=0 lines difference planes wanted
    lines=$(wc -l <"$latch_log")
    show "$1" $frames "$pictures/$1.planes.png" || status=$?
    if ((status == 77)); then
        echo "ok - $1 # SKIP $(cat "$work/shown")"
        return
    elif ((status != 0)); then
        verdict 1 "$1 is shown" "$work/shown"
        return
    fi
    difference=$(kms-picture compare "$pictures/$1.planes.png" "$pictures/$1.composed.png" $tolerance)
    verdict $? "$1: planes and renderer make the same picture ($difference)"
    planes=$(sed -n 's/^planes \([0-9]*\).*/\1/p' "$work/shown")
    wanted=$(sed -n 's/.*wanted //p' "$work/shown")
    ((planes >= wanted))
    status=$?
    verdict $status "$1: $planes surfaces on planes, $wanted wanted" "$work/shown"
    if ((status != 0)); then
        tail -n "+$((lines + 1))" "$latch_log" | grep 'surface [0-9]*:' | tail -n 20 | sed 's/^/# /'
    fi
}

job() {
    mkdir -p "$pictures"
    mapfile -t layouts < <(kms-layout --list)
    compose_all
    show_all
    mkdir -p "$LAB_OUT/lab/planes"
    cp "$pictures"/*.png "$LAB_OUT/lab/planes/"
}

run_job job
