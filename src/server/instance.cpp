#include "server/instance.hpp"

#include "labstore/observability.hpp"
#include "labstore/profiling.hpp"
#include "server/durability_text.hpp"

#include <algorithm>
#include <thread>

namespace labstore::server {
namespace {

/// Of the profiling listener: a viewer and a few more.
constexpr std::uint64_t pprof_connections_max = 16;

std::size_t thread_count(std::size_t wanted) {
    return wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

std::string endpoint_of(const std::string& host, std::uint16_t port, bool secure) {
    const bool bracketed = host.find(':') != std::string::npos;
    return (secure ? "https://" : "http://") + (bracketed ? "[" + host + "]" : host) + ":" +
           std::to_string(port);
}

bool is_loopback(std::string_view host) {
    return host.starts_with("127.") || host == "::1" || host == "localhost";
}

void warn_about(const config::settings& settings) {
    if (!settings.tls.wanted() && !is_loopback(settings.listener.host))
        log::write(
            log::level::warn,
            "traffic is not encrypted: use tls-cert, or keep this address on a trusted network or behind a "
            "TLS proxy",
            {{"host", settings.listener.host}}
        );
    if (settings.pprof && !is_loopback(settings.pprof_host))
        log::write(
            log::level::warn,
            "the profiling listener asks for no credentials and is reachable from other machines",
            {{"host", settings.pprof_host}}
        );
    if (settings.index.mode != meta::durability::commit)
        log::write(
            log::level::warn,
            "weaker durability",
            {{"mode", durability_name(settings)}, {"a_power_cut_can_lose", durability_loss(settings)}}
        );
}

}  // namespace

attempt<std::unique_ptr<instance>> instance::start(
    config::settings settings, const line_sink& say, std::unique_ptr<net::tls_server> tls
) {
    runtime::set_frame_pool_bytes_max(settings.frame_pool_bytes_max);
    // Before anything is opened, so that the memory of the caches is among what is counted.
    if (settings.pprof)
        profiling::start_counting();
    auto folder = storage_folder::open(settings.storage_path, storage_folder::when_missing::create);
    if (!folder)
        return folder.error();
    settings.index.path = folder->path() + "/index";
    settings.blobs.path = folder->path();
    std::unique_ptr<instance> made(new instance(std::move(settings), std::move(*folder), std::move(tls)));
    if (auto opened = made->open_storage(); !opened)
        return opened.error();
    // Shown as soon as it is durable: a start that fails after this would otherwise hide it for good.
    if (auto opened = made->open_credential(say); !opened)
        return opened.error();
    if (auto opened = made->open_network(); !opened)
        return opened.error();
    if (auto opened = made->open_profiling(); !opened)
        return opened.error();
    if (auto opened = made->open_website(); !opened)
        return opened.error();
    made->objects_->start_maintenance(made->threads_.context(0).get_executor(), made->maintenance_);
    warn_about(made->settings_);
    log::write(
        log::level::info,
        "serving",
        {{"version", version()},
         {"endpoint", endpoint_of(made->settings_.listener.host, made->port(), made->tls_ != nullptr)},
         {"storage_path", made->folder_.path()},
         {"durability", durability_name(made->settings_)},
         {"threads", made->threads_.size()}}
    );
    return made;
}

instance::instance(config::settings settings, storage_folder folder, std::unique_ptr<net::tls_server> tls)
    : settings_(std::move(settings)),
      folder_(std::move(folder)),
      pool_(settings_.blocking),
      threads_(thread_count(settings_.threads)),
      tls_(std::move(tls)) {}

/// Also the way out of a failed start: whatever exists is ended in the order of `stop`, without a drain.
instance::~instance() {
    if (stopped_)
        return;
    for (auto* const side : {pprof_.get(), website_.get()})
        if (side != nullptr)
            side->listener->stop();
    if (listener_)
        listener_->stop();
    captures_.stop();
    maintenance_.stop();
    maintenance_.wait();
    threads_.stop();
    threads_.join();
}

attempt<void> instance::open_credential(const line_sink& say) {
    auto found = find_root_credential(settings_, folder_);
    if (!found)
        return found.error();
    if (found->made) {
        say("A root credential was made for this server. It is shown this once and kept in " +
            folder_.path() + "/credentials.json.");
        say("    access key: " + found->root.who.access_key);
        say("    secret key: " + found->root.secret_key.reveal());
    }
    root_ = std::make_unique<root_credential>(std::move(found->root));
    return {};
}

attempt<void> instance::open_storage() {
    auto index = meta::open_local(settings_.index, pool_);
    if (!index)
        return failed_to("open the index in " + settings_.index.path, index.error());
    index_ = std::move(*index);
    auto blobs = blob::open_local(settings_.blobs, pool_, blob::posix_file_system());
    if (!blobs)
        return failed_to("open the object bytes in " + settings_.blobs.path, blobs.error());
    blobs_ = std::move(*blobs);
    auto objects = storage::open(settings_.storage, *index_, *blobs_, system_clock(), pool_);
    if (!objects)
        return failed_to("open the store in " + folder_.path(), objects.error());
    objects_ = std::move(*objects);
    return {};
}

attempt<void> instance::open_network() {
    verifier_ = auth::make_verifier(settings_.auth, *root_, system_clock());
    auto s3_settings = settings_.s3;
    s3_settings.host_id = self_.host_id;
    s3_ = std::make_unique<s3::service>(
        std::move(s3_settings), *verifier_, *objects_, system_clock(), requests_
    );
    dispatcher_ = std::make_unique<dispatcher>(*s3_, endpoints_, settings_.s3.domains);
    web_ = http::make_service(settings_.http, self_, threads_, *dispatcher_, tls_.get());
    threads_.start();
    auto listening = net::listen(settings_.listener, threads_, *web_);
    if (!listening)
        return failed_to(
            "listen on " + endpoint_of(settings_.listener.host, settings_.listener.port, tls_ != nullptr),
            listening.error()
        );
    listener_ = std::move(*listening);
    add_readings();
    return {};
}

attempt<std::unique_ptr<instance::side_listener>> instance::open_side(
    http::handler& requests, net::options where, net::tls_server* tls
) {
    auto made = std::make_unique<side_listener>();
    made->web = http::make_service(settings_.http, self_, threads_, requests, tls);
    auto listening = net::listen(where, threads_, *made->web);
    if (!listening)
        return failed_to(
            "listen on " + endpoint_of(where.host, where.port, tls != nullptr), listening.error()
        );
    made->listener = std::move(*listening);
    return made;
}

attempt<void> instance::open_profiling() {
    if (!settings_.pprof)
        return {};
    pprof_handler_ = admin::make_pprof_handler(pool_, captures_);
    net::options where = settings_.listener;
    where.host = settings_.pprof_host;
    where.port = settings_.pprof_port;
    where.connections_max = pprof_connections_max;
    auto made = open_side(*pprof_handler_, where, nullptr);
    if (!made)
        return made.error();
    pprof_ = std::move(*made);
    log::write(
        log::level::info,
        "profiling",
        {{"endpoint", endpoint_of(where.host, pprof_port(), false) + "/debug/pprof/"}}
    );
    return {};
}

attempt<void> instance::open_website() {
    if (!settings_.website)
        return {};
    net::options where = settings_.listener;
    where.host = settings_.website_host;
    where.port = settings_.website_port;
    auto made = open_side(s3_->website(), where, tls_.get());
    if (!made)
        return made.error();
    website_ = std::move(*made);
    log::write(
        log::level::info, "websites", {{"endpoint", endpoint_of(where.host, website_port(), tls_ != nullptr)}}
    );
    return {};
}

void instance::drain() {
    draining_ = true;
    listener_->stop();
    const auto sides = {pprof_.get(), website_.get()};
    for (auto* const side : sides)
        if (side != nullptr)
            side->listener->stop();
    captures_.stop();
    web_->begin_drain();
    for (auto* const side : sides)
        if (side != nullptr)
            side->web->begin_drain();
    const auto end = std::chrono::steady_clock::now() + settings_.drain_time_max;
    bool drained = web_->finish_drain(settings_.drain_time_max);
    for (auto* const side : sides) {
        if (side == nullptr)
            continue;
        const auto left = std::max(end - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0));
        const bool ended = side->web->finish_drain(std::chrono::ceil<std::chrono::milliseconds>(left));
        drained = drained && (ended || side == pprof_.get());
    }
    if (!drained)
        log::write(log::level::warn, "drain time is over; the rest was cut");
}

attempt<void> instance::stop() {
    LABSTORE_ASSERT(!stopped_);
    log::write(log::level::info, "draining", {{"connections", web_->connections()}});
    drain();
    maintenance_.stop();
    maintenance_.wait();
    threads_.stop();
    threads_.join();
    stopped_ = true;
    // Bytes before the index that names them, as in every commit. The second is closed whatever the first said.
    const auto bytes = blobs_->close();
    const auto rows = index_->close();
    if (!bytes)
        return failed_to("sync the object bytes", bytes.error());
    if (!rows)
        return failed_to("sync the index", rows.error());
    log::write(log::level::info, "stopped");
    return {};
}

bool instance::draining() const noexcept {
    return draining_.load(std::memory_order_relaxed);
}

bool instance::writable() const noexcept {
    return objects_->writable();
}

bool instance::is_signed(const http::request_head& head) const {
    auth::refusal why;
    return verifier_->verify(head, why).has_value();
}

runtime::awaitable<result<storage::lifecycle_forecast_page>> instance::forecast(
    storage::lifecycle_forecast_request request
) const {
    return objects_->forecast_lifecycle(std::move(request));
}

}  // namespace labstore::server
