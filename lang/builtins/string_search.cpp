// The methods of str that look for a part: find, count, startswith, replace and their kin.
#include <algorithm>

#include "lang/builtins/string_building.hpp"
#include "lang/builtins/string_methods.hpp"

namespace harness::lang::string_method {

namespace {

/// A place in a text of `length` bytes, counted from the end when negative, and brought into [0, length].
bool place(Machine& machine, Value v, std::int64_t length, std::int64_t fallback, std::int64_t& out) {
    if (is_absent(v) || v.is_none()) {
        out = fallback;
        return true;
    }
    if (!is_integral(v)) {
        machine.raise(ErrorKind::TypeError,
                      "slice indices must be integers or None or have an __index__ method");
        return false;
    }
    out = integral(v);
    if (out < 0) out = std::max<std::int64_t>(out + length, 0);
    return true;
}

/// The window text[start:end] that a method looks at. A start beyond the end of the text leaves nothing, not
/// even the empty text.
struct Window {
    std::string_view text;
    std::size_t start = 0;
    bool outside = false;

    bool read(Machine& machine, const Value* arguments) {
        const std::string_view whole = machine.heap.text(arguments[0]);
        const auto length = static_cast<std::int64_t>(whole.size());
        std::int64_t from;
        std::int64_t to;
        if (!place(machine, arguments[2], length, 0, from) ||
            !place(machine, arguments[3], length, length, to))
            return false;
        to = std::min(to, length);
        outside = from > to;
        if (outside) return true;
        start = static_cast<std::size_t>(from);
        text = whole.substr(start, static_cast<std::size_t>(to - from));
        return true;
    }
};

enum class Direction : std::uint8_t { forward, backward };

/// The four searches: -1 for what is not there, or -2 after raising.
std::int64_t search(Machine& machine, const Value* arguments, Direction direction) {
    Window window;
    if (!window.read(machine, arguments)) return -2;
    if (!require_string(machine, arguments[1], "must be str, not ")) return -2;
    if (window.outside) return -1;
    const std::string_view part = machine.heap.text(arguments[1]);
    const std::size_t at =
        direction == Direction::forward ? find_text(window.text, part) : window.text.rfind(part);
    return at == std::string_view::npos ? -1 : static_cast<std::int64_t>(window.start + at);
}

Value found_or_minus_one(std::int64_t at) { return at < -1 ? Value::failed() : Value::integer(at); }

Value found_or_error(Machine& machine, std::int64_t at) {
    if (at == -1) return machine.raise(ErrorKind::ValueError, "substring not found");
    return found_or_minus_one(at);
}

std::size_t count_parts(std::string_view text, std::string_view part, std::size_t most) {
    if (part.empty()) return std::min(text.size() + 1, most);
    if (part.size() == 1 && most >= text.size())
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), part[0]));
    std::size_t n = 0;
    for (std::size_t at = 0; n < most; ++n) {
        at = find_text(text, part, at);
        if (at == std::string_view::npos) break;
        at += part.size();
    }
    return n;
}

/// startswith and endswith: `matches(window, affix)` for the one affix, or any of a tuple of them.
template <class Matches>
Value has_affix(Machine& machine, const Value* arguments, const char* name, Matches matches) {
    Window window;
    if (!window.read(machine, arguments)) return Value::failed();
    const Value affix = arguments[1];
    if (affix.is_string())
        return Value::boolean(!window.outside && matches(window.text, machine.heap.text(affix)));
    if (!affix.is_heap() || machine.heap.class_id(affix) != ClassId::tuple)
        return machine.raise(
            ErrorKind::TypeError,
            std::string(name) + " first arg must be str or a tuple of str, not " + type_text(machine, affix));
    const Sequence& affixes = machine.heap.sequence(affix);
    for (std::uint32_t i = 0; i < affixes.length(); ++i) {
        const Value each = affixes.elements()[i];
        if (!each.is_string())
            return machine.raise(
                ErrorKind::TypeError,
                "tuple for " + std::string(name) + " must only contain str, not " + type_text(machine, each));
        if (!window.outside && matches(window.text, machine.heap.text(each))) return Value::true_();
    }
    return Value::false_();
}

