// Writing, hashing and counting the program's output.
#include "lang/vm/output.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace harness::lang {

struct Output::Hash {
    XXH3_state_t state;
};

Output::Output(std::FILE* file) : file_(file), hash_(std::make_unique<Hash>()) {
    XXH3_64bits_reset(&hash_->state);
}

Output::~Output() = default;

void Output::write(std::string_view text) {
    if (text.empty()) return;
    XXH3_64bits_update(&hash_->state, text.data(), text.size());
    bytes_ += text.size();
    if (file_ == nullptr || broken_) return;
    if (fwrite_unlocked(text.data(), 1, text.size(), file_) != text.size()) broken_ = true;
}

bool Output::flush() {
    if (file_ != nullptr && !broken_ && std::fflush(file_) != 0) broken_ = true;
    return !broken_;
}

std::uint64_t Output::hash() const { return XXH3_64bits_digest(&hash_->state); }

}  // namespace harness::lang
