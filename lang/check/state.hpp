// What is certain at one point of a function: which object a name holds and owns, which places hold which
// objects, what has ended. Only facts that hold on every way to the point are kept, so a join forgets.
// Objects are named by the evaluation that made them, not by its place in the text (recency abstraction:
// Balakrishnan and Reps, "Recency-abstraction for heap-allocated storage", 2006), which is what makes strong
// updates right.
#pragma once

#include <cstdint>
#include <vector>

#include "lang/source/source_map.hpp"
#include "lang/syntax/ast.hpp"

namespace harness::lang::analysis {

using ObjectId = std::uint32_t;  ///< 0: no object that is known

/// More than these are not followed; every copy and join of a state is bounded by them.
inline constexpr std::size_t most_variables = 100, most_objects = 64, most_edges = 64;

/// Something that may have happened to a name or an object.
struct Event {
    enum class Certainty : std::uint8_t { no, maybe, yes } is = Certainty::no;
    Span at{};

    bool sure() const { return is == Certainty::yes; }
    bool possible() const { return is != Certainty::no; }
    void weaken() {
        if (is == Certainty::no) is = Certainty::maybe;
    }
    void join(const Event& other) {
        if (is != other.is) is = Certainty::maybe;
    }
};

inline Event certain(Span at) { return {Event::Certainty::yes, at}; }
inline Event uncertain() { return {Event::Certainty::maybe, {}}; }

struct Value {
    enum class Kind : std::uint8_t { unknown, plain, object } kind = Kind::unknown;
    ObjectId object = 0;

    static Value plain() { return {Kind::plain, 0}; }
    static Value of(ObjectId id) { return id == 0 ? Value{} : Value{Kind::object, id}; }
    friend bool operator==(const Value&, const Value&) = default;
};

/// A local name that no other function touches.
struct Variable {
    NameId name = 0;
    Value value{};
    Event freed{}, moved{};  ///< by free(x), deinit(x), move(x): the name is dead under every lifetime
    Event given{};           ///< stored, given or assigned: under `ownership` the name is dead
    bool given_to_name = false;
};

/// Where an object comes from that was not made here.
enum class Root : std::uint8_t { none, parameter, global, captured, field };

struct Object {
    ObjectId id = 0;
    enum class Kind : std::uint8_t { list, dict, instance, other } kind = Kind::other;
    const ClassStmt* type = nullptr;  ///< of an instance
    Span made{};
    NameId owner = 0;     ///< the local name that certainly owns it, in the sense of `scope`
    Event released{};     ///< under `manual`: its memory went back
    Event gone{};         ///< under `scope` and `ownership`: it ended with what owned it
    bool lost = false;    ///< code that is not known may have kept it
    bool shared = false;  ///< something else may hold it
    std::uint16_t region = 0;
    Root root = Root::none;
    NameId root_name = 0;
    std::uint32_t parameter = 0;
    ObjectId parent = 0;  ///< of a field's content
    NameId field = 0;

    bool external() const { return root != Root::none; }
};

/// `holder.field` (0: an element) certainly refers to `target`.
struct Edge {
    /// What the source wrote: `e`, `&e`, or something without a name.
    enum class Kind : std::uint8_t { named, lent, unnamed } kind = Kind::unnamed;
    ObjectId holder = 0, target = 0;
    NameId field = 0, name = 0;
    Span store{}, place{};
    Span call{};  ///< of the callee that stored, else nothing
    /// Where the place certainly outlives a local owner although the holder may have been given away here.
    bool lent_under_scope = true, lent_under_ownership = true;
};

/// `holder.field` was moved out of or freed and not stored since: no lifetime lets it be read.
struct Hole {
    ObjectId holder = 0;
    NameId field = 0;
    bool moved = false;
    Span at{};
};

/// `keep what with target`, both known.
struct KeepEdge {
    ObjectId what = 0, target = 0;
    Span at{};
    friend bool operator==(const KeepEdge& a, const KeepEdge& b) {
        return a.what == b.what && a.target == b.target;
    }
};

struct State {
    bool reachable = true;
    std::vector<Variable> variables;
    std::vector<Object> objects;
    std::vector<Edge> edges;
    std::vector<KeepEdge> keeps;
    std::vector<Hole> holes;

    Variable* variable(NameId name);
    Object* object(ObjectId id);
    const Object* object(ObjectId id) const { return const_cast<State*>(this)->object(id); }
    const Edge* edge(ObjectId holder, NameId field) const;

    /// Only what holds in both.
    void join(const State& other);
    /// Nothing is known of what it refers to any more.
    void forget_value(Variable& variable);
    /// Edges from places that `holder.field` may be another name of; holder 0 may be anything.
    void cut(ObjectId holder, NameId field);
    /// Everything that unknown code can reach may have changed: what is external, lost or shared, and all
    /// behind it.
    void expose(bool may_keep);
    void expose(ObjectId id, bool may_keep) { expose(std::vector<ObjectId>{id}, may_keep); }

  private:
    void expose(std::vector<ObjectId> reached, bool may_keep);
};

}  // namespace harness::lang::analysis
