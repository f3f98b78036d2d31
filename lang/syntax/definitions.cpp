// Functions, classes, structs and enums with their decorators, parameters and type parameters. Structs and
// enums have members of their own shape; their methods are ordinary functions.
#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

void Parser::decorated() {
    const std::uint32_t begin = token_.begin;
    const std::size_t mark = scratch_.mark();
    while (accept(TokenKind::at)) {
        scratch_.push(named_expression());
        if (!at(TokenKind::newline)) fail_statement_end(nullptr);
        advance();
    }
    definition(scratch_.take<Expr*>(mark, memory_), begin);
}

void Parser::definition(List<Expr*> decorators, std::uint32_t) {
    if (at(TokenKind::kw_def)) return def_statement(decorators, false);
    if (at(TokenKind::kw_class)) return class_statement(decorators);
    if (at_word(words_.struct_)) return struct_statement(decorators);
    if (at_word(words_.enum_)) return enum_statement(decorators);
    if (at_word(words_.extern_) && lexer_.peek().kind == TokenKind::kw_def) {
        advance();
        return def_statement(decorators, true);
    }
    if (at(TokenKind::kw_async)) fail_keyword();
    fail(token_.span(), "expected a definition after the decorator, found " + found(),
         "a decorator stands above def, class, struct or enum");
}

// [T, U] behind the name of a definition.
List<NameId> Parser::type_parameters() {
    if (!at(TokenKind::left_bracket)) return {};
    const std::uint32_t open = token_.begin;
    advance();
    const std::size_t mark = scratch_.mark();
    new_list();
    while (!at(TokenKind::right_bracket)) {
        const Token name = expect_name("a type parameter");
        if (seen_before(name.name)) {
            fail(name.span(), "duplicate type parameter '" + std::string(names_.text(name.name)) + "'");
        }
        scratch_.push(name.name);
        if (!accept(TokenKind::comma)) break;
    }
    expect_close(TokenKind::right_bracket, open, "type parameters");
    return scratch_.take<NameId>(mark, memory_);
}

// The parameters up to `end`, which is left for the caller: ')' of a def, ':' of a lambda.
List<Parameter> Parser::parameters(TokenKind end) {
    const std::size_t mark = scratch_.mark();
    bool keyword_only = false;
    bool finished = false;
    while (!at(end) && !at(TokenKind::newline) && !at(TokenKind::end)) {
        if (finished) fail(token_.span(), "arguments cannot follow var-keyword argument", "put '**' last");
        if (at(TokenKind::slash)) {
            fail(token_.span(), "positional-only parameters are not part of the language", "remove the '/'");
        }
        const Token first = token_;
        if (accept(TokenKind::star)) {
            if (keyword_only) fail(first.span(), "* argument may appear only once", "keep one '*' only");
            keyword_only = true;
            if (at(TokenKind::comma)) {
                advance();
                if (at(end) || at(TokenKind::double_star)) {
                    fail(first.span(), "named arguments must follow bare *",
                         "name a parameter after it, or remove it");
                }
                continue;
            }
            if (at(end)) {
                fail(first.span(), "named arguments must follow bare *",
                     "name a parameter after it, or remove it");
            }
            Parameter rest = parameter(end == TokenKind::right_paren);
            rest.kind = Parameter::Kind::rest;
            scratch_.push(rest);
        } else if (accept(TokenKind::double_star)) {
            Parameter rest = parameter(end == TokenKind::right_paren);
            rest.kind = Parameter::Kind::keyword_rest;
            scratch_.push(rest);
            finished = true;
        } else {
            Parameter made = parameter(end == TokenKind::right_paren);
            if (keyword_only) made.kind = Parameter::Kind::keyword_only;
            scratch_.push(made);
        }
        if (!accept(TokenKind::comma)) break;
    }
    const auto list = scratch_.take<Parameter>(mark, memory_);
    check_parameters(list);
    return list;
}

Parameter Parser::parameter(bool annotated) {
    if (at(TokenKind::amp) || at(TokenKind::tilde)) {
        fail(token_.span(), "a parameter is a plain name", "write 'x: &T' for a borrowed parameter");
    }
    const Token name = expect_name("a parameter's name");
    Parameter made{};
    made.name = name.name;
    made.span = name.span();
    if (annotated && accept(TokenKind::colon)) made.annotation = annotation();
    if (accept(TokenKind::assign)) made.default_value = expression();
    return made;
}

