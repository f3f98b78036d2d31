// Wording of the defects that checking allocators find. One place, so that every sink says the same.
#include "allocators/defect.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

namespace harness::allocators {

std::string describe(const Defect& d) {
    switch (d.kind) {
        case DefectKind::double_free:
            return fmt::format("double free of {}: the block of {} bytes was given back before",
                               fmt::ptr(d.p), d.n_allocated);
        case DefectKind::invalid_free:
            return fmt::format("invalid free of {}: no block of {} bytes starts there", fmt::ptr(d.p), d.n);
        case DefectKind::wrong_size:
            return fmt::format("free of {} with size {}: it was allocated with {}", fmt::ptr(d.p), d.n,
                               d.n_allocated);
        case DefectKind::wrong_align:
            return fmt::format("free of {} with alignment {}: it was allocated with {}", fmt::ptr(d.p),
                               d.align, d.align_allocated);
    }
    return "unknown defect";
}

void StderrDefectSink::report(const Defect& defect) noexcept { fmt::print(stderr, "{}\n", describe(defect)); }

}  // namespace harness::allocators
