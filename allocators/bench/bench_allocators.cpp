// The price of each allocator's two operations, inlined and by pointer, beside a bare bump that does no more
// than it must. The pages in this folder quote these figures.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "allocators/arena.hpp"
#include "allocators/direct.hpp"
#include "allocators/fixed.hpp"
#include "allocators/jemalloc.hpp"
#include "allocators/mimalloc.hpp"
#include "allocators/null.hpp"
#include "allocators/pool.hpp"
#include "allocators/registry.hpp"
#include "allocators/stack.hpp"
#include "allocators/tcmalloc.hpp"
#include "allocators/thread_local.hpp"

namespace harness::allocators {
namespace {

constexpr std::size_t block_bytes = 48;
constexpr std::size_t batch_blocks = 1000;

// The least that a bump allocator can do: no growth, no accounting, no free.
class BareBump {
  public:
    static constexpr Threading threading = Threading::single;

    BareBump() : memory_(std::size_t{1} << 20), cursor_(memory_.data()) {}
    void* allocate(std::size_t n, std::size_t) noexcept {
        std::byte* p = cursor_;
        const std::size_t taken = round_up(n, bump_granule);
        if (taken > static_cast<std::size_t>(memory_.data() + memory_.size() - p)) return nullptr;
        cursor_ = p + taken;
        return p;
    }
    void deallocate(void*, std::size_t, std::size_t) noexcept {}
    void reset() noexcept { cursor_ = memory_.data(); }

  private:
    std::vector<std::byte> memory_;
    std::byte* cursor_;
};

// malloc and free without the accounting of Direct, to see what that adds.
struct BareMalloc {
    static constexpr Threading threading = Threading::shared;
    void* allocate(std::size_t n, std::size_t) noexcept { return std::malloc(n); }
    void deallocate(void* p, std::size_t, std::size_t) noexcept { std::free(p); }
};

// One block taken and given back at once.
template <class A>
void run_pair(benchmark::State& state, A& a) {
    for (auto _ : state) {
        void* p = a.allocate(block_bytes, default_align);
        benchmark::DoNotOptimize(p);
        a.deallocate(p, block_bytes, default_align);
    }
    state.SetItemsProcessed(state.iterations());
}

// A block that the compiler may not forget. Only a local goes to DoNotOptimize: g++ 12 drops the store of a
// place that is handed to it by reference.
template <class A>
void* taken(A& a) {
    void* p = a.allocate(block_bytes, default_align);
    benchmark::DoNotOptimize(p);
    return p;
}

// A thousand blocks taken, then given back in the reverse order, or in bulk where there is a way.
template <class A>
void run_batch(benchmark::State& state, A& a) {
    std::vector<void*> blocks(batch_blocks);
    for (auto _ : state) {
        for (void*& p : blocks) {
            p = taken(a);
        }
        if constexpr (CanReset<A>) {
            a.reset();
        } else {
            for (std::size_t i = batch_blocks; i-- > 0;) a.deallocate(blocks[i], block_bytes, default_align);
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_blocks));
}

// A thousand blocks taken, then given back in the order they came: no block is the last one when it goes.
template <class A>
void run_queue(benchmark::State& state, A& a) {
    std::vector<void*> blocks(batch_blocks);
    for (auto _ : state) {
        for (void*& p : blocks) {
            p = taken(a);
        }
        for (void* p : blocks) a.deallocate(p, block_bytes, default_align);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_blocks));
}

// The same operations through a table, as the VM and every erased user see them.
class ByPointer {
  public:
    explicit ByPointer(const AllocatorTable& table) : table_(table) { benchmark::DoNotOptimize(table_); }
    void* allocate(std::size_t n, std::size_t align) noexcept {
        return table_.allocate(table_.self, n, align);
    }
    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        table_.deallocate(table_.self, p, n, align);
    }

  protected:
    AllocatorTable table_;
};

class ByPointerInBulk : public ByPointer {
  public:
    using ByPointer::ByPointer;
    void reset() noexcept { table_.reset(table_.self); }
};

template <Allocator A, class... Arguments>
void register_inlined(const std::string& name, const Arguments&... arguments) {
    const auto a = std::make_shared<A>(arguments...);
    benchmark::RegisterBenchmark(("pair/" + name + "/inlined").c_str(),
                                 [a](benchmark::State& s) { run_pair(s, *a); });
    const auto b = std::make_shared<A>(arguments...);
    benchmark::RegisterBenchmark(("batch/" + name + "/inlined").c_str(),
                                 [b](benchmark::State& s) { run_batch(s, *b); });
    // What never takes a block back by itself would only grow.
    if constexpr (!CanReset<A>) {
        const auto c = std::make_shared<A>(arguments...);
        benchmark::RegisterBenchmark(("queue/" + name + "/inlined").c_str(),
                                     [c](benchmark::State& s) { run_queue(s, *c); });
    }
}

// A thread that frees what others allocated, a batch at a time, and counts the processor's time for it.
class Freeing {
  public:
    explicit Freeing(const AllocatorTable& table) : a_(table), thread_([this] { work(); }) {}
    ~Freeing() {
        hand_over(nullptr);
        thread_.join();
    }
    Freeing(const Freeing&) = delete;
    Freeing& operator=(const Freeing&) = delete;

    // Seconds that freeing all of them took.
    double free_all(const std::vector<void*>& blocks) {
        hand_over(&blocks);
        while (turn_.load(std::memory_order_acquire) != ours) turn_.wait(theirs);
        return seconds_;
    }

