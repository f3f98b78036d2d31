// The allocators by name: what exists, and how to make one from the words a user types.
// A spec is `name`, `name(args)`, `child/parent` or `wrapper(spec, args)`: `pool(32,1M)/arena/page`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "allocators/any_allocator.hpp"
#include "allocators/outcome.hpp"

namespace harness::allocators {

class DefectSink;

// The blocks of an `overlapping` one do not keep what is written to them: it is there for measuring drivers.
enum class AllocatorKind { base, over_parent, wrapper, peer, overlapping };

struct AllocatorInfo {
    std::string name;
    std::string summary;
    AllocatorKind kind;
    // For a wrapper or an allocator over a parent, of the default composition.
    Threading threading;
    // The spec with every default written out, `pool(64,64K)/page`; it makes the same allocator as the name.
    std::string default_spec;
    // "slot_bytes=64, slots=64K"; empty when there are none.
    std::string parameters;
};

// Every registered allocator in the order of registration. No peer is loaded for it.
std::vector<AllocatorInfo> list_allocators();

// The version of a peer as the library itself tells it, or what is missing and the package to install. Loads
// the library.
Outcome<std::string> peer_version(std::string_view peer);

// Whether the spec has an allocator whose blocks overlap, at any place; false for a malformed spec.
bool has_overlapping_blocks(std::string_view spec);

// Makes what the spec says. Fails with the place in the spec, the cause and a remedy: an unknown name (the
// nearest one is suggested), too many or malformed numbers, a parent for what takes none, or memory that is
// not there. Sizes and counts take the suffixes K, M and G, powers of 1024. `defects` is where checked(A)
// reports; it must outlive the allocator. Without one, reports go to standard error.
Outcome<std::unique_ptr<AnyAllocator>> make_allocator(std::string_view spec);
Outcome<std::unique_ptr<AnyAllocator>> make_allocator(std::string_view spec, DefectSink& defects);

}  // namespace harness::allocators
