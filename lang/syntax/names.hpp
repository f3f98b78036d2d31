// Interned identifiers: the front end turns each name into a small number once, and everything after it
// compares numbers.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace harness::lang {

/// Index of an interned name; equal names have equal ids. 0 is the empty name.
using NameId = std::uint32_t;

class Names {
  public:
    Names() { intern(""); }

    NameId intern(std::string_view text) {
        if (auto found = ids_.find(text); found != ids_.end()) return found->second;
        const std::string& owned = texts_.emplace_back(text);
        const auto id = static_cast<NameId>(texts_.size() - 1);
        ids_.emplace(owned, id);
        return id;
    }

    std::string_view text(NameId id) const { return texts_[id]; }
    std::size_t size() const { return texts_.size(); }

  private:
    std::deque<std::string> texts_;  ///< a deque: the map's keys point into it
    std::unordered_map<std::string_view, NameId> ids_;
};

}  // namespace harness::lang
