# Third-party packages, all from Debian 12. Each is an interface target that only the modules of layers.toml link.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Protobuf REQUIRED)
find_package(pugixml REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(RocksDB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PROFILER REQUIRED IMPORTED_TARGET libprofiler)
pkg_check_modules(TCMALLOC REQUIRED IMPORTED_TARGET libtcmalloc)
find_package(ZLIB REQUIRED)

# Asio and Beast are compiled once each, in runtime and http.
add_library(labstore_boost INTERFACE)
target_link_libraries(labstore_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(
    labstore_boost
    INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
)
