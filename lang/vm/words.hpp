// The raw words beside a window: whole numbers of declared types, where no instruction takes them for values.
#pragma once

#include <cstdint>

#include "lang/memory/manager/stack.hpp"
#include "lang/vm/operands.hpp"

namespace harness::lang {

/// W[index] of the window R.
[[gnu::always_inline]] inline std::int64_t& word_of(Value* R, unsigned index) {
    return *reinterpret_cast<std::int64_t*>(reinterpret_cast<char*>(R) + word_distance +
                                            std::size_t{index} * sizeof(Value));
}
[[gnu::always_inline]] inline std::uint64_t unsigned_of(Value* R, unsigned index) {
    return static_cast<std::uint64_t>(word_of(R, index));
}

// What the fast paths leave over; each raises, or puts into the place what was asked for and is true.

void raise_too_wide(Interpreter* S);
void raise_too_wide_for_value(Interpreter* S);
void raise_out_of_range(Interpreter* S, Type type, std::uint64_t number, bool is_unsigned);
bool unbox_checked(Interpreter* S, Value v, Type type, std::int64_t& out);
bool check_float(Interpreter* S, Value v, Type type, Value& out);
/// The quotient as CPython rounds it: once.
double quotient_of(std::int64_t a, std::int64_t b);
double quotient_of(std::uint64_t a, std::uint64_t b);
/// -1, 0 or 1, exactly; 2 where the float is NaN.
int compare_exactly(std::int64_t a, bool is_unsigned, double b);
/// Make a string, or raise: the digits, and those in the layout that a format specification asks for.
bool digits_of_word(Interpreter* S, std::int64_t i, bool is_unsigned, Value& out);
bool format_word(Interpreter* S, std::int64_t i, bool is_unsigned, Value spec, Value& out);
bool power_of(std::int64_t base, unsigned exponent, std::int64_t& out);
bool power_of(std::uint64_t base, unsigned exponent, std::uint64_t& out);

}  // namespace harness::lang
