// A range of address space that is backed by memory page by page, when it is first touched. Stack and heap
// keep their slots in one, so that pointers to them hold for the whole run however far they grow.
#pragma once

#include <cstddef>
#include <utility>

#include "allocators/outcome.hpp"

namespace harness::lang {

/// Owns the range and gives it back to the system in the destructor. Fresh bytes read as zero.
class Reservation {
  public:
    /// No run reserves more than this in one range; Valgrind refuses 64 GiB in all.
    static constexpr std::size_t max_bytes = std::size_t{16} << 30;

    /// Reserves at least `bytes`, followed by a page that must not be touched. Fails when more than max_bytes
    /// are asked for or the system has no such range left.
    static Outcome<Reservation> create(std::size_t bytes);

    Reservation() = default;
    Reservation(Reservation&& other) noexcept
        : at_(std::exchange(other.at_, nullptr)), mapped_(std::exchange(other.mapped_, 0)) {}
    Reservation& operator=(Reservation&& other) noexcept {
        std::swap(at_, other.at_);
        std::swap(mapped_, other.mapped_);
        return *this;
    }
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;
    ~Reservation();

    void* data() const { return at_; }
    /// Gives the memory behind the whole range back to the system; it reads as zero again.
    void clear();

  private:
    Reservation(void* at, std::size_t mapped) : at_(at), mapped_(mapped) {}

    void* at_ = nullptr;
    std::size_t mapped_ = 0;  ///< bytes, the guard page included
};

}  // namespace harness::lang
