#!/bin/bash
# SPDX-License-Identifier: MIT
# What a frame costs latch, beside what is on file. One case for each scene.
set -u
folder=$(dirname "$0")
accepted=$folder/accepted.json

why_not() {
    if [[ ! -x $LAB_BUILD/tests/bench/cost/bench-cost-latch ]]; then
        echo "a sanitizer has an allocator of its own"
    elif [[ $(uname -m) != x86_64 ]]; then
        echo "what is on file is x86's"
    elif [[ $LATCH_LAB_CLOCK != virtual || $LATCH_LAB_MIPS != 500 ]]; then
        echo "needs virtual time, at 500 million instructions a second"
    elif [[ $(LATCH_COST=compiler "$LAB_BUILD/tests/bench/cost/bench-cost-latch") != gcc* ]]; then
        echo "what is on file is gcc's"
    fi
}

reason=$(why_not)
if [[ $reason ]]; then
    echo "ok 1 - what a frame costs # SKIP $reason"
    echo "1..1"
    exit
fi
results=$XDG_RUNTIME_DIR/cost.json
if ! "$folder/scenes.py" "$results"; then
    echo "not ok 1 - what a frame costs"
    echo "1..1"
    exit 1
fi
mkdir -p "$LAB_OUT/bench"
cp "$results" "$LAB_OUT/bench/cost.json"
"$folder/compare.py" --tap "$accepted" "$results"
