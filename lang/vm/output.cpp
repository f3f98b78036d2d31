// Buffering, hashing and counting the program's output.
#include "lang/vm/output.hpp"

#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>

namespace harness::lang {

struct Output::Hash {
    XXH3_state_t state;
};

Output::Output(std::FILE* file) : file_(file), buffer_(new char[capacity]), hash_(std::make_unique<Hash>()) {
    XXH3_64bits_reset(&hash_->state);
}

Output::~Output() { flush(); }

bool Output::flush() {
    if (used_ == 0) return !broken_;
    XXH3_64bits_update(&hash_->state, buffer_.get(), used_);
    bytes_ += used_;
    if (!broken_ && file_ != nullptr) {
        if (std::fwrite(buffer_.get(), 1, used_, file_) != used_ || std::fflush(file_) != 0) broken_ = true;
    }
    used_ = 0;
    return !broken_;
}

void Output::write_slow(std::string_view text) {
    while (!text.empty()) {
        const std::size_t part = text.copy(buffer_.get() + used_, capacity - used_);
        used_ += part;
        text.remove_prefix(part);
        if (used_ == capacity) flush();
    }
}

std::uint64_t Output::hash() {
    flush();
    return XXH3_64bits_digest(&hash_->state);
}

}  // namespace harness::lang
