// Source text to tokens, on demand: the parser asks for the next one and no list of tokens is ever kept.
// Indentation, brackets and continuation lines are settled here, so that the parser sees only logical lines.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lang/syntax/ast.hpp"
#include "lang/syntax/token.hpp"

namespace harness::lang {

/// How much of the text has lost its meaning with a lexical error.
enum class Loss : std::uint8_t { nothing, rest_of_line, rest_of_file };

/// Why the lexer returned TokenKind::error.
struct LexicalError {
    Span span;
    std::string message;
    std::string help;
    Loss loss = Loss::rest_of_line;
};

/// Interned names and keywords behind one look-up by the lexer's own hash. It compares with the source text
/// where a name first stood, so the texts must not move.
class NameTable {
  public:
    explicit NameTable(Names& names);

    /// Fills in kind and name of a token with this spelling.
    void classify(const char* text, std::uint32_t length, std::uint32_t hash, Token& token) {
        for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
            Slot& slot = slots_[at];
            if (slot.text == nullptr) return insert(slot, text, length, token);
            if (slot.length == length &&
                std::string_view(slot.text, length) == std::string_view(text, length)) {
                token.kind = slot.kind;
                token.name = slot.name;
                return;
            }
        }
    }

    static std::uint32_t hash_step(std::uint32_t hash, char c) {
        return (hash ^ static_cast<unsigned char>(c)) * 0x9e3779b1U;
    }
    static std::uint32_t hash_end(std::uint32_t hash) { return hash ^ (hash >> 15); }

  private:
    struct Slot {
        const char* text = nullptr;
        std::uint32_t length : 24 = 0;
        TokenKind kind : 8 = TokenKind::name;
        NameId name = 0;
    };
    void insert(Slot& slot, const char* text, std::uint32_t length, Token& token);
    void grow();

    Names& names_;
    std::vector<Slot> slots_;
    std::size_t mask_;
    std::size_t used_ = 0;
};

class Lexer {
  public:
    Lexer(std::string_view text, std::uint32_t base, NameTable& names);

    Token next();

    /// The token after the one that next() returned last; consumes nothing.
    Token peek();

    const LexicalError& error() const { return error_; }

    /// The innermost open bracket: its offset, and its character; none at depth 0.
    int depth() const { return place_.depth; }
    std::uint32_t open_bracket() const {
        return brackets_[static_cast<std::size_t>(place_.depth - 1)].offset;
    }
    char open_bracket_char() const { return brackets_[static_cast<std::size_t>(place_.depth - 1)].open; }

    /// Where the lexer stands. Taking it back is possible as long as no line with another indentation was
    /// entered.
    struct Position {
        const char* at = nullptr;
        const char* limit = nullptr;
        int depth = 0;
        int levels = 1;  ///< open levels of indentation, the outermost included
        int pending_dedents = 0;
        std::uint32_t indent = 0;  ///< columns of the line whose start is next
        bool line_start = false;
    };
    Position position() const { return place_; }
    void restore(const Position& position) { place_ = position; }

    /// Continues within [begin, end) as inside of a brace at `open`: for the expressions in f-strings.
    void enter_part(std::uint32_t open, std::uint32_t begin, std::uint32_t end);

    /// After an error: forgets open brackets and goes on with the first line that begins at or after
    /// `offset`.
    void resume_after_line(std::uint32_t offset);

    /// Goes on at the end of the logical line; false when a bracket on it is not closed before the file or
    /// the next statement.
    bool skip_logical_line();

    const char* pointer(std::uint32_t offset) const { return text_ + (offset - base_); }
    std::uint32_t offset(const char* pointer) const {
        return base_ + static_cast<std::uint32_t>(pointer - text_);
    }

    /// True when only spaces stand before the offset on its line.
    bool first_on_line(std::uint32_t offset) const;

  private:
    bool indentation(Token& token);
    void skip_blank_lines();
    Token at_end();
    Token name_token(const char* begin);
    Token number(const char* begin);
    Token string(const char* begin, const char* quote);
    Token punctuation(const char* begin);
    Token open(const char* begin, TokenKind kind);
    Token close(const char* begin, TokenKind kind, char open);
    Token foreign_character(const char* begin);
    bool continue_line();

    Token take(TokenKind kind, const char* begin, std::ptrdiff_t length) {
        place_.at = begin + length;
        return {kind, offset(begin), offset(place_.at), 0};
    }
    Token fail(const char* begin, const char* end, std::string message, std::string help = {},
               Loss loss = Loss::rest_of_line);

    struct Bracket {
        std::uint32_t offset;
        char open;
    };

    const char* text_;
    std::uint32_t base_;
    NameTable& names_;
    Position place_;
    std::array<std::uint32_t, max_block_depth + 1> indents_{};
    std::array<Bracket, max_nesting> brackets_{};
    LexicalError error_;
};

}  // namespace harness::lang
