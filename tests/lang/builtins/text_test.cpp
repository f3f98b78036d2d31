// The pure parts of text: digits of floats, reading numbers, format specifications, quoting, hashing. What
// needs a machine is tested by programs, whose output python3 wrote.
#include "lang/builtins/text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lang/builtins/characters.hpp"
#include "lang/builtins/float_text.hpp"
#include "lang/builtins/format_spec.hpp"
#include "lang/builtins/number_parse.hpp"

namespace harness::lang {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string repr(double number) {
    std::string out;
    append_float_repr(number, out);
    return out;
}

/// The formatted number, or the message of the error.
std::string formatted(double number, std::string_view spec_text) {
    FormatSpec spec;
    FormatError error;
    std::string out;
    const bool ok = parse_format_spec(spec_text, "float", true, spec, error) &&
                    format_float(number, spec, "float", out, error);
    return ok ? out : error.message;
}

std::string formatted(std::int64_t number, std::string_view spec_text) {
    FormatSpec spec;
    FormatError error;
    std::string out;
    const bool ok = parse_format_spec(spec_text, "int", true, spec, error) &&
                    format_integer(number, spec, "int", out, error);
    return ok ? out : error.message;
}

std::string formatted(std::string_view text, std::string_view spec_text) {
    FormatSpec spec;
    FormatError error;
    std::string out;
    const bool ok =
        parse_format_spec(spec_text, "str", false, spec, error) && format_text(text, spec, out, error);
    return ok ? out : error.message;
}

std::string quoted(std::string_view text, bool ascii_only = false) {
    std::string out;
    append_quoted(text, out, ascii_only);
    return out;
}

std::string integer_read(std::string_view text, unsigned base = 10) {
    std::int64_t number = 0;
    switch (parse_integer(text, base, number)) {
        case ParsedNumber::ok:
            return std::to_string(number);
        case ParsedNumber::too_large:
            return "too large";
        case ParsedNumber::invalid:
            break;
    }
    return "invalid";
}

std::string float_read(std::string_view text) {
    double number = 0;
    return parse_float(text, number) ? repr(number) : "invalid";
}

TEST(FloatText, repr_is_the_shortest_text_in_pythons_layout) {
    EXPECT_EQ(repr(0.0), "0.0");
    EXPECT_EQ(repr(-0.0), "-0.0");
    EXPECT_EQ(repr(3.0), "3.0");
    EXPECT_EQ(repr(0.1), "0.1");
    EXPECT_EQ(repr(0.1 + 0.2), "0.30000000000000004");
    EXPECT_EQ(repr(1e15), "1000000000000000.0");
    EXPECT_EQ(repr(9999999999999998.0), "9999999999999998.0");
    EXPECT_EQ(repr(1e16), "1e+16");
    EXPECT_EQ(repr(123456789012345678.0), "1.2345678901234568e+17");
    EXPECT_EQ(repr(0.0001), "0.0001");
    EXPECT_EQ(repr(0.00001), "1e-05");
    EXPECT_EQ(repr(5e-324), "5e-324");
    EXPECT_EQ(repr(1.7976931348623157e308), "1.7976931348623157e+308");
    EXPECT_EQ(repr(infinity), "inf");
    EXPECT_EQ(repr(-infinity), "-inf");
    EXPECT_EQ(repr(not_a_number), "nan");
}

TEST(FloatText, repr_reads_back_as_the_same_float) {
    constexpr std::uint64_t seed = 20240601;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20000; ++i) {
        const auto number = std::bit_cast<double>(random());
        if (!std::isfinite(number)) continue;
        double back = 0;
        ASSERT_TRUE(parse_float(repr(number), back)) << repr(number);
        ASSERT_EQ(back, number) << repr(number);
    }
}

TEST(FormatSpecification, floats_round_half_to_even_on_their_exact_value) {
    EXPECT_EQ(formatted(2.5, ".0f"), "2");
    EXPECT_EQ(formatted(3.5, ".0f"), "4");
    EXPECT_EQ(formatted(2.675, ".2f"), "2.67");
    EXPECT_EQ(formatted(1e22, ".1f"), "10000000000000000000000.0");
    EXPECT_EQ(formatted(3.14159, "e"), "3.141590e+00");
    EXPECT_EQ(formatted(1234567.0, "g"), "1.23457e+06");
    EXPECT_EQ(formatted(1.0, "#g"), "1.00000");
    EXPECT_EQ(formatted(12.0, ".1"), "1e+01");
    EXPECT_EQ(formatted(1e20, "#"), "1.e+20");
    EXPECT_EQ(formatted(0.1234, ".1%"), "12.3%");
    EXPECT_EQ(formatted(1e308, "%"), "inf%");
    EXPECT_EQ(formatted(infinity, "F"), "INF");
}

