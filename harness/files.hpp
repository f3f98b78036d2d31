// The files a command reads and writes: `-` for the standard streams, nothing overwritten by accident.
// An output is opened before the work begins, because a long run must not end in "cannot write".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "allocators/outcome.hpp"

namespace harness::cli {

/// The whole file, or standard input for "-".
Outcome<std::string> read_input(const std::string& path);

/// A place for one text. A regular file that exists is refused without `force`, and left as it was until
/// commit().
class OutputFile {
  public:
    /// Why an output could not be opened: the user named an existing file, or the system refused.
    struct Refusal {
        Failure failure;
        bool exists = false;
    };

    OutputFile() = default;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    /// A file that was made and never written is removed.
    ~OutputFile();

    /// "-" is standard output. Nothing returned means that it is open.
    std::optional<Refusal> open(const std::string& path, bool force);

    /// Replaces the content by `text`.
    std::optional<Failure> commit(std::string_view text);

  private:
    std::string path_;
    int fd_ = -1;
    bool made_ = false;
};

}  // namespace harness::cli
