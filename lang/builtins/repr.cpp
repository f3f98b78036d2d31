// str() and repr() of every value. Containers are walked here; what the program's classes say about
// themselves is asked of them. Nothing that is printed depends on an address.
#include <charconv>
#include <string>
#include <utility>

#include "lang/builtins/allocator_handles.hpp"
#include "lang/builtins/characters.hpp"
#include "lang/builtins/float_text.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/places.hpp"
#include "lang/builtins/string_building.hpp"
#include "lang/builtins/text.hpp"
#include "lang/bytecode/program.hpp"
#include "lang/memory/packed.hpp"

namespace harness::lang {

namespace {

/// Enters a container for as long as it is printed; `again` when it is being printed already, further out.
class Entered {
  public:
    Entered(Machine& machine, Value container)
        : innermost_(innermost_printing(machine)), here_{container, innermost_}, guard_(machine, doing) {
        for (const Printing* p = innermost_; p != nullptr; p = p->outer)
            again_ |= same_object(p->container, container);
        innermost_ = &here_;
    }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;
    ~Entered() { innermost_ = here_.outer; }

    bool again() const { return again_; }
    /// False after RecursionError.
    bool ok() const { return static_cast<bool>(guard_); }

  private:
    static constexpr std::string_view doing = "while getting the repr of an object";
    const Printing*& innermost_;
    Printing here_;
    Machine::DepthGuard guard_;
    bool again_ = false;
};

/// Keeps what was found in a container, however the program changes that container.
class Held {
  public:
    Held(Machine& machine, Value borrow) : machine_(machine), value_(shared(machine, borrow)) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() {
        if (ok()) machine_.drop(value_);
    }
    bool ok() const { return !is_failed(value_); }
    Value value() const { return value_; }

