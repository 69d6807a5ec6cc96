#include "load/s3_client.hpp"

#include <array>
#include <cstdio>
#include <optional>

namespace labstore::load {
namespace {

constexpr std::string_view content_mismatch = "content mismatch";
constexpr std::string_view wrong_length = "wrong length";
constexpr std::size_t document_bytes_max = 16 * MiB;
/// A part's number in the content's object number, so that no two parts of a run are alike.
constexpr std::uint64_t parts_per_object = 10'001;

class checking_sink final : public body_sink {
  public:
    explicit checking_sink(const payload_pool::content& expected) : check_(expected) {}

    void take(byte_span piece) override { check_.take(piece); }

    [[nodiscard]] bool good() const noexcept { return check_.good(); }

  private:
    content_check check_;
};

class keeping_sink final : public body_sink {
  public:
    void take(byte_span piece) override {
        if (text.size() + piece.size() <= document_bytes_max)
            text.append(as_text(piece));
    }

    std::string text;
};

done ended(const result<answer>& got, std::uint64_t bytes = 0) {
    done out{error_of(got), bytes, got ? got->status : 0};
    if (!out.good())
        out.bytes = 0;
    return out;
}

done failed(const result<answer>& got, std::string_view why) {
    return {std::string(why), 0, got ? got->status : 0};
}

}  // namespace

std::string_view element_text(std::string_view document, std::string_view name) {
    const auto open = "<" + std::string(name) + ">";
    const auto from = document.find(open);
    if (from == std::string_view::npos)
        return {};
    const auto rest = document.substr(from + open.size());
    const auto end = rest.find("</" + std::string(name) + ">");
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

std::string error_of(const result<answer>& got) {
    if (!got) {
        const auto& code = got.error();
        if (code.category() == labstore_category())
            return std::string(errc_name(to_errc(code)));
        return code.message();
    }
    if (got->succeeded())
        return {};
    const auto code = element_text(got->error_body, "Code");
    return code.empty() ? "HTTP " + std::to_string(got->status) : std::string(code);
}

s3_client::s3_client(client_surroundings around, connection& link, std::size_t number)
    : around_(around),
      link_(link),
      bucket_path_("/" + around.wanted.at.bucket),
      multipart_path_(bucket_path_ + "/" + around.wanted.at.prefix + "multipart-" + std::to_string(number)) {}

std::string_view s3_client::object_path(std::uint64_t object) {
    std::array<char, 24> digits;
    const auto size =
        std::snprintf(digits.data(), digits.size(), "%010llu", static_cast<unsigned long long>(object));
    path_.assign(bucket_path_).append("/").append(around_.wanted.at.prefix);
    path_.append(digits.data(), static_cast<std::size_t>(size));
    return path_;
}

std::string s3_client::payload_hash(const payload_pool& from, const payload_pool::content& of) const {
    if (around_.wanted.payload == payload_form::unsigned_payload)
        return std::string(unsigned_payload);
    return from.sha256_hex(of);
}

awaitable<result<answer>> s3_client::send(call made) {
    const auto deadline = steady::now() + around_.wanted.timeout;
    around_.heads.write(head_, made.line);
    connection::message sent;
    sent.pieces = {as_bytes(head_), made.body, made.tail};
    sent.to_head = made.to_head;
    sent.repeatable = made.repeatable;
    sent.sink = made.sink;
    co_return co_await link_.exchange(sent, deadline);
}

awaitable<done> s3_client::get(content_id id) {
    const auto expected = around_.payloads.make(id);
    std::optional<checking_sink> check;
    call made;
    made.line = {"GET", object_path(id.object), {}, empty_sha256_hex, std::nullopt};
    if (around_.wanted.verify)
        made.sink = &check.emplace(expected);
    const auto got = co_await send(made);
    if (!got || !got->succeeded())
        co_return ended(got);
    if (got->body_bytes != expected.size_bytes())
        co_return failed(got, wrong_length);
    if (check && !check->good())
        co_return failed(got, content_mismatch);
    co_return ended(got, got->body_bytes);
}

awaitable<done> s3_client::stat(content_id id) {
    call made;
    made.line = {"HEAD", object_path(id.object), {}, empty_sha256_hex, std::nullopt};
    made.to_head = true;
    const auto got = co_await send(made);
    if (got && got->succeeded() && got->declared_bytes != around_.payloads.make(id).size_bytes())
        co_return failed(got, wrong_length);
    co_return ended(got);
}

awaitable<done> s3_client::put(content_id id) {
    const auto content = around_.payloads.make(id);
    const auto hash = payload_hash(around_.payloads, content);
    call made;
    made.line = {"PUT", object_path(id.object), {}, hash, content.size_bytes()};
    made.body = content.body;
    made.tail = content.tail();
    const auto got = co_await send(made);
    co_return ended(got, content.size_bytes());
}

awaitable<done> s3_client::remove(content_id id) {
    call made;
    made.line = {"DELETE", object_path(id.object), {}, empty_sha256_hex, std::nullopt};
    const auto got = co_await send(made);
    co_return ended(got);
}

awaitable<done> s3_client::list(content_id after) {
    const auto start =
        percent_encode(object_path(after.object).substr(bucket_path_.size() + 1), keep_slash::no);
    query_ = "list-type=2&max-keys=" + std::to_string(around_.wanted.list_keys);
    query_ += "&prefix=" + percent_encode(around_.wanted.at.prefix, keep_slash::no) + "&start-after=" + start;
    keeping_sink page;
    call made;
    made.line = {"GET", bucket_path_, query_, empty_sha256_hex, std::nullopt};
    made.sink = &page;
    const auto got = co_await send(made);
    if (got && got->succeeded() && !trim(page.text).ends_with("</ListBucketResult>"))
        co_return failed(got, "broken listing");
    co_return ended(got, got ? got->body_bytes : 0);
}

awaitable<done> s3_client::multipart(std::uint64_t version) {
    keeping_sink begun;
    call made;
    made.line = {"POST", multipart_path_, "uploads=", empty_sha256_hex, 0};
    made.sink = &begun;
    made.repeatable = false;
    const auto got = co_await send(made);
    if (!got || !got->succeeded())
        co_return ended(got);
    std::string upload_id(element_text(begun.text, "UploadId"));
    if (upload_id.empty())
        co_return failed(got, "no upload id");
    upload_id = percent_encode(upload_id, keep_slash::no);
    auto uploaded = co_await upload_parts(upload_id, version);
    if (!uploaded.good()) {
        call abort;
        query_ = "uploadId=" + upload_id;
        abort.line = {"DELETE", multipart_path_, query_, empty_sha256_hex, std::nullopt};
        co_await send(abort);
    }
    co_return uploaded;
}

awaitable<done> s3_client::upload_parts(std::string upload_id, std::uint64_t version) {
    std::string document = "<CompleteMultipartUpload>";
    std::uint64_t bytes = 0;
    for (std::size_t part = 1; part <= around_.wanted.parts; ++part) {
        const auto content = around_.part_payloads->make({part + version * parts_per_object, version});
        const auto hash = payload_hash(*around_.part_payloads, content);
        query_ = "partNumber=" + std::to_string(part) + "&uploadId=" + upload_id;
        call made;
        made.line = {"PUT", multipart_path_, query_, hash, content.size_bytes()};
        made.body = content.body;
        made.tail = content.tail();
        const auto got = co_await send(made);
        if (!got || !got->succeeded())
            co_return ended(got);
        document += "<Part><PartNumber>" + std::to_string(part) + "</PartNumber><ETag>" +
                    link_.parser().etag() + "</ETag></Part>";
        bytes += content.size_bytes();
    }
    document += "</CompleteMultipartUpload>";
    auto completed = co_await complete(std::move(upload_id), std::move(document));
    completed.bytes = completed.good() ? bytes : 0;
    co_return completed;
}

awaitable<done> s3_client::complete(std::string upload_id, std::string document) {
    const auto digest = crypto::sha256(as_bytes(document));
    const auto hash =
        around_.wanted.payload == payload_form::hashed ? to_hex(digest) : std::string(unsigned_payload);
    query_ = "uploadId=" + upload_id;
    keeping_sink answered;
    call made;
    made.line = {"POST", multipart_path_, query_, hash, document.size()};
    made.body = as_bytes(document);
    made.sink = &answered;
    made.repeatable = false;
    const auto got = co_await send(made);
    // S3 may find out after it has begun to answer 200.
    if (got && got->succeeded() && answered.text.find("<Error>") != std::string::npos)
        co_return failed(got, element_text(answered.text, "Code"));
    co_return ended(got);
}

awaitable<done> s3_client::remove_multipart() {
    call made;
    made.line = {"DELETE", multipart_path_, {}, empty_sha256_hex, std::nullopt};
    const auto got = co_await send(made);
    co_return ended(got);
}

awaitable<done> s3_client::head_bucket() {
    call made;
    made.line = {"HEAD", bucket_path_, {}, empty_sha256_hex, std::nullopt};
    made.to_head = true;
    const auto got = co_await send(made);
    co_return ended(got);
}

awaitable<done> s3_client::create_bucket() {
    // S3 wants the region in the body everywhere but in its oldest one.
    std::string document;
    if (around_.wanted.at.region != "us-east-1")
        document = "<CreateBucketConfiguration><LocationConstraint>" + around_.wanted.at.region +
                   "</LocationConstraint></CreateBucketConfiguration>";
    const auto hash = to_hex(crypto::sha256(as_bytes(document)));
    call made;
    made.line = {"PUT", bucket_path_, {}, hash, document.size()};
    made.body = as_bytes(document);
    const auto got = co_await send(made);
    co_return ended(got);
}

awaitable<done> s3_client::delete_bucket() {
    call made;
    made.line = {"DELETE", bucket_path_, {}, empty_sha256_hex, std::nullopt};
    const auto got = co_await send(made);
    co_return ended(got);
}

}  // namespace labstore::load
