# shellcheck shell=bash
# What every part of the lab shares: where things are, how it talks, how it
# becomes root. Sourced by run; $checkout is set there.

lab=$checkout/tests/lab
suite=forky
cache=${LATCH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/latch}
build=${LATCH_BUILD_DIR:-$checkout/build}
out=${LATCH_OUT_DIR:-$checkout/out}
[[ $build == /* ]] || build=$checkout/$build
[[ $out == /* ]] || out=$checkout/$out
debug=${LATCH_DEBUG:-}

say() { printf '[lab] %s\n' "$*" >&2; }
die() { printf 'run: %s\n' "$*" >&2; exit "${status:-1}"; }

# One line when a step begins, the rest of it when the step has ended. The
# step's own output goes to a log, which is shown only when the step fails.
step() {
    local what=$1 log began status=0
    shift
    log=$(mktemp /tmp/latch-step.XXXXXX)
    began=$SECONDS
    printf '[lab] %s … ' "$what" >&2
    if [[ $debug ]]; then
        echo >&2
        "$@" >&2 || status=$?
    else
        "$@" >"$log" 2>&1 || status=$?
    fi
    if ((status)); then
        printf 'failed after %d s\n' $((SECONDS - began)) >&2
        tail -n 60 "$log" >&2
    else
        printf '%d s\n' $((SECONDS - began)) >&2
    fi
    rm -f "$log"
    return "$status"
}

# Chroot, mounts and /dev/kvm need root. The whole command starts again under
# sudo, with the caller's cache, and gives the files it made back at the end.
become_root() {
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "this needs root: run it as root, or install sudo"
        exec sudo LATCH_CACHE="$cache" LATCH_BUILD_DIR="$build" LATCH_OUT_DIR="$out" \
            LATCH_DEBUG="$debug" DISPLAY="${DISPLAY:-}" XAUTHORITY="${XAUTHORITY:-}" \
            "$checkout/run" "$@"
    fi
    mkdir -p "$cache"
}

# Files made under sudo belong to the user who asked for them.
give_back() {
    local path
    [[ ${SUDO_UID:-} && $SUDO_UID != 0 ]] || return 0
    for path in "$build" "$out" "$@"; do
        [[ ! -e $path ]] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$path"
    done
}
