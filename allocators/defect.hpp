// What a checking allocator found, and where it tells: a sink that is handed in by whoever wants to know.
// The allocator knows addresses and sizes only; a sink may add the current place in the source.
#pragma once

#include <cstddef>
#include <string>

namespace harness::allocators {

enum class DefectKind { double_free, invalid_free, wrong_size, wrong_align };

struct Defect {
    DefectKind kind;
    // The block, and the size and alignment that the call gave.
    const void* p;
    std::size_t n;
    std::size_t align;
    // What it was allocated with; 0 when the block is unknown.
    std::size_t n_allocated;
    std::size_t align_allocated;
};

// "double free of 0x7f...: the block of 48 bytes was given back before"
std::string describe(const Defect& defect);

class DefectSink {
  public:
    virtual ~DefectSink() = default;
    // Called in the middle of the defective call, which then has no other effect. Must not call the
    // allocator.
    virtual void report(const Defect& defect) noexcept = 0;
};

// Writes each defect as a line to standard error.
class StderrDefectSink final : public DefectSink {
  public:
    void report(const Defect& defect) noexcept override;
};

}  // namespace harness::allocators
