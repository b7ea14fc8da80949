#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/fuzz.sh SECONDS   builds fuzz/*_fuzz.c with libFuzzer, ASan and UBSan, and runs each target
# that long: on the seeds that fuzz/make_<name>_corpus.py writes for <name>_fuzz, if there is one, and
# on its corpus $BUILD/fuzz/<name>_fuzz, which grows. From BUILD, JOBS, CLANG and PY. FUZZ=name runs
# one target, FUZZ_SEED=number repeats its choices.
set -euo pipefail

seconds=$1
export KOV_LOGS=$BUILD/logs
tree=$BUILD/check/address-undefined # that of tools/check.sh
tools/step.sh fuzz-build tools/sanitized.sh "$CLANG" address,undefined kov_fuzz

status=0
for program in "$tree"/fuzz/${FUZZ:-*}_fuzz; do
    [ -x "$program" ] || { echo "fuzz: no target in fuzz/" >&2; exit 1; }
    name=$(basename "$program")
    work=$BUILD/fuzz/$name
    corpora=("$work")
    mkdir -p "$work"
    maker=fuzz/make_${name%_fuzz}_corpus.py
    if [ -f "$maker" ]; then
        rm -rf "$work-seeds"
        tools/step.sh "fuzz-seeds-$name" "$PY" "$maker" "$work-seeds" || status=1
        corpora+=("$work-seeds")
    fi
    tools/step.sh "fuzz-$name-${seconds}s" "$program" -max_total_time="$seconds" -timeout=30 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$work-" \
        ${FUZZ_SEED:+-seed="$FUZZ_SEED"} "${corpora[@]}" || status=1
    grep -E 'number_of_executed_units|new_units_added' "$KOV_LOGS/fuzz-$name-${seconds}s.log" || true
done
exit $status
