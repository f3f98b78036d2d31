// Whole pages straight from the operating system, one mapping per block: the bottom of most stacks of
// allocators. It is also the slowest reference there is, a system call for each operation.
#pragma once

#include <atomic>
#include <mutex>

#include "allocators/allocator.hpp"

namespace harness::allocators {

// Tells the kernel that a mapping will be filled from one end, so that it may map two megabytes at each
// fault; nothing where huge pages are off or the range is smaller than one.
void expect_dense_use(void* p, std::size_t bytes) noexcept;

// Bytes in a page of this machine.
std::size_t page_bytes() noexcept;

// Sizes are rounded up to pages. When the kernel refuses, be it memory or its limit of mappings, allocate
// gives nullptr; when it refuses to unmap (which may need one mapping more), the block is kept and tried
// again later.
class Page {
  public:
    static constexpr Threading threading = Threading::shared;

    Page() = default;
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;
    ~Page();

    void* allocate(std::size_t n, std::size_t align) noexcept;
    void deallocate(void* p, std::size_t n, std::size_t align) noexcept;
    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    // Grows without copying: the kernel moves the page tables (mremap).
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    // Fresh pages are zero anyway.
    void* allocate_zeroed(std::size_t n, std::size_t align) noexcept { return allocate(n, align); }
    std::size_t usable_size(void* p, std::size_t n, std::size_t align) noexcept;
    // Tries again to unmap what the kernel refused to.
    void trim() noexcept;
    [[nodiscard]] Figures figures() const noexcept;

  private:
    // A block that could not be unmapped; the record lies at its own start.
    struct Held {
        Held* next;
        std::size_t bytes;
    };

    void* map(std::size_t bytes, std::size_t align) noexcept;
    void unmap(void* p, std::size_t bytes) noexcept;
    bool unmap_one_held() noexcept;
    void count(std::size_t bytes_added, std::size_t bytes_removed) noexcept;

    std::atomic<std::uint64_t> mapped_bytes_{0};
    std::atomic<std::uint64_t> mapped_bytes_peak_{0};
    std::atomic<bool> holds_any_{false};
    std::mutex held_mutex_;
    Held* held_ = nullptr;
};

}  // namespace harness::allocators
