# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# ./run package: the Debian package, from the source to its removal.

package_usage() {
    cat <<'EOF'
usage: ./run package [--quick]

Makes the source package of what is committed, builds it with its unit tests, builds it once more in
another folder at another time and compares (reproducible?), asks lintian, installs, tries and removes
it, and has systemd run its kiosk in the virtual machine; all in a system root that has what this takes.
The packages are left in out/package/.

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
    run_kiosk || die "the kiosk failed"
    say "the packages are in $out/package"
    ls "$out/package"
}

# With a virtual terminal, for a session needs one.
run_kiosk() {
    mkdir -p "$build"
    run_machine virtio-gpu yes 300 "$lab/package-kiosk" "$out/package" | tee "$out/package/kiosk.tap"
    grep -q '^1\.\.' "$out/package/kiosk.tap" && ! grep -q '^not ok' "$out/package/kiosk.tap"
}