TEST(FormatSpecification, precision_beyond_all_digits_gives_zeros) {
    const std::string text = formatted(0.5, ".1200f");
    EXPECT_EQ(text.size(), 1202U);
    EXPECT_EQ(text.substr(0, 4), "0.50");
    EXPECT_EQ(formatted(5e-324, ".1100f").back(), '0');
}

TEST(FormatSpecification, zeros_go_between_sign_and_digits_and_count_with_separators) {
    EXPECT_EQ(formatted(std::int64_t{-255}, "08d"), "-0000255");
    EXPECT_EQ(formatted(std::int64_t{1234}, "08,"), "0,001,234");
    EXPECT_EQ(formatted(std::int64_t{255}, "#010_x"), "0x000_00ff");
    EXPECT_EQ(formatted(1234.5, "012,"), "00,001,234.5");
    EXPECT_EQ(formatted(infinity, "010"), "0000000inf");
    EXPECT_EQ(formatted(not_a_number, "+010,"), "+000000nan");
    EXPECT_EQ(formatted(-0.001, "z.1f"), "0.0");
}

TEST(FormatSpecification, integers_know_every_base_and_character) {
    EXPECT_EQ(formatted(std::int64_t{255}, "#b"), "0b11111111");
    EXPECT_EQ(formatted(std::int64_t{255}, "#X"), "0XFF");
    EXPECT_EQ(formatted(std::int64_t{1234567}, "_b"), "1_0010_1101_0110_1000_0111");
    EXPECT_EQ(formatted(std::int64_t{65}, "3c"), "  A");
    EXPECT_EQ(formatted(std::int64_t{5}, ".2f"), "5.00");
    EXPECT_EQ(formatted(std::numeric_limits<std::int64_t>::min(), "d"), "-9223372036854775808");
}

TEST(FormatSpecification, texts_are_cut_and_padded) {
    EXPECT_EQ(formatted("abc", "*^9"), "***abc***");
    EXPECT_EQ(formatted("abc", ">6.2"), "    ab");
    EXPECT_EQ(formatted("x", "05"), "x0000");
    EXPECT_EQ(formatted("x", "\u00e9<3"), "x\u00e9\u00e9");
}

TEST(FormatSpecification, errors_are_those_of_cpython) {
    EXPECT_EQ(formatted("x", "d"), "Unknown format code 'd' for object of type 'str'");
    EXPECT_EQ(formatted("x", "=5"), "'=' alignment not allowed in string format specifier");
    EXPECT_EQ(formatted(std::int64_t{1}, ".2"), "Precision not allowed in integer format specifier");
    EXPECT_EQ(formatted(std::int64_t{1}, "1x2"), "Invalid format specifier '1x2' for object of type 'int'");
    EXPECT_EQ(formatted(std::int64_t{1}, "._"), "Format specifier missing precision");
    EXPECT_EQ(formatted(std::int64_t{1}, ",_"), "Cannot specify both ',' and '_'.");
    EXPECT_EQ(formatted(std::int64_t{1}, ",x"), "Cannot specify ',' with 'x'.");
    EXPECT_EQ(formatted(std::int64_t{-1}, "c"), "%c arg not in range(0x110000)");
    EXPECT_EQ(formatted(1.5, "s"), "Unknown format code 's' for object of type 'float'");
    EXPECT_EQ(formatted(1.5, "99999999999999999999"), "Too many decimal digits in format string");
}

TEST(FormatSpecification, a_width_that_nothing_could_hold_is_a_memory_error) {
    FormatSpec spec;
    FormatError error;
    EXPECT_FALSE(parse_format_spec("999999999999", "int", true, spec, error));
    EXPECT_EQ(error.kind, ErrorKind::MemoryError);
}

TEST(NumberParse, integers_follow_pythons_grammar) {
    EXPECT_EQ(integer_read(" -1_000\n"), "-1000");
    EXPECT_EQ(integer_read("0x_1f", 0), "31");
    EXPECT_EQ(integer_read("0x1f", 16), "31");
    EXPECT_EQ(integer_read("0b1", 16), "177");
    EXPECT_EQ(integer_read("z", 36), "35");
    EXPECT_EQ(integer_read("00", 0), "0");
    for (const char* text : {"", "-", "1__0", "_1", "1_", "- 1", "1 2", "0x1f", "1.0"})
        EXPECT_EQ(integer_read(text), "invalid") << text;
    EXPECT_EQ(integer_read("012", 0), "invalid");
    EXPECT_EQ(integer_read("0x", 16), "invalid");
}

