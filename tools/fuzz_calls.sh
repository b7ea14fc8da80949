#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/fuzz_calls.sh CALLS SEED...   builds the Python extension with clang, ASan and UBSan and makes
# CALLS calls of each SEED drawn from the tables (tools/fuzz_calls.py; it goes on where it was left),
# JOBS seeds at a time, after one call of every function with each of its allocations failing
# (tools/calls/failing.py). From BUILD, JOBS, CLANG, PY and KOV_JUDGE. What a seed says is in
# $BUILD/logs/fuzz-calls-SEED.log.
set -euo pipefail

calls=$1
shift
export KOV_LOGS=$BUILD/logs
tree=$BUILD/check/address-undefined # that of tools/check.sh
tools/step.sh fuzz-calls-build tools/sanitized.sh "$CLANG" address,undefined kov_core

export KOV_BUILD=$tree
export KOV_FUZZ_PRELOAD=$($CLANG -print-file-name=libclang_rt.asan-x86_64.so)
# What Python leaves at its end is no leak of kov's, which failing.py counts itself. A request above
# 1 GiB fails, so that no call takes the machine's memory.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=1024
ASAN_OPTIONS=$ASAN_OPTIONS:handle_segv=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
status=0
tools/step.sh fuzz-calls-failing env LD_PRELOAD="$KOV_FUZZ_PRELOAD" "$PY" tools/calls/failing.py ||
    status=1
printf '%s\n' "$@" | xargs -P "$JOBS" -I SEED sh -c "'$KOV_JUDGE' tools/fuzz_calls.py \
    --calls $calls --seed SEED --python '$PY' --out '$BUILD/fuzz' \
    >>'$KOV_LOGS/fuzz-calls-SEED.log' 2>&1" || status=1
for seed in "$@"; do
    echo "seed $seed: $(grep ' calls: ' "$KOV_LOGS/fuzz-calls-$seed.log" | tail -n 1)"
done
exit $status
