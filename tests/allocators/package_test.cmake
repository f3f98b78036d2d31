# Installs the family, moves the prefix away from where it was installed to, builds the examples against it as a stranger
# would, and runs them. Called by ctest with BUILD, EXAMPLES, SCRATCH, CXX, C and FLAGS.
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})

function(run)
    cmake_parse_arguments(PARSE_ARGV 0 run "" "STATUS;FIND" "COMMAND")
    execute_process(COMMAND ${run_COMMAND} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    list(JOIN run_COMMAND " " command)
    if(NOT status EQUAL run_STATUS)
        message(FATAL_ERROR "${command}\nended with ${status}, not ${run_STATUS}:\n${output}")
    endif()
    string(FIND "${output}" "${run_FIND}" place)
    if(place EQUAL -1)
        message(FATAL_ERROR "${command}\ndid not print '${run_FIND}':\n${output}")
    endif()
endfunction()

run(STATUS 0 COMMAND ${CMAKE_COMMAND} --install ${BUILD} --component allocators --prefix ${SCRATCH}/installed)
file(RENAME ${SCRATCH}/installed ${SCRATCH}/moved)

run(STATUS 0 COMMAND ${CMAKE_COMMAND} -G Ninja -S ${EXAMPLES} -B ${SCRATCH}/build -DCMAKE_PREFIX_PATH=${SCRATCH}/moved
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_C_COMPILER=${C}
    "-DCMAKE_CXX_FLAGS=${FLAGS} -Wall -Wextra -Werror" "-DCMAKE_C_FLAGS=${FLAGS} -Wall -Wextra -Werror -pedantic")
run(STATUS 0 COMMAND ${CMAKE_COMMAND} --build ${SCRATCH}/build)

set(containers ${SCRATCH}/build/example_containers)
run(STATUS 0 FIND "words on pool(64,64K)/arena: 700" COMMAND ${containers})
run(STATUS 0 FIND "words on thread_local: 700" COMMAND ${containers} thread_local)
run(STATUS 2 FIND "did you mean 'direct'?" COMMAND ${containers} dierct)

set(handles ${SCRATCH}/build/example_handles)
run(STATUS 0 FIND "arena: the sum is 499500, at least 16000 bytes reserved: yes" COMMAND ${handles})
run(STATUS 0 FIND "direct: the sum is 499500" COMMAND ${handles} direct)
run(STATUS 1 FIND "fixed(8K) is exhausted after 512 cells" COMMAND ${handles} "fixed(8K)")
run(STATUS 2 FIND "help: did you mean 'arena'?" COMMAND ${handles} arean)

# Every header must do without this tree.
file(GLOB_RECURSE headers RELATIVE ${SCRATCH}/moved/include ${SCRATCH}/moved/include/*.hpp ${SCRATCH}/moved/include/*.h)
list(LENGTH headers count)
if(count LESS 25)
    message(FATAL_ERROR "only ${count} headers were installed: ${headers}")
endif()
set(all "")
foreach(header IN LISTS headers)
    string(APPEND all "#include \"${header}\"\n")
endforeach()
file(WRITE ${SCRATCH}/all.cpp "${all}")
run(STATUS 0 COMMAND ${CXX} -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I${SCRATCH}/moved/include ${SCRATCH}/all.cpp)
