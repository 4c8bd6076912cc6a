#!/bin/bash
# SPDX-License-Identifier: MIT
# Video: a camera's own buffers and films on planes, each frame at its vblank, its colours as they were.
# video.sh [PART...]: camera, colours, cadence, films, full_screen, background, ends, refusals
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

screen=640x480
# One camera of each of V4L2's two APIs, without what would change in the picture.
single='' multi=''
bars=(bfbfbf bfbf00 00bfbf 00bf00 bf00bf bf0000 0000bf 000000)

start_cameras() {
    modprobe vivid n_devs=2 multiplanar=1,2 node_types=0x1,0x1 num_inputs=1,1 input_types=0,0
    udevadm settle
    single=/dev/$(camera_node vivid-000) multi=/dev/$(camera_node vivid-001)
    set_camera "$single" "OSD Text Mode=2" && set_camera "$multi" "OSD Text Mode=2"
    verdict $? "there are two cameras" "$work/camera.log"
}

camera_node() { basename "$(dirname "$(grep -l "^$1" /sys/class/video4linux/video*/name)")"; }

set_camera() { python3 tests/kms/vivid.py "$@" >"$work/camera.log" 2>&1; }

# The kernel lets a module go when nobody has anything of it, no buffer either.
stop_cameras() { check "all of the cameras' memory is given back" rmmod vivid; }

# video OPTION...: runs to its end; what it says is in $work/video.json and $work/video.log.
video() {
    timeout -k 1 30 latch-video --json "$work/video.json" "$@" 2>"$work/video.log"
}

# told PYTHON: an assertion about the last report; steps are the vblanks from frame to frame, as counted
# here, and not by the client.
told() {
    python3 - "$work/video.json" <<PYTHON
import json, sys
d = json.load(open(sys.argv[1]))
shown = [frame["shown_ns"] for frame in d["frames"]]
steps = [round((b - a) / d["refresh_ns"]) for a, b in zip(shown, shown[1:])]
errors = [abs(f["shown_ns"] - f["planned_ns"]) for f in d["frames"] if f["planned_ns"]]
stamps = [(f["pts_ns"] - d["frames"][0]["pts_ns"]) - (f["shown_ns"] - shown[0]) for f in d["frames"]]
print({name: value for name, value in d.items() if name != "frames"}, steps)
assert $1
PYTHON
}

# start_video OPTION...: in the background, as $video_pid; its picture is there.
start_video() {
    latch-video "$@" 2>"$work/video.log" &
    video_pid=$!
    wait_until 10 is_shown || gone "$video_pid"
    nap 0.3
}

is_shown() { latchctl planes >"$work/planes" 2>&1 && grep -q 'latch-video.*[0-9]x' "$work/planes"; }

# bars_are NAME: eight bars of 75 %, in a window of 320x180 in the middle.
bars_are() {
    local bar pixels=()
    for bar in {0..7}; do
        pixels+=($((180 + 40 * bar)) 240 "${bars[bar]}")
    done
    { take_picture && near "${pixels[@]}"; } >"$work/bars"
    verdict $? "$1" "$work/bars"
}

# near X Y RRGGBB...: each channel of the last picture's pixels is within 3.
near() { kms-picture is "$LATCH_CAPTURE" 3 "$@"; }

pixel_near() { take_picture && near "$@"; }

# film FILE CHROMA Y CB CR [TAG...]: 60 frames of 320x180 at 24 a second.
film() { python3 tests/kms/y4m.py "$work/$1" 320 180 "${rate:-24:1}" 60 "${@:2}"; }

