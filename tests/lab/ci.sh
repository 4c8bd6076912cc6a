#!/bin/bash
# SPDX-License-Identifier: MIT
# ci.sh PROJECT ARCHIVE: what .github/actions/lab/action.yml does in its container; its inputs are the variables.
# The system root comes from ARCHIVE, or is packed there for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$1 archive=$2

if [[ -f $archive ]]; then
    ./run root --import "$archive"
else
    ./run root --export "$archive"
fi
if [[ $SCRIPT ]]; then
    exec bash -euc "$SCRIPT"
fi

# out/ is what the machine sees of this computer. It is copied there again, to wait for nothing.
mkdir -p out
rm -rf out/project
cp -a "$project" out/project
./run root -- bash -euc "cd out/project; $BUILD"
./run build
# shellcheck disable=SC2016
./run lab --device "$DEVICE" -- bash -euc 'cp -r "$LAB_OUT/project" /tmp/project; cd /tmp/project
    exec latch explain --frames "$0" --expect "$1" -- bash -c "$2"' "$FRAMES" "$EXPECT" "$COMMAND"
