#!/bin/sh
# root-image.sh ROOT: makes ROOT/guest.erofs, the system as the guest mounts it: ROOT without what
# only compiles. Called while the root is made, or in a container that was made of it (ROOT is /).
#
# The guest has it as memory (virtio-pmem): reading a file costs a copy, and nobody in it ever waits
# for the host.
set -eu

# Without extended attributes (-x-1): they would be looked for in what is left out, too.
chroot "$1" mkfs.erofs --quiet -L root -E noinline_data -x-1 \
    --exclude-path=guest.erofs --exclude-regex='^(dev|mnt|proc|sys|tmp|root)/.' \
    --exclude-regex='^usr/(include|src|lib/gcc|libexec/gcc|lib/llvm-[0-9]*|share/gir-1.0)/.' \
    --exclude-regex='\.a$' \
    guest.erofs /
# The kernel takes memory of this size only.
truncate -s %2M "$1/guest.erofs"
