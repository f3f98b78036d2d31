// Errors: raising, catching, unwinding frames with what they answer for, and turning what nobody caught into
// a diagnostic with its place and call stack.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lang/builtins/iterate.hpp"
#include "lang/builtins/text.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

namespace {

enum class ExitClass : std::uint8_t { run, defect, limit };
constexpr ExitClass exit_classes[] = {
#define ERROR(name, base, exit) ExitClass::exit,
#include "lang/vm/errors.def"
#undef ERROR
};
constexpr std::string_view error_names[] = {
#define ERROR(name, base, exit) #name,
#include "lang/vm/errors.def"
#undef ERROR
};

}  // namespace

std::string_view error_kind_name(ErrorKind kind) { return error_names[static_cast<std::size_t>(kind)]; }

// --- Places

std::uint32_t Interpreter::site_at(const Frame* f, const std::uint32_t* pc) const {
    if (f == nullptr || f->function == nullptr || f->function->code.empty()) return 0;
    const auto& code = f->function->code;
    if (pc <= code.data() || pc > code.data() + code.size()) return f->function->site_base;
    return f->function->site_base + static_cast<std::uint32_t>(pc - code.data()) - 1;
}

Span Interpreter::span_at(const Frame* f, const std::uint32_t* pc) const {
    return program.span_of_site(site_at(f, pc));
}

Span Program::span_of_site(std::uint32_t site) const {
    // Functions are numbered in the order in which they stand here.
    auto after = std::upper_bound(functions.begin(), functions.end(), site,
                                  [](std::uint32_t s, const auto& f) { return s < f->site_base; });
    if (after == functions.begin()) return {};
    const Function& f = **--after;
    const std::uint32_t word = site - f.site_base;
    return word < f.spans.size() ? f.spans[word] : f.header.span;
}

// --- Raising

Value Interpreter::make_exception(const ClassInfo& type, Value* unnamed, std::uint32_t count) {
    const Value made = heap.new_instance(type);
    if (made != Value::failed() && set_exception_arguments(made, unnamed, count)) return made;
    if (made == Value::failed())
        for (std::uint32_t i = 0; i < count; ++i) drop(unnamed[i]);
    else
        drop(made);
    return Value::failed();
}

bool Interpreter::set_exception_arguments(Value exception, Value* unnamed, std::uint32_t count) {
    if (lifetime.gives) hand_on_arguments(exception, {unnamed, count});
    const Value tuple = heap.new_tuple(unnamed, count);
    if (tuple == Value::failed()) {
        for (std::uint32_t i = 0; i < count; ++i) drop(unnamed[i]);
        return false;
    }
    // An earlier exception may have been at this address.
    if (!caught_traces_.empty()) caught_traces_.erase(exception.payload());
    Value& slot = heap.payload<Value>(exception);
    const Value old = std::exchange(slot, store_unnamed(exception, tuple));
    drop(old);
    return true;
}

Value Machine::raise(ErrorKind kind, std::string message) {
    Interpreter& self = interpreter(*this);
    const ErrorAbout known = std::exchange(about, {});
    if (self.uncatchable()) return Value::failed();
    if (exit_classes[static_cast<std::size_t>(kind)] == ExitClass::defect) {
        self.raise_defect(kind, std::move(message));
        return Value::failed();
    }
    self.set_site();
    Value text = heap.new_string(message);
    if (text == Value::failed()) return text;  // MemoryError is pending instead
    const Value exception = self.make_exception(error_class(kind), &text, 1);
    if (exception == Value::failed()) return exception;
    self.raise_own(exception, known);
    return Value::failed();
}

Value Machine::raise(ErrorKind kind, std::string message, std::string help) {
    raise(kind, std::move(message));
    Interpreter& self = interpreter(*this);
    if (self.trace_.about.by_language) self.trace_.help = std::move(help);
    return Value::failed();
}

Value Machine::raise_index_error(std::string message, std::int64_t index, std::int64_t length) {
    about.index = index;
    about.length = length;
    return raise(ErrorKind::IndexError, std::move(message));
}

