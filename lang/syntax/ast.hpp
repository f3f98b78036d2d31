// The syntax tree: plain nodes in one bump-allocated block per program, so that building and dropping a tree
// costs nothing per node. It says what was written; meaning (scopes, ownership, types) is decided by the
// passes after it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lang/source/source_map.hpp"
#include "lang/syntax/names.hpp"

namespace harness::lang {

struct Expr;
struct Stmt;
template <class T>
using List = std::span<T>;

enum class ExprKind : std::uint8_t {
    integer,
    floating,
    string,
    fstring,
    none,
    boolean,
    name,
    placeholder,  // `_` as a whole argument of a pipe stage
    tuple,
    list,
    dict,
    unary,
    binary,
    logical,
    compare,
    conditional,
    lambda,
    call,
    index,
    slice,
    attribute,
    list_comp,
    dict_comp,
    generator,
    borrow,           // &x and ~&x
    using_allocator,  // e using a
    pipe,             // a | f(&_, 3)
    keep_stage,       // … | keep _ with result
    walrus,
    starred,
    array_type,  // [T; n], as a type or as a repeat literal [0; 100]
    spawn,       // spawn f(args)
    made,        // the compiler's own: a value that it has at hand; the parser makes none
};

/// `height` is the number of expression nodes on the longest path downwards, this one included. The parser
/// refuses a tree higher than max_expression_height, so that recursive passes need no check of their own; it
/// sits in what would be padding.
struct Expr {
    ExprKind kind;
    std::uint16_t height = 1;
    Span span;
};

/// The limits that bound every recursion over the tree; beyond them the parser reports a SyntaxError.
inline constexpr int max_expression_height = 2000;  ///< operators, chains, calls, brackets, nested lambdas
inline constexpr int max_nesting =
    200;  ///< brackets, unary operators, lambdas and patterns within each other
/// Functions, lambdas counted, of one file: what the compiler keeps of each is some times its text.
inline constexpr int max_functions = 30'000;
inline constexpr int max_alternatives = 10'000;  ///< of one pattern
inline constexpr int max_block_depth = 100;      ///< compound statements within each other, as in CPython

/// An integer literal; `too_large` when it does not fit 64 bits unsigned (`value` is then meaningless).
struct IntegerExpr : Expr {
    bool too_large;
    std::uint64_t value;
};
struct FloatExpr : Expr {
    double value;
};
/// Bytes after escapes, adjacent literals joined. Owned by the tree.
struct StringExpr : Expr {
    std::string_view bytes;
};
struct FStringPart {
    std::string_view text;  ///< literal text when `value` is null
    Expr* value = nullptr;
    char conversion = 0;     ///< 'r', 's', 'a' or 0
    bool debug = false;      ///< f"{x=}": `text` holds "x=" then
    List<FStringPart> spec;  ///< the format spec, itself text and nested values
};
struct FStringExpr : Expr {
    List<FStringPart> parts;
};
struct BooleanExpr : Expr {
    bool value;
};
struct NameExpr : Expr {
    NameId name;
};
/// (a, b), [a, b]; elements may be starred.
struct SequenceExpr : Expr {
    List<Expr*> elements;
};
/// {k: v, …}; a null key marks `**value`.
struct DictExpr : Expr {
    List<Expr*> keys;
    List<Expr*> values;
};

enum class UnaryOp : std::uint8_t { negate, plus, invert, logical_not };
struct UnaryExpr : Expr {
    UnaryOp op;
    Expr* operand;
};

enum class BinaryOp : std::uint8_t {
    add,
    subtract,
    multiply,
    divide,
    floor_divide,
    modulo,
    power,
    bit_and,
    bit_or,
    bit_xor,
    shift_left,
    shift_right,
};
struct BinaryExpr : Expr {
    BinaryOp op;
    Expr* left;
    Expr* right;
};
/// `a and b and c` as one node of three operands.
struct LogicalExpr : Expr {
    bool is_and;
    List<Expr*> operands;
};

enum class CompareOp : std::uint8_t {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    not_in,
    is,
    is_not
};
/// a < b < c: operators.size() == operands.size() - 1.
struct CompareExpr : Expr {
    List<Expr*> operands;
    List<CompareOp> operators;
};
struct ConditionalExpr : Expr {
    Expr* condition;
    Expr* when_true;
    Expr* when_false;
};

struct Parameter {
    NameId name;
    Span span;
    Expr* annotation = nullptr;
    Expr* default_value = nullptr;
    enum class Kind : std::uint8_t { plain, keyword_only, rest, keyword_rest } kind = Kind::plain;
};
struct LambdaExpr : Expr {
    List<Parameter> parameters;
    Expr* body;
};

struct Argument {
    Expr* value;
    NameId name = 0;  ///< 0: positional
    Span name_span;
    enum class Kind : std::uint8_t { plain, unpack, unpack_dict } kind = Kind::plain;
};
struct CallExpr : Expr {
    Expr* callee;
    List<Argument> arguments;
};
struct IndexExpr : Expr {
    Expr* object;
    Expr* index;
};  ///< index is a SliceExpr for x[a:b:c]
struct SliceExpr : Expr {
    Expr* start;
    Expr* stop;
    Expr* step;
};  ///< each may be null
struct AttributeExpr : Expr {
    Expr* object;
    NameId name;
    Span name_span;
};

struct CompClause {
    Expr* target;
    Expr* iterable;
    List<Expr*> conditions;
};
/// [element for …], {key: element for …}, (element for …).
struct ComprehensionExpr : Expr {
    Expr* key;
    Expr* element;
    List<CompClause> clauses;
};

struct BorrowExpr : Expr {
    Expr* operand;
    bool writable;
};
struct UsingExpr : Expr {
    Expr* value;
    Expr* allocator;
};
/// left | stage, where stage is a call (or keep) that holds exactly one placeholder (bare, or within a
/// borrow).
struct PipeExpr : Expr {
    Expr* left;
    Expr* stage;
};
struct KeepStageExpr : Expr {
    List<Expr*> targets;
    Expr* allocator;
};
struct WalrusExpr : Expr {
    NameId name;
    Span name_span;
    Expr* value;
};
struct StarredExpr : Expr {
    Expr* value;
};
/// `spawn f(args)`: the call is written, and evaluated in the new process.
struct SpawnExpr : Expr {
    Expr* call;
};
struct ArrayTypeExpr : Expr {
    Expr* element;
    Expr* count;
};

enum class StmtKind : std::uint8_t {
    expression,
    assign,
    annotated_assign,
    augmented_assign,
    if_,
    while_,
    for_,
    break_,
    continue_,
    pass,
    return_,
    def,
    class_,
    struct_,
    enum_,
    match,
    try_,
    raise,
    assert_,
    global,
    nonlocal,
    del,
    const_,
    static_,
    let,
    import,
    region,
    keep,
    defer,
    unsafe,
};

struct Stmt {
    StmtKind kind;
    Span span;  ///< of the whole statement; of the header line for compound statements
};
using Block = List<Stmt*>;

struct ExprStmt : Stmt {
    Expr* value;
};
/// a = b = value; `x := e` as a statement is an assign of one target.
struct AssignStmt : Stmt {
    List<Expr*> targets;
    Expr* value;
};
struct AnnotatedAssignStmt : Stmt {
    Expr* target;
    Expr* annotation;
    Expr* value;
};  ///< value may be null
struct AugmentedAssignStmt : Stmt {
    Expr* target;
    BinaryOp op;
    Expr* value;
    Span op_span;
};

struct IfBranch {
    Expr* condition;
    Block body;
};
struct IfStmt : Stmt {
    List<IfBranch> branches;
    Block otherwise;
};  ///< if and its elifs in order
struct WhileStmt : Stmt {
    Expr* condition;
    Block body;
    Block otherwise;
};
struct ForStmt : Stmt {
    Expr* target;
    Expr* iterable;
    Block body;
    Block otherwise;
};
struct ReturnStmt : Stmt {
    Expr* value;
};  ///< null: return None

struct DefStmt : Stmt {
    NameId name;
    Span name_span;
    List<NameId> type_parameters;
    List<Parameter> parameters;
    Expr* result;  ///< annotation after ->, or null
    Block body;
    List<Expr*> decorators;
    bool is_extern;        ///< extern def: no body
    bool is_made = false;  ///< nobody wrote it: it belongs to a struct
};
struct ClassStmt : Stmt {
    NameId name;
    Span name_span;
    List<NameId> type_parameters;
    Expr* base;  ///< null: none
    Block body;
    List<Expr*> decorators;
    const Stmt* declares = nullptr;  ///< the struct whose class this is
};
/// A field of a struct or of a variant; a variant's field may be a type alone, its name is 0 then.
struct FieldDecl {
    NameId name;
    Span span;
    Expr* type;
    Expr* default_value;
};
struct StructStmt : Stmt {
    NameId name;
    Span name_span;
    List<NameId> type_parameters;
    List<FieldDecl> fields;
    Block methods;
    List<Expr*> decorators;
    const ClassStmt* as_class = nullptr;  ///< of structs at the top level
};
struct VariantDecl {
    NameId name;
    Span span;
    List<FieldDecl> fields;
};
struct EnumStmt : Stmt {
    NameId name;
    Span name_span;
    List<NameId> type_parameters;
    List<VariantDecl> variants;
    Block methods;
    List<Expr*> decorators;
};

/// A mapping's parts are entries, of a key and one part, and at the end perhaps a rest.
enum class PatternKind : std::uint8_t {
    wildcard,
    capture,
    value,
    any_of,
    sequence,
    mapping,
    entry,
    constructor,
    rest
};
/// Most patterns have no parts, so those that have some keep them elsewhere.
struct Pattern {
    struct Parts {
        List<Pattern*> patterns;
        List<NameId> names;  ///< constructor: keyword names, 0 for positional
    };
    PatternKind kind;
    Span span;
    NameId name = 0;        ///< capture: the name bound; also `pattern as name`; rest: `*name`, 0 for `*_`
    Expr* value = nullptr;  ///< value, entry: a literal or a dotted name; constructor: the callee
    const Parts* inside = nullptr;  ///< any_of, sequence, mapping, entry, constructor

