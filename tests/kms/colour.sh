#!/bin/bash
# SPDX-License-Identifier: MIT
# Colours of other displays than the monitor: on planes, by the kernel's colour pipelines, they have
# to look like what latch composes.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# Of 255: the kernel's curves are lines between 256 points.
tolerance=2
pictures=$LAB_OUT/lab/colour
screen=640x480

# load_vkms: the device anew, with colour pipelines, which what is made by configfs has not. Nobody may
# have used it: unloaded afterwards, Linux 7.2's may still have work to do (and panics). So this has a
# machine of its own.
load_vkms() {
    local node driver
    rmmod vkms && modprobe vkms enable_overlay=1 enable_cursor=1 enable_writeback=1 \
        enable_plane_pipeline=1 || return
    udevadm settle
    for node in /dev/dri/card*; do
        read -r driver _ <"/sys/kernel/debug/dri/${node#/dev/dri/card}/name"
        [[ $driver != vkms ]] || export LATCH_DEVICE=$node
    done
}

# The picture that a client shows with these options, in FILE, and what became of it, in $placed.
show() { # FILE OPTION...
    local file=$1 client before
    shift
    before=$(grep -c 'surface [0-9]*: ' "$latch_log")
    latch-client --software=udmabuf --frames 12 --hold "$@" 2>>"$work/clients.log" &
    client=$!
    placed=
    for _ in {1..100}; do
        nap 0.1
        # The last word: it settles before it goes to a plane.
        placed=$(tail -n +$((before + 1)) < <(grep 'surface [0-9]*: ' "$latch_log") | tail -n 1)
        [[ $placed != *'on the'* && $placed != *': color'* && $placed != *disabled* ]] || break
    done
    sleep 3 # all frames are shown, and the last one stays
    take_picture && cp "$LATCH_CAPTURE" "$file"
    local status=$?
    end $client
    return $status
}

outputs=(srgb display-p3 bt2020-srgb)
contents=(srgb display-p3 bt2020-srgb linear)
# All reds, the greens from the darkest and from the lightest on, two blues. vkms needs some thousand
# instructions for each pixel of all rows that a pipeline is on, and latch waits a second for a picture.
looks=('--size 256x40 --pattern' '--size 256x256 --crop 0,216,256,40 --pattern'
    '--size 200x40 --solid ff8020')

name_of() { echo "$pictures/$1.$2.$3.$4.png"; } # OUTPUT CONTENT LOOK HOW

# start OPTION...: latch, with the cursor out of the way. It has a socket before it has opened its
# devices, and a position from before that is lost.
start() {
    start_latch --renderer pixman --mode $screen "$@"
    sleep 1
    move_pointer 32000 32000 # the same place again would be no event
    move_pointer 32767 32767
}

# show_all OUTPUT HOW OPTION...: every content in every look on one output.
show_all() {
    local output=$1 how=$2 content look
    shift 2
    start "$@" --color "$output"
    for content in "${contents[@]}"; do
        for look in "${!looks[@]}"; do
            # shellcheck disable=SC2086 # words
            show "$(name_of "$output" "$content" "$look" "$how")" --color "$content" ${looks[look]} ||
                verdict 1 "$content is shown on $output" "$work/clients.log"
            echo "$output $content $look $placed" >>"$work/placed.$how"
        done
    done
    cp "$latch_log" "$LAB_OUT/lab/latch-colour-$output-$how.log"
    stop_latch
}

# What vkms can convert: sRGB's curve, and no colour that leaves 0 to 1 on its way.
on_plane() { [[ $1 == "$2" || $2 == srgb || $2 == linear ]]; } # OUTPUT CONTENT

compare_pairs() {
    local output content look difference placed
    for output in "${outputs[@]}"; do
        for content in "${contents[@]}"; do
            for look in "${!looks[@]}"; do
                difference=$(kms-picture compare "$(name_of "$output" "$content" "$look" planes)" \
                    "$(name_of "$output" "$content" "$look" composed)" $tolerance)
                verdict $? "$content on $output, look $look: planes and renderer make the same ($difference)"
            done
            placed=$(grep -c "^$output $content .*: on the" "$work/placed.planes")
            if on_plane "$output" "$content"; then
                [[ $placed == "${#looks[@]}" ]]
                verdict $? "$content on $output is on a plane, $placed times" "$work/placed.planes"
            else
                [[ $(grep -c "^$output $content .*composed on .*: color$" "$work/placed.planes") == "${#looks[@]}" ]]
                verdict $? "$content on $output is composed, by reason of its colour" "$work/placed.planes"
            fi
        done
    done
    ! grep 'on the' "$work/placed.composed"
    verdict $? "nothing is on planes with --no-scanout" "$work/placed.composed"
}

