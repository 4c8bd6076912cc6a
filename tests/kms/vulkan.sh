#!/bin/bash
# SPDX-License-Identifier: MIT
# latch-client's Vulkan: what it draws is on planes, its fences and timelines hold, its memory comes
# and goes, and the validation layer has nothing to say. The driver is lavapipe.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# Mesa's layer that chooses among devices crashes where the compositor names one that is not on PCI.
export NODEVICE_SELECT=1 VK_DRIVER_FILES=/usr/share/vulkan/icd.d/lvp_icd.json
size=256x256

vulkan_client() { timeout -k 1 60 latch-client --api vulkan "$@"; }

# shows ALLOCATOR SYNC OPTION...: 60 frames, each on a plane from memory of this kind.
shows() {
    vulkan_client --size $size --frames 60 --json "$work/client.json" "${@:3}" || return
    python3 - "$work/client.json" "$1" "$2" <<'PYTHON'
import json, sys
client = json.load(open(sys.argv[1]))
print({key: client.get(key) for key in ("allocator", "modifier", "sync", "presented", "discarded",
      "zero_copy", "drawn", "stalls", "missed", "renderer")})
assert client["presented"] == client["zero_copy"] == client["drawn"] == 60, "frames"
assert client["allocator"] == sys.argv[2], "allocator"
assert client["sync"] == sys.argv[3], "sync"
assert "llvmpipe" in client["renderer"], "renderer"
PYTHON
}

# presents MODE BUFFERS: the driver's own buffers, which lavapipe has in shared memory.
presents() {
    vulkan_client --size $size --frames 60 --wsi="$1" --buffers "$2" \
        --json "$work/client.json" || return
    python3 - "$work/client.json" "$1" <<'PYTHON'
import json, sys
client = json.load(open(sys.argv[1]))
print({key: client.get(key) for key in ("allocator", "present_mode", "buffers", "presented",
      "discarded", "zero_copy", "drawn", "missed")})
assert client["presented"] == client["drawn"] == 60 and client["discarded"] == 0, "frames"
assert client["allocator"] == client["sync"] == "wsi", "whose they are"
assert client["present_mode"] == sys.argv[2] and client["buffers"] >= 3, "the swapchain"
assert client["commit_to_flip_ns"]["p50"] > 0, "times"
PYTHON
}

# ends STATUS WORDS OPTION...: it says so, and ends so.
ends() {
    local status=0
    vulkan_client --size $size --frames 3 "${@:3}" 2>"$work/said" || status=$?
    cat "$work/said"
    echo "status $status"
    ((status == $1)) && grep -qF -- "$2" "$work/said"
}

# held CHECK OPTION...: what CHECK says of the screen, while the last of 40 frames fills it.
held() {
    local client status=0
    vulkan_client --fullscreen --frames 40 --hold "${@:2}" 2>"$work/said" &
    client=$!
    wait_until 10 "$1" || "$1" || status=1
    end "$client"
    cat "$work/said"
    return $status
}

# The bar and the bits of frame 39, binary 100111; a row that is read where it isn't breaks the bar.
marks_are() {
    move_pointer 32767 32767
    take_picture && pixel_is 314 3 c4d0f0 314 590 c4d0f0 13 586 ffc860 39 586 ffc860 52 586 2c3350 \
        78 586 ffc860
}

marks() { held marks_are "$@" && cp "$LATCH_CAPTURE" "$work/scene${2:-}.png"; }

same_picture() { kms-picture compare "$work/scene.png" "$work/scene$1.png" 0; }

colour_is() { take_picture && pixel_is 100 100 "$expected" 600 50 "$expected"; }

colour() { held colour_is --solid 3060c0 "$@"; }

# lavapipe's memory is udmabuf's, and where it is not there, lavapipe knows no modifiers.
without_udmabuf() {
    local status=0
    mv /dev/udmabuf /dev/udmabuf.away
    "$@" || status=$?
    mv /dev/udmabuf.away /dev/udmabuf
    return $status
}

