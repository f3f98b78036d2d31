// A machine that runs no program: a heap, a lifetime and the builtins, for tests that work on objects
// directly.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "allocators/registry.hpp"
#include "lang/lifetimes/registry.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang::testing {

class IdleMachine {
  public:
    explicit IdleMachine(std::string_view lifetime, bool checked = false,
                         std::string_view allocator = "direct")
        : entry_(find_lifetime(lifetime, checked).value()),
          allocator_(std::move(allocators::make_allocator(allocator)).value()) {
        options_.lifetime = lifetime;
        options_.checked = checked;
        options_.out = nullptr;
        vm = std::make_unique<Interpreter>(options_, entry_.lifetime,
                                           checked ? entry_.checked : entry_.unchecked, *allocator_, sources,
                                           output_);
    }

    std::uint64_t live() const { return vm->heap.counts().allocations - vm->heap.counts().deallocations; }

  private:
    LifetimeEntry entry_;
    RunOptions options_;
    std::unique_ptr<allocators::AnyAllocator> allocator_;
    Output output_{nullptr};

  public:
    SourceMap sources;
    std::unique_ptr<Interpreter> vm;
};

}  // namespace harness::lang::testing