    List<Pattern*> parts() const { return inside == nullptr ? List<Pattern*>{} : inside->patterns; }
    List<NameId> part_names() const { return inside == nullptr ? List<NameId>{} : inside->names; }
};
struct MatchCase {
    Pattern* pattern;
    Expr* guard;
    Block body;
    Span span;
};
struct MatchStmt : Stmt {
    Expr* subject;
    List<MatchCase> cases;
};

struct ExceptClause {
    Expr* types;
    NameId name;
    Span name_span;
    Block body;
    Span span;
};  ///< types null: bare
struct TryStmt : Stmt {
    Block body;
    List<ExceptClause> handlers;
    Block otherwise;
    Block finally;
    bool has_finally;
};
struct RaiseStmt : Stmt {
    Expr* value;
    Expr* cause;
};  ///< value null: re-raise
struct AssertStmt : Stmt {
    Expr* condition;
    Expr* message;
};
struct NamesStmt : Stmt {
    List<NameId> names;
    List<Span> name_spans;
};  ///< global, nonlocal
struct DelStmt : Stmt {
    List<Expr*> targets;
};
/// const x: T = e, static x: T = e, let x = e.
struct DeclareStmt : Stmt {
    NameId name;
    Span name_span;
    Expr* annotation;
    Expr* value;
};
struct ImportStmt : Stmt {
    NameId name;
    Span name_span;
    NameId alias;
};  ///< alias == name without `as`
/// region: and unsafe: blocks.
struct BlockStmt : Stmt {
    Block body;
};
struct KeepStmt : Stmt {
    Expr* value;
    List<Expr*> targets;
    Expr* allocator;
};  ///< targets may be empty, allocator null
struct DeferStmt : Stmt {
    Stmt* body;
};

template <class T, class Base>
const T& as(const Base* node) {
    return static_cast<const T&>(*node);
}

}  // namespace harness::lang
