#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: options.sh PROGRAM PAGE
# Each option of the program is in its manual page, and bash completes it.
set -euo pipefail

program=$1 page=$2 name=${1##*/} status=0
script=$("$program" --help=bash)
eval "$script"
"_$name" "$name" --vers "$name"
[[ ${COMPREPLY[*]} == --version ]] || { echo "--vers becomes '${COMPREPLY[*]}'" && status=1; }
"_$name" "$name" -- "$name"
((${#COMPREPLY[@]} > 2)) || { echo "there are no options" && status=1; }
for option in "${COMPREPLY[@]}"; do
    grep -q -e "^\*$option\*" -e ", \*$option\*" "$page" || { echo "$page lacks $option" && status=1; }
done
exit "$status"
