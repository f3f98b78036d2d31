// Drawing: a table of fields in the order of their offsets (as pahole shows structs), each with a letter, and
// a map of the bytes in rows of eight in which that letter marks what belongs to it.
#include "lang/layout/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lang/layout/order.hpp"

namespace harness::lang {

namespace {

using Kind = LayoutType::Kind;

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t most_rows = 200;
constexpr std::uint64_t most_map_bytes = 256;
constexpr std::uint64_t bytes_per_row = 8;
constexpr char padding_mark = '.';
constexpr char variant_mark = '*';

class Drawing {
  public:
    explicit Drawing(const LayoutType& type) : type_(type) {
        map_.assign(static_cast<std::size_t>(std::min(type.size, most_map_bytes)), padding_mark);
        parts(type, 0, 0);
    }

    std::string table() const {
        std::string text = "  offset    size\n";
        for (const Row& row : rows_) {
            const std::string what = std::string(2 * row.indent, ' ') + row.text;
            text += fmt::format("{:>8}{:>8}  {}  {}\n", row.offset, row.size, row.mark, what);
        }
        if (cut_) text += fmt::format("{:>16}  … more rows are left out\n", "");
        return text;
    }

    /// The map, for an enum one of each variant.
    std::string map() const {
        if (type_.size == 0) return "";
        if (type_.kind != Kind::enum_) return map_rows(map_);
        std::string text;
        for (const LayoutVariant& variant : type_.variants) {
            std::string bytes(map_.size(), padding_mark);
            paint(bytes, 0, type_.tag_size, rows_.empty() ? 'a' : rows_.front().mark);
            for (const Painted& each : painted_)
                if (each.variant == &variant) paint(bytes, each.offset, each.size, each.mark);
            text += fmt::format("{}  {}\n{}", text.empty() ? "" : "\n", variant.text, map_rows(bytes));
        }
        return text;
    }

    bool has_variants() const { return map_.find(variant_mark) != std::string::npos; }

  private:
    struct Row {
        std::uint64_t offset, size;
        char mark;
        std::size_t indent;
        std::string text;
    };
    struct Painted {
        const LayoutVariant* variant;
        std::uint64_t offset, size;
        char mark;
    };

    static void paint(std::string& map, std::uint64_t offset, std::uint64_t size, char mark) {
        for (std::uint64_t at = offset; at < std::min<std::uint64_t>(offset + size, map.size()); ++at)
            map[static_cast<std::size_t>(at)] = mark;
    }

    std::string map_rows(const std::string& bytes) const {
        std::string text;
        for (std::size_t at = 0; at < bytes.size(); at += bytes_per_row)
            text += fmt::format("{:>8}  {}\n", at, bytes.substr(at, bytes_per_row));
        if (type_.size > bytes.size())
            text += fmt::format("{:>8}  … {} more bytes\n", "", type_.size - bytes.size());
        return text;
    }

    void row(std::uint64_t offset, std::uint64_t size, char mark, std::size_t indent, std::string text) {
        if (rows_.size() >= most_rows) {
            cut_ = true;
            return;
        }
        rows_.push_back({offset, size, mark, indent, std::move(text)});
    }

    void mark_bytes(std::uint64_t offset, std::uint64_t size, char mark) {
        if (variant_ != nullptr)
            painted_.push_back({variant_, offset, size, mark});
        else
            paint(map_, offset, size, inner_variants_ > 0 ? variant_mark : mark);
    }

    /// A part that is not looked into.
    void leaf(std::uint64_t offset, std::uint64_t size, std::size_t indent, std::string text) {
        const char mark = letters[next_letter_++ % letters.size()];
        mark_bytes(offset, size, mark);
        row(offset, size, mark, indent, std::move(text));
    }

    void padding(std::uint64_t from, std::uint64_t to, std::size_t indent) {
        if (from < to) row(from, to - from, padding_mark, indent, "padding");
    }

    void part(const std::string& label, const LayoutType& type, std::uint64_t offset, std::size_t indent) {
        if (cut_) return;
        const std::string text = label + ": " + type.name;
        const bool looked_into = type.kind == Kind::struct_ || type.kind == Kind::enum_ ||
                                 (type.kind == Kind::array && type.element->is_in_place());
        if (!looked_into) return leaf(offset, type.size, indent, text);
        row(offset, type.size, ' ', indent, text);
        parts(type, offset, indent + 1);
    }

