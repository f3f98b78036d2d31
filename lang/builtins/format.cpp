// format() of any value: what f-strings, the builtin and str.format come to. How a text or a number is laid
// out is the affair of format_spec.cpp; here stands whose rules apply.
#include <string>

#include "lang/builtins/format_spec.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/string_building.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

bool fail(Machine& machine, FormatError& error) {
    if (error.kind == ErrorKind::MemoryError)
        machine.raise_memory_error(static_cast<std::size_t>(width_max));
    else
        machine.raise(error.kind, std::move(error.message));
    return false;
}

bool format_string(Machine& machine, std::string_view text, std::string_view spec_text, std::string& out) {
    FormatSpec spec;
    FormatError error;
    if (parse_format_spec(spec_text, "str", false, spec, error) && format_text(text, spec, out, error))
        return true;
    return fail(machine, error);
}

bool format_number(Machine& machine, Value v, std::string_view spec_text, std::string& out) {
    const std::string_view type = machine.type_name(v);
    FormatSpec spec;
    FormatError error;
    if (parse_format_spec(spec_text, type, true, spec, error) &&
        (v.is_float() ? format_float(v.as_float(), spec, type, out, error)
                      : format_integer(integral(v), spec, type, out, error)))
        return true;
    return fail(machine, error);
}

/// An instance's own __format__: 1 when it has one, 0 when not, -1 after raising.
int ask_class(Machine& machine, Value v, std::string_view spec_text, std::string& out) {
    if (is_absent(machine.class_of(v).dunder(Dunder::format))) return 0;
    const Value spec = machine.heap.new_string(spec_text);
    if (is_failed(spec)) return -1;
    const Value text = machine.call_dunder(v, Dunder::format, &spec, 1);
    machine.drop(spec);
    if (is_failed(text)) return -1;
    const auto refusal = [](const std::string& type) { return "__format__ must return a str, not " + type; };
    return append_answer(machine, text, out, refusal) ? 1 : -1;
}

}  // namespace

bool format_value(Machine& machine, Value v, char conversion, std::string_view spec, std::string& out) {
    if (conversion != 0) {
        if (spec.empty() && conversion != 'a')
            return conversion == 's' ? append_str(machine, v, out) : append_repr(machine, v, out);
        std::string text;
        const bool ok = conversion == 's'   ? append_str(machine, v, text)
                        : conversion == 'r' ? append_repr(machine, v, text)
                                            : append_ascii(machine, v, text);
        return ok && format_string(machine, text, spec, out);
    }
    if (v.is_heap() && !v.is_string() && machine.is_instance(v)) {
        const int asked = ask_class(machine, v, spec, out);
        if (asked != 0) return asked > 0;
    }
    if (spec.empty()) return append_str(machine, v, out);
    if (v.is_string()) return format_string(machine, machine.heap.text(v), spec, out);
    if (is_numeric(v)) return format_number(machine, v, spec, out);
    machine.raise(ErrorKind::TypeError,
                  "unsupported format string passed to " + std::string(machine.type_name(v)) + ".__format__");
    return false;
}

}  // namespace harness::lang
