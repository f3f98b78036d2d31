// The rendered form is what people read and scripts cut apart, so it is compared to the byte.
#include "lang/source/diagnostic.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace harness::lang {
namespace {

/// A span of the first place where `part` stands in the file at `base`.
Span span_of(const SourceMap& sources, std::uint32_t base, std::string_view part) {
    const auto at = static_cast<std::uint32_t>(sources.text(base).find(part));
    return {base + at, base + at + static_cast<std::uint32_t>(part.size())};
}

TEST(render, tells_what_an_error_came_from) {
    SourceMap sources;
    const std::uint32_t base = sources.add("parser.src", "a()\nb()\nc()\n");
    Diagnostic error;
    error.name = "ValueError";
    error.span = span_of(sources, base, "c()");
    error.message = "third";
    error.earlier = {{true, "KeyError", "'b'", span_of(sources, base, "b()")},
                     {false, "TypeError", "", span_of(sources, base, "a()")},
                     {false, "OSError", "nowhere", {}}};
    error.earlier_left_out = 3;
    EXPECT_EQ(render(error, sources),
              "parser.src:3:1: error[ValueError]: third\n"
              "    c()\n"
              "    ^^^\n"
              "  caused by KeyError: 'b'\n"
              "    parser.src:2:1   b()\n"
              "  while handling TypeError\n"
              "    parser.src:1:1   a()\n"
              "  while handling OSError: nowhere\n"
              "  … 3 earlier errors …\n");
}

TEST(render, shows_place_line_caret_and_help) {
    SourceMap sources;
    const std::uint32_t base = sources.add("parser.src", "\n\nif x > 3\n    y\n");
    Diagnostic error;
    error.name = "SyntaxError";
    error.span = {base + 10, base + 10};
    error.message = "expected ':' after the condition";
    error.help = "write 'if x > 3:'";
    EXPECT_EQ(render(error, sources),
              "parser.src:3:9: error[SyntaxError]: expected ':' after the condition\n"
              "    if x > 3\n"
              "            ^\n"
              "help: write 'if x > 3:'\n");
}

TEST(render, ends_with_the_stack) {
    SourceMap sources;
    const std::uint32_t base = sources.add("queue.src", "def report():\n    n = lenght(xs)\nreport()\n");
    Diagnostic error;
    error.name = "NameError";
    error.span = span_of(sources, base, "lenght");
    error.message = "name 'lenght' is not defined";
    error.help = "did you mean 'len'?";
    error.stack = {{"report", error.span}, {"<main>", span_of(sources, base, "report()\n")}};
    error.stack[1].span.begin = base + 33;
    EXPECT_EQ(render(error, sources),
              "queue.src:2:9: error[NameError]: name 'lenght' is not defined\n"
              "        n = lenght(xs)\n"
              "            ^^^^^^\n"
              "help: did you mean 'len'?\n"
              "  in report (queue.src:2)\n"
              "  in <main> (queue.src:3)\n");
}

TEST(render, counts_the_calls_that_a_stack_leaves_out) {
    SourceMap sources;
    const std::uint32_t base = sources.add("deep.src", "def down():\n    down()\ndown()\n");
    const Span call = span_of(sources, base, "down()\ndown");
    Diagnostic error;
    error.name = "RecursionError";
    error.span = call;
    error.message = "too deep";
    for (int i = 0; i < 12; ++i) error.stack.push_back({"down", call});
    error.stack.push_back({"", {}, 176});
    for (int i = 0; i < 11; ++i) error.stack.push_back({"down", call});
    error.stack.push_back({"<main>", call});
    const std::string text = render(error, sources);
    EXPECT_NE(text.find("  … 180 more calls …\n"), std::string::npos) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3 + 10 + 1 + 10) << text;
}