  private:
    Machine& machine_;
    Value value_;
};

bool print_element(Machine& machine, Value element, std::string& out) {
    if (!element.is_heap() || element.is_string()) return append_repr(machine, element, out);
    const Held held(machine, element);
    return held.ok() && append_repr(machine, held.value(), out);
}

bool print_sequence(Machine& machine, Value v, std::string& out) {
    const Entered entered(machine, v);
    if (!entered.ok()) return false;
    const bool tuple = machine.heap.sequence(v).is_tuple();
    if (entered.again()) {
        out += tuple ? "(...)" : "[...]";
        return true;
    }
    out += tuple ? '(' : '[';
    // Each element is looked up anew: a __repr__ may change the list.
    std::uint64_t i = 0;
    Value element;
    for (; !is_absent(element = element_at(machine, v, i)); ++i) {
        if (is_failed(element)) return false;
        if (i > 0) out += ", ";
        if (!print_element(machine, element, out)) return false;
    }
    if (tuple && i == 1) out += ',';
    out += tuple ? ')' : ']';
    return true;
}

bool print_dict(Machine& machine, Value v, std::string& out) {
    const Entered entered(machine, v);
    if (!entered.ok()) return false;
    if (entered.again()) {
        out += "{...}";
        return true;
    }
    out += '{';
    DictEntry entry;
    std::uint32_t position = 0;
    int more;
    for (bool first = true; (more = next_entry(machine, v, position, entry)) > 0; first = false) {
        if (!first) out += ", ";
        const Held value(machine, entry.value);
        if (!value.ok() || !print_element(machine, entry.key, out)) return false;
        out += ": ";
        if (!append_repr(machine, value.value(), out)) return false;
    }
    if (more < 0) return false;
    out += '}';
    return true;
}

void append_integer(std::int64_t number, std::string& out) {
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number);
    out.append(buffer, end.ptr);
}

void print_range(const Range& range, std::string& out) {
    out += "range(";
    append_integer(range.start, out);
    out += ", ";
    append_integer(range.stop, out);
    if (range.step != 1) {
        out += ", ";
        append_integer(range.step, out);
    }
    out += ')';
}

/// None, booleans, functions, classes, modules.
void print_constant(Value v, std::string& out) {
    if (v.is_none()) {
        out += "None";
    } else if (v.is_bool()) {
        out += v.is_true() ? "True" : "False";
    } else if (v == Value::not_implemented()) {
        out += "NotImplemented";
    } else if (v.is_constant_object()) {
        const auto* object = v.as_constant<const ConstantObject>();
        switch (object->kind) {
            case ConstantKind::function:
                out += "<function " + static_cast<const Function*>(object)->name + ">";
                break;
            case ConstantKind::native:
                out += "<built-in function " + std::string(static_cast<const Native*>(object)->name) + ">";
                break;
            case ConstantKind::class_:
                out += "<class '" + std::string(static_cast<const ClassInfo*>(object)->name) + "'>";
                break;
            case ConstantKind::module:
                out += "<module '" + std::string(static_cast<const ModuleInfo*>(object)->name) + "'>";
                break;
            case ConstantKind::allocator:
                append_allocator(object, out);
        }
    }
}

bool print_slice(Machine& machine, Value v, std::string& out) {
    const Machine::DepthGuard guard(machine, "while getting the repr of an object");
    if (!guard) return false;
    const Slice parts = machine.heap.payload<Slice>(v);
    out += "slice(";
    if (!append_repr(machine, parts.start, out)) return false;
    out += ", ";
    if (!append_repr(machine, parts.stop, out)) return false;
    out += ", ";
    if (!append_repr(machine, parts.step, out)) return false;
    out += ')';
    return true;
}

void print_bound_method(Machine& machine, Value v, std::string& out) {
    const Value method = machine.heap.payload<BoundMethod>(v).method;
    if (method.is_heap()) {
        out += "<bound method " + machine.heap.payload<Closure>(method).function->name + ">";
        return;
    }
    const auto* object = method.as_constant<const ConstantObject>();
    if (object->kind == ConstantKind::native)
        out += "<built-in method " + std::string(static_cast<const Native*>(object)->name) + ">";
    else
        out += "<bound method " + static_cast<const Function*>(object)->name + ">";
}

/// The arguments that an exception was made with, as a borrow: a tuple, or none while it is being made.
Value exception_arguments(Machine& machine, Value exception) {
    const Value arguments = machine.heap.payload<Value>(exception);
    const bool tuple =
        arguments.is_heap() && !arguments.is_string() && machine.heap.class_id(arguments) == ClassId::tuple;
    return tuple ? arguments : Value::none();
}

/// ValueError('x'): a single argument has no comma behind it.
bool print_exception(Machine& machine, Value v, std::string& out) {
    out += machine.type_name(v);
    const Value arguments = exception_arguments(machine, v);
    if (arguments.is_none()) {
        out += "()";
        return true;
    }
    if (machine.heap.sequence(arguments).length() != 1) return print_element(machine, arguments, out);
    const Entered entered(machine, v);
    if (!entered.ok()) return false;
    if (entered.again()) {
        out += "(...)";
        return true;
    }
    out += '(';
    if (!print_element(machine, machine.heap.sequence(arguments).elements()[0], out)) return false;
    out += ')';
    return true;
}

/// str(exception): its one argument, or the tuple of them.
bool exception_text(Machine& machine, Value v, std::string& out) {
    const Held arguments(machine, exception_arguments(machine, v));
    if (!arguments.ok()) return false;
    if (arguments.value().is_none()) return true;
    const Sequence& s = machine.heap.sequence(arguments.value());
    if (s.length() == 0) return true;
    const ClassInfo& type = machine.class_of(v);
    if (s.length() == 1) {
        if (type.derives_from(machine.error_class(ErrorKind::KeyError)))
            return append_repr(machine, s.elements()[0], out);
        const Machine::DepthGuard guard(machine, "while getting the str of an object");
        return guard && append_str(machine, s.elements()[0], out);
    }
    if (s.length() == 2 && type.derives_from(machine.error_class(ErrorKind::OSError))) {
        out += "[Errno ";
        if (!append_str(machine, s.elements()[0], out)) return false;
        out += "] ";
        return append_str(machine, s.elements()[1], out);
    }
    return append_repr(machine, arguments.value(), out);
}

/// What a class of the program says in __str__ or __repr__: 1 when it did, 0 when it has none, -1 after
/// raising.
int ask_class(Machine& machine, Value v, Dunder dunder, std::string& out) {
    const Value text = machine.call_dunder(v, dunder);
    if (is_absent(text)) return 0;
    if (is_failed(text)) return -1;
    const auto refusal = [&](const std::string& type) {
        return std::string(dunder_names[static_cast<std::size_t>(dunder)]) + " returned non-string (type " +
               type + ")";
    };
    return append_answer(machine, text, out, refusal) ? 1 : -1;
}

/// As Python prints a dataclass: every field with its name.
bool print_struct(Machine& machine, Value v, std::string& out) {
    const ClassInfo& type = machine.class_of(v);
    const Entered entered(machine, v);
    if (!entered.ok()) return false;
    if (entered.again()) {
        out += "...";
        return true;
    }
    out += type.name;
    out += '(';
    bool first = true;
    for (const PackedField& field : type.packed->fields) {
        if (!std::exchange(first, false)) out += ", ";
        out += machine.names.text(field.name);
        out += '=';
        const Value held = machine.get_attribute(v, field.name);
        if (is_failed(held)) return false;
        const bool printed = append_repr(machine, held, out);
        machine.drop(held);
        if (!printed) return false;
    }
    out += ')';
    return true;
}

/// An instance whose class says nothing of it.
bool print_plainly(Machine& machine, Value v, std::string& out) {
    const ClassInfo& type = machine.class_of(v);
    if (type.is_exception) return print_exception(machine, v, out);
    if (type.packed != nullptr) return print_struct(machine, v, out);
    out += '<';
    out += type.name;
    out += " object>";
    return true;
}

bool print_object(Machine& machine, Value v, std::string& out) {
    if (machine.is_instance(v)) {
        const int asked = ask_class(machine, v, Dunder::repr, out);
        if (asked != 0) return asked > 0;
    }
    return print_plainly(machine, v, out);
}

}  // namespace

