# SPDX-License-Identifier: Apache-2.0
"""One side of the zoo, in a process of its own; the backend is the one that KERAS_BACKEND names.

    zoo_worker.py pictures FILE           photographs in the sizes that rows ask for
    zoo_worker.py kov FOLDER NAME...      build, fill (once); predict on both engines
    zoo_worker.py kov16 FOLDER NAME...    the same weights in 16 bits
    zoo_worker.py export FOLDER NAME...   write the model as IR, run that with OpenVINO alone
    zoo_worker.py seeds FOLDER NAME...    `generate` with samplers that draw
    zoo_worker.py judge FOLDER NAME...    the same model with those weights: results, noise, tokens
    zoo_worker.py onnx FOLDER NAME...     Keras's ONNX export, run by ONNX Runtime
    zoo_worker.py exact FOLDER NAME...    the same in float64
    zoo_worker.py judge16 FOLDER NAME...  the same in 16 bits
    zoo_worker.py other16 FOLDER NAME...  the same on TensorFlow

What is found goes to FOLDER/NAME.<action>.json, arrays to FOLDER/NAME.<what>.npz.
"""

import json
import os
import sys
import time
import traceback

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
SIZES = (32, 48, 64, 96, 128)


def flatten(outputs):
    """Results of a model as a list of arrays; 16-bit floats as float32."""
    import keras
    found = []
    for leaf in keras.tree.flatten(outputs):
        leaf = np.asarray(keras.ops.convert_to_numpy(leaf))
        found.append(leaf if leaf.dtype.kind in "iub" or leaf.dtype == np.float64
                     else leaf.astype("float32"))
    return found


def distance(got, want):
    """max|a-b|/max|b| over the outputs; infinite where integers, shapes or finiteness differ."""
    if len(got) != len(want):
        return float("inf")
    worst = 0.0
    for a, b in zip(got, want):
        if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
            return float("inf")
        if b.dtype.kind in "iub":
            worst = worst if np.array_equal(a, b) else float("inf")
        elif b.size:
            ok = np.isfinite(b)
            if not np.array_equal(a[~ok], b[~ok], equal_nan=True) or not ok.any():
                return float("inf")
            scale = np.abs(b[ok]).max()
            worst = max(worst, float(np.abs(a[ok] - b[ok]).max() / (scale if scale else 1)))
    return worst


def scatter(got, want):
    """Root mean square of the differences over that of the numbers, all outputs together: for errors
    of rounding, whose largest says less than their size in general."""
    pairs = [(a.astype("float64"), b.astype("float64")) for a, b in zip(got, want)
             if b.dtype.kind == "f"]
    wrong = sum(np.square(a - b)[np.isfinite(b)].sum() for a, b in pairs)
    whole = sum(np.square(b)[np.isfinite(b)].sum() for _, b in pairs)
    return float(np.sqrt(wrong / whole)) if whole else 0.0


