// Where each object has one owner: who borrows it, as checked runs note it.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "lang/memory/value.hpp"

namespace harness::lang {

/// Of each object that was stored without being handed over: where, by its payload. Stores that are no more
/// are forgotten when their number has doubled.
struct Borrows {
    struct Store {
        Value holder, stored;
        std::uint32_t site;
    };
    struct Stores {
        std::vector<Store> all;
        std::size_t most = 8;
    };
    std::unordered_map<std::uint64_t, Stores> of;
    /// Who owns what was stored in it last; may be out of date.
    std::unordered_map<std::uint64_t, Value> owner;
};

}  // namespace harness::lang
