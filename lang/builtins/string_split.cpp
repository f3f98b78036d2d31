// The methods of str that take texts apart and put them together. Pieces are counted before they are made, so
// that the list is asked for once; join measures before it writes.
#include <algorithm>
#include <limits>
#include <vector>

#include "lang/builtins/characters.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/scratch.hpp"
#include "lang/builtins/string_building.hpp"
#include "lang/builtins/string_methods.hpp"

namespace harness::lang::string_method {

namespace {

constexpr std::size_t not_found = std::string_view::npos;

// Each of the next functions takes one piece off `left`, in its order, and is false when nothing is left.
// `splits` is how many more cuts are allowed; without any, the rest is one piece.

bool next_word(std::string_view& left, std::size_t splits, std::string_view& piece) {
    while (!left.empty() && is_space(left.front())) left.remove_prefix(1);
    if (left.empty()) return false;
    std::size_t end = 0;
    if (splits == 0) {
        end = left.size();
    } else {
        while (end < left.size() && !is_space(left[end])) ++end;
    }
    piece = left.substr(0, end);
    left.remove_prefix(end);
    return true;
}

bool last_word(std::string_view& left, std::size_t splits, std::string_view& piece) {
    while (!left.empty() && is_space(left.back())) left.remove_suffix(1);
    if (left.empty()) return false;
    std::size_t begin = 0;
    if (splits > 0) {
        begin = left.size();
        while (begin > 0 && !is_space(left[begin - 1])) --begin;
    }
    piece = left.substr(begin);
    left.remove_suffix(left.size() - begin);
    return true;
}

/// Takes pieces between separators; `done` is set with the last one, since the rest may be empty and still
/// count.
struct Pieces {
    std::string_view left;
    std::string_view separator;
    bool done = false;

    bool first(std::size_t splits, std::string_view& piece) {
        if (done) return false;
        const std::size_t at = splits == 0 ? not_found : find_text(left, separator);
        done = at == not_found;
        piece = left.substr(0, at);
        if (!done) left.remove_prefix(at + separator.size());
        return true;
    }
    bool last(std::size_t splits, std::string_view& piece) {
        if (done) return false;
        const std::size_t at = splits == 0 ? not_found : left.rfind(separator);
        done = at == not_found;
        piece = done ? left : left.substr(at + separator.size());
        if (!done) left = left.substr(0, at);
        return true;
    }
};

/// Runs `next(piece, splits)` twice: to count the pieces, then to make them. `start()` begins anew.
template <class Start>
Value collect(Machine& machine, Value whole, std::size_t most, Start start) {
    std::string_view piece;
    std::size_t expected = 0;
    std::size_t splits = most;
    for (auto next = start(); next(splits, piece); ++expected) splits -= splits > 0;
    StringList list(machine, expected);
    splits = most;
    for (auto next = start(); next(splits, piece); splits -= splits > 0)
        if (!list.add_part(whole, piece)) break;
    return list.result();
}

/// The same from the end: the pieces come last first, so they are set aside to be turned round.
template <class Start>
Value collect_backwards(Machine& machine, Value whole, std::size_t most, Start start) {
    std::vector<std::string_view> pieces;
    std::string_view piece;
    std::size_t splits = most;
    for (auto next = start(); next(splits, piece); splits -= splits > 0) pieces.push_back(piece);
    StringList list(machine, pieces.size());
    for (std::size_t i = pieces.size(); i > 0; --i)
        if (!list.add_part(whole, pieces[i - 1])) break;
    return list.result();
}

/// sep and maxsplit, the arguments of both splits. `separator` is empty where white space separates.
bool split_arguments(Machine& machine, const Value* arguments, std::string_view& separator,
                     std::size_t& most) {
    std::int64_t splits;
    if (!optional_index(machine, arguments[2], -1, splits)) return false;
    most = splits < 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(splits);
    const Value given = arguments[1];
    separator = {};
    if (given.is_string()) {
        separator = machine.heap.text(given);
        if (separator.empty()) {
            machine.raise(ErrorKind::ValueError, "empty separator");
            return false;
        }
    } else if (!given.is_none() && !is_absent(given)) {
        machine.raise(ErrorKind::TypeError, "must be str or None, not " + type_text(machine, given));
        return false;
    }
    return true;
}

/// A line off the front of `left`, and the bytes of its break.
std::string_view take_line(std::string_view& left, std::size_t& break_length) {
    std::size_t end = 0;
    while (end < left.size() && !is_line_break(left[end])) ++end;
    break_length = end == left.size() ? 0 : left.substr(end, 2) == "\r\n" ? 2 : 1;
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(end + break_length);
    return line;
}

Value three(Machine& machine, Value a, Value b, Value c) {
    if (!is_failed(a) && !is_failed(b) && !is_failed(c)) {
        const Value parts[] = {a, b, c};
        const Value made = machine.heap.new_tuple(parts, 3);
        if (!is_failed(made)) return made;
    }
    for (const Value v : {a, b, c})
        if (!is_failed(v)) machine.drop(v);
    return Value::failed();
}

enum class Side : std::uint8_t { left, right };

/// partition and rpartition: `at` is where the separator was found. Without it, the whole text stands on one
/// side.
Value parted(Machine& machine, const Value* arguments, Side whole_side) {
    if (!require_string(machine, arguments[1], "must be str, not ")) return Value::failed();
    const std::string_view text = machine.heap.text(arguments[0]);
    const std::string_view separator = machine.heap.text(arguments[1]);
    if (separator.empty()) return machine.raise(ErrorKind::ValueError, "empty separator");
    const std::size_t at = whole_side == Side::left ? find_text(text, separator) : text.rfind(separator);
    ObjectHeap& heap = machine.heap;
    Value parts[3];
    if (at != not_found) {
        parts[0] = heap.new_string(text.substr(0, at));
        parts[1] = is_failed(parts[0]) ? Value::failed() : machine.share(arguments[1]);
        parts[2] =
            is_failed(parts[1]) ? Value::failed() : heap.new_string(text.substr(at + separator.size()));
    } else {
        const Value whole = machine.share(arguments[0]);
        const Value empty = is_failed(whole) ? whole : heap.new_string("");
        const Value also_empty = is_failed(empty) ? empty : heap.new_string("");
        parts[0] = whole_side == Side::left ? whole : empty;
        parts[1] = whole_side == Side::left ? empty : also_empty;
        parts[2] = whole_side == Side::left ? also_empty : whole;
    }
    return three(machine, parts[0], parts[1], parts[2]);
}

Value join_values(Machine& machine, Value separator, const Value* values, std::size_t count) {
    if (count == 0) return machine.heap.new_string("");
    const std::string_view between = machine.heap.text(separator);
    std::uint64_t length = between.size() * static_cast<std::uint64_t>(count - 1);
    for (std::size_t i = 0; i < count; ++i) {
        if (!may_read(machine, values[i])) return Value::failed();
        if (!values[i].is_string())
            return machine.raise(ErrorKind::TypeError, "sequence item " + std::to_string(i) +
                                                           ": expected str instance, " +
                                                           type_text(machine, values[i]) + " found");
        length += machine.heap.text(values[i]).size();
    }
    if (count == 1) return machine.share(values[0]);
    return build_string(machine, length, [&machine, between, values, count](char* out) {
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0 && !between.empty()) {
                std::memcpy(out, between.data(), between.size());
                out += between.size();
            }
            const std::string_view text = machine.heap.text(values[i]);
            std::memcpy(out, text.data(), text.size());
            out += text.size();
        }
    });
}

}  // namespace

