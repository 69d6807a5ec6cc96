#include "support/http/fake_exchange.hpp"

#include "support/http/test_server.hpp"

#include <gtest/gtest.h>

namespace labstore::support {
namespace {

TEST(FakeExchange, BehavesAsARealOneToAHandler) {
    echo_handler handler;
    fake_exchange put("PUT /echo?a HTTP/1.1\nHost: b.h\nX-A:  1 \n", "some bytes");
    put.set_read_size_max(3);
    put.run(handler.handle(put));
    EXPECT_EQ(put.status(), 200U);
    EXPECT_EQ(put.body(), "some bytes");
    EXPECT_EQ(put.header("X-METHOD"), "PUT");
    EXPECT_EQ(put.content_length(), 10U);
    EXPECT_EQ(put.head().host, "b.h");
    EXPECT_EQ(put.head().query, "a");
    EXPECT_EQ(put.head().find("x-a"), "1");
    EXPECT_EQ(put.body_size_bytes(), 10U);
    EXPECT_GE(put.read_calls(), 4U);
    EXPECT_TRUE(put.complete());

    fake_exchange broken("PUT /echo HTTP/1.1\n", "some bytes");
    broken.fail_body_after(4, errc::request_timeout);
    broken.run(handler.handle(broken));
    EXPECT_EQ(broken.header("x-error"), "request_timeout");

    fake_exchange late("PUT /echo HTTP/1.1\nContent-Length: 20\n", "some bytes");
    late.run(handler.handle(late));
    EXPECT_EQ(late.header("x-error"), "incomplete_body");

    fake_exchange big("GET /big?200000 HTTP/1.1");
    big.run(handler.handle(big));
    EXPECT_EQ(big.body().size(), 200'000U);
    EXPECT_TRUE(big.complete());
    EXPECT_TRUE(big.body_undeclared());

    fake_exchange gone("GET /big?200000 HTTP/1.1");
    gone.fail_write_after(100'000);
    gone.run(handler.handle(gone));
    EXPECT_FALSE(gone.complete());
    EXPECT_EQ(handler.write_error, errc::cancelled);

    fake_exchange thrown("GET /throw HTTP/1.1");
    EXPECT_THROW(thrown.run(handler.handle(thrown)), std::runtime_error);
    EXPECT_FALSE(thrown.responded());

    fake_exchange chunked("GET /chunked HTTP/1.1");
    chunked.run(handler.handle(chunked));
    EXPECT_TRUE(chunked.chunked());
    EXPECT_EQ(chunked.body(), "  <done/>");
    EXPECT_TRUE(chunked.complete());
}

}  // namespace
}  // namespace labstore::support
