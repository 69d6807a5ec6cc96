# labstore_module(NAME SOURCES ... DEPENDS modules... PRIVATE third-party... PUBLIC third-party...)
# One static library labstore_<name> per module. Sources are listed, never globbed.
function(labstore_module name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE;PUBLIC" ${ARGN})
    add_library(labstore_${name} STATIC ${arg_SOURCES})
    target_include_directories(labstore_${name} PUBLIC "${CMAKE_SOURCE_DIR}/include" PRIVATE "${CMAKE_SOURCE_DIR}/src")
    list(TRANSFORM arg_DEPENDS PREPEND labstore_)
    target_link_libraries(
        labstore_${name}
        PUBLIC ${arg_DEPENDS} labstore_boost ${arg_PUBLIC}
        PRIVATE labstore_flags ${arg_PRIVATE}
    )
endfunction()

# labstore_unit_test(MODULE SOURCES ... [LIBS ...]): one GoogleTest program per module, each file listed. Tests may
# include the module's private headers as "<module>/x.hpp" and the helpers in tests/support as "support/x.hpp".
function(labstore_unit_test module)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${module}_test ${arg_SOURCES})
    target_include_directories(${module}_test PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(
        ${module}_test PRIVATE labstore_${module} labstore_flags GTest::gtest GTest::gmock GTest::gtest_main ${arg_LIBS}
    )
    gtest_discover_tests(${module}_test DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

# labstore_bench(MODULE SOURCES ...): Google Benchmark programs; CTest runs each at minimal time so that none rots. OF names
# the library when the program is not called after it.
function(labstore_bench module)
    cmake_parse_arguments(arg "" "OF" "SOURCES;LIBS" ${ARGN})
    if(NOT arg_OF)
        set(arg_OF ${module})
    endif()
    add_executable(${module}_bench ${arg_SOURCES})
    target_include_directories(${module}_bench PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(
        ${module}_bench PRIVATE labstore_${arg_OF} labstore_flags benchmark::benchmark_main ${arg_LIBS}
    )
    add_test(NAME ${module}_bench_runs COMMAND ${module}_bench --benchmark_min_time=0.001)
    set_tests_properties(${module}_bench_runs PROPERTIES LABELS bench TIMEOUT 300)
endfunction()

# labstore_fuzz(MODULE NAME): tests/fuzz/<module>/<name>_fuzz.cpp with its corpus folder beside it.
function(labstore_fuzz module name)
    cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
    add_executable(${name}_fuzz ${module}/${name}_fuzz.cpp)
    target_include_directories(${name}_fuzz PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(${name}_fuzz PRIVATE labstore_${module} labstore_flags ${arg_LIBS})
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzz_targets ${name}_fuzz)
endfunction()

# Adds a folder by its path from the root of the tree; its build folder has the same path.
function(labstore_add folder)
    add_subdirectory("${CMAKE_SOURCE_DIR}/${folder}" "${CMAKE_BINARY_DIR}/${folder}")
endfunction()