TEST(NumberParse, integers_have_48_bits) {
    EXPECT_EQ(integer_read("140737488355327"), "140737488355327");
    EXPECT_EQ(integer_read("-140737488355328"), "-140737488355328");
    EXPECT_EQ(integer_read("140737488355328"), "too large");
    EXPECT_EQ(integer_read("-140737488355329"), "too large");
    EXPECT_EQ(integer_read(std::string(5000, '9')), "too large");
    EXPECT_EQ(integer_read(std::string(5000, '9') + "x"), "invalid");
}

TEST(NumberParse, floats_follow_pythons_grammar) {
    EXPECT_EQ(float_read(" 1_0.5 "), "10.5");
    EXPECT_EQ(float_read(".5"), "0.5");
    EXPECT_EQ(float_read("5."), "5.0");
    EXPECT_EQ(float_read("+1E1_0"), "10000000000.0");
    EXPECT_EQ(float_read("-Infinity"), "-inf");
    EXPECT_EQ(float_read("nan"), "nan");
    EXPECT_EQ(float_read("1e400"), "inf");
    EXPECT_EQ(float_read("-1e-400"), "-0.0");
    for (const char* text :
         {"", ".", "1e", "1e+", "_1", "1_", "1._5", "1__0", "0x1p3", "infi", "nan(1)", "1 2"})
        EXPECT_EQ(float_read(text), "invalid") << text;
}

TEST(Quoting, quotes_are_chosen_as_python_does) {
    EXPECT_EQ(quoted("a"), "'a'");
    EXPECT_EQ(quoted("it's"), "\"it's\"");
    EXPECT_EQ(quoted("it's \"x\""), "'it\\'s \"x\"'");
    EXPECT_EQ(quoted("\n\t\\\x7f"), "'\\n\\t\\\\\\x7f'");
}

TEST(Quoting, valid_utf8_is_kept_and_all_else_escaped) {
    EXPECT_EQ(quoted("\u00e9\u20ac\U0001f600"), "'\u00e9\u20ac\U0001f600'");
    EXPECT_EQ(quoted("\xc0\xaf|\xed\xa0\x80|\xff"), "'\\xc0\\xaf|\\xed\\xa0\\x80|\\xff'");
    EXPECT_EQ(quoted("\xe2\x82"), "'\\xe2\\x82'");
    EXPECT_EQ(quoted("\u00e9\u20ac\U0001f600", true), "'\\xe9\\u20ac\\U0001f600'");
}

TEST(CodePoints, every_code_survives_being_written_and_read) {
    for (std::uint32_t code = 0; code < code_point_end; ++code) {
        if (code >= 0xD800 && code < 0xE000) continue;
        std::string bytes;
        append_code_point(code, bytes);
        const CodePoint point = code_point_at(bytes, 0);
        ASSERT_EQ(point.code, code);
        ASSERT_EQ(point.length, bytes.size());
    }
}

TEST(HashBytes, texts_that_programs_make_do_not_collide) {
    std::unordered_set<std::uint64_t> hashes;
    std::size_t texts = 0;
    const auto add = [&](const std::string& text) {
        hashes.insert(hash_bytes(text));
        ++texts;
    };
    for (int i = 0; i < 100'000; ++i) {
        const std::string number = std::to_string(i);
        for (const std::string& text : {"key" + number, number + "x", "a_longer_prefix_" + number}) add(text);
    }
    for (std::size_t n = 1; n < 200; ++n) {
        add(std::string(n, 'a'));
        add(std::string(n, '\0'));
    }
    EXPECT_EQ(hashes.size(), texts);
}

TEST(HashBytes, one_changed_bit_changes_half_of_the_low_bits) {
    std::uint64_t changed = 0;
    std::uint64_t trials = 0;
    for (std::size_t length : {1U, 3U, 4U, 7U, 8U, 9U, 17U, 40U}) {
        const std::string text(length, 'k');
        for (std::size_t bit = 0; bit < length * 8; ++bit, ++trials) {
            std::string other = text;
            other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
            changed += static_cast<std::uint64_t>(
                std::popcount(static_cast<std::uint16_t>(hash_bytes(text) ^ hash_bytes(other))));
        }
    }
    const double mean = static_cast<double>(changed) / static_cast<double>(trials);
    EXPECT_NEAR(mean, 8.0, 0.5);
}

}  // namespace
}  // namespace harness::lang
