#!/bin/sh
# SPDX-License-Identifier: MIT
# tree-image.sh LABEL DIRECTORY IMAGE: the checkout, or a directory that was built in, as the guest
# mounts it (see root-image.sh): without git's part, results, and what only the linker reads.
# Runs inside the system root.
set -eu

mkfs.erofs --quiet -L "$1" -E noinline_data \
    --exclude-regex='^(\.git|out)/.' \
    --exclude-regex='\.p/' --exclude-regex='\.a$' --exclude-regex='(^|/)meson-(private|logs)/' \
    "$3" "$2"
truncate -s %2M "$3"
