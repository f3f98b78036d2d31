// Finds the layout of what type expressions name. One table serves one module and one width of pointers; it
// knows the module's structs and enums by name, and reports what is wrong with them where it stands.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/layout/layout_type.hpp"
#include "lang/source/diagnostic.hpp"
#include "lang/syntax/names.hpp"

namespace harness::lang {

/// What the top level of a module says about names that may be types.
struct TypeNames {
    std::unordered_map<NameId, const Stmt*> layouts;  ///< structs and enums
    std::unordered_set<NameId> classes;
    std::unordered_set<NameId> others;  ///< bound otherwise, and so no types

    /// The first statement that declares each; several of one name are reported.
    static TypeNames of(Block module, const Names& names, std::vector<Diagnostic>& errors);
};

class LayoutTable {
  public:
    /// `target_bits`: 32 or 64. All references must live as long as the table.
    LayoutTable(const TypeNames& known, Names& names, int target_bits, std::vector<Diagnostic>& errors);
    LayoutTable(const LayoutTable&) = delete;
    LayoutTable& operator=(const LayoutTable&) = delete;

    /// The layout of the type that the expression names; null after an error, which is reported once for each
    /// declaration.
    const LayoutType* of(const Expr* type);
    /// The same of a declared struct or enum.
    const LayoutType* of(const Stmt* declaration);
    /// Whether the name is a struct or an enum of the module.
    bool declares(NameId name) const { return known_.layouts.contains(name); }
    const Stmt* declaration(NameId name) const;
    int target_bits() const { return static_cast<int>(word_ * 8); }

    /// Types in place within each other, at most; it bounds every recursion over layouts.
    static constexpr unsigned most_nested = 100;
    static constexpr std::uint64_t most_aligned = 4096;

  private:
    const LayoutType* resolve(const Expr* type);
    const LayoutType* name(NameId id, Span span);
    const LayoutType* constructed(const CallExpr& call);
    const LayoutType* array(const ArrayTypeExpr& type);
    const LayoutType* option(const LayoutType* held, Span span);
    const LayoutType* reference_to(const std::string& text, LayoutType::Reference kind, const Expr* element);
    const LayoutType* declared(const Stmt* declaration, Span asked_at);
    bool struct_fields(const StructStmt& statement, LayoutType& made);
    bool enum_variants(const EnumStmt& statement, LayoutType& made);
    bool lay_out(List<FieldDecl> declared, std::uint64_t begin, std::vector<LayoutField>& fields,
                 LayoutType& made, std::uint64_t& end);
    bool place(LayoutField& field, std::uint64_t& end, LayoutType& made, std::uint64_t begin);
    bool finish_enum(LayoutType& made, Span span);
    bool read_align(List<Expr*> decorators, std::uint64_t& align);
    void settle_deferred();
    LayoutType& fresh(LayoutType::Kind kind, std::string text);
    const LayoutType* basic(LayoutType::Kind kind, std::string_view text, std::uint64_t size);
    bool fits(std::uint64_t size, Span span, std::string_view text);
    std::nullptr_t error(Span span, std::string name, std::string message, std::string help = "");
    std::nullptr_t contains_itself(const Stmt* declaration, Span asked_at);

    const TypeNames& known_;
    Names& names_;
    std::uint64_t word_;
    std::uint64_t most_bytes_;
    std::vector<Diagnostic>& errors_;
    std::deque<LayoutType> types_;
    std::unordered_map<std::string, const LayoutType*> by_text_;
    std::unordered_map<const Stmt*, const LayoutType*> by_declaration_;  ///< null: it has an error
    std::vector<const Stmt*> under_way_;
    std::vector<std::string> fields_under_way_;
    struct Deferred {
        LayoutType* holder;
        const Expr* element;
    };
    std::vector<Deferred> deferred_;
};

/// The name of a StructStmt or EnumStmt.
NameId name_of_declaration(const Stmt* declaration);

/// A type expression as text, the same for the same type.
std::string type_text(const Expr* type, const Names& names);

}  // namespace harness::lang
