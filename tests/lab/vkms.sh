#!/bin/sh
# vkms.sh ROOT: builds the vkms module for the kernel in ROOT, from that
# kernel's own source. Debian's kernel has the driver switched off.
# Called while the root is made.
set -eu

cat >"$1/tmp/build-vkms" <<'EOF'
set -eux
version=$(ls /usr/lib/modules)
archive=$(ls /usr/src/linux-source-*.tar.xz)
tree=$(basename "$archive" .tar.xz)
cd /tmp
xz -T0 -dc "$archive" | tar -x "$tree/drivers/gpu/drm/vkms"
make -C "/usr/src/linux-headers-$version" M="/tmp/$tree/drivers/gpu/drm/vkms" \
    CONFIG_DRM_VKMS=m -j"$(nproc)" modules
install -D -m 644 "$tree/drivers/gpu/drm/vkms/vkms.ko" \
    "/usr/lib/modules/$version/updates/vkms.ko"
depmod "$version"
rm -rf "$tree" "$archive" /boot/initrd.img-*
EOF
chroot "$1" sh /tmp/build-vkms
rm "$1/tmp/build-vkms"
