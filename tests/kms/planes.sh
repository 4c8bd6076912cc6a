#!/bin/bash
# SPDX-License-Identifier: MIT
# Planes: what they blend has to look like what latch composes, and cost less.
# LATCH_LAYOUTS: a regular expression for their names.
# planes.sh [PART...]: compare_pictures, underlays, client_options, eight_windows, steady, pointer,
# shared_memory, first_picture
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# Of 255: the kernel and the renderer round in different places.
tolerance=3
frames=30
pictures=$work/pictures
# What kms-layout's layouts are for. vkms needs some thousand instructions for a pixel of a video.
screen=640x480

is_ready_or_gone() { has "$work/shown" ready || gone "$1"; }

# show LAYOUT FRAMES PICTURE: the layout, and a picture of it when it has come to rest. What was
# said of it is in $work/shown; status 77 when latch lacks a protocol for it.
show() {
    local layout status=0
    : >"$work/shown"
    kms-layout "$1" "$2" >"$work/shown" 2>&1 &
    layout=$!
    wait_until 12 is_ready_or_gone $layout
    if has "$work/shown" ready; then
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
    local layout status difference
    start_latch --renderer pixman --mode $screen --no-scanout
    for layout in "${layouts[@]}"; do
        status=0
        show "$layout" 1 "$pictures/$layout.composed.png" || status=$?
        ((status == 0 || status == 77)) || verdict 1 "$layout, composed" "$work/shown"
        if [[ $(<"$work/shown") == *'zero-copy '[1-9]* ]]; then
            verdict 1 "$layout: nothing is zero-copy with --no-scanout" "$work/shown"
        fi
    done
    if [[ -s $pictures/ycbcr-apart.composed.png ]]; then
        difference=$(kms-picture compare "$pictures/ycbcr-apart.composed.png" \
            "$pictures/ycbcr-together.composed.png" 0)
        verdict $? "planes in dma-bufs of their own make the same picture as in one ($difference)"
    fi
    cp "$latch_log" "$LAB_OUT/lab/latch-planes-composed.log"
    stop_latch
}

# show_all: the same with planes, each compared with its picture from before.
show_all() {
    local layout status
    start_latch --renderer pixman --mode $screen
    for layout in "${layouts[@]}"; do
        lives 2>/dev/null || { verdict 1 "latch lives until $layout" "$latch_log"; return; }
        compare_one "$layout"
    done
    cp "$latch_log" "$LAB_OUT/lab/latch-planes.log"
    stop_latch
}

# read_planes FILE: how many surfaces were on planes, of all, and how many were wanted there.
read_planes() { [[ $(<"$1") =~ planes\ ([0-9]+)\ of\ [0-9]+,\ wanted\ ([0-9]+) ]]; }

compare_one() { # LAYOUT
    local status=0 difference planes wanted
    show "$1" $frames "$pictures/$1.planes.png" || status=$?
    if ((status == 77)); then
        echo "ok - $1 # SKIP $(cat "$work/shown")"
        return
    elif ((status != 0)); then
        verdict 1 "$1 is shown" "$work/shown"
        return
    fi
    if [[ $1 == *-apart ]]; then
        echo "ok - $1: on planes # SKIP vkms reads all planes from the first dma-buf"
        return
    fi
    difference=$(kms-picture compare "$pictures/$1.planes.png" "$pictures/$1.composed.png" \
        $tolerance)
    verdict $? "$1: planes and renderer make the same picture ($difference)"
    read_planes "$work/shown"
    planes=${BASH_REMATCH[1]} wanted=${BASH_REMATCH[2]}
    ((planes >= wanted))
    status=$?
    verdict $status "$1: $planes surfaces on planes, $wanted wanted" "$work/shown"
    if ((status != 0)); then
        grep 'surface [0-9]*:' "$latch_log" | tail -n 20 | sed 's/^/# /'
    fi
}

