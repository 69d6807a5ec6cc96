// How often a request takes memory from the allocator: a whole server in this process, asked over loopback by one client
// whose own allocations do not count. Background threads count, the kernel does not.
//
//   labstore_allocations [--requests N] [--size BYTES] [--keys N] [--no-pools] [--sites]
//
// --no-pools keeps no memory of ended requests, --sites lists the places that took the most. Requests are counted in ten batches, and the median batch is shown, so that
// what happens now and then (a segment made, a memtable flushed) does not colour the figure.
#include "allocation_count.hpp"
#include "signed_client.hpp"

#include "labstore/config.hpp"
#include "server/instance.hpp"
#include "unit/server/temporary_folder.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <functional>

namespace labstore::allocations {
namespace {

constexpr const char* access_key = "allocations";
constexpr const char* secret_key = "allocations-secret-of-a-moment";
constexpr std::size_t batches = 10;
constexpr std::size_t sites_shown = 25;

struct wanted {
    std::uint64_t requests = 2000;
    std::uint64_t size_bytes = 16 * KiB;
    std::uint64_t keys = 100;  // of a page of the listing
    bool with_sites = false;
    bool with_pools = true;
};

struct operation {
    const char* name;
    std::function<std::string(std::uint64_t)> make;  // the n-th request
    bool to_head = false;
};

config::settings settings_in(const server::temporary_folder& folder, bool with_pools) {
    config::settings made;
    made.storage_path = folder.inside("data");
    made.listener.port = 0;
    made.threads = 1;
    made.blocking.threads = 4;
    if (!with_pools) {
        made.frame_pool_bytes_max = 0;
        made.blobs.idle_buffer_bytes_max = 0;
    }
    made.admin_access_key = access_key;
    made.admin_secret_key = crypto::secret(std::string(secret_key));
    return made;
}

std::string key_of(std::uint64_t number) {
    return "/bench/folder/of/usual/length/object-" + std::to_string(100'000 + number);
}

std::vector<operation> operations_of(signed_client& client, const wanted& how) {
    const std::string body(how.size_bytes, 'x');
    const auto object = [keys = how.keys](std::uint64_t number) {
        return key_of(number % keys);
    };
    const auto list = "/bench?list-type=2&max-keys=" + std::to_string(how.keys);
    return {
        {"GET",
         [&client, object](std::uint64_t number) {
             return client.make("GET", object(number));
         }},
        {"PUT",
         [&client, object, body](std::uint64_t number) {
             return client.make("PUT", object(number), body);
         }},
        {"STAT",
         [&client, object](std::uint64_t number) { return client.make("HEAD", object(number)); },
         true},
        {"LIST",
         [&client, list](std::uint64_t) {
             return client.make("GET", list);
         }},
    };
}

void ask(signed_client& client, const operation& what, std::uint64_t first, std::uint64_t count) {
    for (auto number = first; number < first + count; ++number) {
        const auto status = client.send(what.make(number), what.to_head);
        if (status != 200) {
            std::fprintf(stderr, "%s answers %u\n", what.name, status);
            std::exit(1);
        }
    }
}

void print_sites(std::uint64_t requests) {
    const auto found = sites();
    for (std::size_t i = 0; i < std::min(found.size(), sites_shown); ++i)
        std::printf(
            "  %8.2f  %s\n",
            static_cast<double>(found[i].blocks) / static_cast<double>(requests),
            found[i].place.c_str()
        );
}

void measure(signed_client& client, const operation& what, const wanted& how) {
    ask(client, what, 0, how.requests / 4);
    std::array<figures, batches> found;
    const auto in_batch = std::max<std::uint64_t>(how.requests / batches, 1);
    for (std::size_t i = 0; i < batches; ++i) {
        const auto before = counted();
        ask(client, what, i * in_batch, in_batch);
        const auto after = counted();
        found[i] = {after.blocks - before.blocks, after.bytes - before.bytes};
    }
    std::ranges::sort(found, {}, &figures::blocks);
    const auto& middle = found[batches / 2];
    const auto each = static_cast<double>(in_batch);
    std::printf(
        "%-6s %8.1f allocations %10.0f bytes a request\n",
        what.name,
        static_cast<double>(middle.blocks) / each,
        static_cast<double>(middle.bytes) / each
    );
    if (how.with_sites) {
        note_sites();
        ask(client, what, 0, in_batch);
        print_sites(in_batch);
    }
}

int run(const wanted& how) {
    const server::temporary_folder folder;
    auto running = server::instance::start(settings_in(folder, how.with_pools), [](const std::string&) {});
    if (!running) {
        std::fprintf(stderr, "%s\n", running.error().message.c_str());
        return 1;
    }
    ignore_this_thread();
    start_counting();
    signed_client client((*running)->port(), access_key, crypto::secret(std::string(secret_key)));
    if (client.send(client.make("PUT", "/bench")) != 200)
        return 1;
    const auto all = operations_of(client, how);
    ask(client, all[1], 0, how.keys);
    for (const auto& each : all)
        measure(client, each, how);
    return (*running)->stop() ? 0 : 1;
}

std::optional<wanted> parse(int count, char** arguments) {
    wanted out;
    for (int i = 1; i < count; ++i) {
        if (std::strcmp(arguments[i], "--sites") == 0) {
            out.with_sites = true;
            continue;
        }
        if (std::strcmp(arguments[i], "--no-pools") == 0) {
            out.with_pools = false;
            continue;
        }
        std::uint64_t* const into = std::strcmp(arguments[i], "--requests") == 0 ? &out.requests
                                    : std::strcmp(arguments[i], "--size") == 0   ? &out.size_bytes
                                    : std::strcmp(arguments[i], "--keys") == 0   ? &out.keys
                                                                                 : nullptr;
        const auto value = into != nullptr && i + 1 < count ? parse_decimal(arguments[++i]) : std::nullopt;
        if (!value || *value == 0)
            return std::nullopt;
        *into = *value;
    }
    return out.keys <= 1000 ? std::optional(out) : std::nullopt;
}

}  // namespace
}  // namespace labstore::allocations

int main(int count, char** arguments) {
    const auto how = labstore::allocations::parse(count, arguments);
    if (!how) {
        std::fprintf(
            stderr,
            "usage: labstore_allocations [--requests N] [--size BYTES] [--keys 1..1000] [--no-pools] "
            "[--sites]\n"
        );
        return 2;
    }
    return labstore::allocations::run(*how);
}