# validated OPTION...: the layer looks, at synchronisation too, and has nothing to say.
validated() {
    VK_LOADER_LAYERS_ENABLE='*validation' VK_VALIDATION_VALIDATE_SYNC=1 VK_LOADER_DEBUG=layer \
        vulkan_client --size $size --frames 30 "$@" >"$work/validated" 2>&1
    local status=$?
    grep -q 'Inserted device layer "VK_LAYER_KHRONOS_validation"' "$work/validated" ||
        { echo "the layer is not there"; status=1; }
    ! grep -A 3 -E 'VUID|Validation (Error|Warning)|SYNC-HAZARD' "$work/validated" || status=1
    return $status
}

fake_timeline() { LD_PRELOAD=$LAB_BUILD/tests/kms/vk-timeline.so "$@"; }

# That a fault would be seen: semaphores that are left when their device goes.
layer_speaks() {
    ! VK_TIMELINE=leak fake_timeline validated && grep 'VUID-vkDestroyDevice' "$work/validated"
}

sync_is_told() {
    python3 - "$work/stats.json" <<'PYTHON'
import json, sys
stats = json.load(open(sys.argv[1]))
surfaces = stats["surfaces"] + [stats["others"]]
kinds = {kind for row in surfaces for kind, number in row["by_sync"].items() if number}
print(len(surfaces), "surfaces", kinds)
assert kinds >= {"syncobj", "sync_file", "implicit"}, kinds
assert all(row["fence_errors"] == 0 and row["incomplete"] == 0 for row in surfaces)
PYTHON
}

options_refused() {
    local status=0
    latch-client --wsi 2>"$work/said" || status=$?
    cat "$work/said"
    ((status == 2)) && grep -q 'need --api vulkan' "$work/said"
}

# What is on planes, without pictures of the screen.
frames() {
    # Composed first, and with a timeline: latch keeps what it has made and opened for that.
    local before sync
    start_latch --renderer pixman --mode 800x600
    lives || return
    check "the driver's own buffers, fifo" presents fifo 3
    check "the driver's own buffers, mailbox" presents mailbox 4
    for sync in syncobj sync-file implicit; do
        check "60 frames on a plane, fences by $sync" shows vulkan $sync --sync $sync
        [[ $sync != syncobj ]] || read -r -a before <<<"$(holdings)"
    done
    check "memory of a heap is imported" shows dma-heap syncobj --import heap
    check "memory of udmabuf is imported" shows udmabuf syncobj --import udmabuf
    check "60 frames on a plane, with timelines of its own" \
        fake_timeline shows vulkan vk-timeline --sync vk-timeline
    check "what latch holds is what it held before" wait_until 5 not_more_than_before
    echo "# ${before[*]} then, $(holdings) now: fds, framebuffers, dma-bufs"
    stop_latch
    check "each kind of fence was used, and none failed" sync_is_told
    check "the trace is in order" latch-trace-check --quiet "$work/trace.json"
    cp "$latch_log" "$LAB_OUT/lab/latch-vulkan.log"
}

refusals() {
    check "without modifiers there are no dma-bufs, and it says so" \
        without_udmabuf ends 5 "lacks VK_EXT_image_drm_format_modifier"
    check "a timeline of its own: lavapipe has none, and it says so" \
        ends 5 "exports no timeline semaphores as opaque fds" --sync vk-timeline
    VK_TIMELINE=memfd check "timelines that are no DRM syncobjs are told" \
        fake_timeline ends 5 "are no DRM syncobjs" --sync vk-timeline
    check "a node without Vulkan is told" \
        ends 5 "no device is there that will do" --device "$LATCH_DEVICE"
    check "options that need Vulkan say so" options_refused
}

pictures() {
    local memory format
    check "the scene's marks are in their places" marks
    for memory in heap udmabuf; do
        check "the scene's marks in memory of $memory" marks --import $memory
        check "memory of $memory makes the same picture" same_picture $memory
    done
    for format in XBGR8888 ARGB8888 XRGB2101010 RGB565; do
        # Five and six bits: what is nearest to the colour.
        expected=$([[ $format == RGB565 ]] && echo 3161bd || echo 3060c0)
        check "a colour in $format" colour --format $format
    done
}

validation() {
    check "the validation layer speaks" layer_speaks
    check "the validation layer is content" validated
    check "the validation layer is content with imported memory" validated --import udmabuf
    check "the validation layer is content with the driver's buffers" validated --wsi
}

job() {
    frames
    start_latch --renderer pixman --mode 800x600
    lives || return
    refusals
    pictures
    validation
    stop_latch
}

run_job job
