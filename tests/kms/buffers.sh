#!/bin/bash
# SPDX-License-Identifier: MIT
# The matrix of buffers: each allocator, format, way to pass fences and placement, on a plane or with
# its reason, every pixel as the CPU draws it. What comes of it is in docs/buffers.md, by
# buffers/table, which says what is judged; buffers/unavailable lists what can't be made.
# buffers.sh [ALLOCATOR...]   all, or these only, which are compared with what the page has of them
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

here=$(dirname "$0")/buffers
allocators=("$@") part=${1:+part}
(($#)) || allocators=(gbm vulkan dumb vgem udmabuf heap-system heap-cma v4l2 v4l2-apart wl_shm)
cells=$work/cells
results=$LAB_OUT/lab/buffers-$LATCH_LAB_DEVICE${part:+-part}.json
renderer=$([[ $LATCH_LAB_DEVICE == virgl ]] && echo gles2 || echo pixman)
# A display of one plane shows whole screens of two formats on it: of the others some are enough there.
case $LATCH_LAB_DEVICE in
vkms) formats=() ;;
virgl) formats=(XRGB8888 ARGB8888 NV12) ;;
*) formats=(XRGB8888 ARGB8888 XBGR8888 RGB565 NV12 P010) ;;
esac

# Mesa's layer that chooses among Vulkan's devices crashes where latch names one that is not on PCI.
export NODEVICE_SELECT=1 VK_DRIVER_FILES=/usr/share/vulkan/icd.d/lvp_icd.json LATCH_CAMERAS=

# One camera for each window that there is at once, each with V4L2's newer API, which has buffers of
# one piece and of several; with an input of any size (HDMI).
start_cameras() {
    modprobe vivid n_devs=16 multiplanar="$(sixteen 2)" node_types="$(sixteen 0x1)" \
        num_inputs="$(sixteen 1)" input_types="$(sixteen 3)" && udevadm settle || return
    LATCH_CAMERAS=$(echo /dev/video*)
}

wants_cameras() { [[ ${allocators[*]} == *v4l2* ]]; }

sixteen() { local all && printf -v all "$1,%.0s" {1..16} && echo "${all%,}"; }

# show PLACEMENT ALLOCATOR: its cells are shown, and nothing of them stays.
show() {
    timeout -k 1 "$(patience 200)" kms-buffers "$1" "$2" "${formats[@]}" >"$work/now" 2>"$work/check.log"
    verdict $? "$1, $2: $(wc -l <"$work/now") cells" "$work/check.log"
    cat "$work/now" >>"$cells"
    check "$1, $2: nothing is left" returns
}

returns() {
    local status=0
    wait_until 5 not_more_than_before || status=1
    echo "before: ${before[*]} fds, framebuffers, dma-bufs; after: $(holdings)"
    return $status
}

# nothing_early PICTURES: the trace has no finding but those that a picture makes: the kernel takes a
# commit that connects the writeback connector, or takes it off, for a modeset, and numbers no vblank
# for it.
nothing_early() {
    latch-trace-check --json "$work/check.json" "$work/trace.json" 2>"$work/findings"
    python3 - "$work/check.json" "$1" <<'PYTHON'
import json, sys
summary, pictures = json.load(open(sys.argv[1])), int(sys.argv[2])
print(summary)
findings = summary["findings"]
assert findings.pop("flips") <= 2 * pictures, "flips"
assert not any(findings.values()), findings
assert summary["late"] > summary["shown"] / 2, "the fences were not late"
PYTHON
}

# session PLACEMENT... -- LATCH-OPTION...
session() {
    local placements=() before placement allocator pictures
    while [[ $1 != -- ]]; do
        placements+=("$1")
        shift
    done
    start_latch --renderer "$renderer" --mode 640x480 --no-cursor "${@:2}"
    lives || return
    # What is made once is made now: libraries, buffers to compose into.
    for placement in "${placements[@]}"; do
        kms-buffers "$placement" udmabuf XRGB8888 >/dev/null
        kms-buffers "$placement" wl_shm XRGB8888 >/dev/null
    done
    read -r -a before <<<"$(holdings)"
    for placement in "${placements[@]}"; do
        for allocator in "${allocators[@]}"; do
            show "$placement" "$allocator"
        done
    done
    pictures=$(grep -c 'the screen is in' "$latch_log")
    stop_latch
    check "${placements[*]}: the trace has nothing early, and all came back" nothing_early "$pictures"
    ! grep -iE 'assert|sanitizer|runtime error|not given back' "$latch_log"
    verdict $? "latch complains of nothing of its own"
}

job() {
    : >"$cells"
    ! wants_cameras || check "there are cameras" start_cameras
    session plane mixed --
    session composed -- --no-scanout
    ! wants_cameras || check "all of the cameras' memory is given back" rmmod vivid
    check "each cell is as it should be" \
        "$here/table" judge "$LATCH_LAB_DEVICE" "$cells" "$results" ${part:+part}
    sed 's/^/# /' "$work/check.log"
    check "docs/buffers.md has the table that this makes" "$here/table" compare "$results"
}

run_job job
