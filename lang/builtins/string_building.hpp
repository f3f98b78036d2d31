// What the methods of str share: making a string of a known length in place, searching, and asking for
// arguments of a type. It keeps those methods to the few lines that are their own.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "lang/builtins/numbers.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

/// The header of a string counts its length in 32 bits.
inline constexpr std::uint64_t string_length_max = 0xFFFF'FFF0;

/// A new string of `length` bytes that `write(bytes)` fills; `write` must not touch the heap.
template <class Write>
Value build_string(Machine& machine, std::uint64_t length, Write write) {
    if (length > string_length_max) return machine.raise_memory_error(length);
    char* bytes = nullptr;
    const Value made = machine.heap.new_string(static_cast<std::size_t>(length), bytes);
    if (!is_failed(made)) write(bytes);
    return made;
}

/// `part` as a string of its own, unless it is all of `whole`.
inline Value part_of(Machine& machine, Value whole, std::string_view part) {
    if (part.size() == machine.heap.text(whole).size()) return machine.share(whole);
    return machine.heap.new_string(part);
}

/// Where `part` begins in `text`, at `from` or behind; npos where it does not. The C library's search is
/// linear in the worst case, which std::string_view's is not.
inline std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0) {
    if (from > text.size()) return std::string_view::npos;
    if (part.size() < 2) return text.find(part, from);
    const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

inline std::string type_text(Machine& machine, Value v) { return std::string(machine.type_name(v)); }

/// False after TypeError `before` + the type's name, for an argument that is no str.
inline bool require_string(Machine& machine, Value v, const char* before) {
    if (v.is_string()) return true;
    machine.raise(ErrorKind::TypeError, before + type_text(machine, v));
    return false;
}

/// The same for one that a message calls by `name`: "replace() argument 1 must be str, not None".
inline bool require_argument(Machine& machine, Value v, const char* name) {
    if (v.is_string()) return true;
    machine.raise(ErrorKind::TypeError,
                  std::string(name) + " must be str, not " + (v.is_none() ? "None" : type_text(machine, v)));
    return false;
}

/// What a special method gave where a str belongs, appended and dropped. Of anything else it is a TypeError
/// whose text `refusal` makes of the type's name.
template <class Refusal>
bool append_answer(Machine& machine, Value answer, std::string& out, Refusal refusal) {
    const bool is_text = answer.is_string();
    std::string message;
    if (is_text)
        out += machine.heap.text(answer);
    else
        message = refusal(type_text(machine, answer));
    machine.drop(answer);
    if (!is_text) machine.raise(ErrorKind::TypeError, std::move(message));
    return is_text;
}

/// An optional integer: `fallback` where the argument is missing.
inline bool optional_index(Machine& machine, Value v, std::int64_t fallback, std::int64_t& out) {
    if (!is_absent(v)) return to_index(machine, v, out);
    out = fallback;
    return true;
}

/// Receives the unnamed strings of a list that is being made. After a failure the list is gone and result()
/// fails.
class StringList {
  public:
    StringList(Machine& machine, std::size_t expected) : machine_(machine) {
        if (expected > 0x7FFF'FFF0)
            list_ = machine.raise_memory_error(expected * sizeof(Value));
        else
            list_ = machine.heap.new_list(static_cast<std::uint32_t>(expected));
    }
    StringList(const StringList&) = delete;
    StringList& operator=(const StringList&) = delete;
    ~StringList() {
        if (!is_failed(list_)) machine_.drop(list_);
    }

    bool add(std::string_view text) { return !is_failed(list_) && receive(machine_.heap.new_string(text)); }
    /// A part of `whole`, which stands for itself where it is all of it.
    bool add_part(Value whole, std::string_view part) {
        return !is_failed(list_) && receive(part_of(machine_, whole, part));
    }
    /// Hands the list on, once.
    Value result() {
        const Value made = list_;
        list_ = Value::failed();
        return made;
    }

  private:
    bool receive(Value unnamed) {
        Value stored = unnamed;
        if (!is_failed(stored)) stored = machine_.store_unnamed(list_, unnamed);
        if (!is_failed(stored)) {
            if (machine_.heap.append(list_, stored)) return true;
            machine_.discard(stored);
        }
        machine_.drop(list_);
        list_ = Value::failed();
        return false;
    }

    Machine& machine_;
    Value list_;
};

}  // namespace harness::lang
