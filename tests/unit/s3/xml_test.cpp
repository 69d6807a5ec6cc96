#include "s3/xml/reader.hpp"
#include "s3/xml/requests.hpp"
#include "s3/xml/writer.hpp"

#include <gtest/gtest.h>

namespace labstore::s3::xml {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
}

TEST(xml_writer, escapes) {
    EXPECT_EQ(escaped("plain text/1"), "plain text/1");
    EXPECT_EQ(escaped("<a>&'\""), "&lt;a&gt;&amp;&apos;&quot;");
    EXPECT_EQ(escaped("\x01|\x1F|\r"), "&#x1;|&#x1F;|&#xD;");
    EXPECT_EQ(escaped("tab\tline\n"), "tab\tline\n");
    EXPECT_EQ(escaped("\xC3\xA9\xEF\xBB\xBF"), "\xC3\xA9\xEF\xBB\xBF");
    EXPECT_EQ(escaped("a\xEF\xBF\xBEz\xEF\xBF\xBF"), "a&#xFFFE;z&#xFFFF;");
    EXPECT_EQ(escaped(""), "");
}

TEST(xml_writer, whole_document) {
    writer out;
    out.open_root("R");
    out.element("A", "<");
    out.element("B", true);
    out.element("C", std::uint64_t{18446744073709551615U});
    out.etag_element("abc-2");
    out.close("R");
    EXPECT_EQ(
        out.take(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<R xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><A>&lt;</A><B>true</B>"
        "<C>18446744073709551615</C><ETag>&quot;abc-2&quot;</ETag></R>"
    );
}

TEST(xml_reader, reads_back_what_the_writer_wrote) {
    const std::string key = " <&>\"'\r\n\t\x01\x1F ";
    writer out;
    out.open_root("Delete");
    out.open("Object");
    out.element("Key", key);
    out.close("Object");
    out.close("Delete");
    const auto parsed = parse_delete(out.take(), 10);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->entries.at(0).key, key);
}

TEST(xml_reader, refuses) {
    const std::string deep_open = [] {
        std::string text;
        for (int i = 0; i < 16; ++i)
            text += "<a>";
        return text;
    }();
    const std::string bad[] = {
        "",
        "text",
        "<R>",
        "<R></Q>",
        "<Other/>",
        "<R/><R/>",
        "<!DOCTYPE R [<!ENTITY e 'x'>]><R>&e;</R>",
        "<!DOCTYPE R><R/>",
        std::string("<R>\0</R>", 8),
        "<R>&#0;</R>",
        "<R>a&#x00;b</R>",
        "<R>\xFF</R>",
        "<R>" + deep_open + "</R>",
        std::string("\xFE\xFF\0<\0R\0/\0>", 10),
    };
    for (const auto& text : bad)
        EXPECT_FALSE(document::parse(text, "R")) << text;
    std::string closing;
    for (int i = 0; i < 16; ++i)
        closing += "</a>";
    EXPECT_FALSE(document::parse("<R>" + deep_open + closing + "</R>", "R"));
    EXPECT_TRUE(document::parse("<R>" + deep_open.substr(3) + closing.substr(4) + "</R>", "R"));
}

