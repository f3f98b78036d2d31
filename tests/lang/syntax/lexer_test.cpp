// Literals, lines and indentation, seen through the smallest trees that show them.
#include <gtest/gtest.h>

#include "tests/lang/syntax/parsed.hpp"

namespace harness::lang {
namespace {

struct Case {
    const char* text;
    const char* expected;
};

void expect_trees(const std::vector<Case>& cases) {
    for (const Case& each : cases) EXPECT_EQ(tree(each.text), std::string(each.expected) + "\n") << each.text;
}

TEST(lexer, reads_numbers_as_python_does) {
    expect_trees({
        {"0", "0"},
        {"00", "0"},
        {"1_000", "1000"},
        {"0xFf", "255"},
        {"0o17", "15"},
        {"0b1_01", "5"},
        {"0x_f", "15"},
        {"18446744073709551615", "18446744073709551615"},
        {"18446744073709551616", "huge"},
        {"1.", "1.0"},
        {".5", "0.5"},
        {"1e9", "1000000000.0"},
        {"1_0.2_5e-1_0", "1.025e-09"},
        {"1E+2", "100.0"},
        {"1e999", "inf"},
        {"1e-999", "0.0"},
        {"1.5.real", "(. 1.5 real)"},
        {"1 .real", "(. 1 real)"},
    });
}

TEST(lexer, reads_strings_as_python_does) {
    expect_trees({
        {"'a'", "\"a\""},
        {"\"a'b\"", "\"a'b\""},
        {"'a' \"b\" '''c'''", "\"abc\""},
        {"''", "\"\""},
        {"''''''", "\"\""},
        {"'''a\n'b'\n'''", "\"a\\x0a'b'\\x0a\""},
        {"r'\\n'", "\"\\x5cn\""},
        {"b'\\x41\\101\\0'", "\"AA\\x00\""},
        {"'\\xff'", "\"\\xff\""},
        {"'\\u00e9\\U0001f600'", "\"\\xc3\\xa9\\xf0\\x9f\\x98\\x80\""},
        {"'a\\\nb'", "\"ab\""},
        {"'\\q'", "\"\\x5cq\""},
        {"'é'", "\"\\xc3\\xa9\""},
        {"'''a\r\nb'''", "\"a\\x0ab\""},
        {"Rb'\\''", "\"\\x5c'\""},
        {"u'a'", "\"a\""},
    });
}

TEST(lexer, reads_f_strings) {
    expect_trees({
        {"f''", "(f)"},
        {"f'a{x}b'", "(f \"a\" (value x) \"b\")"},
        {"f'{{}}'", "(f \"{}\")"},
        {"f'{x!r:>{w}.{p}f}'", "(f (value x !r : \">\" (value w) \".\" (value p) \"f\"))"},
        {"f'{x=}'", "(f (value \"x=\" x))"},
        {"f'{x = :5}'", "(f (value \"x = \" x : \"5\"))"},
        {"f'{x:=+8d}'", "(f (value x : \"=+8d\"))"},
        {"f'{(y := 3)}'", "(f (value (:= y 3)))"},
        {"f'{a!=b}'", "(f (value (compare a != b)))"},
        {"f'{d[\"k\"]}'", "(f (value (index d \"k\")))"},
        {"f'{f\"{x}\"}'", "(f (value (f (value x))))"},
        {"'a' f'{x}' 'b'", "(f \"a\" (value x) \"b\")"},
        {"f'{a, b}'", "(f (value (tuple a b)))"},
        {"f'''{\nx\n}'''", "(f (value x))"},
        {"rf'\\d{x}'", "(f \"\\x5cd\" (value x))"},
        {"f'{ {1: 2}[1] }'", "(f (value (index (dict 1:2) 1)))"},
        {"f'{x:%Y-%m}'", "(f (value x : \"%Y-%m\"))"},
    });
}

TEST(lexer, joins_lines_in_brackets_and_before_pipes) {
    expect_trees({
        {"x = (1 +\n  # comment\n\n 2)", "(= x (+ 1 2))"},
        {"x = 1 + \\\n2", "(= x (+ 1 2))"},
        {"a\n    | f(_)\n\n    # note\n    | g(&_)", "(pipe (pipe a (call f $)) (call g (& $)))"},
        {"a |\\\n b", "(| a b)"},
        {"if a:\n  b\n  | f(_)\nc", "(if a {(pipe b (call f $))})\nc"},
    });
}

TEST(lexer, skips_blank_lines_marks_and_comments) {
    expect_trees({
        {"\xef\xbb\xbfx", "x"},
        {"\n\n  \n# c\nx # d", "x"},
        {"x\r\ny\r\n", "x\ny"},
        {"if a:\n\n    # c\n\n    b\n  # d\nc", "(if a {b})\nc"},
        {"x;", "x"},
        {"x; y; ", "x\ny"},
        {"if a:\n    b\n", "(if a {b})"},
        {"if a:\n    if b:\n        c", "(if a {(if b {c})})"},
    });
    EXPECT_EQ(tree(""), "");
    EXPECT_EQ(tree("\n  \n# only a comment"), "");
}

}  // namespace
}  // namespace harness::lang
