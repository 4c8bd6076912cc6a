#!/bin/bash
# qemu.sh JOB ARGUMENT...: QEMU as it comes from the system root; called
# inside it. JOB is the directory of the run.
set -euo pipefail

job=$1
shift
here=$(dirname "$0")

sh "$here/initramfs.sh" /lab/root "$here/init" "$job/initramfs"
exec qemu-system-x86_64 "$@"