Value Machine::raise_key_error(Value key, Value dict) {
    Interpreter& self = interpreter(*this);
    ErrorAbout known = std::exchange(about, {});
    known.dict = dict;
    if (self.uncatchable()) return Value::failed();
    self.set_site();
    Value shared = share(key);
    const Value exception = self.make_exception(error_class(ErrorKind::KeyError), &shared, 1);
    if (exception != Value::failed()) self.raise_own(exception, known);
    return Value::failed();
}

/// The instance for this was made before the program began: there may be no memory left for another.
Value Machine::raise_memory_error(std::size_t bytes) {
    Interpreter& self = interpreter(*this);
    if (self.uncatchable()) return Value::failed();
    self.raise_exhausted(bytes);
    return Value::failed();
}

void Interpreter::raise_exhausted(std::size_t bytes) {
    exhausted_ = {bytes, heap.counts().payload_live() + heap.counts().header_live, "", false};
    const std::uint64_t most = options.max_heap_bytes;
    if (most != 0 && (bytes > most || exhausted_.live > most - bytes)) {
        exhausted_.by_limit = true;
    } else {
        exhausted_.allocator = allocator_.name();
        for (const auto& handle : handles)
            if (handle->source == &heap.allocator()) exhausted_.allocator = handle->name;
    }
    if (pending != Value::absent() && pending != memory_error_) drop(pending);
    pending = memory_error_;
    trace_ = trace_here();
}

Value Interpreter::raise_value(Value exception) {
    if (uncatchable()) return Value::failed();
    // A class raises an instance made without arguments.
    if (exception.is_constant_object() &&
        exception.as_constant<ConstantObject>()->kind == ConstantKind::class_ &&
        exception.as_constant<ClassInfo>()->is_exception) {
        exception = call_value(exception, nullptr, 0);
        if (exception == Value::failed()) return exception;
    }
    if (!is_instance(exception) || !class_of(exception).is_exception) {
        drop(exception);
        return raise(ErrorKind::TypeError, "exceptions must derive from BaseException");
    }
    if (pending != Value::absent() && pending != memory_error_) {
        const Value before = pending;
        pending = Value::absent();
        drop(before);
    }
    pending = exception;
    trace_ = trace_here();
    return Value::failed();
}

/// An error that the language found, with what is known of it.
void Interpreter::raise_own(Value exception, const ErrorAbout& known) {
    raise_value(exception);
    trace_.about = known;
    trace_.about.by_language = true;
}

void Interpreter::raise_memory(const MemoryError& error) {
    constexpr ErrorKind kinds[] = {
        ErrorKind::HeapInvalidKeyError, ErrorKind::StackFrameGetError, ErrorKind::StackFrameNotFnError,
        ErrorKind::NameError,           ErrorKind::UnboundLocalError,  ErrorKind::TypeError,
        ErrorKind::RecursionError,
    };
    static_assert(std::size(kinds) == static_cast<std::size_t>(MemoryErrorKind::recursion) + 1);
    const bool python_has_it = error.kind >= MemoryErrorKind::name;
    const bool with_remedy = !python_has_it && !error.remedy.empty();
    raise(kinds[static_cast<std::size_t>(error.kind)],
          with_remedy ? error.message + "; " + error.remedy : error.message);
    if (python_has_it) trace_.help = error.remedy;
}

Value raise_error(Machine& machine, const MemoryError& error) {
    interpreter(machine).raise_memory(error);
    return Value::failed();
}

void Interpreter::raise_text(ErrorKind kind, Value text) { raise(kind, std::string(heap.text(text))); }

void Interpreter::raise_assertion(Value message) {
    const Value exception =
        make_exception(error_class(ErrorKind::AssertionError), &message, message == Value::absent() ? 0 : 1);
    if (exception != Value::failed()) raise_own(exception, {});
}

