// Life cycle, calls and look-up by name. Nothing here runs when the VM executes an instruction; it runs when
// a program or a tool asks by name, and when a program begins and ends.
#include "lang/memory/manager/memory_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lang/memory/manager/suggestion.hpp"

namespace harness::lang {

Outcome<std::unique_ptr<MemoryManager>> MemoryManager::create(MemoryOptions options, Names& names,
                                                              const ValueFacts& facts,
                                                              const ProgramView& view) {
    Outcome<Stack> stack = Stack::create(options.stack);
    if (!stack) return stack.failure();
    Outcome<Heap> heap = Heap::create(names, options.max_globals);
    if (!heap) return heap.failure();
    return std::unique_ptr<MemoryManager>(
        new MemoryManager(std::move(stack).value(), std::move(heap).value(), names, facts, view));
}

MemoryManager::MemoryManager(Stack stack, Heap heap, Names& names, const ValueFacts& facts,
                             const ProgramView& view)
    : stack_(std::move(stack)),
      heap_(std::move(heap)),
      functions_(names),
      symbols_(names),
      names_(names),
      facts_(facts),
      view_(view) {}

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
    heap_.enter_scope();
    state_ = State::initialised;
    return frame;
}

bool MemoryManager::run() {
    if (state_ != State::initialised && state_ != State::running) return false;
    state_ = State::running;
    return true;
}

void MemoryManager::end(const Release& release, const std::function<void()>& then) {
    if (state_ == State::created || state_ == State::ended) return;
    // Releasing may run code of the program, which may look at its frames; so each frame goes after its
    // values did, and the frames are counted here, whatever that code makes the current one.
    for (std::size_t depth = stack_.depth(); depth > 0; --depth) {
        stack_.set_depth(depth);
        release_slots(stack_.peek(), release);
        stack_.set_depth(depth - 1);
    }
    for (std::uint32_t slot = heap_.size(); slot-- > 0;) {
        const Value held = std::exchange(heap_.slots()[slot], Value::unbound());
        if (held != Value::unbound()) release(held);
    }
    if (then) then();
    stack_.set_depth(0);
    heap_.clear();
    functions_.clear();
    state_ = State::ended;
}

// --- Calls.

