// The report survives the pipe whole, and a damaged one is never mistaken for a report.
#include <gtest/gtest.h>

#include "harness/cell_report.hpp"

namespace harness::cli {

namespace {

// Every field differs from its default and from its neighbours, so that a swapped or forgotten one shows.
CellReport full_report() {
    CellReport report;
    report.status = lang::Status::defect;
    report.exit_code = 4;
    report.trouble = {"message", "remedy"};
    report.rendered = {"first\n", "", std::string("with \0 inside", 13)};
    report.errors = {{"NameError", "name 'x' is not defined", {"a.src", 3, 9}}};
    report.defects = {{{"LeakError", "2 objects", {"b.src", 4, 5}}, 48, {"b.src", 4, 6}, {}}};
    report.heap = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    report.counted = {33, 34, 35, 36};
    report.stack = {12, 13, 14};
    report.costs = {15, 16, 17, 18, 19, 20, 21, 22, 31, 23, 32};
    report.phases = {24, 25, 26};
    report.wall_ns = 27;
    report.output_xxh3 = 0xfedcba9876543210;
    report.output_bytes = 28;
    report.indices_peak = 29;
    report.index_conflicts = 30;
    return report;
}

TEST(Wire, a_report_survives_the_round_trip) {
    const CellReport sent = full_report();
    const auto got = decode(encode(sent));
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, sent.status);
    EXPECT_EQ(got->exit_code, 4);
    EXPECT_EQ(got->trouble.message, "message");
    EXPECT_EQ(got->trouble.remedy, "remedy");
    EXPECT_EQ(got->rendered, sent.rendered);
    EXPECT_EQ(got->errors, sent.errors);
    EXPECT_EQ(got->defects, sent.defects);
    EXPECT_EQ(got->heap.allocations, 1U);
    EXPECT_EQ(got->heap.payload_bytes_leaked, 5U);
    EXPECT_EQ(got->heap.constant_bytes, 11U);
    EXPECT_EQ(got->counted.allocations, 33U);
    EXPECT_EQ(got->counted.requested_bytes_peak, 36U);
    EXPECT_EQ(got->stack.window_bytes_peak, 14U);
    EXPECT_EQ(got->costs.pauses, 31U);
    EXPECT_EQ(got->costs.pause_ns_max, 23U);
    EXPECT_EQ(got->costs.pause_ns_total, 32U);
    EXPECT_EQ(got->phases.release_ns, 26U);
    EXPECT_EQ(got->wall_ns, 27U);
    EXPECT_EQ(got->output_xxh3, 0xfedcba9876543210);
    EXPECT_EQ(got->output_bytes, 28U);
    EXPECT_EQ(got->index_conflicts, 30U);
    EXPECT_EQ(encode(*got), encode(sent));
}

TEST(Wire, a_negative_exit_code_survives) {
    CellReport report;
    report.exit_code = -3;
    EXPECT_EQ(decode(encode(report))->exit_code, -3);
}

TEST(Wire, no_part_of_a_report_is_taken_for_a_whole_one) {
    const std::string bytes = encode(full_report());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size)).has_value()) << size;
    }
    EXPECT_FALSE(decode(bytes + "x").has_value());
}

TEST(Wire, damaged_sizes_do_not_ask_for_memory) {
    const std::string bytes = encode(full_report());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
        decode(damaged);  // must return, whatever it makes of it
    }
}

}  // namespace

}  // namespace harness::cli
