#!/bin/bash
# SPDX-License-Identifier: MIT
# The guest's process 1 once the system root is in place: makes the machine
# ready for a compositor, runs the job, leaves its exit status, powers off.
# Its own messages go to the serial console; the job's output does not.
exec </dev/null >/dev/console 2>&1

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8
cd /
# What the host wants: LATCH_LAB_DEVICE, LAB_CHECKOUT, LAB_BUILD, LAB_VT ...
# shellcheck source=/dev/null
source /lab/job/settings

note() { echo "lab: $(cut -d' ' -f1 /proc/uptime) $*"; }

# The devices' power is cut as soon as this is called, so everything that has
# to outlive the machine is written by then.
finish() {
    echo "$1" >/lab/job/status
    sync
    note "status $1"
    busybox poweroff -f
}

mount_filesystems() {
    mkdir -p /dev/pts /dev/shm
    mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm
    mount -t debugfs debugfs /sys/kernel/debug
    mount -t tracefs tracefs /sys/kernel/tracing
    mount -t configfs configfs /sys/kernel/config
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    ln -sf /proc/self/fd /dev/fd
    ln -sf /proc/self/fd/0 /dev/stdin
    ln -sf /proc/self/fd/1 /dev/stdout
    ln -sf /proc/self/fd/2 /dev/stderr
    # llvmpipe is faster on an emulated processor without its widest vectors.
    [[ $LAB_ACCELERATOR == kvm ]] || export LP_NATIVE_VECTOR_WIDTH=128
    mkdir -m 0700 /run/user
    export XDG_RUNTIME_DIR=/run/user/0
    mkdir -m 0700 "$XDG_RUNTIME_DIR"
}

# virtio-gpu is on every machine: it has the timelines that vkms lacks.
load_devices() {
    modprobe -a virtio-gpu virtio_input evdev vgem sw_sync
    if [[ $LATCH_LAB_DEVICE == vkms ]]; then
        modprobe vkms enable_overlay=1 enable_cursor=1 enable_writeback=1
    fi
    note "modules are loaded"
    /usr/lib/systemd/systemd-udevd --daemon
    # What comes before it listens is lost.
    for _ in {1..100}; do
        ! udevadm control --ping --timeout=5 2>/dev/null || break
        sleep 0.05
    done
    # Only what a compositor looks at: a full coldplug loads drivers for every
    # part of the virtual mainboard and takes three seconds longer.
    timeout 60 udevadm trigger --settle --action=add --subsystem-match={drm,input,virtio-ports} \
        ${LAB_VT:+--subsystem-match=tty} || note "devices are lacking"
}

# card_of DRIVER prints the KMS node of the driver: numbers mean nothing.
card_of() {
    local node driver
    for node in /dev/dri/card*; do
        read -r driver _ <"/sys/kernel/debug/dri/${node#/dev/dri/card}/name"
        [[ $driver != "$1" ]] || echo "$node"
    done
}

find_device() {
    case $LATCH_LAB_DEVICE in
    vkms) LATCH_DEVICE=$(card_of vkms) ;;
    *) LATCH_DEVICE=$(card_of virtio_gpu) ;;
    esac
    export LATCH_DEVICE
    [[ $LATCH_DEVICE ]] || note "no KMS device of $LATCH_LAB_DEVICE"
}

# With a VT the session can be switched away and back, as on a real console.
start_seat() {
    [[ ! $LAB_VT ]] || chvt 1
    SEATD_VTBOUND=$([[ $LAB_VT ]] && echo 1 || echo 0) \
        seatd -g root -l "${SEATD_LOGLEVEL:-error}" &
    export LIBSEAT_BACKEND=seatd
    for _ in {1..100}; do
        [[ ! -S /run/seatd.sock ]] || return 0
        sleep 0.02
    done
    note "seatd does not answer"
}

waits() { [[ ! -e /proc/$1 || $(</proc/"$1"/wchan) == *pipe_read ]]; }

# Through pipes, so that /dev/stdout can be opened again, and into files that
# the host follows: nothing is lost when the machine dies.
run_job() {
    local status=0
    cd "$LAB_CHECKOUT" || finish 125
    mkfifo /run/job-out /run/job-err
    cat /run/job-out >>/lab/job/stdout &
    local reader_out=$!
    cat /run/job-err >>/lab/job/stderr &
    local reader_err=$!
    note "job starts"
    timeout -k 2 "$LAB_TIMEOUT" setsid bash /lab/job/command </dev/null >/run/job-out 2>/run/job-err || status=$?
    ((status != 124)) || echo "the job was not done after $LAB_TIMEOUT s: ended" >/run/job-err
    note "job ends"
    # What the job has left running would keep the pipes open for ever. A reader that waits for more
    # has written all before. No sleeping: in virtual time the host would write nothing meanwhile.
    local end=$((SECONDS + 5))
    until { waits $reader_out && waits $reader_err; } || ((SECONDS > end)); do :; done
    finish "$status"
}

run_shell() {
    local status=0
    cd "$LAB_CHECKOUT" || finish 125
    # shellcheck disable=SC2016
    setsid -c bash -c 'stty sane rows "$0" cols "$1"; exec bash -i' \
        "$LAB_ROWS" "$LAB_COLUMNS" </dev/hvc0 >/dev/hvc0 2>&1 || status=$?
    finish "$status"
}

note "system root is there"
mount_filesystems
load_devices
note "devices are there"
find_device
start_seat
tools=$(printf '%s:' "$LAB_BUILD"/tools/latch*)
export PATH="$LAB_CHECKOUT/tests/lab/bin:$LAB_BUILD/compositor:$LAB_BUILD/clients:$tools$LAB_BUILD/tests:$PATH"
if [[ $LAB_INTERACTIVE ]]; then
    run_shell
else
    run_job
fi
