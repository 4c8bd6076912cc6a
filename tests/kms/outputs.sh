#!/bin/bash
# SPDX-License-Identifier: MIT
# Outputs: tools configure them, they are turned and scaled, plugged and unplugged, in standby, and
# others take pictures of them. On a vkms device of our own that has two CRTCs.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

vkms=/sys/kernel/config/vkms/two

# Two CRTCs with writeback, each with a connector, a primary and a cursor plane of its own, and two
# overlay planes that both can use. The second connector has nothing plugged in. The first one can be
# on both CRTCs, and is on the only one of the second: HDMI and DSI of an rk3588.
make_device() {
    local n
    mkdir $vkms $vkms/{crtcs/crtc,encoders/encoder,connectors/connector}{0,1} \
        $vkms/planes/{primary,cursor,overlay}{0,1} || return
    for n in 0 1; do
        echo 1 >$vkms/crtcs/crtc$n/writeback
        ln -s $vkms/crtcs/crtc0 $vkms/encoders/encoder$n/possible_crtcs/
        ln -s $vkms/encoders/encoder$n $vkms/connectors/connector$n/possible_encoders/
        echo 1 >$vkms/planes/primary$n/type
        echo 2 >$vkms/planes/cursor$n/type
        echo 0 >$vkms/planes/overlay$n/type
        ln -s $vkms/crtcs/crtc$n $vkms/planes/primary$n/possible_crtcs/
        ln -s $vkms/crtcs/crtc$n $vkms/planes/cursor$n/possible_crtcs/
        ln -s $vkms/crtcs/crtc0 $vkms/planes/overlay$n/possible_crtcs/
        ln -s $vkms/crtcs/crtc1 $vkms/planes/overlay$n/possible_crtcs/
    done
    ln -s $vkms/crtcs/crtc1 $vkms/encoders/encoder0/possible_crtcs/
    plug 1 no
    enable_device
}

enable_device() {
    echo 1 >$vkms/enabled
    udevadm settle
    LATCH_DEVICE=$(find /dev/dri -name 'card*' | sort -V | tail -n 1)
    export LATCH_DEVICE
    # The kernel counts connectors over all devices.
    read -r a b < <(basename -a /sys/class/drm/"${LATCH_DEVICE##*/}"-Virtual-* |
        sed 's/^card[0-9]*-//' | sort -V | tr '\n' ' ')
    [[ $a && $b ]]
}

remove_cursor_planes() {
    echo 0 >$vkms/enabled
    rm $vkms/planes/cursor{0/possible_crtcs/crtc0,1/possible_crtcs/crtc1}
    rmdir $vkms/planes/cursor{0,1} && enable_device
}

# plug N yes|no
plug() {
    local status=2
    [[ $2 == no ]] || status=1
    echo $status >"$vkms/connectors/connector$1/status"
}

# heads: "NAME on|off MODE X,Y TRANSFORM SCALE" a line, by name.
heads() {
    wlr-randr | awk '
        function say() { if (name) print name, (on == "yes" ? "on " mode " " at " " turn " " scale : "off") }
        /^[^ ]/ { say(); name = $1; mode = "" }
        /^  Enabled:/ { on = $2 }
        /current/ { mode = $1 }
        /^  Position:/ { at = $2 }
        /^  Transform:/ { turn = $2 }
        /^  Scale:/ { scale = $2 + 0 }
        END { say() }' | sort
}

# heads_are LINE...
heads_are() { [[ $(heads) == "$(printf '%s\n' "$@")" ]]; }
alone() { [[ $(heads) == "$a "* && $(heads) != *"$b"* ]]; }

become() {
    wait_until 3 heads_are "$@" && return
    echo "wanted:" "$@"
    heads
    return 1
}

start_client() {
    : >"$work/client.log" # what the one before has said is not looked at
    kms-outputs "$@" >"$work/client.log" &
    client=$!
    wait_until 3 client_says "enter"
}
client_says() { has "$work/client.log" "$1"; }
# last_of_client EXPRESSION LINE: the last of its lines that begin with it.
last_of_client() {
    local line last=
    while read -r line; do
        [[ ! $line =~ ^($1)\  ]] || last=$line
    done <"$work/client.log"
    [[ $last == "$2" ]]
}
client_ends_with() { last_of_client 'enter|leave' "$1"; }
# shows WxH TRANSFORM: its newest buffer on the screen fits what it was told last.
shows() { wait_until 5 last_of_client 'size|scale|transform|shown' "shown $1 transform $2"; }