/// A name without a value: never assigned, deleted, moved away, freed, or not known at all (absent()).
void Interpreter::raise_no_value(Value marker, NameId name) {
    const std::string text(names.text(name));
    if (marker.is_moved()) {
        raise_ended(ErrorKind::UseAfterMoveError, fmt::format("'{}' was moved away", text), marker,
                    "use the place that it was moved to, or clone it before");
        return;
    }
    if (marker.is_freed()) {
        raise_ended(ErrorKind::UseAfterFreeError, fmt::format("'{}' was freed", text), marker,
                    fmt::format("'{}' is dead after free; read it before, or give it a new value", text));
        return;
    }
    const bool is_local = marker == Value::unbound() && frame->function->header.kind != ScopeKind::global;
    const MemoryManager& named = memory();
    raise_memory(is_local ? named.unbound_local({name}) : named.undefined({name}));
}

void Interpreter::raise_free_variable(NameId name) {
    raise(ErrorKind::NameError,
          fmt::format(
              "cannot access free variable '{}' where it is not associated with a value in enclosing scope",
              names.text(name)));
}

void Interpreter::raise_freed_twice(Value marker, NameId name) {
    const std::string text(names.text(name));
    if (marker.is_freed()) {
        raise_ended(ErrorKind::DoubleFreeError, fmt::format("'{}' was already freed", text), marker,
                    fmt::format("free it once; after free({}) the name is dead", text));
        return;
    }
    raise_no_value(marker, name);
}

void Interpreter::raise_bad_range(const Value* bounds) {
    for (unsigned i = 0; i < 3; ++i) {
        if (bounds[i].is_int()) continue;
        raise(ErrorKind::TypeError,
              fmt::format("'{}' object cannot be interpreted as an integer", type_name(bounds[i])));
        return;
    }
    raise(ErrorKind::ValueError, "range() arg 3 must not be zero");
}

void Interpreter::raise_init_result(Value v) {
    raise(ErrorKind::TypeError, fmt::format("__init__() should return None, not '{}'", type_name(v)));
}

/// A memory defect: it ends the program, and no `except` sees it.
void Interpreter::raise_defect(ErrorKind kind, std::string message, Value object, std::string help) {
    if (uncatchable()) return;
    Defect defect;
    Diagnostic& d = defect.diagnostic;
    d.name = std::string(error_kind_name(kind));
    d.span = current_span();
    d.message = std::move(message);
    d.help = std::move(help);
    if (object.is_heap() && heap.checked()) {
        const auto& entry = heap.handles().entry(object);
        const bool same = entry.generation == Handles::generation(object);
        const std::uint32_t allocated = same ? entry.allocated : entry.before_allocated;
        const std::uint32_t released = same ? entry.released : entry.before_released;
        const bool known =
            same || static_cast<std::uint16_t>(entry.generation - 1) == Handles::generation(object);
        if (known && allocated != 0xFFFF'FFFF) {
            defect.allocated = program.span_of_site(allocated);
            d.related.push_back({"allocated", defect.allocated});
        }
        const bool ended = same && entry.address != nullptr && object.is_object() &&
                           (heap.header(object).flags & flag_ended) != 0;
        if (known && (!same || entry.address == nullptr || ended)) {
            defect.released = program.span_of_site(released);
            d.related.push_back({"released", defect.released});
        }
    }
    defect_ = std::move(defect);
    trace_ = trace_here();
    if (pending != Value::absent() && pending != memory_error_) drop(pending);
    pending = Value::none();
}

bool Interpreter::unless_ended(Value v) {
    if (v.is_moved()) {
        raise_ended(ErrorKind::UseAfterMoveError, "what this place held was moved away", v,
                    "store a new value there before reading it, or clone instead of moving");
        return false;
    }
    if (v.is_freed()) {
        raise_ended(ErrorKind::UseAfterFreeError, "what this place held was freed", v,
                    "store a new value there before reading it");
        return false;
    }
    if (v.is_heap() && !heap.live(v)) {
        raise_defect(ErrorKind::UseAfterFreeError, "this object was already freed", v,
                     "keep what it belongs to alive, or release it later");
        return false;
    }
    return true;
}

Value request_exit(Machine& machine, int code) {
    Interpreter& self = interpreter(machine);
    self.exit_code = code;
    self.exit_requested_ = true;
    self.pending = Value::none();
    return Value::failed();
}

