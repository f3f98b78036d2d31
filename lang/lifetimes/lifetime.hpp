// When bytes go back. Each lifetime is one file that defines a policy struct; from it the VM's handlers are
// instantiated, and the table below is filled for builtins and slow paths, which reach it by pointer.
#pragma once

#include <cstdint>
#include <string_view>

#include "lang/memory/value.hpp"

namespace harness::lang {

class Machine;

/// The face of a lifetime for everything but the VM's hot handlers. `share` and the others take heap values
/// only except where stated; see Machine for what each means.
struct Lifetime {
    std::string_view name;
    std::string_view summary;

    // What the compiler and the heap must know.
    bool counts = false;          ///< ownership operations are compiled: names and temporaries are released
    bool counts_objects = false;  ///< objects are counted, not only strings and the VM's own (refcount)
    bool sequence_header = true;  ///< lists need a header
    bool regions = false;         ///< arena, stack: region marks are compiled
    bool call_regions = false;    ///< stack: each call is a region
    bool literals_allocate = false;  ///< a str literal is a new object at each evaluation (leak)
    bool live_at_exit_is_leak = false;
    bool collects_cycles = false;   ///< refcount+cycles
    bool explicit_release = false;  ///< manual: free and deinit give memory back
    bool gives = false;             ///< manual, scope, ownership: a call hands over what it is given
    bool single_owner = false;      ///< scope, ownership: a name or a place owns what it holds
    bool moves = false;             ///< ownership: an owner that is stored or given is moved
    bool traces = false;            ///< gc: a collector finds what is unreachable
    std::uint32_t birth_word = 0;

    Value (*share)(Machine&, Value borrow) = nullptr;  ///< any value
    void (*drop)(Machine&, Value unnamed) = nullptr;
    Value (*store)(Machine&, Value container, Value lent) = nullptr;
    Value (*store_unnamed)(Machine&, Value container, Value unnamed) = nullptr;
    Value (*store_edge)(Machine&, Value container, Value lent) = nullptr;
    Value (*take)(Machine&, Value from_slot) = nullptr;
    Value (*read_place)(Value) = nullptr;  ///< a borrow of what a field or element holds
    void (*discard)(Machine&, Value from_slot) = nullptr;
};

}  // namespace harness::lang
