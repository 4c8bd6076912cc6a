#!/bin/sh
# root-image.sh ROOT: makes ROOT/guest.erofs, the system as the guest mounts it: ROOT without what
# only compiles. Called while the root is made.
#
# The guest has it as memory (virtio-pmem): reading a file costs a copy, and nobody in it ever waits
# for the host.
set -eu

chroot "$1" mkfs.erofs --quiet -L root -E noinline_data \
    --exclude-path=guest.erofs \
    --exclude-regex='^usr/(include|src|lib/gcc|libexec/gcc|lib/llvm-[0-9]*|share/gir-1.0)/.' \
    --exclude-regex='\.a$' \
    guest.erofs /
# The kernel takes memory of this size only.
truncate -s %2M "$1/guest.erofs"