# A vkms device that has been made two overlay planes before its primary one: they are below it.
make_underlay_device() {
    local vkms=/sys/kernel/config/vkms/under plane
    mkdir $vkms $vkms/{crtcs/crtc,encoders/encoder,connectors/connector} || return
    for plane in below0 below1 primary above; do
        mkdir $vkms/planes/$plane
        echo 0 >$vkms/planes/$plane/type
        ln -s $vkms/crtcs/crtc $vkms/planes/$plane/possible_crtcs/
    done
    echo 1 >$vkms/planes/primary/type
    echo 1 >$vkms/crtcs/crtc/writeback
    ln -s $vkms/crtcs/crtc $vkms/encoders/encoder/possible_crtcs/
    ln -s $vkms/encoders/encoder $vkms/connectors/connector/possible_encoders/
    echo 1 >$vkms/connectors/connector/status
    echo 1 >$vkms/enabled
    udevadm settle
    LATCH_DEVICE=$(find /dev/dri -name 'card*' | sort -V | tail -n 1)
}

# underlay LAYOUT WANTED: so many of its surfaces on planes, some of them below the picture.
underlay() {
    local difference planes status
    difference=$(kms-picture compare "$pictures/$1.under.png" "$pictures/$1.flat.png" $tolerance)
    verdict $? "$1, on underlays: the holes are where the planes are ($difference)"
    read_planes "$work/$1.shown"
    planes=${BASH_REMATCH[1]}
    ((planes == $2))
    status=$?
    verdict $status "$1, on underlays: $planes surfaces on planes, $2 wanted" "$work/$1.shown"
}

underlays() {
    local device=$LATCH_DEVICE layout
    mkdir -p "$pictures"
    check "a device with planes below the primary one" make_underlay_device
    start_latch --renderer pixman --mode $screen --no-scanout
    for layout in toolbar says-opaque mixed; do
        show $layout 1 "$pictures/$layout.flat.png"
    done
    stop_latch
    start_latch --renderer pixman --mode $screen
    for layout in toolbar says-opaque mixed; do
        show $layout $frames "$pictures/$layout.under.png"
        cp "$work/shown" "$work/$layout.shown"
    done
    stop_latch
    underlay toolbar 1
    underlay says-opaque 1
    underlay mixed 3
    check "the log says so" grep -q "below the picture" "$latch_log"
    LATCH_DEVICE=$device
}

# start_eight FRAMES: eight windows that overlap, each with a new buffer at every refresh.
start_eight() {
    local i
    eight=()
    for i in {1..8}; do
        latch-client --software=udmabuf --size 96x72 --solid "4060${i}0" --title "window $i" \
            --frames "$1" 2>>"$work/clients.log" &
        eight+=($!)
    done
}

all_gone() {
    local pid
    for pid in "$@"; do
        gone "$pid" || return 1
    done
}

# eight_end SECONDS: waits for the eight; they have ended well.
eight_end() {
    local pid status=0
    wait_until "$1" all_gone "${eight[@]}" || status=1
    for pid in "${eight[@]}"; do
        kill "$pid" 2>/dev/null
        wait "$pid" || status=1
    done
    return $status
}

# The last 300 flips of the trace: nothing composed; and who was to blame for what was missed.
nothing_is_composed() {
    python3 - "$work/trace.json" "$work/stats.json" <<'PYTHON'
import json, sys
events = json.load(open(sys.argv[1]))
events = events["traceEvents"] if isinstance(events, dict) else events
flips = [e["args"] for e in events if e.get("ph") == "B" and "on_planes" in e.get("args", {})]
stats = json.load(open(sys.argv[2]))
flips = [f for f in flips if f["layers"] >= 8][-300:]
composed = sum(f["composed"] > 0 for f in flips)
causes = {}
for surface in stats["surfaces"] + [stats["others"]]:
    for cause, number in surface["missed_by_cause"].items():
        causes[cause] = causes.get(cause, 0) + number
print(len(flips), "flips of eight layers,", composed, "with something composed; missed:", causes)
print({name: o[name] for o in stats["outputs"] for name in
       ("flips", "late", "all_on_planes", "mixed", "all_composed")})
assert len(flips) == 300, "too few flips"
assert composed == 0
PYTHON
}

