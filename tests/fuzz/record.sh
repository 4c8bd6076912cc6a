#!/bin/bash
# SPDX-License-Identifier: MIT
# record.sh DIRECTORY: in the lab, sessions of real clients as inputs of the fuzzer, one file for
# each connection. `./run fuzz --record` calls it.
set -u
out=$1
cd /tmp || exit
export WLR_BACKENDS=headless

# session NAME SECONDS BYTES COMMAND...: BYTES of each of its clients.
session() {
    local name=$1 limit=$2 bytes=$3
    shift 3
    mkdir -p "$out/$name"
    timeout -s TERM -k 3 "$limit" "$LAB_BUILD/tests/fuzz/fuzz-record" "$out/$name" "$bytes" \
        --renderer pixman -- "$@" >"/tmp/log.$name" 2>&1
    echo "$name: status $?, $(find "$out/$name" -type f | wc -l) clients"
}

session client 5 2500 latch-client --software --size 96x64 --frames 8
session client-syncobj 5 2500 latch-client --software --size 96x64 --frames 6 --sync syncobj
session client-syncfile 5 2500 latch-client --software --size 96x64 --frames 6 --sync sync-file
session client-nv12 6 2500 latch-client --software=udmabuf --format NV12 --size 96x64 --frames 4 --planes-apart --crop 0,0,32,32 --scale-to 64x64 --buffer-transform 90
session client-full 6 2500 latch-client --software --fullscreen --frames 3 --alpha 0.5 --straight-alpha
for f in never late:50 error proxy unmaterialised random; do session "stress-${f%:*}" 4 2000 latch-stress --fence "$f" --surfaces 2 --size 64x64 --seconds 1; done
session stress-syncfile 4 2000 latch-stress --fence never --sync sync-file --size 64x64 --seconds 1
session stress-implicit 4 2000 latch-stress --fence never --sync implicit --size 64x64 --seconds 1
session bad 60 1500 latch-stress --bad
for s in bind buffers fence committed pending shown; do session "die-$s" 5 1500 latch-stress --die "$s"; done
session shm 3 1500 weston-simple-shm
session damage 3 1500 weston-simple-damage
session flower 4 2500 weston-flower
session feedback 4 2500 weston-simple-dmabuf-feedback
session egl 6 2500 weston-simple-dmabuf-egl
session presentation 4 2500 weston-presentation-shm
session scaler 4 2500 weston-scaler
session subsurfaces 5 3000 weston-subsurfaces
session dnd 4 2500 weston-dnd
session clickdot 4 2500 weston-clickdot
session stacking 4 2500 weston-stacking
session transformed 4 2500 weston-transformed
session timing 4 1500 weston-simple-timing
session terminal 5 2500 weston-terminal
session touch 3 1500 weston-simple-touch
session fullscreen 4 2000 weston-fullscreen
session ctl 5 2500 bash -c 'latch-client --software --size 64x64 --frames 60 & sleep 0.5; latchctl planes; wait'
session randr 5 2500 bash -c 'wlr-randr; wlr-randr --output HEADLESS-1 --custom-mode 200x150 --scale 2 --transform 90; wlopm'
session grim 6 2500 bash -c 'grim /tmp/a.png; wayland-info'
session kanshi 3 2500 kanshi
