// Following a path of names through a type.
#include "lang/layout/offsets.hpp"

#include <fmt/format.h>

#include "lang/source/diagnostic.hpp"

namespace harness::lang {

namespace {

template <class Item>
const Item* named(const std::vector<Item>& items, std::string_view text) {
    for (const Item& item : items)
        if (item.text == text) return &item;
    return nullptr;
}

template <class Item>
FoundOffset missing(const std::vector<Item>& items, std::string_view owner, std::string_view what,
                    std::string_view text) {
    std::vector<std::string_view> names;
    names.reserve(items.size());
    for (const Item& item : items) names.push_back(item.text);
    const std::string_view near = nearest(text, names);
    FoundOffset none;
    none.message = fmt::format("'{}' has no {} '{}'", owner, what, text);
    none.help = near.empty() ? fmt::format("'harness run --layout {} FILE' shows what it has", owner)
                             : fmt::format("did you mean '{}'?", near);
    return none;
}

}  // namespace

FoundOffset offset_of(const LayoutType& type, std::string_view path) {
    const LayoutType* at = &type;
    FoundOffset result{.found = true, .offset = 0, .message = {}, .help = {}};
    const auto next_word = [&path] {
        const std::size_t dot = path.find('.');
        const std::string_view word = path.substr(0, dot);
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
        return word;
    };
    do {
        const std::string_view word = next_word();
        const std::vector<LayoutField>* fields = &at->fields;
        std::string_view wanted = word;
        if (at->kind == LayoutType::Kind::enum_) {
            const LayoutVariant* variant = named(at->variants, word);
            if (variant == nullptr) return missing(at->variants, at->name, "variant", word);
            if (path.empty()) {
                result.offset += at->data_offset;
                return result;
            }
            fields = &variant->fields;
            wanted = next_word();
        }
        const LayoutField* field = named(*fields, wanted);
        if (field == nullptr) return missing(*fields, at->name, "field", wanted);
        result.offset += field->offset;
        at = field->type;
    } while (!path.empty());
    return result;
}

}  // namespace harness::lang