# counts: "CALLBACKS GIVEN BACK PRESENTED DISCARDED" of the client.
counts() {
    local before
    before=$(grep -c ^callbacks "$work/client.log")
    kill -USR1 "$client"
    wait_until 2 more_counts "$before"
    grep ^callbacks "$work/client.log" | tail -n 1 |
        sed -E 's/[^0-9 ]//g; s/ +/ /g; s/^ //'
}
more_counts() { (($(grep -c ^callbacks "$work/client.log") > $1)); }

lists() { become "$a on 1024x768 0,0 normal 1"; }

modes() {
    wlr-randr --output $a --mode 800x600 &&
        become "$a on 800x600 0,0 normal 1" &&
        shows 800x600 0 && take_picture && kms-picture turned "$LATCH_CAPTURE" 0 || return
    wlr-randr --output $a --mode 1024x768 && become "$a on 1024x768 0,0 normal 1" &&
        shows 1024x768 0
}

# The card, pixel by pixel: a buffer is as large as the part of the screen it is on.
turned() {
    local n=1 name status=0 size
    for name in 90 180 270 flipped flipped-90; do
        [[ $name == *90 || $name == *270 ]] && size=768x1024 || size=1024x768
        wlr-randr --output $a --transform $name && shows $size $n && take_picture &&
            kms-picture turned "$LATCH_CAPTURE" $n || { status=1; echo "$name"; }
        n=$((n + 1))
    done
    wlr-randr --output $a --transform normal
    shows 1024x768 0 && return $status
}

scaled() {
    wlr-randr --output $a --mode 800x600 --scale 1.25 --transform 90 &&
        shows 600x800 1 && client_says "size 480x640" && client_says "scale 150" &&
        client_says "factor 2" && take_picture &&
        kms-picture turned "$LATCH_CAPTURE" 1
    local status=$?
    wlr-randr --output $a --mode 1024x768 --scale 1 --transform normal
    return $status
}

# 1024 pixels are 682 units, and those 1023 pixels, which are shown as they are.
a_pixel_short() {
    wlr-randr --output $a --scale 1.5 && shows 1023x768 0 && take_picture &&
        pixel_is 1022 400 fe9013 511 767 ffff21 1023 400 000000
    local status=$?
    wlr-randr --output $a --scale 1
    shows 1024x768 0 && return $status
}

refused() {
    ! wlr-randr --output $a --adaptive-sync enabled || return
    ! wlr-randr --output $a --custom-mode 123x77 || return
    ! wlr-randr --output $a --scale 100 --mode 800x600 || return
    become "$a on 1024x768 0,0 normal 1"
}

# Buffers come back, callbacks stop, and nothing is submitted.
standby() {
    local before after
    wlopm --off $a || return
    sleep 0.2
    before=$(counts)
    sleep 0.5
    after=$(counts)
    echo "$before; $after"
    [[ $before == "$after" ]] || return
    [[ $(drm_state | grep -c '	active=1') == 0 ]] || return
    become "$a on 1024x768 0,0 normal 1" || return
    # All but the newest, which the surface keeps.
    read -r _ given back presented discarded <<<"$after"
    ((given - back <= 1 && given - presented - discarded <= 1)) || return
    wlopm --on $a || return
    sleep 0.5
    after=$(counts)
    echo "$after"
    ((${after%% *} > ${before%% *} + 2)) && take_picture &&
        kms-picture turned "$LATCH_CAPTURE" 0
}

all_off() {
    wlr-randr --output $a --off && become "$a off" &&
        wait_until 2 client_ends_with "leave $a" || return
    sleep 0.2
    wlr-randr --output $a --on && become "$a on 1024x768 0,0 normal 1" &&
        wait_until 2 client_ends_with "enter $a" && sleep 0.3 && take_picture &&
        kms-picture turned "$LATCH_CAPTURE" 0
}

plugged() {
    plug 1 yes
    become "$a on 1024x768 0,0 normal 1" "$b on 1024x768 1024,0 normal 1" &&
        has "$latch_log" "$a has another CRTC"
}

# A window that is wider than the first output is on the second as well.
spans() {
    start_client 1500x400
    wait_until 2 client_says "enter $a" && wait_until 2 client_says "enter $b" ||
        { cat "$work/client.log"; return 1; }
    # The first output whose connector can write: the other one while it is in standby.
    sleep 0.3
    take_picture || return
    local here there x
    here=$(kms-picture pixel "$LATCH_CAPTURE" 1000 200)
    wlopm --off $a
    take_picture || return
    there=$(kms-picture pixel "$LATCH_CAPTURE" 100 200)
    wlopm --on $a
    echo "$here and $there"
    # Red is x: 1000 here, 1124 there, from the window's own left edge.
    x=$(((0x${there:0:2} - 0x${here:0:2}) & 255))
    [[ ${here:2:2} == "${there:2:2}" && $x == 124 ]]
}

