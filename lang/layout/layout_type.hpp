// Types with a layout: how many bytes a value of each has, at which alignment, and what stands at which of
// them. Computed once for each type of a module and each width of pointers, and never changed after that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lang/memory/manager/types.hpp"
#include "lang/source/source_map.hpp"
#include "lang/syntax/ast.hpp"

namespace harness::lang {

struct LayoutType;

/// A field of a struct or of a variant: where it begins, from the start of the type.
struct LayoutField {
    NameId name = 0;   ///< 0: a variant's field that has no name
    std::string text;  ///< the name, or the field's number
    const LayoutType* type = nullptr;
    std::uint64_t offset = 0;
    Span span{};  ///< of its declaration
};

struct LayoutVariant {
    NameId name = 0;
    std::string text;
    std::vector<LayoutField> fields;
    std::uint64_t end = 0;  ///< behind the last of its fields
};

struct LayoutType {
    enum class Kind : std::uint8_t {
        primitive,  ///< a number, bool or char, of `primitive`
        any,        ///< one value of the language, whatever it is
        reference,  ///< to what lies elsewhere: str, list, dict, objects, &T; Box(T) and Vec(T), too
        struct_,
        enum_,  ///< Option(T) too: a tag, and the fields of one variant
        array,  ///< [element; count]
        maybe,  ///< MaybeUninit(element)
    };
    enum class Reference : std::uint8_t { object, box, vec };

    Kind kind = Kind::any;
    Reference reference = Reference::object;
    Type primitive = Type::any;
    bool is_option = false;
    std::string name;        ///< as the program writes it
    std::uint64_t size = 0;  ///< of a value in a place: a name, a field, an element
    std::uint64_t align = 1;
    std::uint64_t own_size =
        0;  ///< what size_of() says: that of the descriptor where a place only refers to it
    std::uint64_t data_size = 0;          ///< `size` without the padding
    std::uint64_t tag_size = 0;           ///< enums
    std::uint64_t count = 0;              ///< arrays
    std::uint64_t declared_align = 1;     ///< what @align asks for
    unsigned depth = 1;                   ///< of types in place within each other
    const LayoutType* element = nullptr;  ///< array, maybe, Box, Vec
    const Stmt* declaration = nullptr;    ///< StructStmt, EnumStmt
    std::vector<LayoutField> fields;      ///< struct, in the order of their declaration
    std::vector<LayoutVariant> variants;  ///< enum
    std::uint64_t data_offset = 0;        ///< enums: where the fields of a variant may begin

    bool is_in_place() const {
        return kind == Kind::struct_ || kind == Kind::enum_ || kind == Kind::array || kind == Kind::maybe;
    }
};

/// `at` moved up to the next multiple of `align`, a power of two.
constexpr std::uint64_t align_up(std::uint64_t at, std::uint64_t align) {
    return (at + align - 1) & ~(align - 1);
}

}  // namespace harness::lang
