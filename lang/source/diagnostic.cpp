// Turns a Diagnostic into the text that people and scripts read. All errors of all parts pass through here,
// so that they look alike.
#include "lang/source/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace harness::lang {

namespace {

constexpr std::size_t widest_line = 120;          // displayed code points of the marked source line
constexpr std::size_t widest_related_line = 100;  // and of a line that is only quoted
constexpr std::size_t stack_lines_kept = 10;      // at each end of a deep call stack
constexpr std::string_view gutter = "    ";

struct Colours {
    std::string_view bold, error, warning, place, remedy, reset;
};
constexpr Colours plain{};
constexpr Colours bright{"\x1b[1m", "\x1b[1;31m", "\x1b[1;35m", "\x1b[36m", "\x1b[32m", "\x1b[0m"};

/// One source line cut into displayed code points; every one of them takes one column.
struct Cell {
    std::string shown;
    std::size_t byte;
};

/// Length of the valid UTF-8 sequence at `at`, or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (length == 0 || at + length > text.size() || lead > 0xf4) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return 0;
    }
    return length;
}

std::vector<Cell> cells_of(std::string_view text) {
    std::vector<Cell> cells;
    cells.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        std::size_t length = 1;
        std::string shown;
        if (byte == '\t') {
            shown = "→";
        } else if (byte < 0x20) {
            // The block "control pictures" shows each control byte in one column.
            shown = {'\xe2', '\x90', static_cast<char>(0x80 + byte)};
        } else if (byte == 0x7f) {
            shown = "␡";
        } else if (length = sequence_length(text, at); length == 0) {
            length = 1;
            shown = "\xef\xbf\xbd";
        } else {
            shown = text.substr(at, length);
        }
        cells.push_back({std::move(shown), at});
        at += length;
    }
    return cells;
}

/// A message may hold a name or a text of the program, as long as the program likes. Its beginning and its
/// end tell what it is.
std::string shortened(const std::string& text) {
    constexpr std::size_t longest = 4000;
    if (text.size() <= longest) return text;
    const auto boundary = [&](std::size_t at) {
        while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
        return at;
    };
    return text.substr(0, boundary(longest * 3 / 4)) + "…" + text.substr(boundary(text.size() - longest / 4));
}

std::string shown_text(const std::vector<Cell>& cells, std::size_t first, std::size_t last) {
    std::string text;
    if (first > 0) text += "…";
    for (std::size_t i = first; i < last; ++i) text += cells[i].shown;
    if (last < cells.size()) text += "…";
    return text;
}

std::string quoted_line(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return "";
    // A line of many megabytes is looked at no further than it can be shown.
    const auto cells = cells_of(line.substr(begin, widest_related_line * 4 + 4));
    return shown_text(cells, 0, std::min(cells.size(), widest_related_line));
}

/// The marked line and the carets below it, both cut to a window around the span when the line is long.
void append_marked_line(std::string& out, const Place& place, std::size_t span_bytes, const Colours& colours,
                        std::string_view mark_colour) {
    std::string_view line = place.line_text;
    std::size_t begin_byte = std::min<std::size_t>(place.column - 1, line.size());
    std::size_t cut_bytes = 0;
    if (constexpr std::size_t much = 4096; line.size() > 4 * much) {
        cut_bytes = begin_byte > much ? begin_byte - much : 0;
        line = line.substr(cut_bytes, 2 * much);
        begin_byte -= cut_bytes;
    }
    const std::size_t end_byte = std::min(begin_byte + span_bytes, line.size());
    const auto cells = cells_of(line);
    std::size_t begin = 0;
    while (begin < cells.size() && cells[begin].byte < begin_byte) ++begin;
    std::size_t end = begin;
    while (end < cells.size() && cells[end].byte < end_byte) ++end;
    end = std::max(end, begin + 1);

    std::size_t first = 0;
    std::size_t last = cells.size();
    if (cells.size() > widest_line) {
        const std::size_t spare = end - begin < widest_line ? (widest_line - (end - begin)) / 2 : 0;
        first = begin > spare ? begin - spare : 0;
        last = std::min(cells.size(), first + widest_line);
        first = std::min(first, last - std::min(last, widest_line));
        end = std::min(end, std::max(last, begin + 1));
    }
    std::string text = shown_text(cells, first, last);
    if (cut_bytes > 0 && first == 0) text.insert(0, "…");
    const std::size_t lead = begin - first + (first > 0 || cut_bytes > 0 ? 1 : 0);
    out += fmt::format("{}{}\n", gutter, text);
    out += fmt::format("{}{}{}{}{}\n", gutter, std::string(lead, ' '), mark_colour,
                       std::string(end - begin, '^'), colours.reset);
}

