#include "server/dispatcher.hpp"

#include "labstore/auth.hpp"
#include "server/request_log.hpp"

namespace labstore::server {

runtime::awaitable<void> dispatcher::handle(http::exchange& request) {
    log_head(request.head(), request.context().request_id);
    const auto& head = request.head();
    if (admin::owns(head.path) && auth::virtual_host_bucket(head.host, domains_).empty())
        return own_.handle(request);
    return objects_.handle(request);
}

http::error_answer dispatcher::make_error(errc error, std::string_view target, std::string_view request_id) {
    return objects_.make_error(error, target, request_id);
}

void dispatcher::on_finished(const http::summary& done) {
    objects_.on_finished(done);
}

}  // namespace labstore::server
