// Generators: calls that stand still between their elements. A running one is a frame like any other, above a
// boundary as every call from C++ is; a suspended one holds its registers in its object, so that whoever
// drops the object ends them, half-way or not.
#include "lang/builtins/iterate.hpp"
#include "lang/vm/dispatch.hpp"

namespace harness::lang {

namespace {

/// Iterator::version of a generator.
enum State : std::uint32_t { waits, runs };

const Function& function_of(ObjectHeap& heap, Value callee) {
    return callee.is_constant_object() ? *callee.as_constant<Function>()
                                       : *heap.payload<Closure>(callee).function;
}

Value* kept(Iterator& it) { return &it.source + 1; }

}  // namespace

Value Interpreter::make_generator(Value callee, Value iterable) {
    if (!readable(iterable)) return Value::failed();
    const Function& f = function_of(heap, callee);
    const auto values = static_cast<std::uint16_t>(1 + f.kept_registers.size());
    const Value made = new_iterator(*this, IteratorKind::generator, values);
    if (made == Value::failed()) return made;
    {
        Iterator& it = heap.payload<Iterator>(made);
        it.limit = f.entry - f.code.data();
        it.version = waits;
    }
    const auto fail = [&] {
        drop(made);
        return Value::failed();
    };
    const Value function = store(made, callee.lent());
    if (function == Value::failed()) return fail();
    heap.payload<Iterator>(made).source = function;
    // What the first loop walks, as loop_begin leaves it: iter() is called now, the rest comes later.
    const bool is_object = iterable.is_heap() && !iterable.is_sequence() && !iterable.is_string();
    const ClassId id = is_object ? heap.class_id(iterable) : ClassId::none;
    const bool direct =
        iterable.is_sequence() || iterable.is_string() || id == ClassId::tuple || id == ClassId::dict;
    Value walked = direct ? iterable.lent() : make_iterator(*this, iterable);
    if (walked == Value::failed()) return fail();
    walked = direct ? store(made, walked) : store_unnamed(made, walked);
    if (walked == Value::failed()) return fail();
    Value* slots = kept(heap.payload<Iterator>(made));
    slots[0] = walked;
    slots[1] = {id == ClassId::dict ? std::uint64_t{heap.payload<Dict>(iterable).live} << 32 : 0};
    slots[2] = Value::none();
    for (std::size_t i = 3; i < f.kept_registers.size(); ++i) slots[i] = Value::unbound();
    return made;
}

bool Interpreter::suspend(Value generator, Value* window, const std::uint32_t* pc) {
    const Function& f = *frame->function;
    for (std::size_t i = 0; i < f.kept_registers.size(); ++i) {
        Value& reg = window[f.kept_registers[i]];
        // Without counts what it holds may belong to a phase that ends before the generator goes on.
        const Value stored = lifetime.counts ? reg : store_unnamed(generator, reg);
        if (stored == Value::failed()) return false;
        kept(heap.payload<Iterator>(generator))[i] = stored;
        reg = Value::unbound();
    }
    Iterator& it = heap.payload<Iterator>(generator);
    it.version = waits;
    // The return stands at `pc`, one word long.
    it.limit = pc + 1 - f.code.data();
    return true;
}

Value Interpreter::next_of_generator(Value generator) {
    if (!readable(generator)) return Value::failed();
    if (heap.payload<Iterator>(generator).version == runs)
        return raise(ErrorKind::ValueError, "generator already executing");
    const Value callee = heap.payload<Iterator>(generator).source;
    if (!readable(callee)) return Value::failed();
    const Function& f = function_of(heap, callee);
    const NestedCall nested(*this, 1 + f.registers);
    if (!nested) return Value::failed();
    Value* const base = nested.window();
    if (!push_frame(f, base, 0, halt_code())) return Value::failed();
    std::fill(base, base + f.registers, Value::unbound());
    // Whoever holds it may let go of it meanwhile.
    const Value held = share(generator);
    Iterator& it = heap.payload<Iterator>(generator);
    for (std::size_t i = 0; i < f.kept_registers.size(); ++i) {
        if (marking) collector->shade(kept(it)[i]);
        base[f.kept_registers[i]] = std::exchange(kept(it)[i], Value::none());
    }
    base[f.generator_register] = generator.lent();
    if (callee.is_heap()) base[f.closure_register] = callee.lent();
    it.version = runs;
    Value result = nested.run(f.code.data() + it.limit, base, f.constants);
    Iterator& after = heap.payload<Iterator>(generator);
    if (result == Value::failed()) {
        after.done = 1;
        // As in Python, a StopIteration of its own does not pass for its end.
        if (pending_is(ErrorKind::StopIteration)) {
            forget_error(*this, ErrorKind::StopIteration);
            raise(ErrorKind::RuntimeError, "generator raised StopIteration");
        }
    } else if (after.version == runs) {
        after.done = 1;
        drop(result);
        result = Value::absent();
    }
    after.version = waits;
    drop(held);
    return result;
}

}  // namespace harness::lang
