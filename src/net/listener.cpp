#include "net/accept_loop.hpp"
#include "net/addresses.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <vector>

namespace labstore::net {
namespace {

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

enum class port_claim { exclusive, shared };

/// The first socket binds without SO_REUSEPORT, so that a port another process listens on is an error, and
/// only then allows our other threads to join it.
result<acceptor> bind_and_listen(
    asio::io_context& context, const asio::ip::tcp::endpoint& where, port_claim claim, int backlog
) {
    acceptor made(context);
    error_code failure;
    made.open(where.protocol(), failure);
    if (!failure)
        made.set_option(asio::socket_base::reuse_address(true), failure);
    if (!failure && where.address().is_v6())
        made.set_option(asio::ip::v6_only(!where.address().is_unspecified()), failure);
    if (!failure && claim == port_claim::shared)
        made.set_option(reuse_port(true), failure);
    if (!failure)
        made.bind(where, failure);
    if (!failure && claim == port_claim::exclusive)
        made.set_option(reuse_port(true), failure);
    if (!failure)
        made.listen(backlog, failure);
    if (!failure)
        made.non_blocking(true, failure);
    if (failure)
        return failure;
    return made;
}

class listener_impl final : public listener {
  public:
    listener_impl(std::uint16_t port, std::uint64_t connections_max)
        : port_(port), connections_("connections", connections_max) {}

    ~listener_impl() override {
        stop();
        // Every holding points here.
        LABSTORE_ASSERT(connections_.used() == 0);
    }

    void add(acceptor listening, connection_sink& sink) {
        loops_.push_back(std::make_unique<accept_loop>(std::move(listening), connections_, sink));
    }

    void start() {
        started_ = true;
        for (auto& loop : loops_)
            loop->start(tasks_);
    }

    [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }

    [[nodiscard]] runtime::limit& connections() noexcept override { return connections_; }

    [[nodiscard]] stats statistics() const noexcept override {
        stats sum;
        for (const auto& loop : loops_) {
            const auto one = loop->statistics();
            sum.accepted += one.accepted;
            sum.exhausted += one.exhausted;
        }
        return sum;
    }

    void stop() override {
        if (!std::exchange(started_, false))
            return;
        for (auto& loop : loops_)
            loop->stop(tasks_);
        tasks_.stop();
        tasks_.wait();
    }

  private:
    const std::uint16_t port_;
    runtime::limit connections_;
    std::vector<std::unique_ptr<accept_loop>> loops_;
    bool started_ = false;
    runtime::task_group tasks_;
};

}  // namespace

result<std::unique_ptr<listener>> listen(
    options settings, runtime::io_threads& threads, connection_sink& sink
) {
    auto where = resolve(settings.host, settings.port);
    LABSTORE_TRY(where);
    auto first = bind_and_listen(threads.context(0), *where, port_claim::exclusive, settings.backlog);
    if (!first)
        return first.error();
    error_code failure;
    where->port(first->local_endpoint(failure).port());
    if (failure)
        return failure;
    auto made = std::make_unique<listener_impl>(where->port(), settings.connections_max);
    made->add(std::move(*first), sink);
    for (std::size_t i = 1; i < threads.size(); ++i) {
        auto next = bind_and_listen(threads.context(i), *where, port_claim::shared, settings.backlog);
        if (!next)
            return next.error();
        made->add(std::move(*next), sink);
    }
    made->start();
    return std::unique_ptr<listener>(std::move(made));
}

}  // namespace labstore::net
