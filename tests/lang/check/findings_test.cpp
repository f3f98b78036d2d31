// The table of findings: every program in findings/ has the findings that stand below it, at their places and
// under their lifetimes, and none once the remedy is applied.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "lang/check/check.hpp"

namespace harness::lang {
namespace {

struct Expected {
    unsigned line = 0, column = 0;
    std::map<std::string, std::set<std::string>> lifetimes;  ///< by error; a warning has none

    friend bool operator==(const Expected&, const Expected&) = default;
};

struct Row {
    std::string name;
    std::vector<std::string> source, twin;
    std::vector<Expected> expected;
};

std::string shown(const std::vector<Expected>& all) {
    std::string text;
    for (const Expected& each : all) {
        text += "\n  " + std::to_string(each.line) + ":" + std::to_string(each.column);
        for (const auto& [error, lifetimes] : each.lifetimes) {
            text += " " + error;
            for (const std::string& lifetime : lifetimes) text += " " + lifetime;
        }
    }
    return text.empty() ? " nothing" : text;
}

Expected read_expected(std::istringstream words) {
    Expected expected;
    char colon = 0;
    words >> expected.line >> colon >> expected.column;
    std::string word, error;
    while (words >> word) {
        if (word == ";")
            error.clear();
        else if (error.empty())
            expected.lifetimes[error = word];
        else if (word == "all")
            for (const std::string_view name : names_of(under::all)) expected.lifetimes[error].emplace(name);
        else
            expected.lifetimes[error].insert(word);
    }
    return expected;
}

/// "replace 5: text", "insert 5: text" (before what is line 5 then), "delete 5".
void apply_remedy(const std::string& remedy, std::vector<std::string>& lines) {
    std::istringstream words(remedy);
    std::string verb;
    std::size_t line = 0;
    words >> verb >> line;
    const std::size_t colon = remedy.find(": ");
    const std::string text = colon == std::string::npos ? "" : remedy.substr(colon + 2);
    ASSERT_TRUE(line >= 1 && line <= lines.size() + (verb == "insert" ? 1 : 0)) << remedy;
    const auto at = lines.begin() + static_cast<std::ptrdiff_t>(line - 1);
    if (verb == "replace")
        *at = text;
    else if (verb == "insert")
        lines.insert(at, text);
    else if (verb == "delete")
        lines.erase(at);
    else
        FAIL() << remedy;
}

std::vector<Row> read_table(const std::filesystem::path& file) {
    std::vector<Row> rows;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("=== ")) {
            rows.push_back({line.substr(4), {}, {}, {}});
        } else if (line.starts_with("--- ")) {
            if (rows.back().twin.empty()) rows.back().twin = rows.back().source;
            rows.back().expected.push_back(read_expected(std::istringstream(line.substr(4))));
        } else if (line.starts_with("+++ ")) {
            apply_remedy(line.substr(4), rows.back().twin);
        } else if (!line.empty()) {
            rows.back().source.push_back(line);
        }
    }
    return rows;
}

std::vector<Expected> find(const std::string& text) {
    SourceMap sources;
    const std::uint32_t base = sources.add("program.src", text);
    Names names;
    std::vector<Diagnostic> errors;
    const Module program = parse(sources, base, names, errors);
    for (const Diagnostic& error : errors) ADD_FAILURE() << render(error, sources);
    std::vector<Expected> found;
    if (!errors.empty()) return found;
    for (const Finding& finding : find_defects(program.body, names, sources)) {
        const Place place = sources.place(finding.span().begin);
        Expected each{place.line, place.column, {}};
        for (const Finding::Outcome& outcome : finding.outcomes) {
            std::set<std::string>& lifetimes = each.lifetimes[outcome.diagnostic.name];
            for (const std::string_view name : names_of(outcome.lifetimes)) lifetimes.emplace(name);
            EXPECT_FALSE(outcome.diagnostic.help.empty());
        }
        found.push_back(std::move(each));
    }
    return found;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

std::string content(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

class Findings : public testing::TestWithParam<std::string> {};

TEST_P(Findings, have_their_places_and_lifetimes_and_go_with_the_remedy) {
    const std::vector<Row> rows = read_table(std::filesystem::path(FINDINGS) / (GetParam() + ".txt"));
    ASSERT_GE(rows.size(), 6U);
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        ASSERT_FALSE(row.expected.empty());
        const std::vector<Expected> found = find(joined(row.source));
        EXPECT_TRUE(found == row.expected) << "expected" << shown(row.expected) << "\nfound" << shown(found);
        EXPECT_NE(row.twin, row.source) << "there is no remedy";
        const std::vector<Expected> left = find(joined(row.twin));
        EXPECT_TRUE(left.empty()) << "the remedy leaves" << shown(left);
    }
}

INSTANTIATE_TEST_SUITE_P(table, Findings,
                         testing::Values("ends", "escapes", "borrows", "callees", "cycles", "unreachable",
                                         "twice"),
                         [](const auto& row) { return row.param; });

// Portable programs are right under every lifetime, so nothing may be said of them.
TEST(Silence, on_every_workload_and_every_portable_program) {
    std::size_t looked_at = 0;
    for (const char* folder : {"workloads", "tests/programs"}) {
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(std::filesystem::path(ROOT) / folder)) {
            if (entry.path().extension() != ".src") continue;
            const std::string text = content(entry.path());
            // Those that time the interpreter are written for reference counts, and some are wrong elsewhere.
            const bool portable = std::string_view(folder) == "workloads"
                                      ? entry.path().parent_path().filename() != "bench"
                                      : text.find("# portable: yes") != text.npos;
            if (!portable) continue;
            ++looked_at;
            EXPECT_TRUE(find(text).empty()) << entry.path() << shown(find(text));
        }
    }
    EXPECT_GT(looked_at, 50U);
}

}  // namespace
}  // namespace harness::lang
