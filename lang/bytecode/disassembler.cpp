// The program as text: one instruction a line, with what opcodes.def says that it does.
#include <fmt/format.h>

#include "lang/bytecode/program.hpp"

namespace harness::lang {

namespace {
constexpr std::string_view op_names[] = {
#define OP(name, words, instances, text) #name,
#include "lang/bytecode/opcodes.def"
#undef OP
};
constexpr std::string_view op_texts[] = {
#define OP(name, words, instances, text) text,
#include "lang/bytecode/opcodes.def"
#undef OP
};
}  // namespace

std::string disassemble(const Function& function, const Names&) {
    std::string out = fmt::format("{}: {} parameters, {} registers\n", function.name,
                                  function.header.parameters, function.registers);
    for (std::size_t at = 0; at < function.code.size();) {
        const std::uint32_t word = function.code[at];
        const Op code = op_at(&function.code[at]);
        const auto op = static_cast<std::size_t>(code);
        if (op >= op_count) break;
        out += fmt::format("{:5}  {:<24} {:3} {:3} {:3}", at, op_names[op], word >> 8 & 0xFF,
                           word >> 16 & 0xFF, word >> 24);
        for (unsigned i = is_far(code) ? 2 : 1; i < op_words[op]; ++i)
            out += fmt::format(" {}", static_cast<std::int32_t>(function.code[at + i]));
        out += fmt::format("   ; {}\n", op_texts[op]);
        at += op_words[op];
    }
    return out;
}

}  // namespace harness::lang