def milliseconds(call, budget=1.0, most=9):
    """Median of a few calls; the first is not counted."""
    call()
    times, start = [], time.perf_counter()
    while len(times) < most and (len(times) < 3 or time.perf_counter() - start < budget):
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return sorted(times)[len(times) // 2] * 1e3


def save(folder, name, what, arrays):
    np.savez(os.path.join(folder, f"{name}.{what}.npz"),
             **{str(i): array for i, array in enumerate(arrays)})


def read(folder, name, what):
    with np.load(os.path.join(folder, f"{name}.{what}.npz")) as arrays:
        return [arrays[str(i)] for i in range(len(arrays.files))]


def pictures(folder):
    with np.load(os.path.join(folder, "pictures.npz")) as arrays:
        return {size: arrays[size] for size in arrays.files}


def predict(model, x):
    """By `predict`: Keras's `predict_on_batch` on JAX hands a step its data in a tuple, which the
    steps of some classes do not take apart."""
    import zoo_rows
    return flatten(model.predict(x, batch_size=zoo_rows.BATCH, verbose=0))


def partitions(model):
    """The parts of each plan that `predict` made on the device in use."""
    from kov import _core
    for cell in model.predict_function.__closure__:
        for key, plans in getattr(cell.cell_contents, "_plans", {}).items():
            if key[0] == _core.get_device() and plans:
                return max(plan.plan.partition_count for plan in plans)
    return 0


def prompt(row, x):
    """Tokens to continue: two rows, one with a shorter prompt."""
    rng = np.random.default_rng(13)
    length, given, high = row.generate
    token_ids = rng.integers(3, high, (2, length)).astype("int32")
    lengths = np.array([given, max(1, given - 2)])[:, None]
    mask = np.arange(length)[None] < lengths
    prefix = "decoder_" if "decoder_token_ids" in x else ""
    return {**x, prefix + "token_ids": token_ids * mask, prefix + "padding_mask": mask,
            **row.prompt}


def generated(model, row, x):
    found = model.generate(prompt(row, x), stop_token_ids=None)
    if isinstance(found, dict):
        found = found["token_ids" if "token_ids" in found else "decoder_token_ids"]
    return np.asarray(found)


SAMPLERS = ("greedy", "beam", "contrastive")
DRAWING = ("top_k", "top_p", "random")


def sampler_of(name, seed=None):
    import keras_hub
    return {"greedy": lambda: keras_hub.samplers.GreedySampler(),
            "beam": lambda: keras_hub.samplers.BeamSampler(num_beams=3),
            "contrastive": lambda: keras_hub.samplers.ContrastiveSampler(k=4, alpha=0.3),
            "top_k": lambda: keras_hub.samplers.TopKSampler(k=5, seed=seed),
            "top_p": lambda: keras_hub.samplers.TopPSampler(p=0.6, seed=seed),
            "random": lambda: keras_hub.samplers.RandomSampler(temperature=0.7, seed=seed),
            }[name]()


def texts(model, row, x, folder, name, action):
    """Tokens by each sampler: saved, with the seconds of a second call."""
    found, seconds = [], {}
    for sampler in SAMPLERS:
        try:
            model.compile(sampler=sampler_of(sampler))
            found.append(generated(model, row, x))
            start = time.perf_counter()
            generated(model, row, x)
            seconds[sampler] = time.perf_counter() - start
        except Exception as error:
            traceback.print_exc()
            found.append(np.zeros(0, "int32"))
            seconds[sampler] = f"{type(error).__name__}: {error}"[:300]
    save(folder, name, action + "-tokens", found)
    return seconds


def reference_of(folder, name):
    import zoo_rows
    row = zoo_rows.find(name)
    return row, zoo_rows.inputs(row, pictures(folder))


def weighted(folder, name):
    """The row's model with its weights: filled by who comes first, and kept."""
    import zoo_fill
    import zoo_rows
    row, model = zoo_rows.find(name), zoo_rows.build(name)
    if os.path.exists(os.path.join(folder, f"{name}.weights.npz")):
        model.set_weights(read(folder, name, "weights"))
    else:
        zoo_fill.fill(model, row, zoo_rows.inputs(row, pictures(folder), 8))
        save(folder, name, "weights", model.get_weights())
    return model


def run_kov(folder, name):
    import keras
    from kov import _core

    row, x = reference_of(folder, name)
    keras.utils.set_random_seed(5)
    _core.set_device("NATIVE")
    model = weighted(folder, name)
    result = {"parameters": model.count_params(), "class": type(model).__name__,
              "build": os.environ.get("KOV_ZOO_BUILD", "")}
    first = None
    for device in ("NATIVE", "CPU"):
        _core.set_device(device)
        outputs = flatten(model.predict_on_batch(x))
        first = first or outputs
        save(folder, name, device, outputs)
        result[device] = {"milliseconds": milliseconds(lambda: model.predict_on_batch(x)),
                          "partitions": partitions(model)}
    _core.set_device("NATIVE")
    if row.generate:
        result["generate"] = texts(model, row, x, folder, name, "kov")
    result["saved"] = saved(model, folder, name, x, first)
    return result


def saved(model, folder, name, x, want):
    """Whether the model, saved and loaded, gives the same bits."""
    import keras
    path = os.path.join(folder, name + ".keras")
    try:
        model.save(path)
        again = flatten(keras.models.load_model(path, compile=False).predict_on_batch(x))
        return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(again, want))
    except Exception as error:
        traceback.print_exc()
        return f"{type(error).__name__}: {error}"[:300]
    finally:
        if os.path.exists(path):
            os.remove(path)


