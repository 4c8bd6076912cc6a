#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: subcommand.sh LATCH REPORT
# "latch report" is latch-report, beside latch as it is installed, and in a build.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cp "$1" "$2" "$work"
for latch in "$1" "$work/latch"; do
    [[ $("$latch" report --version) == "latch-report "* ]] || { echo "$latch report is another" && exit 1; }
done
# What is no such word is a command, and so is what stands behind "--".
unset XDG_RUNTIME_DIR
for words in "-- report" "./report" "no-such-tool"; do
    status=0
    # shellcheck disable=SC2086
    "$work/latch" $words 2>/dev/null || status=$?
    ((status == 102)) || { echo "latch $words ends with $status" && exit 1; }
done
