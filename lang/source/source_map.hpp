// Source files and positions in them. Every position in the program is one 32-bit offset, so that a span fits
// eight bytes beside each instruction and still names its file, line and column when an error is printed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness::lang {

/// A half-open range of bytes, in offsets that are global to one SourceMap. An empty span at 0 is "nowhere".
struct Span {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    friend bool operator==(Span, Span) = default;
};

/// The smallest span that covers both.
constexpr Span cover(Span a, Span b) {
    return {a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

/// A resolved position: lines and columns count from 1, columns in bytes.
struct Place {
    std::string_view file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string_view line_text;  ///< the whole source line without its line end; owned by the map
};

/// Owns the texts of all files of one program, the main file first. Texts never move once added.
class SourceMap {
  public:
    /// Adds a file and returns the global offset of its first byte. `name` is printed in messages as it is
    /// given. All files together may hold 4 GiB less the terminators; more is refused with a failed
    /// HARNESS_CHECK.
    std::uint32_t add(std::string name, std::string text);

    /// The text of the file that starts at `base`, as add() returned it.
    std::string_view text(std::uint32_t base) const;

    /// Line, column and file of an offset; an offset outside every file gives an empty Place.
    Place place(std::uint32_t offset) const;

    /// Where the file begins that an offset lies in, as add() returned it.
    std::optional<std::uint32_t> base_of(std::uint32_t offset) const;

    /// The exact text under a span.
    std::string_view excerpt(Span span) const;

  private:
    struct File;
    const File* file_of(std::uint32_t offset) const;

    struct File {
        std::uint32_t base = 0;
        std::string name;
        std::string text;
        mutable std::vector<std::uint32_t> line_starts;  ///< made at the first look-up
    };
    std::vector<std::unique_ptr<File>> files_;
};

}  // namespace harness::lang
