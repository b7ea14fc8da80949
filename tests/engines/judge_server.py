# SPDX-License-Identifier: Apache-2.0
"""Answers what Keras computes on another backend, in a process of its own: case keys come on
standard input, results go to standard output, both pickled. KERAS_BACKEND says which backend."""

import os
import pickle
import sys
import warnings

_answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what is printed does not get between the answers

import keras  # noqa: E402
import numpy as np  # noqa: E402

from engine_table import case_of, flat, public  # noqa: E402


def answer(key):
    case = case_of(key)
    call = case.call()
    try:
        function = public(keras, case.function, case.spec.via)
        results = function(*call.args, **call.kwargs)
        return [np.asarray(keras.ops.convert_to_numpy(x)) for x in flat(results)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


def main():
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    while True:
        try:
            keys = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump([answer(key) for key in keys], _answers)
        _answers.flush()


if __name__ == "__main__":
    main()
