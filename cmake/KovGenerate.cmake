# SPDX-License-Identifier: Apache-2.0
#
# What is derived from the two tables: tools/tables.py writes it to <build>/gen. It runs once here,
# so that the names of its outputs are known, and again in the build when a table has changed.

find_package(Python3 3.11 QUIET COMPONENTS Interpreter)
set(KOV_GEN_DIR ${PROJECT_BINARY_DIR}/gen)
set(KOV_TABLES_TOOL ${PROJECT_SOURCE_DIR}/tools/tables.py)
set(KOV_OPSET_TABLE ${PROJECT_SOURCE_DIR}/src/opset/opset.def)
set(KOV_KERAS_TABLE ${PROJECT_SOURCE_DIR}/src/keras/keras_ops.def)
file(MAKE_DIRECTORY ${KOV_GEN_DIR})

add_custom_target(kov_gen)
if(EXISTS ${KOV_TABLES_TOOL} AND EXISTS ${KOV_OPSET_TABLE} AND EXISTS ${KOV_KERAS_TABLE})
    if(NOT Python3_Interpreter_FOUND)
        message(FATAL_ERROR "Python 3.11 or later is needed to build (tools/tables.py)")
    endif()
    file(GLOB KOV_TABLES_PARTS CONFIGURE_DEPENDS
        ${PROJECT_SOURCE_DIR}/tools/tables*.py ${PROJECT_SOURCE_DIR}/tools/tables/*.py)
    set(KOV_TABLES_COMMAND ${Python3_EXECUTABLE} ${KOV_TABLES_TOOL}
        --opset ${KOV_OPSET_TABLE} --keras ${KOV_KERAS_TABLE} --out ${KOV_GEN_DIR})
    # A change of the tool may change the list of its outputs; a change of a table does not.
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY
        CMAKE_CONFIGURE_DEPENDS ${KOV_TABLES_PARTS})
    execute_process(COMMAND ${KOV_TABLES_COMMAND}
        RESULT_VARIABLE KOV_TABLES_RESULT OUTPUT_QUIET ERROR_VARIABLE KOV_TABLES_ERROR)
    if(NOT KOV_TABLES_RESULT EQUAL 0)
        # Not fatal: the rooms below the tables still build, and the build says it again.
        message(WARNING "tools/tables.py failed:\n${KOV_TABLES_ERROR}")
    endif()
    file(GLOB_RECURSE KOV_GEN_FILES LIST_DIRECTORIES false ${KOV_GEN_DIR}/*)
    list(REMOVE_ITEM KOV_GEN_FILES ${KOV_GEN_DIR}/tables.stamp)
    add_custom_command(
        OUTPUT ${KOV_GEN_DIR}/tables.stamp
        BYPRODUCTS ${KOV_GEN_FILES}
        COMMAND ${KOV_TABLES_COMMAND}
        COMMAND ${CMAKE_COMMAND} -E touch ${KOV_GEN_DIR}/tables.stamp
        DEPENDS ${KOV_TABLES_PARTS} ${KOV_OPSET_TABLE} ${KOV_KERAS_TABLE}
        COMMENT "Generating from opset.def and keras_ops.def"
        VERBATIM)
    add_custom_target(kov_gen_tables DEPENDS ${KOV_GEN_DIR}/tables.stamp)
    add_dependencies(kov_gen kov_gen_tables)
else()
    message(STATUS "kov: tables or tools/tables.py missing, nothing generated")
endif()
