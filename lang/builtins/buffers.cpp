// Access to raw bytes: one function judges an access, all readers and writers go through it. Words are
// little-endian and may stand at any offset.
#include "lang/builtins/buffers.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "lang/builtins/allocator_handles.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

static_assert(std::endian::native == std::endian::little,
              "words of buffers are copied as they stand in memory");

namespace {

/// Beyond this size the notes of written bytes would themselves be a burden; such a buffer counts as written.
constexpr std::uint64_t shadowed_bytes_max = std::uint64_t{1} << 32;

/// Where an access goes once it was judged.
struct Place {
    char* at;
    std::uint64_t offset;
};

bool locate(Machine& machine, Value buffer, Value index, std::uint64_t width, Place& place) {
    if (!buffer_usable(machine, buffer)) return false;
    if (!is_integral(index)) {
        machine.raise(ErrorKind::TypeError,
                      fmt::format("buffer indices must be integers, not {}", machine.type_name(index)));
        return false;
    }
    const std::int64_t i = integral(index);
    const std::uint64_t size = machine.heap.buffer_prefix(buffer).size;
    if (i < 0 || width > size || static_cast<std::uint64_t>(i) > size - width) {
        const std::string what =
            width == 1 ? fmt::format("byte {} is", i)
                       : fmt::format("bytes {} to {} are", i, i + static_cast<std::int64_t>(width) - 1);
        const std::string help = width > size ? "make the buffer larger"
                                              : fmt::format("offsets from 0 to {} are inside", size - width);
        interpreter(machine).raise_defect(
            ErrorKind::BufferOverflowError,
            fmt::format("{} outside of the buffer, which has {} byte{}", what, size, size == 1 ? "" : "s"),
            buffer, help);
        return false;
    }
    place = {static_cast<char*>(machine.heap.address(buffer)) + i, static_cast<std::uint64_t>(i)};
    return true;
}

/// The notes of what was written to a buffer; none for one whose every byte is known.
std::vector<bool>* shadow_of(Machine& machine, Value buffer) {
    if (!machine.heap.checked()) return nullptr;
    auto& shadows = interpreter(machine).buffer_shadows;
    const auto found = shadows.find(buffer.payload());
    return found == shadows.end() ? nullptr : &found->second;
}

using Step = std::vector<bool>::difference_type;

void note_written(Machine& machine, Value buffer, std::uint64_t offset, std::uint64_t width) {
    std::vector<bool>* shadow = shadow_of(machine, buffer);
    if (shadow == nullptr) return;
    const auto first = shadow->begin() + static_cast<Step>(offset);
    std::fill(first, first + static_cast<Step>(width), true);
}

/// False after UninitialisedReadError.
bool was_written(Machine& machine, Value buffer, std::uint64_t offset, std::uint64_t width) {
    const std::vector<bool>* shadow = shadow_of(machine, buffer);
    if (shadow == nullptr) return true;
    const auto first = shadow->begin() + static_cast<Step>(offset);
    const auto end = first + static_cast<Step>(width);
    const auto found = std::find(first, end, false);
    if (found == end) return true;
    interpreter(machine).raise_defect(
        ErrorKind::UninitialisedReadError,
        fmt::format("byte {} of the buffer was never written", found - shadow->begin()), buffer,
        "write it before, or fill(0) the whole buffer");
    return false;
}

template <class T>
bool read_bytes(Machine& machine, Value buffer, Value index, T& out) {
    Place place{};
    if (!locate(machine, buffer, index, sizeof(T), place)) return false;
    if (!was_written(machine, buffer, place.offset, sizeof(T))) return false;
    std::memcpy(&out, place.at, sizeof(T));
    return true;
}

template <class T>
bool write_bytes(Machine& machine, Value buffer, Value index, T v) {
    Place place{};
    if (!locate(machine, buffer, index, sizeof(T), place)) return false;
    std::memcpy(place.at, &v, sizeof(T));
    note_written(machine, buffer, place.offset, sizeof(T));
    return true;
}

template <class T>
Value number_value(Machine& machine, T number) {
    if constexpr (std::is_floating_point_v<T>) {
        return Value::floating(static_cast<double>(number));
    } else {
        if constexpr (sizeof(T) == 8) {
            const bool fits = std::is_signed_v<T>
                                  ? fits_integer(static_cast<std::int64_t>(number))
                                  : static_cast<std::uint64_t>(number) <= std::uint64_t{integer_max};
            if (!fits)
                return machine.raise(ErrorKind::OverflowError, "integer result does not fit in 48 bits");
        }
        return Value::integer(static_cast<std::int64_t>(number));
    }
}

/// The number as it is stored in a T; false after raising. `name` is how messages call T.
template <class T>
bool to_number(Machine& machine, Value v, const char* name, T& out) {
    if constexpr (std::is_floating_point_v<T>) {
        if (!is_numeric(v)) {
            machine.raise(ErrorKind::TypeError,
                          fmt::format("must be real number, not {}", machine.type_name(v)));
            return false;
        }
        const double number = numeric(v);
        if (sizeof(T) < sizeof(double) && std::isfinite(number) && std::isinf(static_cast<float>(number))) {
            machine.raise(ErrorKind::OverflowError, fmt::format("float too large for {}", name));
            return false;
        }
        out = static_cast<T>(number);
        return true;
    } else {
        std::int64_t number = 0;
        if (!to_index(machine, v, number)) return false;
        constexpr auto low = static_cast<std::int64_t>(std::numeric_limits<T>::min());
        // A number of 48 bits fits every word of 64, except that an unsigned one has no sign.
        constexpr std::int64_t high =
            sizeof(T) == 8 ? integer_max : static_cast<std::int64_t>(std::numeric_limits<T>::max());
        if (number < low || number > high) {
            const std::string range =
                sizeof(T) == 8 ? "range(0, 2**64)" : fmt::format("range({}, {})", low, high + 1);
            machine.raise(ErrorKind::ValueError, fmt::format("{} must be in {}", name, range));
            return false;
        }
        out = static_cast<T>(number);
        return true;
    }
}

#define HARNESS_BUFFER_WORDS(X) \
    X(u8, std::uint8_t)         \
    X(u16, std::uint16_t)       \
    X(u32, std::uint32_t)       \
    X(u64, std::uint64_t)       \
    X(i8, std::int8_t)          \
    X(i16, std::int16_t) X(i32, std::int32_t) X(i64, std::int64_t) X(f32, float) X(f64, double)

#define X(name, type)                                                                                    \
    Value get_##name(Machine& machine, const Value* arguments, std::uint32_t) {                          \
        type number{};                                                                                   \
        if (!read_bytes(machine, arguments[0], arguments[1], number)) return Value::failed();            \
        return number_value(machine, number);                                                            \
    }                                                                                                    \
    Value set_##name(Machine& machine, const Value* arguments, std::uint32_t) {                          \
        type number{};                                                                                   \
        if (!buffer_usable(machine, arguments[0]) || !to_number(machine, arguments[2], #name, number) || \
            !write_bytes(machine, arguments[0], arguments[1], number))                                   \
            return Value::failed();                                                                      \
        return Value::none();                                                                            \
    }