bool forget_error(Machine& machine, ErrorKind kind) {
    Interpreter& self = interpreter(machine);
    if (self.uncatchable() || self.pending == Value::absent()) return false;
    if (!self.class_of(self.pending).derives_from(self.error_class(kind))) return false;
    const Value exception = self.catch_pending();
    self.drop(exception);
    return true;
}

// --- Catching

Value Interpreter::catch_pending() {
    const Value exception = pending;
    pending = Value::absent();
    trace_.about.dict = Value::absent();
    if (exception == memory_error_) return exception;
    if (caught_traces_.size() > 256) caught_traces_.clear();
    caught_traces_[exception.payload()] = trace_;
    return exception;
}

void Interpreter::reraise(Value exception) {
    if (uncatchable()) return;
    const auto found = caught_traces_.find(exception.payload());
    const Trace trace = found != caught_traces_.end() ? found->second : trace_here();
    pending = exception == memory_error_ ? exception : share(exception);
    trace_ = trace;
}

int Interpreter::matches(Value exception, Value types) {
    const auto matches_one = [&](Value type) {
        if (!type.is_constant_object() || type.as_constant<ConstantObject>()->kind != ConstantKind::class_ ||
            !type.as_constant<ClassInfo>()->is_exception) {
            raise(ErrorKind::TypeError,
                  "catching classes that do not inherit from BaseException is not allowed");
            return -1;
        }
        return static_cast<int>(class_of(exception).derives_from(*type.as_constant<ClassInfo>()));
    };
    const bool tuple = (types.is_counted() || types.is_sequence()) && heap.class_id(types) == ClassId::tuple;
    if (!tuple) return matches_one(types);
    const Sequence& s = heap.sequence(types);
    for (std::uint32_t i = 0; i < s.length(); ++i) {
        const int m = matches_one(s.elements()[i]);
        if (m != 0) return m;
    }
    return 0;
}

// --- Unwinding

/// Ends what the frame answers for at the instruction before `pc`: unnamed values, and with `names` its
/// locals too. Values that the code at `target` still has stay. `from_called`: the error came out of a
/// statement of the function that this instruction called, which answered for its arguments then.
void Interpreter::end_frame_values(const Frame& f, std::uint32_t word, const std::uint32_t* target_word,
                                   bool names_too, bool from_called) {
    using Holder = OwnedRange::Holder;
    const Function& function = *f.function;
    const bool outer = std::exchange(unwinding_, true);
    const Value in_flight = std::exchange(pending, Value::absent());
    const Value self = f.base[0];
    std::vector<Value> owners;  // single owners go in one step
    for (const OwnedRange& range : function.owned) {
        if (word < range.from || word >= range.to) continue;
        if (target_word != nullptr && *target_word >= range.from && *target_word < range.to) continue;
        const Value v = f.base[range.reg];
        f.base[range.reg] = Value::none();
        const bool by_callee = range.holder == Holder::called && from_called;
        if (lifetime.single_owner) {
            if (!by_callee || always_counted(v)) owners.push_back(v);
        } else {
            by_callee || range.holder == Holder::name ? discard(v) : drop(v);
        }
    }
    for (const CaughtNameRange& name : function.caught_names) {
        if (word < name.from || word >= name.to) continue;
        if (target_word != nullptr && *target_word >= name.from && *target_word < name.to) continue;
        end_caught_name(f, name);
    }
    for (unsigned i = function.first_owned, end = i + (names_too ? function.owned_count : 0U); i < end; ++i) {
        const Value v = f.base[i];
        f.base[i] = Value::unbound();
        lifetime.single_owner ? owners.push_back(v) : discard(v);
    }
    if (names_too && lifetime.single_owner)
        for (unsigned i = 0; i < function.header.parameters; ++i) {
            Value& parameter = f.base[i];
            if (!owns(parameter)) continue;
            owners.push_back(parameter);
            parameter = parameter.lent();
        }
    if (names_too && (f.result_register & frame_constructs) != 0) {
        const Value made = self.owned();
        lifetime.single_owner ? owners.push_back(made) : drop(made);
    }
    if (!owners.empty()) {
        std::reverse(owners.begin(), owners.end());
        end_owners(owners);
    }
    // A defect on the way counts for more than what was in flight.
    if (pending == Value::absent())
        pending = in_flight;
    else if (in_flight.is_heap() && in_flight != memory_error_)
        drop(in_flight);
    unwinding_ = outer;
}

