#!/bin/sh
# Runs a command in namespaces of its own: netns.sh COMMAND [ARGUMENT]...
#
# The command sees a loopback of its own with every port free, a hosts file and a resolver that are ours, and no way
# out; whatever it leaves running dies with it. The machine's files stay untouched. Root is not needed where users may
# make namespaces.
set -eu

[ "${LAB_NAMESPACE:-}" != 1 ] || exec "$@"

# Servers lie where an ordinary user's path does not lead.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
missing=
for tool in unshare:util-linux mount:mount ip:iproute2; do
    command -v "${tool%%:*}" >/dev/null 2>&1 || missing="$missing ${tool##*:}"
done
if [ -n "$missing" ]; then
    echo "The tests need namespaces, and these packages are missing:$missing" >&2
    echo "Mend: apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi

options=
for candidate in -mnpf -Urmnpf; do
    if unshare $candidate --mount-proc --kill-child ip link set lo up 2>/dev/null; then
        options=$candidate
        break
    fi
done
if [ -z "$options" ]; then
    echo "Neither root's nor a user's namespaces can be made here (unshare -mnpf and -Urmnpf were both refused)." >&2
    echo "Mend: run as root; or allow users to make them:" >&2
    echo "  Debian: sysctl kernel.unprivileged_userns_clone=1" >&2
    echo "  Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0" >&2
    echo "  in a container: give it CAP_SYS_ADMIN, and CAP_NET_ADMIN" >&2
    exit 1
fi

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cp "$here/hosts" "$files/hosts"
# Nobody answers there: a test that forgets to name its resolver is refused at once.
echo "nameserver 127.0.0.1" >"$files/resolv.conf"

export LAB_NAMESPACE=1

# The shell stays as the first process of the namespace, and so reaps what others leave behind.
"$here/clean-env.sh" unshare $options --mount-proc --kill-child sh -c '
    set -eu
    files=$1
    shift
    ip link set lo up
    mount --make-rprivate /
    mount --bind "$files/hosts" /etc/hosts
    mount --bind "$files/resolv.conf" "$(readlink -f /etc/resolv.conf)"
    "$@" || exit $?' netns "$files" "$@"
