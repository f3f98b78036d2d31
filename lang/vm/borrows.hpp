// Where each object has one owner: who borrows it and who owns it, as checked runs note it. Both are known by
// the index of the object's handle, so that a store costs an addition to a table and no look-up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "lang/memory/value.hpp"

namespace harness::lang {

class Borrows {
  public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    /// The object with this handle's index is stored in `holder`, which does not own it.
    void note(std::uint32_t target, Value holder, std::uint32_t site) {
        if (target >= first_.size()) first_.resize(target + 1, none);
        log_.push_back({holder, site, first_[target]});
        first_[target] = static_cast<std::uint32_t>(log_.size() - 1);
    }
    /// Calls visit(holder, site) for each, the last store first, until it returns false. Stores may be out of
    /// date.
    template <class Visit>
    void each(std::uint32_t target, Visit visit) const {
        if (target >= first_.size()) return;
        for (std::uint32_t i = first_[target]; i != none; i = log_[i].next)
            if (!visit(log_[i].holder, log_[i].site)) return;
    }
    bool has_any(std::uint32_t target) const { return target < first_.size() && first_[target] != none; }
    /// The object is gone.
    void forget(std::uint32_t target) {
        if (target < first_.size()) first_[target] = none;
        if (target < owner_.size()) owner_[target] = none;
        if (!further_.empty()) further_.erase(target);
    }
    /// Whether the table has doubled since it was made small.
    bool is_large() const { return log_.size() >= most_; }
    /// Leaves what keeps(target, holder) says.
    template <class Keeps>
    void shrink(Keeps keeps) {
        std::vector<Store> left;
        for (std::uint32_t target = 0; target < first_.size(); ++target) {
            std::uint32_t i = first_[target];
            first_[target] = none;
            for (; i != none; i = log_[i].next) {
                if (!keeps(target, log_[i].holder)) continue;
                left.push_back({log_[i].holder, log_[i].site, first_[target]});
                first_[target] = static_cast<std::uint32_t>(left.size() - 1);
            }
        }
        log_.swap(left);
        most_ = log_.size() * 2 > least ? log_.size() * 2 : least;
    }

    void set_owner(std::uint32_t owned, std::uint32_t holder) {
        if (owned >= owner_.size()) owner_.resize(owned + 1, none);
        owner_[owned] = holder;
    }
    /// One more of those that it goes with, the last of them.
    void add_owner(std::uint32_t owned, std::uint32_t holder) {
        const std::uint32_t before = owner(owned);
        if (before != none && before != holder) {
            auto& others = further_[owned];
            if (std::find(others.begin(), others.end(), before) == others.end()) others.push_back(before);
        }
        set_owner(owned, holder);
    }
    /// Who stored it as owned last; may be out of date.
    std::uint32_t owner(std::uint32_t owned) const { return owned < owner_.size() ? owner_[owned] : none; }
    /// Calls visit(holder) for that one and for the others that it was kept with; each may be out of date.
    template <class Visit>
    void each_owner(std::uint32_t owned, Visit visit) const {
        if (const std::uint32_t last = owner(owned); last != none) visit(last);
        if (further_.empty()) return;
        if (const auto found = further_.find(owned); found != further_.end())
            for (const std::uint32_t each : found->second) visit(each);
    }

  private:
    static constexpr std::size_t least = 4096;
    struct Store {
        Value holder;
        std::uint32_t site;
        std::uint32_t next;  ///< of the same object
    };
    std::vector<Store> log_;
    std::vector<std::uint32_t> first_, owner_;  ///< by the index of a handle
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> further_;
    std::size_t most_ = least;
};

}  // namespace harness::lang
