// Telling errors: what nobody caught becomes a diagnostic with its place, its calls, what it came from, and
// a remedy where one is known.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lang/builtins/text.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

// --- What an error came from

/// Tells of an exception whose handler is about to be left by another one. Its text is made without running
/// code of the program, for that would come in the midst of unwinding; where this cannot be, the name alone
/// has to do.
Earlier Interpreter::describe_earlier(Value exception, bool is_cause) {
    Earlier told{.is_cause = is_cause, .name = std::string(type_name(exception)), .message = {}, .span = {}};
    if (const auto found = caught_traces_.find(exception.payload()); found != caught_traces_.end())
        told.span = program.span_of_site(found->second.site);
    if (exception == memory_error_) return told;
    const ClassInfo& type = class_of(exception);
    const Value arguments = heap.payload<Value>(exception);
    if (type.dunder(Dunder::str) != Value::absent() || !arguments.is_heap() || arguments.is_string() ||
        heap.class_id(arguments) != ClassId::tuple)
        return told;
    const Sequence& s = heap.sequence(arguments);
    const auto plain = [](Value v) { return v.is_string() || !v.is_heap(); };
    if (s.length() == 0 || !std::all_of(s.elements(), s.elements() + s.length(), plain)) return told;
    const Value outer = std::exchange(pending, Value::absent());
    append_str(*this, exception, told.message);
    pending = outer;
    return told;
}

void Interpreter::note_earlier(Value exception, bool is_cause) {
    const auto add = [&](auto&& earlier) {
        if (trace_.earlier.size() < Trace::most_earlier)
            trace_.earlier.push_back(std::forward<decltype(earlier)>(earlier));
        else
            ++trace_.earlier_left_out;
    };
    if (trace_.earlier.size() < Trace::most_earlier)
        add(describe_earlier(exception, is_cause));
    else
        ++trace_.earlier_left_out;
    const auto found = caught_traces_.find(exception.payload());
    if (found == caught_traces_.end()) return;
    for (const Earlier& each : found->second.earlier) add(each);
    trace_.earlier_left_out += found->second.earlier_left_out;
}

/// Before the error in flight leaves the instruction `word`, for `target_word` or for the caller.
void Interpreter::note_handled(const Frame& f, std::uint32_t word, const std::uint32_t* target_word) {
    if (trace_.from_known) return;
    for (const Handled& range : f.function->handled) {
        if (word < range.from || word >= range.to) continue;
        if (target_word != nullptr && *target_word >= range.from && *target_word < range.to) continue;
        if (range.why != Handled::always && !(f.base[range.why] == Value::integer(1))) continue;
        const Value handled = f.base[range.reg];
        const bool there =
            handled == memory_error_ || (handled.is_heap() && !handled.is_string() && heap.live(handled) &&
                                         is_instance(handled) && class_of(handled).is_exception);
        if (!there || handled.payload() == pending.payload()) continue;
        note_earlier(handled, false);
    }
}

Value Interpreter::raise_from(Value exception, Value cause) {
    if (uncatchable()) return Value::failed();
    const bool is_class = cause.is_constant_object() &&
                          cause.as_constant<ConstantObject>()->kind == ConstantKind::class_ &&
                          cause.as_constant<ClassInfo>()->is_exception;
    const bool is_exception = is_instance(cause) && class_of(cause).is_exception;
    if (!is_class && !is_exception && !cause.is_none()) {
        drop(exception);
        return raise(ErrorKind::TypeError, "exception causes must derive from BaseException");
    }
    raise_value(exception);
    const bool raised = pending != Value::absent() && is_instance(pending) && !uncatchable();
    if (!raised) return Value::failed();
    trace_.from_known = true;
    if (is_class)
        trace_.earlier.push_back({.is_cause = true,
                                  .name = std::string(cause.as_constant<ClassInfo>()->name),
                                  .message = {},
                                  .span = {}});
    else if (is_exception && cause.payload() != pending.payload())
        note_earlier(cause, true);
    return Value::failed();
}

// --- The report

/// Before the values of the frames end: a key of the dict that looks like the one it lacks, or is the same
/// text or number in the other type. What the error in flight is about is its first argument.
void Interpreter::note_keys(Value dict) {
    constexpr std::uint32_t most = 2000;
    const Value arguments = heap.payload<Value>(pending);
    if (!heap.live(dict) || arguments.is_string() || heap.sequence(arguments).length() != 1) return;
    const Value key = heap.sequence(arguments).elements()[0];
    const Dict& table = heap.payload<Dict>(dict);
    trace_.about.length = table.live;
    std::vector<std::string_view> candidates;
    const bool is_text = key.is_string();
    const std::string wanted = is_text        ? std::string(heap.text(key))
                               : key.is_int() ? std::to_string(key.as_int())
                                              : "";
    if (wanted.empty()) return;
    for (std::uint32_t i = 0; i < std::min(table.used, most); ++i) {
        const Value other = table.entries[i].key;
        if (other == Value::absent()) continue;
        if (is_text && other.is_string()) candidates.push_back(heap.text(other));
        const bool differs_in_type = is_text ? other.is_int() && std::to_string(other.as_int()) == wanted
                                             : other.is_string() && heap.text(other) == wanted;
        if (!differs_in_type) continue;
        keys_.other = is_text ? wanted : fmt::format("'{}'", wanted);
        keys_.other_type = is_text ? "int" : "str";
    }
    const std::string_view near = nearest(wanted, candidates);
    if (!near.empty() && near.find_first_of("\n'\\") == std::string_view::npos)
        keys_.nearest = fmt::format("'{}'", near);
}