camera() {
    local device format composed
    start_cameras
    start_latch --renderer pixman --mode $screen
    for device in "$single" "$multi"; do
        check "$device shows frames" video --device "$device" --size 320x180 --rate 30 --frames 60
        check "$device: its own buffers, each on a plane" \
            told 'd["source"] == "v4l2" and d["zero_copy"] == d["presented"] == 60'
        check "$device: 30 of 60 are even" told 'set(steps[3:]) == {2} and d["dropped"] == 0'
    done
    check "25 of 60: 2 and 3" video --device "$single" --size 320x180 --rate 25 --frames 60
    check "25 of 60 are even" \
        told 'all(sum(steps[i:i + 5]) == 12 for i in range(3, 50)) and set(steps[3:]) == {2, 3}'
    check "the device's timestamps are kept" \
        told 'max(abs(a - b) for a, b in zip(stamps[3:], stamps[4:])) < 12e6'
    # vkms has no plane for YUYV.
    while read -r device format composed; do
        start_video --device "${!device}" --size 320x180 --format "$format"
        bars_are "$format, $device: the bars have their colours"
        grep -q "$format.*$([[ $composed ]] && echo composed || echo overlay)" "$work/planes"
        verdict $? "$format, $device: ${composed:-on a plane}" "$work/planes"
        end $video_pid
    done <<'FORMATS'
single NV12
single NV16
single YU12
single XR24
single YUYV composed
multi NV12
multi NV61
FORMATS
    # It reads the formats of linux-dmabuf 3, without feedback, and looks for LINEAR there.
    weston-simple-dmabuf-v4l -f NV12 -d NV12 "$single" >"$work/client.log" 2>&1 &
    video_pid=$!
    check "weston-simple-dmabuf-v4l is on a plane" wait_until 10 stranger_on_plane
    end $video_pid
    stop_latch
    stop_cameras
}

stranger_on_plane() {
    latchctl planes >"$work/planes" 2>&1 && grep -q 'dmabuf-v4l.* NV12 LINEAR.*overlay' "$work/planes"
}

# What the client tells of the colours decides what they look like, on planes and composed.
colours() {
    local options matrix range
    start_cameras
    for options in "" --no-scanout; do
        start_latch --renderer pixman --mode $screen $options
            for matrix in 1 2 6; do
            for range in 1 2; do
                set_camera "$single" "Y'CbCr Encoding=$matrix" "Quantization=$range"
                start_video --device "$single" --size 320x180
                bars_are "$(grep -o 'bt[0-9]*, [a-z]* range' "$work/video.log") ${options:-on a plane}"
                end $video_pid
            done
        done
        stop_latch
    done
    stop_cameras
}

cadence() {
    local pace
    start_latch --renderer pixman --mode $screen
    video --size 160x90 --frames 5 # so that all is in memory
    for pace in commit-timing timer; do
        check "24 a second, by $pace" \
            video --rate 24 --size 160x90 --frames 100 --pace $pace
        check "24 of 60 are 3, 2, 3, 2" told 'steps == ([3, 2] * 50)[:99]'
        check "each within 0.1 ms of its vblank" told 'max(errors) < 100000'
        check "none is dropped, discarded or late, as the client counts" \
            told 'not (d["dropped"] or d["discarded"] or d["late"] or d["uneven"])'
        check "30 of 60" video --rate 30 --size 160x90 --frames 60 --pace $pace
        check "30 of 60 are all 2" told 'set(steps) == {2} and d["steps"][2] == 59'
    done
    # The screen has 59.94 Hz.
    check "24 of 59.94 for 20 s" video --rate 24 --size 160x90 --frames 500
    check "24 of 59.94: one refresh less in 400 frames" \
        told 'd["slips"] == 1 and set(steps) == {2, 3} and steps.count(2) - steps.count(3) == 1'
    check "120 of 60" video --rate 120 --size 64x48 --frames 40
    check "120 of 60: every other frame is dropped, and none late" \
        told 'set(steps) == {1} and 38 <= d["dropped"] <= 40 and d["late"] == 0'
    stop_latch
}

