// The lexer's main loop. One table gives the class of each byte; names, by far the most common tokens, take
// the shortest path through it.
#include "lang/syntax/lexer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace harness::lang {

namespace {

enum class CharClass : std::uint8_t {
    foreign,
    space,
    line_end,
    carriage_return,
    comment,
    letter,
    digit,
    quote,
    backslash,
    mark
};

constexpr std::array<CharClass, 256> make_classes() {
    std::array<CharClass, 256> classes{};
    for (int c = 'a'; c <= 'z'; ++c) classes[static_cast<std::size_t>(c)] = CharClass::letter;
    for (int c = 'A'; c <= 'Z'; ++c) classes[static_cast<std::size_t>(c)] = CharClass::letter;
    for (int c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] = CharClass::digit;
    for (const char c : std::string_view("()[]{},:;.@=~+-*/%&|^<>!"))
        classes[static_cast<std::size_t>(c)] = CharClass::mark;
    classes['_'] = CharClass::letter;
    classes[' '] = classes['\t'] = classes['\f'] = CharClass::space;
    classes['\n'] = CharClass::line_end;
    classes['\r'] = CharClass::carriage_return;
    classes['#'] = CharClass::comment;
    classes['"'] = classes['\''] = CharClass::quote;
    classes['\\'] = CharClass::backslash;
    return classes;
}

constexpr std::array<CharClass, 256> classes = make_classes();

CharClass class_of(char c) { return classes[static_cast<unsigned char>(c)]; }
bool is_name_part(char c) { return class_of(c) == CharClass::letter || class_of(c) == CharClass::digit; }

struct Keyword {
    std::string_view text;
    TokenKind kind;
};

constexpr Keyword keywords[] = {
    {"and", TokenKind::kw_and},         {"as", TokenKind::kw_as},
    {"assert", TokenKind::kw_assert},   {"async", TokenKind::kw_async},
    {"await", TokenKind::kw_await},     {"break", TokenKind::kw_break},
    {"class", TokenKind::kw_class},     {"continue", TokenKind::kw_continue},
    {"def", TokenKind::kw_def},         {"del", TokenKind::kw_del},
    {"elif", TokenKind::kw_elif},       {"else", TokenKind::kw_else},
    {"except", TokenKind::kw_except},   {"False", TokenKind::kw_false},
    {"finally", TokenKind::kw_finally}, {"for", TokenKind::kw_for},
    {"from", TokenKind::kw_from},       {"global", TokenKind::kw_global},
    {"if", TokenKind::kw_if},           {"in", TokenKind::kw_in},
    {"is", TokenKind::kw_is},           {"lambda", TokenKind::kw_lambda},
    {"None", TokenKind::kw_none},       {"nonlocal", TokenKind::kw_nonlocal},
    {"not", TokenKind::kw_not},         {"or", TokenKind::kw_or},
    {"pass", TokenKind::kw_pass},       {"raise", TokenKind::kw_raise},
    {"return", TokenKind::kw_return},   {"True", TokenKind::kw_true},
    {"try", TokenKind::kw_try},         {"while", TokenKind::kw_while},
    {"with", TokenKind::kw_with},       {"yield", TokenKind::kw_yield},
};

std::uint32_t hash_of(std::string_view text) {
    std::uint32_t hash = 0;
    for (const char c : text) hash = NameTable::hash_step(hash, c);
    return NameTable::hash_end(hash);
}

}  // namespace

NameTable::NameTable(Names& names) : names_(names), slots_(256), mask_(255) {
    for (const Keyword& keyword : keywords) {
        std::size_t at = hash_of(keyword.text) & mask_;
        while (slots_[at].text != nullptr) at = (at + 1) & mask_;
        slots_[at].text = keyword.text.data();
        slots_[at].length = static_cast<std::uint32_t>(keyword.text.size()) & 0xffffff;
        slots_[at].kind = keyword.kind;
        ++used_;
    }
}

void NameTable::insert(Slot& slot, const char* text, std::uint32_t length, Token& token) {
    token.kind = TokenKind::name;
    token.name = names_.intern({text, length});
    // A name of 16 MiB is not worth a slot; it is found through Names alone.
    if (length >= 1U << 24) return;
    slot.text = text;
    slot.length = length & 0xffffff;
    slot.kind = TokenKind::name;
    slot.name = token.name;
    if (++used_ * 2 > slots_.size()) grow();
}

