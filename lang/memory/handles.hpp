// Checked mode's table of objects. A value then holds a 32-bit index and a 16-bit generation instead of an
// address, so that a stale reference is recognised exactly, whatever the allocator did with the memory since.
#pragma once

#include <cstdint>
#include <vector>

#include "lang/memory/value.hpp"

namespace harness::lang {

/// In place of a site: none is known; constants are made by no instruction.
inline constexpr std::uint32_t no_site = 0xFFFF'FFFF;

class Handles {
  public:
    struct Entry {
        void* address;             ///< null once released
        std::uint32_t allocated;   ///< site, an instruction of the program
        std::uint32_t released;    ///< while it lives: where a reference to it was stored last, or no_site
        std::uint32_t next_free;   ///< queue of free entries
        std::uint16_t generation;  ///< of the object that is, or last was, here
        Tag tag;
        std::uint32_t before_allocated, before_released;  ///< sites of the object one generation before
    };

    /// Reserves the table; false when there is no address space for it.
    bool activate();
    bool active() const { return entries_ != nullptr; }
    ~Handles();
    Handles() = default;
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    static std::uint32_t index(Value v) { return static_cast<std::uint32_t>(v.bits); }
    static std::uint16_t generation(Value v) { return static_cast<std::uint16_t>(v.bits >> 32); }

    void* address(Value v) const { return entries_[index(v)].address; }
    bool live(Value v) const {
        const Entry& e = entries_[index(v)];
        return e.generation == generation(v) && e.address != nullptr;
    }
    Entry& entry(Value v) { return entries_[index(v)]; }
    const Entry& at(std::uint32_t index) const { return entries_[index]; }
    std::uint32_t size() const { return used_; }
    /// The value that refers to the live entry `index`, with its owned bit set.
    Value value_at(std::uint32_t index) const {
        const Entry& e = entries_[index];
        return Value::tagged(e.tag, index | std::uint64_t{e.generation} << 32);
    }

    Value make(void* address, Tag tag, std::uint32_t site) {
        if (free_count_ <= quarantine) return make_slow(address, tag, site);
        return reuse(address, tag, site);
    }
    void release(Value v, std::uint32_t site);
    /// The memory moved (a buffer that was reallocated in place keeps its handle).
    void move(Value v, void* address) { entries_[index(v)].address = address; }

  private:
    /// Free entries rest this long before they are used again, so that the places of an old release can be
    /// told.
    static constexpr std::uint32_t quarantine = 4096;
    Value make_slow(void* address, Tag tag, std::uint32_t site);
    Value reuse(void* address, Tag tag, std::uint32_t site);

    Entry* entries_ = nullptr;  ///< reserved address space, so that it never moves
    std::uint32_t used_ = 0, free_head_ = 0, free_tail_ = 0, free_count_ = 0, capacity_ = 0;
};

}  // namespace harness::lang
