# SPDX-License-Identifier: Apache-2.0
"""The include table holds in this tree, and the checker sees each kind of violation."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_includes


def test_this_tree_obeys_the_table():
    assert check_includes.check(ROOT) == []


def _tree(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return check_includes.check(root)


BASE = {
    "include/kov/status.h": "",
    "src/base/memory.h": "",
    "src/graph/node.h": '#include "base/memory.h"\n#include <kov/status.h>\n#include <stdio.h>\n',
    "src/formats/ir_write.h": "",
    "src/formats/zip.h": "",
    "src/runtime/load.h": '#include "formats/zip.h"\n',
    "src/openvino/compile.c": '#include "formats/ir_write.h"\n',
    "cli/main.c": '#include <kov/status.h>\n#include "cli_text.h"\n',
    "cli/cli_text.h": "",
    "tests/graph/node_test.c": '#include "graph/node.h"\n',
}


def test_an_obedient_tree_passes(tmp_path):
    assert _tree(tmp_path, BASE) == []


@pytest.mark.parametrize(
    "name, text",
    [
        ("src/base/bad.c", '#include "graph/node.h"\n'),
        ("src/tensor/bad.c", '#include "opset_ids.h"\n'),
        ("src/opset/bad.c", '#include "keras_functions.h"\n'),
        ("src/native/bad.c", '#include "formats/ir_write.h"\n'),
        ("src/native/kernels/bad.isa.c", '#  include "openvino/compile.h"\n'),
        ("src/openvino/bad.c", '#include "formats/zip.h"\n'),
        ("src/keras/bad.c", '#include "layers/dense.h"\n'),
        ("src/formats/bad.c", '#include "runtime/load.h"\n'),
        ("src/graph/bad.c", '#include "node.h"\n'),
        ("src/graph/bad.c", "#include <base/memory.h>\n"),
        ("src/graph/bad.c", "#include <kov/missing.h>\n"),
        ("src/unknown/bad.c", ""),
        ("include/kov/bad.h", '#include "base/memory.h"\n'),
        ("include/kov/bad.h", "#include <base/memory.h>\n"),
        ("cli/bad.c", '#include "base/memory.h"\n'),
        ("python/src/bad.c", '#include "keras_functions.h"\n'),
        ("examples/c/bad.c", '#include "graph/node.h"\n'),
    ],
)
def test_each_violation_is_seen(tmp_path, name, text):
    found = _tree(tmp_path, BASE | {name: text})
    assert len(found) == 1 and found[0].startswith(name)
