# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The virtual machine: what it is made of, how it is started and ended.

slot_locks=() job='' machine='' followers=()
# Where a machine's serial log is left.
serial_log=$out/lab/serial.log
# What time is in the machine: virtual, real, or as the device has it; and the processor's speed in
# virtual time, in millions of instructions a second.
clock='' mips=500

# choose_clock DEVICE INTERACTIVE prints the clock. What this computer's GL draws takes this
# computer's time, and so does somebody who types or looks.
choose_clock() {
    case $clock in
    virtual | real) echo "$clock" ;;
    *) [[ $1 != virgl && ! $2 && ! ${window:-} ]] && echo virtual || echo real ;;
    esac
}

check_clock() { # DEVICE
    [[ $clock =~ ^(virtual|real)?$ ]] || die "no such clock: '$clock' (virtual or real)"
    [[ $clock != virtual || $1 != virgl ]] ||
        die "virgl draws with this computer's OpenGL: its clock can't be virtual"
    instruction_shift "$mips" >/dev/null || die "--mips is 1000, 500, 250, 125 or 62, not '$mips'"
}

# --- what QEMU is told -------------------------------------------------------

# A comma ends a value in QEMU's options unless it is doubled.
escape() { printf '%s' "${1//,/,,}"; }

machine_base() { # ACCELERATOR
    arguments+=("$emulator" -nodefaults -no-user-config -no-reboot "${board[@]}"
        -m "size=${LATCH_LAB_MEMORY:-2048},maxmem=$((${LATCH_LAB_MEMORY:-2048} + 8192))M$memory_slots"
        -kernel /lab/root/boot/vmlinux
        -initrd "$(escape "$job/initramfs")"
        -serial "file:$(escape "$job/serial.log")")
    case $1 in
    kvm) arguments+=(-accel kvm -cpu host) ;;
    tcg) arguments+=(-accel tcg,thread=multi -cpu "$emulated_processor") ;;
    virtual)
        # Time is what was executed, and where nothing is, it jumps to the next timer. Nothing of
        # this computer gets in: not its load, its date, nor its random numbers. Of several
        # processors QEMU runs one after another for some milliseconds each, whatever has the
        # priority in the machine: latch, woken on one, would wait for a program on another.
        arguments+=(-accel tcg,thread=single -cpu "$emulated_processor" -smp 1 -seed 1
            -icount "shift=$(instruction_shift "$mips"),sleep=off"
            -rtc base=2026-01-01T00:00:00,clock=vm)
        return
        ;;
    esac
    arguments+=(-smp "$(($(nproc) > 4 ? 4 : $(nproc)))")
}

# instruction_shift MIPS: QEMU counts an instruction as a power of two of nanoseconds.
instruction_shift() {
    local shift
    for shift in {0..4}; do
        if (($1 == 1000 >> shift)); then
            echo "$shift"
            return
        fi
    done
    return 1
}

# machine_image FILE: memory of the machine that holds a file system; see root-image.sh. The
# machine can write to it, but what it writes is its own.
machine_image() {
    local id
    id=image-$(basename "$1" .erofs)
    arguments+=(-object "memory-backend-file,id=$id,mem-path=$(escape "$1"),size=$2,share=off,readonly=on,rom=off"
        -device "$image_device,memdev=$id,id=$id-device")
}

