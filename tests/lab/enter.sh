#!/bin/bash
# SPDX-License-Identifier: MIT
# enter.sh ROOT CACHE CHECKOUT BUILD OUT COMMAND...
#
# Runs COMMAND in the system root. Called in mount and (see root.sh) pid namespaces
# of its own, so that nothing mounted here is seen elsewhere or outlives the command.
# Writes to the root land in a tmpfs over it and are gone afterwards; the
# checkout, /tmp, and the directories for build and results are the real ones.
# Where ROOT is / (a container that was made of it), nothing has to be mounted.
set -euo pipefail

root=$1 cache=$2 checkout=$3 build=$4 out=$5
shift 5

mount_root() {
    mkdir -p "$cache/mnt"
    mount -t tmpfs -o mode=0755 tmpfs "$cache/mnt"
    new=$cache/mnt/new
    mkdir "$cache/mnt/"{upper,work} "$new"
    mount -t overlay -o "lowerdir=$root,upperdir=$cache/mnt/upper,workdir=$cache/mnt/work" \
        overlay "$new"
    if (($$ == 1)); then
        mount -t proc proc "$new/proc"
    else
        mount --rbind /proc "$new/proc"
    fi
    mount --rbind /sys "$new/sys"
    mount --rbind /dev "$new/dev"
    mount --rbind /tmp "$new/tmp"
    # The root as it is, without what is mounted in it here: this the guest gets.
    mkdir -p "$new/lab/root"
    mount --bind "$root" "$new/lab/root"
    mount -o remount,bind,ro "$new/lab/root"
    for path in "$checkout" "$build" "$out"; do
        mkdir -p "$new/$path"
        mount --rbind "$path" "$new/$path"
    done
}

mkdir -p "$build" "$out"
inside=()
# What several users of this computer leave in /tmp has the user's number in its name.
read -r _ user _ </proc/self/uid_map
if [[ $root != / ]]; then
    mount_root
    inside=(chroot "$new")
fi
# A shell stays as process 1: as such, a command would not get its signals.
# shellcheck disable=SC2016
start='cd "$0" && exec "$@"'
# shellcheck disable=SC2016
(($$ != 1)) || start='cd "$0" && "$@"; exit $?'
exec "${inside[@]}" /usr/bin/env \
    -u CC -u CXX -u CFLAGS -u LDFLAGS -u LD_LIBRARY_PATH -u LD_PRELOAD \
    -u PKG_CONFIG_PATH -u PYTHONPATH -u PYTHONHOME -u XDG_RUNTIME_DIR \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LC_ALL=C.UTF-8 TMPDIR=/tmp XDG_CACHE_HOME="/tmp/.latch-cache-$user" \
    /bin/sh -c "$start" "$checkout" "$@"
