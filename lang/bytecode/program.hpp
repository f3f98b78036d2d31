// Compiled programs: functions of 32-bit words with their constants and tables. Everything here lives off the
// heap that is measured, for as long as the program runs.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/memory/manager/scope.hpp"
#include "lang/memory/manager/symbol_table.hpp"
#include "lang/memory/manager/types.hpp"
#include "lang/memory/packed.hpp"
#include "lang/source/source_map.hpp"
#include "lang/syntax/names.hpp"
#include "lang/vm/class_info.hpp"

namespace harness::lang {

/// What a store is checked against: a primitive Type, or behind those an entry of Program::named_types. With
/// type_optional, None is accepted too.
using TypeCode = std::uint16_t;
inline constexpr TypeCode type_optional = 0x8000;
/// With it, a reference to a variable of the type.
inline constexpr TypeCode type_reference = 0x4000;
inline constexpr TypeCode first_named_type = static_cast<TypeCode>(Type::count_);

enum class Op : std::uint16_t {
#define OP(name, words, instances, text) name,
#include "lang/bytecode/opcodes.def"
#undef OP
    count_
};
inline constexpr std::size_t op_count = static_cast<std::size_t>(Op::count_);

/// One byte holds the opcode. Those that do not fit, the last of opcodes.def, are *far*: their first word
/// says so, and the word behind it is their place in the table of handlers.
inline constexpr std::size_t far_opcode = 255;
constexpr bool is_far(Op op) { return static_cast<std::size_t>(op) >= far_opcode; }
constexpr std::size_t table_place(Op op) { return static_cast<std::size_t>(op) + (is_far(op) ? 1U : 0U); }
inline constexpr std::size_t table_size = op_count + 1 < 256 ? 256 : op_count + 1;

/// Words of each instruction, by Op.
struct OpWords {
    std::uint8_t words[op_count];
    constexpr std::uint8_t operator[](std::size_t op) const { return words[op]; }
};
consteval OpWords make_op_words() {
    OpWords all{{
#define OP(name, words, instances, text) words,
#include "lang/bytecode/opcodes.def"
#undef OP
    }};
    for (std::size_t op = far_opcode; op < op_count; ++op) ++all.words[op];
    return all;
}
inline constexpr OpWords op_words = make_op_words();

/// The first word of an instruction; of a far one the second is table_place().
constexpr std::uint32_t encode(Op op, unsigned a = 0, unsigned b = 0, unsigned c = 0) {
    const std::uint32_t byte = is_far(op) ? std::uint32_t{far_opcode} : static_cast<std::uint32_t>(op);
    return byte | a << 8 | b << 16 | c << 24;
}

/// The opcode of the instruction that begins there.
constexpr Op op_at(const std::uint32_t* code) {
    const std::uint32_t byte = *code & 0xFF;
    return static_cast<Op>(byte == far_opcode ? code[1] - 1 : byte);
}

/// Which operands of an instruction its slow path must end afterwards: they were unnamed. Kept beside the
/// code, one byte a word, so that the fast paths, which see numbers only, pay nothing.
enum OperandFlags : std::uint8_t {
    ends_b = 1,
    ends_c = 2,
    ends_a = 4,
    augmented = 8 /* the operator is x op= y */,
    in_place = 16 /* the same of a field or element, which the next store is for */
};

/// While `from <= pc < to` the register holds an unnamed value that unwinding must end.
struct OwnedRange {
    /// Who answers for the value beside the register. A name that goes on does so for what is freed by hand;
    /// a function that was given an argument does so from the moment when it runs. Then the register ends as
    /// a place does.
    enum class Holder : std::uint8_t { register_, name, called };

    std::uint32_t from, to;
    std::uint16_t reg;
    Holder holder;
};

/// Instructions in [from, to) are protected: an error goes to `target` with the region depth it had there.
struct Protected {
    std::uint32_t from, to, target;
    std::uint16_t regions;           ///< regions of this call that stay open
    std::vector<std::uint8_t> live;  ///< registers that leave the others as copies
};

/// While `from <= pc < to` an exception is being handled; an error that leaves these instructions tells of
/// it.
struct Handled {
    std::uint32_t from, to;
    std::uint16_t reg;  ///< the exception
    std::uint16_t why;  ///< in a finally: the register that is 1 when an exception came, else `always`
    static constexpr std::uint16_t always = 0xFFFF;
};

/// The name of a caught exception, which ends with its clause: an error that leaves [from, to) ends it too.
struct CaughtNameRange {
    enum class Kind : std::uint8_t { local, cell, capture, global };

