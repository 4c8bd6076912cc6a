# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The little that is asked of the host: a mirror address and a few packages.

apt_is_fresh=

refresh_apt() {
    [[ ! $apt_is_fresh ]] || return 0
    step "package lists of this machine" apt-get -q update
    apt_is_fresh=yes
}

# need_packages COMMAND:PACKAGE... installs those whose command is missing.
need_packages() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null ||
        die "there is no ${missing[*]} here, and no apt: bring a system root (./run root --import FILE)"
    [[ ! ${LAB_NAMESPACE:-} ]] ||
        die "as root: apt-get install ${missing[*]}; or bring a system root (./run root --import FILE)"
    refresh_apt
    step "installing ${missing[*]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install "${missing[@]}"
}

# The mirror that this machine's own apt gets Debian from. Apt knows whose
# archive a source is only after an update has fetched its Release file.
debian_mirror() {
    # shellcheck disable=SC2016 # apt's own format
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        sed -n 's/^Debian|Debian|//p' | head -n 1
}
