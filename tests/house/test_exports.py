# SPDX-License-Identifier: Apache-2.0
"""The export checker reads headers as the compiler does, and sees both kinds of difference."""

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_exports


def test_declarations_are_found():
    text = """
    #define KOV_API __attribute__((visibility("default")))
    /* KOV_API int kov_in_comment(void); */
    KOV_API const char *kov_one(int a, int (*f)(void));
    KOV_API kov_status
    kov_two(void);
    int kov_internal(void);
    """
    assert check_exports.declared(text) == {"kov_one", "kov_two"}


def test_differences_are_seen():
    assert list(check_exports.compare({"kov_a"}, {"kov_a"})) == []
    found = list(check_exports.compare({"kov_a", "kov_b"}, {"kov_a", "leak"}))
    assert len(found) == 2 and "leak is exported" in found[0] and "kov_b is declared" in found[1]


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")
def test_exported_symbols_of_a_real_library(tmp_path):
    source = tmp_path / "a.c"
    source.write_text(
        'int seen(void); __attribute__((visibility("hidden"))) int unseen(void);\n'
        "int seen(void) { return 1; }\nint unseen(void) { return 2; }\n"
    )
    library = tmp_path / "liba.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    names = check_exports.exported(library)
    assert "seen" in names and "unseen" not in names