unplugged() {
    plug 1 no
    become "$a on 1024x768 0,0 normal 1" && wait_until 2 lives || return
    plug 0 no
    wait_until 3 heads_are "" || return
    sleep 0.3
    kill -0 "$client" || return
    plug 0 yes
    become "$a on 1024x768 0,0 normal 1" &&
        wait_until 2 client_ends_with "enter $a" && take_picture &&
        [[ $(kms-picture pixel "$LATCH_CAPTURE" 300 200) != 000000 ]]
}

# One configuration hands things over at once; and one that can't be leaves all as it was.
exchange() {
    plug 1 yes
    become "$a on 1024x768 0,0 normal 1" "$b on 1024x768 1024,0 normal 1" || return
    wlr-randr --output $a --off --output $b --mode 800x600 --pos 0,0 &&
        become "$a off" "$b on 800x600 0,0 normal 1" || return
    ! wlr-randr --output $a --on --output $b --mode 1024x768 --scale 99 || return
    become "$a off" "$b on 800x600 0,0 normal 1"
}

profile() {
    cat >"$work/kanshi" <<KANSHI
profile {
    output $a enable mode 800x600 position 640,0 transform 180
    output $b enable mode 640x480 position 0,0 scale 1.0
}
KANSHI
    kanshi -c "$work/kanshi" >"$work/kanshi.log" 2>&1 &
    local kanshi=$! status=0
    become "$a on 800x600 640,0 180 1" "$b on 640x480 0,0 normal 1" || status=1
    plug 1 no
    sleep 0.3
    plug 1 yes
    become "$a on 800x600 640,0 180 1" "$b on 640x480 0,0 normal 1" || status=1
    end $kanshi
    cat "$work/kanshi.log"
    return $status
}

# What grim has got is what the monitor gets, with the cursor and without.
grim_sees() {
    # What is asked for while a monitor goes is refused: its number is that of the outputs before.
    plug 1 no
    wait_until 3 alone || return
    wlr-randr --output $a --on --mode 1024x768 --transform normal --pos 0,0 &&
        become "$a on 1024x768 0,0 normal 1" || return
    start_client fullscreen cursor
    move_pointer 9000 9000
    sleep 0.3
    timeout 5 grim "$@" -o $a "$work/grim.png" && take_picture &&
        kms-picture compare "$work/grim.png" "$LATCH_CAPTURE" 1
}

# Scales, transforms, and what the client draws for them: the last column is for kms-outputs.
cursor_looks() {
    cat <<'LOOKS'
1.25 90 480x640 1
1.5 180 639x480 2
1.75 270 480x639 3
2 flipped 640x480 4
1.5 flipped-90 480x639 5
LOOKS
}

# cursor_pictures NAME: of a client's cursor, twice as large as it is shown, in the middle of the
# screen, under every look.
cursor_pictures() {
    local scale transform size n
    while read -r scale transform size n; do
        wlr-randr --output $a --scale "$scale" --transform "$transform" && shows "$size" "$n" ||
            return
        move_pointer 0 0 # the same place again would be no event
        move_pointer 16384 16384
        sleep 0.2
        take_picture && pixel_is 320 240 ff00ff || { echo "$scale, $transform"; return 1; }
        cp "$LATCH_CAPTURE" "$work/$1-$n.png"
    done < <(cursor_looks)
}

same_cursor_pictures() {
    local n status=0
    for n in {1..5}; do
        kms-picture compare "$work/plane-$n.png" "$work/composed-$n.png" 3 || status=1
    done
    return $status
}

# In hundredths of a second, which are fine here.
now_ns() {
    local now
    read -r now _ </proc/uptime
    echo "${now/./}0000000"
}

# moves_over_still_picture NAME: with nothing to draw but the cursor. When, in $work/NAME.window.
moves_over_still_picture() {
    kill -STOP "$client"
    sleep 0.3
    : >"$work/mouse"
    mouse 2 >"$work/mouse" 2>&1 &
    local mouse=$!
    wait_until 5 has "$work/mouse" moves
    now_ns >"$work/$1.window"
    wait_until 10 gone $mouse
    now_ns >>"$work/$1.window"
    kill -CONT "$client"
}