# near FILE RRGGBB: the middle of a picture, which was calculated from the standards.
near() { kms-picture is "$1" $tolerance 320 240 "$2"; }

# No plane has a pipeline on.
all_bypassed() {
    local on
    on=$(grep -c 'color-pipeline=[^0]' "$(debugfs_file state)")
    echo "$on planes with a pipeline, of $(grep -c 'color-pipeline=' "$(debugfs_file state)")"
    [[ $on == 0 ]] && grep -q 'color-pipeline=' "$(debugfs_file state)"
}

some_pipeline() { ! all_bypassed; }

# A pipeline is on while it is needed, and YCbCr has its encodings before and after.
pipelines_go() {
    local client
    start --color display-p3
    show "$pictures/video.before.png" --size 200x40 --format NV12 --encoding bt709 --solid 20c040
    check "a video is on a plane beforehand" test "${placed/on the/}" != "$placed"
    latch-client --software=udmabuf --frames 30 --hold --color srgb --fullscreen --solid ff8020 2>>"$work/clients.log" &
    client=$!
    wait_until 10 some_pipeline
    verdict $? "the plane's pipeline is on"
    end $client
    wait_until 5 all_bypassed
    verdict $? "with the client goes the pipeline"
    show "$pictures/video.after.png" --size 200x40 --format NV12 --encoding bt709 --solid 20c040
    check "a video is on a plane afterwards" test "${placed/on the/}" != "$placed"
    check "and looks as it did" kms-picture compare "$pictures/video.before.png" "$pictures/video.after.png" 0
    latch-client --software=udmabuf --frames 30 --hold --color srgb --fullscreen --solid ff8020 2>>"$work/clients.log" &
    client=$!
    wait_until 10 some_pipeline
    stop_latch
    check "nor does latch leave one on" all_bypassed
    wait $client
}

# Reasons of curves that vkms has not; 10 bits, straight and premultiplied alpha are composed.
reasons() {
    local content
    start
    for content in gamma22 bt1886 adobe-rgb bt2020 pq; do
        show "$work/picture.png" --color $content --fullscreen --solid ff8020
        [[ $placed == *': color' ]]
        verdict $? "$content is composed, by reason of its colour ($placed)" "$latch_log"
    done
    show "$work/picture.png" --color srgb --fullscreen --solid ff8020
    check "sRGB is the output's own" near "$work/picture.png" ff8020
    check "and on a plane" test "${placed/on the/}" != "$placed"
    show "$work/picture.png" --color pq --fullscreen --solid 808080
    check "PQ's grey of 94 cd/m², of a reference white of 203" near "$work/picture.png" b5b5b5
    # By BT.2390's EETF, from 1,000 cd/m² to that white.
    show "$work/picture.png" --color pq --fullscreen --solid 949494
    check "PQ's grey of 203 cd/m² is a little darker" near "$work/picture.png" e5e5e5
    show "$work/picture.png" --color pq --fullscreen --solid a6a6a6
    check "PQ's grey of 394 cd/m² is no white yet" near "$work/picture.png" f9f9f9
    stop_latch
}

# Of its outputs to clients.
tells_srgb() {
    wayland-info >"$work/info" && grep -A 25 'image description' "$work/info"
    grep -q 'primaries_named: srgb' "$work/info" && ! grep -q 'primaries_named: bt2020' "$work/info"
}

# HDR is wanted, and vkms can't tell a monitor of it.
no_hdr() {
    start --color pq
    check "it says why there is no HDR" grep "no HDR: the monitor's EDID has no PQ" "$latch_log"
    check "clients are told of sRGB" tells_srgb
    show "$work/picture.png" --fullscreen --solid ff8020
    check "the picture is as without it" near "$work/picture.png" ff8020
    check "and on a plane" test "${placed/on the/}" != "$placed"
    stop_latch
}

job() {
    mkdir -p "$pictures"
    load_vkms
    verdict $? "vkms is loaded with colour pipelines"
    local output
    for output in "${outputs[@]}"; do
        show_all "$output" composed --no-scanout
        show_all "$output" planes
    done
    compare_pairs
    # ff8020 is light of (1, 0.2159, 0.0144): BT.2020's, by BT.2087's matrix, and Display P3's.
    check "sRGB in Display P3, on a plane" near "$(name_of display-p3 srgb 2 planes)" ef873c
    check "sRGB in BT.2020, on a plane" near "$(name_of bt2020-srgb srgb 2 planes)" da8d3e
    pipelines_go
    reasons
    no_hdr
}

run_job job