    std::uint32_t from, to;
    std::uint32_t index;  ///< register, cell of the closure, or global
    Kind kind;
};

struct Capture {
    bool from_parent_register;  ///< else: from the parent's own captures
    std::uint16_t index;
};

/// A block from where it declares a name with `let`: the name lives in [from, to).
struct BlockScope {
    FunctionHeader header;
    SymbolTable slots;
    std::uint16_t reg;
    std::uint32_t from, to;
};

struct ParameterInfo {
    NameId name = 0;
    bool has_default = false;
    bool keyword_only = false;
};

/// Beside the register of the caller, in its lowest byte, a frame's result word says: the call constructs an
/// object, which its first register holds.
inline constexpr std::uint32_t frame_constructs = 0x100;
/// The caller asked for a whole number of a declared type as a word.
inline constexpr std::uint32_t frame_word = 0x200;
/// From this bit on: which of its first registers the caller answers for and has given, so that the called
/// function may hand them on. Only instructions that know their callee's window say so.
inline constexpr unsigned frame_given_shift = 16;
inline constexpr unsigned most_given = 16;

/// What a decorator makes of a method. Decided where the method is defined, so that a call by name finds it
/// without an object in between.
enum class MethodKind : std::uint8_t { plain, static_, class_, property };

struct Function : ConstantObject {
    Function() : ConstantObject{ConstantKind::function} {}

    // What a call reads, together at the front.
    const std::uint32_t* entry = nullptr;
    const Value* constants = nullptr;
    /// Behind the checks of parameters whose types are numbers, for callers that know what they pass.
    const std::uint32_t* typed_entry = nullptr;
    std::uint32_t typed_key = 0;         ///< of the definition that these callers mean; 0: none
    std::uint16_t registers = 0;         ///< size of the window
    std::uint16_t closure_register = 0;  ///< where a closure's own value goes, when it captures
    bool simple = true;                  ///< positional parameters only, all of them required
    bool is_region = false;
    MethodKind method_kind = MethodKind::plain;
    std::uint8_t generator_register = 0;  ///< of a generator: where it finds its own object
    std::uint32_t first_statement = 0;    ///< word; before it parameters are laid out
    bool is_init = false;                 ///< an __init__: its frame may answer for the object it makes
    bool is_made = false;                 ///< nobody wrote it: errors are told at its call
    bool has_rest = false, has_keyword_rest = false;
    std::uint16_t first_owned = 0, owned_count = 0;  ///< registers that hold names which may own something
    /// Its parameters are the registers filled by the caller, *rest and **rest included; its named slots,
    /// which count every name once, are for the figures.
    FunctionHeader header;

    std::string name;
    std::string qualified_name;  ///< as Python's __qualname__
    std::vector<std::uint32_t> code;
    std::vector<Span> spans;  ///< one for each word
    std::vector<std::uint8_t> operand_flags;
    std::vector<Value> constant_pool;
    std::vector<OwnedRange> owned;
    std::vector<Protected> protected_ranges;    ///< inner ones first
    std::vector<Handled> handled;               ///< inner ones first
    std::vector<CaughtNameRange> caught_names;  ///< inner ones first
    std::vector<Capture> captures;
    std::vector<std::unique_ptr<BlockScope>> blocks;  ///< outer ones first
    bool closure_defaults = false;  ///< closures of it hold the defaults behind the captures
    /// Of a generator: the registers that a suspended call holds, first those of its outermost loop.
    std::vector<std::uint8_t> kept_registers;
    std::vector<ParameterInfo> parameter_info;
    std::vector<Value> default_constants;  ///< for module functions whose defaults are constants
    std::vector<NameId> slot_names;        ///< by register; a name's last register has its newest value
    std::unique_ptr<SymbolTable> slots;    ///< of the header: made of slot_names when somebody asks by name
    std::uint32_t site_base = 0;           ///< first of its instructions' numbers in the program
};

/// A class statement as compiled; the class itself is made when the statement runs.
struct ClassTemplate {
    std::string name;
    std::vector<NameId> own_fields;
    struct TypedField {
        NameId name;
        TypeCode type;
    };
    std::vector<TypedField> typed_fields;
    Span span;
    std::optional<PackedType> packed;  ///< of a struct
};

/// A class that an annotation names: one of the builtin ones, or whatever the class statement makes.
struct NamedType {
    std::string name;
    const ClassInfo* builtin = nullptr;
    const ClassTemplate* declared = nullptr;
};

struct ModuleCode {
    std::string name;
    Function* body = nullptr;
    ModuleInfo* info = nullptr;
    bool started = false;
};

/// A whole program: the main module first. Owns all functions; constants that are strings are owned by the
/// heap.
struct Program {
    std::vector<std::unique_ptr<Function>> functions;
    std::vector<std::unique_ptr<ClassTemplate>> classes;
    std::vector<ModuleCode> modules;
    std::vector<std::unique_ptr<ModuleInfo>> module_infos;
    std::vector<NameId> global_names;  ///< by slot, composite for modules other than the main one
    std::deque<std::string> literal_texts;
    std::vector<NamedType> named_types;
    std::optional<std::uint32_t> args_slot;   ///< the global `args`, in programs that read it
    std::vector<std::uint32_t> static_slots;  ///< globals that `static` declares: they end with the program
    std::uint32_t sites = 0;
    std::uint32_t typed_functions = 0;  ///< so many keys are in use
    bool has_words = false;             ///< some function keeps numbers in the raw words beside its window

    /// The function and word that an instruction's number belongs to.
    Span span_of_site(std::uint32_t site) const;
};

/// The program as text, one instruction a line with its meaning, for people and tests.
std::string disassemble(const Function& function, const Names& names);

}  // namespace harness::lang
