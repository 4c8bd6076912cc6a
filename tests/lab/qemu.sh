#!/bin/bash
# qemu.sh JOB ARGUMENT...: QEMU as it comes from the system root; called
# inside it. JOB is the directory of the run.
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
exec qemu-system-x86_64 "$@"
