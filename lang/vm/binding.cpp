// Arguments to parameters: defaults, names, *rest and **rest, for functions of the program and builtins, and
// every complaint about their number.
#include <fmt/format.h>

#include <algorithm>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/scratch.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

namespace {

std::string plural(std::size_t n, const char* word) {
    return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s");
}

std::string missing_arguments(std::string_view function, const std::vector<std::string>& names,
                              const char* kind) {
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i != 0) list += i + 1 == names.size() ? (names.size() == 2 ? " and " : ", and ") : ", ";
        list += "'" + names[i] + "'";
    }
    return fmt::format("{}() missing {} required {} argument{}: {}", function, names.size(), kind,
                       names.size() == 1 ? "" : "s", list);
}

}  // namespace

void Interpreter::raise_arity(const Function& f, std::uint32_t given, std::uint32_t keyword_only_given) {
    std::vector<std::string> missing, missing_keyword;
    std::uint32_t positional = 0, required = 0;
    for (std::size_t i = 0; i < f.header.parameters; ++i) {
        const ParameterInfo& p = f.parameter_info[i];
        const bool rest =
            (f.has_keyword_rest && i + 1U == f.header.parameters) || (f.has_rest && is_rest_parameter(f, i));
        if (rest || p.keyword_only) continue;
        ++positional;
        if (!p.has_default) ++required;
        if (i >= given && !p.has_default) missing.emplace_back(names.text(p.name));
    }
    const std::string_view name = f.qualified_name;
    about.function = &f;
    if (!missing.empty()) {
        raise(ErrorKind::TypeError, missing_arguments(name, missing, "positional"));
        return;
    }
    std::string takes = required == positional
                            ? plural(positional, "positional argument")
                            : fmt::format("from {} to {} positional arguments", required, positional);
    std::string passed = std::to_string(given);
    if (keyword_only_given != 0)
        passed += fmt::format(" positional argument{} (and {})", given == 1 ? "" : "s",
                              plural(keyword_only_given, "keyword-only argument"));
    raise(ErrorKind::TypeError, fmt::format("{}() takes {} but {} {} given", name, takes, passed,
                                            given == 1 && keyword_only_given == 0 ? "was" : "were"));
}

bool Interpreter::is_rest_parameter(const Function& f, std::size_t i) const {
    // *rest stands behind the positional parameters: the first that is keyword-only by place, or just before
    // **rest.
    if (!f.has_rest) return false;
    std::size_t at = f.header.parameters - (f.has_keyword_rest ? 1U : 0U);
    while (at > 0 && f.parameter_info[at - 1].keyword_only) --at;
    return at > 0 && i == at - 1;
}

