#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds $BUILD/dist/kov-*.whl with libkov and what manylinux systems lack inside, and tries it in an
# environment that holds nothing else but Keras. From BUILD, JOBS and PY.
set -euo pipefail

dist=$BUILD/dist
raw=$BUILD/wheel/raw
try=$BUILD/wheel/try
bin=$(dirname "$PY")
export KOV_LOGS=$BUILD/logs CMAKE_BUILD_PARALLEL_LEVEL=$JOBS

rm -rf "$dist" "$raw" "$try"
mkdir -p "$dist" "$raw"
tools/step.sh wheel-build env PATH="$bin:$PATH" "$PY" -m build --wheel --no-isolation \
    -C build-dir="$(realpath "$BUILD")/wheel/cmake" --outdir "$raw" .
tools/step.sh wheel-bundle env PATH="$bin:$PATH" "$PY" -m auditwheel repair -w "$dist" \
    "$raw"/kov-*.whl
tools/step.sh wheel-environment "$PY" -m venv "$try"
tools/step.sh wheel-install "$try/bin/python" -m pip install "$dist"/kov-*.whl \
    "$(grep '^keras==' requirements.txt)" "$(grep '^numpy==' requirements.txt)"
script=$(realpath tools/try_wheel.py)
(cd "$try" && KERAS_BACKEND=kov bin/python "$script")
echo "$dist: $(ls "$dist")"
