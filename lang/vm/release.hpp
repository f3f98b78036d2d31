// The dead that wait for their end, linked through their own headers (in checked mode through their handles),
// so that releasing never allocates. Shared by the releases of counts and of cycles.
#pragma once

#include <cstdint>

#include "lang/vm/interpreter.hpp"

namespace harness::lang {

/// Last in, first out. Without handles the header of a waiting object is the link: only its class remains
/// readable.
class DeadList {
  public:
    explicit DeadList(Machine& machine)
        : machine_(machine),
          heap_(machine.heap),
          checked_(machine.heap.checked()),
          next_(checked_ ? no_handle : 0) {}
    DeadList(const DeadList&) = delete;
    DeadList& operator=(const DeadList&) = delete;

    bool empty() const { return next_ == (checked_ ? no_handle : 0); }
    /// The object must have a header and must not be in a list.
    void push(Value v);
    /// Its count is zero and its flags are clear but for flag_destructing (checked: as they were).
    Value pop();
    /// Ends all of them, where an instance is nothing but its fields and its memory, without handles.
    void end_plain(Interpreter& vm);

  private:
    static constexpr std::uint64_t no_handle = 0xFFFF'FFFF;
    Tag tag_of(std::uint16_t class_id) const;

    Machine& machine_;
    ObjectHeap& heap_;
    bool checked_;
    std::uint64_t next_;  ///< payload, or index of the handle
};

}  // namespace harness::lang
