# SPDX-License-Identifier: Apache-2.0
"""An installed kov is found by pkg-config and by CMake, from C and from C++, by its examples and by
a program that asks for its version; and the library says the version that stands in VERSION.

Needs a build tree (KOV_BUILD), as `make test` gives it.
"""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = (ROOT / "VERSION").read_text().strip()
EXAMPLES = sorted((ROOT / "examples" / "c").glob("*.c"))
BUILD = os.environ.get("KOV_BUILD")
COMPILERS = {"c": ["gcc", "-std=c11"], "c++": ["g++", "-std=c++17", "-x", "c++"]}
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]

pytestmark = pytest.mark.skipif(not BUILD, reason="KOV_BUILD does not name a build tree")

PROGRAM = """
#include <kov/kov.h>
#include <stdio.h>

int main(void)
{
    puts(kov_version());
    return 0;
}
"""

LISTS = """
cmake_minimum_required(VERSION 3.22)
project(user LANGUAGES C)
find_package(Kov {version} REQUIRED)
foreach(kind kov static)
    add_executable(user_${{kind}} program.c)
    target_link_libraries(user_${{kind}} PRIVATE kov::${{kind}})
endforeach()
"""


def run(*command, **options):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install") / "prefix"
    run("cmake", "--install", BUILD, "--prefix", folder)
    return folder


def pkg_config(prefix, *options):
    (file,) = prefix.rglob("kov.pc")
    text = run(
        "pkg-config", *options, "kov", env=os.environ | {"PKG_CONFIG_PATH": str(file.parent)}
    )
    return text.split()


def library_folder(prefix):
    (library,) = prefix.rglob("libkov.so")
    return library.parent


def test_version(prefix):
    assert pkg_config(prefix, "--modversion") == [VERSION]


@pytest.mark.parametrize("language", COMPILERS)
@pytest.mark.parametrize("source", [None, *EXAMPLES], ids=lambda s: s.name if s else "version")
def test_pkg_config(prefix, tmp_path, language, source):
    compiler = COMPILERS[language]
    if not shutil.which(compiler[0]):
        pytest.skip(f"needs {compiler[0]}")
    if source is None:
        source = tmp_path / "program.c"
        source.write_text(PROGRAM)
    flags = pkg_config(prefix, "--cflags", "--libs")
    program = tmp_path / "program"
    run(*compiler, *WARNINGS, source, "-x", "none", "-o", program, *flags, "-lm")
    if source.name == "program.c":
        out = run(program, env={"LD_LIBRARY_PATH": str(library_folder(prefix))})
        assert out == VERSION + "\n"


def test_cmake(prefix, tmp_path):
    (tmp_path / "program.c").write_text(PROGRAM)
    (tmp_path / "CMakeLists.txt").write_text(LISTS.format(version=".".join(VERSION.split(".")[:2])))
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path / "build")
    for kind in ("kov", "static"):
        assert run(tmp_path / "build" / f"user_{kind}") == VERSION + "\n"
