// Look-up, join and weakening of what is certain.
#include "lang/check/state.hpp"

#include <algorithm>

namespace harness::lang::analysis {

Variable* State::variable(NameId name) {
    for (Variable& each : variables)
        if (each.name == name) return &each;
    return nullptr;
}

Object* State::object(ObjectId id) {
    if (id == 0) return nullptr;
    for (Object& each : objects)
        if (each.id == id) return &each;
    return nullptr;
}

const Edge* State::edge(ObjectId holder, NameId field) const {
    for (const Edge& each : edges)
        if (each.holder == holder && each.field == field) return &each;
    return nullptr;
}

void State::forget_value(Variable& variable) {
    if (Object* held = object(variable.value.object); held != nullptr) {
        held->owner = 0;
        held->shared = true;
    }
    variable.value = {};
}

void State::join(const State& other) {
    if (!other.reachable) return;
    if (!reachable) {
        *this = other;
        return;
    }
    std::erase_if(objects, [&](Object& mine) {
        const Object* theirs = other.object(mine.id);
        if (theirs == nullptr) return true;
        if (mine.owner != theirs->owner) mine.owner = 0;
        mine.released.join(theirs->released);
        mine.gone.join(theirs->gone);
        mine.lost = mine.lost || theirs->lost;
        mine.shared = mine.shared || theirs->shared;
        return false;
    });
    for (Variable& mine : variables) {
        const Variable* theirs = const_cast<State&>(other).variable(mine.name);
        if (theirs == nullptr) {
            mine = {.name = mine.name,
                    .value = {},
                    .freed = uncertain(),
                    .moved = uncertain(),
                    .given = uncertain()};
            continue;
        }
        if (!(mine.value == theirs->value) ||
            (mine.value.object != 0 && object(mine.value.object) == nullptr)) {
            if (Object* held = object(mine.value.object)) held->owner = 0, held->shared = true;
            if (Object* held = object(theirs->value.object)) held->owner = 0, held->shared = true;
            mine.value = {};
        }
        mine.freed.join(theirs->freed);
        mine.moved.join(theirs->moved);
        mine.given.join(theirs->given);
    }
    for (const Variable& theirs : other.variables) {
        if (variable(theirs.name) == nullptr && variables.size() < most_variables)
            variables.push_back({.name = theirs.name,
                                 .value = {},
                                 .freed = uncertain(),
                                 .moved = uncertain(),
                                 .given = uncertain()});
        if (Object* held = object(theirs.value.object);
            held != nullptr && variable(theirs.name)->value.object != held->id)
            held->owner = 0, held->shared = true;
    }
    std::erase_if(edges, [&](Edge& mine) {
        if (object(mine.holder) == nullptr || object(mine.target) == nullptr) return true;
        const auto same = std::find_if(other.edges.begin(), other.edges.end(), [&](const Edge& theirs) {
            return theirs.holder == mine.holder && theirs.field == mine.field && theirs.target == mine.target;
        });
        // Stored in one way here and in another there: neither is certain.
        return same == other.edges.end() || same->kind != mine.kind || same->name != mine.name;
    });
    std::erase_if(holes, [&](const Hole& mine) {
        return object(mine.holder) == nullptr ||
               std::none_of(other.holes.begin(), other.holes.end(), [&](const Hole& theirs) {
                   return theirs.holder == mine.holder && theirs.field == mine.field &&
                          theirs.moved == mine.moved;
               });
    });
    std::erase_if(keeps, [&](const KeepEdge& mine) {
        return std::find(other.keeps.begin(), other.keeps.end(), mine) == other.keeps.end() ||
               object(mine.what) == nullptr || object(mine.target) == nullptr;
    });
}

void State::cut(ObjectId holder, NameId field) {
    const Object* stored = object(holder);
    const bool made_here = stored != nullptr && !stored->external();
    const auto is_cut = [&](const auto& each) {
        if (each.field != field) return false;
        if (each.holder == holder || holder == 0) return true;
        const Object* other = object(each.holder);
        // Two objects are two if one of them was made here.
        return !made_here && (other == nullptr || other->external());
    };
    std::erase_if(edges, is_cut);
    std::erase_if(holes, is_cut);
}

void State::expose(bool may_keep) {
    std::vector<ObjectId> reached;
    for (const Object& each : objects)
        if (each.external() || each.lost) reached.push_back(each.id);
    expose(std::move(reached), may_keep);
}

void State::expose(std::vector<ObjectId> reached, bool may_keep) {
    const auto has = [&](ObjectId id) {
        return std::find(reached.begin(), reached.end(), id) != reached.end();
    };
    for (std::size_t i = 0; i < reached.size(); ++i) {
        if (Object* at = object(reached[i])) {
            at->shared = true;
            at->lost = at->lost || may_keep;
            at->released.weaken();
        }
        for (const Edge& each : edges)
            if (each.holder == reached[i] && !has(each.target)) reached.push_back(each.target);
    }
    std::erase_if(edges, [&](const Edge& each) { return has(each.holder); });
    std::erase_if(holes, [&](const Hole& each) { return has(each.holder); });
}

}  // namespace harness::lang::analysis
