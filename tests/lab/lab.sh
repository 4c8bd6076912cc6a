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
  --timeout SECONDS    end the machine after so long (300; no limit for shells)
  --vt                 the seat is bound to a virtual terminal (tty1)
  --window             show the machine's screen in a window

Exit status: COMMAND's; 124 when the time was up; 125 when the guest died.
EOF
}

command_lab() {
    local device=vkms limit=300 vt=
    while (($#)); do
        case $1 in
        --device) device=${2:-}; shift 2 ;;
        --timeout) limit=${2:-}; shift 2 ;;
        --vt) vt=yes; shift ;;
        --window) window=yes; shift ;;
        -h | --help) lab_usage; return ;;
        --) shift; break ;;
        -*) lab_usage >&2; die "lab has no option '$1'" ;;
        *) break ;;
        esac
    done
    [[ $device =~ ^(vkms|virtio-gpu|virgl)$ ]] || die "no such device: '$device' (vkms, virtio-gpu or virgl)"
    [[ $limit =~ ^[0-9]+$ ]] || die "--timeout wants seconds, not '$limit'"
    check_window
    ensure_root
    run_machine "$device" "$vt" "$limit" "$@"
}