void Parser::check_parameters(List<Parameter> list) {
    new_list();
    bool defaults = false;
    for (const Parameter& each : list) {
        if (seen_before(each.name)) {
            fail(each.span,
                 "duplicate argument '" + std::string(names_.text(each.name)) + "' in function definition",
                 "give each parameter its own name");
        }
        const bool collects =
            each.kind == Parameter::Kind::rest || each.kind == Parameter::Kind::keyword_rest;
        if (collects && each.default_value != nullptr) {
            fail(each.span, "a parameter that collects arguments cannot have a default value",
                 "remove the default");
        }
        if (each.kind != Parameter::Kind::plain) continue;
        if (each.default_value != nullptr) {
            defaults = true;
        } else if (defaults) {
            fail(each.span, "non-default argument follows default argument",
                 "put parameters with defaults last");
        }
    }
}

void Parser::def_statement(List<Expr*> decorators, bool is_extern) {
    // The span of an extern def begins with its first word, which was read already.
    const std::uint32_t begin = is_extern ? previous_end_ - 6 : token_.begin;
    advance();
    const Token name = expect_name("a function's name after 'def'");
    const List<NameId> types = type_parameters();
    if (!at(TokenKind::left_paren)) {
        fail(at(TokenKind::newline) ? missing_place() : token_.span(),
             "expected '(' after the function's name",
             "write 'def " + std::string(names_.text(name.name)) + "():'");
    }
    const std::uint32_t open = token_.begin;
    advance();
    const List<Parameter> list = parameters(TokenKind::right_paren);
    expect_close(TokenKind::right_paren, open, "parameters");
    Expr* result = accept(TokenKind::arrow) ? annotation() : nullptr;
    count_function(name.span());
    auto* made = memory_.make<DefStmt>();
    made->kind = StmtKind::def;
    made->name = name.name;
    made->name_span = name.span();
    made->type_parameters = types;
    made->parameters = list;
    made->result = result;
    made->decorators = decorators;
    made->is_extern = is_extern;
    if (is_extern) {
        made->span = since(begin);
        if (at(TokenKind::colon)) {
            fail(token_.span(), "an extern function has no body", "remove the ':' and what follows");
        }
        if (!at(TokenKind::newline)) fail_statement_end(nullptr);
        advance();
        return push(made);
    }
    expect_colon(begin, result == nullptr ? "after the parameters" : "after the result type");
    made->span = since(begin);
    const Context outer = context_;
    context_.loops = 0;
    ++context_.functions;
    made->body = suite(begin, "function definition");
    context_ = outer;
    push(made);
}

void Parser::class_statement(List<Expr*> decorators) {
    const std::uint32_t begin = token_.begin;
    advance();
    const Token name = expect_name("a class's name after 'class'");
    auto* made = memory_.make<ClassStmt>();
    made->kind = StmtKind::class_;
    made->name = name.name;
    made->name_span = name.span();
    made->type_parameters = type_parameters();
    made->decorators = decorators;
    if (at(TokenKind::left_paren)) {
        const std::uint32_t open = token_.begin;
        advance();
        if (!at(TokenKind::right_paren)) {
            made->base = expression();
            if (at(TokenKind::assign)) {
                fail(made->base->span, "metaclasses are not part of the language",
                     "remove the keyword argument");
            }
            if (accept(TokenKind::comma) && !at(TokenKind::right_paren)) {
                fail(token_.span(), "a class has one base class",
                     "keep one base, and hold the other in a field");
            }
        }
        expect_close(TokenKind::right_paren, open, "base class");
    }
    expect_colon(begin, "after the class's name");
    made->span = since(begin);
    const Context outer = context_;
    context_.loops = 0;
    context_.functions = 0;
    made->body = suite(begin, "class definition");
    context_ = outer;
    push(made);
}

FieldDecl Parser::field() {
    FieldDecl made{};
    const Token name = expect_name("a field's name");
    made.name = name.name;
    if (!at(TokenKind::colon)) {
        fail(at(TokenKind::newline) ? missing_place() : token_.span(),
             "expected ':' and a type after the field's name",
             "write '" + std::string(names_.text(name.name)) + ": i32'");
    }
    advance();
    made.type = annotation();
    if (accept(TokenKind::assign)) made.default_value = expression();
    made.span = since(name.begin);
    return made;
}