HARNESS_BUFFER_WORDS(X)
#undef X

/// buffer.fill(byte): every byte is that one.
Value fill(Machine& machine, const Value* arguments, std::uint32_t) {
    std::uint8_t byte = 0;
    if (!buffer_usable(machine, arguments[0]) || !to_number(machine, arguments[1], "byte", byte))
        return Value::failed();
    const std::uint64_t size = machine.heap.buffer_prefix(arguments[0]).size;
    std::memset(machine.heap.address(arguments[0]), byte, size);
    note_written(machine, arguments[0], 0, size);
    return Value::none();
}

constexpr Native methods[] = {
#define X(name, type) \
    {#name, get_##name, "offset", 1, true}, {"set_" #name, set_##name, "offset value", 2, true},
    HARNESS_BUFFER_WORDS(X)
#undef X
        {"fill", fill, "byte", 1, true},
};
#undef HARNESS_BUFFER_WORDS

}  // namespace

bool is_buffer(const Machine& machine, Value v) {
    return v.is_object() && machine.heap.live(v) && machine.heap.class_id(v) == ClassId::buffer;
}

Value new_unwritten_buffer(Machine& machine, std::uint64_t size, std::uint32_t align) {
    interpreter(machine).set_site();
    const Value buffer = machine.heap.new_buffer(size, align);
    if (is_failed(buffer) || !machine.heap.checked() || size > shadowed_bytes_max) return buffer;
    interpreter(machine).buffer_shadows.insert_or_assign(buffer.payload(), std::vector<bool>(size, false));
    return buffer;
}

bool buffer_usable(Machine& machine, Value buffer) {
    if (machine.heap.live(buffer) && (machine.heap.header(buffer).flags & flag_ended) == 0) return true;
    interpreter(machine).raise_defect(
        ErrorKind::UseAfterFreeError, "this buffer was given back", buffer,
        "use it before it is given back; reallocate() gives a new buffer and ends the old one");
    return false;
}

std::int64_t buffer_length(Machine& machine, Value buffer) {
    if (!buffer_usable(machine, buffer)) return -1;
    return static_cast<std::int64_t>(machine.heap.buffer_prefix(buffer).size);
}

Value buffer_get(Machine& machine, Value buffer, Value index) {
    std::uint8_t byte = 0;
    return read_bytes(machine, buffer, index, byte) ? Value::integer(byte) : Value::failed();
}

bool buffer_set(Machine& machine, Value buffer, Value index, Value v) {
    std::uint8_t byte = 0;
    return buffer_usable(machine, buffer) && to_number(machine, v, "byte", byte) &&
           write_bytes(machine, buffer, index, byte);
}

Value buffer_attribute(Machine& machine, Value buffer, NameId name) {
    const std::string_view text = machine.names.text(name);
    if (text != "size" && text != "allocator") return Value::absent();
    if (!buffer_usable(machine, buffer)) return Value::failed();
    if (text == "allocator") return allocator_of_buffer(interpreter(machine), buffer);
    return Value::integer(static_cast<std::int64_t>(machine.heap.buffer_prefix(buffer).size));
}

std::span<const Native> buffer_methods() { return methods; }

void copy_buffer_shadow(Machine& machine, Value from, Value to) {
    if (!machine.heap.checked()) return;
    auto& shadows = interpreter(machine).buffer_shadows;
    const std::vector<bool>* source = shadow_of(machine, from);
    const std::uint64_t from_size = machine.heap.buffer_prefix(from).size;
    const std::uint64_t to_size = machine.heap.buffer_prefix(to).size;
    if (to_size > shadowed_bytes_max || (source == nullptr && from_size >= to_size)) {
        shadows.erase(to.payload());
        return;
    }
    std::vector<bool> copy = source != nullptr ? *source : std::vector<bool>(from_size, true);
    copy.resize(to_size, false);
    shadows.insert_or_assign(to.payload(), std::move(copy));
}

void forget_buffer(Machine& machine, Value buffer) {
    if (machine.heap.checked()) interpreter(machine).buffer_shadows.erase(buffer.payload());
}

}  // namespace harness::lang
