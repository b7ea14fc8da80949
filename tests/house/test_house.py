# SPDX-License-Identifier: Apache-2.0
"""The house rules hold in this tree, and the checker sees each kind of violation."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_house

C_LINE = "/* " + check_house.SPDX + " */\n"
PY_LINE = "# " + check_house.SPDX + "\n"


def test_this_tree_keeps_the_rules():
    assert check_house.check(ROOT) == []


def _tree(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return check_house.check(root)


BASE = {
    "src/graph/node.c": C_LINE + "int kov_node(void);\n",
    "include/kov/graph.h": C_LINE,
    "src/graph/graph.h": C_LINE,
    "python/kov/__init__.py": PY_LINE,
    "python/kov/ops/nn.py": PY_LINE,
    "python/kov/served/nn.py": PY_LINE,
    "src/base/text.c": C_LINE + 'const char *text = "a place' + 'holder";\n',
    "tools/try.sh": "#!/bin/sh\n" + PY_LINE,
    "docs/page.md": "Text without the line; an ONNX place" + "holder is named here.\n",
    "LICENSE": "no line\n",
}


def test_an_obedient_tree_passes(tmp_path):
    assert _tree(tmp_path, BASE) == []


@pytest.mark.parametrize(
    "name, text, word",
    [
        ("src/base/a.c", "int a;\n", "SPDX"),
        ("src/base/a.c", "int a;\nint b;\n" + C_LINE, "SPDX"),
        ("python/kov/a.py", "", "SPDX"),
        ("src/opset/a.def", "A()\n", "SPDX"),
        ("src/passes/node.c", C_LINE, "unique"),
        ("python/src/node.c", C_LINE, None),
        ("python/other/ops/nn.py", PY_LINE, "unique"),
        ("src/base/a.c", C_LINE + "int a;\n" * check_house.MAX_LINES, "lines"),
        ("docs/a.md", "see /wo" + "rk/main\n", "path"),
        ("docs/a.md", "see /ho" + "me/someone\n", "path"),
        ("tools/a.py", PY_LINE + "U = 'https://py" + "pi.org/simple'\n", "registry"),
        ("docs/a.md", "see [this](missing.md#part)\n", "link"),
        ("docs/a.md", "written by an A" + "I\n", "wrote"),
        ("docs/a.md", "written by Cl" + "aude\n", "wrote"),
        ("docs/a.md", "one of several Ag" + "ents\n", "wrote"),
        ("src/base/a.c", C_LINE + "/* TO" + "DO: more */\n", "unfinished"),
        ("src/base/a.c", C_LINE + "/* a st" + "ub */\n", "unfinished"),
        ("python/kov/a.py", PY_LINE + "# FIX" + "ME\n", "unfinished"),
    ],
)
def test_each_violation_is_seen(tmp_path, name, text, word):
    found = _tree(tmp_path, BASE | {name: text})
    if word is None:
        assert found == []
    else:
        assert len(found) == 1 and word in found[0], found


def test_words_inside_words_are_no_violation(tmp_path):
    text = "magenta, reagent, hacksaw, stubborn, MAIN, TODOS, networking on /workspace\n"
    assert _tree(tmp_path, BASE | {"docs/a.md": text}) == []


def test_links_that_lead_somewhere_are_no_violation(tmp_path):
    text = "[a](page.md) [b](../LICENSE) [c](page.md#part) [d](#part) [e](https://example.org/x)\n"
    assert _tree(tmp_path, BASE | {"docs/a.md": text}) == []


def test_binary_kinds_are_skipped_and_other_bytes_reported(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.png").write_bytes(b"\x89PNG\xff\xfe")
    (tmp_path / "docs/a.xyz").write_bytes(b"\xff\xfe\xff")
    found = check_house.check(tmp_path)
    assert len(found) == 1 and found[0].startswith("docs/a.xyz")


def test_large_folders_and_files_are_warned_of(tmp_path):
    files = {f"src/base/f{i}.c": C_LINE for i in range(check_house.MANY_FILES + 1)}
    files["src/graph/long.c"] = C_LINE + "int a;\n" * check_house.MANY_LINES
    assert _tree(tmp_path, files) == []
    found = list(check_house.warnings(tmp_path, check_house.files(tmp_path)))
    assert [line.split()[1] for line in found] == ["src/base", "src/graph/long.c"]