# count_drawn NAME: "FLIPS DRAWN", the flips meanwhile, and those of them with a new picture.
count_drawn() {
    python3 - "$work/trace.json" "$work/$1.window" <<'PYTHON'
import json, re, sys
begin, end = (int(line) for line in open(sys.argv[2]))
flips = [json.loads("{" + args + "}") for args in re.findall(
    r'"name":"frame"[^{]*"args":\{("output":[^{}]*"flip_ns":-?\d+)', open(sys.argv[1]).read())]
flips = [flip for flip in flips if begin < flip["latch_ns"] and flip["flip_ns"] < end]
print(len(flips), sum(flip["compose_start_ns"] > 0 for flip in flips))
PYTHON
}

# The cursor's plane shows what would be composed, and nothing is composed for it.
cursor_session() { # NAME
    start_latch --renderer pixman --mode 640x480
    start_client fullscreen image
    check "the cursor at fractional scales and on turned outputs, $1" cursor_pictures "$1"
    check "the pointer moves over a still picture, $1" moves_over_still_picture "$1"
    end "$client"
    stop_latch
    read -r flips drawn < <(count_drawn "$1")
    echo "# $1: $flips flips, $drawn pictures"
}

cursor_planes() {
    local flips drawn
    cursor_session plane
    ((flips > 60 && drawn == 0))
    verdict $? "a cursor on a plane draws nothing when it moves"
    check "the same device without cursor planes" remove_cursor_planes
    cursor_session composed
    ((drawn > 30))
    verdict $? "without a plane it does"
    check "the cursor's plane shows what would be composed" same_cursor_pictures
}

# Each client hears late for its own output, whose vblanks come nearer and go away from the other's. With
# one processor a frame is lost when both draw at the same time for the first time: of 24 clients in 12
# runs 10 lost one, and two lost two. One in a hundred is allowed.
paced_on_both() {
    local n status=0 clients=()
    plug 1 yes
    become "$a on 1024x768 0,0 normal 1" "$b on 1024x768 1024,0 normal 1" &&
        wlr-randr --output $b --mode 800x600@56.25Hz || return
    for n in 1 2; do
        timeout -k 1 20 latch-client --software --fullscreen --output "$n" --measure=paced \
            --cpu-time 1 --frames 300 --json "$work/paced-$n.json" >/dev/null &
        clients+=($!)
    done
    wait "${clients[@]}"
    for n in 1 2; do
        python3 - "$work/paced-$n.json" <<'PYTHON' || status=1
import json, sys
run = json.load(open(sys.argv[1]))["measure"]
print(f"{1e9 / run['period_ns']:.2f} Hz: {run['frames']} frames, {run['missed']} missed, "
      f"{run['p50_ns'] / 1e6:.2f} ms")
sys.exit(run["frames"] < 300 or run["missed"] > 3 or run["p50_ns"] > 4e6)
PYTHON
    done
    return $status
}

two_rates() {
    start_latch --renderer pixman
    check "two clients at their outputs' own rates" paced_on_both
    plug 1 no
    stop_latch
}

# What both outputs may show together, in pixels; "late": it is refused only when it is to be done.
# Stands for a dock's link, the memory bus of vc4 and rk3588, i915's clocks, amdgpu's DSC slots.
may_show() { echo "$@" >"$LATCH_REFUSE_PIXELS"; }
# replug LIMIT...: without what it had, the other one is within any of these.
replug() { plug 1 no && wait_until 3 alone && may_show "$@" && plug 1 yes; }
log_says() { grep -q "$1" "$latch_log"; }

