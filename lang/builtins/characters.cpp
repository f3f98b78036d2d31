// The quoted form of a text. It is apart from the rest of repr() because the messages of errors need it
// without a machine.
#include "lang/builtins/characters.hpp"

namespace harness::lang {

namespace {

void append_hex(std::uint32_t number, unsigned digits, std::string& out) {
    while (digits-- > 0) out += "0123456789abcdef"[number >> (digits * 4) & 15];
}

void append_escaped_code(std::uint32_t code, std::string& out) {
    out += code < 0x100 ? "\\x" : code < 0x10000 ? "\\u" : "\\U";
    append_hex(code, code < 0x100 ? 2 : code < 0x10000 ? 4 : 8, out);
}

}  // namespace

void append_quoted(std::string_view text, std::string& out, bool ascii_only) {
    const bool has_single = text.find('\'') != std::string_view::npos;
    const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
    out.reserve(out.size() + text.size() + 2);
    out += quote;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == quote || c == '\\') {
            out += '\\';
            out += c;
            ++i;
        } else if (is_printable(c)) {
            out += c;
            ++i;
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
            ++i;
        } else if (const CodePoint point = code_point_at(text, i); point.length > 1) {
            if (ascii_only)
                append_escaped_code(point.code, out);
            else
                out += text.substr(i, point.length);
            i += point.length;
        } else {
            append_escaped_code(static_cast<unsigned char>(c), out);
            ++i;
        }
    }
    out += quote;
}

void append_ascii_escaped(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size();) {
        const CodePoint point = code_point_at(text, i);
        if (is_ascii(text[i]))
            out += text[i];
        else
            append_escaped_code(point.length > 0 ? point.code : static_cast<unsigned char>(text[i]), out);
        i += point.length > 0 ? point.length : 1;
    }
}

}  // namespace harness::lang
