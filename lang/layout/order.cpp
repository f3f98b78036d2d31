// Sorting fields by alignment.
#include "lang/layout/order.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harness::lang {

namespace {

struct Ordered {
    std::uint64_t end = 0;
    std::string names;
};

Ordered by_alignment(const std::vector<LayoutField>& fields, std::uint64_t begin) {
    std::vector<const LayoutField*> sorted;
    sorted.reserve(fields.size());
    for (const LayoutField& field : fields) sorted.push_back(&field);
    std::stable_sort(sorted.begin(), sorted.end(), [](const LayoutField* a, const LayoutField* b) {
        return a->type->align > b->type->align;
    });
    Ordered made{.end = begin, .names = {}};
    for (const LayoutField* field : sorted) {
        made.end = align_up(made.end, field->type->align) + field->type->size;
        made.names += (made.names.empty() ? "" : ", ") + field->text;
    }
    return made;
}

}  // namespace

BetterOrder better_order(const LayoutType& type) {
    BetterOrder better{.size = type.size, .orders = {}};
    if (type.kind == LayoutType::Kind::struct_) {
        const Ordered ordered = by_alignment(type.fields, 0);
        better.size = align_up(ordered.end, type.align);
        better.orders.push_back(ordered.names);
    } else if (type.kind == LayoutType::Kind::enum_) {
        std::uint64_t largest = type.data_offset;
        for (const LayoutVariant& variant : type.variants) {
            const Ordered ordered = by_alignment(variant.fields, type.data_offset);
            if (ordered.end < variant.end)
                better.orders.push_back(fmt::format("{}({})", variant.text, ordered.names));
            largest = std::max(largest, std::min(ordered.end, variant.end));
        }
        better.size = align_up(largest, type.align);
    }
    return better;
}

}  // namespace harness::lang
