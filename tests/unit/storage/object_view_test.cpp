// The view of a row against protobuf's reading of the same bytes.
#include "storage/object_view.hpp"

#include "storage/record_codec.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace labstore::storage {
namespace {

using namespace std::string_literals;

class record_maker {
  public:
    explicit record_maker(std::uint32_t seed) : random_(seed) {}

    records::object make() {
        records::object out;
        out.set_sequence(random_());
        out.set_token(text(16));
        out.set_etag_md5(text(16));
        if (often()) {
            out.set_version_id(text(16));
            out.set_modified_ns(-static_cast<std::int64_t>(number()));
        } else {
            out.set_null_version(true);
            out.set_modified_ns(static_cast<std::int64_t>(number()));
        }
        out.set_size_bytes(number());
        out.set_etag_parts(static_cast<std::uint32_t>(number()));
        out.set_parts_count(static_cast<std::uint32_t>(number()));
        out.set_from_upload(often());
        if (often()) {
            out.mutable_owner()->set_id(text(64));
            out.mutable_owner()->set_display_name(any_text());
        }
        if (often())
            fill(*out.mutable_attributes());
        if (often()) {
            out.mutable_checksum()->set_algorithm(static_cast<std::uint32_t>(random_() % 6));
            out.mutable_checksum()->set_composite(often());
            out.mutable_checksum()->set_value(any_text());
        }
        if (often()) {
            out.mutable_blob()->set_locator(any_text());
            out.mutable_blob()->set_size_bytes(number());
        }
        for (auto left = random_() % 4; left > 0; --left) {
            auto& position = *out.add_manifest();
            position.set_first_part_number(static_cast<std::uint32_t>(random_() % 10'000));
            position.set_offset_bytes(number());
        }
        if (often())
            out.set_retention_mode(1 + draw() % 2);
        if (often())
            out.set_retain_until_ns(static_cast<std::int64_t>(number()));
        if (often())
            out.set_legal_hold(1 + draw() % 2);
        return out;
    }

    bool often() { return random_() % 2 == 0; }

    std::uint32_t draw() { return static_cast<std::uint32_t>(random_()); }

  private:
    // Of every length a varint can have.
    std::uint64_t number() { return (std::uint64_t{random_()} << 32 | random_()) >> (random_() % 64); }

    std::string text(std::size_t size) {
        std::string out;
        while (out.size() < size)
            out.push_back(static_cast<char>('a' + random_() % 26));
        return out;
    }

    std::string any_text() { return text(random_() % 3 == 0 ? 0 : random_() % 300); }

    void fill(records::attributes& out) {
        out.set_content_type(any_text());
        out.set_cache_control(any_text());
        out.set_content_disposition(any_text());
        out.set_content_encoding(any_text());
        out.set_content_language(any_text());
        out.set_expires(any_text());
        out.set_website_redirect(any_text());
        out.set_storage_class(any_text());
        for (auto left = random_() % 4; left > 0; --left) {
            auto& item = *out.add_user_metadata();
            item.set_name(any_text());
            item.set_value(any_text());
        }
        for (auto left = random_() % 4; left > 0; --left) {
            auto& item = *out.add_tags();
            item.set_name(any_text());
            item.set_value(any_text());
        }
    }

    std::mt19937 random_;
};

void expect_same(const attributes_view& view, const records::attributes& record) {
    EXPECT_EQ(view.content_type, record.content_type());
    EXPECT_EQ(view.cache_control, record.cache_control());
    EXPECT_EQ(view.content_disposition, record.content_disposition());
    EXPECT_EQ(view.content_encoding, record.content_encoding());
    EXPECT_EQ(view.content_language, record.content_language());
    EXPECT_EQ(view.expires, record.expires());
    EXPECT_EQ(view.website_redirect, record.website_redirect());
    EXPECT_EQ(view.storage_class, record.storage_class());
    ASSERT_EQ(view.user_metadata.size(), static_cast<std::size_t>(record.user_metadata_size()));
    for (int i = 0; i < record.user_metadata_size(); ++i) {
        EXPECT_EQ(view.user_metadata[static_cast<std::size_t>(i)].first, record.user_metadata(i).name());
        EXPECT_EQ(view.user_metadata[static_cast<std::size_t>(i)].second, record.user_metadata(i).value());
    }
    ASSERT_EQ(view.tags.size(), static_cast<std::size_t>(record.tags_size()));
    for (int i = 0; i < record.tags_size(); ++i) {
        EXPECT_EQ(view.tags[static_cast<std::size_t>(i)].first, record.tags(i).name());
        EXPECT_EQ(view.tags[static_cast<std::size_t>(i)].second, record.tags(i).value());
    }
}

void expect_same(const object_view& view, const records::object& record) {
    EXPECT_EQ(view.sequence, record.sequence());
    EXPECT_EQ(view.token, record.token());
    EXPECT_EQ(view.version_id, record.version_id());
    EXPECT_EQ(view.null_version, record.null_version());
    EXPECT_EQ(view.delete_marker, record.delete_marker());
    EXPECT_EQ(view.size_bytes, record.size_bytes());
    EXPECT_EQ(view.etag_md5, record.etag_md5());
    EXPECT_EQ(view.etag_parts, record.etag_parts());
    EXPECT_EQ(view.modified_ns, record.modified_ns());
    EXPECT_EQ(view.parts_count, record.parts_count());
    EXPECT_EQ(view.from_upload, record.from_upload());
    EXPECT_EQ(view.retention_mode, record.retention_mode());
    EXPECT_EQ(view.retain_until_ns, record.retain_until_ns());
    EXPECT_EQ(view.legal_hold, record.legal_hold());
    ASSERT_EQ(view.owner.has_value(), record.has_owner());
    if (view.owner) {
        EXPECT_EQ(view.owner->id, record.owner().id());
        EXPECT_EQ(view.owner->display_name, record.owner().display_name());
    }
    ASSERT_EQ(view.attributes.has_value(), record.has_attributes());
    if (view.attributes)
        expect_same(*view.attributes, record.attributes());
    ASSERT_EQ(view.checksum.has_value(), record.has_checksum());
    if (view.checksum) {
        EXPECT_EQ(view.checksum->algorithm, record.checksum().algorithm());
        EXPECT_EQ(view.checksum->composite, record.checksum().composite());
        EXPECT_EQ(view.checksum->value, record.checksum().value());
    }
    ASSERT_EQ(view.blob.has_value(), record.has_blob());
    if (view.blob) {
        EXPECT_EQ(view.blob->locator, record.blob().locator());
        EXPECT_EQ(view.blob->size_bytes, record.blob().size_bytes());
    }
    ASSERT_EQ(view.manifest.size(), static_cast<std::size_t>(record.manifest_size()));
    for (int i = 0; i < record.manifest_size(); ++i) {
        const auto& place = view.manifest[static_cast<std::size_t>(i)];
        EXPECT_EQ(place.first_part_number, record.manifest(i).first_part_number());
        EXPECT_EQ(place.offset_bytes, record.manifest(i).offset_bytes());
    }
}

TEST(ObjectView, ReadsWhatProtobufReads) {
    record_maker maker(1);
    for (int i = 0; i < 3000; ++i) {
        const auto record = maker.make();
        const auto value = encode(record);
        const auto view = read_object(value);
        ASSERT_TRUE(view) << i;
        expect_same(*view, record);
        ASSERT_FALSE(HasFailure()) << record.ShortDebugString() << " in round " << i;
    }
}

TEST(ObjectView, DescribesAnObjectAsItsRecordDoes) {
    record_maker maker(2);
    bucket_info bucket;
    bucket.owner = {"owner", "of the bucket"};
    for (int i = 0; i < 1000; ++i) {
        const auto record = maker.make();
        const auto value = encode(record);
        const auto seen = describe("a key", *read_object(value), bucket);
        const auto expected = describe("a key", record, bucket);
        EXPECT_EQ(seen.key, expected.key);
        EXPECT_EQ(seen.version_id, expected.version_id);
        EXPECT_EQ(seen.size_bytes, expected.size_bytes);
        EXPECT_EQ(seen.modified, expected.modified);
        EXPECT_EQ(seen.etag, expected.etag);
        EXPECT_EQ(seen.owner.id, expected.owner.id);
        EXPECT_EQ(seen.owner.display_name, expected.owner.display_name);
        EXPECT_EQ(seen.checksum, expected.checksum);
        EXPECT_EQ(seen.parts_count, expected.parts_count);
        EXPECT_EQ(seen.attributes.content_type, expected.attributes.content_type);
        EXPECT_EQ(seen.attributes.cache_control, expected.attributes.cache_control);
        EXPECT_EQ(seen.attributes.content_disposition, expected.attributes.content_disposition);
        EXPECT_EQ(seen.attributes.content_encoding, expected.attributes.content_encoding);
        EXPECT_EQ(seen.attributes.content_language, expected.attributes.content_language);
        EXPECT_EQ(seen.attributes.expires, expected.attributes.expires);
        EXPECT_EQ(seen.attributes.website_redirect, expected.attributes.website_redirect);
        EXPECT_EQ(seen.attributes.storage_class, expected.attributes.storage_class);
        EXPECT_EQ(seen.attributes.user_metadata, expected.attributes.user_metadata);
        EXPECT_EQ(seen.attributes.tags, expected.attributes.tags);
    }
}

TEST(ObjectView, FieldsOfALaterVersionArePassedOver) {
    record_maker maker(3);
    const auto record = maker.make();
    auto value = encode(record);
    value += "\xF8\x0F\x96\x01"s;                          // field 255, a varint
    value += "\xF9\x0F\x31\x32\x33\x34\x35\x36\x37\x38"s;  // the same, 8 bytes
    value += "\xFD\x0F\x31\x32\x33\x34"s;                  // the same, 4 bytes
    value += "\xFA\x0F\x03\x61\x62\x63"s;                  // the same, a text
    value += "\xFB\x0F\x08\x01\x13\x14\xFC\x0F"s;          // the same, a group, and one in it
    value += "\x65\x31\x32\x33\x34"s;                      // field 12, known, of another type
    const auto view = read_object(value);
    ASSERT_TRUE(view);
    expect_same(*view, record);
}

TEST(ObjectView, BrokenBytesAreRefusedOrReadWithinTheirBounds) {
    record_maker maker(4);
    for (int i = 0; i < 300; ++i) {
        const auto whole = encode(maker.make());
        for (std::size_t size = 0; size < whole.size(); ++size) {
            // A copy of just that size, so that AddressSanitizer sees a read past its end.
            const std::string cut(whole.data(), size);
            records::object record;
            const auto view = read_object(cut);
            if (view) {
                EXPECT_TRUE(record.ParseFromString(cut)) << "accepted what protobuf refuses";
            }
        }
        auto damaged = whole;
        damaged[maker.draw() % damaged.size()] ^= static_cast<char>(1 << maker.draw() % 8);
        static_cast<void>(read_object(damaged));
    }
    EXPECT_EQ(read_object({}).error(), errc::corrupt);
    EXPECT_EQ(read_object("\x0B\x0C").error(), errc::corrupt) << "a group and nothing else";
    EXPECT_EQ(read_object("\x10\x01").error(), errc::corrupt) << "a token that is no text, so there is none";
}

TEST(ObjectView, TokenAndEtagHaveTheirSizeUnlessItIsADeleteMarker) {
    records::object record;
    record.set_token("too short");
    record.set_etag_md5(std::string(16, 'e'));
    EXPECT_EQ(read_object(encode(record)).error(), errc::corrupt);
    record.set_token(std::string(16, 't'));
    EXPECT_TRUE(read_object(encode(record)));
    record.set_etag_md5("");
    EXPECT_EQ(read_object(encode(record)).error(), errc::corrupt);
    record.set_delete_marker(true);
    EXPECT_TRUE(read_object(encode(record)));
}

}  // namespace
}  // namespace labstore::storage
