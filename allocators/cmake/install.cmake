# What a program of others needs: all public headers under include/allocators, the library, jemalloc's renamed archive
# if there is one, and a package for find_package(harness_allocators).
include(CMakePackageConfigHelpers)

set(package_folder lib/cmake/harness_allocators)
install(TARGETS harness_allocators EXPORT harness_allocators_targets ARCHIVE DESTINATION lib COMPONENT allocators)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/ DESTINATION include/allocators COMPONENT allocators
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h"
    PATTERN bench EXCLUDE PATTERN examples EXCLUDE PATTERN cmake EXCLUDE)
install(EXPORT harness_allocators_targets NAMESPACE harness:: FILE harness_allocators_targets.cmake
    DESTINATION ${package_folder} COMPONENT allocators)
configure_package_config_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/harness_allocators-config.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/harness_allocators-config.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/harness_allocators-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/harness_allocators-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/harness_allocators-config-version.cmake
    DESTINATION ${package_folder} COMPONENT allocators)
