// What a caller may rely on when a function is called: what certainly becomes of each parameter on every way
// out, and what may happen besides. Calls are analysed by these summaries instead of the body again (the
// functional approach of Sharir and Pnueli, "Two approaches to interprocedural data flow analysis", 1981).
#pragma once

#include <vector>

#include "lang/check/state.hpp"

namespace harness::lang::analysis {

/// A place that a caller can name: a parameter or a global, and the fields from there.
struct PlacePath {
    Root root = Root::none;
    std::uint32_t parameter = 0;
    NameId name = 0;
    std::vector<NameId> fields;
};

/// The function certainly stores `parameter` into `holder.field`.
struct StoreEffect {
    PlacePath holder;
    NameId field = 0;
    std::uint32_t parameter = 0;
    Edge::Kind kind = Edge::Kind::named;
    Span store{}, place{};
};

/// A constructor certainly puts a new object into `self.field`.
struct NewField {
    NameId field = 0;
    Object::Kind kind = Object::Kind::other;
    const ClassStmt* type = nullptr;
    Span made{};
};

struct Summary {
    bool known = false;           ///< else nothing below says anything
    bool returns = true;          ///< false: it never ends normally
    bool writes_heap = true;      ///< it may store into objects that it did not make
    bool keeps = true;            ///< it may keep what it can reach
    std::vector<Event> released;  ///< by parameter: free(p) or deinit(p)
    std::vector<StoreEffect> stores;
    std::vector<NewField> new_fields;
    Event gives_gone{};      ///< the result is a borrow of what ends with the call
    bool gives_new = false;  ///< the result is a new mutable object
    Object::Kind result = Object::Kind::other;
    const ClassStmt* result_type = nullptr;
};

}  // namespace harness::lang::analysis
