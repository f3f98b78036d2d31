// Which allocators the shared tests run on: everything registered, by name, and typed compositions beside it.
// An allocator that gets a registration line is tested by that alone.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "allocators/arena.hpp"
#include "allocators/checked.hpp"
#include "allocators/counting.hpp"
#include "allocators/direct.hpp"
#include "allocators/fixed.hpp"
#include "allocators/locked.hpp"
#include "allocators/pool.hpp"
#include "allocators/registry.hpp"
#include "allocators/stack.hpp"

namespace harness::allocators {

struct Subject {
    std::string name;
    std::function<std::unique_ptr<AnyAllocator>()> make;
    // Its blocks do not keep what is written to them.
    bool overlaps = false;
};

inline std::ostream& operator<<(std::ostream& out, const Subject& subject) { return out << subject.name; }

inline Subject by_spec(const std::string& spec) {
    return {.name = spec, .make = [spec] { return std::move(make_allocator(spec)).value(); }};
}

template <Allocator A>
Subject by_type(const std::string& name) {
    return {.name = name, .make = [name] { return make_any<A>(name); }};
}

inline std::vector<Subject> all_subjects() {
    std::vector<Subject> subjects;
    for (const AllocatorInfo& info : list_allocators()) {
        // What this machine lacks is named when it is asked for; here there is nothing to test.
        if (info.kind == AllocatorKind::peer && !peer_version(info.name).ok()) continue;
        if (info.kind == AllocatorKind::overlapping) {
            subjects.push_back(by_spec(info.default_spec));
            subjects.back().overlaps = true;
            continue;
        }
        subjects.push_back(by_spec(info.default_spec));
        if (info.kind == AllocatorKind::over_parent) {
            subjects.push_back(by_spec(info.name + "/direct"));
            subjects.push_back(by_spec(info.name + "/arena/page"));
        }
        if (info.kind == AllocatorKind::wrapper) subjects.push_back(by_spec(info.name + "(arena)"));
    }
    subjects.push_back(by_spec("arena(256)"));
    subjects.push_back(by_spec("pool(32,100)/stack"));
    subjects.push_back(by_spec("locked(checked(counting(stack(512)/direct)))"));
    subjects.push_back(by_type<Arena<Direct>>("Arena<Direct>"));
    subjects.push_back(by_type<Stack<Arena<Page>>>("Stack<Arena<Page>>"));
    subjects.push_back(by_type<Pool<Stack<Page>>>("Pool<Stack<Page>>"));
    subjects.push_back(by_type<Counting<Fixed<Page>>>("Counting<Fixed<Page>>"));
    subjects.push_back(by_type<Locked<Arena<Page>>>("Locked<Arena<Page>>"));
    return subjects;
}

// A name that GoogleTest accepts: letters and digits, everything else as an underscore.
inline std::string test_name_of(const std::string& name) {
    std::string result;
    for (const char c : name) result += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return result;
}

// An allocator that only borrows another: it lets a test look at a parent after the child's end.
template <Allocator A>
class Borrowed {
  public:
    static constexpr Threading threading = A::threading;

    explicit Borrowed(A& a) : a_(a) {}
    void* allocate(std::size_t n, std::size_t align) noexcept { return a_.allocate(n, align); }
    void deallocate(void* p, std::size_t n, std::size_t align) noexcept { a_.deallocate(p, n, align); }
    Figures figures() noexcept { return a_.figures(); }

  private:
    A& a_;
};

}  // namespace harness::allocators
