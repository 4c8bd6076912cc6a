#!/bin/bash
# SPDX-License-Identifier: MIT
# qemu.sh JOB QEMU ARGUMENT...: QEMU as it comes from the system root; called
# inside it. JOB is the directory of the run. LAB_PROCESSORS: the processors of
# this computer for those of the machine, one for each ("0 1"), if they are to
# keep to them.
#
# A guest with a GPU needs OpenGL here. QEMU takes that from an X server only
# (its egl-headless display wants a render node, which a machine without a GPU
# does not have), so one without a screen is started for it.
set -euo pipefail

job=$1
shift
here=$(dirname "$0")

# The guest asks for a picture by the file "shoot". It is copied on this side,
# where that takes less than a frame: the guest would see several frames in one.
pictures() {
    while sleep 0.2; do
        [[ -e $job/shoot ]] || continue
        cp "$job/Xvfb_screen0" "$job/picture.new"
        mv "$job/picture.new" "$job/picture"
        rm "$job/shoot"
    done
}

# A processor of the machine that wakes another one up holds a lock of the
# guest's kernel at that moment. Where this computer's scheduler then takes its
# own processor from it for the one that it woke, that one spins on the lock
# for milliseconds: each on a processor of its own, this does not happen.
keep_processors_apart() { # PID PROCESSOR...
    local pid=$1 task names n=0
    shift
    for ((try = 0; try < 100; try++)); do
        names=$(cat /proc/"$pid"/task/*/comm 2>/dev/null) || true
        [[ $names != *"CPU $(($# - 1))/"* ]] || break
        sleep 0.1
    done
    for processor in "$@"; do
        for task in /proc/"$pid"/task/*; do
            [[ $(cat "$task/comm" 2>/dev/null) != "CPU $n/"* ]] ||
                taskset -p -c "$processor" "${task##*/}" >/dev/null || true
        done
        n=$((n + 1))
    done
}

sh "$here/initramfs.sh" /lab/root "$here/init" "$job/initramfs"

if [[ " $* " == *" sdl,gl=on "* && ! ${DISPLAY:-} ]]; then
    mkfifo "$job/display"
    # QEMU opens its window in the middle, as one of 640x480, and lets it grow to
    # the right and down only: bin/lab-screenshot relies on that. This size has
    # room for a guest's screen of 1600x1040.
    Xvfb -displayfd 3 -screen 0 2560x1600x24 -nolisten tcp -fbdir "$job" \
        +extension GLX 3>"$job/display" &
    read -r number <"$job/display"
    export DISPLAY=:$number
    pictures &
fi
if [[ ${LAB_PROCESSORS:-} ]]; then
    # shellcheck disable=SC2086
    keep_processors_apart $$ $LAB_PROCESSORS &
fi
exec "$@"