# Nothing where it is not lit.
mode_of_b() { heads | awk -v b="$b" '$1 == b && $2 == "on" { print $3 }'; }
# b_within PIXELS: it is lit, in a mode that is no larger.
b_within() {
    local mode
    mode=$(mode_of_b)
    [[ $mode ]] && ((${mode%x*} * ${mode#*x} <= $1))
}

# 1024x768 are 786432, and 640x480 are 307200.
smaller_mode() {
    may_show 1500000
    plug 1 yes
    wait_until 3 b_within 713568 && log_says "$b: .* instead of 1024x768 at 60.* Hz, which" &&
        become "$a on 1024x768 0,0 normal 1" "$b on 800x600 1024,0 normal 1"
}

b_has() { [[ $(mode_of_b) == "$1" ]]; }
raised() {
    wlr-randr --output $a --off && wait_until 3 b_has 1024x768 || return
    may_show 2000000
    wlr-randr --output $a --on --mode 1024x768
    become "$a on 1024x768 1024,0 normal 1" "$b on 1024x768 0,0 normal 1"
}

left_out() {
    replug 800000
    become "$a on 1024x768 0,0 normal 1" "$b off" && log_says "$b is left out: " || return
    # It does not trouble the other one.
    may_show 900000
    wlr-randr --output $a --mode 640x480 &&
        wait_until 3 b_within 592800 && become "$a on 640x480 0,0 normal 1" "$(heads | tail -n 1)"
}

tool_lights() {
    replug 400000
    become "$a on 640x480 0,0 normal 1" "$b off" || return
    ! wlr-randr --output $b --on --mode 800x600 || return
    may_show 800000
    wlr-randr --output $b --on --mode 800x600 &&
        become "$a on 640x480 0,0 normal 1" "$b on 800x600 640,0 normal 1"
}

# Each time the other one has become too much meanwhile.
power() {
    wlopm --off $b && may_show 700000 && wlopm --on $b && wait_until 3 b_within 392800 || return
    wlopm --off $b && may_show 400000
    wlopm --on $b
    become "$a on 640x480 0,0 normal 1" "$b off" || return
    may_show 800000
    wlopm --off $a && wait_until 3 b_within 800000 && may_show 2000000 && wlopm --on $a
}

# The tests are good, the commits are not: the same walk, and an end to it.
late() {
    local before
    replug 1000000 late
    wait_until 5 b_within 692800 && log_says "$b: its mode is refused after a good test" || return
    replug 400000 late
    wait_until 5 heads_are "$a on 640x480 0,0 normal 1" "$b off" || return
    before=$(stat -c %s "$LATCH_REFUSE_PIXELS.count")
    sleep 1
    echo "$before refused, then $(stat -c %s "$LATCH_REFUSE_PIXELS.count")"
    [[ $(stat -c %s "$LATCH_REFUSE_PIXELS.count") == "$before" ]]
}

refused_modes() {
    export LATCH_REFUSE_PIXELS=$work/pixels
    plug 1 no
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 \
        LD_PRELOAD=$LAB_BUILD/tests/kms/refuse.so start_latch --renderer pixman
    start_client 300x200
    check "an output gets a smaller mode where its own is refused" smaller_mode
    check "it gets its own when the other one goes off" raised
    check "an output whose modes are all refused is left out until another one changes" left_out
    check "a tool lights an output that was left out" tool_lights
    check "standby ends in another mode, or the output is left out" power
    check "a mode that is refused after a good test ends in another one, or none" late
    end "$client"
    rm "$LATCH_REFUSE_PIXELS"
    stop_latch
    unset LATCH_REFUSE_PIXELS
    cp "$latch_log" "$LAB_OUT/lab/latch-refused-modes.log"
}

# The screen is black when nobody has touched anything, and clients may use it as before.
idles() {
    wait_until 5 is_dark || return
    become "$a on 800x600 640,0 90 1.25" "$b on 640x480 0,0 normal 1" || return
    move_pointer 16000 16000
    wait_until 2 is_lit || return
    wlopm --off $b && wait_until 5 is_dark && move_pointer 17000 17000 || return
    # Not what a tool has darkened.
    wait_until 2 eval '(($(lit) == 1))' && ! has "$latch_log" 'missed'
}
lit() { drm_state | grep -c '	active=1'; }
is_dark() { (($(lit) == 0)); }
is_lit() { (($(lit) == 2)); }

command_line() {
    plug 1 yes
    start_latch --renderer pixman --idle-off 1 --output ":640x480" \
        --output "$a:x1.25,90,800x600,+640+0" --output "$b:+0+0"
    check "outputs are as the command line says" \
        become "$a on 800x600 640,0 90 1.25" "$b on 640x480 0,0 normal 1"
    start_client fullscreen
    check "they go dark without input, and are lit by it" idles
    end "$client"
    stop_latch
}

job() {
    make_device
    verdict $? "vkms makes a device with two connectors"
    start_latch --renderer pixman
    lives || return
    check "wlr-randr lists the output" lists
    start_client fullscreen
    check "another mode" modes
    check "transforms" turned
    check "scale 1.25, turned" scaled
    check "scale 1.5, which leaves a pixel" a_pixel_short
    check "what can't be is refused and changes nothing" refused
    check "standby gives everything back, and comes back" standby
    check "all outputs off, and on again" all_off
    end "$client"
    check "another monitor is plugged in" plugged
    check "a window on both outputs" spans
    check "monitors are unplugged, the last one too" unplugged
    check "one configuration for both outputs" exchange
    check "kanshi's profile" profile
    end "$client"
    check "grim's picture with the cursor" grim_sees -c
    end "$client"
    stop_latch
    ! grep -iE 'assert|sanitizer|runtime error' "$latch_log"
    verdict $? "latch complains of nothing of its own"
    cp "$latch_log" "$LAB_OUT/lab/latch-outputs.log"
    command_line
    two_rates
    cursor_planes
    refused_modes
    rmmod uinput
    echo 0 >$vkms/enabled # other suites find one vkms
}

run_job job
