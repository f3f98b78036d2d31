// Which names of a function may still be read: asked where a `region:` block is left, because only what is
// read afterwards leaves it as a copy. A backward data-flow analysis over the blocks of one function (Aho,
// Sethi and Ullman, "Compilers", 1986, section 10.6).
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lang/syntax/ast.hpp"

namespace harness::lang {

/// The names that the statements bind, in this function and at any depth of blocks; each once, in order.
std::vector<NameId> names_bound_in(Block body);

/// Whether a `region:` stands in the statements, functions within them left out.
bool contains_region(Block body);

/// Analyses one function body. Only names that some region in it binds are followed; others are never live.
/// Every answer errs on the side of "may be read".
class Liveness {
  public:
    explicit Liveness(Block body);
    /// The same for these names.
    Liveness(Block body, const std::vector<NameId>& names);

    /// At the start of the function: whether the name may be read before it has a value.
    bool at_start(NameId name) const;

    /// Behind the end of a region.
    bool behind(const Stmt* region, NameId name) const { return going_on(region, StmtKind::region, name); }
    /// Where a `break`, `continue` or `return` goes on: the statement, or a `try` whose `finally` it has
    /// passed through; null for the end of the function.
    bool going_on(const Stmt* from, StmtKind kind, NameId name) const;
    /// At the start of the handlers of a `try`, or of its `finally`.
    bool in_handlers(const Stmt* try_statement, NameId name) const {
        return going_on(try_statement, StmtKind::raise, name);
    }
    bool in_finally(const Stmt* try_statement, NameId name) const {
        return going_on(try_statement, StmtKind::try_, name);
    }

  private:
    friend class LivenessBuilder;
    using Words = std::vector<std::uint64_t>;
    struct Node {
        Words reads, writes, live;  ///< reads: before any write in the same node
        std::vector<std::uint32_t> next;
        std::uint32_t handler;
    };
    static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;

    void solve();
    bool is_live(std::uint32_t node, NameId name) const;
    static constexpr std::uint32_t first_node = 1;  ///< behind that of the end
    /// Places: a statement and the way on from it; of a `try`, `raise` leads to its handlers and
    /// `try_` to its `finally`.
    using Place = std::pair<const Stmt*, StmtKind>;

    std::vector<Node> nodes_;
    std::unordered_map<NameId, std::uint32_t> index_;  ///< of the names that are followed
    std::unordered_set<NameId> always_;                ///< read by what is deferred, or shadowed by `let`
    std::map<Place, std::uint32_t> places_;
};

}  // namespace harness::lang
