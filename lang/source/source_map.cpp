// Keeps source texts and finds line and column for an offset. Lines are counted only when a message needs
// them, so that a program without errors pays nothing for its positions.
#include "lang/source/source_map.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "allocators/outcome.hpp"

namespace harness::lang {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::vector<std::uint32_t> find_line_starts(std::string_view text) {
    std::vector<std::uint32_t> starts;
    // Columns of the first line count from behind the mark, as editors do.
    starts.push_back(text.starts_with(byte_order_mark) ? 3 : 0);
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        starts.push_back(static_cast<std::uint32_t>(at + 1));
    }
    return starts;
}

}  // namespace

std::uint32_t SourceMap::add(std::string name, std::string text) {
    // Offset 0 stays unused, so that the span {0, 0} can mean "nowhere"; each file is followed by one spare
    // offset, so that its end is a position of its own.
    const std::uint64_t base = files_.empty() ? 1 : files_.back()->base + files_.back()->text.size() + 1;
    HARNESS_CHECK(base + text.size() < std::numeric_limits<std::uint32_t>::max(),
                  "all files of a program together hold less than 4 GiB");
    auto file = std::make_unique<File>();
    file->base = static_cast<std::uint32_t>(base);
    file->name = std::move(name);
    file->text = std::move(text);
    files_.push_back(std::move(file));
    return files_.back()->base;
}

const SourceMap::File* SourceMap::file_of(std::uint32_t offset) const {
    auto after = std::upper_bound(files_.begin(), files_.end(), offset,
                                  [](std::uint32_t wanted, const auto& file) { return wanted < file->base; });
    if (after == files_.begin()) return nullptr;
    const File* file = std::prev(after)->get();
    return offset - file->base <= file->text.size() ? file : nullptr;
}

std::string_view SourceMap::text(std::uint32_t base) const {
    const File* file = file_of(base);
    return file != nullptr ? std::string_view(file->text) : std::string_view();
}

Place SourceMap::place(std::uint32_t offset) const {
    const File* file = file_of(offset);
    if (file == nullptr) return {};
    if (file->line_starts.empty()) file->line_starts = find_line_starts(file->text);
    const auto& starts = file->line_starts;
    const std::uint32_t at = std::max(offset - file->base, starts.front());
    const auto line =
        static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), at) - starts.begin() - 1);
    const std::string_view text = file->text;
    const std::size_t begin = starts[line];
    std::size_t end = line + 1 < starts.size() ? starts[line + 1] - 1 : text.size();
    if (end > begin && text[end - 1] == '\r') --end;
    return {file->name, static_cast<std::uint32_t>(line + 1), at - starts[line] + 1,
            text.substr(begin, end - begin)};
}

std::optional<std::uint32_t> SourceMap::base_of(std::uint32_t offset) const {
    const File* file = file_of(offset);
    return file != nullptr ? std::optional(file->base) : std::nullopt;
}

std::string_view SourceMap::excerpt(Span span) const {
    const File* file = file_of(span.begin);
    if (file == nullptr || span.end < span.begin) return {};
    return std::string_view(file->text).substr(span.begin - file->base, span.end - span.begin);
}

}  // namespace harness::lang