MemoryOutcome<Frame*> MemoryManager::enter(const Function& function, std::span<const Value> arguments,
                                           const std::uint32_t* return_pc) {
    const FunctionHeader& callee = view_.header(function);
    const FrameShape shape = view_.shape(function);
    if (arguments.size() != callee.parameters)
        return MemoryError{MemoryErrorKind::type,
                           arity_message(names_.text(callee.name), callee.parameters,
                                         static_cast<std::uint32_t>(arguments.size())),
                           "pass as many arguments as it has parameters"};
    std::vector<Value> bound(arguments.begin(), arguments.end());
    bound.resize(shape.window, Value::unbound());
    for (std::uint32_t slot = 0; slot < callee.parameters; ++slot) {
        const Definition* const parameter = callee.slots == nullptr ? nullptr : callee.slots->at_slot(slot);
        if (parameter != nullptr && !validate(parameter->type, bound[slot], facts_))
            return type_error(parameter->type, bound[slot], facts_);
    }
    const Frame* const caller = stack_.peek();
    Value* const base = caller == nullptr ? stack_.values() : caller->base + header(caller).named_slots;
    Frame* const frame = stack_.push(&function, base, shape, return_pc);
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

void MemoryManager::release_slots(const Frame* frame, const Release& release) {
    const std::span<Value> slots = view_.owned_slots(*frame);
    for (std::size_t slot = slots.size(); slot-- > 0;) {
        const Value held = std::exchange(slots[slot], Value::unbound());
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
    const Definition* const known = heap_.find(symbol);
    if (known != nullptr && known->scope == heap_.table().scope_depth())
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
    if (found.place == nullptr) return undefined(symbol);
    if (!validate(found.definition->type, value, facts_))
        return type_error(found.definition->type, value, facts_);
    return std::exchange(*found.place, value);
}

MemoryOutcome<Value> MemoryManager::get_var(Symbol symbol) const {
    Found found = find(symbol);
    if (found.place != nullptr && found.scope == nullptr) found = find_global(symbol);
    if (found.place == nullptr) return undefined(symbol);
    if (view_.has_value(*found.place)) return *found.place;
    // The main program's names are globals, wherever they lie: without a value they are as good as not there.
    const bool global = found.scope == nullptr || found.scope->kind == ScopeKind::global;
    return global ? undefined(symbol) : unbound_local(symbol);
}

MemoryOutcome<Value> MemoryManager::heap_get(std::string_view text) {
    const auto invalid = [text](std::string_view what, std::string remedy) {
        return MemoryError{MemoryErrorKind::heap_invalid_key, fmt::format("'{}' {}", text, what),
                           std::move(remedy)};
    };
    const std::optional<Symbol> symbol = symbols_.parse(text);
    if (!symbol.has_value())
        return invalid("is not a key of the heap", "a key is a name, or names joined by dots");
    if (const Found found = find_global(*symbol); found.place != nullptr) {
        if (view_.has_value(*found.place)) return *found.place;
        return invalid("has no value yet", "assign to it first");
    }
    Candidates candidates(names_);
    for (const NamedValue& known : globals()) candidates.add(names_.text(known.symbol.id));
    return invalid("is not a key of the heap", candidates.suggest(text));
}

/// The blocks that are open in the frame, innermost first, then the scope that the frame is of.
std::vector<const FunctionHeader*> MemoryManager::scopes_of(const Frame* frame) const {
    std::vector<const FunctionHeader*> scopes = {&header(frame)};
    view_.append_blocks(*frame, scopes);
    std::reverse(scopes.begin(), scopes.end());
    return scopes;
}

MemoryManager::Found MemoryManager::find_in(const Frame* frame, const FunctionHeader* scope,
                                            Symbol symbol) const {
    const Definition* const definition = scope->slots == nullptr ? nullptr : scope->slots->find(symbol);
    if (definition == nullptr) return {};
    return {&view_.place(frame->base[definition->slot]), definition, scope};
}

/// The name of the main program that a read goes to, in the main frame or in the heap.
MemoryManager::Found MemoryManager::find_global(Symbol symbol) const {
    if (const Frame* const main = stack_.at(0); main != nullptr)
        if (const Found found = find_in(main, &header(main), symbol); found.place != nullptr) return found;
    const Definition* const definition = heap_.find_for_reading(symbol);
    if (definition == nullptr) return {};
    return {const_cast<Value*>(heap_.slots()) + definition->slot, definition, nullptr};
}

MemoryManager::Found MemoryManager::find(Symbol symbol) const {
    for (const Frame* frame = stack_.peek(); frame != nullptr; frame = scope_parent(frame))
        for (const FunctionHeader* scope : scopes_of(frame))
            if (const Found found = find_in(frame, scope, symbol); found.place != nullptr) return found;
    const Definition* const definition = heap_.find(symbol);
    // Look-up is const; the slot is ours.
    if (definition != nullptr)
        return {const_cast<Value*>(heap_.slots()) + definition->slot, definition, nullptr};
    return {};
}

MemoryError MemoryManager::undefined(Symbol symbol) const {
    Candidates candidates(names_);
    for (const Frame* frame = stack_.peek(); frame != nullptr; frame = scope_parent(frame))
        for (const FunctionHeader* scope : scopes_of(frame))
            if (scope->slots != nullptr) candidates.add(*scope->slots);
    const std::string_view name = names_.text(symbol.id);
    if (name.find('.') == std::string_view::npos)
        candidates.add_writable(heap_.table());
    else
        candidates.add(heap_.table());
    return {MemoryErrorKind::name, fmt::format("name '{}' is not defined", name), candidates.suggest(name)};
}

MemoryError MemoryManager::unbound_local(Symbol symbol) const {
    return {MemoryErrorKind::unbound_local,
            fmt::format("cannot access local variable '{}' where it is not associated with a value",
                        names_.text(symbol.id)),
            "assign to it before it is read"};
}

}  // namespace harness::lang
