// The program's standard output: one buffer, hashed and counted as it is flushed, so that a run can be compared by
// sixteen hex digits and no write system call is made per line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>

namespace harness::lang {

class Output {
  public:
    explicit Output(std::FILE* file);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void write(std::string_view text) {
        if (text.size() > capacity - used_) return write_slow(text);
        text.copy(buffer_.get() + used_, text.size());
        used_ += text.size();
    }
    /// False when the reader went away or the disk is full; the rest of the output is then counted and dropped.
    bool flush();
    std::uint64_t bytes() const { return bytes_ + used_; }
    /// XXH3 of everything written so far; flushes.
    std::uint64_t hash();

  private:
    static constexpr std::size_t capacity = 1 << 16;
    void write_slow(std::string_view text);

    std::FILE* file_;
    std::unique_ptr<char[]> buffer_;
    std::size_t used_ = 0;
    std::uint64_t bytes_ = 0;
    struct Hash;
    std::unique_ptr<Hash> hash_;
    bool broken_ = false;
};

}  // namespace harness::lang
