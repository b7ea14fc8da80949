#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/deps.sh system            the Debian packages that building and testing need
# tools/deps.sh system-check      those that `make check` and `make fuzz` need besides
# tools/deps.sh venv DIR FILE...  a Python environment with the pinned packages of FILE...;
#                                 a FILE named requirements-hub.txt is installed without its
#                                 dependencies
# Both say what they download, and do nothing where everything is there.
set -euo pipefail

packages=(gcc make cmake ninja-build pkg-config libcmocka-dev libexpat1-dev zlib1g-dev
    python3-dev python3-venv)
check_packages=(g++ binutils clang-14 libclang-rt-14-dev)

# The newest of Python 3.11 to 3.13, or $PYTHON.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$candidate" >/dev/null && "$candidate" -c \
            'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
            command -v "$candidate"
            return
        fi
    done
    echo "deps: no Python 3.11 to 3.13 found; name one with PYTHON=..." >&2
    return 1
}

system() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null; then
        echo "deps: not a Debian system; please provide what these packages hold: $*"
        return 0
    fi
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return 0
    fi
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo=(sudo)
        if ! sudo -n true 2>/dev/null; then
            echo "deps: packages are missing. Please run:" >&2
            echo "    sudo apt-get install -y ${missing[*]}" >&2
            return 1
        fi
    fi
    echo "deps: installing Debian packages: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { "${sudo[@]}" apt-get update &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y \
            --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -20 "$log" >&2
        echo "deps: apt-get failed" >&2
        return 1
    fi
    rm -f "$log"
}

venv() {
    local folder=$1 stamp file python
    shift
    stamp=$(cat "$@" | sha256sum)
    if [ -f "$folder/.requirements" ] && [ "$(cat "$folder/.requirements")" = "$stamp" ]; then
        return 0
    fi
    python=$(find_python)
    [ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
    for file in "$@"; do
        echo "deps: $folder: installing $(grep -c '==' "$file") pinned packages of $file from PyPI"
        if [ "$(basename "$file")" = requirements-hub.txt ]; then
            "$folder/bin/python" -m pip install -q --no-deps -r "$file" 2> >(quiet_pip >&2)
        else
            "$folder/bin/python" -m pip install -q -r "$file" 2> >(quiet_pip >&2)
        fi
    done
    echo "$stamp" >"$folder/.requirements"
}

# pip warns of things that concern nobody here: search paths that do not exist, keras-hub's
# unmet requirement, its own age.
quiet_pip() {
    grep -v -e '^WARNING: Location' -e 'dependency resolver does not' -e '^keras-hub .* requires' \
        -e '^WARNING: Running pip as' -e '^\[notice\]' -e '^$' || true
}

command=$1
shift
case $command in
system) system "${packages[@]}" ;;
system-check) system "${packages[@]}" "${check_packages[@]}" ;;
venv) venv "$@" ;;
*)
    echo "deps: unknown command $command" >&2
    exit 2
    ;;
esac
