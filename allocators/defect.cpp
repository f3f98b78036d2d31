// Wording of the defects that checking allocators find. One place, so that every sink says the same.
#include "allocators/defect.hpp"

#include <cstdio>

namespace harness::allocators {

namespace {

std::string address_text(const void* p) {
    char text[2 + 2 * sizeof p + 1];
    std::snprintf(text, sizeof text, "%p", p);
    return text;
}

}  // namespace

// Plain strings, so that an installed family needs no library beside the C++ one.
std::string describe(const Defect& d) {
    const std::string p = address_text(d.p);
    const auto text = [](std::size_t number) { return std::to_string(number); };
    switch (d.kind) {
        case DefectKind::double_free:
            return "double free of " + p + ": the block of " + text(d.n_allocated) +
                   " bytes was given back before";
        case DefectKind::invalid_free:
            return "invalid free of " + p + ": no block of " + text(d.n) + " bytes starts there";
        case DefectKind::wrong_size:
            return "free of " + p + " with size " + text(d.n) + ": it was allocated with " +
                   text(d.n_allocated);
        case DefectKind::wrong_align:
            return "free of " + p + " with alignment " + text(d.align) + ": it was allocated with " +
                   text(d.align_allocated);
    }
    return "unknown defect";
}

void StderrDefectSink::report(const Defect& defect) noexcept {
    std::fprintf(stderr, "%s\n", describe(defect).c_str());
}

}  // namespace harness::allocators
