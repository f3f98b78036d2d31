// What goes wrong with names and frames, as values. Each kind has the name under which the language knows the
// error, so that whoever runs a program can raise it without translating texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "allocators/outcome.hpp"

namespace harness::lang {

enum class MemoryErrorKind : std::uint8_t {
    heap_invalid_key,
    stack_frame_get,
    stack_frame_not_fn,
    name,
    unbound_local,
    type,
    recursion,
};

/// The error's name in the language.
constexpr std::string_view error_name(MemoryErrorKind kind) {
    constexpr std::string_view names[] = {
        "HeapInvalidKeyError", "StackFrameGetError", "StackFrameNotFnError", "NameError",
        "UnboundLocalError",   "TypeError",          "RecursionError",
    };
    return names[static_cast<std::size_t>(kind)];
}

struct MemoryError {
    MemoryErrorKind kind;
    std::string message;  ///< one line, no full stop
    std::string remedy;   ///< one line; empty when there is nothing to advise
};

/// Either a T or a MemoryError. Asking for the one that is not there aborts.
template <class T>
class [[nodiscard]] MemoryOutcome {
  public:
    MemoryOutcome(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    MemoryOutcome(MemoryError error) : content_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return content_.index() == 0; }
    const T& value() const {
        HARNESS_CHECK(content_.index() == 0, "value() of a failed outcome");
        return *std::get_if<0>(&content_);
    }
    const MemoryError& error() const {
        HARNESS_CHECK(content_.index() == 1, "error() of a successful outcome");
        return *std::get_if<1>(&content_);
    }

  private:
    std::variant<T, MemoryError> content_;
};

}  // namespace harness::lang