  private:
    static constexpr int ours = 0;
    static constexpr int theirs = 1;

    void hand_over(const std::vector<void*>* blocks) {
        blocks_ = blocks;
        turn_.store(theirs, std::memory_order_release);
        turn_.notify_one();
    }
    static double thread_seconds() {
        timespec now{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
    }
    void work() {
        for (;;) {
            while (turn_.load(std::memory_order_acquire) != theirs) turn_.wait(ours);
            if (blocks_ == nullptr) return;
            const double start = thread_seconds();
            for (void* p : *blocks_) a_.deallocate(p, block_bytes, default_align);
            seconds_ = thread_seconds() - start;
            turn_.store(ours, std::memory_order_release);
            turn_.notify_one();
        }
    }

    ByPointer a_;
    const std::vector<void*>* blocks_ = nullptr;
    double seconds_ = 0;
    std::atomic<int> turn_{ours};
    std::thread thread_;
};

// The free of a block by another thread than its maker's; the allocations are not timed.
void run_handover(benchmark::State& state, const AllocatorTable& table) {
    ByPointer a(table);
    Freeing freeing(table);
    std::vector<void*> blocks(batch_blocks);
    for (auto _ : state) {
        for (void*& p : blocks) p = a.allocate(block_bytes, default_align);
        state.SetIterationTime(freeing.free_all(blocks));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_blocks));
}

// Every base, composed and peer allocator of the registry; wrappers over arena, to see what they add.
void register_by_pointer() {
    for (const AllocatorInfo& info : list_allocators()) {
        const bool wraps = info.kind == AllocatorKind::wrapper;
        const std::string spec = !wraps                   ? info.name
                                 : info.name == "failing" ? "failing(arena,0)"
                                                          : info.name + "(arena)";
        auto made = make_allocator(spec);
        if (!made.ok()) {
            std::fprintf(stderr, "%s is left out: %s; %s\n", spec.c_str(), made.failure().message.c_str(),
                         made.failure().remedy.c_str());
            continue;
        }
        const std::shared_ptr<AnyAllocator> any = std::move(made).value();
        const AllocatorTable& table = any->table();
        benchmark::RegisterBenchmark(("pair/" + spec + "/pointer").c_str(), [any](benchmark::State& s) {
            ByPointer a(any->table());
            run_pair(s, a);
        });
        if (table.reset != nullptr) {
            benchmark::RegisterBenchmark(("batch/" + spec + "/pointer").c_str(), [any](benchmark::State& s) {
                ByPointerInBulk a(any->table());
                run_batch(s, a);
            });
        } else {
            benchmark::RegisterBenchmark(("batch/" + spec + "/pointer").c_str(), [any](benchmark::State& s) {
                ByPointer a(any->table());
                run_batch(s, a);
            });
        }
        if (table.threading != Threading::single) {
            benchmark::RegisterBenchmark(("handover/" + spec + "/pointer").c_str(), [any](
                                                                                        benchmark::State& s) {
                run_handover(s, any->table());
            })->UseManualTime();
        }
    }
}

// What a nested region costs: a child is made, used once and destroyed.
void run_child(benchmark::State& state) {
    const auto root = std::make_unique<Arena<Page>>();
    const AllocatorTable table = make_table(*root);
    for (auto _ : state) {
        const std::unique_ptr<AnyAllocator> child = table.child(table.self);
        benchmark::DoNotOptimize(child->table().allocate(child->table().self, block_bytes, default_align));
    }
}

// reset() after the given number of objects: the cost must not depend on it. Rounds before the timed loop
// leave the one chunk that holds them all; in the loop the objects are taken at once, as a borrower of the
// window may.
void run_reset(benchmark::State& state) {
    Arena<Page> arena;
    for (int round = 0; round < 3; ++round) {
        for (std::int64_t i = 0; i < state.range(0); ++i)
            benchmark::DoNotOptimize(arena.allocate(block_bytes));
        arena.reset();
    }
    for (auto _ : state) {
        arena.window().cursor += static_cast<std::size_t>(state.range(0)) * block_bytes;
        arena.reset();
        benchmark::ClobberMemory();
    }
}

}  // namespace
}  // namespace harness::allocators

int main(int argc, char** argv) {
    using namespace harness::allocators;
    register_inlined<BareBump>("bare_bump");
    register_inlined<Null>("null");
    register_inlined<Arena<Page>>("arena");
    register_inlined<Fixed<Page>>("fixed");
    register_inlined<Stack<Page>>("stack");
    register_inlined<Pool<Page>>("pool");
    register_inlined<ThreadLocal<Page>>("thread_local");
    register_inlined<BareMalloc>("bare_malloc");
    register_inlined<Direct>("direct");
#ifdef HARNESS_HAS_JEMALLOC
    register_inlined<Jemalloc>("jemalloc");
#endif
    // A peer that is missing is named by register_by_pointer().
    if (const auto& library = mimalloc_library(); library.ok())
        register_inlined<Mimalloc>("mimalloc", library.value());
    if (const auto& library = tcmalloc_library(); library.ok())
        register_inlined<Tcmalloc>("tcmalloc", library.value());
    register_by_pointer();
    benchmark::RegisterBenchmark("child/arena", run_child);
    benchmark::RegisterBenchmark("reset/arena", run_reset)->Arg(1000)->Arg(1000000);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
