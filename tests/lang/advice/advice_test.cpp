// The table of advice: how messages match its patterns, and when nothing is said.
#include "lang/advice/advice.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace harness::lang {
namespace {

using Captures = std::vector<std::string_view>;

TEST(Pattern, without_a_star_matches_itself_alone) {
    Captures captures;
    EXPECT_TRUE(matches_pattern("pop from empty list", "pop from empty list", captures));
    EXPECT_FALSE(matches_pattern("pop from empty list", "pop from empty list!", captures));
    EXPECT_TRUE(matches_pattern("", "", captures));
    EXPECT_TRUE(captures.empty());
}

TEST(Pattern, gives_the_texts_of_its_stars) {
    Captures captures;
    ASSERT_TRUE(matches_pattern("'*' not supported between instances of '*' and '*'",
                                "'<' not supported between instances of 'int' and 'NoneType'", captures));
    EXPECT_EQ(captures, (Captures{"<", "int", "NoneType"}));
}

TEST(Pattern, takes_a_longer_text_where_the_shortest_does_not_match) {
    Captures captures;
    ASSERT_TRUE(matches_pattern("'*' and '*'", "'a' and 'b' and 'c'", captures));
    EXPECT_EQ(captures, (Captures{"a", "b' and 'c"}));
    captures.clear();
    ASSERT_TRUE(matches_pattern("*: 'x'", "p: 'y': 'x'", captures));
    EXPECT_EQ(captures, (Captures{"p: 'y'"}));
    captures.clear();
    EXPECT_FALSE(matches_pattern("*: 'x'", "p: 'y'", captures));
    EXPECT_TRUE(captures.empty());
}

ErrorFacts found_by_the_language() {
    ErrorFacts facts;
    facts.by_language = true;
    return facts;
}

/// Advice about an error whose instruction covers `at`, the first such text in the source.
class Advised {
  public:
    Advised(std::string source, std::string_view at, std::string name, std::string message,
            std::string help = "", const ErrorFacts& facts = found_by_the_language()) {
        const auto begin = static_cast<std::uint32_t>(source.find(at));
        const std::uint32_t base = sources.add("a.src", std::move(source));
        error.name = std::move(name);
        error.message = std::move(message);
        error.help = std::move(help);
        error.span = {base + begin, base + begin + static_cast<std::uint32_t>(at.size())};
        error.stack.push_back({"<main>", error.span});
        advise(error, facts, sources);
    }
    std::string_view marked() const { return sources.excerpt(error.span); }

    Diagnostic error;
    SourceMap sources;
};

TEST(Advice, marks_the_part_that_is_wrong) {
    const Advised key("print(d['b'])\n", "d['b']", "KeyError", "'b'");
    EXPECT_EQ(key.marked(), "'b'");
    EXPECT_EQ(key.error.help, "d.get('b') gives None instead, and d.get('b', x) gives x");
    const Advised divisor("x = a // (b - b)\n", "a // (b - b)", "ZeroDivisionError", "division by zero");
    EXPECT_EQ(divisor.error.help, "");
    EXPECT_NE(divisor.marked().find("b - b"), std::string_view::npos);
    EXPECT_EQ(divisor.marked().find("a //"), std::string_view::npos);
}

TEST(Advice, moves_the_innermost_line_of_the_stack_with_the_mark) {
    const Advised made("x = (1 -\n  'a')\n", "1 -\n  'a'", "TypeError",
                       "unsupported operand type(s) for -: 'int' and 'str'");
    EXPECT_EQ(made.marked(), "'a'");
    EXPECT_EQ(made.sources.place(made.error.stack[0].span.begin).line, 2U);
}

TEST(Advice, is_not_given_about_errors_that_the_program_raises) {
    const Advised raised("raise KeyError('b')\n", "raise KeyError('b')", "KeyError", "'b'", "", {});
    EXPECT_EQ(raised.error.help, "");
    EXPECT_EQ(raised.marked(), "raise KeyError('b')");
}

TEST(Advice, keeps_a_help_that_the_error_brought) {
    const Advised made("null(x)\n", "null", "NameError", "name 'null' is not defined", "did you mean 'nul'?");
    EXPECT_EQ(made.error.help, "did you mean 'nul'?");
    EXPECT_EQ(Advised("null(x)\n", "null", "NameError", "name 'null' is not defined").error.help,
              "the word is None");
}

TEST(Advice, leaves_alone_what_no_line_of_the_table_matches_and_what_cannot_be_parsed) {
    EXPECT_EQ(Advised("f(1)\n", "f(1)", "TypeError", "a message of no row").error.help, "");
    EXPECT_EQ(Advised("print(d['b']\n", "d['b']", "KeyError", "'b'").marked(), "d['b']");
    EXPECT_EQ(Advised("x = 1\n", "x", "IndexError", "list index out of range").error.help, "");
}

TEST(Advice, quotes_nothing_that_is_too_long_for_a_sentence) {
    const std::string name(60, 'n');
    const Advised made("'a' + " + name + "\n", "'a' + " + name, "TypeError",
                       "can only concatenate str (not \"int\") to str");
    EXPECT_EQ(made.marked(), name);
    EXPECT_EQ(made.error.help, "");
}

constexpr struct {
    std::string_view error, message, help;
} rows[] = {
#define ADVICE(error, message, mark, help) {#error, message, help},
#include "lang/advice/advice.def"
#undef ADVICE
};

TEST(AdviceTable, has_helps_of_one_sentence_without_a_full_stop) {
    for (const auto& row : rows) {
        EXPECT_FALSE(row.help.ends_with('.')) << row.help;
        EXPECT_EQ(row.help.find(". "), std::string_view::npos) << row.help;
        EXPECT_LE(row.help.size(), 160U) << row.help;
    }
}

TEST(AdviceTable, says_each_help_about_a_message_once) {
    for (const auto& a : rows)
        for (const auto& b : rows)
            EXPECT_TRUE(&a == &b || a.error != b.error || a.message != b.message || a.help != b.help)
                << a.message;
}

}  // namespace
}  // namespace harness::lang
