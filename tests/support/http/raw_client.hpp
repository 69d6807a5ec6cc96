#pragma once

#include "labstore/base.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace labstore::support {

/// A response as it came over the wire.
struct raw_response {
    unsigned status = 0;  // 0: the connection ended before a whole head
    std::string head;     // with the empty line
    std::string body;
    bool whole = false;  // as many bytes as the head announced

    [[nodiscard]] std::optional<std::string> header(std::string_view name) const {
        const auto found = to_lower(head).find("\r\n" + to_lower(name) + ":");
        if (found == std::string::npos)
            return std::nullopt;
        const auto start = found + 3 + name.size();
        return std::string(trim(std::string_view(head).substr(start, head.find("\r\n", start) - start)));
    }
};

/// A blocking HTTP client that sends exactly the bytes it is told to. Every wait ends after `patience`.
class raw_client {
  public:
    explicit raw_client(std::uint16_t port, int receive_buffer_bytes = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (receive_buffer_bytes > 0)
            set_option(SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes);
        set_option(IPPROTO_TCP, TCP_NODELAY, 1);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    }

    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;
    virtual ~raw_client() = default;

    [[nodiscard]] bool connected() const noexcept { return connected_; }

    /// False when the peer is gone.
    bool send(std::string_view text) {
        while (!text.empty()) {
            const auto sent = send_bytes(text);
            if (sent <= 0)
                return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void half_close() { ::shutdown(fd_.get(), SHUT_WR); }

    void close() { fd_.reset(); }

    /// Reads the next response; bytes behind it stay for the next call. `to_head`: it answers a HEAD.
    raw_response receive(bool to_head = false) {
        raw_response got;
        std::size_t end = 0;
        while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
            if (!fill())
                return got;
        got.head = take(end + 4);
        got.status = static_cast<unsigned>(std::stoul(got.head.substr(9, 3)));
        const bool bodiless = got.status < 200 || got.status == 204 || got.status == 304 || to_head;
        if (bodiless)
            got.whole = true;
        else if (const auto length = got.header("Content-Length"))
            got.whole = take_body(got.body, std::stoull(*length));
        else if (got.header("Transfer-Encoding"))
            got.whole = take_chunks(got.body);
        else
            got.whole = take_rest(got.body);
        return got;
    }

    /// True when the peer ends the connection within `limit` and has sent nothing more.
    [[nodiscard]] bool ends_within(std::chrono::milliseconds limit) {
        patience_ = limit;
        const bool more = fill();
        patience_ = default_patience;
        return !more && ended_ && pending_.empty();
    }

    /// True when nothing arrives for `time` and the connection stays.
    [[nodiscard]] bool silent_for(std::chrono::milliseconds time) {
        pollfd waiting{fd_.get(), POLLIN, 0};
        return pending_.empty() && ::poll(&waiting, 1, static_cast<int>(time.count())) == 0;
    }

    /// Everything until the peer ends the connection.
    [[nodiscard]] std::string receive_all() {
        while (fill())
            continue;
        return take(pending_.size());
    }

    [[nodiscard]] bool was_reset() const noexcept { return reset_; }

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  protected:
    // What a client that encrypts does otherwise.

    virtual ssize_t send_bytes(std::string_view text) {
        return ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }

    virtual ssize_t receive_bytes(char* room, std::size_t size) { return ::recv(fd_.get(), room, size, 0); }

    /// Bytes that have left the socket and were not handed out yet.
    [[nodiscard]] virtual bool holds_bytes() const { return false; }

  private:
    static constexpr std::chrono::milliseconds default_patience{10'000};

    void set_option(int level, int name, int value) {
        ::setsockopt(fd_.get(), level, name, &value, sizeof(value));
    }

    bool fill() {
        pollfd waiting{fd_.get(), POLLIN, 0};
        if (!holds_bytes() && ::poll(&waiting, 1, static_cast<int>(patience_.count())) != 1)
            return false;
        char bytes[65536];
        const auto size = receive_bytes(bytes, sizeof(bytes));
        ended_ = size <= 0;
        reset_ = reset_ || size < 0;
        if (size > 0)
            pending_.append(bytes, static_cast<std::size_t>(size));
        return size > 0;
    }

    std::string take(std::size_t size) {
        auto taken = pending_.substr(0, size);
        pending_.erase(0, size);
        return taken;
    }

    bool take_body(std::string& body, std::uint64_t size) {
        while (pending_.size() < size)
            if (!fill()) {
                body += take(pending_.size());
                return false;
            }
        body += take(size);
        return true;
    }

    bool take_chunks(std::string& body) {
        while (true) {
            std::size_t end = 0;
            while ((end = pending_.find("\r\n")) == std::string::npos)
                if (!fill())
                    return false;
            const auto size = std::stoull(take(end + 2), nullptr, 16);
            std::string line_end;
            if (!take_body(body, size) || !take_body(line_end, 2) || line_end != "\r\n")
                return false;
            if (size == 0)
                return true;
        }
    }

    bool take_rest(std::string& body) {
        body = receive_all();
        return ended_ && !reset_;
    }

    unique_fd fd_;
    std::chrono::milliseconds patience_ = default_patience;
    bool connected_ = false;
    bool ended_ = false;
    bool reset_ = false;
    std::string pending_;
};

}  // namespace labstore::support
