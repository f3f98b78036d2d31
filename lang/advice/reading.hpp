// The source around an error, read again: the expression at the place, its parts, the function around it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/syntax/parser.hpp"

namespace harness::lang {

/// What part of the expression at the place a word of the table means.
enum class Part : std::uint8_t {
    whole,
    left,  ///< of an operator
    right,
    operand,    ///< of a sign
    object,     ///< what is indexed, or whose attribute or method is asked for
    index,      ///< between the brackets
    callee,     ///< what is called
    argument,   ///< the only argument, or the first
    attribute,  ///< the name behind the dot
    keyword,    ///< the name of the argument that the message quotes
    value,      ///< the expression itself, or what is iterated or assigned
};

class Reading {
  public:
    Reading(const SourceMap& sources, Span at);
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    /// Where the part stands; nothing when the place is of another shape.
    std::optional<Span> span_of(Part part, std::string_view quoted = {}) const;
    const Expr* expression(Part part) const;
    /// The part as written, where it is short enough to be quoted within a sentence; `primary`: only what a
    /// dot or a bracket may follow.
    std::string text_of(const Expr* e, bool primary = false) const;

    /// The name of the function or method that is called here, or empty.
    std::string_view called_name() const;
    bool is_store() const { return store_; }
    bool is_delete() const { return statement_ != nullptr && statement_->kind == StmtKind::del; }
    bool is_iterated() const { return iterated_; }
    bool is_parameter() const { return parameter_; }
    bool is_grown() const;  ///< the place is `x += …`
    bool is_expression() const { return !exact_.empty(); }
    bool is_attribute_read() const;
    bool is_reduced_product() const;  ///< a * b in a * b % m
    std::size_t argument_count() const;
    /// Whether the program has a class of that name.
    bool has_class(std::string_view name) const { return find_class(name) != nullptr; }
    /// "name(parameters)" of the definition at that place, as written; and whether it is a method without
    /// self.
    std::string signature(Span definition) const;
    bool lacks_self(Span definition) const;

    /// Why a name has no value here, and what to do; empty when the text does not tell.
    std::string advise_unbound(std::string_view name) const;
    std::string advise_undefined(std::string_view name) const;
    /// Why the expression, whose value is None, may be that.
    std::string advise_none(const Expr* e) const;

    std::uint32_t line_of(Span span) const { return sources_.place(span.begin).line; }
    const SourceMap& sources() const { return sources_; }

  private:
    /// Something that gives a name its value.
    struct Binding {
        Span span;
        const Stmt* statement;
        bool ends = false;  ///< del, and the end of an except clause
    };
    void find(Block body, std::vector<const Stmt*>& around);
    void look(const Expr* e, const Expr* parent, const Stmt* s, const std::vector<const Stmt*>& around);
    std::vector<Binding> bindings(Block body, NameId name) const;
    const Stmt* find_definition(Block body, Span span, bool& in_class) const;
    const Stmt* find_class(std::string_view name) const;
    const DefStmt* function_around() const;
    const Expr* blamed_target() const;

    const SourceMap& sources_;
    Span at_;
    mutable Names names_;
    std::optional<Module> module_;
    std::vector<const Expr*> exact_;   ///< expressions with exactly this span, outer ones first
    const Stmt* statement_ = nullptr;  ///< that they stand in
    std::vector<const Stmt*> around_;  ///< functions and classes around that, outer ones first
    const Expr* parent_ = nullptr;     ///< of the first of them
    bool store_ = false, iterated_ = false, parameter_ = false;
};

}  // namespace harness::lang
