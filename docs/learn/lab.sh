# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the lessons' commands use beside programs: source docs/learn/lab.sh, in the lab.

# shellcheck source=tests/lab/wait.sh
source "$LAB_CHECKOUT/tests/lab/wait.sh"
export PATH=$LAB_BUILD/examples:$LAB_BUILD/tests/lab/gpu:$LAB_BUILD/tests/kms:$PATH
cd /tmp || return

# debugfs NAME: the kernel's file of that name about the display.
debugfs() { cat "/sys/kernel/debug/dri/${LATCH_DEVICE#/dev/dri/card}/$1"; }

# start_gpu, stop_gpu: the simulated GPU, which --gpu-time of latch-client needs.
start_gpu() {
    lab-gpu >/tmp/gpu.log 2>&1 &
    gpu_pid=$!
    wait_until 5 lab-gpu --ask stats
}
stop_gpu() { kill "$gpu_pid" && wait "$gpu_pid"; }

# start_latch [OPTION...], stop_latch: latch in the background, its log in /tmp/latch.log.
start_latch() {
    export WAYLAND_DISPLAY=lesson
    latch --device "$LATCH_DEVICE" --socket lesson "$@" >/tmp/latch.log 2>&1 &
    latch_pid=$!
    wait_until 10 test -S "$XDG_RUNTIME_DIR/lesson"
}
stop_latch() {
    kill "$latch_pid" && wait "$latch_pid"
    unset WAYLAND_DISPLAY
}

# window OPTION...: a window of latch-client in the background, as $window; here a second later.
window() {
    latch-client --software=udmabuf --frames 100000 "$@" >/tmp/window.log 2>&1 &
    # shellcheck disable=SC2034 # the lessons end it
    window=$!
    sleep 1
}