# missed_after N: what a client missed after its first N frames; latch has ended. A program that starts
# and a window that appears cost something as well, but that is not what is looked for.
missed_after() {
    latch-report --csv "$work/trace.json" | python3 -c '
import csv, sys
rows = [row for row in csv.DictReader(sys.stdin) if row["presented"] == "1"]
rows = [row for row in rows if row["surface"] == rows[0]["surface"]][int(sys.argv[1]):]
print(sum(int(row["missed"]) for row in rows) if rows else "no frames:")' "$1"
}

# 150 frames of one window.
one_client() {
    latch-client --software=udmabuf --size 96x72 --solid 406080 --frames 150 2>>"$work/clients.log"
}

# latch is in time for all of them, once the eighth is there: until then some have to be composed.
latch_misses_nothing() {
    latch-report --csv "$work/trace.json" >"$work/frames.csv" || return
    python3 - "$work/frames.csv" "$1" <<'PYTHON'
import csv, re, sys
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row["presented"] == "1"]
first = {}
for row in rows:
    first.setdefault(row["surface"], int(row["flip_ns"]))
rows = [row for row in rows if int(row["commit_ns"]) > max(first.values())]
missed = sum(int(count) for row in rows
             for count in re.findall(r"(?:latch|compose):(\d+)", row["missed_causes"]))
print(missed, "vblanks missed by latch in", len(rows), "frames of", len(first), "windows")
assert len(first) == 8, "not eight"
assert len(rows) >= int(sys.argv[2]), "too few frames"
assert missed == 0
PYTHON
}

eight_windows() {
    start_latch --renderer pixman
    move_pointer 32767 32767
    start_eight 400
    eight_end 25
    verdict $? "eight clients show 400 frames each" "$work/clients.log"
    cp "$latch_log" "$LAB_OUT/lab/latch-planes-eight.log"
    stop_latch
    check "eight windows on eight overlays: nothing is composed" nothing_is_composed
    sed 's/^/# /' "$work/check.log"
    if is_exact; then
        check "eight windows: latch misses no vblank" latch_misses_nothing 3000
        sed 's/^/# /' "$work/check.log"
    fi
}

# trace_latch SECONDS FILE: the kernel's account of latch's calls, which costs latch next to nothing.
trace_latch() {
    local tracing=/sys/kernel/tracing call
    echo 0 >$tracing/tracing_on
    echo >$tracing/trace
    echo 8192 >$tracing/buffer_size_kb
    for call in ioctl mmap munmap brk mremap; do
        echo "common_pid == $LATCH_PID" >$tracing/events/syscalls/sys_enter_$call/filter
        echo 1 >$tracing/events/syscalls/sys_enter_$call/enable
    done
    echo 1 >$tracing/events/drm/drm_vblank_event_delivered/enable
    echo 1 >$tracing/tracing_on
    sleep "$1"
    echo 0 >$tracing/tracing_on
    cp $tracing/trace "$2"
    echo 0 >$tracing/events/drm/drm_vblank_event_delivered/enable
    for call in ioctl mmap munmap brk mremap; do
        echo 0 >$tracing/events/syscalls/sys_enter_$call/enable
        echo 0 >$tracing/events/syscalls/sys_enter_$call/filter
    done
}

