// What stands behind a value of tag `constant`: functions, builtins, classes and modules, which live off the
// heap for the whole program.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/memory/layout.hpp"
#include "lang/syntax/names.hpp"

namespace harness::lang {

struct PackedField;
struct PackedType;

class Machine;
struct ClassTemplate;
struct Function;

enum class ConstantKind : std::uint8_t { function, native, class_, module, allocator };

struct ConstantObject {
    ConstantKind kind;
};

/// A function of the language that is written in C++. Arguments are lent: the caller keeps what it owns. The
/// result belongs to the caller (an unnamed result; see Machine::share for handing out what something else
/// owns), or is Value::failed() after Machine::raise. Missing optional arguments arrive as Value::absent().
using NativeFunction = Value (*)(Machine& machine, const Value* arguments, std::uint32_t count);

struct Native : ConstantObject {
    std::string_view name;
    NativeFunction function;
    /// Names of the parameters, separated by spaces, "self" left out for methods. `*` alone: all that follow
    /// are keyword-only. A trailing "name..." takes any number of positional arguments and `count` is then
    /// how many.
    std::string_view parameters;
    std::uint8_t required;
    bool is_method;  ///< arguments[0] is the receiver

    // What `parameters` says, in numbers; the receiver of a method is not counted.
    std::uint8_t total = 0;       ///< slots that the function expects; without those of "name..."
    std::uint8_t positional = 0;  ///< of these, how many may be given by position
    bool takes_rest = false;      ///< "name...": any number of positional arguments
    bool takes_keywords = false;  ///< "**name": a dict of unmatched keyword arguments
    bool plain = true;            ///< positional parameters only

    constexpr Native(std::string_view n, NativeFunction f, std::string_view p, std::uint8_t r,
                     bool method = false)
        : ConstantObject{ConstantKind::native},
          name(n),
          function(f),
          parameters(p),
          required(r),
          is_method(method) {
        bool keyword_only = false;
        for (std::size_t at = 0; at < p.size();) {
            const std::size_t end = p.find(' ', at) == std::string_view::npos ? p.size() : p.find(' ', at);
            const std::string_view word = p.substr(at, end - at);
            at = end + 1;
            if (word.empty()) continue;
            if (word == "*") {
                keyword_only = true;
                plain = false;
            } else if (word.substr(0, 2) == "**") {
                takes_keywords = true;
                plain = false;
            } else if (word.size() > 3 && word.substr(word.size() - 3) == "...") {
                takes_rest = true;
                keyword_only = true;
                plain = false;
            } else {
                ++total;
                if (!keyword_only) ++positional;
            }
        }
    }
};

// A list this long does not settle under the formatter.
// clang-format off
#define HARNESS_DUNDERS(X) \
    X(init, "__init__") X(del, "__del__") X(str, "__str__") X(repr, "__repr__") X(eq, "__eq__") \
    X(ne, "__ne__") X(lt, "__lt__") X(le, "__le__") X(gt, "__gt__") X(ge, "__ge__") X(len, "__len__") \
    X(bool_, "__bool__") X(getitem, "__getitem__") X(setitem, "__setitem__") X(delitem, "__delitem__") \
    X(contains, "__contains__") X(call, "__call__") X(iter, "__iter__") X(next, "__next__") \
    X(hash, "__hash__") X(neg, "__neg__") X(pos, "__pos__") X(invert, "__invert__") X(abs, "__abs__") \
    X(int_, "__int__") X(float_, "__float__") X(add, "__add__") X(sub, "__sub__") X(mul, "__mul__") \
    X(truediv, "__truediv__") X(floordiv, "__floordiv__") X(mod, "__mod__") X(pow, "__pow__") \
    X(and_, "__and__") X(or_, "__or__") X(xor_, "__xor__") X(lshift, "__lshift__") \
    X(rshift, "__rshift__") X(radd, "__radd__") X(rsub, "__rsub__") X(rmul, "__rmul__") \
    X(rtruediv, "__rtruediv__") X(rfloordiv, "__rfloordiv__") X(rmod, "__rmod__") X(rpow, "__rpow__") \
    X(rand_, "__rand__") X(ror_, "__ror__") X(rxor_, "__rxor__") X(rlshift, "__rlshift__") \
    X(rrshift, "__rrshift__") X(iadd, "__iadd__") X(isub, "__isub__") X(imul, "__imul__") \
    X(itruediv, "__itruediv__") X(ifloordiv, "__ifloordiv__") X(imod, "__imod__") X(ipow, "__ipow__") \
    X(iand, "__iand__") X(ior, "__ior__") X(ixor, "__ixor__") X(ilshift, "__ilshift__") \
    X(irshift, "__irshift__") X(divmod, "__divmod__") X(rdivmod, "__rdivmod__") X(index, "__index__") \
    X(round, "__round__") X(reversed, "__reversed__") X(format, "__format__") X(getattr_, "__getattr__")
// clang-format on

/// The special methods that operators and builtins look for.
enum class Dunder : std::uint8_t {
#define X(id, text) id,
    HARNESS_DUNDERS(X)
#undef X
        count_
};
inline constexpr std::string_view dunder_names[] = {
#define X(id, text) text,
    HARNESS_DUNDERS(X)
#undef X
};
#undef HARNESS_DUNDERS

/// One thing that a class says about a name: an instance field at an offset, or an attribute of the class
/// itself (methods, builtins, class variables).
struct Member {
    bool is_field = false;
    bool inherited = false;               ///< the value belongs to a class above
    mutable bool shadowed = false;        ///< an instance was given a field of its own by this name
    std::uint16_t slot = 0;               ///< field: index of the 8-byte slot
    std::uint16_t field_type = 0;         ///< field: the TypeCode of what it accepts, 0 for anything
    const PackedField* packed = nullptr;  ///< a struct's field, which is no slot
    Value value = Value::absent();        ///< attribute
};

/// Slots are 8-byte values from the payload's beginning; a struct has none (memory/packed.hpp).
struct ClassInfo : ConstantObject {
    std::string_view name;
    const ClassInfo* base = nullptr;
    ClassId id = ClassId::none;
    std::uint16_t field_count = 0;
    const PackedType* packed = nullptr;  ///< of a struct
    bool is_exception = false;
    bool is_builtin = false;
    bool has_typed_fields = false;
    const Native* construct = nullptr;  ///< builtin types: what calling the class does
    /// Its __init__, where making an instance is nothing but memory and a call of this with the arguments as
    /// they stand.
    const Function* plain_init = nullptr;
    const Function* packed_init = nullptr;       ///< the same of a struct
    const ClassTemplate* made_from = nullptr;    ///< the class statement, for annotations that name it
    std::unordered_map<NameId, Member> members;  ///< own and inherited
    std::vector<NameId> field_names;             ///< by slot
    Value dunders[static_cast<std::size_t>(Dunder::count_)];  ///< absent() where the class has none

    Value dunder(Dunder d) const { return dunders[static_cast<std::size_t>(d)]; }
    bool derives_from(const ClassInfo& other) const {
        for (const ClassInfo* c = this; c != nullptr; c = c->base)
            if (c == &other) return true;
        return false;
    }
};

struct ModuleInfo : ConstantObject {
    std::string_view name;
    std::unordered_map<NameId, std::uint32_t> globals;  ///< name → global slot
    std::unordered_map<NameId, Value> natives;          ///< builtin modules: math
};

}  // namespace harness::lang