machine_share() { # TAG DIRECTORY READONLY
    arguments+=(-fsdev "local,id=$1,path=$(escape "$2"),security_model=none,multidevs=remap,readonly=$3"
        -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# What the guest has of this computer. A job gets the checkout and the build as they are at its
# start; somebody at a shell sees them change.
machine_shares() { # INTERACTIVE
    local directory tag
    : >"$job/shares"
    machine_image /lab/root/guest.erofs "$(stat -c %s "$root/guest.erofs")"
    # The build may be in the checkout, or not.
    for tag in checkout build; do
        directory=${!tag}
        [[ $tag == checkout || $directory != "$checkout"/* ]] || continue
        if [[ $1 ]]; then
            machine_share "$tag" "$directory" on
            printf '%s\n' "9p $tag ro,cache=loose $directory" >>"$job/shares"
        else
            in_root sh "$lab/tree-image.sh" "$tag" "$directory" "$job/$tag.erofs" >/dev/null
            machine_image "$job/$tag.erofs" "$(stat -c %s "$job/$tag.erofs")"
            printf '%s\n' "image $tag - $directory" >>"$job/shares"
        fi
    done
    machine_share job "$job" off
    machine_share out "$out" off
    printf '%s\n' "9p out rw,cache=mmap $out" >>"$job/shares"
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
    arguments+=(-display none -append "console=$console lab.probe")
    in_root timeout -s KILL 8 "$lab/qemu.sh" "$job" "${arguments[@]}" >/dev/null 2>&1 || true
    grep -q 'lab: this kernel runs' "$job/serial.log" && kvm=yes
    rm -rf "$job"
}

# --- a run -------------------------------------------------------------------

# The guest reads everything about the job from one directory, and leaves its
# exit status there.
write_job() { # DEVICE VT TIMEOUT COMMAND...
    local device=$1 vt=$2 limit=$3 size
    shift 3
    size=$(stty size 2>/dev/null </dev/tty || echo "24 80")
    {
        printf 'export LATCH_LAB_DEVICE=%q LAB_CHECKOUT=%q LAB_BUILD=%q LAB_OUT=%q\n' \
            "$device" "$checkout" "$build" "$out"
        printf 'LAB_ACCELERATOR=%q LAB_TIMEOUT=%q\n' "$accel" "$limit"
        printf 'export LATCH_LAB_CLOCK=%q LATCH_LAB_MIPS=%q\n' "$ticks" "$mips"
        printf 'export LAB_VT=%q LAB_INTERACTIVE=%q LAB_ROWS=%q LAB_COLUMNS=%q\n' \
            "$vt" "$( (($#)) || echo yes)" "${size% *}" "${size#* }"
        printf 'export TERM=%q\n' "${TERM:-dumb}"
    } >"$job/settings"
    # What the caller has set for latch goes along.
    env -0 | grep -z -E '^(LATCH|WLR|WAYLAND|MESA|LIBGL|EGL|XKB|ASAN|UBSAN|LSAN|CMOCKA|SEATD)_[A-Za-z0-9_]*=' |
        grep -z -v -E '^(LATCH_LAB_(DEVICE|CLOCK|MIPS)|WAYLAND_DISPLAY|LATCH_CACHE|LATCH_BUILD_DIR|LATCH_OUT_DIR)=' |
        while IFS= read -r -d '' variable; do printf 'export %q\n' "$variable"; done >>"$job/settings" || true
    printf '%q ' "$@" >"$job/command"
    printf 'exec /bin/bash %q\n' "$lab/guest.sh" >"$job/start"
    touch "$job"/{stdout,stderr,serial.log}
}

# Machines of one computer take turns. One in real time has two processors for itself, for what is
# measured on a crowded computer says nothing. One in virtual time computes on one, and does not mind
# others. A machine that somebody types at is not counted.
take_slots() { # COUNT; does nothing for who has taken them before
    local slots slot waiting=
    ((${#slot_locks[@]} == 0)) || return 0
    slots=$(nproc)
    ((slots >= $1)) || slots=$1
    while :; do
        for ((slot = 0; slot + $1 <= slots; slot += $1)); do
            ! lock_slots "$slot" "$1" || return 0
        done
        [[ $waiting ]] || say "waiting for another virtual machine of this computer"
        waiting=yes
        nap 0.5
    done
}

lock_slots() { # FIRST COUNT
    local slot lock
    for ((slot = $1; slot < $1 + $2; slot++)); do
        exec {lock}>"$cache/machine-$slot.lock"
        slot_locks+=("$lock")
        if ! flock -n "$lock"; then
            leave_slots
            return 1
        fi
    done
}

# Given back when everything that was started meanwhile has ended, too.
leave_slots() {
    local lock
    for lock in "${slot_locks[@]}"; do exec {lock}>&-; done
    slot_locks=()
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
    [[ ! $machine ]] || kill -KILL "$machine" 2>/dev/null || true
    ((! ${#followers[@]})) || kill "${followers[@]}" 2>/dev/null || true
    if [[ $job ]]; then
        mkdir -p "${serial_log%/*}"
        cp "$job/serial.log" "$serial_log" 2>/dev/null || true
        rm -rf "$job"
        job=
    fi
    leave_slots
}

# What runs in the background ends what it has started by itself.
end_all() {
    local begun
    begun=$(jobs -p)
    [[ ! $begun ]] || kill $begun 2>/dev/null || true
    end_run
}

follow() { tail -q -c +1 -s 0.05 --pid="$machine" -f "$1"; }

# A virtual second takes up to so many of this computer's, where others compute as well; and so many
# are for the start.
most_seconds_of_a_virtual_one=15
most_seconds_of_a_start=300

# run_machine DEVICE VT TIMEOUT COMMAND...: boots, runs COMMAND (or a shell),
# and returns its exit status; 124 when the time was up, 125 when the guest
# died without leaving one. TIMEOUT is in the machine's seconds: who waits there
# for what never comes is ended by them, who computes for ever by this computer's.
run_machine() {
    local device=$1 vt=$2 limit=$3 accel status ticks
    local arguments=() LAB_PROCESSORS=
    shift 3
    machine='' followers=()
    ticks=$(choose_clock "$device" "$( (($#)) || echo yes)")
    if [[ $ticks == virtual ]]; then
        accel=virtual
        take_slots 1
    else
        accel=$(accelerator)
        if (($#)); then
            take_slots 2
            LAB_PROCESSORS=$(own_processors)
        fi
    fi
    export LAB_PROCESSORS
    mkdir -p "$out/lab" # jobs may leave things there
    job=$(mktemp -d /tmp/latch-lab.XXXXXX)
    write_job "$device" "$vt" "$limit" "$@"
    [[ $ticks == real ]] || limit=$((limit * most_seconds_of_a_virtual_one + most_seconds_of_a_start))
    if [[ ${DISPLAY:-} && -r ${XAUTHORITY:-$HOME/.Xauthority} ]]; then
        # The root sees the X server's socket in /tmp, not the user's key to it.
        cp "${XAUTHORITY:-$HOME/.Xauthority}" "$job/xauthority"
        export XAUTHORITY=$job/xauthority
    fi
    machine_base "$accel"
    machine_monitor
    machine_shares "$( (($#)) || echo yes)"
    machine_display "$device"
    # The kernel has nobody to be protected from (looking for writable code and reading its
    # certificates takes it two seconds).
    arguments+=(-append "console=$console quiet panic=-1 mitigations=off rodata=off init_on_alloc=0 $arch_kernel
        initcall_blacklist=load_system_certificate_list ${LATCH_LAB_KERNEL:-}")

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
        say "the job was not done after $limit s of this computer: ended"
    else
        status=125
        say "the guest died"
    fi
    if [[ ! -s $job/status ]]; then
        say "the guest's serial log (also in $serial_log):"
        tail -n 60 "$job/serial.log" "$job/qemu.log" >&2
    fi
    end_run
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
        nap 0.05
    done
    wait "$machine" 2>/dev/null || true
    # The followers end by themselves when they have seen the machine gone.
    wait "${followers[@]}" || true
    machine='' followers=()
}