# per_flip FILE: what one flip costs. Tests are atomic commits without a flip.
per_flip() {
    python3 - "$1" <<'PYTHON'
import collections, re, sys
NAMES = {0xbc: "ATOMIC", 0xb8: "ADDFB2", 0xae: "ADDFB", 0xaf: "RMFB", 0xd0: "CLOSEFB",
         0x2e: "PRIME_FD_TO_HANDLE", 0x2d: "PRIME_HANDLE_TO_FD", 0x09: "GEM_CLOSE",
         0xb2: "CREATE_DUMB", 0xb4: "DESTROY_DUMB"}
calls, vblanks = collections.Counter(), set()
for line in open(sys.argv[1]):
    # A flip's event; those for nobody's file are the kernel's own waits.
    if "drm_vblank_event_delivered:" in line and "file=0000000000000000" not in line:
        vblanks.add(re.search(r"crtc=\d+, seq=\d+", line).group())
    match = re.search(r": sys_(\w+)\((.*)\)", line)
    if not match:
        continue
    name, rest = match.groups()
    if name != "ioctl":
        calls[name] += 1
        continue
    number = int(re.search(r"cmd: (?:0x)?([0-9a-f]+)", rest).group(1), 16)
    drm = number >> 8 & 0xff == ord("d")
    calls[NAMES.get(number & 0xff, "other drm") if drm else "other ioctl"] += 1
print(len(vblanks), "vblanks:", dict(calls))
assert calls["ATOMIC"] >= 60, "too few flips"
assert calls["ATOMIC"] <= len(vblanks) + 1, "there were tests"
bad = [name for name in calls if name not in ("ATOMIC", "other drm", "other ioctl")]
assert not bad, bad
PYTHON
}

steady() {
    start_latch --renderer pixman
    move_pointer 32767 32767
    start_eight 2000
    sleep 3
    trace_latch 2 "$work/calls"
    ! sanitized || sed -i '/sys_\(mmap\|munmap\|brk\|mremap\)(/d' "$work/calls"
    check "eight windows: a flip is one atomic commit, without tests, imports and memory" \
        per_flip "$work/calls"
    sed 's/^/# /' "$work/check.log"
    end "${eight[@]}"
    stop_latch
}

# Where the planes are, without what changes at every flip.
plane_places() {
    grep -E "^plane|crtc-pos" "$(debugfs_file state)"
}

pointer() {
    local moved before places=0
    start_latch --renderer pixman
    move_pointer 16000 16000
    mouse 6 >"$work/mouse" 2>&1 &
    local mouse=$!
    wait_until 5 has "$work/mouse" moves
    one_client &
    local client=$!
    wait $client
    verdict $? "a client shows frames while the pointer moves" "$work/clients.log"
    # Afterwards, for the kernel holds the device's locks while it prints its planes.
    before=$(plane_places)
    for _ in {1..10}; do
        [[ $(plane_places) == "$before" ]] || places=1
        nap 0.05
    done
    end $mouse
    ((places == 1))
    verdict $? "the cursor's plane moves" "$work/mouse"
    stop_latch
    moved=$(missed_after 30)
    ! is_exact || [[ $moved == 0 ]]
    verdict $? "the pointer costs a client no vblank ($moved missed of 120)"
    rmmod uinput
}

# A slow computer needs a refresh to make a buffer for a picture. The window that needs the first one
# waits for it, and nobody else.
first_picture() {
    local missed client
    start_latch --renderer pixman
    one_client &
    client=$!
    sleep 1
    latch-client --software=udmabuf --size 96x72 --scale-to 90x70 --frames 30 2>>"$work/clients.log" &&
        grep 'surface 2: composed on' "$latch_log" && wait $client
    verdict $? "a window is composed beside one on a plane" "$work/clients.log"
    stop_latch
    missed=$(missed_after 30)
    ! is_exact || [[ $missed == 0 ]]
    verdict $? "the first picture costs the window on the plane no vblank ($missed missed of 120)"
}