TEST(xml_reader, survives_nesting_without_end) {
    std::string text = "<R>";
    for (int i = 0; i < 300'000; ++i)
        text += "<a>";
    for (int i = 0; i < 300'000; ++i)
        text += "</a>";
    text += "</R>";
    EXPECT_FALSE(document::parse(text, "R"));
}

TEST(xml_requests, delete_document) {
    const auto parsed = parse_delete(
        "<?xml version='1.0'?><s3:Delete xmlns:s3='http://s3.amazonaws.com/doc/2006-03-01/'>"
        "<s3:Quiet>true</s3:Quiet><s3:Object><s3:Key> </s3:Key></s3:Object>"
        "<s3:Object><s3:Key>a&amp;b</s3:Key><s3:VersionId>null</s3:VersionId><s3:ETag>\"e\"</s3:ETag>"
        "<s3:Size>7</s3:Size><s3:LastModifiedTime>Sun, 22 Nov 2026 16:00:00 GMT</s3:LastModifiedTime>"
        "</s3:Object><s3:Unknown/></s3:Delete>",
        10
    );
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->quiet);
    ASSERT_EQ(parsed->entries.size(), 2U);
    EXPECT_EQ(parsed->entries[0].key, " ");
    EXPECT_EQ(parsed->entries[1].key, "a&b");
    EXPECT_EQ(parsed->entries[1].version_id, "null");
    EXPECT_EQ(parsed->entries[1].conditions.if_match, "\"e\"");
    EXPECT_EQ(parsed->entries[1].conditions.if_size_bytes, 7U);
    EXPECT_TRUE(parsed->entries[1].conditions.if_modified_at.has_value());
}

TEST(xml_requests, delete_limits) {
    std::string objects;
    for (int i = 0; i < 3; ++i)
        objects += "<Object><Key>k</Key></Object>";
    EXPECT_TRUE(parse_delete("<Delete>" + objects + "</Delete>", 3));
    EXPECT_EQ(parse_delete("<Delete>" + objects + "</Delete>", 2).error(), errc::malformed_xml);
    EXPECT_EQ(parse_delete("<Delete/>", 3).error(), errc::malformed_xml);
    EXPECT_EQ(parse_delete("<Delete><Object/></Delete>", 3).error(), errc::malformed_xml);
    EXPECT_EQ(
        parse_delete("<Delete><Object><Key>k</Key><Size>-1</Size></Object></Delete>", 3).error(),
        errc::malformed_xml
    );
}

TEST(xml_requests, complete_document) {
    const auto parsed = parse_complete(
        "<CompleteMultipartUpload><Part><PartNumber> 2 </PartNumber><ETag>\"e\"</ETag>"
        "<ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>"
        "<Part><ETag>f</ETag><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"
    );
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->size(), 2U);
    EXPECT_EQ(parsed->at(0).number, 2U);
    EXPECT_EQ(parsed->at(0).etag, "\"e\"");
    ASSERT_TRUE(parsed->at(0).checksum);
    EXPECT_EQ(parsed->at(0).checksum->bytes, std::string(4, '\0'));
    EXPECT_EQ(parsed->at(1).number, 1U);

    const auto part = [](std::string_view inside) {
        return parse_complete(
            "<CompleteMultipartUpload><Part>" + std::string(inside) + "</Part></CompleteMultipartUpload>"
        );
    };
    EXPECT_EQ(parse_complete("<CompleteMultipartUpload/>").error(), errc::malformed_xml);
    EXPECT_EQ(part("<ETag>e</ETag>").error(), errc::malformed_xml);
    EXPECT_EQ(part("<PartNumber>1</PartNumber>").error(), errc::malformed_xml);
    EXPECT_EQ(part("<PartNumber>x</PartNumber><ETag>e</ETag>").error(), errc::malformed_xml);
    EXPECT_EQ(part("<PartNumber>0</PartNumber><ETag>e</ETag>").error(), errc::too_many_parts);
    EXPECT_EQ(part("<PartNumber>10001</PartNumber><ETag>e</ETag>").error(), errc::too_many_parts);
    EXPECT_EQ(
        part("<PartNumber>1</PartNumber><ETag>e</ETag><ChecksumCRC32>x</ChecksumCRC32>").error(),
        errc::invalid_part
    );
}

TEST(xml_requests, create_bucket_document) {
    EXPECT_EQ(parse_create_bucket("")->location, "");
    EXPECT_EQ(
        parse_create_bucket("<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
                            "</CreateBucketConfiguration>")
            ->location,
        "eu-west-1"
    );
    EXPECT_TRUE(parse_create_bucket("<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket>"
                                    "</CreateBucketConfiguration>")
                    ->unsupported);
    const auto tagged = parse_create_bucket(
        "<CreateBucketConfiguration><Tags><Tag><Key>team</Key><Value>films</Value>"
        "</Tag></Tags></CreateBucketConfiguration>"
    );
    EXPECT_EQ(tagged->tags, (storage::tag_list{{"team", "films"}}));
    EXPECT_FALSE(tagged->unsupported);
    EXPECT_EQ(
        parse_create_bucket("<CreateBucketConfiguration><Tags><Tag/></Tags></CreateBucketConfiguration>")
            .error(),
        errc::malformed_xml
    );
    EXPECT_EQ(parse_create_bucket("<Wrong/>").error(), errc::malformed_xml);
    EXPECT_EQ(
        parse_create_bucket("<CreateBucketConfiguration><What/></CreateBucketConfiguration>").error(),
        errc::malformed_xml
    );
}

}  // namespace
}  // namespace labstore::s3::xml
