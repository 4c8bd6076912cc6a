#!/bin/sh
# SPDX-License-Identifier: MIT
# initramfs.sh ROOT INIT OUTPUT: static busybox, the few modules that it takes
# to mount the system root, and INIT. Runs inside the system root.
set -eu

root=$1 init=$2 output=$3
version=$(ls "$root/usr/lib/modules")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/modules"
cp "$root/usr/bin/busybox" "$tree/bin/busybox"
for applet in findfs grep insmod mkdir mount poweroff sh sleep switch_root; do
    ln -s busybox "$tree/bin/$applet"
done
install -m 755 "$init" "$tree/init"
# modprobe knows the order.
# shellcheck disable=SC2086
modprobe -D -d "$root" -S "$version" -a 9p 9pnet_virtio overlay $LAB_IMAGE_MODULES erofs |
    sed -n 's/^insmod //p' | awk '!seen[$1]++ {print $1}' |
    while read -r file; do
        cp "$file" "$tree/modules/"
        basename "${file%.xz}" >>"$tree/modules/order"
    done
find "$tree/modules" -name '*.xz' -exec xz -d {} +
(cd "$tree" && find . | busybox cpio -o -H newc) >"$output.$$"
mv "$output.$$" "$output"
