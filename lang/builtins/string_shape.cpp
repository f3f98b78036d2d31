// The methods of str that change or ask about letters, and those that strip and pad. All of them see bytes:
// only ASCII has letters, digits and case.
#include <algorithm>
#include <utility>

#include "lang/builtins/characters.hpp"
#include "lang/builtins/string_building.hpp"
#include "lang/builtins/string_methods.hpp"

namespace harness::lang::string_method {

namespace {

/// A text of the same length whose bytes are `change(byte, the byte before, or NUL)`.
template <class Change>
Value mapped(Machine& machine, Value s, Change change) {
    const std::string_view text = machine.heap.text(s);
    return build_string(machine, text.size(), [text, change](char* out) mutable {
        char before = 0;
        for (const char c : text) {
            *out++ = change(c, before);
            before = c;
        }
    });
}

/// Whether there are bytes and all of them pass.
template <class Passes>
Value all_pass(Machine& machine, Value s, Passes passes) {
    const std::string_view text = machine.heap.text(s);
    return Value::boolean(!text.empty() && std::all_of(text.begin(), text.end(), passes));
}

/// Whether there are letters and none of them is of the other case.
template <class Other>
Value has_case(Machine& machine, Value s, Other other) {
    const std::string_view text = machine.heap.text(s);
    return Value::boolean(std::any_of(text.begin(), text.end(), is_alpha) &&
                          std::none_of(text.begin(), text.end(), other));
}

enum class Ends : std::uint8_t { left = 1, right = 2, both = 3 };

Value stripped(Machine& machine, const Value* arguments, Ends ends) {
    const Value chars = arguments[1];
    bool unwanted[256] = {};
    if (chars.is_string()) {
        for (const char c : machine.heap.text(chars)) unwanted[static_cast<unsigned char>(c)] = true;
    } else if (!chars.is_none() && !is_absent(chars)) {
        constexpr const char* names[] = {"", "lstrip", "rstrip", "strip"};
        return machine.raise(ErrorKind::TypeError,
                             std::string(names[static_cast<int>(ends)]) + " arg must be None or str");
    }
    const bool white = !chars.is_string();
    const auto goes = [&unwanted, white](char c) {
        return white ? is_space(c) : unwanted[static_cast<unsigned char>(c)];
    };
    std::string_view text = machine.heap.text(arguments[0]);
    if (ends != Ends::right)
        while (!text.empty() && goes(text.front())) text.remove_prefix(1);
    if (ends != Ends::left)
        while (!text.empty() && goes(text.back())) text.remove_suffix(1);
    return part_of(machine, arguments[0], text);
}

/// The text with `before` and `after` fill bytes around it.
Value padded(Machine& machine, Value s, std::int64_t before, std::int64_t after, char fill) {
    before = std::max<std::int64_t>(before, 0);
    after = std::max<std::int64_t>(after, 0);
    if (before + after == 0) return machine.share(s);
    const std::string_view text = machine.heap.text(s);
    return build_string(machine, text.size() + static_cast<std::uint64_t>(before + after), [=](char* out) {
        std::memset(out, fill, static_cast<std::size_t>(before));
        std::memcpy(out + before, text.data(), text.size());
        std::memset(out + before + text.size(), fill, static_cast<std::size_t>(after));
    });
}

/// width and fillchar: how many bytes are missing, and with what to fill.
bool pad_arguments(Machine& machine, const Value* arguments, std::int64_t& width, char& fill) {
    if (!to_index(machine, arguments[1], width)) return false;
    fill = ' ';
    const Value given = arguments[2];
    if (is_absent(given)) return true;
    if (!given.is_string()) {
        machine.raise(ErrorKind::TypeError,
                      "The fill character must be a unicode character, not " + type_text(machine, given));
        return false;
    }
    const std::string_view text = machine.heap.text(given);
    if (text.size() != 1) {
        machine.raise(ErrorKind::TypeError, "The fill character must be exactly one character long");
        return false;
    }
    fill = text[0];
    return true;
}

std::int64_t length_of(Machine& machine, Value s) {
    return static_cast<std::int64_t>(machine.heap.text(s).size());
}

/// How far a tab at `column` reaches.
std::size_t tab_width(std::int64_t column, std::int64_t size) {
    return size <= 0 ? 0 : static_cast<std::size_t>(size - column % size);
}

/// Calls `put(c, times)` for the text with its tabs expanded.
template <class Put>
void expand(std::string_view text, std::int64_t size, Put put) {
    std::int64_t column = 0;
    for (const char c : text) {
        if (c == '\t') {
            const std::size_t width = tab_width(column, size);
            column += static_cast<std::int64_t>(width);
            put(' ', width);
        } else {
            column = c == '\n' || c == '\r' ? 0 : column + 1;
            put(c, 1);
        }
    }
}

}  // namespace

Value upper(Machine& machine, const Value* arguments, std::uint32_t) {
    return mapped(machine, arguments[0], [](char c, char) { return to_upper(c); });
}

Value lower(Machine& machine, const Value* arguments, std::uint32_t) {
    return mapped(machine, arguments[0], [](char c, char) { return to_lower(c); });
}

Value casefold(Machine& machine, const Value* arguments, std::uint32_t count) {
    return lower(machine, arguments, count);
}

Value title(Machine& machine, const Value* arguments, std::uint32_t) {
    return mapped(machine, arguments[0],
                  [](char c, char before) { return is_alpha(before) ? to_lower(c) : to_upper(c); });
}

Value capitalize(Machine& machine, const Value* arguments, std::uint32_t) {
    return mapped(machine, arguments[0], [first = true](char c, char) mutable {
        return std::exchange(first, false) ? to_upper(c) : to_lower(c);
    });
}

Value swapcase(Machine& machine, const Value* arguments, std::uint32_t) {
    return mapped(machine, arguments[0],
                  [](char c, char) { return is_upper(c) ? to_lower(c) : to_upper(c); });
}

Value isdigit(Machine& machine, const Value* arguments, std::uint32_t) {
    return all_pass(machine, arguments[0], is_digit);
}

Value isalpha(Machine& machine, const Value* arguments, std::uint32_t) {
    return all_pass(machine, arguments[0], is_alpha);
}

Value isalnum(Machine& machine, const Value* arguments, std::uint32_t) {
    return all_pass(machine, arguments[0], [](char c) { return is_alpha(c) || is_digit(c); });
}

Value isspace(Machine& machine, const Value* arguments, std::uint32_t) {
    return all_pass(machine, arguments[0], is_space);
}

Value isupper(Machine& machine, const Value* arguments, std::uint32_t) {
    return has_case(machine, arguments[0], is_lower);
}

Value islower(Machine& machine, const Value* arguments, std::uint32_t) {
    return has_case(machine, arguments[0], is_upper);
}

Value istitle(Machine& machine, const Value* arguments, std::uint32_t) {
    char before = 0;
    bool letters = false;
    for (const char c : machine.heap.text(arguments[0])) {
        if (is_alpha(c)) {
            if (is_upper(c) == is_alpha(before)) return Value::false_();
            letters = true;
        }
        before = c;
    }
    return Value::boolean(letters);
}

Value isidentifier(Machine& machine, const Value* arguments, std::uint32_t) {
    const std::string_view text = machine.heap.text(arguments[0]);
    if (text.empty() || is_digit(text[0])) return Value::false_();
    return all_pass(machine, arguments[0], [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

Value isascii(Machine& machine, const Value* arguments, std::uint32_t) {
    const std::string_view text = machine.heap.text(arguments[0]);
    return Value::boolean(std::all_of(text.begin(), text.end(), is_ascii));
}

Value isprintable(Machine& machine, const Value* arguments, std::uint32_t) {
    const std::string_view text = machine.heap.text(arguments[0]);
    for (std::size_t i = 0; i < text.size();) {
        const CodePoint point = code_point_at(text, i);
        if (point.length == 0 || (point.length == 1 && !is_printable(text[i]))) return Value::false_();
        i += point.length;
    }
    return Value::true_();
}

Value strip(Machine& machine, const Value* arguments, std::uint32_t) {
    return stripped(machine, arguments, Ends::both);
}

Value lstrip(Machine& machine, const Value* arguments, std::uint32_t) {
    return stripped(machine, arguments, Ends::left);
}

Value rstrip(Machine& machine, const Value* arguments, std::uint32_t) {
    return stripped(machine, arguments, Ends::right);
}

Value ljust(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t width;
    char fill;
    if (!pad_arguments(machine, arguments, width, fill)) return Value::failed();
    return padded(machine, arguments[0], 0, width - length_of(machine, arguments[0]), fill);
}

Value rjust(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t width;
    char fill;
    if (!pad_arguments(machine, arguments, width, fill)) return Value::failed();
    return padded(machine, arguments[0], width - length_of(machine, arguments[0]), 0, fill);
}

Value center(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t width;
    char fill;
    if (!pad_arguments(machine, arguments, width, fill)) return Value::failed();
    const std::int64_t missing = std::max<std::int64_t>(width - length_of(machine, arguments[0]), 0);
    // An odd byte goes to the left only where the width is odd too, as in Python.
    const std::int64_t before = missing / 2 + (missing & width & 1);
    return padded(machine, arguments[0], before, missing - before, fill);
}

Value zfill(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t width;
    if (!to_index(machine, arguments[1], width)) return Value::failed();
    const std::string_view text = machine.heap.text(arguments[0]);
    const std::int64_t zeros = width - length_of(machine, arguments[0]);
    if (zeros <= 0) return machine.share(arguments[0]);
    const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    return build_string(machine, text.size() + static_cast<std::uint64_t>(zeros), [=](char* out) {
        std::memcpy(out, text.data(), sign);
        std::memset(out + sign, '0', static_cast<std::size_t>(zeros));
        std::memcpy(out + sign + zeros, text.data() + sign, text.size() - sign);
    });
}

Value expandtabs(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t size;
    if (!optional_index(machine, arguments[1], 8, size)) return Value::failed();
    // No string holds a wider tab, and with this bound the columns cannot overflow.
    size = std::min<std::int64_t>(size, std::int64_t{string_length_max} + 1);
    const std::string_view text = machine.heap.text(arguments[0]);
    std::uint64_t length = 0;
    expand(text, size, [&length](char, std::size_t times) { length += times; });
    return build_string(machine, length, [text, size](char* out) {
        expand(text, size, [&out](char c, std::size_t times) {
            std::memset(out, c, times);
            out += times;
        });
    });
}

}  // namespace harness::lang::string_method
