#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/link_venv.sh TREE VENV...
# Makes each Python environment that is there see the package in a build tree, hook included, as if
# it were installed.
set -euo pipefail

package=$(realpath "$1")/python
shift
if [ ! -d "$package" ]; then
    exit 0
fi
hook=()
if [ -e "$package/kov_hook.pth" ]; then
    hook=("$(cat "$package/kov_hook.pth")")
fi
for venv; do
    if [ -x "$venv/bin/python" ]; then
        site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
        printf '%s\n' "$package" "${hook[@]}" >"$site/kov-build.pth"
    fi
done
