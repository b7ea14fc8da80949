# SPDX-License-Identifier: Apache-2.0
"""Runs functions of the case tables of this folder in a process whose KERAS_BACKEND is another, or
whose Python has other packages: pickled (module, function, arguments) come on standard input, pickled
(result, None) or (None, error text) go to standard output."""

import importlib
import os
import pickle
import sys
import traceback
import warnings

if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed does not get between the answers
    warnings.simplefilter("ignore")
    if os.environ["KERAS_BACKEND"] == "kov":
        import kov  # noqa: F401  puts the finder in place
    while True:
        try:
            module, function, arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        try:
            answer = (getattr(importlib.import_module(module), function)(*arguments), None)
        except Exception:
            answer = (None, traceback.format_exc())
        pickle.dump(answer, answers)
        answers.flush()
