#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/sanitized.sh COMPILER SANITIZERS TARGET [ctest OPTIONS...]
# Builds TARGET with COMPILER and SANITIZERS in $BUILD/check/<sanitizers>, with the fuzz targets (if
# fuzz/ has any) where COMPILER is clang, and runs the tests that CTest selects by OPTIONS. From
# BUILD, JOBS and PY.
set -euo pipefail

compiler=$1
sanitizers=$2
target=$3
shift 3
tree=$BUILD/check/${sanitizers//,/-}
fuzz=OFF
case $compiler in
*clang*) if compgen -G "fuzz/*_fuzz.c" >/dev/null; then fuzz=ON; fi ;;
esac
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1

cmake -S . -B "$tree" -G "$(command -v ninja >/dev/null && echo Ninja || echo 'Unix Makefiles')" \
    -DCMAKE_C_COMPILER="$compiler" -DPython3_EXECUTABLE="$PY" \
    -DKOV_SANITIZE="$sanitizers" -DKOV_FUZZ=$fuzz
cmake --build "$tree" -j "$JOBS" --target "$target"
if [ "${1:-}" = ctest ]; then
    shift
    ctest --test-dir "$tree" --output-on-failure -j "$JOBS" "$@"
fi
