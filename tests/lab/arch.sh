# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What depends on the processor, all of it: the packages of the system root, and the machine. The lab
# is of this computer's architecture, unless LATCH_LAB_ARCH names another one, whose programs this
# computer then has to be able to start (qemu-user-static).

this_arch() {
    case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
    esac
}
arch=${LATCH_LAB_ARCH:-$(this_arch)}

case $arch in
amd64)
    arch_packages=(igt-gpu-tools-tests linux-headers-amd64 linux-image-amd64 qemu-system-x86 seabios)
    emulator=qemu-system-x86_64
    board=(-machine q35)
    memory_slots=
    # What a file system of the machine is memory by, and the modules of its kernel for that.
    image_device=virtio-pmem-pci
    export LAB_IMAGE_MODULES="virtio_pmem nd_pmem"
    console=ttyS0
    # An emulated processor's clock needs no watchdog.
    arch_kernel=tsc=reliable
    # Without what makes emulated code longer and not better: QEMU executes rep movsb and its kind
    # byte by byte, a user's access prevented and allowed again ends a translated block each time, and
    # a page table of five levels is walked in five steps.
    emulated_processor=max,-erms,-fsrm,-fsrs,-fzrm,-smap,-smep,-umip,-pku,-la57
    ;;
arm64)
    arch_packages=(linux-headers-arm64 linux-image-arm64 qemu-efi-aarch64 qemu-system-arm)
    emulator=qemu-system-aarch64
    # It has no virtio-pmem, and it is ACPI (so UEFI) that tells the kernel of an NVDIMM.
    board=(-machine virt,gic-version=max,nvdimm=on -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd)
    memory_slots=,slots=8
    image_device=nvdimm
    export LAB_IMAGE_MODULES="nfit nd_pmem"
    console=ttyAMA0
    arch_kernel=
    # Pointers are signed by what is quick to emulate, not by what the architecture asks for.
    emulated_processor=max,pauth-impdef=on,sve=off,sme=off,lpa2=off
    ;;
*)
    die "there is no lab for '$arch' (amd64 or arm64)"
    ;;
esac
