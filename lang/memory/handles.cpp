// The table of handles: reserved address space, a queue of free entries, and generations that retire.
#include "lang/memory/handles.hpp"

#include <sys/mman.h>

#include "allocators/outcome.hpp"

namespace harness::lang {

namespace {
constexpr std::size_t most_entries = std::size_t{1} << 27;
constexpr std::uint32_t no_entry = 0xFFFF'FFFF;
}  // namespace

bool Handles::activate() {
    for (std::size_t entries = most_entries; entries >= (std::size_t{1} << 16); entries /= 4) {
        void* at = mmap(nullptr, entries * sizeof(Entry), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) continue;
        entries_ = static_cast<Entry*>(at);
        capacity_ = static_cast<std::uint32_t>(entries);
        free_head_ = free_tail_ = no_entry;
        return true;
    }
    return false;
}

Handles::~Handles() {
    if (entries_ != nullptr) munmap(entries_, std::size_t{capacity_} * sizeof(Entry));
}

Value Handles::make_slow(void* address, Tag tag, std::uint32_t site) {
    if (used_ < capacity_) {
        const std::uint32_t i = used_++;
        entries_[i] = {address, site, no_site, no_entry, 0, tag, 0, 0};
        return Value::tagged(tag, i);
    }
    if (free_count_ > 0) return reuse(address, tag, site);
    return Value::failed();
}

Value Handles::reuse(void* address, Tag tag, std::uint32_t site) {
    const std::uint32_t i = free_head_;
    Entry& e = entries_[i];
    free_head_ = e.next_free;
    if (--free_count_ == 0) free_tail_ = no_entry;
    e.before_allocated = e.allocated;
    e.before_released = e.released;
    ++e.generation;
    e.address = address;
    e.allocated = site;
    e.released = no_site;
    e.tag = tag;
    return Value::tagged(tag, i | std::uint64_t{e.generation} << 32);
}

void Handles::release(Value v, std::uint32_t site) {
    const std::uint32_t i = index(v);
    Entry& e = entries_[i];
    e.address = nullptr;
    e.released = site;
    // The last generation stays where it is: a reference to it must be recognised for ever.
    if (e.generation == 0xFFFF) return;
    e.next_free = no_entry;
    if (free_count_ == 0)
        free_head_ = i;
    else
        entries_[free_tail_].next_free = i;
    free_tail_ = i;
    ++free_count_;
}

}  // namespace harness::lang
