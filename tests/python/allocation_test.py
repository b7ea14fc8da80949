# SPDX-License-Identifier: Apache-2.0
"""Calls whose allocations fail one after another: of each way in which a call keeps memory, a few
functions. tools/calls/failing.py does it for all functions (make fuzz-calls)."""

import os
import pathlib
import subprocess
import sys

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "calls" / "failing.py"
FUNCTIONS = ("core.scatter core.slice math.irfft math.top_k nn.categorical_crossentropy nn.conv nn.fold "
             "numpy.concatenate numpy.gcd numpy.unique numpy.where random.gamma").split()


@pytest.mark.skipif(not os.environ.get("KOV_BUILD"), reason="KOV_BUILD names no build")
def test_each_allocation_of_a_call_may_fail():
    done = subprocess.run([sys.executable, str(TOOL), *FUNCTIONS], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(FUNCTIONS)} functions" in done.stdout


@pytest.mark.skipif(not os.environ.get("KOV_BUILD"), reason="KOV_BUILD names no build")
def test_some_allocations_of_plans_on_openvino_may_fail():
    pytest.importorskip("openvino")
    done = subprocess.run([sys.executable, str(TOOL), "--device", "CPU", "--most", "16", "numpy.mod", "nn.ctc_loss"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 functions" in done.stdout
