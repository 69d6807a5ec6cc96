#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

class object : public ::testing::Test {
  protected:
    void SetUp() override { s3.make_bucket(); }

    s3_fixture s3;
};

TEST_F(object, put_then_get) {
    const auto etag = s3.put(
        "dir/k",
        "0123456789",
        "Content-Type: text/plain\nCache-Control: no-cache\nContent-Disposition: inline\n"
        "Content-Language: en\nExpires: never\nContent-Encoding: gzip, aws-chunked\n"
        "x-amz-meta-Colour: blue\nx-amz-meta-colour: red\nx-amz-meta-empty:\n"
        "x-amz-tagging: a=1&b=2\nx-amz-storage-class: STANDARD_IA\n"
        "x-amz-website-redirect-location: /elsewhere\n"
    );
    EXPECT_EQ(etag, storage::md5_hex("0123456789"));
    for (const auto method : {"GET", "HEAD"}) {
        const auto answer = s3.send(std::string(method) + " /bkt/dir/k");
        EXPECT_EQ(answer->status(), 200U);
        EXPECT_EQ(answer->content_length(), 10U);
        EXPECT_EQ(answer->body(), method == std::string("GET") ? "0123456789" : "");
        EXPECT_EQ(answer->header("ETag"), '"' + etag + '"');
        EXPECT_EQ(answer->header("Content-Type"), "text/plain");
        EXPECT_EQ(answer->header("Cache-Control"), "no-cache");
        EXPECT_EQ(answer->header("Content-Disposition"), "inline");
        EXPECT_EQ(answer->header("Content-Language"), "en");
        EXPECT_EQ(answer->header("Expires"), "never");
        EXPECT_EQ(answer->header("Content-Encoding"), "gzip");
        EXPECT_EQ(answer->header("x-amz-meta-colour"), "blue,red");
        EXPECT_EQ(answer->header("x-amz-meta-empty"), "");
        EXPECT_EQ(answer->header("x-amz-tagging-count"), "2");
        EXPECT_EQ(answer->header("x-amz-storage-class"), "STANDARD_IA");
        EXPECT_EQ(answer->header("x-amz-website-redirect-location"), "/elsewhere");
        EXPECT_EQ(answer->header("Accept-Ranges"), "bytes");
        EXPECT_TRUE(parse_http_date(answer->header("Last-Modified").value()));
        EXPECT_TRUE(answer->complete());
    }
    EXPECT_EQ(
        elements(s3.send("GET /bkt/dir/k?tagging")->body(), "Key"), (std::vector<std::string>{"a", "b"})
    );
}

TEST_F(object, header_values_are_kept_as_text) {
    s3.put(
        "k",
        "x",
        "x-amz-meta-utf: \xC3\xA9\nx-amz-meta-latin: Hello World\xE9\nContent-Disposition: \xFF\n"
        "x-amz-website-redirect-location: /\xE9\n"
    );
    const auto got = s3.send("GET /bkt/k");
    EXPECT_EQ(got->status(), 200U);
    EXPECT_EQ(got->header("x-amz-meta-utf"), "\xC3\xA9");
    EXPECT_EQ(got->header("x-amz-meta-latin"), "Hello World\xC3\xA9");
    EXPECT_EQ(got->header("Content-Disposition"), "\xC3\xBF");
    EXPECT_EQ(got->header("x-amz-website-redirect-location"), "/\xC3\xA9");
}

TEST_F(object, defaults) {
    s3.put("k", "");
    const auto answer = s3.send("GET /bkt/k");
    EXPECT_EQ(answer->status(), 200U);
    EXPECT_EQ(answer->content_length(), 0U);
    EXPECT_EQ(answer->header("Content-Type"), "binary/octet-stream");
    EXPECT_FALSE(answer->header("x-amz-storage-class"));
    EXPECT_FALSE(answer->header("x-amz-version-id"));
    EXPECT_FALSE(answer->header("x-amz-tagging-count"));
}

