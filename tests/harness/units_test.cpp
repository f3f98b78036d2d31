// The figures people and scripts read: every unit's border, and every way to write a size or a time.
#include "harness/units.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace harness::cli {

namespace {

TEST(Units, counts_are_grouped_by_three_digits) {
    EXPECT_EQ(format_count(0), "0");
    EXPECT_EQ(format_count(999), "999");
    EXPECT_EQ(format_count(1000), "1 000");
    EXPECT_EQ(format_count(34567), "34 567");
    EXPECT_EQ(format_count(std::numeric_limits<std::uint64_t>::max()), "18 446 744 073 709 551 615");
}

TEST(Units, bytes_take_the_largest_binary_unit) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1023), "1023 B");
    EXPECT_EQ(format_bytes(1024), "1.0 KiB");
    EXPECT_EQ(format_bytes(1'258'291), "1.2 MiB");
    EXPECT_EQ(format_bytes(340 * 1024), "340 KiB");
    EXPECT_EQ(format_bytes(std::uint64_t{5} << 30), "5.0 GiB");
}

TEST(Units, rounding_carries_into_the_next_unit) {
    EXPECT_EQ(format_bytes(1024 * 1024 - 1), "1.0 MiB");
    EXPECT_EQ(format_duration(999'999), "1.0 ms");
    EXPECT_EQ(format_bytes(99 * 1024 + 1023), "100 KiB");
}

TEST(Units, durations_read_like_the_documented_summary) {
    EXPECT_EQ(format_duration(0), "0 ns");
    EXPECT_EQ(format_duration(830), "830 ns");
    EXPECT_EQ(format_duration(12'400'000), "12.4 ms");
    EXPECT_EQ(format_duration(1'500), "1.5 µs");
    EXPECT_EQ(format_duration(3'100'000'000), "3.1 s");
    EXPECT_EQ(format_duration(7'200'000'000'000), "7200 s");
}

TEST(Units, sizes_take_binary_suffixes_in_either_case) {
    EXPECT_EQ(parse_bytes("4096").value(), 4096U);
    EXPECT_EQ(parse_bytes("64K").value(), 65536U);
    EXPECT_EQ(parse_bytes("64k").value(), 65536U);
    EXPECT_EQ(parse_bytes("8MiB").value(), 8U << 20);
    EXPECT_EQ(parse_bytes("2g").value(), std::uint64_t{2} << 30);
    EXPECT_EQ(parse_bytes("7B").value(), 7U);
}

TEST(Units, malformed_sizes_are_refused_with_a_remedy) {
    for (const char* text :
         {"", "K", "-1", "1.5M", "12X", "1KK", "1Bi", "99999999999999999999", "17179869184G"}) {
        const auto size = parse_bytes(text);
        ASSERT_FALSE(size.ok()) << text;
        EXPECT_NE(size.failure().message.find(text), std::string::npos);
        EXPECT_FALSE(size.failure().remedy.empty());
    }
}

TEST(Units, times_are_seconds_unless_they_say_otherwise) {
    EXPECT_EQ(parse_seconds("2").value(), 2'000'000'000U);
    EXPECT_EQ(parse_seconds("0.5").value(), 500'000'000U);
    EXPECT_EQ(parse_seconds("500ms").value(), 500'000'000U);
    EXPECT_EQ(parse_seconds("3s").value(), 3'000'000'000U);
}

TEST(Units, times_without_a_meaning_are_refused) {
    for (const char* text : {"", "0", "-1", "nan", "inf", "1h", "soon", "1e300"}) {
        EXPECT_FALSE(parse_seconds(text).ok()) << text;
    }
}

}  // namespace

}  // namespace harness::cli
