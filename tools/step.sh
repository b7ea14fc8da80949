#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/step.sh NAME COMMAND...
# Runs COMMAND quietly: its output goes to $KOV_LOGS/NAME.log (build/logs). On success one line is
# printed, and the closing lines of a test runner if there are any; on failure the end of the log
# and the name of the step.
set -uo pipefail

name=$1
shift
logs=${KOV_LOGS:-build/logs}
mkdir -p "$logs"
log=$logs/$name.log
start=$SECONDS
"$@" >"$log" 2>&1 </dev/null
status=$?
if [ $status -ne 0 ]; then
    tail -n "${KOV_LOG_LINES:-60}" "$log"
    echo "FAILED: $name ($*), whole log: $log" >&2
    exit $status
fi
grep -h -E '^([0-9]+% tests passed|[= ]*[0-9]+ passed|warning:)' "$log"
printf 'ok %-24s %4d s\n' "$name" $((SECONDS - start))
