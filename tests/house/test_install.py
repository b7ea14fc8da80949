# SPDX-License-Identifier: Apache-2.0
"""An installed kov is found by pkg-config and by CMake, from C and from C++, by its examples and by
a program that asks for its version; and the library says the version that stands in VERSION.

Needs a build tree (KOV_BUILD), as `make test` gives it.
"""

import math
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


def compile_with_pkg_config(prefix, language, source, program):
    compiler = COMPILERS[language]
    if not shutil.which(compiler[0]):
        pytest.skip(f"needs {compiler[0]}")
    flags = pkg_config(prefix, "--cflags", "--libs")
    run(*compiler, *WARNINGS, source, "-x", "none", "-o", program, *flags, "-lm")
    return {"LD_LIBRARY_PATH": str(library_folder(prefix))}


@pytest.mark.parametrize("language", COMPILERS)
def test_pkg_config(prefix, tmp_path, language):
    (tmp_path / "program.c").write_text(PROGRAM)
    environment = compile_with_pkg_config(
        prefix, language, tmp_path / "program.c", tmp_path / "program"
    )
    assert run(tmp_path / "program", env=environment) == VERSION + "\n"


@pytest.mark.parametrize("source", EXAMPLES, ids=lambda source: source.name)
def test_examples_by_pkg_config(prefix, tmp_path, source):
    compile_with_pkg_config(prefix, "c", source, tmp_path / "program")


def test_examples_by_cmake(prefix, tmp_path):
    run("cmake", "-S", ROOT / "examples" / "c", "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path)
    printed = run(tmp_path / "log1p", "1e-10", "0.5")
    numbers = [float(line.split()[-1]) for line in printed.splitlines()]
    # Computed in float64 and printed in full.
    assert numbers == pytest.approx([math.log1p(1e-10), math.log1p(0.5)], rel=1e-15)


def test_cmake(prefix, tmp_path):
    (tmp_path / "program.c").write_text(PROGRAM)
    (tmp_path / "CMakeLists.txt").write_text(LISTS.format(version=".".join(VERSION.split(".")[:2])))
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path / "build")
    for kind in ("kov", "static"):
        assert run(tmp_path / "build" / f"user_{kind}") == VERSION + "\n"
