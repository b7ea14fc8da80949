# SPDX-License-Identifier: Apache-2.0
"""Every function of the table x type x awkward shape: the reference interpreter, eager calls, traced
plans on the native engine and on OpenVINO agree with each other and with Keras on NumPy or JAX.

A few cases per function, the same ones each time; with KOV_ENGINES=whole, all of them, and with
KOV_ENGINES=8 one in eight. With KOV_ENGINES_RECORD=FILE each function leaves a line there, and those
that have one are passed over: a run that was cut short goes on. A new function has no case, and fails here, until cases_*.py has a line for
it. Keras on another backend runs in the Python that KOV_JUDGE names; without it the engines are
compared with each other alone.
"""

import importlib.util
import json
import os
import time
import zlib

import pytest

from engine_table import SPECS, functions
from case_kit import CORE_TYPES, cases_of
from engine_runs import DEVICES, Judge, Refused, Traced, difference, eagerly, has_judge

FUNCTIONS = functions()
MODE = os.environ.get("KOV_ENGINES", "")
RECORD = os.environ.get("KOV_ENGINES_RECORD", "")
FEW = 2  # groups of cases per function


def groups_of(name):
    """The cases of one call, type and rank, which mostly share one graph."""
    spec, groups = SPECS[name], {}
    for case in cases_of(name, spec):
        groups.setdefault((case.variant, case.dtype, len(case.shape)), []).append(case)
    return list(groups.values())


def chosen(name):
    groups = sorted(groups_of(name), key=lambda group: zlib.crc32(group[0].id.encode()))
    if MODE == "whole":
        return groups
    if MODE:
        return groups[:: int(MODE)]
    core = [group for group in groups if group[0].dtype in CORE_TYPES]
    return (core or groups)[:FEW]


def test_every_function_has_cases_and_no_other():
    assert set(FUNCTIONS) - set(SPECS) == set(), "cases_*.py has no line for these functions"
    assert set(SPECS) - set(FUNCTIONS) == set(), "no row of keras_ops.def has these names"
    for name in FUNCTIONS:
        variants = {case.variant for case in cases_of(name, SPECS[name])}
        assert variants == set(range(len(SPECS[name].calls))), f"{name}: calls without a case"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_engines_agree(name):
    if name in recorded():
        pytest.skip("stands in KOV_ENGINES_RECORD")
    wrong, groups, start = [], chosen(name), time.monotonic()
    for group in groups:
        wrong += check_group(group)
    if RECORD:
        write_record({"function": name, "cases": sum(map(len, groups)), "disagreements": wrong,
                      "seconds": round(time.monotonic() - start, 1)})
    assert not wrong, f"{len(wrong)} disagreements\n" + "\n".join(wrong[:40])


@pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="OpenVINO is not installed")
def test_record_of_openvino_is_current():
    """One case of each function, with KOV_ENGINES=whole all: `tools/probe_openvino.py --write --new`."""
    import openvino_probe as of_openvino

    record, wrong = of_openvino.recorded(), []
    assert set(record) == set(FUNCTIONS), "docs/openvino.json: run tools/probe_openvino.py --write --new"
    for name in FUNCTIONS:
        tried = sorted(of_openvino.cases(name), key=lambda case: zlib.crc32(case.id.encode()))
        for case in tried if MODE == "whole" else tried[:1]:
            more = of_openvino.probe(case) - set(record[name])
            wrong += [f"{case.id}: {more}"] if more else []
    assert not wrong, "\n".join(wrong)


def recorded():
    if not os.path.exists(RECORD):
        return []
    with open(RECORD, encoding="utf-8") as file:
        return [json.loads(line)["function"] for line in file]


def write_record(entry):
    with open(RECORD, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def devices():
    has_openvino = importlib.util.find_spec("openvino") is not None
    return DEVICES if has_openvino else DEVICES[:-1]


def check_group(group):
    wrong, plans, traced = [], {}, None
    verdicts = judge(group)
    for case, verdict in zip(group, verdicts):
        try:
            eager = eagerly(case)
        except Refused as refusal:
            wrong += refused(case, verdict, refusal)
            continue
        try:
            if traced is None or not traced.serves(case):
                traced, plans = Traced(case), {}
                plans = {device: traced.plan(device) for device in devices()}
            results = {device: traced.run(plan, case) for device, plan in plans.items()}
        except Exception as error:
            wrong.append(f"{case.id}: traced: {type(error).__name__}: {error}"[:400])
            traced = None
            continue
        for device in list(results)[1:]:
            found = difference(results[device], results["REFERENCE"], case.spec)
            wrong += [f"{case.id}: {device}, traced, for the reference: {found}"] if found else []
        found = difference(eager, results["REFERENCE"], case.spec)
        wrong += [f"{case.id}: eager for the reference: {found}"] if found else []
        wrong += judged(case, verdict, eager)
    return wrong


def judge(group):
    spec = group[0].spec
    if callable(spec.judge):
        return [_by_function(spec.judge, case) for case in group]
    if not has_judge() or spec.judge == "backend":
        return [None] * len(group)
    return Judge.of("jax" if spec.judge == "jax" else "numpy")(group)


def _by_function(function, case):
    import numpy as np
    from engine_table import flat

    call = case.call()
    return [np.asarray(x) for x in flat(function(*call.args, **call.kwargs))]


def judged(case, verdict, have):
    """Against the first judge, and where that one does not know or does not agree, the second; where
    these round every step to 16 bits, against the first's results of the same numbers in float32."""
    if verdict is None:
        return []
    found = None if isinstance(verdict, str) else difference(have, verdict, case.spec, judged=True)
    if callable(case.spec.judge) or case.spec.judge == "jax" or not has_judge():
        return [f"{case.id}: for the judge: {found}"] if found else []
    if not found and not isinstance(verdict, str):
        return []
    second = Judge.of("jax")([case])[0]
    also = None if isinstance(second, str) else difference(have, second, case.spec, judged=True)
    if not also and not isinstance(second, str):
        return []
    if not found and not also:
        return []  # neither judge knows
    if case.dtype in ("float16", "bfloat16") and agrees_with_wider(case, have):
        return []
    return [f"{case.id}: for NumPy: {found or verdict}; for JAX: {also or second}"]


def agrees_with_wider(case, have):
    import numpy as np

    verdict = Judge.of("numpy")([case], widened=True)[0]
    if isinstance(verdict, str):
        return False
    with np.errstate(over="ignore"):
        verdict = [x.astype(y.dtype) if x.dtype == np.float32 else x for x, y in zip(verdict, have)]
    return difference(have, verdict, case.spec, judged=True) is None


def refused(case, verdict, refusal):
    """kov may refuse what no judge computes; without a Python for the judges nothing is known."""
    if isinstance(verdict, list) or (verdict is None and has_judge()):
        return [f"{case.id}: refused: {refusal}"]
    if isinstance(verdict, str) and has_judge() and case.spec.judge != "jax":
        second = Judge.of("jax")([case])[0]
        if isinstance(second, list):
            return [f"{case.id}: refused: {refusal}; JAX computes it"]
    return []
