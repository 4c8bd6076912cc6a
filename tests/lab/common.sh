# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What every part of the lab shares: where things are, how it talks.
# Sourced by run; $checkout is set there.

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
