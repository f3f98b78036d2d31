// `harness run --layout T FILE`: the type is an expression of the language, read beside the program.
#include <algorithm>

#include "lang/layout/draw.hpp"
#include "lang/layout/layout_table.hpp"
#include "lang/run.hpp"
#include "lang/syntax/parser.hpp"

namespace harness::lang {

std::string draw_layout(std::string source, const std::string& file, const std::string& type, int target_bits,
                        SourceMap& sources, std::vector<Diagnostic>& errors) {
    Names names;
    const std::uint32_t base = sources.add(file, std::move(source));
    const Module program = parse(sources, base, names, errors);
    if (!errors.empty()) return {};
    const Module asked = parse(sources, sources.add("--layout", type), names, errors);
    if (!errors.empty()) return {};
    const TypeNames known = TypeNames::of(program.body, names, errors);
    LayoutTable table(known, names, target_bits, errors);
    // What is wrong with any declaration of the program is told, whichever type was asked for.
    for (const Stmt* s : program.body)
        if (s->kind == StmtKind::struct_ || s->kind == StmtKind::enum_) static_cast<void>(table.of(s));
    if (!errors.empty()) return {};
    if (asked.body.size() != 1 || asked.body[0]->kind != StmtKind::expression) {
        Diagnostic d;
        d.name = "TypeError";
        d.message = "'" + type + "' is not one type";
        d.help = "name one: --layout Example, --layout '[u8; 16]'";
        errors.push_back(std::move(d));
        return {};
    }
    const LayoutType* found = table.of(as<ExprStmt>(asked.body[0]).value);
    if (found == nullptr || !errors.empty()) return {};
    return draw(*found, target_bits);
}

}  // namespace harness::lang
