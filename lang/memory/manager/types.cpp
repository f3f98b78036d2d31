// The table of primitive types, conversions, and the texts of refusals. Everything here is off the path of a
// store whose value already has the right type.
#include "lang/memory/manager/types.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace harness::lang {

namespace {

constexpr std::uint64_t unsigned_max = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t signed_min = std::numeric_limits<std::int64_t>::min();
constexpr std::uint64_t signed_max = std::numeric_limits<std::int64_t>::max();

/// In the order of Type.
constexpr std::array<TypeInfo, static_cast<std::size_t>(Type::count_)> infos = {{
    {"any"},
    {"i8", -128, 127, true},
    {"u8", 0, 255, true},
    {"i16", -32'768, 32'767, true},
    {"u16", 0, 65'535, true},
    {"i32", -2'147'483'648, 2'147'483'647, true},
    {"u32", 0, 4'294'967'295, true},
    {"i64", signed_min, signed_max, true},
    {"u64", 0, unsigned_max, true},
    {"isize", -2'147'483'648, 2'147'483'647, true},
    {"usize", 0, 4'294'967'295, true},
    {"isize", signed_min, signed_max, true},
    {"usize", 0, unsigned_max, true},
    {"int", integer_min, static_cast<std::uint64_t>(integer_max), true},
    {"f32"},
    {"f64"},
    {"float"},
    {"bool"},
    {"char"},
    {"str"},
    {"list"},
    {"dict"},
}};
static_assert(infos.back().name == "dict");

/// A finite double that no finite f32 is near to.
bool overflows_f32(double wide) { return std::isfinite(wide) && !std::isfinite(static_cast<float>(wide)); }

}  // namespace

const TypeInfo& type_info(Type type) { return infos[static_cast<std::size_t>(type)]; }

std::optional<Type> primitive_type(std::string_view name, int target_bits) {
    if (name == "isize") return target_bits == 32 ? Type::isize32 : Type::isize64;
    if (name == "usize") return target_bits == 32 ? Type::usize32 : Type::usize64;
    for (std::size_t i = 0; i < infos.size(); ++i)
        if (infos[i].name == name) return static_cast<Type>(i);
    return std::nullopt;
}

bool convert(Type type, Value& value, const ValueFacts& facts) {
    switch (type) {
        case Type::any:
            return true;
        case Type::f32:
            if (!value.is_number() || overflows_f32(value.to_float())) return false;
            value = Value::floating(static_cast<double>(static_cast<float>(value.to_float())));
            return true;
        case Type::f64:
        case Type::float_:
            if (!value.is_int()) return value.is_float();
            value = Value::floating(value.to_float());
            return true;
        case Type::bool_:
            return value.is_bool();
        case Type::char_:
            return facts.basic_type(value) == Type::str && facts.string_length(value) == 1;
        case Type::str:
        case Type::list:
        case Type::dict:
            return facts.basic_type(value) == type;
        default:
            return conforms(type, value);
    }
}

bool round_to_f32(double& number) {
    if (overflows_f32(number)) return false;
    number = static_cast<double>(static_cast<float>(number));
    return true;
}

std::string out_of_range(Type type, std::string_view digits) {
    const TypeInfo& info = type_info(type);
    return fmt::format("{} is out of range for {} ({} to {})", digits, info.name, info.low, info.high);
}

MemoryError type_error(Type type, Value value, const ValueFacts& facts) {
    const TypeInfo& info = type_info(type);
    const auto error = [](std::string message, std::string remedy) {
        return MemoryError{MemoryErrorKind::type, std::move(message), std::move(remedy)};
    };
    if (info.is_integer && value.is_int())
        return error(out_of_range(type, std::to_string(value.as_int())),
                     "use a wider type, or bring the value into range first");
    if (type == Type::f32 && value.is_number())
        return error(fmt::format("{} is out of range for f32 (-{} to {})", value.to_float(),
                                 std::numeric_limits<float>::max(), std::numeric_limits<float>::max()),
                     "use f64");
    if (type == Type::char_ && facts.basic_type(value) == Type::str)
        return error(fmt::format("expected char, got a str of length {}", facts.string_length(value)),
                     "a char is a str of length 1");
    std::string remedy;
    if (info.is_integer && value.is_float()) remedy = "convert it with int(…)";
    if (info.is_integer && value.is_bool()) remedy = "a bool is not an int; convert it with int(…)";
    return error(fmt::format("expected {}, got {}", info.name, facts.type_name(value)), std::move(remedy));
}

}  // namespace harness::lang
