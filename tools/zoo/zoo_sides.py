# SPDX-License-Identifier: Apache-2.0
"""One side of a measurement, in a process of its own that zoo_times.py starts and tells what to do:
a line of JSON in, a line of JSON out.

    zoo_sides.py kov|onnx|jax FOLDER

{"load": NAME} makes ready what this side can run of the model and answers with its labels;
{"time": LABEL} answers with milliseconds.
"""

import json
import os
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]


def load_kov(folder, name):
    from kov import _core
    model, x = _weighted(folder, name)

    def on(device):
        def call():
            _core.set_device(device)
            model.predict_on_batch(x)

        return call

    calls = {device: on(device) for device in ("NATIVE", "CPU")}
    for call in calls.values():
        call()
    return calls


def load_jax(folder, name):
    """`predict_on_batch` as for kov; where the steps of a class do not take its tuples of data apart,
    the compiled call of the model."""
    import jax
    jax.clear_caches()
    model, x = _weighted(folder, name)
    call = lambda: jax.block_until_ready(model.predict_on_batch(x))  # noqa: E731
    try:
        call()
    except Exception:
        traceback.print_exc()
        compiled = jax.jit(lambda state, data: model.stateless_call(*state, data, training=False)[0])
        state = ([v.value for v in model.trainable_variables],
                 [v.value for v in model.non_trainable_variables])
        call = lambda: jax.block_until_ready(compiled(state, x))  # noqa: E731
        call()
    return {"JAX": call}


def load_onnx(folder, name):
    import zoo_onnx
    call = zoo_onnx.call(folder, name)
    call()
    return {"ONNX Runtime": call}


def _weighted(folder, name):
    import keras
    import zoo_rows
    import zoo_worker as worker
    keras.backend.clear_session()
    row, x = worker.reference_of(folder, name)
    model = zoo_rows.build(name)
    model.set_weights(worker.read(folder, name, "weights"))
    return model, x


LOAD = {"kov": load_kov, "jax": load_jax, "onnx": load_onnx}


def main():
    side, folder = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")  # what libraries print goes to the log
    os.dup2(2, 1)
    if side == "kov":
        try:
            import kov_hook  # noqa: F401
        except ImportError:
            pass
    import zoo_worker as worker
    calls = {}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if "load" in asked:
                calls.clear()
                calls.update(LOAD[side](folder, asked["load"]))
                answer = {"labels": list(calls)}
            else:
                answer = {"milliseconds": worker.milliseconds(calls[asked["time"]], budget=0.2,
                                                              most=200)}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