Value split(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string_view separator;
    std::size_t most;
    if (!split_arguments(machine, arguments, separator, most)) return Value::failed();
    const std::string_view text = machine.heap.text(arguments[0]);
    if (!separator.empty())
        return collect(machine, arguments[0], most, [text, separator] {
            return [pieces = Pieces{text, separator}](std::size_t splits, std::string_view& piece) mutable {
                return pieces.first(splits, piece);
            };
        });
    return collect(machine, arguments[0], most, [text] {
        return [left = text](std::size_t splits, std::string_view& piece) mutable {
            return next_word(left, splits, piece);
        };
    });
}

Value rsplit(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string_view separator;
    std::size_t most;
    if (!split_arguments(machine, arguments, separator, most)) return Value::failed();
    const std::string_view text = machine.heap.text(arguments[0]);
    if (!separator.empty())
        return collect_backwards(machine, arguments[0], most, [text, separator] {
            return [pieces = Pieces{text, separator}](std::size_t splits, std::string_view& piece) mutable {
                return pieces.last(splits, piece);
            };
        });
    return collect_backwards(machine, arguments[0], most, [text] {
        return [left = text](std::size_t splits, std::string_view& piece) mutable {
            return last_word(left, splits, piece);
        };
    });
}

Value splitlines(Machine& machine, const Value* arguments, std::uint32_t) {
    bool keep = false;
    if (!is_absent(arguments[1])) {
        std::int64_t given;
        if (!to_index(machine, arguments[1], given)) return Value::failed();
        keep = given != 0;
    }
    const std::string_view text = machine.heap.text(arguments[0]);
    return collect(machine, arguments[0], 0, [text, keep] {
        return [left = text, keep](std::size_t, std::string_view& piece) mutable {
            if (left.empty()) return false;
            std::size_t break_length;
            const std::string_view line = take_line(left, break_length);
            piece = {line.data(), line.size() + (keep ? break_length : 0)};
            return true;
        };
    });
}

Value partition(Machine& machine, const Value* arguments, std::uint32_t) {
    return parted(machine, arguments, Side::left);
}

Value rpartition(Machine& machine, const Value* arguments, std::uint32_t) {
    return parted(machine, arguments, Side::right);
}

Value join(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value iterable = arguments[1];
    if (iterable.is_heap() && !iterable.is_string()) {
        const ClassId id = machine.heap.class_id(iterable);
        if (id == ClassId::list || id == ClassId::tuple) {
            const Sequence& s = machine.heap.sequence(iterable);
            return join_values(machine, arguments[0], s.elements(), s.length());
        }
    }
    if (!is_iterable(machine, iterable))
        return machine.raise(ErrorKind::TypeError, "can only join an iterable");
    ScratchValues held(machine);
    Iteration each(machine, iterable);
    Value element;
    while (each.next(element))
        if (!held.push(element)) return Value::failed();
    if (each.failed()) return Value::failed();
    return join_values(machine, arguments[0], held.data(), held.size());
}

}  // namespace harness::lang::string_method
