// A file of declarations with the layouts of its types, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lang/layout/layout_table.hpp"
#include "lang/syntax/parser.hpp"

namespace harness::lang {

struct Declared {
    explicit Declared(const std::string& text, int target_bits = 64)
        : module(parse(sources, sources.add("declared.src", text), names, errors)),
          known(TypeNames::of(module.body, names, errors)),
          table(known, names, target_bits, errors) {}

    /// The layout of what `type` names; it must have one.
    const LayoutType& of(const std::string& type) {
        asked.push_back(parse(sources, sources.add("type", type), names, errors));
        const LayoutType* found = table.of(as<ExprStmt>(asked.back().body[0]).value);
        static const LayoutType none;
        EXPECT_NE(found, nullptr) << type;
        for (const Diagnostic& error : errors) ADD_FAILURE() << error.message;
        return found == nullptr ? none : *found;
    }

    /// The message about the first thing that is wrong with the declarations.
    std::string complaint() {
        for (const Stmt* s : module.body)
            if (s->kind == StmtKind::struct_ || s->kind == StmtKind::enum_) static_cast<void>(table.of(s));
        return errors.empty() ? "" : errors.front().name + ": " + errors.front().message;
    }

    SourceMap sources;
    Names names;
    std::vector<Diagnostic> errors;
    Module module;
    TypeNames known;
    LayoutTable table;
    std::vector<Module> asked;
};

}  // namespace harness::lang
