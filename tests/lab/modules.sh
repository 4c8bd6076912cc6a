#!/bin/sh
# modules.sh ROOT: builds two modules for the kernel in ROOT, from that
# kernel's own source, that Debian's kernel has switched off: vkms, a display
# of software, and sw_sync, fences that user space ends, with an error too.
# Called while the root is made.
set -eu

cat >"$1/tmp/build-modules" <<'EOS'
set -eux
version=$(ls /usr/lib/modules)
archive=$(ls /usr/src/linux-source-*.tar.xz)
tree=$(basename "$archive" .tar.xz)
cd /tmp
xz -T0 -dc "$archive" | tar -x "$tree/drivers/gpu/drm/vkms" "$tree/drivers/dma-buf"

build() { # DIRECTORY MODULE MAKE-ARGUMENT...
    directory=$tree/$1 module=$2
    shift 2
    make -C "/usr/src/linux-headers-$version" M="/tmp/$directory" -j"$(nproc)" "$@" modules
    install -D -m 644 -t "/usr/lib/modules/$version/updates" "$directory/$module"
}

build drivers/gpu/drm/vkms vkms.ko CONFIG_DRM_VKMS=m

# In the kernel it is never a module, so it says no licence (each file has it
# in its first line), and finds its trace points where it lies.
cd "$tree/drivers/dma-buf"
echo 'MODULE_LICENSE("GPL v2");' >>sync_debug.c
sed -i '1i #include <linux/module.h>' sync_debug.c
sed -i 's,TRACE_INCLUDE_PATH .*,TRACE_INCLUDE_PATH .,' sync_trace.h
cat >Makefile <<'EOM'
obj-m := sw-sync.o
sw-sync-y := sw_sync.o sync_debug.o
ccflags-y := -I$(src)
EOM
cd /tmp
build drivers/dma-buf sw-sync.ko

# The guest loads these each time that it starts. Unpacked, without a signature and types (BTF) that
# would be looked at, that takes a third of the time.
depmod "$version"
modprobe -D -S "$version" -a 9p 9pnet_virtio overlay virtio_pmem nd_pmem erofs virtio-gpu \
    virtio_input evdev vgem vkms sw_sync | sed -n 's/^insmod //p' | sort -u |
    while read -r file; do
        [ "$file" = "${file%.xz}" ] || xz -d "$file"
        strip --strip-debug --remove-section=.BTF --remove-section=.BTF.base "${file%.xz}"
    done
depmod "$version"

# A kernel that need not unpack itself each time: QEMU starts it by PVH. Where the packed one lies in
# the file is in its header (the kernel's Documentation/arch/x86/boot.rst). Other processors' kernels QEMU
# takes as they are.
unpack_x86() {
    python3 - "$1" "$2" <<'EOP'
import struct, sys
from compression import zstd
with open(sys.argv[1], "rb") as file:
    image = file.read()
offset, length = struct.unpack_from("<II", image, 0x248)
start = (image[0x1F1] + 1) * 512 + offset
with open(sys.argv[2], "wb") as file:
    # Its last four bytes are the size.
    file.write(zstd.decompress(image[start : start + length - 4]))
EOP
    strip --strip-all "$2"
}

case $(dpkg --print-architecture) in
amd64) unpack_x86 "/boot/vmlinuz-$version" /boot/vmlinux ;;
*) ln -s "vmlinuz-$version" /boot/vmlinux ;;
esac
rm -rf "$tree" "$archive" /boot/initrd.img-*
EOS
chroot "$1" sh /tmp/build-modules
rm "$1/tmp/build-modules"
