// Taking dotted names apart and putting them together. A composite is interned as its whole text, so that the
// parts are looked at only by those who ask for them.
#include "lang/memory/manager/symbol.hpp"

#include <algorithm>
#include <string>

#include "allocators/outcome.hpp"

namespace harness::lang {

namespace {

bool is_name(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || digit(c); });
}

}  // namespace

std::optional<Symbol> Symbols::parse(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::string_view rest = text;;) {
        const std::size_t dot = rest.find('.');
        parts.push_back(rest.substr(0, dot));
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    // Nothing is interned for a text that is no name: a program may ask for any string.
    if (!std::all_of(parts.begin(), parts.end(), is_name)) return std::nullopt;
    const Symbol whole{names_.intern(text)};
    if (parts.size() > 1) {
        std::vector<NameId>& ids = parts_[whole.id];
        if (ids.empty())
            for (const std::string_view part : parts) ids.push_back(names_.intern(part));
    }
    return whole;
}

CompositeSymbol Symbols::compose(std::span<const NameId> parts) {
    HARNESS_CHECK(parts.size() > 1, "a composite symbol has at least two parts");
    std::string text;
    for (const NameId part : parts) {
        if (!text.empty()) text += '.';
        text += names_.text(part);
    }
    const Symbol whole{names_.intern(text)};
    std::vector<NameId>& ids = parts_[whole.id];
    if (ids.empty()) ids.assign(parts.begin(), parts.end());
    return {whole, ids};
}

std::optional<CompositeSymbol> Symbols::composite(Symbol symbol) const {
    const auto found = parts_.find(symbol.id);
    if (found == parts_.end()) return std::nullopt;
    return CompositeSymbol{symbol, found->second};
}

}  // namespace harness::lang
