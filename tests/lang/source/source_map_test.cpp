// Positions must be right to the byte, for every line end and at both ends of a file: every message rests on
// them.
#include "lang/source/source_map.hpp"

#include <gtest/gtest.h>

namespace harness::lang {
namespace {

TEST(source_map, counts_lines_and_columns_from_one) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", "ab\ncd\n");
    EXPECT_EQ(sources.place(base).line, 1U);
    EXPECT_EQ(sources.place(base).column, 1U);
    EXPECT_EQ(sources.place(base + 4).line, 2U);
    EXPECT_EQ(sources.place(base + 4).column, 2U);
    EXPECT_EQ(sources.place(base + 4).line_text, "cd");
}

TEST(source_map, ends_of_files_are_places) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", "ab");
    EXPECT_EQ(sources.place(base + 2).column, 3U);
    EXPECT_EQ(sources.place(base + 3).line, 0U);
    EXPECT_EQ(sources.place(0).line, 0U);
}

TEST(source_map, tells_files_apart) {
    SourceMap sources;
    const std::uint32_t first = sources.add("a.src", "");
    const std::uint32_t second = sources.add("b.src", "x = 1\n");
    EXPECT_NE(first, second);
    EXPECT_EQ(sources.place(first).file, "a.src");
    EXPECT_EQ(sources.place(second + 4).file, "b.src");
    EXPECT_EQ(sources.excerpt({second + 4, second + 5}), "1");
    EXPECT_EQ(sources.text(second), "x = 1\n");
}

TEST(source_map, line_text_has_no_line_end) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", "ab\r\ncd");
    EXPECT_EQ(sources.place(base).line_text, "ab");
    EXPECT_EQ(sources.place(base + 4).line_text, "cd");
}

TEST(source_map, columns_count_from_behind_a_byte_order_mark) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", "\xef\xbb\xbfx = 1");
    EXPECT_EQ(sources.place(base + 3).column, 1U);
    EXPECT_EQ(sources.place(base + 3).line_text, "x = 1");
}

}  // namespace
}  // namespace harness::lang
