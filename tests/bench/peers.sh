# shellcheck shell=bash disable=SC2154
# Compositors to compare, one at a time, on $LATCH_DEVICE in the lab; sourced by the benchmarks.
# $work is a directory for their configuration and logs, $compositor the process that runs.

root_runtime=$XDG_RUNTIME_DIR

wait_until() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || return 1
        sleep 0.1
    done
}
gone() { ! grep -qs '^State:.[^Z]' "/proc/$1/status"; }

# Without a process more, so that waiting for it takes nothing from what is waited for.
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
        read -rt 0.01 <>"$work/never"
    done
    return 0 # not the status of what was waited with
}
answers() { timeout 2 wayland-info; }

# In a directory of its own, so that its socket is the only one there.
run_compositor() { # NAME
    case $1 in
    latch)
        exec latch --device "$LATCH_DEVICE" --socket wayland-9 --renderer auto
        ;;
    sway)
        printf '%s\n' 'xwayland disable' 'for_window [title=".*"] floating enable' \
            >"$work/sway.config"
        exec env WLR_DRM_DEVICES="$LATCH_DEVICE" WLR_RENDERER=gles2 \
            WLR_RENDERER_ALLOW_SOFTWARE=1 sway --config "$work/sway.config"
        ;;
    cage)
        exec env WLR_DRM_DEVICES="$LATCH_DEVICE" WLR_RENDERER=gles2 \
            WLR_RENDERER_ALLOW_SOFTWARE=1 cage -- sleep 1000000
        ;;
    weston)
        printf '[core]\nidle-time=0\n[shell]\nlocking=false\n' >"$work/weston.ini"
        exec weston --backend=drm --drm-device="${LATCH_DEVICE##*/}" --renderer=gl \
            --config="$work/weston.ini" --socket=wayland-9 --continue-without-input
        ;;
    esac
}

start_compositor() { # NAME
    XDG_RUNTIME_DIR=$(mktemp -d "$root_runtime/$1.XXXXXX")
    export XDG_RUNTIME_DIR
    unset WAYLAND_DISPLAY
    [[ -p $work/never ]] || mkfifo "$work/never"
    run_compositor "$1" >"$work/$1.log" 2>&1 &
    compositor=$!
    wait_for_socket 10
}

stop_compositor() {
    kill "$compositor" 2>/dev/null
    wait_until 2 gone "$compositor" || kill -KILL "$compositor" 2>/dev/null
    wait "$compositor" 2>/dev/null
}
