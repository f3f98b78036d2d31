// The coordinator of a program's memory of names: stack, heap, symbol tables, functions. The VM runs on the
// stack and the slots directly; by name, with every check, everything is reached here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lang/memory/manager/function_table.hpp"
#include "lang/memory/manager/heap.hpp"
#include "lang/memory/manager/memory_error.hpp"
#include "lang/memory/manager/program_view.hpp"
#include "lang/memory/manager/scope.hpp"
#include "lang/memory/manager/stack.hpp"
#include "lang/memory/manager/symbol.hpp"

namespace harness::lang {

struct MemoryOptions {
    StackLimits stack;
    std::uint32_t max_globals = Heap::default_max_slots;
};

/// A definition that every program begins with.
struct Builtin {
    Symbol symbol;
    Value value;
    DefinitionKind kind = DefinitionKind::function;
};

/// A name and a borrow of its value.
struct NamedValue {
    Symbol symbol;
    Value value;
};

/// A scope under way: the main program, a call, or a block with names of its own inside of either.
struct FrameInfo {
    const Frame* frame;           ///< for a block without a frame of its own, that of its function
    const FunctionHeader* scope;  ///< what runs
    std::uint32_t depth;          ///< calls below it: 0 for the main program and its blocks
    std::int64_t parent;          ///< index of the frame of the scope that it is written in; -1 for none
    std::uint32_t return_line;    ///< where its caller goes on; 0 for the main program and blocks

    ScopeKind kind() const { return scope->kind; }
};

/// Values come in as they are stored and go out as they were stored: the manager counts nothing. Who gets a
/// replaced value back, or is handed one by leave() and end(), releases it; what get_var() returns is a
/// borrow.
class MemoryManager {
  public:
    enum class State : std::uint8_t { created, initialised, running, ended };
    using Release = std::function<void(Value)>;

    /// `names`, `facts` and `view` must outlive the manager. Fails when the address space for the limits
    /// cannot be had.
    static Outcome<std::unique_ptr<MemoryManager>> create(MemoryOptions options, Names& names,
                                                          const ValueFacts& facts, const ProgramView& view);

    // --- Life cycle. Each step is taken once; taking it again changes nothing.
    /// Makes the main frame and loads the built-in definitions into the heap, where they have the slots from
    /// 0 on and where the program's definitions may shadow them. `main` is the main program. RecursionError
    /// when the limits leave no room for its frame. After end() it begins anew.
    MemoryOutcome<Frame*> initialise(const Function& main, std::span<const Builtin> builtins = {});
    /// Marks the program as running; false unless it was initialised, or is running already.
    bool run();
    /// Pops all frames, the current one first, then clears the heap, the youngest definition first; every
    /// value that a slot held is handed to `release` after its slot was emptied. `then` runs before the names
    /// are forgotten, for what the caller releases besides: that may run code which asks for names. The
    /// stack's figures remain readable.
    void end(const Release& release, const std::function<void()>& then = {});
    State state() const { return state_; }

    // --- Calls, for those who run code by name; a VM pushes its frames itself.
    /// Pushes a frame above the named slots of the current one and binds the arguments to the parameters,
    /// checked by their types. TypeError for a wrong count or type, RecursionError at the limits; nothing has
    /// changed then.
    MemoryOutcome<Frame*> enter(const Function& function, std::span<const Value> arguments = {},
                                const std::uint32_t* return_pc = nullptr);
    /// Pops the current frame, which must not be the main one, and hands over what its named slots held, last
    /// first.
    void leave(const Release& release);

    // --- Variables. Look-up: the current frame, the frames of the scopes that it is written in, the heap.
    /// Defines a variable in the current frame; composite symbols, and in the main frame whatever has no slot
    /// there, in the heap. NameError when the scope has it already or the frame has no slot left, TypeError.
    MemoryOutcome<Value*> declare_var(Symbol symbol, Type type, Value value, Span span = {});
    /// Stores under the definition that look-up finds and returns what was replaced (unbound() for nothing).
    /// NameError with the nearest name, TypeError; nothing has changed then.
    MemoryOutcome<Value> assign_var(Symbol symbol, Value value);
    /// NameError with the nearest name; UnboundLocalError when a frame defines it but has given it no value
    /// yet.
    MemoryOutcome<Value> get_var(Symbol symbol) const;
    /// A global by the text of its name, simple or composite, whether it lies in the heap or in the main
    /// frame; a borrow. HeapInvalidKeyError also when the text is no name.
    MemoryOutcome<Value> heap_get(std::string_view text);
    /// The NameError of a name that look-up does not find, with the nearest that it would; and the
    /// UnboundLocalError of one that it finds without a value.
    MemoryError undefined(Symbol symbol) const;
    MemoryError unbound_local(Symbol symbol) const;

