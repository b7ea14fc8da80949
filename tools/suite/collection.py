# SPDX-License-Identifier: Apache-2.0
"""Which tests Keras has: by file their number and a digest of their ids, as Keras collects them for
its own backend "openvino" with the one flag set that kov sets and upstream does not
(SUPPORTS_COMPLEX_DTYPES, which adds tests). A run on kov must collect the same. The list is written
by `tools/keras_suite.py --write-list`."""

import os

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras_tests.tsv")


def of_log(rows):
    """(number of tests, digest) by file, as a process collected them; files without tests are not in."""
    return {row["file"]: (row["collected"], row["digest"]) for row in rows if "collected" in row}


def expected():
    """By file; the first line names the version of Keras."""
    with open(PATH, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    return {name: (int(count), digest) for name, count, digest in lines[1:]}


def write(version, found):
    with open(PATH, "w", encoding="utf-8") as file:
        file.write(f"keras {version}\t{sum(count for count, _ in found.values())} tests\n")
        for name, (count, digest) in sorted(found.items()):
            file.write(f"{name}\t{count}\t{digest}\n")


def differing(found):
    """Files whose tests are not those of the list, as text."""
    want = expected()
    return [f"{name}: {found.get(name, ('none', ''))[0]} collected, {want.get(name, ('none', ''))[0]} in the list"
            for name in sorted(set(want) | set(found)) if want.get(name) != found.get(name)]
