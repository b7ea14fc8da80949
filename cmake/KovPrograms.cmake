# SPDX-License-Identifier: Apache-2.0
#
# The kov command (cli/), which sees the public headers alone; the benchmarks in C (bench/, target
# kov_bench) and the fuzz targets (fuzz/, target kov_fuzz), which see what tests see.

file(GLOB_RECURSE KOV_CLI_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(KOV_CLI_SOURCES AND TARGET kov AND NOT KOV_WHEEL)
    add_executable(kov_cli ${KOV_CLI_SOURCES})
    set_target_properties(kov_cli PROPERTIES OUTPUT_NAME kov
        INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    target_include_directories(kov_cli PRIVATE ${PROJECT_SOURCE_DIR}/cli)
    target_link_libraries(kov_cli PRIVATE kov kov_flags m)
endif()

file(GLOB_RECURSE KOV_BENCH_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*_bench.c)
add_custom_target(kov_bench)
if(TARGET kov_static)
    foreach(source IN LISTS KOV_BENCH_SOURCES)
        get_filename_component(name ${source} NAME_WE)
        add_executable(${name} EXCLUDE_FROM_ALL ${source})
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
            ${PROJECT_BINARY_DIR}/bench)
        target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src
            ${PROJECT_SOURCE_DIR}/bench ${KOV_GEN_DIR})
        target_link_libraries(${name} PRIVATE kov_static kov_flags)
        add_dependencies(${name} kov_gen)
        add_dependencies(kov_bench ${name})
    endforeach()
endif()

if(KOV_FUZZ AND TARGET kov_static)
    add_custom_target(kov_fuzz)
    file(GLOB KOV_FUZZ_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.c)
    foreach(source IN LISTS KOV_FUZZ_SOURCES)
        get_filename_component(name ${source} NAME_WE)
        add_executable(${name} ${source})
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
            ${PROJECT_BINARY_DIR}/fuzz)
        target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${KOV_GEN_DIR})
        target_link_libraries(${name} PRIVATE kov_static kov_flags)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        add_dependencies(${name} kov_gen)
        add_dependencies(kov_fuzz ${name})
    endforeach()
endif()
