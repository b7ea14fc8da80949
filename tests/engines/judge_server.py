# SPDX-License-Identifier: Apache-2.0
"""Answers what Keras computes on another backend, in a process of its own: case keys come on
standard input, each list with whether 16-bit floats are to be given as float32; results go to
standard output; all pickled. KERAS_BACKEND says which backend."""

import os
import pickle
import sys
import warnings

_answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what is printed does not get between the answers

import keras  # noqa: E402
import numpy as np  # noqa: E402

from engine_table import arrays, case_of, flat, public  # noqa: E402


def given(array, widened):
    """JAX gives a NumPy array of bfloat16 other types than a tensor of its own."""
    if widened and array.dtype.name in ("float16", "bfloat16"):
        array = array.astype("float32")
    jax = keras.backend.backend() == "jax" and array.dtype.name == "bfloat16"
    return keras.ops.convert_to_tensor(array) if jax else array


def answer(key, widened):
    case = case_of(key)
    call = case.call()
    try:
        function = public(keras, case.function, case.spec.via)
        args, kwargs = arrays((call.args, call.kwargs), lambda array: given(array, widened))
        results = function(*args, **kwargs)
        return [np.asarray(keras.ops.convert_to_numpy(x)) for x in flat(results)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


def main():
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    while True:
        try:
            keys, widened = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump([answer(key, widened) for key in keys], _answers)
        _answers.flush()


if __name__ == "__main__":
    main()
