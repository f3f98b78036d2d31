// Real programs, cut at every byte and with tokens lost or doubled, through parser and compiler: a program or
// located errors, whatever the lifetime. The mutations are seeded, so a failure repeats.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "allocators/registry.hpp"
#include "lang/run.hpp"

namespace harness::lang {
namespace {

std::vector<std::string> texts_below(const std::string& folder) {
    std::vector<std::string> texts;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(HARNESS_SOURCES "/" + folder))
        if (entry.path().extension() == ".src") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
        std::ifstream stream(path, std::ios::binary);
        texts.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    return texts;
}

/// Checks the text under one lifetime and mode, the next one at each call.
void expect_sane(const std::string& text) {
    static unsigned turn = 0;
    static const auto lifetimes = list_lifetimes();
    const auto allocator = std::move(allocators::make_allocator("direct")).value();
    SourceMap sources;
    RunOptions options;
    options.file = "no-such-folder/cut.src";
    options.lifetime = std::string(lifetimes[turn % lifetimes.size()].name);
    options.checked = (turn / lifetimes.size()) % 2 == 0;
    ++turn;
    const auto errors = check(text, options, *allocator, sources);
    ASSERT_LE(errors.size(), 20U);
    for (const Diagnostic& each : errors) {
        ASSERT_LE(each.span.begin, each.span.end) << each.message;
        ASSERT_NE(sources.place(each.span.begin).line, 0U) << each.message;
        ASSERT_FALSE(render(each, sources).empty());
    }
}

/// Each byte of short programs; of the rest together about as many places as fit into a few seconds.
void expect_sane_prefixes(const std::vector<std::string>& texts, std::size_t places) {
    ASSERT_FALSE(texts.empty());
    std::size_t bytes = 0;
    for (const std::string& text : texts) bytes += text.size();
    const std::size_t step = std::max<std::size_t>(1, bytes / places);
    for (std::size_t t = 0; t < texts.size(); ++t)
        for (std::size_t i = t % step; i < texts[t].size(); i += step) expect_sane(texts[t].substr(0, i));
}

TEST(mutilated, every_prefix_of_a_program_is_survived) {
    expect_sane_prefixes(texts_below("tests/programs/seed_001"), 100'000);
    expect_sane_prefixes(texts_below("tests/programs/classes"), 6000);
}

TEST(mutilated, prefixes_of_all_programs_are_survived) {
    expect_sane_prefixes(texts_below("tests/programs"), 6000);
    expect_sane_prefixes(texts_below("workloads"), 3000);
}

TEST(mutilated, programs_with_lost_and_doubled_parts_are_survived) {
    constexpr unsigned seed = 20'260'102;
    std::mt19937 random(seed);
    const auto texts = texts_below("tests/programs");
    for (int round = 0; round < 6000; ++round) {
        std::string text = texts[random() % texts.size()];
        if (text.empty()) continue;
        for (unsigned i = 0, n = 1 + random() % 4; i < n; ++i) {
            const std::size_t at = random() % text.size();
            const std::size_t length = 1 + random() % 12;
            if (random() % 2 == 0)
                text.insert(at, text.substr(random() % text.size(), length));
            else
                text.erase(at, length);
            if (text.empty()) text = "x";
        }
        expect_sane(text);
    }
}

}  // namespace
}  // namespace harness::lang
