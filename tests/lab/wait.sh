# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# How scripts in the lab wait for something; sourced by them. A process takes some million instructions,
# which is some tens of milliseconds of an emulated processor: what is asked many times a second is
# asked without one, so that waiting takes nothing from what is waited for.

# nap SECONDS: as sleep.
exec {nothing}<> <(:)
nap() { read -r -t "$1" -u "$nothing" || true; }

# has FILE TEXT: as grep -qF.
has() {
    local all=
    { IFS= read -r -d '' all <"$1"; } 2>/dev/null
    [[ $all == *"$2"* ]]
}

# gone PID: it has ended, though nobody may have waited for it.
gone() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    [[ $stat == *') Z '* ]]
}

# wait_until SECONDS COMMAND...
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || return 1
        nap 0.05
    done
}

# shake: waits for up to a tenth of a second, each time for another time, where LATCH_TEST_SHAKE is a number
# (which decides what times); else not at all. What a case sees depends on where in a refresh it begins, and
# in virtual time it begins at the same place each time; but it has to pass wherever that is.
[[ ! ${LATCH_TEST_SHAKE:-} ]] || RANDOM=$LATCH_TEST_SHAKE
shake() { [[ ! ${LATCH_TEST_SHAKE:-} ]] || nap "0.0$((RANDOM % 90 + 10))"; }