    // --- Functions, by name and number of parameters.
    /// Returns the definition that was replaced, or unbound().
    Value register_fn(const FunctionHeader& header, Value definition) {
        return register_fn({header.name}, header.parameters, definition);
    }
    /// Under another symbol than the header's name, such as a composite one.
    Value register_fn(Symbol name, std::uint32_t arity, Value definition) {
        return functions_.add(name, arity, definition);
    }
    MemoryOutcome<Value> lookup_fn(const FunctionHeader& header) const {
        return functions_.find({header.name}, header.parameters);
    }
    MemoryOutcome<Value> lookup_fn(Symbol name, std::uint32_t arity) const {
        return functions_.find(name, arity);
    }

    // --- Looking around. Names without a value are left out; values are borrows.
    /// All that are shown, from the main frame to the current one; a block follows its function.
    std::vector<FrameInfo> frames() const;
    /// The names of that frame alone, in the order of their slots; of the main frame also those of the
    /// program that lie in the heap.
    std::vector<NamedValue> names_of(const FrameInfo& frame) const;
    /// The names of the current call: in the main program globals(), inner blocks shadowing outer ones.
    std::vector<NamedValue> locals() const;
    /// The names of the main program, wherever they lie, then those of modules, which are composite. The
    /// built-in ones are not listed.
    std::vector<NamedValue> globals() const;

    // --- Frames by index; 0 is the main frame. StackFrameGetError when there is no such frame.
    /// The value of a name in that frame alone; StackFrameGetError when it has none there.
    MemoryOutcome<Value> frame_get(std::int64_t index, Symbol symbol) const;
    /// The frame of the call, whose function it tells; StackFrameNotFnError for the frame of a block or of
    /// the main program.
    MemoryOutcome<const Frame*> frame_fn(std::int64_t index) const;
    /// The frame of the scope that this frame's scope is written in: the nearest one below, whichever call
    /// made it; when that call is over, of the next scope outwards. nullptr when none has one.
    const Frame* scope_parent(const Frame* frame) const;
    const FunctionHeader& header(const Frame* frame) const { return view_.header(*frame->function); }

    Stack& stack() { return stack_; }
    const Stack& stack() const { return stack_; }
    Heap& heap() { return heap_; }
    const Heap& heap() const { return heap_; }
    const FunctionTable& functions() const { return functions_; }
    Symbols& symbols() { return symbols_; }

  private:
    /// Where look-up ended: a place with its definition, and the scope of its frame or nullptr for the heap.
    struct Found {
        Value* place = nullptr;
        const Definition* definition = nullptr;
        const FunctionHeader* scope = nullptr;
    };

    MemoryManager(Stack stack, Heap heap, Names& names, const ValueFacts& facts, const ProgramView& view);
    std::vector<const FunctionHeader*> scopes_of(const Frame* frame) const;
    Found find_in(const Frame* frame, const FunctionHeader* scope, Symbol symbol) const;
    Found find_global(Symbol symbol) const;
    Found find(Symbol symbol) const;
    void append_names(const Frame* frame, const FunctionHeader* scope, std::vector<NamedValue>& names) const;
    void append_heap(bool composite, std::vector<NamedValue>& names) const;
    MemoryOutcome<Value*> declare_in_heap(Symbol symbol, Type type, Value value, Span span);
    MemoryOutcome<FrameInfo> frame_at(std::int64_t index) const;
    void release_slots(const Frame* frame, const Release& release);

    Stack stack_;
    Heap heap_;
    FunctionTable functions_;
    Symbols symbols_;
    Names& names_;
    const ValueFacts& facts_;
    const ProgramView& view_;
    State state_ = State::created;
};

}  // namespace harness::lang