/// Rearranges what the caller passed into the callee's registers: defaults, names, *rest and **rest.
bool Interpreter::bind_arguments(const Function& f, Value closure, Value* base, std::uint32_t count,
                                 const Value* keywords) {
    const std::uint32_t named = keywords == nullptr ? 0 : static_cast<std::uint32_t>(keywords[0].as_int());
    const std::uint32_t given = count - named;
    std::vector<Value> passed(base, base + count);
    const std::size_t total = f.header.parameters;
    std::vector<Value> bound(total, Value::absent());
    std::size_t positional = 0;
    for (std::size_t i = 0; i < total; ++i) {
        const bool last_rest = f.has_keyword_rest && i + 1 == total;
        if (!last_rest && !f.parameter_info[i].keyword_only && !is_rest_parameter(f, i)) ++positional;
    }
    for (std::uint32_t i = 0; i < std::min<std::size_t>(given, positional); ++i) bound[i] = passed[i];
    UnnamedValue rest(*this), more(*this);
    if (f.has_rest) {
        ScratchValues elements(*this);
        for (std::size_t i = positional; i < given; ++i)
            if (!elements.push(share(passed[i]))) return false;
        if (!rest.set(heap.new_tuple(elements.data(), static_cast<std::uint32_t>(elements.size()))))
            return false;
        elements.release();
        for (std::size_t i = 0; i < total; ++i)
            if (is_rest_parameter(f, i)) bound[i] = rest.get();
    }
    if (f.has_keyword_rest) {
        if (!more.set(heap.new_dict())) return false;
        bound[total - 1] = more.get();
    }
    for (std::uint32_t k = 0; k < named; ++k) {
        const std::string_view name = heap.text(keywords[1 + k]);
        std::size_t at = total;
        for (std::size_t i = 0; i < total; ++i) {
            const bool is_rest = (f.has_keyword_rest && i + 1 == total) || is_rest_parameter(f, i);
            if (!is_rest && names.text(f.parameter_info[i].name) == name) at = i;
        }
        if (at == total) {
            if (f.has_keyword_rest) {
                if (!dict_set(*this, more.get(), keywords[1 + k], passed[given + k])) return false;
                continue;
            }
            about.function = &f;
            raise(ErrorKind::TypeError,
                  fmt::format("{}() got an unexpected keyword argument '{}'", f.qualified_name, name));
            return false;
        }
        if (bound[at] != Value::absent()) {
            about.function = &f;
            raise(ErrorKind::TypeError,
                  fmt::format("{}() got multiple values for argument '{}'", f.qualified_name, name));
            return false;
        }
        bound[at] = passed[given + k];
    }
    if (given > positional && !f.has_rest) {
        std::uint32_t keyword_only = 0;
        for (std::size_t i = 0; i < total; ++i)
            keyword_only += f.parameter_info[i].keyword_only && bound[i] != Value::absent();
        raise_arity(f, given, keyword_only);
        return false;
    }
    std::vector<std::string> missing, missing_keyword;
    std::size_t default_index = 0;
    const bool own_defaults = closure.is_heap();
    for (std::size_t i = 0; i < total; ++i) {
        const ParameterInfo& p = f.parameter_info[i];
        if (bound[i] == Value::absent()) {
            if (p.has_default) {
                bound[i] = own_defaults
                               ? heap.payload<Closure>(closure).cells[f.captures.size() + default_index]
                               : f.default_constants[default_index];
            } else {
                (p.keyword_only ? missing_keyword : missing).emplace_back(names.text(p.name));
            }
        }
        if (p.has_default) ++default_index;
    }
    if (!missing.empty()) {
        about.function = &f;
        raise(ErrorKind::TypeError, missing_arguments(f.qualified_name, missing, "positional"));
        return false;
    }
    if (!missing_keyword.empty()) {
        about.function = &f;
        raise(ErrorKind::TypeError, missing_arguments(f.qualified_name, missing_keyword, "keyword-only"));
        return false;
    }
    if (lifetime.single_owner) {
        // What nobody names belongs to the tuple and the dict now, and a default to its function.
        const auto receive = [](Value& place, Value given) {
            if (owns(given) && same_object(place, given)) place = given;
        };
        if (f.has_rest && rest.get().is_sequence())
            for (std::size_t i = positional; i < given; ++i)
                receive(heap.sequence(rest.get()).elements()[i - positional], passed[i]);
        if (f.has_keyword_rest)
            for (std::uint32_t k = 0; k < named; ++k)
                if (Value* place = dict_find_simple(heap, heap.payload<Dict>(more.get()), keywords[1 + k]))
                    receive(*place, passed[given + k]);
        for (std::size_t i = 0; i < total; ++i) {
            const bool passed_on =
                std::any_of(passed.begin(), passed.end(), [&](Value v) { return v == bound[i]; });
            const bool made =
                (f.has_rest && is_rest_parameter(f, i)) || (f.has_keyword_rest && i + 1 == total);
            if (!passed_on && !made) bound[i] = bound[i].lent();
        }
    }
    std::copy(bound.begin(), bound.end(), base);
    rest.take();
    more.take();
    return true;
}

Value Interpreter::call_native(const Native& native, Value* arguments, std::uint32_t count,
                               const Value* keywords) {
    const std::uint32_t self = native.is_method ? 1 : 0;
    const std::uint32_t named = keywords == nullptr ? 0 : static_cast<std::uint32_t>(keywords[0].as_int());
    const std::uint32_t given = count - named - self;
    if (native.plain && named == 0) [[likely]] {
        if (given == native.total) return native.function(*this, arguments, count);
        if (given >= native.required && given < native.total) {
            Value padded[12];
            std::copy(arguments, arguments + count, padded);
            for (std::uint32_t i = given; i < native.total; ++i) padded[self + i] = Value::absent();
            return native.function(*this, padded, native.total + self);
        }
    }
    return call_native_bound(native, arguments, given, named, keywords);
}

