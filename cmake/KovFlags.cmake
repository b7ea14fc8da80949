# SPDX-License-Identifier: Apache-2.0
#
# The interface target kov_flags: language, warnings, floating-point promises, sanitizers.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(KOV_SANITIZE) # assertions stay, and half the time to compile is saved
    set(CMAKE_C_FLAGS_RELEASE "-O1 -g1")
else()
    set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG")
endif()
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

add_library(kov_flags INTERFACE)
target_compile_definitions(kov_flags INTERFACE
    _GNU_SOURCE KOV_VERSION_STRING="${KOV_VERSION}")
target_compile_options(kov_flags INTERFACE
    -Wall -Wextra -Wconversion -Wstrict-prototypes -Wvla
    # The same bits on every compiler: no contraction. errno is not read after libm calls, and
    # letting the compiler know changes no value.
    -ffp-contract=off -fno-math-errno)
if(KOV_WERROR)
    target_compile_options(kov_flags INTERFACE -Werror)
endif()

if(KOV_SANITIZE)
    # Not in targets with the property KOV_PLAIN.
    set(instrument -fsanitize=${KOV_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(kov_flags INTERFACE
        "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:KOV_PLAIN>>>:${instrument}>")
    target_link_options(kov_flags INTERFACE -fsanitize=${KOV_SANITIZE})
endif()
if(KOV_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
        message(FATAL_ERROR "KOV_FUZZ needs clang: -DCMAKE_C_COMPILER=clang-14")
    endif()
endif()