TEST_F(object, missing) {
    const auto answer = s3.send("GET /bkt/no/such");
    EXPECT_EQ(outcome(answer), "404 NoSuchKey");
    EXPECT_EQ(element(answer->body(), "Key"), "no/such");
    EXPECT_EQ(element(answer->body(), "Resource"), "/bkt/no/such");
    EXPECT_EQ(element(answer->body(), "RequestId"), "0123456789ABCDEF");
    EXPECT_EQ(answer->header("Content-Type"), "application/xml");
    EXPECT_EQ(answer->notes().error_code, "NoSuchKey");
    EXPECT_EQ(answer->notes().operation, "GetObject");
    EXPECT_EQ(answer->notes().bucket, "bkt");
    EXPECT_EQ(answer->notes().access_key, "AKOWNER");

    const auto head = s3.send("HEAD /bkt/no/such");
    EXPECT_EQ(head->status(), 404U);
    EXPECT_EQ(head->body(), "");
    EXPECT_EQ(outcome(s3.send("GET /no-such/k")), "404 NoSuchBucket");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?versionId=")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("GET /bkt/%ff")), "400 InvalidURI");
    EXPECT_EQ(outcome(s3.send("GET /bkt/" + std::string(1025, 'k'))), "400 KeyTooLongError");
}

TEST_F(object, ranges) {
    s3.put("k", "0123456789");
    const auto part = s3.send("GET /bkt/k\nRange: bytes=2-4\nx-amz-checksum-mode: ENABLED");
    EXPECT_EQ(part->status(), 206U);
    EXPECT_EQ(part->body(), "234");
    EXPECT_EQ(part->header("Content-Range"), "bytes 2-4/10");
    EXPECT_FALSE(part->header("x-amz-checksum-crc64nvme"));
    EXPECT_EQ(s3.send("GET /bkt/k\nRange: bytes=-3")->body(), "789");
    const auto head = s3.send("HEAD /bkt/k\nRange: bytes=8-");
    EXPECT_EQ(head->status(), 206U);
    EXPECT_EQ(head->content_length(), 2U);

    const auto beyond = s3.send("GET /bkt/k\nRange: bytes=10-");
    EXPECT_EQ(outcome(beyond), "416 InvalidRange");
    EXPECT_EQ(beyond->header("Content-Range"), "bytes */10");
    EXPECT_EQ(element(beyond->body(), "ActualObjectSize"), "10");
    for (const auto ignored : {"bytes=5-2", "bytes=0-1,3-4", "items=0-1"}) {
        const auto whole = s3.send(std::string("GET /bkt/k\nRange: ") + ignored);
        EXPECT_EQ(whole->status(), 200U) << ignored;
        EXPECT_EQ(whole->body(), "0123456789");
    }
}

TEST_F(object, if_range_never_joins_two_objects) {
    const auto etag = s3.put("k", "0123456789");
    const auto modified = s3.send("HEAD /bkt/k")->header("Last-Modified").value();
    const auto status = [&](const std::string& value) {
        return s3.send("GET /bkt/k\nRange: bytes=0-0\nIf-Range: " + value)->status();
    };
    EXPECT_EQ(status('"' + etag + '"'), 206U);
    EXPECT_EQ(status("W/\"" + etag + '"'), 200U);
    EXPECT_EQ(status("\"other\""), 200U);
    EXPECT_EQ(status(modified), 206U);
    EXPECT_EQ(status("Sat, 29 Oct 1994 19:43:31 GMT"), 200U);
    EXPECT_EQ(status("Sat, 29 Oct 2094 19:43:31 GMT"), 200U);
    // The range does not count then, so neither does it fail.
    EXPECT_EQ(s3.send("GET /bkt/k\nRange: bytes=50-\nIf-Range: \"other\"")->status(), 200U);
}

TEST_F(object, read_conditions) {
    const auto etag = '"' + s3.put("k", "body") + '"';
    const auto unmodified = s3.send("GET /bkt/k\nIf-None-Match: " + etag);
    EXPECT_EQ(unmodified->status(), 304U);
    EXPECT_EQ(unmodified->header("ETag"), etag);
    EXPECT_TRUE(unmodified->header("Last-Modified"));
    EXPECT_EQ(unmodified->body(), "");
    EXPECT_EQ(s3.send("HEAD /bkt/k\nIf-None-Match: *")->status(), 304U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-None-Match: \"other\"")->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-Match: " + etag)->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-Match: W/" + etag)->status(), 412U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-None-Match: W/" + etag)->status(), 304U);
    const auto failed = s3.send("GET /bkt/k\nIf-Match: \"other\"");
    EXPECT_EQ(outcome(failed), "412 PreconditionFailed");
    EXPECT_EQ(element(failed->body(), "Condition"), "If-Match");
    const std::string past = "Sat, 29 Oct 1994 19:43:31 GMT";
    const std::string future = "Sat, 29 Oct 2094 19:43:31 GMT";
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-Modified-Since: " + future)->status(), 304U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-Modified-Since: " + past)->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-Modified-Since: nonsense")->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-Unmodified-Since: " + past)->status(), 412U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-Unmodified-Since: " + future)->status(), 200U);
    // ETags go before dates.
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-Match: " + etag + "\nIf-Unmodified-Since: " + past)->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k\nIf-None-Match: " + etag + "\nIf-Modified-Since: " + past)->status(), 304U);
}

