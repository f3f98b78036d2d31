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

/// Values come in as they are stored and go out as they were stored: the manager counts nothing. Who gets a
/// replaced value back, or is handed one by leave() and end(), releases it; what get_var() returns is a
/// borrow.
class MemoryManager {
  public:
    enum class State : std::uint8_t { created, initialised, running, ended };
    /// How to reach the description behind a frame's function; Function itself is the VM's.
    using HeaderOf = const FunctionHeader& (*)(const Function& function);
    using Release = std::function<void(Value)>;

    /// `names` and `facts` must outlive the manager. Fails when the address space for the limits cannot be
    /// had.
    static Outcome<std::unique_ptr<MemoryManager>> create(MemoryOptions options, Names& names,
                                                          const ValueFacts& facts, HeaderOf header_of);

    // --- Life cycle. Each step is taken once; taking it again changes nothing.
    /// Makes the main frame and loads the built-in definitions into the heap; `main` describes the main
    /// program. RecursionError when the limits leave no room for its frame. After end() it begins anew.
    MemoryOutcome<Frame*> initialise(const Function& main, std::span<const Builtin> builtins = {});
    /// Marks the program as running; false unless it was initialised, or is running already.
    bool run();
    /// Pops all frames, the current one first, then clears the heap, the youngest definition first; every
    /// value that a named slot held is handed to `release` after its slot was emptied. The stack's figures
    /// remain readable.
    void end(const Release& release);
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
    /// A global by the text of its name, simple or composite; a borrow. HeapInvalidKeyError also when the
    /// text is no name.
    MemoryOutcome<Value> heap_get(std::string_view text);

    // --- Functions, by name and number of parameters.
    /// Returns the definition that was replaced, or unbound().
    Value register_fn(const FunctionHeader& header, Value definition) {
        return functions_.add({header.name}, header.parameters, definition);
    }
    MemoryOutcome<Value> lookup_fn(const FunctionHeader& header) const {
        return functions_.find({header.name}, header.parameters);
    }
    MemoryOutcome<Value> lookup_fn(Symbol name, std::uint32_t arity) const {
        return functions_.find(name, arity);
    }

    // --- Frames by index; 0 is the main frame. StackFrameGetError when there is no such frame.
    /// The value of a name in that frame alone; StackFrameGetError when it has none there.
    MemoryOutcome<Value> frame_get(std::size_t index, Symbol symbol) const;
    /// The function that runs in the frame; StackFrameNotFnError for the frame of a block or of the main
    /// program.
    MemoryOutcome<const Function*> frame_fn(std::size_t index) const;
    /// The frame of the scope that this frame's scope is written in: the nearest one below, whichever call
    /// made it. nullptr when that scope has none (its call may be over).
    const Frame* scope_parent(const Frame* frame) const;
    const FunctionHeader& header(const Frame* frame) const { return header_of_(*frame->function); }

    Stack& stack() { return stack_; }
    const Stack& stack() const { return stack_; }
    Heap& heap() { return heap_; }
    const Heap& heap() const { return heap_; }
    const FunctionTable& functions() const { return functions_; }
    Symbols& symbols() { return symbols_; }

  private:
    /// Where look-up ended: a slot with its definition, in a frame or (frame == nullptr) in the heap.
    struct Found {
        const Value* slot = nullptr;
        const Definition* definition = nullptr;
        const Frame* frame = nullptr;
    };

    MemoryManager(Stack stack, Heap heap, Names& names, const ValueFacts& facts, HeaderOf header_of);
    Found find_in(const Frame* frame, Symbol symbol) const;
    Found find(Symbol symbol) const;
    MemoryError undefined(Symbol symbol) const;
    MemoryOutcome<Value*> declare_in_heap(Symbol symbol, Type type, Value value, Span span);
    MemoryOutcome<const Frame*> frame_at(std::size_t index) const;
    void release_slots(Frame* frame, const Release& release);

    Stack stack_;
    Heap heap_;
    FunctionTable functions_;
    Symbols symbols_;
    Names& names_;
    const ValueFacts& facts_;
    HeaderOf header_of_;
    State state_ = State::created;
};

}  // namespace harness::lang
