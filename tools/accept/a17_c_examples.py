# SPDX-License-Identifier: Apache-2.0
TARGET = ("examples/c/{log1p,build_graph,run_ir}.c build against an installed prefix by pkg-config "
          "and CMake, C and C++; hidden visibility")

EXAMPLES = ("log1p", "build_graph", "run_ir")

_CMAKE = """cmake_minimum_required(VERSION 3.20)
project(examples C CXX)
find_package(Kov REQUIRED)
foreach(name %s)
    add_executable(${name}_c ${name}.c)
    target_link_libraries(${name}_c PRIVATE kov::kov)
    configure_file(${name}.c ${name}.cpp COPYONLY)
    add_executable(${name}_cxx ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    target_link_libraries(${name}_cxx PRIVATE kov::kov)
endforeach()
"""


def check(line):
    import os
    folder = os.path.join(line.root, "examples", "c")
    missing = [name for name in EXAMPLES if not os.path.exists(os.path.join(folder, name + ".c"))]
    if missing:
        raise line.NotBegun("examples/c lacks " + ", ".join(name + ".c" for name in missing))
    prefix = os.path.join(line.scratch, "prefix")
    done = line.run("cmake", "--install", line.build, "--prefix", prefix)
    line.true("installs", done.returncode == 0, done.stderr.strip()[-200:] or prefix)
    if done.returncode:
        return
    line.attempt("pkg-config", _pkg_config, line, folder, prefix)
    line.attempt("CMake", _cmake, line, folder, prefix)
    line.attempt("symbols", _symbols, line, prefix)


def _pkg_config(line, folder, prefix):
    import glob
    import os
    found = glob.glob(os.path.join(prefix, "lib*", "**", "pkgconfig"), recursive=True)
    path = os.pathsep.join(found)
    flags = line.run("pkg-config", "--cflags", "--libs", "kov", PKG_CONFIG_PATH=path).stdout.split()
    library = os.path.dirname(found[0]) if found else ""
    for name in EXAMPLES:
        for compiler, language in (("cc", "c"), ("c++", "c++")):
            program = os.path.join(line.scratch, f"{name}-{compiler}")
            done = line.run(compiler, "-x", language, os.path.join(folder, name + ".c"), "-o",
                            program, *flags, "-Wl,-rpath," + library)
            line.true(f"pkg-config, {compiler}: {name}", done.returncode == 0,
                      done.stderr.strip()[:200] or "builds")
            if done.returncode == 0 and name != "run_ir":
                line.true(f"{name} ({compiler}) runs", line.run(program).returncode == 0)


def _cmake(line, folder, prefix):
    import os
    import shutil
    source = os.path.join(line.scratch, "cmake")
    shutil.copytree(folder, source)
    with open(os.path.join(source, "CMakeLists.txt"), "w") as file:
        file.write(_CMAKE % " ".join(EXAMPLES))
    build = os.path.join(source, "build")
    for command in (("cmake", "-S", source, "-B", build, "-DCMAKE_PREFIX_PATH=" + prefix),
                    ("cmake", "--build", build)):
        done = line.run(*command)
        if done.returncode:
            line.true("CMake", False, (done.stderr or done.stdout).strip()[-300:])
            return
    line.true("CMake, C and C++", True, "builds")


def _symbols(line, prefix):
    import glob
    import os
    import subprocess
    library = glob.glob(os.path.join(prefix, "lib*", "**", "libkov.so"), recursive=True)[0]
    text = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True,
                          check=True).stdout
    odd = [row.split()[-1] for row in text.splitlines() if not row.split()[-1].startswith("kov_")]
    line.equal("exported symbols without kov_ (linker's own apart)",
               [name for name in odd if name not in ("_init", "_fini", "KOV_0")], [])
