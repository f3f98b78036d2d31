// The program's standard output: buffered by the stream, hashed and counted as it is written, so that a run
// can be compared by sixteen hex digits. Nothing waits in a buffer of our own: whoever ends the process can
// flush the stream.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>

namespace harness::lang {

class Output {
  public:
    /// `file` may be null: the output is then counted and dropped.
    explicit Output(std::FILE* file);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void write(std::string_view text);
    /// False when the reader went away or the disk is full; the rest of the output is then counted and
    /// dropped.
    bool flush();
    std::uint64_t bytes() const { return bytes_; }
    /// XXH3 of everything written so far.
    std::uint64_t hash() const;

  private:
    std::FILE* file_;
    std::uint64_t bytes_ = 0;
    struct Hash;
    std::unique_ptr<Hash> hash_;
    bool broken_ = false;
};

}  // namespace harness::lang
