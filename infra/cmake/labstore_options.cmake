# Build options shared by every target: warnings are errors, hardening is on, ccache is used where it exists.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

option(LABSTORE_COVERAGE "Instrument for gcov" OFF)
option(LABSTORE_FUZZ "Build the libFuzzer targets instead of the tests" OFF)
set(LABSTORE_SANITIZE "" CACHE STRING "Sanitizers, a list such as address;undefined")
option(LABSTORE_LTO "Link-time optimisation in Release builds" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

# Interface target every module links: what all of our own code is compiled with.
add_library(labstore_flags INTERFACE)
target_compile_options(
    labstore_flags
    INTERFACE
        -Wall -Wextra -Wpedantic -Werror -Wshadow -Woverloaded-virtual -Wcast-qual
        -fno-omit-frame-pointer -fstack-protector-strong -fstack-clash-protection
)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    # GCC refuses it on other processors.
    target_compile_options(labstore_flags INTERFACE -fcf-protection)
endif()
target_compile_definitions(labstore_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(labstore_flags INTERFACE -Wl,-z,relro,-z,now)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT LABSTORE_SANITIZE)
    target_compile_definitions(labstore_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports uninitialised and dangling members inside coroutine frames that are neither.
    target_compile_options(labstore_flags INTERFACE -Wno-maybe-uninitialized -Wno-dangling-pointer)
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
        # At -O3 it also sees overlapping copies inside std::string that cannot be (GCC bug 105329).
        target_compile_options(labstore_flags INTERFACE -Wno-restrict)
    endif()
endif()
if(LABSTORE_SANITIZE)
    list(JOIN LABSTORE_SANITIZE "," sanitize_list)
    add_compile_options(-fsanitize=${sanitize_list} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${sanitize_list})
endif()
if("thread" IN_LIST LABSTORE_SANITIZE)
    # GCC says that it does not instrument the fences of Asio's lock-free parts.
    target_compile_options(labstore_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()
if(LABSTORE_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(LABSTORE_COVERAGE)
    # Counters are atomic: threads that lose counts to each other would leave gcov with sums that do not add up.
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
if(LABSTORE_LTO)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()
