# SPDX-License-Identifier: Apache-2.0
#
# cmake -DFROM=<python/> -DTO=<build>/python [-DGENERATED=<dir>] -P link_tree.cmake
# Makes TO mirror FROM with links to its files (folders are real, so that built and generated files
# can lie beside them), and removes links whose file is gone.

file(GLOB_RECURSE links LIST_DIRECTORIES false ${TO}/*)
foreach(link IN LISTS links)
    if(IS_SYMLINK ${link} AND NOT EXISTS ${link})
        file(REMOVE ${link})
    endif()
endforeach()

function(link_files from)
    file(GLOB_RECURSE files LIST_DIRECTORIES false RELATIVE ${from}
        ${from}/*.py ${from}/*.pth ${from}/*.pyi ${from}/py.typed)
    foreach(file IN LISTS files)
        get_filename_component(folder ${TO}/${file} DIRECTORY)
        file(MAKE_DIRECTORY ${folder})
        if(NOT IS_SYMLINK ${TO}/${file})
            file(CREATE_LINK ${from}/${file} ${TO}/${file} SYMBOLIC)
        endif()
    endforeach()
endfunction()

link_files(${FROM})
if(GENERATED AND IS_DIRECTORY ${GENERATED})
    link_files(${GENERATED})
endif()