    void fields(const std::vector<LayoutField>& all, std::uint64_t base, std::uint64_t from, std::uint64_t to,
                std::size_t indent) {
        for (const LayoutField& field : all) {
            padding(from, base + field.offset, indent);
            part(field.text, *field.type, base + field.offset, indent);
            from = base + field.offset + field.type->size;
        }
        padding(from, to, indent);
    }

    void parts(const LayoutType& type, std::uint64_t base, std::size_t indent) {
        switch (type.kind) {
            case Kind::struct_:
                return fields(type.fields, base, base, base + type.size, indent);
            case Kind::enum_: {
                leaf(base, type.tag_size, indent, "tag");
                const bool is_whole = &type == &type_;
                for (const LayoutVariant& variant : type.variants) {
                    row(base, type.size, ' ', indent, variant.text);
                    if (is_whole)
                        variant_ = &variant;
                    else
                        ++inner_variants_;
                    if (!variant.fields.empty())
                        fields(variant.fields, base, base + type.tag_size, base + type.size, indent + 1);
                    if (is_whole)
                        variant_ = nullptr;
                    else
                        --inner_variants_;
                }
                return;
            }
            case Kind::array:
                if (!type.element->is_in_place()) return leaf(base, type.size, indent, type.name);
                for (std::uint64_t i = 0; i < type.count && !cut_; ++i)
                    part(fmt::format("[{}]", i), *type.element, base + i * type.element->size, indent);
                return;
            default:
                return leaf(base, type.size, indent, type.name);
        }
    }

    const LayoutType& type_;
    std::vector<Row> rows_;
    std::string map_;
    std::vector<Painted> painted_;
    const LayoutVariant* variant_ = nullptr;
    unsigned inner_variants_ = 0;
    std::size_t next_letter_ = 0;
    bool cut_ = false;
};

std::string bytes(std::uint64_t count) { return fmt::format("{} byte{}", count, count == 1 ? "" : "s"); }

void advise(const LayoutType& type, const LayoutType& whole, std::vector<const LayoutType*>& told,
            std::string& text) {
    if (std::find(told.begin(), told.end(), &type) != told.end()) return;
    told.push_back(&type);
    const BetterOrder better = better_order(type);
    if (better.size < type.size) {
        const std::string name = &type == &whole ? "it" : type.name;
        std::string orders;
        for (const std::string& each : better.orders) orders += (orders.empty() ? "" : ", ") + each;
        text += fmt::format("In the order {} {} has {}, {} fewer.\n", orders, name, bytes(better.size),
                            type.size - better.size);
    }
    for (const LayoutField& field : type.fields) advise(*field.type, whole, told, text);
    for (const LayoutVariant& variant : type.variants)
        for (const LayoutField& field : variant.fields) advise(*field.type, whole, told, text);
    if (type.element != nullptr && type.is_in_place()) advise(*type.element, whole, told, text);
}

}  // namespace

std::string draw(const LayoutType& type, int target_bits) {
    std::string text = fmt::format("{}: {}, alignment {}, on {} bits\n\n", type.name, bytes(type.own_size),
                                   type.align, target_bits);
    if (type.kind == Kind::reference && type.reference == LayoutType::Reference::vec) {
        const std::uint64_t word = type.size;
        text += fmt::format(
            "  offset    size\n{:>8}{:>8}  a  data\n{:>8}{:>8}  b  length\n{:>8}{:>8}  c  capacity\n\n", 0,
            word, word, word, 2 * word, word);
        return text + fmt::format("A field of this type has {}: it refers to these.\n", bytes(word));
    }
    const Drawing drawing(type);
    text += drawing.table();
    const std::string map = drawing.map();
    if (!map.empty()) text += "\n" + map;
    if (drawing.has_variants()) text += "\n  * belongs to the variants\n";
    text += fmt::format("\n{} of data, {} of padding.\n", bytes(type.data_size), type.size - type.data_size);
    std::vector<const LayoutType*> told;
    advise(type, type, told, text);
    return text;
}

}  // namespace harness::lang