/// The name of an exception has no value behind its clause, however that is left.
void Interpreter::end_caught_name(const Frame& f, const CaughtNameRange& name) {
    Value* place = nullptr;
    Value cell = Value::none();
    switch (name.kind) {
        case CaughtNameRange::Kind::local:
            place = &f.base[name.index];
            break;
        case CaughtNameRange::Kind::cell:
            cell = f.base[name.index];
            break;
        case CaughtNameRange::Kind::capture:
            cell = heap.payload<Closure>(f.base[f.function->closure_register]).cells[name.index];
            break;
        case CaughtNameRange::Kind::global:
            place = &globals[name.index];
    }
    if (place == nullptr) {
        // A cell that does not answer for its content is left alone: it was given another value.
        if (!cell.is_heap() || (heap.header(cell).flags & flag_weak_content) != 0) return;
        place = &heap.payload<Cell>(cell).content;
    }
    discard(std::exchange(*place, Value::unbound()));
}

/// Whether some call under way may catch what is raised at `pc`.
bool Interpreter::may_be_caught(const std::uint32_t* pc) const {
    for (const Frame* f = frame;; --f) {
        const Function& function = *f->function;
        if (&function != &boundary_) {
            // Where C++ was called from, below such a boundary, is not known: all that is protected counts.
            if (pc == nullptr && !function.protected_ranges.empty()) return true;
            const auto word = pc != nullptr ? static_cast<std::uint32_t>(pc - function.code.data()) - 1 : 0;
            for (const Protected& range : function.protected_ranges)
                if (word >= range.from && word < range.to) return true;
        }
        if (f == stack->at(0)) return false;
        pc = &function == &boundary_ ? nullptr : f->return_pc;
        if (is_boundary(*(f - 1))) pc = nullptr;
    }
}

const std::uint32_t* Interpreter::unwind(const std::uint32_t* pc) {
    if (trace_.about.dict != Value::absent() && !uncatchable()) {
        const Value dict = std::exchange(trace_.about.dict, Value::absent());
        keys_ = {};
        if (!unwinding_ && !may_be_caught(pc)) note_keys(dict);
    }
    bool from_called = false;
    while (true) {
        Frame& f = *frame;
        const Function& function = *f.function;
        if (&function == &boundary_) {
            nested_failed_ = true;
            return nullptr;
        }
        auto word = static_cast<std::uint32_t>(pc - function.code.data()) - 1;
        at = pc;
        if (!uncatchable()) {
            for (const Protected& range : function.protected_ranges) {
                if (word < range.from || word >= range.to) continue;
                note_handled(f, word, &range.target);
                end_frame_values(f, word, &range.target, false, from_called);
                unwind_regions(f, range.regions, range.live);
                unwind_using(f.base);
                deinit_abandoned();
                if (!uncatchable()) return function.code.data() + range.target;
                // What ended was a defect, or ran into one: nothing catches that.
                word = range.target;
                break;
            }
        }
        if (!uncatchable()) note_handled(f, word, nullptr);
        if (frame == stack->at(0)) {
            // The main frame: nobody caught it. Its names end with the program.
            end_frame_values(f, word, nullptr, false, from_called);
            unwind_regions(f, 0, {});
            deinit_abandoned();
            return nullptr;
        }
        end_frame_values(f, word, nullptr, true, from_called);
        unwind_regions(f, 0, {});
        while (!defers.empty() && defers.back().frame == &f) defers.pop_back();
        if (!function.is_made) trace_.pass(&function, site_at(&f - 1, f.return_pc));
        pc = f.return_pc;
        frame = &f - 1;
        // One owner ends what it was given however it fails; by hand the statements do.
        from_called = lifetime.single_owner || word >= function.first_statement;
        if (frame->function == &boundary_) {
            nested_failed_ = true;
            return nullptr;
        }
    }
}

}  // namespace harness::lang
