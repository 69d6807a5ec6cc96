#include "profiling/station.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace labstore::profiling {
namespace {

std::string of(std::vector<std::string_view> names) {
    return station_of(names);
}

TEST(Station, IsTheInnermostOfOurs) {
    EXPECT_EQ(
        of({"memcpy", "http::connection::try_write", "http::server_exchange::send [coroutine]"}), "net"
    );
    EXPECT_EQ(of({"http::session::read_head [coroutine]", "boost::asio::detail::scheduler::run"}), "http");
    EXPECT_EQ(of({"EVP_Digest", "crypto::sha256", "auth::sigv4::verify", "s3::serve"}), "auth");
    EXPECT_EQ(of({"server::request_log::on_finished", "http::session::report"}), "logging");
    EXPECT_EQ(of({"log::log_queue::push", "server::write_access_line"}), "logging");
    EXPECT_EQ(of({"server::outcome_table::find", "server::request_log::on_finished"}), "logging");
    EXPECT_EQ(of({"s3::operations::put_object [coroutine]", "boost::asio::x"}), "s3");
    EXPECT_EQ(of({"s3::find_route", "s3::serve [coroutine]"}), "s3");
    EXPECT_EQ(of({"storage::commit_object [coroutine]"}), "commit");
    EXPECT_EQ(of({"rocksdb::DBImpl::Write", "meta::database::write", "meta::committer::commit"}), "commit");
    EXPECT_EQ(of({"pwrite", "blob::segment_appender::append"}), "commit");
    EXPECT_EQ(of({"pwrite", "blob::posix_file::write", "blob::segment_committer::commit_loop"}), "commit");
    EXPECT_EQ(of({"log::write", "meta::database::recover", "meta::committer::commit"}), "logging");
    EXPECT_EQ(of({"rocksdb::DBImpl::Get", "meta::local_store::get"}), "meta");
    EXPECT_EQ(of({"blob::local_reader::read"}), "blob");
    EXPECT_EQ(of({"storage::engine::get_object [coroutine]"}), "storage");
}

TEST(Station, WithoutOneOfOursSaysWhoElse) {
    EXPECT_EQ(of({"rocksdb::CompactionJob::Run", "start_thread"}), "rocksdb");
    EXPECT_EQ(
        of({"epoll_wait", "boost::asio::detail::epoll_reactor::run", "runtime::io_threads::start"}),
        "event-loop"
    );
    EXPECT_EQ(of({"memcpy", ""}), "other");
    EXPECT_EQ(of({}), "other");
}

}  // namespace
}  // namespace labstore::profiling
