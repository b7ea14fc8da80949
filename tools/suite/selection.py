# SPDX-License-Identifier: Apache-2.0
"""Which of Keras's test files are run, in which order and in how many parts."""

import collections
import os
import re

# What Keras's repository ignores too: these tests build models with downloaded weights.
IGNORED_FOLDER = "applications/"

# A file larger than this is run in parts, so that no process is the last one for long.
_BYTES_OF_PART = 100_000
# These take longer than their size says; what takes longest is begun first.
_SLOW = {
    "layers/preprocessing/stft_spectrogram_test.py",
    "trainers/data_adapters/array_data_adapter_test.py",
    "backend/common/variables_test.py",
    "layers/core/reversible_embedding_test.py",
    "layers/core/einsum_dense_test.py",
}

# One process's share of a file's tests: those at `index` when they are dealt out to `of` parts.
Part = collections.namedtuple("Part", "file index of")


def files(source, names=(), folders=(), expression=""):
    """Paths of test files below `source`; with `names` or `folders` only those; what takes longest
    comes first."""
    found = []
    for folder, _, there in os.walk(source):
        found += [os.path.relpath(os.path.join(folder, name), source)
                  for name in there if name.endswith("_test.py")]
    if not any(f"{name}/".startswith(IGNORED_FOLDER) for name in folders):
        found = [name for name in found if not name.startswith(IGNORED_FOLDER)]
    names = [name.removeprefix("keras/src/") for name in names]
    folders = [name.removeprefix("keras/src/").rstrip("/") + "/" for name in folders]
    if names or folders:
        found = [name for name in found
                 if name in names or any(name.startswith(folder) for folder in folders)]
    if re.fullmatch(r"\w+", expression):
        found = [name for name in found if _mentions(source, name, expression.lower())]
    size = {name: os.path.getsize(os.path.join(source, name)) for name in found}
    return sorted(found, key=lambda name: (name not in _SLOW, -size[name], name))


def parts(source, file):
    count = 1 + os.path.getsize(os.path.join(source, file)) // _BYTES_OF_PART
    return [Part(file, index, count) for index in range(count)]


def _mentions(source, name, word):
    """pytest's -k looks at the names of folders, file, class and test, without case."""
    with open(os.path.join(source, name), encoding="utf-8") as file:
        return word in name.lower() or word in file.read().lower()