void NameTable::grow() {
    std::vector<Slot> old(slots_.size() * 2);
    std::swap(old, slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
        if (slot.text == nullptr) continue;
        std::size_t at = hash_of({slot.text, slot.length}) & mask_;
        while (slots_[at].text != nullptr) at = (at + 1) & mask_;
        slots_[at] = slot;
    }
}

Lexer::Lexer(std::string_view text, std::uint32_t base, NameTable& names)
    : text_(text.data()), base_(base), names_(names) {
    place_.at = text.data();
    place_.limit = text.data() + text.size();
    if (text.starts_with("\xef\xbb\xbf")) place_.at += 3;
    skip_blank_lines();
    place_.line_start = true;
}

Token Lexer::fail(const char* begin, const char* end, std::string message, std::string help, Loss loss) {
    error_ = {{offset(begin), offset(end)}, std::move(message), std::move(help), loss};
    place_.at = loss == Loss::rest_of_file ? place_.limit : std::max(place_.at, end);
    return {TokenKind::error, offset(begin), offset(end), 0};
}

Token Lexer::peek() {
    const Position here = place_;
    const Token token = next();
    place_ = here;
    return token;
}

// Stops at the first character of the next line that is neither blank nor only a comment, its column in
// `indent`.
void Lexer::skip_blank_lines() {
    const char* at = place_.at;
    const char* const limit = place_.limit;
    for (;;) {
        const char* line = at;
        while (at < limit && class_of(*at) == CharClass::space) ++at;
        if (at < limit && *at == '#') {
            const void* end = std::memchr(at, '\n', static_cast<std::size_t>(limit - at));
            at = end != nullptr ? static_cast<const char*>(end) : limit;
        } else if (at + 1 < limit && *at == '\r' && at[1] == '\n') {
            ++at;
        }
        if (at >= limit) {
            place_.at = limit;
            place_.indent = 0;
            return;
        }
        if (*at != '\n') {
            place_.at = at;
            place_.indent = static_cast<std::uint32_t>(at - line);
            return;
        }
        ++at;
    }
}

// Compares the line's column with the open levels; true when `token` is to be returned.
bool Lexer::indentation(Token& token) {
    const std::uint32_t here = offset(place_.at);
    if (place_.pending_dedents > 0) {
        --place_.pending_dedents;
        place_.line_start = true;
        token = {TokenKind::dedent, here, here, 0};
        return true;
    }
    place_.line_start = false;
    const char* line = place_.at - place_.indent;
    if (const void* tab = std::memchr(line, '\t', place_.indent); tab != nullptr) {
        const char* at = static_cast<const char*>(tab);
        const char* rest = place_.at;
        token = fail(at, at + 1, "tab in indentation", "indent with spaces, four to a level");
        place_.at = rest;
        return true;
    }
    const std::uint32_t current = indents_[static_cast<std::size_t>(place_.levels - 1)];
    if (place_.indent == current) return false;
    if (place_.indent > current) {
        if (place_.levels > max_block_depth) {
            token =
                fail(place_.at, place_.at, "blocks nested too deeply",
                     "at most 100 levels of indentation are allowed; move the inner blocks into functions",
                     Loss::rest_of_file);
            return true;
        }
        indents_[static_cast<std::size_t>(place_.levels++)] = place_.indent;
        token = {TokenKind::indent, offset(line), here, 0};
        return true;
    }
    while (indents_[static_cast<std::size_t>(place_.levels - 1)] > place_.indent) {
        --place_.levels;
        ++place_.pending_dedents;
    }
    place_.line_start = true;
    if (indents_[static_cast<std::size_t>(place_.levels - 1)] != place_.indent) {
        const char* at = place_.at;
        token = fail(line, at, "unindent does not match any outer indentation level",
                     "align the line with the statement that it follows", Loss::nothing);
        // From here on the line counts as one of the level that it lies in.
        place_.indent = indents_[static_cast<std::size_t>(place_.levels - 1)];
        return true;
    }
    return indentation(token);
}

Token Lexer::at_end() {
    const std::uint32_t here = offset(place_.limit);
    if (place_.depth == 0) place_.line_start = true;
    return {TokenKind::end, here, here, 0};
}

