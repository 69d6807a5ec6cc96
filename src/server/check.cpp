#include "labstore/server.hpp"
#include "labstore/storage.hpp"
#include "server/storage_folder.hpp"

namespace labstore::server {
namespace {

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string summary(const storage::check_report& report) {
    const std::string verdict =
        report.damages == 0 ? "whole" : counted(report.damages, "damage", "damages") + " found";
    return verdict + ": " + counted(report.buckets, "bucket", "buckets") + ", " +
           counted(report.objects, "object", "objects") + ", " +
           counted(report.uploads, "upload", "uploads") + ", " + counted(report.blobs, "blob", "blobs") +
           ", " + counted(report.bytes, "byte", "bytes") + ", " +
           counted(report.orphans, "orphan", "orphans") + " to be removed in the background";
}

}  // namespace

int check(const std::string& storage_path, const line_sink& say, const line_sink& complain) {
    // Held to the end, so that no server starts under the check.
    const auto folder = storage_folder::open(storage_path, storage_folder::when_missing::fail);
    if (!folder) {
        complain(folder.error().message);
        return exit_usage;
    }
    const auto report =
        storage::check(folder->path(), [&say](const std::string& what) { say("damage: " + what); });
    if (!report) {
        complain("cannot check " + folder->path() + ": " + report.error().message());
        return exit_usage;
    }
    say(summary(*report));
    return report->damages == 0 ? exit_fine : exit_failed;
}

}  // namespace labstore::server