def run_kov_16(folder, name):
    """The same weights, computed in 16 bits on both engines."""
    import keras
    from kov import _core

    import zoo_rows
    row, x = reference_of(folder, name)
    weights, result = read(folder, name, "weights"), {}
    for policy in row.policies:
        keras.config.set_dtype_policy(policy)
        try:
            model = zoo_rows.build(name)
            model.set_weights(weights)
            for device in ("NATIVE", "CPU"):
                _core.set_device(device)
                save(folder, name, f"{policy}.{device}", flatten(model.predict_on_batch(x)))
            result[policy] = True
        except Exception as error:
            traceback.print_exc()
            result[policy] = f"{type(error).__name__}: {error}"[:300]
        finally:
            keras.config.set_dtype_policy("float32")
            _core.set_device("NATIVE")
    return result


def run_export(folder, name):
    """The model as IR, by OpenVINO alone, against the model called."""
    import keras
    import openvino

    row, x = reference_of(folder, name)
    keras.utils.set_random_seed(5)
    model = weighted(folder, name)
    want = flatten(model(x, training=False))  # some classes' `predict` goes on with the result
    path = os.path.join(folder, name + ".xml")
    try:
        options = {}
        try:
            model.export(path, format="openvino", verbose=False)
        except Exception:  # code that reckons with sizes needs to know them
            traceback.print_exc()
            options = {"input_signature": [known_sizes(model, x)]}
            model.export(path, format="openvino", verbose=False, **options)
        core = openvino.Core()
        network = core.compile_model(core.read_model(path), "CPU",
                                     {"INFERENCE_PRECISION_HINT": "f32"})
        values = [x[key] for key in model_keys(model, x)] if isinstance(x, dict) else [x]
        found = network([value.astype(entry.element_type.to_dtype().name, copy=False)
                         for value, entry in zip(values, network.inputs)])
        got = [np.asarray(found[i]) for i in range(len(want))]
    finally:
        for ending in (".xml", ".bin"):
            if os.path.exists(path[:-4] + ending):
                os.remove(path[:-4] + ending)
    return {"difference": distance(got, want), "free sizes": not options}


def known_sizes(model, x):
    """The model's inputs with the shapes of the arrays."""
    import keras

    def spec(entry):
        array = x[entry.name] if isinstance(x, dict) else x
        return keras.InputSpec(shape=array.shape, dtype=entry.dtype)

    return keras.tree.map_structure(spec, model._inputs_struct)


def model_keys(model, x):
    """The inputs in the order of the exported graph."""
    import keras
    names = [each.name for each in keras.tree.flatten(getattr(model, "_inputs_struct", None))
             if each is not None]
    return names if set(names) == set(x) else sorted(x)


def run_seeds(folder, name):
    """The same tokens for the same seed, other ones for another, and none beyond the vocabulary."""
    import keras

    row, x = reference_of(folder, name)
    keras.utils.set_random_seed(5)
    model = weighted(folder, name)
    result = {}
    for sampler in DRAWING:
        try:
            found = []
            for seed in (3, 3, 4, 5):
                model.compile(sampler=sampler_of(sampler, seed))
                found.append(generated(model, row, x))
            result[sampler] = ("other tokens for the same seed"
                               if not np.array_equal(found[0], found[1])
                               else "the seed does not count"
                               if all(np.array_equal(found[0], f) for f in found[2:])
                               else "no such token"
                               if any(f.min() < 0 or f.max() >= row.generate[2] for f in found)
                               else True)
        except Exception as error:
            traceback.print_exc()
            result[sampler] = f"{type(error).__name__}: {error}"[:300]
    return result


