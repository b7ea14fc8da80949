# SPDX-License-Identifier: Apache-2.0
"""What of a function OpenVINO computes, by the plans of its cases: sizes known, seeds data;
float32, int32, bool."""

import json
import re

from case_kit import CORE_TYPES, cases_of
from engine_runs import Refused, Traced
from engine_table import ROOT, SPECS
from tables import read_tables

RECORD = ROOT / "docs" / "openvino.json"
_REFUSED = re.compile(r"^# native: (\w+): (.*?): %", re.M)
_EMPTY = re.compile(r"constants that have none|where there is no element")  # says nothing of others
_TYPE = re.compile(r"compute in (\w+)|(u?int64|uint32) that is not proven|(integers) ")


def recorded():
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def write(record):
    lines = [f"{json.dumps(name)}: {json.dumps(record[name])}" for name in sorted(record)]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def cases(name):
    """One case of each call and type: of the largest rank, neither empty nor large."""
    found = {}
    for case in cases_of(name, SPECS[name], CORE_TYPES):
        if case.call().kwargs.get("dtype") == "float64":
            continue
        size = 1
        for n in case.shape:
            size *= n
        best = found.get((case.variant, case.dtype))
        if best is None or (0 < size < 5000 and (best.shape == () or 0 in best.shape
                                                 or len(case.shape) >= len(best.shape))):
            found[case.variant, case.dtype] = case
    if not found:  # a function that has none of these types
        found = {case.variant: case for case in cases_of(name, SPECS[name])[:1]}
    return list(found.values())


def _lacking():
    """Operations of kov's own domain: where they stand before the run, of constants, they count too."""
    rows, _ = read_tables(str(ROOT / "src/opset/opset.def"), str(ROOT / "src/keras/keras_ops.def"))
    names = [row.name for row in rows if row.domain == "kov" and row.exactness == "NEVER" and row.name != "Composite"]
    return re.compile(r" = (%s)\(" % "|".join(names))


_KOV_NODE = _lacking()


def probe(case):
    """The operations of a case that OpenVINO does not compute, with the type where that is why."""
    try:
        traced = Traced(case, free=False, seeds=True)
    except Refused:
        return set()
    text = traced.plan("CPU").text()
    found = set(_KOV_NODE.findall(text))
    for operation, why in _REFUSED.findall(text):
        if _EMPTY.search(why):
            continue
        kind = next((word for match in _TYPE.finditer(why) for word in match.groups() if word), None)
        found.add(f"{operation} ({kind})" if kind and operation not in found else operation)
    return found
