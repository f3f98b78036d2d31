// Setting a program up, running its main function, and taking it down.
#include "lang/vm/interpreter.hpp"

#include <fmt/format.h>

#include <utility>

#include "lang/builtins/allocator_handles.hpp"
#include "lang/builtins/compare.hpp"
#include "lang/builtins/dict.hpp"
#include "lang/builtins/functions.hpp"
#include "lang/builtins/introspection.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/match_functions.hpp"
#include "lang/builtins/memory_functions.hpp"
#include "lang/builtins/slices.hpp"
#include "lang/builtins/text.hpp"
#include "lang/builtins/value_facts.hpp"

namespace harness::lang {

Interpreter::Interpreter(const RunOptions& options, const Lifetime& l, const Handler* handlers,
                         allocators::AnyAllocator& allocator, SourceMap& source_map, Output& output)
    : Machine(heap_storage_, names_storage_, options, output, l),
      sources(source_map),
      table(handlers),
      allocator_(allocator),
      heap_storage_(*this, allocator.table(),
                    {l.sequence_header, l.birth_word, l.counts_objects || l.single_owner, l.traces},
                    options.checked, options.max_heap_bytes) {
    random.seed(options.seed);
    parked_.fill(Value::none());
    boundary_.name = "<boundary>";
    halt_code_[0] = encode(Op::halt);
    boundary_.code = {halt_code_[0]};
    boundary_.entry = boundary_.code.data();
    boundary_.registers = 2;
    if (l.regions) heap.use_regions();
    if (l.traces) {
        collector = std::make_unique<Collector>(*this, options.gc_pause_ns);
        heap.use_collector(*collector);
    }
    load_builtins();
    memory_error_block_.header = {
        static_cast<std::uint16_t>(error_class(ErrorKind::MemoryError).id), 0, {immortal_count}};
    memory_error_ = heap.adopt_constant(&memory_error_block_.args, Tag::counted);
}

Interpreter::~Interpreter() { release_handles(*this); }

void Interpreter::define_system() { builtins_[names.intern("system")] = make_system(*this); }

// --- What every program has

namespace {

struct BuiltinType {
    std::string_view name;
    ClassId id;
    const Native* construct;
};

Value object_init(Machine&, const Value*, std::uint32_t) { return Value::none(); }
constexpr Native native_object_init("__init__", object_init, "values... **names", 0, true);

Value object_repr(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string text;
    if (!append_plain_repr(machine, arguments[0], text)) return Value::failed();
    return machine.heap.new_string(text);
}
/// An exception's text, and for all else what repr() gives.
Value object_str(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string text;
    if (!append_plain_str(machine, arguments[0], text)) return Value::failed();
    return machine.heap.new_string(text);
}
Value object_eq(Machine&, const Value* arguments, std::uint32_t) {
    return same_object(arguments[0], arguments[1]) ? Value::true_() : Value::not_implemented();
}
Value object_ne(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value equal = machine.call_dunder(arguments[0], Dunder::eq, arguments + 1, 1);
    if (equal == Value::absent())
        return same_object(arguments[0], arguments[1]) ? Value::false_() : Value::not_implemented();
    if (equal == Value::failed() || equal == Value::not_implemented()) return equal;
    const int truth = truth_of_unnamed(machine, equal);
    return truth < 0 ? Value::failed() : Value::boolean(truth == 0);
}
/// What every class of the program has, for those who ask by name.
constexpr Native object_methods[] = {
    {"object.__repr__", object_repr, "", 0, true},
    {"object.__str__", object_str, "", 0, true},
    {"object.__eq__", object_eq, "other", 1, true},
    {"object.__ne__", object_ne, "other", 1, true},
};

/// Exception(*args): what a class of exceptions without an __init__ of its own does.
Value exception_init(Machine& machine, const Value* arguments, std::uint32_t count) {
    Interpreter& vm = interpreter(machine);
    std::vector<Value> args(arguments + 1, arguments + count);
    for (Value& each : args) each = vm.exception_argument(each);
    const bool set = vm.set_exception_arguments(arguments[0], args.data(), count - 1);
    return set ? Value::none() : Value::failed();
}
constexpr Native native_exception_init("__init__", exception_init, "values...", 0, true);

constexpr std::string_view error_bases[] = {
#define ERROR(name, base, exit) #base,
#include "lang/vm/errors.def"
#undef ERROR
};

}  // namespace

ClassInfo& Interpreter::new_builtin_class(std::string_view name, ClassId id, const ClassInfo* base,
                                          const Native* construct) {
    auto made = std::make_unique<ClassInfo>();
    made->kind = ConstantKind::class_;
    made->name = name;
    made->base = base;
    made->id = id;
    made->is_builtin = true;
    made->construct = construct;
    for (Value& d : made->dunders) d = Value::absent();
    if (base != nullptr) {
        made->is_exception = base->is_exception;
        made->field_count = base->field_count;
        made->field_names = base->field_names;
        made->members = base->members;
        std::copy(std::begin(base->dunders), std::end(base->dunders), std::begin(made->dunders));
    }
    const auto index = static_cast<std::size_t>(id);
    if (id != ClassId::none) {
        if (classes_.size() <= index) classes_.resize(index + 1, nullptr);
        classes_[index] = made.get();
    }
    owned_classes.push_back(std::move(made));
    return *owned_classes.back();
}

void Interpreter::load_builtins() {
    const auto basic = [&](BasicClass which, std::string_view name, const Native* construct) {
        const ClassInfo& made = new_builtin_class(name, ClassId::none, nullptr, construct);
        basic_classes_[static_cast<std::size_t>(which)] = &made;
        return &made;
    };
    const auto define = [&](std::string_view name, Value v) { builtins_[names.intern(name)] = v; };
    basic(BasicClass::none, "NoneType", nullptr);
    const ClassInfo* int_class = basic(BasicClass::int_, "int", &construct_int);
    define("int", Value::constant(int_class));
    ClassInfo& bool_class = new_builtin_class("bool", ClassId::none, int_class, &construct_bool);
    basic_classes_[static_cast<std::size_t>(BasicClass::bool_)] = &bool_class;
    define("bool", Value::constant(&bool_class));
    define("float", Value::constant(basic(BasicClass::float_, "float", &construct_float)));
    define("str", Value::constant(basic(BasicClass::str, "str", &construct_str)));
    basic(BasicClass::function, "function", nullptr);
    basic(BasicClass::native, "builtin_function_or_method", nullptr);
    basic(BasicClass::type, "type", nullptr);
    basic(BasicClass::module, "module", nullptr);
    basic(BasicClass::allocator, "allocator", nullptr);
    basic(BasicClass::not_implemented, "NotImplementedType", nullptr);
    define("NotImplemented", Value::not_implemented());

    classes_.resize(static_cast<std::size_t>(ClassId::first_user_class), basic_classes_[0]);
    const BuiltinType types[] = {
        {"list", ClassId::list, &construct_list},
        {"tuple", ClassId::tuple, &construct_tuple},
        {"dict", ClassId::dict, &construct_dict},
        {"range", ClassId::range, &construct_range},
        {"ref", ClassId::cell, nullptr},
        {"function", ClassId::closure, nullptr},
        {"method", ClassId::bound_method, nullptr},
        {"iterator", ClassId::iterator, nullptr},
        {"buffer", ClassId::buffer, nullptr},
        {"allocator", ClassId::allocator, nullptr},
        {"arena", ClassId::arena, nullptr},
        {"slice", ClassId::slice, &construct_slice},
    };
    for (const BuiltinType& t : types) {
        const ClassInfo& made = new_builtin_class(t.name, t.id, nullptr, t.construct);
        if (t.construct != nullptr) define(t.name, Value::constant(&made));
    }

    define("object", Value::constant(&new_builtin_class(
                         "object", static_cast<ClassId>(ClassId::first_user_class), nullptr, nullptr)));

    // Exceptions are classes like the program's own: one field, `args`.
    auto next = static_cast<std::uint16_t>(static_cast<std::uint16_t>(ClassId::first_user_class) + 1);
    for (std::size_t i = 0; i < std::size(error_bases); ++i) {
        const std::string_view name = error_kind_name(static_cast<ErrorKind>(i));
        const ClassInfo* base = nullptr;
        for (std::size_t k = 0; k < i; ++k)
            if (error_kind_name(static_cast<ErrorKind>(k)) == error_bases[i]) base = error_classes_[k];
        ClassInfo& made = new_builtin_class(name, static_cast<ClassId>(next++), base, nullptr);
        if (base == nullptr) {
            made.is_exception = true;
            made.field_count = 1;
            const NameId args = names.intern("args");
            made.field_names = {args};
            Member& field = made.members[args];
            field.is_field = true;
            Member& init = made.members[names.intern("__init__")];
            init.value = Value::constant(&native_exception_init);
        }
        error_classes_.push_back(&made);
        define(name, Value::constant(&made));
    }
    define("BaseException", Value::constant(error_classes_[0]));
    for (const Native& n : general_functions()) define(n.name, Value::constant(&n));
    for (const Native& n : text_functions()) define(n.name, Value::constant(&n));
    for (const Native& n : memory_functions()) define(n.name, Value::constant(&n));
    for (const Native& n : introspection_functions()) define(n.name, Value::constant(&n));
    for (const Native& n : match_functions()) define(n.name, Value::constant(&n));
    for (const Native& n : object_methods) define(n.name, Value::constant(&n));
    builtins_[names.intern("object.__init__")] = Value::constant(&native_object_init);
}

const ClassInfo& Machine::iterator_class(Value iterator) const {
    // Named on demand: programs rarely look.
    auto& self = const_cast<Interpreter&>(static_cast<const Interpreter&>(*this));
    const std::string_view name = iterator_type_name(iterator_kind(heap.payload<Iterator>(iterator)));
    for (const auto& c : self.owned_classes)
        if (c->name == name) return *c;
    return self.new_builtin_class(name, ClassId::none, nullptr, nullptr);
}

std::int64_t Machine::view_length_of(Value iterator) const {
    return view_length(const_cast<Machine&>(*this), iterator);
}

RandomState& random_state(Machine& machine) { return interpreter(machine).random; }

Value resume_generator(Machine& machine, Value iterator) {
    return interpreter(machine).next_of_generator(iterator);
}

bool readable(Machine& machine, Value v) { return interpreter(machine).readable(v); }
const Printing*& innermost_printing(Machine& machine) { return interpreter(machine).printing; }

// --- Running

bool Interpreter::prepare() {
    facts_ = std::make_unique<MachineFacts>(*this);
    view_ = view_of_program(*this);
    MemoryOptions limits;
    limits.stack.max_depth = options.max_depth;
    limits.stack.words = program.has_words;
    auto made = MemoryManager::create(limits, names, *facts_, *view_);
    if (!made.ok()) return false;
    manager = std::move(made.value());
    stack = &manager->stack();
    return true;
}

/// The list `args`, made before the program's first statement. False after raising MemoryError.
bool Interpreter::make_args() {
    set_site();
    const Value list = heap.new_list(static_cast<std::uint32_t>(options.args.size()));
    if (list == Value::failed()) return false;
    globals[*program.args_slot] = list;
    for (const std::string& text : options.args) {
        const Value each = heap.new_string(text);
        if (each == Value::failed() || !heap.append(list, each)) return false;
    }
    return true;
}

/// What the program can hardly free by hand, `args` and what functions declare `static`, ends with the
/// program: such of it as is still there goes now.
void Interpreter::end_statics() {
    if (!lifetime.explicit_release) return;
    std::vector<std::uint32_t> slots = program.static_slots;
    if (program.args_slot.has_value()) slots.push_back(*program.args_slot);
    for (const std::uint32_t slot : slots) {
        const Value v = std::exchange(globals[slot], Value::unbound());
        if (v.is_heap() && v.is_owned() && heap.live(v)) deinit(v);
    }
}

void Interpreter::execute_main() {
    std::vector<Builtin> builtins;
    for (const auto& [name, value] : builtins_)
        builtins.push_back(
            {{name}, value, value.is_constant_object() ? DefinitionKind::function : DefinitionKind::literal});
    const Function& main = *program.modules[0].body;
    const MemoryOutcome<Frame*> entered = manager->initialise(main, builtins);
    if (!entered) {
        stack_refused = true;
        return;
    }
    frame = entered.value();
    // The compiler numbered the program's globals from 0; in the heap they follow the built-in ones.
    globals = manager->heap().slots() + builtins.size();
    for (NameId name : program.global_names) {
        const auto slot = manager->heap().declare({name}, DefinitionKind::data);
        HARNESS_CHECK(static_cast<bool>(slot), "a global has no slot of its own");
    }
    manager->run();
    at = main.code.data() + 1;
    if (program.args_slot.has_value() && !make_args()) {
        halted_by_error = true;
        return;
    }
    halted = false;
    run_until_halt(main.entry, frame->base, main.constants);
    halted_by_error = pending != Value::absent();
}

}  // namespace harness::lang