// Circle(r: f64), Some(T), Empty
void Parser::variant() {
    const Token name = expect_name("a variant's name");
    VariantDecl made{};
    made.name = name.name;
    if (at(TokenKind::left_paren)) {
        const std::uint32_t open = token_.begin;
        advance();
        const std::size_t mark = scratch_.mark();
        while (!at(TokenKind::right_paren)) {
            if (at(TokenKind::name) && lexer_.peek().kind == TokenKind::colon) {
                scratch_.push(field());
            } else {
                FieldDecl unnamed{};
                const std::uint32_t begin = token_.begin;
                unnamed.type = annotation();
                unnamed.span = since(begin);
                scratch_.push(unnamed);
            }
            if (!accept(TokenKind::comma)) break;
        }
        expect_close(TokenKind::right_paren, open, "variant's fields");
        made.fields = scratch_.take<FieldDecl>(mark, memory_);
    }
    made.span = since(name.begin);
    variants_.push_back(made);
}

// One line of a struct's or an enum's body: fields or variants, a method, a docstring or pass.
void Parser::member(bool variants) {
    if (at(TokenKind::kw_def)) return def_statement({}, false);
    if (at(TokenKind::at)) return decorated();
    if (at(TokenKind::indent)) fail(token_.span(), "unexpected indent", "align the line with the one before");
    for (;;) {
        if (at(TokenKind::kw_pass) || at(TokenKind::ellipsis)) {
            advance();
        } else if (at(TokenKind::string)) {
            static_cast<void>(string());
        } else if (variants) {
            variant();
        } else {
            fields_.push_back(field());
        }
        const bool more = accept(TokenKind::semicolon) || (variants && accept(TokenKind::comma));
        if (!more || at(TokenKind::newline)) break;
    }
    if (!at(TokenKind::newline)) fail_statement_end(nullptr);
    advance();
}

void Parser::member_lines(std::uint32_t begin, const char* name, bool variants, Block& methods) {
    const std::size_t mark = scratch_.mark();
    if (!at(TokenKind::newline)) {
        member(variants);
    } else {
        advance();
        if (!at(TokenKind::indent)) {
            report({begin, begin + 1},
                   std::string("expected an indented block after ") + name + " on line " +
                       std::to_string(sources_.place(begin).line),
                   "indent the lines that belong to it, or write 'pass'");
            return;
        }
        advance();
        while (!at(TokenKind::dedent) && !at(TokenKind::end)) {
            const std::size_t line_mark = scratch_.mark();
            const Context context = context_;
            const Token first = token_;
            try {
                member(variants);
            } catch (const SyntaxFailure&) {
                scratch_.cut(line_mark);
                context_ = context;
                recover(first);
            }
        }
        if (at(TokenKind::dedent)) advance();
    }
    methods = scratch_.take<Stmt*>(mark, memory_);
}

void Parser::struct_statement(List<Expr*> decorators) {
    const std::uint32_t begin = token_.begin;
    advance();
    const Token name = expect_name("a struct's name after 'struct'");
    auto* made = memory_.make<StructStmt>();
    made->kind = StmtKind::struct_;
    made->name = name.name;
    made->name_span = name.span();
    made->type_parameters = type_parameters();
    made->decorators = decorators;
    expect_colon(begin, "after the struct's name");
    made->span = since(begin);
    const Context outer = context_;
    context_.loops = 0;
    context_.functions = 0;
    // A struct within a method of a struct takes turns with it in the list of fields.
    std::vector<FieldDecl> around;
    std::swap(around, fields_);
    member_lines(begin, "struct definition", false, made->methods);
    made->fields = memory_.copy(fields_.data(), fields_.size());
    fields_ = std::move(around);
    context_ = outer;
    new_list();
    for (const FieldDecl& each : made->fields) {
        if (seen_before(each.name)) {
            report(each.span, "duplicate field '" + std::string(names_.text(each.name)) + "'",
                   "give each field its own name");
        }
    }
    push(made);
}

void Parser::enum_statement(List<Expr*> decorators) {
    const std::uint32_t begin = token_.begin;
    advance();
    const Token name = expect_name("an enum's name after 'enum'");
    auto* made = memory_.make<EnumStmt>();
    made->kind = StmtKind::enum_;
    made->name = name.name;
    made->name_span = name.span();
    made->type_parameters = type_parameters();
    made->decorators = decorators;
    expect_colon(begin, "after the enum's name");
    made->span = since(begin);
    const Context outer = context_;
    context_.loops = 0;
    context_.functions = 0;
    std::vector<VariantDecl> around;
    std::swap(around, variants_);
    member_lines(begin, "enum definition", true, made->methods);
    made->variants = memory_.copy(variants_.data(), variants_.size());
    variants_ = std::move(around);
    context_ = outer;
    new_list();
    for (const VariantDecl& each : made->variants) {
        if (seen_before(each.name)) {
            report(each.span, "duplicate variant '" + std::string(names_.text(each.name)) + "'",
                   "give each variant its own name");
        }
    }
    push(made);
}

}  // namespace harness::lang
