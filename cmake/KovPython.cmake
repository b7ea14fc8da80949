# SPDX-License-Identifier: Apache-2.0
#
# The extension kov._core, and <build>/python: a tree of links to python/ with the extension beside
# them, to be put on PYTHONPATH. The source tree stays clean and builds do not disturb each other.

if(NOT KOV_PYTHON OR NOT TARGET kov)
    return()
endif()
file(GLOB_RECURSE KOV_EXTENSION_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/python/src/*.c)
if(NOT KOV_EXTENSION_SOURCES)
    return()
endif()
find_package(Python3 3.11 QUIET COMPONENTS Interpreter Development.Module)
if(NOT Python3_Development.Module_FOUND)
    message(STATUS "kov: Python's headers are missing, the extension is not built")
    return()
endif()

set(KOV_EXTENSION_GENERATED ${KOV_GEN_FILES})
list(FILTER KOV_EXTENSION_GENERATED INCLUDE REGEX "^${KOV_GEN_DIR}/python_[a-z_]*\\.c$")
Python3_add_library(kov_core MODULE WITH_SOABI ${KOV_EXTENSION_SOURCES} ${KOV_EXTENSION_GENERATED})
set_target_properties(kov_core PROPERTIES
    OUTPUT_NAME _core
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/python/kov
    INSTALL_RPATH $ORIGIN)
target_include_directories(kov_core PRIVATE ${PROJECT_SOURCE_DIR}/python/src ${KOV_GEN_DIR})
target_link_libraries(kov_core PRIVATE kov kov_flags m)
add_dependencies(kov_core kov_gen)

add_custom_target(kov_python_tree ALL
    COMMAND ${CMAKE_COMMAND} -DFROM=${PROJECT_SOURCE_DIR}/python -DTO=${PROJECT_BINARY_DIR}/python
        -DGENERATED=${KOV_GEN_DIR}/python -P ${PROJECT_SOURCE_DIR}/cmake/link_tree.cmake
    COMMENT "" VERBATIM)
add_dependencies(kov_python_tree kov_gen)
add_dependencies(kov_core kov_python_tree)
message(STATUS "kov: Python package in PYTHONPATH=${PROJECT_BINARY_DIR}/python")
