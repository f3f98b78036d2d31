// Every opcode of opcodes.def as text: its name, its operands, what it does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lang/bytecode/program.hpp"

namespace harness::lang {
namespace {

struct Line {
    Op op;
    std::string_view name;
    unsigned words;
    std::string_view text;
};
constexpr Line lines[] = {
#define OP(name, words, instances, text) {Op::name, #name, words, text},
#include "lang/bytecode/opcodes.def"
#undef OP
};

std::vector<std::string> disassembled(const Function& function) {
    const Names names;
    std::vector<std::string> out;
    const std::string text = disassemble(function, names);
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
        out.push_back(text.substr(at, end - at));
    return out;
}

class Disassembler : public ::testing::TestWithParam<Line> {};

TEST_P(Disassembler, shows_the_opcode_with_its_operands_and_meaning) {
    const Line& line = GetParam();
    Function f;
    f.name = "f";
    f.code = {encode(line.op, 1, 20, 255)};
    std::string operands;
    if (is_far(line.op)) f.code.push_back(static_cast<std::uint32_t>(table_place(line.op)));
    for (unsigned i = 1; i < line.words; ++i) {
        f.code.push_back(static_cast<std::uint32_t>(-static_cast<int>(i)));
        operands += fmt::format(" -{}", i);
    }
    f.code.push_back(encode(Op::halt));
    const std::vector<std::string> shown = disassembled(f);
    ASSERT_EQ(shown.size(), 3U) << "the head, the instruction, the halt behind it";
    EXPECT_EQ(shown[1], fmt::format("    0  {:<24}   1  20 255{}   ; {}", line.name, operands, line.text));
    EXPECT_EQ(shown[2].substr(0, 11), fmt::format("{:5}  halt", line.words + (is_far(line.op) ? 1U : 0U)));
}
INSTANTIATE_TEST_SUITE_P(op, Disassembler, ::testing::ValuesIn(lines),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Opcodes, are_found_from_their_words_and_take_one_to_five_of_them) {
    for (const Line& line : lines) {
        const std::uint32_t code[] = {encode(line.op, 1, 2, 3),
                                      static_cast<std::uint32_t>(table_place(line.op))};
        EXPECT_EQ(op_at(code), line.op);
        EXPECT_EQ(is_far(line.op), static_cast<std::size_t>(line.op) >= far_opcode);
        EXPECT_LT(table_place(line.op), table_size);
        EXPECT_NE(table_place(line.op), far_opcode);
        EXPECT_EQ(op_words[static_cast<std::size_t>(line.op)], line.words + (is_far(line.op) ? 1U : 0U));
        EXPECT_TRUE(line.words >= 1 && line.words <= 5) << line.name;
    }
}

TEST(Opcodes, that_jump_say_where_to) {
    for (const Line& line : lines) {
        if (!line.name.starts_with("jump")) continue;
        EXPECT_TRUE(line.words > 1 && line.text.find("go to") != std::string_view::npos) << line.name;
    }
}

}  // namespace
}  // namespace harness::lang
