// The functions of the language that are about text: characters and their codes, printed forms, digits in
// other bases.
#include <string>

#include "lang/builtins/characters.hpp"
#include "lang/builtins/format_spec.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/string_building.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

/// The code of a single byte, or of a single UTF-8 sequence, so that ord() undoes chr().
Value native_ord(Machine& machine, const Value* arguments, std::uint32_t) {
    if (!arguments[0].is_string())
        return machine.raise(ErrorKind::TypeError, "ord() expected string of length 1, but " +
                                                       std::string(machine.type_name(arguments[0])) +
                                                       " found");
    const std::string_view text = machine.heap.text(arguments[0]);
    if (text.size() == 1) return Value::integer(static_cast<unsigned char>(text[0]));
    if (!text.empty()) {
        const CodePoint point = code_point_at(text, 0);
        if (point.length == text.size()) return Value::integer(point.code);
    }
    return machine.raise(ErrorKind::TypeError, "ord() expected a character, but string of length " +
                                                   std::to_string(text.size()) + " found");
}

Value native_chr(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t code;
    if (!to_index(machine, arguments[0], code)) return Value::failed();
    if (code != static_cast<std::int32_t>(code))
        return machine.raise(ErrorKind::OverflowError, "Python int too large to convert to C int");
    if (code < 0 || code >= code_point_end)
        return machine.raise(ErrorKind::ValueError, "chr() arg not in range(0x110000)");
    if (code < 0x80) return machine.heap.single_byte(static_cast<unsigned char>(code));
    std::string bytes;
    append_code_point(static_cast<std::uint32_t>(code), bytes);
    return machine.heap.new_string(bytes);
}

Value native_repr(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string text;
    if (!append_repr(machine, arguments[0], text)) return Value::failed();
    return machine.heap.new_string(text);
}

Value native_ascii(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string text;
    if (!append_ascii(machine, arguments[0], text)) return Value::failed();
    return machine.heap.new_string(text);
}

Value native_format(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string_view spec;
    if (!is_absent(arguments[1])) {
        if (!require_argument(machine, arguments[1], "format() argument 2")) return Value::failed();
        spec = machine.heap.text(arguments[1]);
    }
    std::string text;
    if (!format_value(machine, arguments[0], 0, spec, text)) return Value::failed();
    return machine.heap.new_string(text);
}

Value in_base(Machine& machine, Value v, unsigned base, const char* prefix) {
    std::int64_t number;
    if (!to_index(machine, v, number)) return Value::failed();
    const auto magnitude = static_cast<std::uint64_t>(number);
    return machine.heap.new_string((number < 0 ? "-" : "") +
                                   (prefix + digits_of(number < 0 ? 0 - magnitude : magnitude, base, false)));
}

Value native_bin(Machine& machine, const Value* arguments, std::uint32_t) {
    return in_base(machine, arguments[0], 2, "0b");
}
Value native_hex(Machine& machine, const Value* arguments, std::uint32_t) {
    return in_base(machine, arguments[0], 16, "0x");
}
Value native_oct(Machine& machine, const Value* arguments, std::uint32_t) {
    return in_base(machine, arguments[0], 8, "0o");
}

constexpr Native functions[] = {
    {"ord", native_ord, "c", 1},      {"chr", native_chr, "i", 1},
    {"repr", native_repr, "obj", 1},  {"ascii", native_ascii, "obj", 1},
    {"bin", native_bin, "number", 1}, {"hex", native_hex, "number", 1},
    {"oct", native_oct, "number", 1}, {"format", native_format, "value format_spec", 1},
};

}  // namespace

std::span<const Native> text_functions() { return functions; }

}  // namespace harness::lang
