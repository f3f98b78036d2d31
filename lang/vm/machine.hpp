// One running program: its heap, its names, its errors, and the services that builtins need from the VM. The
// interpreter's own state and its handlers are in interpreter.hpp; this is the face that everything else
// sees.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "lang/lifetimes/lifetime.hpp"
#include "lang/memory/object_heap.hpp"
#include "lang/vm/class_info.hpp"

namespace harness::lang {

enum class ErrorKind : std::uint8_t {
#define ERROR(name, base, exit) name,
#include "lang/vm/errors.def"
#undef ERROR
};

class Interpreter;
struct RunOptions;

/// What a raise() knows beyond its message: numbers and references, from which advice is made when nobody
/// catches the error.
struct ErrorAbout {
    std::int64_t index = 0;
    std::int64_t length = -1;            ///< of what was indexed, looked into or taken apart
    Value dict = Value::absent();        ///< that has not the key; read before anything of the program ends
    const Function* function = nullptr;  ///< that was called with the wrong arguments
    bool by_language = false;
};

/// Where the program's output goes: buffered, hashed, counted.
class Output;

class Machine {
  public:
    ObjectHeap& heap;
    Names& names;
    const RunOptions& options;
    Output& out;
    /// Names that param() was called with, noted only if there are settings at all.
    std::set<std::string, std::less<>> asked_settings;
    /// Set just before raise(), which uses it up.
    ErrorAbout about;

    // --- Errors. raise() makes the exception pending and returns Value::failed(), so that `return
    // machine.raise(…)` is how a native fails. The message is CPython 3.11's where Python has the error.
    Value raise(ErrorKind kind, std::string message);
    /// The same with a remedy, told when nobody catches it.
    Value raise(ErrorKind kind, std::string message, std::string help);
    /// The message is the key's repr. `dict`, where a register or an argument holds it, for the advice.
    Value raise_key_error(Value key, Value dict = Value::absent());
    /// An index outside of 0 .. length - 1.
    Value raise_index_error(std::string message, std::int64_t index, std::int64_t length);
    Value raise_memory_error(std::size_t bytes);

    // --- Responsibility for values, as the run's lifetime has it (lifetimes/lifetime.hpp). A *borrow* is a
    // value read from a place that goes on holding it; an *unnamed* value is one that we answer for.
    /// Makes an unnamed value of a borrow, for returning it or for keeping it across calls of the program.
    Value share(Value borrow) { return lifetime.share(*this, borrow); }
    /// Ends an unnamed value that nobody received.
    void drop(Value unnamed) {
        if (unnamed.is_heap()) lifetime.drop(*this, unnamed);
    }
    /// What to write into a slot of `container` for a lent value: a named object stays with its name, a
    /// string is shared, a region may copy. Value::failed() after raising.
    Value store(Value container, Value lent) {
        return lent.is_heap() ? lifetime.store(*this, container, lent) : lent;
    }
    /// The same for an unnamed value, which the container receives.
    Value store_unnamed(Value container, Value unnamed) {
        return unnamed.is_heap() ? lifetime.store_unnamed(*this, container, unnamed) : unnamed;
    }
    /// Makes an unnamed value of what was taken out of a slot that no longer holds it (pop).
    Value take(Value from_slot) { return from_slot.is_heap() ? lifetime.take(*this, from_slot) : from_slot; }
    /// Ends what an overwritten or removed slot held. May run destructors: containers must be consistent
    /// before.
    void discard(Value from_slot) {
        if (from_slot.is_heap()) lifetime.discard(*this, from_slot);
    }

    /// The same of `old`, which `place` held until it was overwritten.
    void discard_overwritten(Value& place, Value old);

    // --- Calling the program. Results are unnamed, or failed(). Nested calls use C++ stack, so their depth
    // is bounded: RecursionError beyond.
    Value call(Value callee, const Value* arguments, std::uint32_t count);
    /// Calls a special method of an instance; absent() when its class has none.
    Value call_dunder(Value self, Dunder dunder, const Value* more = nullptr, std::uint32_t count = 0);
    /// A guard for recursion in C++ over the program's data (repr, ==, copy of nested values): construct one
    /// per level; false means RecursionError was raised.
    class DepthGuard {
      public:
        DepthGuard(Machine& machine, std::string_view doing);
        ~DepthGuard();
        DepthGuard(const DepthGuard&) = delete;
        DepthGuard& operator=(const DepthGuard&) = delete;
        explicit operator bool() const { return ok_; }

      private:
        Machine& machine_;
        bool ok_;
    };

    // --- Knowing values.
    /// The class of any value: int, str, list, a user's class.
    const ClassInfo& class_of(Value v) const;
    const ClassInfo& class_by_id(ClassId id) const { return *classes_[static_cast<std::size_t>(id)]; }
    /// type(v).__name__
    std::string_view type_name(Value v) const { return class_of(v).name; }
    const ClassInfo& error_class(ErrorKind kind) const {
        return *error_classes_[static_cast<std::size_t>(kind)];
    }
    const ClassInfo& iterator_class(Value iterator) const;  ///< by what it walks, as Python names it
    std::int64_t view_length_of(Value iterator) const;
    std::uint32_t closure_cells(Value closure) const;
    /// Whether the value is an instance of a class that the program defined (exceptions included).
    bool is_instance(Value v) const;
    /// 1, 0, or -1 after raising (a __bool__ or __len__ of the program may run).
    int truth(Value v);
    /// An attribute of anything; unnamed result, failed() after AttributeError, or absent() if `optional`.
    Value get_attribute(Value object, NameId name, bool optional = false);
    bool set_attribute(Value object, NameId name, Value lent);

    Lifetime lifetime;

    /// Classes of values that have no header to tell it.
    enum class BasicClass : std::uint8_t {
        none,
        bool_,
        int_,
        float_,
        str,
        function,
        native,
        type,
        module,
        allocator,
        not_implemented,
        count_
    };

  protected:
    friend class Interpreter;
    const ClassInfo* basic_classes_[static_cast<std::size_t>(BasicClass::count_)] = {};
    Machine(ObjectHeap& h, Names& n, const RunOptions& o, Output& output, const Lifetime& l)
        : heap(h), names(n), options(o), out(output), lifetime(l) {}
    std::vector<const ClassInfo*> classes_;
    std::vector<const ClassInfo*> error_classes_;
    std::uint32_t native_depth_ = 0;
};

/// What `given` holds is stored in `holder`. If nobody names it, its region lives on with the holder, as it
/// does where such a thing itself is stored.
void take_region_along(Machine& machine, Value holder, Value given);

/// Whether a builtin type has a method of that name.
bool is_builtin_method_name(std::string_view name);

}  // namespace harness::lang