bool append_plain_repr(Machine& machine, Value v, std::string& out) {
    return may_read(machine, v) && print_plainly(machine, v, out);
}

bool append_plain_str(Machine& machine, Value v, std::string& out) {
    if (!may_read(machine, v)) return false;
    return machine.class_of(v).is_exception ? exception_text(machine, v, out) : append_repr(machine, v, out);
}

bool append_repr(Machine& machine, Value v, std::string& out) {
    if (v.is_int()) {
        append_integer(v.as_int(), out);
    } else if (v.is_string()) {
        append_quoted(machine.heap.text(v), out);
    } else if (v.is_float()) {
        append_float_repr(v.as_float(), out);
    } else if (!may_read(machine, v)) {
        return false;
    } else if (!v.is_heap()) {
        print_constant(v, out);
    } else {
        switch (machine.heap.class_id(v)) {
            case ClassId::list:
            case ClassId::tuple:
                return print_sequence(machine, v, out);
            case ClassId::dict:
                return print_dict(machine, v, out);
            case ClassId::range:
                print_range(machine.heap.payload<Range>(v), out);
                break;
            case ClassId::slice:
                return print_slice(machine, v, out);
            case ClassId::closure:
                out += "<function " + machine.heap.payload<Closure>(v).function->name + ">";
                break;
            case ClassId::bound_method:
                print_bound_method(machine, v, out);
                break;
            case ClassId::iterator:
                return append_iterator_repr(machine, out, v);
            default:
                return print_object(machine, v, out);
        }
    }
    return true;
}

bool append_str(Machine& machine, Value v, std::string& out) {
    if (v.is_string()) {
        out += machine.heap.text(v);
        return true;
    }
    if (!v.is_heap()) return append_repr(machine, v, out);
    if (!may_read(machine, v)) return false;
    const ClassInfo& type = machine.class_of(v);
    if (machine.is_instance(v)) {
        const int asked = ask_class(machine, v, Dunder::str, out);
        if (asked != 0) return asked > 0;
    }
    // An exception has its own __str__, which comes before a __repr__ of the program.
    return type.is_exception ? exception_text(machine, v, out) : append_repr(machine, v, out);
}

bool append_ascii(Machine& machine, Value v, std::string& out) {
    if (v.is_string()) {
        append_quoted(machine.heap.text(v), out, true);
        return true;
    }
    std::string text;
    if (!append_repr(machine, v, text)) return false;
    append_ascii_escaped(text, out);
    return true;
}

Value str_of(Machine& machine, Value v) {
    if (v.is_string()) return machine.share(v);
    std::string text;
    if (!append_str(machine, v, text)) return Value::failed();
    return machine.heap.new_string(text);
}

}  // namespace harness::lang