# front_layer_is REASONS: "none" on a plane.
front_layer_is() {
    latchctl planes --json >"$work/planes.json" && python3 - "$work/planes.json" "$1" <<'PYTHON'
import json, sys
layers = [layer for output in json.load(open(sys.argv[1]))["outputs"] for layer in output["layers"]]
reasons = [",".join(reason["name"] for reason in layer["reasons"]) or "none" for layer in layers]
print(*reasons)
sys.exit(reasons[:1] != [sys.argv[2]])
PYTHON
}

# shown_as REASONS CLIENT...: some time after the client has begun.
shown_as() {
    local reasons=$1 status=0
    "${@:2}" >"$work/client.log" 2>&1 &
    client=$!
    wait_until 10 front_layer_is "$reasons" || { status=1; cat "$work/client.log"; }
    nap 0.5
    front_layer_is "$reasons" || status=1
    return $status
}
nothing_is_shown() { [[ $(latchctl planes) == *'nothing to be seen'* ]]; }
no_shm_left() { wait_until 3 not_more_than_before || { echo "${before[*]} before, now $(holdings)"; return 1; }; }

# Clients' shared memory, which no plane could read but for its udmabufs.
shared_memory() {
    local -a before shm=(latch-client --measure=paced --shm --frames 100000)
    local client
    start_latch --renderer pixman
    check "weston-simple-shm, which has two buffers, is on a plane" shown_as none weston-simple-shm
    ! gone "$client"
    verdict $? "and has a free one at each callback" "$work/client.log"
    end "$client"
    wait_until 3 nothing_is_shown
    read -r -a before <<<"$(holdings)"
    check "a sealed pool is on a plane" shown_as none "${shm[@]}" --size 333x201
    kill -KILL "$client"
    check "nothing of it is left when its client is killed" no_shm_left
    check "a pool that can shrink is composed" shown_as shm-unsealed weston-subsurfaces
    end "$client"
    check "a client that draws longer than a refresh has its buffers back at once" \
        shown_as draws-ahead "${shm[@]}" --buffers 2 --cpu-time 20 --size 64x48
    end "$client"
    stop_latch

    start_latch --renderer pixman --limits mib=1
    check "one that has more bytes than it may is composed, and lives on" \
        shown_as import-failed "${shm[@]}" --size 640x480
    end "$client"
    stop_latch

    mv /dev/udmabuf /dev/udmabuf-away
    start_latch --renderer pixman
    check "where nobody may make udmabufs it is composed" shown_as no-dmabuf "${shm[@]}" --size 64x48
    end "$client"
    mv /dev/udmabuf-away /dev/udmabuf
    stop_latch
}

# Everything that latch-client can ask for is shown without an error.
client_options() {
    local options
    start_latch --renderer pixman
    while read -r options; do
        # shellcheck disable=SC2086 # words
        check "latch-client $options" \
            latch-client --software=udmabuf --size 320x240 --frames 6 $options
    done <<'OPTIONS'
--format NV12
--format NV12 --planes-apart
--format P010 --encoding bt2020 --range full
--format YUV420 --encoding bt709 --software=heap
--format YUV444 --software=dumb
--format NV12 --software=vgem
--software=heap --heap system
--format RGB565
--crop 10,20,100,80
--crop 10,20,100,80 --scale-to 200x100
--buffer-transform flipped-90
--alpha 0.5
--format ARGB8888 --translucent
--format ARGB8888 --translucent --straight-alpha
OPTIONS
    stop_latch
}

compare_pictures() {
    mkdir -p "$pictures"
    mapfile -t layouts < <(kms-layout --list | grep -E "${LATCH_LAYOUTS:-}")
    compose_all
    show_all
    mkdir -p "$LAB_OUT/lab/planes"
    cp "$pictures"/*.png "$LAB_OUT/lab/planes/"
}

# The parts that are named on the command line, or all.
job() {
    local part
    for part in "${parts[@]}"; do
        $part
    done
}

parts=("$@")
(($#)) || parts=(compare_pictures underlays client_options eight_windows steady pointer
    shared_memory first_picture)
run_job job
