// Which calls and fields ask for a reference to a number: their parameter or field is annotated `&int`,
// `~&u8` and the like. `&x` there is a cell, everywhere else just the value.
#pragma once

#include <unordered_map>
#include <vector>

#include "lang/syntax/ast.hpp"

namespace harness::lang {

/// Whether the annotation is a borrow of a type of numbers (or bool).
bool is_reference_type(const Expr* annotation, const Names& names);

/// Found by name, over the whole program: what several definitions of one name do not agree in is not asked
/// for.
class ReferenceFacts {
  public:
    void note_function(const DefStmt& def) { functions_[def.name].push_back(def.parameters); }
    /// `own`: without the receiver.
    void note_method(NameId name, List<Parameter> own) { methods_[name].push_back(own); }
    void note_constructor(NameId type, List<Parameter> own) { constructors_[type].push_back(own); }
    void note_base(NameId type, NameId base) { bases_.emplace(type, base); }
    void note_field(NameId name, const Expr* annotation) { fields_[name].push_back(annotation); }

    /// The annotation of the parameter that the argument number `index` goes to, if it asks for a reference;
    /// else null.
    const Expr* asked_by(const CallExpr& call, std::size_t index, const Names& names) const;
    const Expr* asked_by_field(NameId field, const Names& names) const;

  private:
    using Definitions = std::unordered_map<NameId, std::vector<List<Parameter>>>;
    Definitions functions_, methods_, constructors_;
    std::unordered_map<NameId, NameId> bases_;
    std::unordered_map<NameId, std::vector<const Expr*>> fields_;
};

}  // namespace harness::lang
