# SPDX-License-Identifier: Apache-2.0
"""What the two sides of a model say, held against the limits."""

import numpy as np

import zoo_rows
import zoo_worker as worker

LIMIT = 5e-5
LIMIT_16 = 2e-2
# An engine may differ from JAX by more than LIMIT where the net itself magnifies rounding: then
# float64 judges, and the engine's error may be this many times JAX's own. Natively it is that of
# Winograd's convolutions over direct sums (src/native/kernels/conv/conv_nhwc.h).
FACTOR = {"NATIVE": 4.0, "CPU": 2.0}
# Beyond LIMIT_16, another backend in the same 16 bits is the yardstick: JAX, or TensorFlow where JAX on
# a CPU has no such product. An engine may scatter this many times as far from float32 as it does. Where
# they round the same things, the ratio is about 1 (natively the worst is 1.4); what OpenVINO's plugin
# fuses it rounds at other places. A yardstick that is half as long as the numbers themselves measures
# nothing.
FACTOR_16 = {"NATIVE": 2.0, "CPU": 3.0}
USELESS_16 = 0.5
ENGINES = tuple(FACTOR)


def compare(folder, name, row, read, work):
    """A record for build/models.json; `problems` lists what is beyond a limit. None: not run."""
    ours, theirs = read(name, "kov"), read(name, "judge")
    for side, found in (("kov", ours), ("JAX", theirs)):
        if found is None:
            return None
        if "error" in found:
            return {"problems": [f"{side}: {found['error']}"]}
    record = {"parameters": ours["parameters"], "class": ours["class"], "problems": []}
    problems = record["problems"]
    want = worker.read(folder, name, "jax")
    record["1 % noise"] = theirs["noise"]
    if not theirs["noise"] > LIMIT:
        problems.append(f"1 % noise in {theirs['noise in']} changes only {theirs['noise']:.2g}")
    for engine in ENGINES:
        difference = worker.distance(worker.read(folder, name, engine), want)
        record[engine] = {"difference": difference, **ours[engine]}
        if difference > LIMIT:
            judge_exactly(folder, name, engine, record, want, read, work)
    onnx = read(name, "onnx")
    if onnx:
        record["ONNX Runtime"] = {key: onnx[key] for key in ("difference", "error") if key in onnx}
    times = read(name, "times")
    if times:
        record["milliseconds"] = times
    record["saved"] = ours["saved"]
    if ours["saved"] is not True:
        # Not every class of keras-hub comes back as it was; what JAX cannot do is not asked.
        record["saved"] = theirs.get("saved", "not tried on JAX")
        if record["saved"] is not False and record["saved"] != ours["saved"]:
            problems.append("saved and loaded: " + (ours["saved"] or "other bits"))
    exported = read(name, "export") or {}
    if "error" in exported:
        record["IR"] = "no"
        record["problems"].append(f"export: {exported['error']}")
    elif exported:
        record["IR"] = exported["difference"]
        record["IR of free sizes"] = exported.get("free sizes", True)
        # A net that magnifies rounding does so here as well.
        if record["IR"] > max(LIMIT, *(2 * record[engine]["difference"] for engine in ENGINES)):
            problems.append(f"export: OpenVINO alone is {record['IR']:.2g} off")
    if row.policies:
        in_16_bits(folder, name, row, read(name, "kov16") or {}, want, record, read, work)
    if row.generate:
        tokens(folder, name, ours, theirs, record, read)
    return record


def judge_exactly(folder, name, engine, record, want, read, work):
    """Beyond the limit: is it the net? Keras on TensorFlow in float64 says how far each is off."""
    work("exact", [name])
    found = read(name, "exact") or {"error": "not run"}
    difference = record[engine]["difference"]
    if "error" in found or found["dtype"] != "float64":
        record["problems"].append(f"{engine}: {difference:.2g} from JAX")
        return
    exact = worker.read(folder, name, "exact")
    record["JAX error"] = worker.distance(want, exact)
    error = record[engine]["error"] = worker.distance(worker.read(folder, name, engine), exact)
    if error > LIMIT and error > FACTOR[engine] * record["JAX error"]:
        record["problems"].append(f"{engine}: {difference:.2g} from JAX, {error:.2g} from float64, "
                                  f"JAX {record['JAX error']:.2g}")


def in_16_bits(folder, name, row, ours, want, record, read, work):
    for policy in row.policies:
        if ours.get(policy) is not True:
            record["problems"].append(f"{policy}: {ours.get(policy, 'not run')}")
            continue
        got = {engine: worker.read(folder, name, f"{policy}.{engine}") for engine in ENGINES}
        worst = record[policy] = max(worker.distance(got[engine], want) for engine in ENGINES)
        if worst <= LIMIT_16:
            continue
        for action, backend in (("judge16", "jax"), ("other16", "tensorflow")):
            work(action, [name])
            if (read(name, action) or {}).get(policy) is True:
                break
        else:
            record["problems"].append(f"{policy}: {worst:.2g} from JAX in float32")
            continue
        reference = worker.read(folder, name, f"{policy}.{backend}")
        found = record[f"{policy} scatter"] = {"of": backend}
        record["problems"] += [f"{policy}: {text}" for text in
                               judge_16(got, reference, want, found)]


def judge_16(got, reference, want, found):
    """What is wrong with the engines' results, the other backend's in the same 16 bits beside them. What
    overflows there is no number to compare with, but what does not must be finite here too."""
    shapes = [a.shape for a in want]
    if any([a.shape for a in arrays] != shapes for arrays in (reference, *got.values())):
        yield "other shapes than in float32"
        return
    kept = [np.isfinite(a) for a in reference]
    found["not finite"] = sum(int((~k).sum()) for k in kept)
    if not any(k.any() for k in kept):
        return

    def scatter(arrays):
        return worker.scatter([a[k] for a, k in zip(arrays, kept)],
                              [a[k] for a, k in zip(want, kept)])

    yardstick = found["yardstick"] = scatter(reference)
    if yardstick > USELESS_16:
        yield f"scatters {yardstick:.2g} around float32 on {found['of']}"
    for engine in ENGINES:
        if not all(np.isfinite(a[k]).all() for a, k in zip(got[engine], kept)):
            yield f"{engine}: not finite where {found['of']} is"
            continue
        far = found[engine] = scatter(got[engine])
        if not far <= FACTOR_16[engine] * yardstick:
            yield f"{engine}: scatters {far:.2g} around float32, {found['of']} {yardstick:.2g}"


def tokens(folder, name, ours, theirs, record, read):
    """Sampler -> whether the tokens are JAX's; what JAX cannot do is not asked."""
    record["tokens"] = {}
    got, want = (worker.read(folder, name, side + "-tokens") for side in ("kov", "jax"))
    for sampler, a, b in zip(worker.SAMPLERS, got, want):
        if not b.size:
            record["tokens"][sampler] = "not on JAX: " + str(theirs["generate"][sampler])[:120]
            continue
        equal = record["tokens"][sampler] = bool(np.array_equal(a, b))
        if not equal:
            record["problems"].append(f"{sampler}: {ours['generate'][sampler]}" if not a.size
                                      else f"{sampler}: other tokens")
    for sampler in worker.DRAWING:
        found = (read(name, "seeds") or {}).get(sampler)
        if found is not None:
            record["tokens"][sampler] = found
            if found is not True:
                record["problems"].append(f"{sampler}: {found}")
