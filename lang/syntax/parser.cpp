// The entry of the parser: checks that the text is UTF-8 without NUL, then reads statements until the file
// ends. Everything that later passes may rely on (bounded height, valid targets, located errors) is promised
// here.
#include "lang/syntax/parser.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lang/syntax/parser_state.hpp"
#include "lang/syntax/struct_classes.hpp"

namespace harness::lang {

namespace {

/// The length of the UTF-8 sequence at `at`, or 0 when it is not one (overlong forms and surrogates are not).
std::size_t valid_sequence(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (!follows(1) || !follows(2)) return 0;
        if (lead == 0xe0 && byte(1) < 0xa0) return 0;
        return lead == 0xed && byte(1) >= 0xa0 ? 0 : 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if (lead == 0xf0 && byte(1) < 0x90) return 0;
        return lead == 0xf4 && byte(1) >= 0x90 ? 0 : 4;
    }
    return 0;
}

/// True when the next eight bytes are ASCII and none is NUL.
bool eight_plain_bytes(const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = 0x8080808080808080U;
    return ((word - ones) & ~word & tops) == 0 && (word & tops) == 0;
}

/// Reports the first byte that no source text may hold; true when there is none.
bool check_encoding(std::string_view text, std::uint32_t base, std::vector<Diagnostic>& errors) {
    for (std::size_t at = 0; at < text.size();) {
        if (at + 8 <= text.size() && eight_plain_bytes(text.data() + at)) {
            at += 8;
            continue;
        }
        const std::size_t length = valid_sequence(text, at);
        if (length != 0 && text[at] != '\0') {
            at += length;
            continue;
        }
        Diagnostic error;
        error.name = "SyntaxError";
        const auto begin = base + static_cast<std::uint32_t>(at);
        error.span = {begin, begin + 1};
        error.message =
            text[at] == '\0' ? "source code cannot contain NUL bytes" : "invalid UTF-8 in the source text";
        error.help = text[at] == '\0' ? "remove the byte, or write \\0 within a string"
                                      : "save the file as UTF-8, or write the byte as \\x.. within a string";
        errors.push_back(std::move(error));
        return false;
    }
    return true;
}

}  // namespace

Words::Words(Names& names)
    : keep(names.intern("keep")),
      let(names.intern("let")),
      using_(names.intern("using")),
      region(names.intern("region")),
      defer(names.intern("defer")),
      spawn(names.intern("spawn")),
      struct_(names.intern("struct")),
      enum_(names.intern("enum")),
      match(names.intern("match")),
      case_(names.intern("case")),
      const_(names.intern("const")),
      static_(names.intern("static")),
      import(names.intern("import")),
      unsafe(names.intern("unsafe")),
      extern_(names.intern("extern")),
      underscore(names.intern("_")),
      print(names.intern("print")) {
    for (const NameId word :
         {keep, let, region, defer, struct_, enum_, match, case_, const_, static_, import, unsafe, extern_}) {
        statement_filter |= std::uint64_t{1} << (word & 63);
    }
}

Parser::Parser(const SourceMap& sources, std::uint32_t base, Names& names, TreeMemory& memory,
               std::vector<Diagnostic>& errors)
    : sources_(sources),
      base_(base),
      names_(names),
      memory_(memory),
      errors_(errors),
      errors_before_(errors.size()),
      table_(names),
      lexer_(sources.text(base), base, table_),
      words_(names),
      token_{TokenKind::newline, base, base, 0},
      previous_end_(base) {}

void Parser::lexical_error() {
    do {
        const LexicalError& error = lexer_.error();
        resume_from_ = token_.end;
        if (error.loss == Loss::rest_of_file) stopped_ = true;
        report(error.span, error.message, error.help);
        if (error.loss != Loss::nothing) throw SyntaxFailure{};
        token_ = lexer_.next();
    } while (token_.kind == TokenKind::error);
}

Block Parser::file() {
    const std::size_t mark = scratch_.mark();
    const Token nothing{TokenKind::newline, previous_end_, previous_end_, 0};
    try {
        advance();
    } catch (const SyntaxFailure&) {
        recover(nothing);
    }
    for (;;) {
        statements();
        if (at(TokenKind::end) || stopped_) break;
        // Only a dedent can stand here, left over from a line that was told to be wrong.
        try {
            advance();
        } catch (const SyntaxFailure&) {
            recover(nothing);
        }
    }
    return scratch_.take<Stmt*>(mark, memory_);
}

bool Parser::seen_before(NameId name) {
    if (stamps_.size() <= name) stamps_.resize(std::max<std::size_t>(names_.size(), name + 1));
    return std::exchange(stamps_[name], stamp_) == stamp_;
}

unsigned Parser::highest(List<Expr*> list) {
    unsigned height = 0;
    for (const Expr* expr : list) height = std::max(height, height_of(expr));
    return height;
}

Module parse(const SourceMap& sources, std::uint32_t base, Names& names, std::vector<Diagnostic>& errors) {
    Module module;
    if (!check_encoding(sources.text(base), base, errors)) return module;
    const std::size_t before = errors.size();
    Parser parser(sources, base, names, *module.memory, errors);
    module.body = parser.file();
    if (errors.size() == before) make_struct_classes(module.body, names, *module.memory);
    std::stable_sort(errors.begin() + static_cast<std::ptrdiff_t>(before), errors.end(),
                     [](const Diagnostic& a, const Diagnostic& b) { return a.span.begin < b.span.begin; });
    return module;
}

}  // namespace harness::lang
