# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# ./run lab: a command, or a shell, in the virtual machine.

lab_usage() {
    cat <<'EOF'
usage: ./run lab [OPTIONS] [--] [COMMAND...]

Boots the virtual machine, runs COMMAND in it (a shell if there is none) and
returns its exit status. The build is on its PATH; the checkout is there,
read-only but for out/; the KMS device is in $LATCH_DEVICE.

  --device vkms        ten planes, writeback, a software clock (the default)
  --device virtio-gpu  the display of a virtual machine; no 3D
  --device virgl       the same with a GPU: GLES by the host, real fences
  --clock virtual      the machine's time is what it has executed, and where nothing
                       is to do it jumps to the next timer: nothing of this computer
                       is in it (the default on vkms and virtio-gpu)
  --clock real         its time is this computer's (the default on virgl, with
                       --window and for a shell)
  --mips N             in virtual time: a processor of so many million instructions
                       a second: 1000, 500 (the default), 250, 125 or 62
  --timeout SECONDS    end the machine after so much of its time, or in virtual time
                       after fifteen times as much of this computer's (300; no limit
                       for shells)
  --vt                 the seat is bound to a virtual terminal (tty1)
  --window             show the machine's screen in a window
  --root LIST          in a root that has the packages of tests/lab/packages.LIST as well

Exit status: COMMAND's; 124 when the time was up; 125 when the guest died.
EOF
}

command_lab() {
    local device=vkms limit=300 vt=
    while (($#)); do
        case $1 in
        --device) device=${2:-}; shift 2 ;;
        --clock) clock=${2:-}; shift 2 ;;
        --mips) mips=${2:-}; shift 2 ;;
        --timeout) limit=${2:-}; shift 2 ;;
        --vt) vt=yes; shift ;;
        --window) window=yes; shift ;;
        --root)
            [[ ${2:-} && -f $lab/packages.$2 ]] || die "--root wants a list of tests/lab, not '${2:-}'"
            use_root "$lab/packages" "$lab/packages.$2"
            shift 2
            ;;
        -h | --help) lab_usage; return ;;
        --) shift; break ;;
        -*) lab_usage >&2; die "lab has no option '$1'" ;;
        *) break ;;
        esac
    done
    [[ $device =~ ^(vkms|virtio-gpu|virgl)$ ]] || die "no such device: '$device' (vkms, virtio-gpu or virgl)"
    [[ $limit =~ ^[0-9]+$ ]] || die "--timeout wants seconds, not '$limit'"
    check_window
    check_clock "$device"
    ensure_root
    run_machine "$device" "$vt" "$limit" "$@"
}