Token Lexer::next() {
    if (place_.line_start) {
        Token token;
        if (indentation(token)) return token;
        if (place_.at >= place_.limit) return at_end();
    }
    for (;;) {
        const char* begin = place_.at;
        if (begin >= place_.limit) {
            if (place_.depth > 0) return at_end();
            place_.line_start = true;
            place_.indent = 0;
            return {TokenKind::newline, offset(begin), offset(begin), 0};
        }
        switch (class_of(*begin)) {
            case CharClass::space:
                ++place_.at;
                break;
            case CharClass::letter:
                return name_token(begin);
            case CharClass::mark:
                return punctuation(begin);
            case CharClass::digit:
                return number(begin);
            case CharClass::quote:
                return string(begin, begin);
            case CharClass::comment: {
                const void* end = std::memchr(begin, '\n', static_cast<std::size_t>(place_.limit - begin));
                place_.at = end != nullptr ? static_cast<const char*>(end) : place_.limit;
                break;
            }
            case CharClass::carriage_return:
                if (begin + 1 >= place_.limit || begin[1] != '\n') {
                    return fail(begin, begin + 1, "carriage return without a line feed",
                                "end lines with LF or CR LF");
                }
                ++place_.at;
                break;
            case CharClass::line_end:
                ++place_.at;
                if (place_.depth > 0) break;
                skip_blank_lines();
                // A line that begins with '|' goes on with the pipe of the line before.
                if (place_.at + 1 < place_.limit && *place_.at == '|' && place_.at[1] != '|' &&
                    place_.at[1] != '=')
                    break;
                place_.line_start = true;
                return {TokenKind::newline, offset(begin), offset(begin), 0};
            case CharClass::backslash:
                if (!continue_line()) return foreign_character(begin);
                break;
            case CharClass::foreign:
                return foreign_character(begin);
        }
    }
}

bool Lexer::continue_line() {
    const char* at = place_.at + 1;
    if (at < place_.limit && *at == '\r') ++at;
    if (at >= place_.limit || *at != '\n') return false;
    place_.at = at + 1;
    return true;
}

Token Lexer::name_token(const char* begin) {
    const char* at = begin;
    std::uint32_t hash = 0;
    do {
        hash = NameTable::hash_step(hash, *at);
        ++at;
    } while (is_name_part(*at));
    if (class_of(*at) == CharClass::quote && at - begin <= 2 && at < place_.limit) {
        const std::string_view prefix(begin, static_cast<std::size_t>(at - begin));
        const bool known = prefix.find_first_not_of("rRbBfFuU") == std::string_view::npos &&
                           (prefix.size() == 1 || ((prefix[0] | 32) != (prefix[1] | 32) &&
                                                   prefix.find_first_of("rR") != std::string_view::npos &&
                                                   prefix.find_first_of("uU") == std::string_view::npos));
        if (known) return string(begin, at);
    }
    Token token{TokenKind::name, offset(begin), offset(at), 0};
    place_.at = at;
    names_.classify(begin, static_cast<std::uint32_t>(at - begin), NameTable::hash_end(hash), token);
    return token;
}

bool Lexer::first_on_line(std::uint32_t offset) const {
    const char* at = pointer(offset);
    while (at > text_ && class_of(at[-1]) == CharClass::space) --at;
    return at == text_ || at[-1] == '\n';
}

void Lexer::enter_part(std::uint32_t open, std::uint32_t begin, std::uint32_t end) {
    // The caller has checked the depth, since a bracket more must fit.
    brackets_[static_cast<std::size_t>(place_.depth++)] = {open, '{'};
    place_.at = pointer(begin);
    place_.limit = pointer(end);
    place_.line_start = false;
}

void Lexer::resume_after_line(std::uint32_t from) {
    place_.depth = 0;
    const char* at = pointer(from);
    const void* end =
        at < place_.limit ? std::memchr(at, '\n', static_cast<std::size_t>(place_.limit - at)) : nullptr;
    place_.at = end != nullptr ? static_cast<const char*>(end) + 1 : place_.limit;
    skip_blank_lines();
    place_.line_start = true;
}

bool Lexer::skip_logical_line() {
    for (;;) {
        const Token token = next();
        if (token.kind == TokenKind::error) return false;
        if (token.kind == TokenKind::newline) {
            place_.at = pointer(token.begin);
            return true;
        }
        if (place_.depth > 0 && (token.kind == TokenKind::end || only_begins_statement(token.kind)))
            return false;
        if (token.kind == TokenKind::end) return true;
    }
}

}  // namespace harness::lang
