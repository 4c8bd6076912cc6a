# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Compositors to compare, one at a time, on $LATCH_DEVICE in the lab; sourced by the benchmarks.
# $work is a directory for their configuration and logs, $compositor the process that runs; $hz is
# the refresh rate, where it is not to be the one that the display prefers.

# shellcheck source=tests/lab/wait.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lab/wait.sh"

root_runtime=$XDG_RUNTIME_DIR
hz=

find_socket() {
    local path
    for path in "$XDG_RUNTIME_DIR"/wayland-*; do
        [[ -S $path ]] || continue
        export WAYLAND_DISPLAY=${path##*/}
        return 0
    done
    return 1
}
wait_for_socket() { # SECONDS
    local end=$((SECONDS + $1))
    until find_socket; do
        ((SECONDS <= end)) || return 1
        nap 0.01
    done
}
answers() { timeout 2 wayland-info; }

# In a directory of its own, so that its socket is the only one there.
run_compositor() { # NAME
    ! mountpoint -q /dev/udmabuf || umount /dev/udmabuf
    case $1 in
    latch) run_latch --renderer auto ;;
    # What each client would get if it heard right after the flip.
    latch-early) run_latch --pacing early ;;
    # What shared memory costs where planes can't have it.
    latch-copy)
        mount --bind /dev/null /dev/udmabuf
        run_latch --renderer auto
        ;;
    # What composing costs it with the peers' renderer: Mesa's OpenGL, by the CPU where there is no GPU.
    latch-gles2)
        export WLR_RENDERER_ALLOW_SOFTWARE=1
        run_latch --renderer gles2
        ;;
    # On the simulated GPU, in jobs of so many ms.
    latch-gpu-*)
        export LATCH_GPU_COMPOSE=${1##*-} LATCH_GPU_IMPLICIT=1
        export LD_PRELOAD=$LAB_BUILD/tests/lab/gpu/gpu-renderer.so
        run_latch --renderer gles2
        ;;
    sway)
        printf '%s\n' 'xwayland disable' 'for_window [title=".*"] floating enable' \
            ${hz:+"output * mode --custom 1024x768@${hz}Hz"} >"$work/sway.config"
        exec env WLR_DRM_DEVICES="$LATCH_DEVICE" WLR_RENDERER=gles2 \
            WLR_RENDERER_ALLOW_SOFTWARE=1 sway --config "$work/sway.config"
        ;;
    cage)
        exec env WLR_DRM_DEVICES="$LATCH_DEVICE" WLR_RENDERER=gles2 \
            WLR_RENDERER_ALLOW_SOFTWARE=1 cage -- sleep 1000000
        ;;
    labwc)
        mkdir -p "$work/labwc"
        echo '<labwc_config><core><decoration>client</decoration></core></labwc_config>' \
            >"$work/labwc/rc.xml"
        exec env WLR_DRM_DEVICES="$LATCH_DEVICE" WLR_RENDERER=gles2 \
            WLR_RENDERER_ALLOW_SOFTWARE=1 labwc --config-dir "$work/labwc"
        ;;
    # These two need a session of logind, see lab-session.
    kwin)
        exec env KWIN_DRM_DEVICES="$LATCH_DEVICE" kwin_wayland --drm --socket wayland-9 --no-lockscreen \
            --no-global-shortcuts --no-kactivities
        ;;
    mutter)
        show_to_mutter
        exec mutter --wayland --display-server --no-x11 --wayland-display wayland-9
        ;;
    weston)
        printf '[core]\nidle-time=0\n[shell]\nlocking=false\n' >"$work/weston.ini"
        [[ ! $hz ]] || printf '[output]\nname=%s\nmode=1024x768@%s\n' "$(connector)" "$hz" >>"$work/weston.ini"
        exec weston --backend=drm --drm-device="${LATCH_DEVICE##*/}" --renderer=gl \
            --config="$work/weston.ini" --socket=wayland-9 --continue-without-input
        ;;
    esac
}

# Its rules say that it ignores vkms; it takes the first device that it finds otherwise.
show_to_mutter() {
    local rules=/etc/udev/rules.d/61-mutter.rules
    [[ ! -e $rules ]] || return 0
    mkdir -p "${rules%/*}"
    echo 'SUBSYSTEM=="drm", KERNEL=="card*", ENV{DEVNAME}!="'"$LATCH_DEVICE"'", TAG+="mutter-device-ignore"' >$rules
    udevadm control --reload
    # A tag stays with a device until it goes.
    udevadm trigger --settle --action=remove --subsystem-match=drm
    udevadm trigger --settle --action=add --subsystem-match=drm
}

run_latch() {
    exec latch --device "$LATCH_DEVICE" --socket wayland-9 ${hz:+--mode "1024x768@$hz"} "$@"
}

# The connector of the device; the kernel numbers them over all devices.
connector() { basename -a /sys/class/drm/"${LATCH_DEVICE##*/}"-[!W]* | sed -n '1s/^card[0-9]*-//p'; }

# Those who take their mode from a client. KWin and Mutter take what the kernel's command line wants.
set_mode() { # NAME
    case $1 in
    cage | labwc) wlr-randr --output "$(connector)" --custom-mode "1024x768@${hz}Hz" ;;
    esac
}

start_compositor() { # NAME
    XDG_RUNTIME_DIR=$(mktemp -d "$root_runtime/$1.XXXXXX")
    export XDG_RUNTIME_DIR
    unset WAYLAND_DISPLAY
    run_compositor "$1" >"$work/$1.log" 2>&1 &
    compositor=$!
    wait_for_socket 10 || return
    [[ ! $hz ]] || set_mode "$1" >>"$work/$1.log" 2>&1
}

stop_compositor() {
    kill "$compositor" 2>/dev/null
    wait_until 2 gone "$compositor" || kill -KILL "$compositor" 2>/dev/null
    wait "$compositor" 2>/dev/null
}
