// The three views of a verdict: the summary line to the letter, the table, and the JSON key by key.
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "harness/exit_codes.hpp"
#include "harness/json_report.hpp"
#include "harness/summary.hpp"
#include "harness/verdict.hpp"

namespace harness::cli {

namespace {

RunSettings arena_run() {
    RunSettings run;
    run.file = "trees.src";
    run.allocator = "arena";
    return run;
}

Verdict told(const CellReport& report) {
    Ending ending;
    ending.sent = encode(report);
    ending.peak_rss_bytes = 4096;
    return judge(std::move(ending), arena_run());
}

Verdict lost(EndedBy by, int code) {
    Ending ending;
    ending.by = by;
    ending.code = code;
    ending.wall_ns = 5'000'000;
    RunSettings run = arena_run();
    run.timeout_ns = 1'000'000'000;
    return judge(std::move(ending), run);
}

CellReport good_report() {
    CellReport report;
    report.wall_ns = 12'400'000;
    report.heap.allocations = 34'567;
    report.heap.payload_bytes_peak = 1'258'291;
    report.output_xxh3 = 0xab;
    return report;
}

TEST(Summary, a_good_run_reads_as_documented) {
    EXPECT_EQ(summary_line(arena_run(), told(good_report())),
              "arena × refcount: ok, 12.4 ms, 34 567 allocations, peak 1.2 MiB payload, 0 B leaked\n");
}

TEST(Summary, a_failure_names_its_cause) {
    CellReport report = good_report();
    report.status = lang::Status::error;
    report.errors = {{"ZeroDivisionError", "division by zero", {"a", 1, 1}}};
    EXPECT_EQ(
        summary_line(arena_run(), told(report)).rfind("arena × refcount: error (ZeroDivisionError), ", 0),
        0U);
    report.status = lang::Status::defect;
    report.defects = {{{"DoubleFreeError", "", {}}, 0, {}, {}}};
    EXPECT_NE(summary_line(arena_run(), told(report)).find("defect (DoubleFreeError)"), std::string::npos);
}

TEST(Summary, a_crash_shows_its_signal_and_no_figures) {
    EXPECT_EQ(summary_line(arena_run(), lost(EndedBy::signal, SIGSEGV)),
              "arena × refcount: crashed (SIGSEGV), 5.0 ms\n");
    EXPECT_EQ(summary_line(arena_run(), lost(EndedBy::time_limit, SIGTERM)),
              "arena × refcount: limit (time), 5.0 ms\n");
}

TEST(Verdict, exit_codes_follow_the_documented_classes) {
    EXPECT_EQ(told(good_report()).exit_code, exit_ok);
    EXPECT_EQ(lost(EndedBy::signal, SIGSEGV).exit_code, exit_harness_failed);
    EXPECT_EQ(lost(EndedBy::itself, 1).exit_code, exit_harness_failed);
    EXPECT_EQ(lost(EndedBy::time_limit, SIGTERM).exit_code, exit_limit);
    EXPECT_EQ(lost(EndedBy::native_stack, 0).exit_code, exit_limit);
    EXPECT_EQ(lost(EndedBy::interrupt, SIGINT).exit_code, 130);
    EXPECT_EQ(lost(EndedBy::interrupt, SIGINT).pass_on, SIGINT);
    EXPECT_EQ(lost(EndedBy::signal, SIGPIPE).pass_on, SIGPIPE);
}

TEST(Verdict, every_loss_has_a_cause_and_a_remedy_except_a_closed_pipe) {
    for (const Verdict& verdict : {lost(EndedBy::signal, SIGKILL), lost(EndedBy::itself, 1),
                                   lost(EndedBy::time_limit, 0), lost(EndedBy::native_stack, 0)}) {
        EXPECT_FALSE(verdict.trouble.message.empty());
        EXPECT_FALSE(verdict.trouble.remedy.empty());
    }
    EXPECT_TRUE(lost(EndedBy::signal, SIGPIPE).trouble.message.empty());
}

TEST(Verdict, a_whole_report_counts_even_if_the_child_broke_down_after_it) {
    Ending ending;
    ending.by = EndedBy::signal;
    ending.code = SIGSEGV;
    ending.sent = encode(good_report());
    EXPECT_EQ(judge(std::move(ending), arena_run()).status, CellStatus::ok);
}

TEST(Verdict, a_programs_own_exit_code_is_passed_on) {
    CellReport report = good_report();
    report.exit_code = 42;
    const Verdict verdict = told(report);
    EXPECT_EQ(verdict.status, CellStatus::ok);
    EXPECT_EQ(verdict.exit_code, 42);
}

TEST(Json, the_documented_keys_come_first_and_in_order) {
    const std::string text = json_report(arena_run(), told(good_report()));
    const auto json = nlohmann::ordered_json::parse(text);
    const std::vector<std::string> documented{
        "schema",  "workload",    "allocator",      "lifetime", "checked", "status",  "exit_code",
        "wall_ns", "output_xxh3", "peak_rss_bytes", "heap",     "stack",   "indices", "defects"};
    std::vector<std::string> found;
    for (const auto& [key, value] : json.items()) found.push_back(key);
    ASSERT_GE(found.size(), documented.size());
    found.resize(documented.size());
    EXPECT_EQ(found, documented);
    for (const char* key :
         {"allocations", "deallocations", "payload_bytes_total", "payload_bytes_peak", "payload_bytes_leaked",
          "header_bytes_peak", "requested_bytes_peak", "reserved_bytes_peak", "mapped_bytes_peak"}) {
        EXPECT_TRUE(json["heap"].contains(key)) << key;
    }
    for (const char* key : {"frames_peak", "value_bytes_peak", "window_bytes_peak"}) {
        EXPECT_TRUE(json["stack"].contains(key)) << key;
    }
    EXPECT_TRUE(json["indices"].contains("allocated_peak"));
    EXPECT_TRUE(json["indices"].contains("conflicts"));
}

TEST(Json, it_is_one_line_with_spaces_as_documented) {
    const std::string text = json_report(arena_run(), told(good_report()));
    EXPECT_EQ(
        text.rfind("{\"schema\": 1, \"workload\": \"trees.src\", \"allocator\": \"arena\", "
                   "\"lifetime\": \"refcount\", \"checked\": true, \"status\": \"ok\", \"exit_code\": 0, "
                   "\"wall_ns\": 12400000, \"output_xxh3\": \"00000000000000ab\", \"peak_rss_bytes\": 4096, "
                   "\"heap\": {\"allocations\": 34567, ",
                   0),
        0U)
        << text;
    EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(Json, unknown_figures_are_null_and_their_keys_stay) {
    const auto json = nlohmann::json::parse(json_report(arena_run(), lost(EndedBy::signal, SIGSEGV)));
    EXPECT_EQ(json["status"], "crashed");
    EXPECT_EQ(json["signal"], "SIGSEGV");
    EXPECT_EQ(json["exit_code"], 7);
    EXPECT_TRUE(json["output_xxh3"].is_null());
    EXPECT_TRUE(json["heap"].at("allocations").is_null());
    EXPECT_TRUE(json["stack"].at("frames_peak").is_null());
    EXPECT_EQ(json["defects"], nlohmann::json::array());
}

TEST(Json, a_defect_tells_its_three_places) {
    CellReport report = good_report();
    report.status = lang::Status::defect;
    report.defects = {{{"DoubleFreeError", "twice", {"f.src", 7, 6}}, 64, {"f.src", 3, 5}, {"f.src", 5, 6}}};
    const auto json = nlohmann::json::parse(json_report(arena_run(), told(report)));
    const auto& defect = json["defects"][0];
    EXPECT_EQ(defect["kind"], "DoubleFreeError");
    EXPECT_EQ(defect["file"], "f.src");
    EXPECT_EQ(defect["line"], 7);
    EXPECT_EQ(defect["column"], 6);
    EXPECT_EQ(defect["bytes"], 64);
    EXPECT_EQ(defect["allocated"]["line"], 3);
    EXPECT_EQ(defect["released"]["column"], 6);
}

TEST(Json, bytes_that_are_no_utf8_do_not_break_it) {
    CellReport report = good_report();
    report.status = lang::Status::error;
    report.errors = {{"ValueError", "\xff\xfe", {"a.src", 1, 1}}};
    EXPECT_TRUE(nlohmann::json::accept(json_report(arena_run(), told(report))));
}

TEST(Stats, the_table_has_the_four_byte_counts_and_the_phases) {
    const std::string text = stats_table(arena_run(), told(good_report()));
    for (const char* word : {"payload", "requested", "reserved", "mapped", "front end", "release", "retains",
                             "resident at peak", "1.2 MiB", "34 567"}) {
        EXPECT_NE(text.find(word), std::string::npos) << word;
    }
}

TEST(Stats, a_lost_report_leaves_the_processes_own_figures) {
    const std::string text = stats_table(arena_run(), lost(EndedBy::signal, SIGSEGV));
    EXPECT_EQ(text.find("payload"), std::string::npos);
    EXPECT_NE(text.find("resident at peak"), std::string::npos);
}

}  // namespace

}  // namespace harness::cli