TEST_F(object, write_conditions) {
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k\nIf-Match: *", "1")), "404 NoSuchKey");
    EXPECT_EQ(s3.send("PUT /bkt/k\nIf-None-Match: *", "1")->status(), 200U);
    const auto refused = s3.send("PUT /bkt/k\nIf-None-Match: *", "2");
    EXPECT_EQ(outcome(refused), "412 PreconditionFailed");
    EXPECT_EQ(refused->body_bytes_read(), 0U) << "a refused upload costs no bandwidth";
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k\nIf-Match: \"other\"", "2")), "412 PreconditionFailed");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k\nIf-None-Match: *\nIf-Match: *", "2")), "501 NotImplemented");
    EXPECT_EQ(s3.send("GET /bkt/k")->body(), "1");
    EXPECT_EQ(s3.send("PUT /bkt/k\nIf-Match: \"" + storage::md5_hex("1") + '"', "2")->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k")->body(), "2");
}

TEST_F(object, response_overrides) {
    s3.put("k", "body", "Content-Type: text/plain\n");
    const auto answer = s3.send(
        "GET /bkt/k?response-content-type=a%2Fb&response-cache-control=c&response-content-disposition=d"
        "&response-content-encoding=e&response-content-language=f&response-expires=g"
    );
    EXPECT_EQ(answer->header("Content-Type"), "a/b");
    EXPECT_EQ(answer->header("Cache-Control"), "c");
    EXPECT_EQ(answer->header("Content-Disposition"), "d");
    EXPECT_EQ(answer->header("Content-Encoding"), "e");
    EXPECT_EQ(answer->header("Content-Language"), "f");
    EXPECT_EQ(answer->header("Expires"), "g");
    EXPECT_EQ(
        outcome(s3.send("GET /bkt/k?response-content-type=a%0D%0ASet-Cookie:x")), "400 InvalidArgument"
    );
}

TEST_F(object, damage_is_never_sent_as_a_whole) {
    s3.put("k", std::string(300'000, 'x'));
    s3.storage.memory_blobs().inject(blob::blob_call::read, errc::corrupt);
    EXPECT_EQ(outcome(s3.send("GET /bkt/k")), "500 InternalError");
    s3.storage.memory_blobs().inject(blob::blob_call::read, errc::corrupt, 1);
    const auto cut = s3.send("GET /bkt/k");
    EXPECT_EQ(cut->status(), 200U);
    EXPECT_TRUE(cut->aborted());
    EXPECT_FALSE(cut->complete());
}

TEST_F(object, remove) {
    const auto etag = s3.put("k", "body");
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/k\nIf-Match: \"other\"")), "412 PreconditionFailed");
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/k\nx-amz-if-match-size: 5")), "412 PreconditionFailed");
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/k\nx-amz-if-match-size: x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/k\nx-amz-if-match-last-modified-time: x")), "400 InvalidArgument");
    EXPECT_EQ(s3.send("DELETE /bkt/k\nIf-Match: \"" + etag + "\"\nx-amz-if-match-size: 4")->status(), 204U);
    EXPECT_EQ(s3.send("DELETE /bkt/k")->status(), 204U);
    EXPECT_EQ(s3.send("GET /bkt/k")->status(), 404U);
    EXPECT_EQ(outcome(s3.send("DELETE /no-such/k")), "404 NoSuchBucket");
}

