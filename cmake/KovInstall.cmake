# SPDX-License-Identifier: Apache-2.0
#
# Install rules: libraries, headers, kov.pc and KovConfig.cmake; or, with KOV_WHEEL, the library
# and the extension as they lie in a wheel.

if(NOT TARGET kov)
    return()
endif()

if(KOV_WHEEL)
    install(TARGETS kov LIBRARY DESTINATION kov NAMELINK_SKIP)
    install(TARGETS kov_core LIBRARY DESTINATION kov)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/ DESTINATION .
        FILES_MATCHING PATTERN "*.py" PATTERN "*.pth" PATTERN "*.pyi" PATTERN "py.typed"
        PATTERN src EXCLUDE PATTERN __pycache__ EXCLUDE)
    if(IS_DIRECTORY ${KOV_GEN_DIR}/python)
        install(DIRECTORY ${KOV_GEN_DIR}/python/ DESTINATION . FILES_MATCHING PATTERN "*.py")
    endif()
    return()
endif()

include(CMakePackageConfigHelpers)
install(TARGETS kov kov_static EXPORT KovTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET kov_cli)
    install(TARGETS kov_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/kov DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${KOV_GEN_DIR}/kov DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    OPTIONAL FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# kov.pc finds its prefix from where it lies, so that `cmake --install --prefix` and moving work.
file(RELATIVE_PATH KOV_PC_TO_PREFIX
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/kov.pc.in kov.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/kov.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(KOV_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Kov)
install(EXPORT KovTargets NAMESPACE kov:: DESTINATION ${KOV_CMAKE_DIR})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/KovConfig.cmake.in
    ${PROJECT_BINARY_DIR}/KovConfig.cmake INSTALL_DESTINATION ${KOV_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/KovConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/KovConfig.cmake ${PROJECT_BINARY_DIR}/KovConfigVersion.cmake
    DESTINATION ${KOV_CMAKE_DIR})