/// Writes `text` with its first `count` occurrences of `old` replaced.
void write_replaced(std::string_view text, std::string_view old, std::string_view with, std::size_t count,
                    char* out) {
    const auto put = [&out](std::string_view piece) {
        std::memcpy(out, piece.data(), piece.size());
        out += piece.size();
    };
    std::size_t from = 0;
    while (count-- > 0) {
        if (old.empty()) {
            put(with);
            if (from < text.size()) put(text.substr(from++, 1));
            continue;
        }
        const std::size_t at = find_text(text, old, from);
        put(text.substr(from, at - from));
        put(with);
        from = at + old.size();
    }
    put(text.substr(from));
}

}  // namespace

Value find(Machine& machine, const Value* arguments, std::uint32_t) {
    return found_or_minus_one(search(machine, arguments, Direction::forward));
}

Value rfind(Machine& machine, const Value* arguments, std::uint32_t) {
    return found_or_minus_one(search(machine, arguments, Direction::backward));
}

Value index(Machine& machine, const Value* arguments, std::uint32_t) {
    return found_or_error(machine, search(machine, arguments, Direction::forward));
}

Value rindex(Machine& machine, const Value* arguments, std::uint32_t) {
    return found_or_error(machine, search(machine, arguments, Direction::backward));
}

Value count(Machine& machine, const Value* arguments, std::uint32_t) {
    Window window;
    if (!window.read(machine, arguments)) return Value::failed();
    if (!require_string(machine, arguments[1], "must be str, not ")) return Value::failed();
    if (window.outside) return Value::integer(0);
    const std::size_t n = count_parts(window.text, machine.heap.text(arguments[1]), std::string_view::npos);
    return Value::integer(static_cast<std::int64_t>(n));
}

Value startswith(Machine& machine, const Value* arguments, std::uint32_t) {
    return has_affix(machine, arguments, "startswith",
                     [](std::string_view text, std::string_view affix) { return text.starts_with(affix); });
}

Value endswith(Machine& machine, const Value* arguments, std::uint32_t) {
    return has_affix(machine, arguments, "endswith",
                     [](std::string_view text, std::string_view affix) { return text.ends_with(affix); });
}

Value replace(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t most;
    if (!require_argument(machine, arguments[1], "replace() argument 1") ||
        !require_argument(machine, arguments[2], "replace() argument 2") ||
        !optional_index(machine, arguments[3], -1, most))
        return Value::failed();
    const std::string_view text = machine.heap.text(arguments[0]);
    const std::string_view old = machine.heap.text(arguments[1]);
    const std::string_view with = machine.heap.text(arguments[2]);
    const std::size_t n =
        count_parts(text, old, most < 0 ? std::string_view::npos : static_cast<std::size_t>(most));
    if (n == 0) return machine.share(arguments[0]);
    const std::size_t kept = text.size() - n * old.size();
    if (with.size() > 0 && n > string_length_max / with.size())
        return machine.raise_memory_error(string_length_max);
    return build_string(machine, kept + n * with.size(),
                        [=](char* out) { write_replaced(text, old, with, n, out); });
}

Value removeprefix(Machine& machine, const Value* arguments, std::uint32_t) {
    if (!require_argument(machine, arguments[1], "removeprefix() argument")) return Value::failed();
    std::string_view text = machine.heap.text(arguments[0]);
    const std::string_view prefix = machine.heap.text(arguments[1]);
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    return part_of(machine, arguments[0], text);
}

Value removesuffix(Machine& machine, const Value* arguments, std::uint32_t) {
    if (!require_argument(machine, arguments[1], "removesuffix() argument")) return Value::failed();
    std::string_view text = machine.heap.text(arguments[0]);
    const std::string_view suffix = machine.heap.text(arguments[1]);
    if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
    return part_of(machine, arguments[0], text);
}

}  // namespace harness::lang::string_method