def run_judge(folder, name):
    import models
    import zoo_rows
    row, x = reference_of(folder, name)
    model = zoo_rows.build(name)
    weights = read(folder, name, "weights")
    model.set_weights(weights)
    want = predict(model, x)
    save(folder, name, "jax", want)
    result = {"largest": max((float(np.abs(w[np.isfinite(w)]).max()) for w in want if w.size),
                             default=0.0)}
    if row.generate:
        result["generate"] = texts(model, row, x, folder, name, "jax")
    with open(os.path.join(folder, name + ".kov.json"), encoding="utf-8") as file:
        if json.load(file).get("saved") is not True:
            result["saved"] = saved(model, folder, name, x, want)
    result["noise in"] = models.add_noise(model)
    result["noise"] = distance(predict(model, x), want)
    if not result["noise"] > 5e-5:
        # The kernel of a gate that is almost shut, for example.
        model.set_weights(weights)
        result["noise in"] = models.add_noise(model, largest=True)
        result["noise"] = distance(predict(model, x), want)
    return result


def run_judge_16(folder, name):
    """Another backend in 16 bits, where float32 is no fair judge of a deep net's 16 bits."""
    import keras

    import zoo_rows
    row, x = reference_of(folder, name)
    backend = keras.backend.backend()
    result = {}
    for policy in row.policies:
        keras.config.set_dtype_policy(policy)
        try:
            model = zoo_rows.build(name)
            model.set_weights(read(folder, name, "weights"))
            if backend == "tensorflow":
                model.compile(jit_compile=False)  # as in run_exact
            save(folder, name, f"{policy}.{backend}", predict(model, x))
            result[policy] = True
        except Exception as error:  # XLA has not all of float16 on a CPU
            traceback.print_exc()
            result[policy] = f"{type(error).__name__}: {error}"[:300]
        finally:
            keras.config.set_dtype_policy("float32")
    return result


def run_exact(folder, name):
    import keras

    import zoo_rows
    row, x = reference_of(folder, name)
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    model = zoo_rows.build(name)
    model.set_weights([w.astype("float64") if w.dtype.kind == "f" else w
                       for w in read(folder, name, "weights")])
    wide = {k: v.astype("float64") if v.dtype.kind == "f" else v for k, v in x.items()} \
        if isinstance(x, dict) else x.astype("float64")
    model.compile(jit_compile=False)  # XLA would take longer than the one batch
    outputs = predict(model, wide)
    save(folder, name, "exact", outputs)
    return {"dtype": str(outputs[0].dtype)}


def run_onnx(folder, name):
    import zoo_onnx
    return zoo_onnx.run_onnx(folder, name)


ACTIONS = {"kov": run_kov, "kov16": run_kov_16, "judge": run_judge,
           "judge16": run_judge_16, "other16": run_judge_16, "exact": run_exact,
           "onnx": run_onnx, "export": run_export, "seeds": run_seeds}


def main():
    action, folder, *names = sys.argv[1:]
    if action == "pictures":
        import models
        found = {str(size): models.pictures(8, size).astype("uint8") for size in SIZES}
        np.savez(os.path.join(folder, "pictures.npz"), **found)
        return
    if os.environ["KERAS_BACKEND"] == "kov":
        try:
            import kov_hook  # noqa: F401
        except ImportError:
            pass
    for name in names:
        print("==", name, file=sys.stderr, flush=True)
        start = time.time()
        try:
            result = ACTIONS[action](folder, name)
        except Exception as error:
            traceback.print_exc()
            text = f"{type(error).__name__}: {error}".replace(os.path.join(folder, ""), "")
            result = {"error": text[:600]}
        result["seconds"] = round(time.time() - start, 1)
        path = os.path.join(folder, f"{name}.{action}.json")
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
        os.replace(path + ".part", path)
        import keras
        keras.backend.clear_session()
        if keras.backend.backend() == "jax":
            import jax
            jax.clear_caches()


if __name__ == "__main__":
    main()