# Red, as BT.601 and BT.709 have it, limited and full, in eight bits and ten.
films() {
    local name
    film red.y4m 420jpeg 81 90 240
    film full.y4m 420jpeg 76 85 255 XCOLORRANGE=FULL
    film deep.y4m 420p10 324 360 960
    film half.y4m 422 81 90 240
    start_latch --renderer pixman --mode $screen
    for name in red full deep half; do
        start_video --file "$work/$name.y4m" --json "$work/video.json"
        check "$name.y4m is red" pixel_near 220 200 ff0000
        wait $video_pid
        verdict $? "$name.y4m is shown to its end" "$work/video.log"
        check "$name.y4m: from its own buffers" told 'd["zero_copy"] == d["presented"] >= 58'
    done
    check "red.y4m to the end" video --file "$work/red.y4m"
    check "a film of 24 a second is even" told 'steps == ([3, 2] * 30)[:59]'
    check "its colours are told" told '(d["encoding"], d["range"]) == ("bt601", "limited")'
    check "full.y4m" video --file "$work/full.y4m" --encoding bt709 --frames 10
    check "its range is told, and what the user says of it" \
        told '(d["encoding"], d["range"]) == ("bt709", "full")'
    check "deep.y4m" video --file "$work/deep.y4m" --frames 10
    check "ten bits stay ten bits" told 'd["format"] == "P010"'
    stop_latch
}

# A film as wide as the screen: bars above and below, and it is on a plane. A smaller one becomes as
# large; it is composed, as vkms scales nothing. It blends video slowly, so they are low.
full_screen() {
    python3 tests/kms/y4m.py "$work/wide.y4m" 640 100 30:1 90 420jpeg 81 90 240
    python3 tests/kms/y4m.py "$work/small.y4m" 320 50 30:1 90 420jpeg 81 90 240
    start_latch --renderer pixman --mode $screen
    start_video --file "$work/wide.y4m" --fullscreen --json "$work/video.json"
    check "bars above and below" has_bars
    check "it takes one plane, and the bars none" one_plane
    wait $video_pid
    verdict $? "a film full screen" "$work/video.log"
    check "it is on a plane" told 'd["zero_copy"] == d["presented"] >= 85'
    start_video --file "$work/small.y4m" --fullscreen
    check "a smaller one is enlarged to the same" has_bars
    end $video_pid
    stop_latch
}

# The CRTC's background, what is drawn behind a composed window, and a screen without windows.
background() {
    local option how
    python3 tests/kms/y4m.py "$work/wide.y4m" 640 100 30:1 90 420jpeg 81 90 240
    film red.y4m 420jpeg 81 90 240
    for option in "" --no-scanout; do
        how=${option:-on planes}
        # shellcheck disable=SC2086 # none, or one
        start_latch --renderer pixman --mode $screen --background 204060 $option
        check "a background without windows, $how" has_background
        start_video --file "$work/red.y4m"
        check "a background beside a window, $how" window_on_background
        end $video_pid
        check "a background where a window was, $how" wait_until 2 has_background
        start_video --file "$work/wide.y4m" --fullscreen
        check "bars beside a full-screen window stay black, $how" has_bars
        end $video_pid
        stop_latch
    done
}

has_background() { take_picture && near 2 2 204060 637 477 204060 240 200 204060; }

window_on_background() {
    take_picture && near 2 2 204060 637 477 204060 240 200 ff0000 && { [[ $option ]] || one_plane; }
}

# Whose plane does not show the CRTC's background instead, and is not the pointer's.
one_plane() {
    latchctl planes >"$work/planes" && cat "$work/planes"
    (($(grep -cE '^  [0-9]+ +(primary|overlay) ' "$work/planes") > 2)) &&
        (($(grep -E '^  [0-9]+ +(primary|overlay) ' "$work/planes" | grep -vc ' free ') == 1))
}

has_bars() {
    take_picture || { tail -n 5 "$latch_log"; return 1; }
    near 2 194 ff0000 637 286 ff0000 320 185 000000 320 295 000000
}