void append_related(std::string& out, const Diagnostic& diagnostic, const SourceMap& sources) {
    std::size_t widest = 0;
    for (const Related& related : diagnostic.related)
        if (!related.is_rest) widest = std::max(widest, related.label.size());
    for (const Related& related : diagnostic.related) {
        if (related.is_rest) {
            out += fmt::format("  {}\n", related.label);
            continue;
        }
        const Place place = sources.place(related.span.begin);
        out += fmt::format("  {:<{}} ", related.label + ":", widest + 1);
        if (place.line == 0) {
            out += "unknown\n";
        } else {
            out += fmt::format("{}:{}:{}   {}\n", place.file, place.line, place.column,
                               quoted_line(place.line_text));
        }
    }
}

void append_earlier(std::string& out, const Diagnostic& diagnostic, const SourceMap& sources) {
    for (const Earlier& earlier : diagnostic.earlier) {
        out += fmt::format("  {} {}", earlier.is_cause ? "caused by" : "while handling", earlier.name);
        if (!earlier.message.empty()) out += fmt::format(": {}", shortened(earlier.message));
        out += '\n';
        const Place place = sources.place(earlier.span.begin);
        if (place.line != 0)
            out += fmt::format("    {}:{}:{}   {}\n", place.file, place.line, place.column,
                               quoted_line(place.line_text));
    }
    if (diagnostic.earlier_left_out != 0)
        out += fmt::format("  … {} earlier errors …\n", diagnostic.earlier_left_out);
}

void append_stack(std::string& out, const std::vector<StackLine>& stack, const SourceMap& sources) {
    std::uint64_t calls = 0;
    for (const StackLine& line : stack) calls += line.left_out != 0 ? line.left_out : 1;
    const bool folded = calls > 2 * stack_lines_kept + 1;
    for (std::size_t i = 0; i < stack.size(); ++i) {
        if (folded && i == stack_lines_kept) {
            out += fmt::format("  … {} more calls …\n", calls - 2 * stack_lines_kept);
            i = stack.size() - stack_lines_kept;
        }
        const Place place = sources.place(stack[i].span.begin);
        if (place.line == 0) {
            out += fmt::format("  in {}\n", shortened(stack[i].function));
        } else {
            out += fmt::format("  in {} ({}:{})\n", shortened(stack[i].function), place.file, place.line);
        }
    }
}

}  // namespace

std::string render(const Diagnostic& diagnostic, const SourceMap& sources, PrintOptions options) {
    const Colours& colours = options.colour ? bright : plain;
    const std::string_view mark = diagnostic.warning ? colours.warning : colours.error;
    const Place place = diagnostic.span == Span{} ? Place{} : sources.place(diagnostic.span.begin);
    std::string out;
    if (place.line != 0) {
        out +=
            fmt::format("{}{}:{}:{}:{} ", colours.bold, place.file, place.line, place.column, colours.reset);
    }
    out += fmt::format("{}{}[{}]", mark, diagnostic.warning ? "warning" : "error", diagnostic.name);
    // An exception without a text ends as Python's last line does, with its name.
    if (diagnostic.message.empty())
        out += fmt::format("{}\n", colours.reset);
    else
        out += fmt::format(":{} {}{}{}\n", colours.reset, colours.bold, shortened(diagnostic.message),
                           colours.reset);
    if (place.line != 0) {
        const std::uint32_t bytes =
            diagnostic.span.end > diagnostic.span.begin ? diagnostic.span.end - diagnostic.span.begin : 0;
        append_marked_line(out, place, bytes, colours, mark);
    }
    for (const std::string& detail : diagnostic.details) out += fmt::format("  {}\n", shortened(detail));
    append_related(out, diagnostic, sources);
    append_earlier(out, diagnostic, sources);
    if (!diagnostic.help.empty()) {
        out += fmt::format("{}help:{} {}\n", colours.remedy, colours.reset, shortened(diagnostic.help));
    }
    append_stack(out, diagnostic.stack, sources);
    return out;
}

namespace {

/// Edit distance where a swap of neighbours counts once; gives up beyond `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
    const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (difference > limit) return limit + 1;
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        std::size_t least = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
            least = std::min(least, row[j]);
        }
        if (least > limit) return limit + 1;
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
    std::string_view best;
    if (name.empty() || name.size() > 200) return best;
    const std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
    std::size_t best_distance = limit + 1;
    for (const std::string_view candidate : candidates) {
        // A name of one or two letters is within one edit of everything short, so it needs a shared letter.
        if (candidate.empty() || candidate == name) continue;
        if (name.size() <= 2 && candidate.find_first_of(name) == std::string_view::npos) continue;
        const std::size_t distance = edit_distance(name, candidate, limit);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    if (!best.empty()) return best;
    // 'lenght' is too far from 'len' by edits, yet it begins with it: the longest such beginning is offered.
    for (const std::string_view candidate : candidates) {
        if (candidate.size() >= 3 && candidate.size() * 2 >= name.size() && name.starts_with(candidate) &&
            candidate.size() > best.size() && candidate != name) {
            best = candidate;
        }
    }
    return best;
}

}  // namespace harness::lang