void Interpreter::describe_attributes(ErrorFacts& facts) const {
    const MissingAttribute& about_it = missing_attribute_;
    const std::string_view wanted = names.text(about_it.name);
    std::vector<std::string_view> candidates;
    for (const Native& method : about_it.methods) candidates.push_back(method.name);
    if (about_it.type != nullptr) {
        for (const auto& [name, member] : about_it.type->members) {
            candidates.push_back(names.text(name));
            if (!names.text(name).starts_with("_") && names.text(name).find('.') == std::string_view::npos)
                facts.attributes.emplace_back(names.text(name));
        }
    }
    if (about_it.module != nullptr) {
        for (const auto& [name, slot] : about_it.module->globals) candidates.push_back(names.text(name));
        for (const auto& [name, value] : about_it.module->natives)
            if (names.text(name).find('.') == std::string_view::npos) candidates.push_back(names.text(name));
    }
    // Hash tables have no order that a reader could rely on.
    std::sort(candidates.begin(), candidates.end());
    std::sort(facts.attributes.begin(), facts.attributes.end());
    facts.nearest = nearest(wanted, candidates);
}

ErrorFacts Interpreter::error_facts() const {
    const ErrorAbout& known = trace_.about;
    ErrorFacts facts;
    facts.by_language = known.by_language;
    facts.index = known.index;
    facts.length = known.length;
    if (class_of(pending).derives_from(error_class(ErrorKind::KeyError))) {
        facts.nearest = keys_.nearest;
        facts.other_key = keys_.other;
        facts.other_type = keys_.other_type;
    }
    if (known.function != nullptr) {
        facts.function = known.function->header.span;
        for (const ParameterInfo& p : known.function->parameter_info)
            facts.parameters.emplace_back(names.text(p.name));
    }
    if (missing_attribute_.name != 0 &&
        class_of(pending).derives_from(error_class(ErrorKind::AttributeError)))
        describe_attributes(facts);
    return facts;
}

Diagnostic Interpreter::describe_pending() {
    Diagnostic d;
    if (defect_.has_value()) {
        d = defect_->diagnostic;
    } else {
        const Value exception = pending;
        d.name = std::string(type_name(exception));
        d.span = program.span_of_site(trace_.site);
        if (exception == memory_error_) {
            if (exhausted_.by_limit) {
                d.message =
                    fmt::format("{} bytes cannot be had: --max-heap allows {}, of which {} are in use",
                                exhausted_.bytes, options.max_heap_bytes, exhausted_.live);
                d.help = "raise --max-heap, or release earlier";
            } else {
                d.message = fmt::format("the allocator '{}' cannot give {} bytes", exhausted_.allocator,
                                        exhausted_.bytes);
                d.help = "choose a larger allocator, or release earlier";
            }
        } else {
            pending = Value::absent();
            const Trace trace = trace_;
            if (!append_str(*this, exception, d.message)) {
                if (pending != Value::absent() && pending.is_heap()) drop(pending);
                d.message = "<its text cannot be had>";
            }
            trace_ = trace;
            pending = exception;
        }
        if (d.help.empty()) d.help = trace_.help;
    }
    d.earlier = trace_.earlier;
    d.earlier_left_out = trace_.earlier_left_out;
    // The innermost function first; the last line is the main program's.
    std::uint32_t site = trace_.site;
    const auto tell = [&](const Trace::Call& call) {
        d.stack.push_back({call.function->name, program.span_of_site(site)});
        site = call.site;
    };
    for (const Trace::Call& call : trace_.inner) tell(call);
    const std::size_t listed = trace_.inner.size() + trace_.outer.size();
    const std::size_t oldest = trace_.outer.size() == Trace::kept ? trace_.passed % Trace::kept : 0;
    std::size_t first = 0;
    if (trace_.passed > listed) {
        // Where the first call behind the gap stood is lost with the call before it, so it belongs to the
        // gap.
        d.stack.push_back({"", {}, trace_.passed - listed + 1});
        site = trace_.outer[oldest].site;
        first = 1;
    }
    for (std::size_t i = first; i < trace_.outer.size(); ++i)
        tell(trace_.outer[(oldest + i) % trace_.outer.size()]);
    d.stack.push_back({"<main>", program.span_of_site(site)});
    return d;
}

}  // namespace harness::lang
