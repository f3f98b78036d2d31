// The collector of the lifetime `gc`: mark and sweep over any allocator, in steps that allocation pays for.
// A cycle begins with a snapshot of the program's roots, and everything that was reachable then stays to its
// end (Yuasa, "Real-time garbage collection on general-purpose machines", 1990): so only references that
// leave a place on the heap need a barrier, names and temporaries none, and a step may be taken wherever
// something is made, also in the middle of a function of the language.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "lang/memory/value.hpp"

namespace harness::lang {

class Interpreter;

class Collector {
  public:
    /// A step stops after `pause_ns`; what it left undone is added to the next ones.
    Collector(Interpreter& vm, std::uint64_t pause_ns);
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    /// An object was made, with its contents in place. May take a step.
    void note(Value made);
    /// It has a destructor, which runs at a safepoint after the object became unreachable.
    void note_destructor(Value v) { with_destructor_.push_back(v); }
    /// A reference leaves a place on the heap; only while Interpreter::marking.
    void shade(Value v);
    /// The program's values are all in its windows, globals and objects: a cycle may begin, destructors may
    /// run. Clears Interpreter::attention.
    void safepoint();
    /// The allocator gave nothing: finishes the cycle under way. True if that gave bytes back.
    bool reclaim();
    /// The same, at a safepoint, with a cycle of its own. Destructors wait for the next safepoint.
    bool reclaim_all();
    /// The program ended: the remaining destructors run, the youngest object's first, and everything goes.
    void end();

  private:
    enum class Phase : std::uint8_t { idle, marking, sweeping };

    std::uint64_t live_bytes() const;
    std::uint64_t interval() const;
    bool due() const { return phase_ == Phase::idle && live_bytes() >= begin_at_; }
    void step();
    void begin_cycle();
    void mark_roots();
    void mark_stack();
    void mark_places_of(Value v);
    /// Both stop after about so many bytes, or when time is up; false when nothing is left to do.
    bool mark(std::uint64_t bytes, std::uint64_t until_ns);
    bool sweep(std::uint64_t bytes, std::uint64_t until_ns);
    void end_marking();
    void end_sweep();
    void finish_cycle();
    void destroy(Value v);
    void run_destructors();
    std::uint32_t& mark_of(Value v) const;

    Interpreter& vm_;
    const std::uint64_t pause_ns_;
    const std::uint64_t interval_;  ///< bytes that the program makes between two steps
    Phase phase_ = Phase::idle;
    bool pausing_ = false;  ///< a step is under way
    /// What a marked object's header says; greater with every cycle, so that no mark need ever be cleared.
    std::uint32_t epoch_ = 1;
    std::vector<Value> objects_;  ///< all of them, in the order of their making
    std::vector<Value> to_scan_;  ///< marked, places not looked at yet
    std::vector<Value> with_destructor_, doomed_;
    std::size_t swept_ = 0, kept_ = 0, sweep_end_ = 0;  ///< of objects_
    std::uint64_t next_step_ = 0;  ///< bytes made by the program in all when the next step is due
    std::uint64_t begin_at_;       ///< bytes that live when the next cycle is due
    /// Programs with arenas of their own may hold references to what a reset took away: then an object is
    /// marked only if it is one of these. Checked runs have handles for that.
    std::unordered_set<std::uint64_t> members_;
    bool members_only_ = false;
};

}  // namespace harness::lang
