#!/bin/bash
# demo-job.sh RESULTS FRAMES: the guest's part of the demo. Runs latch as a
# session of its own with its sample client, and leaves in RESULTS the latency
# table as JSON, the trace, and a picture of the screen taken half-way.
set -euo pipefail

results=$1 frames=$2

# vkms shows the blended picture by its writeback connector, which only latch,
# being DRM master, can use; the screen of a virtual GPU is QEMU's to show.
capture=()
[[ $LATCH_LAB_DEVICE != vkms ]] || capture=(--capture "$results/screen.png")

take_picture() {
    case $LATCH_LAB_DEVICE in
    vkms) kill -USR1 "$latch" ;;
    *) lab-screenshot "$results/screen.png" ;;
    esac
}

latch --device "$LATCH_DEVICE" --log error --stats "$results/table.json" \
    --trace "$results/trace" "${capture[@]}" --frames "$frames" \
    -- latch-client --fullscreen --frames "$frames" &
latch=$!

sleep $((frames / 60 / 2 + 2))
if kill -0 "$latch" 2>/dev/null; then
    take_picture || echo "no picture of the screen" >&2
fi
wait "$latch"