TEST(render, cuts_the_middle_out_of_an_endless_message) {
    SourceMap sources;
    Diagnostic error;
    error.name = "ValueError";
    for (int i = 0; i < 100'000; ++i) error.message += "é";
    error.message += "the end";
    const std::string text = render(error, sources);
    EXPECT_LT(text.size(), 5000U);
    EXPECT_NE(text.find("é…é"), std::string::npos);
    EXPECT_TRUE(text.ends_with("the end\n")) << text.substr(text.size() - 40);
}

TEST(render, aligns_related_places) {
    SourceMap sources;
    const std::uint32_t base = sources.add("free.src", "b = allocate(64)\nfree(b)\n  free(b)\n");
    Diagnostic error;
    error.name = "DoubleFreeError";
    error.span = {base + 32, base + 33};
    error.message = "'b' was already freed";
    error.related = {{"allocated", {base + 4, base + 16}}, {"released", {base + 22, base + 23}}};
    error.help = "free it once; after free(b) the name is dead";
    EXPECT_EQ(render(error, sources),
              "free.src:3:8: error[DoubleFreeError]: 'b' was already freed\n"
              "      free(b)\n"
              "           ^\n"
              "  allocated: free.src:1:5   b = allocate(64)\n"
              "  released:  free.src:2:6   free(b)\n"
              "help: free it once; after free(b) the name is dead\n");
}

TEST(render, puts_details_before_related_places) {
    SourceMap sources;
    const std::uint32_t base = sources.add("cycle.src", "a = Node(1)\nb = Node(2)\n");
    Diagnostic error;
    error.name = "LeakError";
    error.span = span_of(sources, base, "Node(1)");
    error.message = "2 objects, 48 bytes are still live at the end";
    error.details = {"cycle: Node.next → the first"};
    error.related = {{"also allocated", span_of(sources, base, "Node(2)")}};
    EXPECT_EQ(render(error, sources),
              "cycle.src:1:5: error[LeakError]: 2 objects, 48 bytes are still live at the end\n"
              "    a = Node(1)\n"
              "        ^^^^^^^\n"
              "  cycle: Node.next → the first\n"
              "  also allocated: cycle.src:2:5   b = Node(2)\n");
}

TEST(render, counts_bytes_but_aligns_to_code_points) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", "x = 'äö' + y\n");
    Diagnostic error;
    error.name = "NameError";
    error.span = span_of(sources, base, "y");
    error.message = "m";
    EXPECT_EQ(render(error, sources),
              "a.src:1:14: error[NameError]: m\n"
              "    x = 'äö' + y\n"
              "               ^\n");
}

TEST(render, marks_a_span_of_several_lines_to_the_end_of_the_first) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", "f(1,\n  2)\n");
    Diagnostic error;
    error.name = "TypeError";
    error.span = {base, base + 9};
    error.message = "m";
    EXPECT_EQ(render(error, sources), "a.src:1:1: error[TypeError]: m\n    f(1,\n    ^^^^\n");
}

TEST(render, makes_control_bytes_visible) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", std::string("a\tb\x01\xff\0c", 7));
    Diagnostic error;
    error.name = "SyntaxError";
    error.span = {base + 6, base + 7};
    error.message = "m";
    EXPECT_EQ(render(error, sources),
              "a.src:1:7: error[SyntaxError]: m\n    a→b␁\xef\xbf\xbd␀c\n          ^\n");
}

TEST(render, cuts_a_long_line_around_the_span) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", std::string(5000, 'a') + "X" + std::string(20'000, 'b'));
    Diagnostic error;
    error.name = "SyntaxError";
    error.span = {base + 5000, base + 5001};
    error.message = "m";
    const std::string text = render(error, sources);
    EXPECT_LT(text.size(), 500U);
    const std::size_t line = text.find('\n') + 1;
    const std::size_t caret_line = text.find('\n', line) + 1;
    // The ellipsis before the cut takes three bytes and one column.
    EXPECT_EQ(text.find('X') - line - 2, text.find('^') - caret_line);
}

TEST(render, without_a_place_prints_no_line) {
    const SourceMap sources;
    Diagnostic error;
    error.name = "LeakError";
    error.message = "m";
    error.warning = true;
    EXPECT_EQ(render(error, sources), "warning[LeakError]: m\n");
}

TEST(render, folds_a_deep_stack) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", "f()\n");
    Diagnostic error;
    error.name = "RecursionError";
    error.span = {base, base + 3};
    error.message = "m";
    error.stack.assign(1000, {"f", error.span});
    const std::string text = render(error, sources);
    EXPECT_NE(text.find("  … 980 more calls …\n"), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3 + 21);
}

TEST(render, colours_only_when_asked) {
    SourceMap sources;
    const std::uint32_t base = sources.add("a.src", "x\n");
    Diagnostic error;
    error.name = "NameError";
    error.span = {base, base + 1};
    error.message = "m";
    EXPECT_EQ(render(error, sources).find('\x1b'), std::string::npos);
    EXPECT_NE(render(error, sources, {.colour = true}).find("\x1b[1;31m"), std::string::npos);
}

TEST(nearest, finds_misspellings_only) {
    const std::vector<std::string_view> names{"len", "print", "append", "range"};
    EXPECT_EQ(nearest("lenght", names), "len");
    EXPECT_EQ(nearest("pritn", names), "print");
    EXPECT_EQ(nearest("apend", names), "append");
    EXPECT_EQ(nearest("zebra", names), "");
    EXPECT_EQ(nearest("x", names), "");
}

}  // namespace
}  // namespace harness::lang
