// Pseudo-random numbers, and the functions that generators and hashes of workloads need: all exact in 64
// bits, where the language's own ints have 48.
#include "lang/builtins/random.hpp"

#include <string>

#include "lang/builtins/functions.hpp"
#include "lang/builtins/numbers.hpp"

namespace harness::lang {

/// Seeds with the number modulo 2^64.
Value builtin_random_seed(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t seed;
    if (!to_index(machine, arguments[0], seed)) return Value::failed();
    random_state(machine).seed(static_cast<std::uint64_t>(seed));
    return Value::none();
}

/// low + next % (high - low + 1): both ends are possible.
Value builtin_random_int(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t low, high;
    if (!to_index(machine, arguments[0], low) || !to_index(machine, arguments[1], high))
        return Value::failed();
    if (high < low) return machine.raise(ErrorKind::ValueError, "empty range for random_int()");
    const auto choices = static_cast<std::uint64_t>(high - low) + 1;
    return Value::integer(low + static_cast<std::int64_t>(random_state(machine).next() % choices));
}

/// 53 random bits as a fraction of 2^53.
Value builtin_random_float(Machine& machine, const Value*, std::uint32_t) {
    return Value::floating(static_cast<double>(random_state(machine).next() >> 11) * 0x1p-53);
}

/// The low 32 bits, unsigned.
Value builtin_wrap32(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t number;
    if (!to_index(machine, arguments[0], number)) return Value::failed();
    return Value::integer(number & 0xFFFF'FFFF);
}

/// a * b % modulus without overflow in between; the sign is that of the modulus, as with %.
Value builtin_mulmod(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t a, b, modulus;
    if (!to_index(machine, arguments[0], a) || !to_index(machine, arguments[1], b) ||
        !to_index(machine, arguments[2], modulus))
        return Value::failed();
    if (modulus == 0) return machine.raise(ErrorKind::ZeroDivisionError, "integer modulo by zero");
    __extension__ using Wide = __int128;
    auto rest = static_cast<std::int64_t>(Wide{a} * b % modulus);
    if (rest != 0 && (rest < 0) != (modulus < 0)) rest += modulus;
    return Value::integer(rest);
}

/// 47 well mixed bits of an int, or of the bytes of a str by way of FNV-1a (Fowler, Noll, Vo).
Value builtin_hash48(Machine& machine, const Value* arguments, std::uint32_t) {
    std::uint64_t folded;
    if (is_integral(arguments[0])) {
        folded = static_cast<std::uint64_t>(integral(arguments[0]));
    } else if (arguments[0].is_string()) {
        folded = 0xCBF2'9CE4'8422'2325U;
        for (const char c : machine.heap.text(arguments[0]))
            folded = (folded ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3U;
    } else {
        return machine.raise(ErrorKind::TypeError, "hash48() takes an int or a str, not " +
                                                       std::string(machine.type_name(arguments[0])));
    }
    return Value::integer(static_cast<std::int64_t>(splitmix_mix(folded + splitmix_step) >> 17));
}

}  // namespace harness::lang
