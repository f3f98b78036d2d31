# Makes a copy of jemalloc's static archive whose public names carry a prefix, so that linking it replaces nothing.
# Run with -DARCHIVE=, -DOUTPUT=, -DAR=, -DNM=, -DOBJCOPY=, -DRANLIB= as a build step; the working directory is scratch.
execute_process(COMMAND ${NM} -g --defined-only ${ARCHIVE} OUTPUT_VARIABLE listing ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[TDBVW] [A-Za-z_0-9]+\n" definitions "${listing}")
set(renames "")
foreach(definition IN LISTS definitions)
    string(SUBSTRING "${definition}" 2 -1 name)
    string(STRIP "${name}" name)
    # Names that begin with je_ are private to the library already; C++ ones go with their object below.
    if(NOT name MATCHES "^(je_|_Z)")
        string(APPEND renames "${name} harness_peer_jemalloc_${name}\n")
    endif()
endforeach()
if(NOT renames MATCHES "(^|\n)mallocx harness_peer_jemalloc_mallocx\n")
    message(FATAL_ERROR "${ARCHIVE} does not define mallocx; install libjemalloc-dev, or configure without it")
endif()
file(WRITE ${OUTPUT}.names "${renames}")
execute_process(COMMAND ${OBJCOPY} --redefine-syms=${OUTPUT}.names ${ARCHIVE} ${OUTPUT} COMMAND_ERROR_IS_FATAL ANY)

# The object that defines operator new and delete must not be there at all.
execute_process(COMMAND ${AR} t ${OUTPUT} OUTPUT_VARIABLE members COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "jemalloc_cpp[.a-z]*" cpp_member "${members}")
if(cpp_member)
    execute_process(COMMAND ${AR} d ${OUTPUT} ${cpp_member} COMMAND_ERROR_IS_FATAL ANY)
endif()
execute_process(COMMAND ${RANLIB} ${OUTPUT} COMMAND_ERROR_IS_FATAL ANY)