TEST_F(object, remove_many) {
    s3.put("a", "1");
    s3.put("b%20c", "2");
    const std::string document =
        "<Delete><Object><Key>a</Key></Object><Object><Key>b c</Key><VersionId>null</VersionId></Object>"
        "<Object><Key>missing</Key></Object></Delete>";
    EXPECT_EQ(outcome(s3.send("POST /bkt?delete", document)), "400 InvalidRequest");
    EXPECT_EQ(
        outcome(s3.send("POST /bkt?delete\nContent-MD5: " + base64_md5("x"), document)), "400 BadDigest"
    );
    EXPECT_EQ(
        outcome(s3.send("POST /bkt?delete\nContent-Length: 0\nContent-MD5: " + base64_md5(""))),
        "400 MissingRequestBodyError"
    );
    EXPECT_EQ(s3.send("HEAD /bkt/a")->status(), 200U);

    const auto answer = s3.send("POST /bkt?delete\nContent-MD5: " + base64_md5(document), document);
    EXPECT_EQ(answer->status(), 200U);
    EXPECT_EQ(elements(answer->body(), "Key"), (std::vector<std::string>{"a", "b c", "missing"}));
    EXPECT_EQ(elements(answer->body(), "Error").size(), 0U);
    EXPECT_EQ(s3.send("HEAD /bkt/a")->status(), 404U);

    s3.put("d", "3");
    const std::string quiet =
        "<Delete><Quiet>true</Quiet><Object><Key>d</Key><ETag>\"other\"</ETag></Object>"
        "<Object><Key>e</Key></Object></Delete>";
    const auto silent = s3.send(
        "POST /bkt?delete\nx-amz-checksum-crc32: " +
            base64_checksum(crypto::checksum_algorithm::crc32, quiet),
        quiet
    );
    EXPECT_EQ(elements(silent->body(), "Deleted").size(), 0U);
    EXPECT_EQ(element(silent->body(), "Code"), "PreconditionFailed");
    EXPECT_EQ(s3.send("HEAD /bkt/d")->status(), 200U);
}

TEST_F(object, version_ids_that_nobody_gave) {
    s3.put("k", "body");
    const std::string unknown(32, 'a');
    for (const auto* request : {"GET", "HEAD", "DELETE"}) {
        const auto answer = s3.send(std::string(request) + " /bkt/k?versionId=foo");
        EXPECT_EQ(answer->status(), 400U) << request;
        EXPECT_EQ(s3.send(std::string(request) + " /bkt/k?versionId=" + unknown + "0")->status(), 400U);
    }
    const auto refused = s3.send("DELETE /bkt/k?versionId=foo");
    EXPECT_EQ(outcome(refused), "400 InvalidArgument");
    EXPECT_EQ(element(refused->body(), "Message"), "Invalid version id specified");
    EXPECT_EQ(element(refused->body(), "ArgumentName"), "versionId");
    EXPECT_EQ(element(refused->body(), "ArgumentValue"), "foo");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?tagging&versionId=foo")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/t\nx-amz-copy-source: bkt/k?versionId=foo")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?versionId=" + unknown)), "404 NoSuchVersion");
    EXPECT_EQ(s3.send("DELETE /bkt/k?versionId=" + unknown)->status(), 204U);
    EXPECT_EQ(s3.send("GET /bkt/k?versionId=null")->body(), "body");

    s3.put("l", "x");
    const std::string document =
        "<Delete><Object><Key>k</Key><VersionId>foo</VersionId></Object><Object><Key>l</Key></Object>"
        "<Object><Key>m</Key><VersionId>" +
        unknown + "</VersionId></Object></Delete>";
    const auto many = s3.send("POST /bkt?delete\nContent-MD5: " + base64_md5(document), document);
    EXPECT_EQ(elements(many->body(), "Key"), (std::vector<std::string>{"k", "l", "m"}));
    EXPECT_EQ(elements(many->body(), "Code"), std::vector<std::string>{"InvalidArgument"});
    EXPECT_EQ(element(many->body(), "Message"), "Invalid version id specified");
    EXPECT_EQ(s3.send("HEAD /bkt/k")->status(), 200U);
    EXPECT_EQ(s3.send("HEAD /bkt/l")->status(), 404U);
}

TEST_F(object, remove_too_many) {
    std::string document = "<Delete>";
    for (int i = 0; i < 1001; ++i)
        document += "<Object><Key>k</Key></Object>";
    document += "</Delete>";
    EXPECT_EQ(
        outcome(s3.send("POST /bkt?delete\nContent-MD5: " + base64_md5(document), document)),
        "400 MalformedXML"
    );
}

