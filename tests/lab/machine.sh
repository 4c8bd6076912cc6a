# shellcheck shell=bash
# The virtual machine: what it is made of, how it is started and ended.

# --- what QEMU is told -------------------------------------------------------

# A comma ends a value in QEMU's options unless it is doubled.
escape() { printf '%s' "${1//,/,,}"; }

machine_base() { # ACCELERATOR
    arguments+=(-nodefaults -no-user-config -no-reboot -machine q35
        -smp "$(($(nproc) > 4 ? 4 : $(nproc)))" -m "${LATCH_LAB_MEMORY:-2048}"
        -kernel "/lab/root/boot/vmlinuz-$(ls "$root/usr/lib/modules")"
        -initrd "$(escape "$job/initramfs")"
        -serial "file:$(escape "$job/serial.log")")
    if [[ $1 == kvm ]]; then
        arguments+=(-accel kvm -cpu host)
    else
        arguments+=(-accel tcg,thread=multi -cpu max)
    fi
}

machine_share() { # TAG DIRECTORY READONLY
    arguments+=(-fsdev "local,id=$1,path=$(escape "$2"),security_model=none,multidevs=remap,readonly=$3"
        -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# The checkout may hold the directories for build and results, or not.
machine_shares() {
    machine_share root /lab/root on
    machine_share job "$job" off
    machine_share checkout "$checkout" on
    machine_share out "$out" off
    printf '%s\n' "checkout ro,cache=loose $checkout" >"$job/shares"
    if [[ $build != "$checkout"/* ]]; then
        machine_share build "$build" on
        printf '%s\n' "build ro,cache=loose $build" >>"$job/shares"
    fi
    printf '%s\n' "out rw,cache=mmap $out" >>"$job/shares"
}

machine_display() { # DEVICE
    local gl=off
    case $1 in
    virgl)
        gl=on
        arguments+=(-device virtio-gpu-gl-pci)
        ;;
    *)
        arguments+=(-device virtio-gpu-pci)
        ;;
    esac
    # OpenGL wants a display, seen or unseen; see qemu.sh.
    if [[ ${window:-} || $gl == on ]]; then
        arguments+=(-display "sdl,gl=$gl")
    else
        arguments+=(-display none)
    fi
    arguments+=(-device virtio-keyboard-pci -device virtio-tablet-pci)
}

# A window is opened on the caller's X server; without one, none is.
check_window() {
    if [[ ${window:-} ]]; then
        [[ ${DISPLAY:-} ]] || die "--window needs an X display (DISPLAY is not set)"
    else
        unset DISPLAY
    fi
}

# QEMU's control socket, looped back into the guest: a job can press keys,
# move the pointer and take pictures of the screen (bin/lab-monitor).
machine_monitor() {
    arguments+=(-device virtio-serial-pci
        -chardev "socket,id=qmp,path=$(escape "$job/qmp"),server=on,wait=off"
        -object monitor-qmp,id=monitor,chardev=qmp
        -chardev "socket,id=loop,path=$(escape "$job/qmp")"
        -device virtserialport,chardev=loop,name=org.latch.monitor)
}

# --- KVM or not --------------------------------------------------------------

# /dev/kvm can be there and still not run a stock kernel (a virtual machine
# that is one itself, say): only a boot tells. The answer holds until the
# host boots again.
accelerator() {
    local answer kvm=
    answer=$cache/accelerator-$(cat /proc/sys/kernel/random/boot_id)
    if [[ ! -s $answer ]]; then
        step "trying KVM" probe_kvm
        if [[ $kvm ]]; then
            echo kvm >"$answer.$$"
        else
            echo tcg >"$answer.$$"
        fi
        mv "$answer.$$" "$answer"
    fi
    cat "$answer"
}

probe_kvm() {
    local job arguments=()
    [[ -c /dev/kvm ]] || return 0
    mkdir -p "$out/lab" # jobs may leave things there
    job=$(mktemp -d /tmp/latch-lab.XXXXXX)
    machine_base kvm
    arguments+=(-display none -append "console=ttyS0 lab.probe")
    in_root timeout -s KILL 8 "$lab/qemu.sh" "$job" "${arguments[@]}" >/dev/null 2>&1 || true
    grep -q 'lab: this kernel runs' "$job/serial.log" && kvm=yes
    rm -rf "$job"
}

# --- a run -------------------------------------------------------------------

# The guest reads everything about the job from one directory, and leaves its
# exit status there.
write_job() { # DEVICE VT COMMAND...
    local device=$1 vt=$2 size
    shift 2
    size=$(stty size 2>/dev/null </dev/tty || echo "24 80")
    {
        printf 'export LATCH_LAB_DEVICE=%q LAB_CHECKOUT=%q LAB_BUILD=%q LAB_OUT=%q\n' \
            "$device" "$checkout" "$build" "$out"
        printf 'LAB_ACCELERATOR=%q\n' "$accel"
        printf 'export LAB_VT=%q LAB_INTERACTIVE=%q LAB_ROWS=%q LAB_COLUMNS=%q\n' \
            "$vt" "$( (($#)) || echo yes)" "${size% *}" "${size#* }"
        printf 'export TERM=%q\n' "${TERM:-dumb}"
    } >"$job/settings"
    # What the caller has set for latch goes along.
    env -0 | grep -z -E '^(LATCH|WLR|WAYLAND|MESA|LIBGL|EGL|XKB|ASAN|UBSAN|LSAN|CMOCKA)_[A-Za-z0-9_]*=' |
        grep -z -v -E '^(LATCH_LAB_DEVICE|WAYLAND_DISPLAY|LATCH_CACHE|LATCH_BUILD_DIR|LATCH_OUT_DIR)=' |
        while IFS= read -r -d '' variable; do printf 'export %q\n' "$variable"; done >>"$job/settings" || true
    printf '%q ' "$@" >"$job/command"
    printf 'exec /bin/bash %q\n' "$lab/guest.sh" >"$job/start"
    touch "$job"/{stdout,stderr,serial.log}
}

# One machine at a time for each pair of processors: timing tests on a crowded
# computer say nothing. A machine that somebody types at is not counted.
take_slot() {
    local slots slot waiting=
    slots=$(($(nproc) / 2))
    ((slots > 0)) || slots=1
    while :; do
        for ((slot = 0; slot < slots; slot++)); do
            exec {slot_lock}>"$cache/machine-$slot.lock"
            ! flock -n "$slot_lock" || return 0
            exec {slot_lock}>&-
        done
        [[ $waiting ]] || say "waiting for another virtual machine of this computer"
        waiting=yes
        if ((slots == 1)); then
            # Who waits longest is next.
            exec {slot_lock}>"$cache/machine-0.lock"
            flock "$slot_lock"
            return
        fi
        sleep 0.5
    done
}

# The processors of this computer, for those of the machine to keep to: as many. None where there is
# room for two machines, which would have to share them.
own_processors() {
    (($(nproc) < 4)) || return 0
    local range from to n all=()
    for range in $(taskset -p -c $$ | sed 's/.*: //; s/,/ /g'); do
        from=${range%-*} to=${range#*-}
        for ((n = from; n <= to; n++)); do all+=("$n"); done
    done
    echo "${all[*]}"
}

# Everything that a run has started ends with it, however it ends.
end_run() {
    [[ ! ${machine:-} ]] || kill -KILL "$machine" 2>/dev/null || true
    [[ ! ${followers:-} ]] || kill "${followers[@]}" 2>/dev/null || true
    if [[ ${job:-} ]]; then
        mkdir -p "$out/lab"
        cp "$job/serial.log" "$out/lab/serial.log" 2>/dev/null || true
        rm -rf "$job"
        job=
    fi
    if [[ ${slot_lock:-} ]]; then
        exec {slot_lock}>&-
        slot_lock=
    fi
}

follow() { tail -q -c +1 -s 0.05 --pid="$machine" -f "$1"; }

# run_machine DEVICE VT TIMEOUT COMMAND...: boots, runs COMMAND (or a shell),
# and returns its exit status; 124 when the time was up, 125 when the guest
# died without leaving one.
run_machine() {
    local device=$1 vt=$2 limit=$3 accel status
    local arguments=()
    shift 3
    machine='' followers=()
    accel=$(accelerator)
    if (($#)); then
        take_slot
        LAB_PROCESSORS=$(own_processors)
        export LAB_PROCESSORS
    fi
    mkdir -p "$out/lab" # jobs may leave things there
    job=$(mktemp -d /tmp/latch-lab.XXXXXX)
    write_job "$device" "$vt" "$@"
    if [[ ${DISPLAY:-} && -r ${XAUTHORITY:-$HOME/.Xauthority} ]]; then
        # The root sees the X server's socket in /tmp, not the user's key to it.
        cp "${XAUTHORITY:-$HOME/.Xauthority}" "$job/xauthority"
        export XAUTHORITY=$job/xauthority
    fi
    machine_base "$accel"
    machine_monitor
    machine_shares
    machine_display "$device"
    # The kernel has nobody to be protected from; an emulated processor's clock
    # is the host's and needs no watchdog.
    arguments+=(-append "console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable ${LATCH_LAB_KERNEL:-}")

    if (($# == 0)); then
        run_interactively
    else
        enter_root "$lab/qemu.sh" "$job" "${arguments[@]}" </dev/null >"$job/qemu.log" 2>&1 &
        machine=$!
        follow "$job/stdout" &
        followers+=($!)
        follow "$job/stderr" >&2 &
        followers+=($!)
        wait_for_machine "$limit"
    fi
    if [[ -s $job/status ]]; then
        status=$(<"$job/status")
    elif [[ -e $job/late ]]; then
        status=124
        say "the job was not done after $limit s: ended"
    else
        status=125
        say "the guest died"
    fi
    if [[ ! -s $job/status ]]; then
        say "the guest's serial log (also in $out/lab/serial.log):"
        tail -n 60 "$job/serial.log" "$job/qemu.log" >&2
    fi
    end_run
    # The next machine of the same command would wait for this one's place.
    [[ ! ${slot_lock:-} ]] || exec {slot_lock}>&-
    slot_lock='' job=''
    return "$status"
}

# An interactive shell has the terminal for itself.
run_interactively() {
    local saved
    saved=$(stty -g)
    arguments+=(-chardev stdio,id=terminal,signal=off -device virtconsole,chardev=terminal)
    stty raw -echo
    in_root "$lab/qemu.sh" "$job" "${arguments[@]}" 2>"$job/qemu.log" || true
    stty "$saved"
}

wait_for_machine() { # LIMIT
    local deadline=$((SECONDS + $1))
    while kill -0 "$machine" 2>/dev/null; do
        if ((SECONDS >= deadline)); then
            touch "$job/late"
            kill -KILL "$machine"
            break
        fi
        sleep 0.05
    done
    wait "$machine" 2>/dev/null || true
    # The followers end by themselves when they have seen the machine gone.
    wait "${followers[@]}" || true
    machine='' followers=()
}
