#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/check.sh [STEP...]
# What `make check` runs, from BUILD, JOBS, CLANG and PY, or those of its steps that are named. Each
# step is named when it fails; all steps run, so that one run tells everything.
set -uo pipefail

chosen=" $* "

export KOV_LOGS=$BUILD/logs
failed=()
step() {
    if [ "$chosen" != "  " ] && [[ "$chosen" != *" $1 "* ]]; then
        return
    fi
    tools/step.sh "$@" || failed+=("$1")
}

# Every public header compiles alone, as C11 and as C++11.
headers() {
    local header
    for header in include/kov/*.h; do
        gcc -std=c11 -Wall -Wextra -Wconversion -Werror -Iinclude -x c -fsyntax-only "$header" &&
            g++ -std=c++11 -Wall -Wextra -Wconversion -Werror -Iinclude -x c++ -fsyntax-only \
                "$header" || return 1
    done
}

export -f headers
export BUILD JOBS CLANG PY

step format tools/format.sh "$(dirname "$PY")/clang-format" --dry-run -Werror
step includes "$PY" tools/check_includes.py
step house "$PY" tools/check_house.py
step generated "$PY" tools/check_generated.py
step headers headers
step exports "$PY" tools/check_exports.py "$BUILD/cmake"
step bench cmake --build "$BUILD/cmake" -j "$JOBS" --target kov_bench
step address-undefined tools/sanitized.sh "$CLANG" address,undefined all ctest -LE accuracy
if compgen -G "fuzz/*_fuzz.c" >/dev/null; then
    step fuzz env FUZZ_SEED=1 tools/fuzz.sh 5
fi
step thread tools/sanitized.sh gcc thread kov_threaded_tests ctest -L threads -LE accuracy

if [ ${#failed[@]} -ne 0 ]; then
    echo "check FAILED: ${failed[*]}" >&2
    exit 1
fi
