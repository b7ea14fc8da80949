# SPDX-License-Identifier: Apache-2.0
"""A model on ONNX Runtime, from Keras's export on TensorFlow.

The export lies in FOLDER/NAME.onnx and its inputs in FOLDER/NAME.feed.npz, until zoo_times.py has
measured it.
"""

import os

import numpy as np

_TYPES = {"tensor(float)": "float32", "tensor(int32)": "int32", "tensor(int64)": "int64",
          "tensor(bool)": "bool", "tensor(double)": "float64"}


def run_onnx(folder, name):
    """Exports the model, runs the export, and says how far it is from JAX."""
    import zoo_rows
    import zoo_worker as worker
    row, x = worker.reference_of(folder, name)
    model = zoo_rows.build(name)
    model.set_weights(worker.read(folder, name, "weights"))
    path = os.path.join(folder, name + ".onnx")
    try:
        model(x, training=False)  # Keras exports what has been called
        model.export(path, format="onnx", verbose=False)
        opened = session(path)
        feed = feed_of(opened.get_inputs(), x, worker.model_keys(model, x) if isinstance(x, dict)
                     else None)
        found = [np.asarray(value) for value in opened.run(None, feed)]
        np.savez(os.path.join(folder, name + ".feed.npz"), **feed)
        return {"difference": worker.distance(found, worker.read(folder, name, "jax"))}
    except Exception:
        remove(folder, name)
        raise


def remove(folder, name):
    for ending in (".onnx", ".feed.npz"):
        if os.path.exists(os.path.join(folder, name + ending)):
            os.remove(os.path.join(folder, name + ending))


def session(path):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def call(folder, name):
    """A function that runs the export once."""
    opened = session(os.path.join(folder, name + ".onnx"))
    with np.load(os.path.join(folder, name + ".feed.npz")) as arrays:
        feed = {key: arrays[key] for key in arrays.files}
    return lambda: opened.run(None, feed)


def feed_of(entries, x, keys):
    """The inputs as the export names them: after the model's, or numbered."""
    values = x if keys else {"": x}
    keys = keys or [""]
    if len(entries) != len(keys):
        extra = [entry.name for entry in entries if not any(entry.name.endswith(k) for k in keys)]
        raise ValueError("tf2onnx made inputs of the model's constants: " + ", ".join(extra))
    feed = {}
    for key, entry in zip(keys, entries):
        named = [k for k in keys if k and entry.name.endswith(k)]
        value = values[max(named, key=len) if named else key]
        feed[entry.name] = value.astype(_TYPES.get(entry.type, value.dtype))
    return feed
