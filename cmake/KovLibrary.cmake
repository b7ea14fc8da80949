# SPDX-License-Identifier: Apache-2.0
#
# One object library per room, each kernel source once per instruction set, and from them libkov.

set(KOV_ROOMS base tensor graph opset keras passes formats native openvino runtime layers autodiff)
set(KOV_ISA_FLAGS_baseline "")
set(KOV_ISA_FLAGS_avx2 -mavx2 -mfma -mf16c)
set(KOV_ISA_FLAGS_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set(KOV_ISAS baseline avx2 avx512)
else()
    set(KOV_ISAS baseline)
endif()

find_package(EXPAT REQUIRED)
find_package(ZLIB REQUIRED)
set(KOV_LIBRARIES EXPAT::EXPAT ZLIB::ZLIB Threads::Threads m ${CMAKE_DL_LIBS})
# What a static link of libkov needs besides it, for kov.pc.
set(KOV_PC_LIBS_PRIVATE "-lexpat -lz -pthread -lm -ldl")

set(KOV_OBJECT_TARGETS "")

# An object library of sources that may include src/, the public headers and generated files.
function(kov_add_objects name)
    add_library(${name} OBJECT ${ARGN})
    target_link_libraries(${name} PRIVATE kov_flags)
    target_include_directories(${name} PRIVATE
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${KOV_GEN_DIR})
    if(KOV_FUZZ AND name MATCHES "_(base|tensor|graph|opset|formats)$")
        # Coverage of what readers of files reach guides the fuzzer; elsewhere it is only slow.
        target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    if(NOT name MATCHES "_(base|tensor)$") # these lie below the tables
        add_dependencies(${name} kov_gen)
    endif()
    set(KOV_OBJECT_TARGETS ${KOV_OBJECT_TARGETS} ${name} PARENT_SCOPE)
endfunction()

foreach(room IN LISTS KOV_ROOMS)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*.c)
    list(FILTER sources EXCLUDE REGEX "\\.isa\\.c$")
    set(generated ${KOV_GEN_FILES})
    list(FILTER generated INCLUDE REGEX "^${KOV_GEN_DIR}/${room}_[a-z_]*\\.c$")
    list(APPEND sources ${generated})
    if(sources)
        kov_add_objects(kov_room_${room} ${sources})
    endif()
endforeach()

file(GLOB_RECURSE KOV_ISA_SOURCES CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/src/*.isa.c)
# Kernels are most of what a compiler has to do here, and one source serves every instruction set. A
# sanitizer sees the portable code and the best set that this machine runs; the others are built
# without it, so that they still link.
set(KOV_SANITIZED_ISAS ${KOV_ISAS})
if(KOV_SANITIZE AND EXISTS /proc/cpuinfo)
    file(STRINGS /proc/cpuinfo has_avx512 REGEX "^flags.* avx512bw .*avx512vl" LIMIT_COUNT 1)
    if(has_avx512)
        list(REMOVE_ITEM KOV_SANITIZED_ISAS avx2)
    else()
        list(REMOVE_ITEM KOV_SANITIZED_ISAS avx512)
    endif()
endif()
if(KOV_SANITIZE)
    # The register tiles are unrolled so far that instrumenting them takes a compiler many minutes;
    # the tests of gemm and conv_nhwc put guard pages behind what they read and write.
    set_source_files_properties(${PROJECT_SOURCE_DIR}/src/native/kernels/gemm/gemm_tile.isa.c
        PROPERTIES COMPILE_OPTIONS -fno-sanitize=all)
endif()
if(KOV_ISA_SOURCES)
    foreach(isa IN LISTS KOV_ISAS)
        kov_add_objects(kov_kernels_${isa} ${KOV_ISA_SOURCES})
        target_compile_definitions(kov_kernels_${isa} PRIVATE KOV_ISA=${isa})
        target_compile_options(kov_kernels_${isa} PRIVATE ${KOV_ISA_FLAGS_${isa}}
            # A loop that clang cannot vectorize for one instruction set is no mistake.
            $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed>)
        if(NOT KOV_SANITIZE)
            # For its vectorizer; like all of -O3 it keeps every bit without -ffast-math.
            target_compile_options(kov_kernels_${isa} PRIVATE $<$<CONFIG:Release>:-O3>)
        elseif(NOT isa IN_LIST KOV_SANITIZED_ISAS)
            set_target_properties(kov_kernels_${isa} PROPERTIES KOV_PLAIN ON)
        elseif(KOV_SANITIZE MATCHES undefined)
            # In unrolled kernels these four checks take minutes to compile; what they would see
            # of a bad address, the address sanitizer sees too.
            target_compile_options(kov_kernels_${isa} PRIVATE
                -fno-sanitize=null,alignment,object-size,pointer-overflow)
        endif()
    endforeach()
endif()

if(NOT KOV_OBJECT_TARGETS)
    message(STATUS "kov: no room has a source file yet, no library")
    return()
endif()

set(KOV_OBJECTS "")
foreach(target IN LISTS KOV_OBJECT_TARGETS)
    list(APPEND KOV_OBJECTS $<TARGET_OBJECTS:${target}>)
endforeach()

add_library(kov_static STATIC ${KOV_OBJECTS})
set_target_properties(kov_static PROPERTIES OUTPUT_NAME kov EXPORT_NAME static)
target_include_directories(kov_static PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(kov_static PUBLIC ${KOV_LIBRARIES} $<BUILD_INTERFACE:kov_flags>)

add_library(kov SHARED ${KOV_OBJECTS})
set_target_properties(kov PROPERTIES SOVERSION 0 EXPORT_NAME kov)
if(NOT KOV_WHEEL) # a wheel cannot hold links
    set_target_properties(kov PROPERTIES VERSION ${PROJECT_VERSION})
endif()
target_include_directories(kov PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(kov PRIVATE ${KOV_LIBRARIES} $<BUILD_INTERFACE:kov_flags>)
target_link_options(kov PRIVATE -Wl,--exclude-libs,ALL -Wl,--as-needed)
if(NOT KOV_SANITIZE AND NOT KOV_FUZZ)
    # A sanitizer's symbols come with the executable, so they stay undefined in the library.
    target_link_options(kov PRIVATE -Wl,-z,defs)
endif()
