# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# ./run package: the Debian package, from the source to its removal.

package_usage() {
    cat <<'EOF'
usage: ./run package [--quick]

Makes the source package of what is committed, builds it with its unit tests, builds it once more in
another folder at another time and compares (reproducible?), asks lintian, and installs, tries and
removes it; all in a system root that has what this takes. The packages are left in out/package/.

  --quick   build it once, without its tests
EOF
}

command_package() {
    local part parts=(source build again lint install)
    case ${1:-} in
    '') ;;
    --quick) parts=(source quick lint install) ;;
    -h | --help) package_usage; return ;;
    *) package_usage >&2; die "package has no option '$1'" ;;
    esac
    use_root "$lab/packages" "$lab/packages.package"
    ensure_root
    rm -rf "$out/package"
    mkdir -p "$out/package"
    for part in "${parts[@]}"; do
        step "package: $part" in_root "$lab/package-job" "$part" "$out/package" ||
            die "the package's step '$part' failed"
    done
    say "the packages are in $out/package"
    ls "$out/package"
}
