// Life cycle, calls and look-up by name. Nothing here runs when the VM executes an instruction; it runs when
// a program or a tool asks by name, and when a program begins and ends.
#include "lang/memory/manager/memory_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lang/memory/manager/suggestion.hpp"

namespace harness::lang {

Outcome<std::unique_ptr<MemoryManager>> MemoryManager::create(MemoryOptions options, Names& names,
                                                              const ValueFacts& facts, HeaderOf header_of) {
    Outcome<Stack> stack = Stack::create(options.stack);
    if (!stack) return stack.failure();
    Outcome<Heap> heap = Heap::create(names, options.max_globals);
    if (!heap) return heap.failure();
    return std::unique_ptr<MemoryManager>(
        new MemoryManager(std::move(stack).value(), std::move(heap).value(), names, facts, header_of));
}

MemoryManager::MemoryManager(Stack stack, Heap heap, Names& names, const ValueFacts& facts,
                             HeaderOf header_of)
    : stack_(std::move(stack)),
      heap_(std::move(heap)),
      functions_(names),
      symbols_(names),
      names_(names),
      facts_(facts),
      header_of_(header_of) {}

// --- Life cycle.

MemoryOutcome<Frame*> MemoryManager::initialise(const Function& main, std::span<const Builtin> builtins) {
    if (state_ == State::initialised || state_ == State::running) return stack_.at(0);
    if (state_ == State::ended) stack_.clear();
    MemoryOutcome<Frame*> frame = enter(main);
    if (!frame) return frame;
    for (const Builtin& builtin : builtins) {
        const MemoryOutcome<std::uint32_t> slot = heap_.declare(builtin.symbol, builtin.kind);
        HARNESS_CHECK(static_cast<bool>(slot), "a built-in definition is given twice, or there are too many");
        heap_.slots()[slot.value()] = builtin.value;
    }
    state_ = State::initialised;
    return frame;
}

bool MemoryManager::run() {
    if (state_ != State::initialised && state_ != State::running) return false;
    state_ = State::running;
    return true;
}

void MemoryManager::end(const Release& release) {
    if (state_ == State::created || state_ == State::ended) return;
    // Releasing may run code of the program, which may look at its frames; so each frame goes after its
    // values did.
    while (!stack_.empty()) {
        release_slots(stack_.peek(), release);
        stack_.pop();
    }
    for (std::uint32_t slot = heap_.size(); slot-- > 0;) {
        const Value held = std::exchange(heap_.slots()[slot], Value::unbound());
        if (held != Value::unbound()) release(held);
    }
    heap_.clear();
    functions_.clear();
    state_ = State::ended;
}

// --- Calls.

MemoryOutcome<Frame*> MemoryManager::enter(const Function& function, std::span<const Value> arguments,
                                           const std::uint32_t* return_pc) {
    const FunctionHeader& callee = header_of_(function);
    if (arguments.size() != callee.parameters)
        return MemoryError{MemoryErrorKind::type,
                           arity_message(names_.text(callee.name), callee.parameters,
                                         static_cast<std::uint32_t>(arguments.size())),
                           "pass as many arguments as it has parameters"};
    std::vector<Value> bound(arguments.begin(), arguments.end());
    bound.resize(callee.named_slots, Value::unbound());
    for (std::uint32_t slot = 0; slot < callee.parameters; ++slot) {
        const Definition* const parameter = callee.slots == nullptr ? nullptr : callee.slots->at_slot(slot);
        if (parameter != nullptr && !validate(parameter->type, bound[slot], facts_))
            return type_error(parameter->type, bound[slot], facts_);
    }
    const Frame* const caller = stack_.peek();
    Value* const base = caller == nullptr ? stack_.values() : caller->base + header(caller).named_slots;
    Frame* const frame = stack_.push(&function, base, {callee.named_slots, callee.named_slots}, return_pc);
    if (frame == nullptr)
        return MemoryError{MemoryErrorKind::recursion, "maximum recursion depth exceeded",
                           "recurse less deeply, or raise --max-depth"};
    std::copy(bound.begin(), bound.end(), base);
    return frame;
}

void MemoryManager::leave(const Release& release) {
    HARNESS_CHECK(stack_.depth() > 1, "leave() without enter()");
    release_slots(stack_.peek(), release);
    stack_.pop();
}

void MemoryManager::release_slots(Frame* frame, const Release& release) {
    for (std::uint32_t slot = header(frame).named_slots; slot-- > 0;) {
        const Value held = std::exchange(frame->base[slot], Value::unbound());
        if (held != Value::unbound()) release(held);
    }
}

// --- Variables.

MemoryOutcome<Value*> MemoryManager::declare_var(Symbol symbol, Type type, Value value, Span span) {
    Frame* const frame = stack_.peek();
    const FunctionHeader* const scope = frame == nullptr ? nullptr : &header(frame);
    const bool in_frame =
        scope != nullptr && scope->slots != nullptr && scope->slots->find(symbol) != nullptr;
    const bool global =
        scope == nullptr || scope->kind == ScopeKind::global || symbols_.composite(symbol).has_value();
    if (global && !in_frame) return declare_in_heap(symbol, type, value, span);
    const std::string_view name = names_.text(symbol.id);
    const auto refused = [](std::string message, std::string remedy) {
        return MemoryError{MemoryErrorKind::name, std::move(message), std::move(remedy)};
    };
    if (in_frame && frame->base[scope->slots->find(symbol)->slot] != Value::unbound())
        return refused(fmt::format("name '{}' is already declared in this scope", name),
                       "assign to it, or choose another name");
    if (!in_frame && (scope->slots == nullptr || scope->slots->slot_count() >= scope->named_slots))
        return refused(fmt::format("the frame has no slot left for the name '{}'", name),
                       "count it in the named slots of its function");
    // A name that the scope's table has keeps the type of its first declaration; other calls rely on it.
    if (in_frame) type = scope->slots->find(symbol)->type;
    if (!validate(type, value, facts_)) return type_error(type, value, facts_);
    if (!in_frame) scope->slots->declare(symbol, DefinitionKind::data, type, span);
    Value* const slot = frame->base + scope->slots->find(symbol)->slot;
    *slot = value;
    return slot;
}

MemoryOutcome<Value*> MemoryManager::declare_in_heap(Symbol symbol, Type type, Value value, Span span) {
    if (heap_.contains(symbol))
        return MemoryError{MemoryErrorKind::name,
                           fmt::format("name '{}' is already declared in this scope", names_.text(symbol.id)),
                           "assign to it, or choose another name"};
    if (!validate(type, value, facts_)) return type_error(type, value, facts_);
    const MemoryOutcome<std::uint32_t> slot = heap_.declare(symbol, DefinitionKind::data, type, span);
    if (!slot) return slot.error();
    heap_.slots()[slot.value()] = value;
    return heap_.slots() + slot.value();
}

MemoryOutcome<Value> MemoryManager::assign_var(Symbol symbol, Value value) {
    const Found found = find(symbol);
    if (found.slot == nullptr) return undefined(symbol);
    if (!validate(found.definition->type, value, facts_))
        return type_error(found.definition->type, value, facts_);
    // Look-up is const; the slot is ours, in the stack or in the heap.
    return std::exchange(const_cast<Value&>(*found.slot), value);
}

MemoryOutcome<Value> MemoryManager::get_var(Symbol symbol) const {
    const Found found = find(symbol);
    if (found.slot == nullptr) return undefined(symbol);
    // The main program's names are globals, wherever they lie: without a value they are as good as not there.
    const bool global = found.frame == nullptr || header(found.frame).kind == ScopeKind::global;
    if (global && *found.slot == Value::unbound()) return undefined(symbol);
    if (*found.slot == Value::unbound())
        return MemoryError{
            MemoryErrorKind::unbound_local,
            fmt::format("cannot access local variable '{}' where it is not associated with a value",
                        names_.text(symbol.id)),
            "assign to it before it is read"};
    return *found.slot;
}

MemoryOutcome<Value> MemoryManager::heap_get(std::string_view text) {
    if (const std::optional<Symbol> symbol = symbols_.parse(text); symbol.has_value())
        return heap_.get(*symbol);
    return MemoryError{MemoryErrorKind::heap_invalid_key, fmt::format("'{}' is not a key of the heap", text),
                       "a key is a name, or names joined by dots"};
}

MemoryManager::Found MemoryManager::find_in(const Frame* frame, Symbol symbol) const {
    const SymbolTable* const slots = header(frame).slots;
    const Definition* const definition = slots == nullptr ? nullptr : slots->find(symbol);
    return definition == nullptr ? Found{} : Found{frame->base + definition->slot, definition, frame};
}

MemoryManager::Found MemoryManager::find(Symbol symbol) const {
    for (const Frame* frame = stack_.peek(); frame != nullptr; frame = scope_parent(frame))
        if (const Found found = find_in(frame, symbol); found.slot != nullptr) return found;
    const Definition* const definition = heap_.find(symbol);
    return definition == nullptr ? Found{} : Found{heap_.slots() + definition->slot, definition, nullptr};
}

MemoryError MemoryManager::undefined(Symbol symbol) const {
    Candidates candidates(names_);
    for (const Frame* frame = stack_.peek(); frame != nullptr; frame = scope_parent(frame))
        if (const SymbolTable* slots = header(frame).slots; slots != nullptr) candidates.add(*slots);
    candidates.add(heap_.table());
    const std::string_view name = names_.text(symbol.id);
    return {MemoryErrorKind::name, fmt::format("name '{}' is not defined", name), candidates.suggest(name)};
}

// --- Frames by index.

MemoryOutcome<const Frame*> MemoryManager::frame_at(std::size_t index) const {
    if (const Frame* frame = stack_.at(index); frame != nullptr) return frame;
    return MemoryError{MemoryErrorKind::stack_frame_get,
                       fmt::format("there is no frame {}: the stack has {}", index, stack_.depth()),
                       "frames are numbered from 0, the main frame"};
}

MemoryOutcome<Value> MemoryManager::frame_get(std::size_t index, Symbol symbol) const {
    const MemoryOutcome<const Frame*> frame = frame_at(index);
    if (!frame) return frame.error();
    const Found found = find_in(frame.value(), symbol);
    if (found.slot != nullptr && *found.slot != Value::unbound()) return *found.slot;
    Candidates candidates(names_);
    if (const SymbolTable* slots = header(frame.value()).slots; slots != nullptr) candidates.add(*slots);
    const std::string_view name = names_.text(symbol.id);
    return MemoryError{MemoryErrorKind::stack_frame_get,
                       found.slot == nullptr ? fmt::format("frame {} has no name '{}'", index, name)
                                             : fmt::format("'{}' has no value yet in frame {}", name, index),
                       found.slot == nullptr ? candidates.suggest(name) : "assign to it first"};
}

MemoryOutcome<const Function*> MemoryManager::frame_fn(std::size_t index) const {
    const MemoryOutcome<const Frame*> frame = frame_at(index);
    if (!frame) return frame.error();
    const ScopeKind kind = header(frame.value()).kind;
    if (kind == ScopeKind::function || kind == ScopeKind::closure) return frame.value()->function;
    return MemoryError{MemoryErrorKind::stack_frame_not_fn,
                       fmt::format("frame {} is a {} frame, not that of a function", index, scope_name(kind)),
                       "ask for the frame of a call"};
}

const Frame* MemoryManager::scope_parent(const Frame* frame) const {
    for (const FunctionHeader* scope = header(frame).parent; scope != nullptr; scope = scope->parent) {
        // Every function is written in the main program in the end; its frame is known without a search.
        if (scope->kind == ScopeKind::global) {
            const Frame* const main = stack_.at(0);
            return &header(main) == scope ? main : nullptr;
        }
        for (const Frame* below = stack_.parent(frame); below != nullptr; below = stack_.parent(below))
            if (&header(below) == scope) return below;
    }
    return nullptr;
}

}  // namespace harness::lang
