#!/bin/bash
# SPDX-License-Identifier: MIT
# Other devices' planes: vkms refuses what the engine of a profile would, latchctl says the same
# without it, and in a window the places are told though all is composed.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

clients=()
# show OPTION...: one more client, which stays.
show() {
    latch-client --software=udmabuf --size 100x80 "$@" 2>>"$work/clients.log" &
    clients+=($!)
}
# leave: all go, and so do their windows.
leave() {
    end "${clients[@]}"
    clients=()
    wait_until 10 layers_are 0
}

# with_planes PYTHON: asks, and checks the answer.
with_planes() {
    latchctl planes --json >"$work/planes.json" || return
    python3 -c '
import json, sys
(output,) = json.load(open(sys.argv[1]))["outputs"]
layers = [layer for layer in output["layers"] if layer["kind"] == "surface"]
on_planes = [layer for layer in layers if layer["place"] == "plane"]
composed = [layer for layer in layers if layer["place"] == "composed"]
def names(layer):
    return [reason["name"] for reason in layer["reasons"]]
'"$1" "$work/planes.json"
}
layers_are() { with_planes "assert len(layers) == $1"; }

# are NAME PYTHON: it becomes so, and stays.
are() {
    wait_until 15 with_planes "$2" && nap 0.3
    check "$1" with_planes "print(json.dumps(layers, indent=1)); $2"
}

three_videos() { for _ in 1 2 3; do show --format NV12 "$@"; done; }

on_vkms_itself() {
    start_latch --renderer pixman --mode 640x480
    three_videos
    are "vkms shows three videos" 'assert len(on_planes) == 3, names(layers[0])'
    check "latchctl says what others would do" as_others
    check "and takes what drm_info prints" as_drm_info
    leave
    show --buffer-transform 90
    are "vkms turns a linear buffer" 'assert len(on_planes) == 1, names(layers[0])'
    leave
    stop_latch
}

# What drm_info says of vkms, which is there, has the same places.
as_drm_info() {
    drm_info -j "$LATCH_DEVICE" >"$work/info.json" && latchctl planes --as "$work/info.json" --json \
        >"$work/as.json" && python3 -c '
import json, sys
(output,) = json.load(open(sys.argv[1]))["outputs"]
for layer in output["layers"]:
    print(layer["place"], layer["as"])
    assert layer["as"]["vkms"]["place"] == layer["place"] == "plane", layer' "$work/as.json"
}

as_others() {
    latchctl planes --as i915,amdgpu,rk3588,virtio_gpu && latchctl planes --as i915,virtio_gpu --json \
        >"$work/as.json" && python3 -c '
import json, sys
(output,) = json.load(open(sys.argv[1]))["outputs"]
places = {name: [layer["as"][name]["place"] for layer in output["layers"]]
          for name in ("i915", "virtio_gpu")}
print(places)
assert sorted(places["i915"]) == ["composed", "plane", "plane"], places
assert places["virtio_gpu"] == 3 * ["composed"], places' "$work/as.json"
}

like_i915() {
    start_latch --renderer pixman --mode 640x480 --planes-like i915
    three_videos
    are "i915 has two planes for video" '
assert len(on_planes) == 2 and "test-refused" in names(composed[0]), [names(l) for l in layers]'
    leave
    show --buffer-transform 90
    are "i915 turns no linear buffer" '
assert len(composed) == 1 and "rotation" in names(composed[0]), names(layers[0])'
    leave
    stop_latch
}

# The tranche for planes comes first.
feedback_is_of_virtio_gpu() {
    wayland-info -i zwp_linux_dmabuf_v1 2>&1 | tee "$work/feedback"
    python3 - "$work/feedback" <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
tranches = re.split(r"tranche", text)[1:]
scanout = [tranche for tranche in tranches if "scanout" in tranche]
if not scanout:
    sys.exit("no tranche for planes")
formats = set(re.findall(r"'(....)'", scanout[0]))
print(formats)
sys.exit(formats != {"XR24"})
PYTHON
}

like_virtio_gpu() {
    start_latch --renderer pixman --mode 640x480 --planes-like virtio_gpu
    check "clients hear of its one format" feedback_is_of_virtio_gpu
    show
    are "virtio-gpu shows no window" 'assert len(composed) == 1, names(layers[0])'
    leave
    show --fullscreen --format XR24
    are "but what fills the screen" '
assert [layer["plane_type"] for layer in on_planes] == ["primary"], names(layers[0])'
    leave
    stop_latch
}

like_amdgpu() {
    start_latch --renderer pixman --mode 640x480 --planes-like amdgpu
    for _ in 1 2 3 4; do show --format XR24; done
    are "amdgpu has two overlay planes" '
assert len(layers) == 4 and len(on_planes) <= 2, [names(layer) for layer in layers]
assert {layer["plane_type"] for layer in on_planes} <= {"overlay"}, on_planes'
    leave
    three_videos
    are "which show no video" '
assert len(composed) >= 2, [names(layer) for layer in layers]
assert all(layer["plane_type"] == "primary" for layer in on_planes), on_planes'
    leave
    stop_latch
}

# In a window of the first one, whose planes have nothing to do with it.
in_a_window() {
    local inner outer=$WAYLAND_DISPLAY
    start_latch --renderer pixman --mode 640x480
    latch --planes-like i915 --renderer pixman --socket inner >"$work/inner.log" 2>&1 &
    inner=$!
    wait_until 10 test -S "$XDG_RUNTIME_DIR/inner"
    WAYLAND_DISPLAY=inner
    three_videos
    are "in a window places are told" '
assert output["device"] is None
assert len(on_planes) == 2 and "test-refused" in names(composed[0]), [names(l) for l in layers]'
    leave
    weston-simple-shm >/dev/null 2>&1 &
    clients+=($!)
    are "shared memory too" 'assert len(on_planes) == 1, names(layers[0])'
    leave
    check "the inner one ends" end $inner
    WAYLAND_DISPLAY=$outer
    stop_latch
}

bad_profile() {
    local status=0
    latch --device "$LATCH_DEVICE" --planes-like nobody -- true >"$work/out" 2>&1 || status=$?
    cat "$work/out"
    [[ $status == 101 ]] && grep -q 'nobody.json: No such file' "$work/out"
}

job() {
    export WAYLAND_DISPLAY=latch-test
    on_vkms_itself
    like_i915
    like_virtio_gpu
    like_amdgpu
    in_a_window
    check "a profile that is not there" bad_profile
    cp "$latch_log" "$LAB_OUT/lab/latch-profiles.log"
}

run_job job
