#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs `make demo test` where nothing was ever installed: a new Debian system (debootstrap, chroot)
# with python3, python3-venv, make, gcc and the C library's headers alone. Where that is not
# permitted, a clean copy with a restricted PATH and an empty home is used, and that is said.
# TARGETS=... runs other targets. Package sources and pip's settings are those of this machine.
set -euo pipefail

targets=${TARGETS:-demo test}
suite=bookworm
packages=python3,python3-venv,make,gcc,libc6-dev,ca-certificates
room=$(mktemp -d "${TMPDIR:-/tmp}/kov-clean-room.XXXXXX")

leave() {
    local mount
    if [ -d "$room/system" ]; then
        # Deepest first; what still is mounted keeps the folder from being removed.
        awk -v at="$(realpath "$room")/system/" 'index($2, at) == 1 { print $2 }' /proc/mounts | sort -r |
            while read -r mount; do umount -l "$mount" || true; done
    fi
    rm -rf --one-file-system "$room"
}
trap leave EXIT
# How this machine reaches packages, which the new system does alike.
mapfile -t pip_settings < <(env | grep -iE '^(PIP_[A-Z_]*|https?_proxy|no_proxy)=' || true)

# The committed files, or all that could be committed when the tree has changes.
copy_tree() {
    mkdir -p "$1"
    git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - --ignore-failed-read |
        tar -xf - -C "$1"
}

# The first source of Debian packages that this machine uses.
mirror() {
    { sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources
        sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\).*/\2/p' /etc/apt/sources.list; } 2>/dev/null |
        grep '/debian/\?$' | head -1
}

# The folders of this machine that pip's settings name: those of find-links, and around each
# file:// index, whose links may lead beside it.
pip_folders() {
    python3 -m pip config list 2>/dev/null | tr "' " '\n\n' | tr -d '\\' |
        sed -n -e 's,^file://\(/.*\)/[^/]*$,\1,p' -e '/^\//p' | sort -u |
        while read -r path; do
            if [ -d "$path" ]; then echo "$path"; fi
        done
}

new_system() {
    local system=$room/system
    [ "$(id -u)" -eq 0 ] && command -v debootstrap >/dev/null || return 1
    echo "clean-room: debootstrap $suite with $packages (downloads about 100 MB)"
    debootstrap --variant=minbase --include="$packages" "$suite" "$system" $(mirror) \
        >"$room/debootstrap.log" 2>&1 || { tail -5 "$room/debootstrap.log"; return 1; }
    chroot "$system" true || return 1
    mount -t proc proc "$system/proc" 2>/dev/null || return 1
    mount --rbind /dev "$system/dev" 2>/dev/null || mount --bind /dev "$system/dev" || return 1
    local file folder
    for folder in $(pip_folders); do
        mkdir -p "$system$folder"
        mount --bind -o ro "$folder" "$system$folder" || return 1
    done
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/xdg/pip /etc/ssl/certs \
        /etc/apt/apt.conf.d /usr/local/share/ca-certificates; do
        if [ -e "$file" ]; then
            mkdir -p "$system$(dirname "$file")"
            cp -rL "$file" "$system$(dirname "$file")/" 2>/dev/null || true
        fi
    done
    copy_tree "$system/kov"
}

# Names that the restricted PATH leads to: the tools of the brief and of a minimal system.
restricted_path() {
    local tool
    mkdir -p "$room/bin"
    for tool in /bin/* /usr/bin/*; do
        case $(dpkg -S "$tool" 2>/dev/null | cut -d: -f1 | head -1) in
        coreutils | bash | dash | grep | sed | tar | gzip | findutils | diffutils | hostname | \
            debianutils | util-linux | mawk | dpkg | apt | make | git | gcc | gcc-1? | cpp* | \
            binutils* | g++ | g++-1? | procps)
            ln -sf "$tool" "$room/bin/"
            ;;
        esac
    done
    for tool in sh awk cc gcc g++ c++ cmake ctest ninja pkg-config clang-14 nm "$(basename "$1")"; do
        command -v "$tool" >/dev/null && ln -sf "$(command -v "$tool")" "$room/bin/$tool"
    done
    ln -sf "$1" "$room/bin/python3"
}

if new_system; then
    echo "clean-room: make $targets, in the new system"
    chroot "$room/system" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        LC_ALL=C.UTF-8 "${pip_settings[@]}" \
        sh -c "cd /kov && make $targets" </dev/null
else
    echo "clean-room: a new system is not to be had here (no root, debootstrap or chroot);"
    echo "clean-room: instead a clean copy, an empty home and a PATH of few tools: make $targets"
    copy_tree "$room/kov"
    mkdir -p "$room/home"
    restricted_path "$(python3 -c 'import sys; print(sys.executable)')"
    env -i HOME="$room/home" PATH="$room/bin" LC_ALL=C.UTF-8 \
        "${pip_settings[@]}" \
        sh -c "cd '$room/kov' && make $targets" </dev/null
fi
echo "ok clean-room"