TEST_F(object, features_that_are_not_there_are_refused) {
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k\nx-amz-server-side-encryption: AES256", "x")), "501 NotImplemented"
    );
    EXPECT_EQ(
        outcome(s3.send("GET /bkt/k\nx-amz-server-side-encryption-customer-algorithm: AES256")),
        "501 NotImplemented"
    );
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k\nx-amz-object-lock-mode: GOVERNANCE", "x")), "400 InvalidRequest");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k\nx-amz-write-offset-bytes: 3", "x")), "501 NotImplemented");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k\nx-amz-acl: public-read", "x")), "400 AccessControlListNotSupported"
    );
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k\nx-amz-acl: nonsense", "x")), "400 InvalidArgument");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k\nx-amz-grant-read: id=1", "x")), "400 AccessControlListNotSupported"
    );
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k\nx-amz-storage-class: NONE", "x")), "400 InvalidStorageClass");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k\nx-amz-website-redirect-location: ftp://x", "x")),
        "400 InvalidRedirectLocation"
    );
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?versionId=null", "x")), "400 InvalidArgument");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k\nx-amz-meta-a: " + std::string(2048, 'x'), "x")), "400 MetadataTooLarge"
    );
    EXPECT_EQ(s3.send("HEAD /bkt/k")->status(), 404U);
    EXPECT_EQ(s3.send("PUT /bkt/k\nx-amz-meta-a: " + std::string(2047, 'x'), "x")->status(), 200U);
    EXPECT_EQ(s3.send("PUT /bkt/k\nx-amz-acl: private", "x")->status(), 200U);
    EXPECT_EQ(s3.send("PUT /bkt/k\nx-amz-acl: bucket-owner-full-control", "x")->status(), 200U);
}

TEST_F(object, presigned_parameters_count_as_headers_only_where_they_are_signed) {
    const std::string signed_v4 = "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=x\nx-test-presigned: 1";
    EXPECT_EQ(
        s3.send("PUT /bkt/k?x-amz-meta-a=1&x-amz-storage-class=GLACIER" + signed_v4, "x")->status(), 200U
    );
    EXPECT_EQ(s3.send("HEAD /bkt/k")->header("x-amz-meta-a"), "1");
    EXPECT_EQ(s3.send("HEAD /bkt/k")->header("x-amz-storage-class"), "GLACIER");
    const std::string injected = "PUT /bkt/k?x-amz-meta-a%0D%0ASet-Cookie:x=1&x-amz-meta-b=2";
    EXPECT_EQ(s3.send(injected + signed_v4, "x")->status(), 200U);
    const auto head = s3.send("HEAD /bkt/k");
    for (const auto& [name, value] : head->headers())
        EXPECT_EQ(name.find_first_of("\r\n:"), std::string::npos) << name;
    EXPECT_EQ(head->header("x-amz-meta-b"), "2");
    EXPECT_FALSE(head->header("Set-Cookie"));
    s3.put("secret", "secret");
    const std::string signed_v2 =
        "&AWSAccessKeyId=a&Signature=s&Expires=1&X-Amz-Algorithm=a&X-Amz-Signature=x\nx-test-presigned: 1";
    EXPECT_EQ(s3.send("PUT /bkt/k?x-amz-copy-source=bkt%2Fsecret" + signed_v2, "x")->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k")->body(), "x");
}

TEST_F(object, attributes) {
    const auto etag = s3.put("k", "body");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?attributes")), "400 InvalidRequest");
    EXPECT_EQ(
        outcome(s3.send("GET /bkt/k?attributes\nx-amz-object-attributes: What")), "400 InvalidArgument"
    );
    const auto answer = s3.send(
        "GET /bkt/k?attributes\nx-amz-object-attributes: ETag,Checksum\n"
        "x-amz-object-attributes: ObjectParts, StorageClass, ObjectSize"
    );
    EXPECT_EQ(answer->status(), 200U);
    EXPECT_EQ(
        answer->body(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<GetObjectAttributesResponse "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ETag>" +
            etag + "</ETag><Checksum><ChecksumCRC64NVME>" +
            base64_checksum(crypto::checksum_algorithm::crc64nvme, "body") +
            "</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType></Checksum>"
            "<StorageClass>STANDARD</StorageClass><ObjectSize>4</ObjectSize></GetObjectAttributesResponse>"
    );
    EXPECT_TRUE(answer->header("Last-Modified"));
}

}  // namespace
}  // namespace labstore::s3