/// A method with the type it belongs to, as CPython names it.
std::string Interpreter::qualified(const Native& native, const Value* arguments) const {
    if (!native.is_method) return std::string(native.name);
    return fmt::format("{}.{}", type_name(arguments[0]), native.name);
}

/// The long way: names, "rest...", "**names", and every complaint about the number of arguments.
Value Interpreter::call_native_bound(const Native& native, Value* arguments, std::uint32_t given,
                                     std::uint32_t named, const Value* keywords) {
    const std::uint32_t self = native.is_method ? 1 : 0;
    if (!native.takes_rest && given > native.positional) {
        if (native.positional == 0)
            return raise(ErrorKind::TypeError, fmt::format("{}() takes no arguments ({} given)",
                                                           qualified(native, arguments), given));
        const char* bound = native.required == native.positional ? "" : "at most ";
        if (native.positional == 1 && native.required == 1)
            return raise(ErrorKind::TypeError, fmt::format("{}() takes exactly one argument ({} given)",
                                                           qualified(native, arguments), given));
        return raise(ErrorKind::TypeError, fmt::format("{} expected {}{}, got {}", native.name, bound,
                                                       plural(native.positional, "argument"), given));
    }
    std::vector<Value> slots;
    std::vector<std::string_view> slot_names;
    std::vector<Value> out(arguments, arguments + self);
    std::uint32_t next = 0;
    bool keyword_only = false;
    int more_at = -1;
    for (std::size_t at = 0; at < native.parameters.size();) {
        const std::size_t end = std::min(native.parameters.find(' ', at), native.parameters.size());
        const std::string_view word = native.parameters.substr(at, end - at);
        at = end + 1;
        if (word.empty()) continue;
        if (word == "*") {
            keyword_only = true;
        } else if (word.substr(0, 2) == "**") {
            more_at = static_cast<int>(out.size());
            out.push_back(Value::absent());
            slot_names.emplace_back();
        } else if (word.size() > 3 && word.substr(word.size() - 3) == "...") {
            while (next < given) {
                out.push_back(arguments[self + next++]);
                slot_names.emplace_back();
            }
            keyword_only = true;
        } else {
            out.push_back(!keyword_only && next < given ? arguments[self + next++] : Value::absent());
            slot_names.push_back(word);
        }
    }
    UnnamedValue more(*this);  // of the names that have no parameter
    for (std::uint32_t k = 0; k < named; ++k) {
        const std::string_view name = heap.text(keywords[1 + k]);
        const Value v = arguments[self + given + k];
        const auto found = std::find(slot_names.begin(), slot_names.end(), name);
        if (found != slot_names.end()) {
            Value& slot = out[self + static_cast<std::size_t>(found - slot_names.begin())];
            if (slot != Value::absent())
                return raise(
                    ErrorKind::TypeError,
                    fmt::format("argument for {}() given by name ('{}') and position", native.name, name));
            slot = v;
        } else if (more_at >= 0) {
            if (more.get() == Value::absent() && !more.set(heap.new_dict())) return Value::failed();
            if (!dict_set(*this, more.get(), keywords[1 + k], v)) return Value::failed();
            out[static_cast<std::size_t>(more_at)] = more.get();
        } else {
            return raise(ErrorKind::TypeError,
                         fmt::format("'{}' is an invalid keyword argument for {}()", name, native.name));
        }
    }
    std::uint32_t have = 0;
    for (std::uint32_t i = 0; i < native.required && self + i < out.size(); ++i)
        if (out[self + i] != Value::absent()) ++have;
    if (have < native.required) {
        if (native.positional == 1 && native.required == 1)
            return raise(ErrorKind::TypeError, fmt::format("{}() takes exactly one argument ({} given)",
                                                           qualified(native, arguments), given));
        return raise(
            ErrorKind::TypeError,
            fmt::format("{} expected {}{}, got {}", native.name,
                        native.required == native.positional && !native.takes_rest ? "" : "at least ",
                        plural(native.required, "argument"), given));
    }
    return native.function(*this, out.data(), static_cast<std::uint32_t>(out.size()));
}

}  // namespace harness::lang
