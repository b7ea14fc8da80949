#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/format.sh CLANG_FORMAT OPTIONS...   runs it on every C file of the tree
set -euo pipefail

folders=()
for folder in src include cli python tests fuzz bench examples; do
    [ -d "$folder" ] && folders+=("$folder")
done
find "${folders[@]}" -type f \( -name '*.c' -o -name '*.h' \) -print0 | sort -z | xargs -0 -r "$@"
