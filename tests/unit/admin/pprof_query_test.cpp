#include "admin/pprof_query.hpp"

#include <gtest/gtest.h>

namespace labstore::admin {
namespace {

TEST(PprofQuery, NothingAskedIsTheStandard) {
    for (const std::string_view query : {"", "x", "x=1&&=&gc=1", "&"}) {
        const auto [asked, complaint] = parse_capture_query(query);
        EXPECT_EQ(complaint, "") << query;
        EXPECT_FALSE(asked.seconds);
        EXPECT_FALSE(asked.legacy);
        EXPECT_EQ(asked.kind, "cpu");
        EXPECT_FALSE(asked.base);
        EXPECT_FALSE(asked.id);
    }
}

TEST(PprofQuery, ReadsWhatIsKnown) {
    const auto [asked, complaint] =
        parse_capture_query("seconds=600&kind=contention&base=3&id=18&format=legacy");
    EXPECT_EQ(complaint, "");
    EXPECT_EQ(asked.seconds, std::chrono::seconds(600));
    EXPECT_EQ(asked.kind, "contention");
    EXPECT_EQ(asked.base, 3U);
    EXPECT_EQ(asked.id, 18U);
    EXPECT_TRUE(asked.legacy);
    EXPECT_TRUE(parse_capture_query("debug=1").asked.legacy);
    EXPECT_FALSE(parse_capture_query("debug=0&format=proto").asked.legacy);
}

TEST(PprofQuery, OddValuesAreComplaints) {
    for (const std::string_view query :
         {"seconds=",
          "seconds",
          "seconds=0",
          "seconds=601",
          "seconds=-1",
          "seconds=1e1",
          "seconds=1.5",
          "seconds=%31",
          "seconds=99999999999999999999",
          "seconds=1&seconds=1",
          "format=",
          "format=xml",
          "debug=2",
          "debug=",
          "kind=",
          "kind=CPU",
          "kind=heap%20",
          "base=x",
          "base=-1",
          "id=",
          "id=1+1",
          "seconds=1&id=1&id=2"})
        EXPECT_NE(parse_capture_query(query).complaint, "") << query;
}

}  // namespace
}  // namespace labstore::admin
