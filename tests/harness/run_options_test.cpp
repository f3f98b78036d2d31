// What the options of `harness run` mean, and what a slip in them is answered with.
#include "harness/run_options.hpp"

#include <gtest/gtest.h>

namespace harness::cli {

namespace {

const KnownNames& known() {
    static const KnownNames names{{"page", "arena", "direct"}, {"leak", "manual", "refcount", "gc", "arena"}};
    return names;
}

RunSettings accepted(const std::vector<std::string>& arguments, const KnownNames& names = known()) {
    const Parsed<RunSettings> parsed = parse_run(arguments, names);
    if (const auto* failure = std::get_if<Failure>(&parsed)) ADD_FAILURE() << failure->message;
    const auto* run = std::get_if<RunSettings>(&parsed);
    return run == nullptr ? RunSettings{} : *run;
}

Failure refused(const std::vector<std::string>& arguments) {
    const Parsed<RunSettings> parsed = parse_run(arguments, known());
    const auto* failure = std::get_if<Failure>(&parsed);
    if (failure == nullptr) {
        ADD_FAILURE() << "accepted";
        return {};
    }
    return *failure;
}

TEST(RunOptions, the_defaults_are_checked_refcount_on_direct) {
    const RunSettings run = accepted({"a.src"});
    EXPECT_EQ(run.file, "a.src");
    EXPECT_EQ(run.allocator, "direct");
    EXPECT_EQ(run.lifetime, "refcount");
    EXPECT_TRUE(run.checked);
    EXPECT_TRUE(run.elide_counts);
    EXPECT_FALSE(run.fail_on_leak || run.stats || run.quiet || run.force);
    EXPECT_EQ(run.max_heap_bytes, 0U);
    EXPECT_EQ(run.max_depth, 200'000U);
    EXPECT_EQ(run.timeout_ns, 0U);
    EXPECT_EQ(run.seed, 1U);
}

TEST(RunOptions, slab_becomes_the_default_once_it_exists) {
    EXPECT_EQ(accepted({"a.src"}, {{"direct", "slab"}, {"refcount"}}).allocator, "slab");
    EXPECT_EQ(accepted({"--allocator", "direct", "a.src"}, {{"direct", "slab"}, {"refcount"}}).allocator,
              "direct");
}

TEST(RunOptions, every_option_arrives) {
    const RunSettings run = accepted({"--allocator",
                                      "pool(32,1M)/arena",
                                      "--lifetime=gc",
                                      "--unchecked",
                                      "--fail-on-leak",
                                      "--json",
                                      "-",
                                      "--stats",
                                      "--quiet",
                                      "--force",
                                      "--max-heap",
                                      "64M",
                                      "--max-depth",
                                      "50",
                                      "--timeout",
                                      "1.5",
                                      "--target-bits",
                                      "32",
                                      "--layout",
                                      "Example",
                                      "--seed",
                                      "7",
                                      "--no-elision",
                                      "p.src"});
    EXPECT_EQ(run.file, "p.src");
    EXPECT_EQ(run.allocator, "pool(32,1M)/arena");
    EXPECT_EQ(run.lifetime, "gc");
    EXPECT_FALSE(run.checked || run.elide_counts);
    EXPECT_TRUE(run.fail_on_leak && run.stats && run.quiet && run.force);
    EXPECT_EQ(run.json_path, "-");
    EXPECT_EQ(run.max_heap_bytes, 64U << 20);
    EXPECT_EQ(run.max_depth, 50U);
    EXPECT_EQ(run.timeout_ns, 1'500'000'000U);
    EXPECT_EQ(run.seed, 7U);
    EXPECT_EQ(run.target_bits, 32);
    EXPECT_EQ(run.layout, "Example");
}

TEST(RunOptions, set_repeats_and_leaves_the_file_alone) {
    const RunSettings run = accepted({"--set", "depth=18", "--set", "name=a=b", "p.src", "--set", "empty="});
    EXPECT_EQ(run.file, "p.src");
    const std::vector<std::pair<std::string, std::string>> expected{
        {"depth", "18"}, {"name", "a=b"}, {"empty", ""}};
    EXPECT_EQ(run.settings, expected);
}

TEST(RunOptions, everything_behind_two_dashes_is_the_programs) {
    const RunSettings run = accepted({"-", "--quiet", "--", "--stats", "x", "--", "y"});
    EXPECT_EQ(run.file, "-");
    EXPECT_FALSE(run.stats);
    EXPECT_EQ(run.args, (std::vector<std::string>{"--stats", "x", "--", "y"}));
}

TEST(RunOptions, the_older_names_of_strategies_are_understood) {
    EXPECT_EQ(accepted({"--memory-strategy", "auto", "a"}).lifetime, "refcount");
    EXPECT_EQ(accepted({"--memory-strategy", "manual", "a"}).lifetime, "manual");
    EXPECT_EQ(accepted({"--memory-strategy", "arena", "a"}).lifetime, "arena");
    EXPECT_EQ(refused({"--memory-strategy", "autoo", "a"}).remedy, "did you mean 'auto'?");
}

TEST(RunOptions, debugging_takes_the_debugging_allocator_once_it_exists) {
    EXPECT_EQ(accepted({"--memory-debug", "a"}).allocator, "direct");
    EXPECT_EQ(accepted({"--memory-debug", "a"}, {{"direct", "general"}, {"refcount"}}).allocator, "general");
    EXPECT_FALSE(refused({"--memory-debug", "--unchecked", "a"}).message.empty());
}

TEST(RunOptions, a_misspelt_option_is_told_the_nearest) {
    EXPECT_EQ(refused({"--allocatr", "arena", "a.src"}).remedy, "did you mean '--allocator'?");
    EXPECT_EQ(refused({"a.src", "--max-hep=3"}).remedy, "did you mean '--max-heap'?");
    EXPECT_EQ(refused({"a.src", "--xyzzy"}).remedy, "see 'harness run --help'");
}

TEST(RunOptions, a_misspelt_lifetime_is_told_the_nearest) {
    const Failure failure = refused({"--lifetime", "refcont", "a.src"});
    EXPECT_EQ(failure.message, "'refcont' is not a lifetime");
    EXPECT_EQ(failure.remedy, "did you mean 'refcount'?");
}

TEST(RunOptions, a_lifetime_that_was_left_out_of_the_build_is_told_as_such) {
    const KnownNames names{{"direct"}, {"gc", "arena"}, {"leak", "refcount"}};
    const Parsed<RunSettings> parsed = parse_run({"--lifetime", "leak", "a.src"}, names);
    ASSERT_TRUE(std::holds_alternative<Failure>(parsed));
    EXPECT_EQ(std::get<Failure>(parsed).message,
              "the lifetime 'leak' is not in this build, which has gc, arena");
    EXPECT_EQ(std::get<Failure>(parsed).remedy,
              "configure it without -DHARNESS_LIFETIMES, or with this name in it");
    EXPECT_TRUE(std::holds_alternative<Failure>(parse_run({"a.src"}, names)));
    EXPECT_EQ(accepted({"--lifetime", "gc", "a.src"}, names).lifetime, "gc");
}

TEST(RunOptions, the_only_lifetime_of_a_build_needs_no_option) {
    const KnownNames names{{"direct"}, {"gc"}, {"leak", "refcount"}};
    EXPECT_EQ(accepted({"a.src"}, names).lifetime, "gc");
}

TEST(RunOptions, what_has_no_meaning_is_refused) {
    refused({});
    refused({"a.src", "b.src"});
    refused({"a.src", "--set", "depth"});
    refused({"a.src", "--set", "=3"});
    refused({"a.src", "--max-heap", "much"});
    refused({"a.src", "--max-heap", "0"});
    refused({"a.src", "--max-depth", "-1"});
    refused({"a.src", "--max-depth", "0"});
    refused({"a.src", "--timeout", "0"});
    refused({"a.src", "--seed", "x"});
    refused({"a.src", "--target-bits", "16"});
    refused({"a.src", "--layout", ""});
    refused({"a.src", "--allocator", "null"});
    refused({"a.src", "--lifetime", "gc", "--memory-strategy", "auto"});
}

TEST(RunOptions, help_begins_with_examples_and_hides_the_switch_for_measuring) {
    const Parsed<RunSettings> parsed = parse_run({"--help"}, known());
    ASSERT_TRUE(std::holds_alternative<HelpText>(parsed));
    const std::string& text = std::get<HelpText>(parsed).text;
    EXPECT_EQ(text.rfind("Examples:", 0), 0U) << text;
    EXPECT_NE(text.find("--fail-on-leak"), std::string::npos);
    EXPECT_EQ(text.find("--no-elision"), std::string::npos);
}

}  // namespace

}  // namespace harness::cli