# The client's calls and messages in their order: the driver gets no buffer that the compositor has.
lends_nothing_twice() {
    WAYLAND_DEBUG=client timeout -k 1 60 strace -e trace=ioctl -o "|cat >&2" latch-video \
        --device "$single" --size 64x48 --rate 30 --frames 40 --sync implicit 2>"$work/calls"
    python3 - "$work/calls" <<'PYTHON'
import re, sys
order, held, queued, released = [], set(), 0, 0
for line in open(sys.argv[1], errors="replace"):
    if match := re.search(r"created\(new id (wl_buffer#\d+)", line):
        order.append(match[1])
    elif match := re.search(r"attach\((wl_buffer#\d+)", line):
        held.add(match[1])
    elif match := re.search(r"(wl_buffer#\d+)\.release\(", line):
        held.discard(match[1])
        released += 1
    elif match := re.search(r"VIDIOC_QBUF.*index=(\d+)", line):
        queued += 1
        assert not order or order[int(match[1])] not in held, line
print(len(order), "buffers,", released, "releases, queued", queued, "times")
assert len(order) >= 3 and released >= 30 and queued >= 30
PYTHON
}

# What a client leaves behind when it is killed, in the midst of everything.
ends() {
    local before i
    start_cameras
    start_latch --renderer pixman --mode $screen
    # What latch makes once and keeps does not count.
    video --device "$single" --size 320x180 --frames 5
    nap 0.5
    read -r -a before <<<"$(holdings)"
    for i in {1..5}; do
        start_video --device "$single" --size 320x180 --rate 60
        is_shown
        verdict $? "it shows the camera ($i)" "$work/video.log"
        nap "0.0$i"
        kill -KILL $video_pid
        wait $video_pid 2>/dev/null
    done
    check "latch has no more fds, framebuffers and dma-bufs than before" \
        wait_until 5 not_more_than_before
    check "the driver gets no buffer that the compositor has" lends_nothing_twice
    check "the camera can be used again" \
        video --device "$single" --size 320x180 --rate 30 --frames 5
    stop_latch
    stop_cameras
}

# refused STATUS WORDS OPTION...: it ends with this status, and says so.
refused() {
    local status=0
    video "${@:3}" || status=$?
    echo "status $status, not $1?"
    cat "$work/video.log"
    ((status == $1)) && grep -q "$2" "$work/video.log"
}

refusals() {
    start_cameras
    WAYLAND_DISPLAY=nobody check "no compositor" refused 3 "no compositor" --rate 24
    start_latch --renderer pixman --mode $screen
    film red.y4m 420jpeg 81 90 240
    check "no such device" refused 5 "can't be opened: No such file" --device /dev/video9
    check "no V4L2 device" refused 5 "is no V4L2 device" --device /dev/null
    check "a format that the device lacks" refused 5 "no format" --device "$single" --format P010
    check "a format that the compositor lacks" refused 5 "does not take" --format R8
    check "no such file" refused 5 "can't be opened" --file "$work/none"
    check "no video" refused 5 "can't be opened" --file tests/kms/job.sh
    check "a format that a film can't be copied to" refused 5 "takes no format" \
        --file "$work/red.y4m" --format NV16
    check "two sources" refused 2 "two sources" --file x --device y
    check "a film that is too short" refused 7 "" --file "$work/red.y4m" --frames 1000
    start_video --device "$single" --size 320x180
    check "a camera that somebody uses" refused 5 "another program uses" --device "$single"
    end $video_pid
    set_camera "$single" "Inject VIDIOC_STREAMON Error=0"
    check "a camera that does not start" refused 5 "can't start" --device "$single"
    stop_latch
    stop_cameras
}

# The parts that are named on the command line, or all.
job() {
    local part
    for part in "${parts[@]}"; do
        $part
    done
}

parts=("$@")
(($#)) || parts=(camera colours cadence films full_screen background ends refusals)
run_job job
