// The table of allocators, expanded from registry.def, and the making of one from its spec.
// Adding an allocator does not touch this file.
#include "allocators/registry.hpp"

#include <optional>

#include "allocators/defect.hpp"
#include "allocators/factory.hpp"
#include "allocators/spec.hpp"

namespace harness::allocators {

#define ALLOCATOR(name, kind, threading, parameters, summary) Made make_##name(FactoryInput& input);
#define PEER(name, threading, parameters, summary) \
    Made make_##name(FactoryInput& input);         \
    Outcome<std::string> version_of_##name();
#include "allocators/registry.def"
#undef PEER
#undef ALLOCATOR

namespace {

struct Entry {
    std::string_view name;
    AllocatorKind kind;
    Threading threading;
    std::string_view parameters;
    std::string_view summary;
    Made (*make)(FactoryInput& input);
    Outcome<std::string> (*version)();
};

constexpr Entry entries[] = {
#define ALLOCATOR(name, kind, threading, parameters, summary) \
    {#name, AllocatorKind::kind, Threading::threading, parameters, summary, make_##name, nullptr},
#define PEER(name, threading, parameters, summary) \
    {#name, AllocatorKind::peer, Threading::threading, parameters, summary, make_##name, version_of_##name},
#include "allocators/registry.def"
#undef PEER
#undef ALLOCATOR
};

struct Parameter {
    std::string name;
    std::uint64_t standard;
};

// Reads "slot_bytes=64, slots=64K"; what is wrong in there is a programmer's error.
std::vector<Parameter> parameters_of(const Entry& entry) {
    std::vector<Parameter> parameters;
    std::string_view rest = entry.parameters;
    while (!rest.empty()) {
        const std::size_t comma = rest.find(", ");
        const std::string_view one = rest.substr(0, comma);
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 2);
        const std::size_t equals = one.find('=');
        HARNESS_CHECK(equals != std::string_view::npos, "a parameter in registry.def lacks its default");
        parameters.push_back(
            {std::string(one.substr(0, equals)), parse_quantity(one.substr(equals + 1)).value()});
    }
    return parameters;
}

const Entry* find_entry(std::string_view name) {
    for (const Entry& entry : entries) {
        if (entry.name == name) return &entry;
    }
    return nullptr;
}

Failure unknown_name(std::string_view name) {
    std::vector<std::string> names;
    std::string all;
    for (const Entry& entry : entries) {
        names.emplace_back(entry.name);
        all += (all.empty() ? "" : ", ") + names.back();
    }
    const std::string nearest = nearest_word(name, names);
    return {"there is no allocator '" + std::string(name) + "'",
            nearest.empty() ? "choose one of " + all : "did you mean '" + nearest + "'?"};
}

// What the spec of a whole composition is made with.
struct Making {
    std::string_view whole;  // for the carets of failures
    DefectSink& defects;
};

Made make_parts(const std::vector<SpecPart>& parts, std::size_t first, const Making& making);

Made make_inner(std::string_view spec, const Making& making) {
    Outcome<std::vector<SpecPart>> parts = parse_spec(spec, making.whole);
    if (!parts.ok()) return parts.failure();
    return make_parts(parts.value(), 0, making);
}

// Fills in the numbers of one part, from the arguments after `skipped` ones or else from the defaults.
std::optional<Failure> read_numbers(const Entry& entry, const SpecPart& part, std::size_t skipped,
                                    std::string_view whole, FactoryInput& input) {
    const std::string name(part.name);
    const std::vector<Parameter> parameters = parameters_of(entry);
    if (const std::size_t most = parameters.size() + skipped; part.arguments.size() > most) {
        return pointing_at(
            {name + " takes at most " + std::to_string(most) +
                 (most == 1 ? " argument, not " : " arguments, not ") + std::to_string(part.arguments.size()),
             parameters.empty() ? "write it without numbers"
                                : "its parameters are " + std::string(entry.parameters)},
            whole, part.arguments[most]);
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        std::uint64_t number = parameters[i].standard;
        if (i + skipped < part.arguments.size()) {
            const Outcome<std::uint64_t> parsed = parse_quantity(part.arguments[i + skipped]);
            if (!parsed.ok()) {
                return pointing_at({name + ", " + parameters[i].name + ": " + parsed.failure().message,
                                    parsed.failure().remedy},
                                   whole, part.arguments[i + skipped]);
            }
            number = parsed.value();
            if (number == 0 && parameters[i].standard != 0 && entry.kind != AllocatorKind::wrapper) {
                return pointing_at(
                    {name + ", " + parameters[i].name + ": 0 leaves nothing to allocate from",
                     "write at least 1, or nothing for " + quantity_text(parameters[i].standard)},
                    whole, part.arguments[i + skipped]);
            }
        }
        input.numbers.push_back(number);
    }
    return std::nullopt;
}

Made make_parts(const std::vector<SpecPart>& parts, std::size_t first, const Making& making) {
    const SpecPart& part = parts[first];
    const std::string name(part.name);
    const Entry* entry = find_entry(part.name);
    if (entry == nullptr) return pointing_at(unknown_name(part.name), making.whole, part.name);
    FactoryInput input;
    input.defects = &making.defects;
    const bool wraps = entry->kind == AllocatorKind::wrapper;
    if (wraps) {
        if (part.arguments.empty()) {
            return pointing_at(
                {name + " needs an allocator to wrap", "write " + name + "(arena), for example"},
                making.whole, part.name);
        }
        Made inner = make_inner(part.arguments[0], making);
        if (!inner.ok()) return inner;
        input.inner = std::move(inner).value();
    }
    if (std::optional<Failure> failure = read_numbers(*entry, part, wraps ? 1 : 0, making.whole, input))
        return *failure;
    if (first + 1 < parts.size()) {
        if (entry->kind != AllocatorKind::over_parent) {
            const std::string_view follower = parts[first + 1].name;
            return pointing_at(
                {name + " takes no parent, so '" + std::string(follower) + "' cannot follow it",
                 wraps ? "put the parent inside its parentheses" : "leave out what follows '/'"},
                making.whole, follower);
        }
        Made parent = make_parts(parts, first + 1, making);
        if (!parent.ok()) return parent;
        input.parent = std::move(parent).value();
    }
    Made made = entry->make(input);
    if (!made.ok()) return pointing_at(made.failure(), making.whole, part.name);
    return made;
}

// Stateless, so one object may serve every allocator of the process.
DefectSink& stderr_sink() {
    static StderrDefectSink sink;
    return sink;
}

std::string default_spec_of(const Entry& entry) {
    // A wrapper is nothing by itself; over malloc it can show the most.
    std::string arguments = entry.kind == AllocatorKind::wrapper ? "direct" : "";
    for (const Parameter& parameter : parameters_of(entry)) {
        arguments += (arguments.empty() ? "" : ",") + quantity_text(parameter.standard);
    }
    std::string spec(entry.name);
    if (!arguments.empty()) spec += "(" + arguments + ")";
    if (entry.kind == AllocatorKind::over_parent) spec += "/page";
    return spec;
}

}  // namespace

std::vector<AllocatorInfo> list_allocators() {
    std::vector<AllocatorInfo> list;
    for (const Entry& entry : entries) {
        AllocatorInfo info{.name = std::string(entry.name),
                           .summary = std::string(entry.summary),
                           .kind = entry.kind,
                           .threading = entry.threading,
                           .default_spec = default_spec_of(entry),
                           .parameters = std::string(entry.parameters)};
        list.push_back(std::move(info));
    }
    return list;
}

Outcome<std::string> peer_version(std::string_view peer) {
    const Entry* entry = find_entry(peer);
    HARNESS_CHECK(entry != nullptr && entry->version != nullptr, "only a peer has a version");
    return entry->version();
}

bool has_overlapping_blocks(std::string_view spec) {
    const Outcome<std::vector<SpecPart>> parts = parse_spec(spec);
    if (!parts.ok()) return false;
    for (const SpecPart& part : parts.value()) {
        const Entry* entry = find_entry(part.name);
        if (entry == nullptr) return false;
        if (entry->kind == AllocatorKind::overlapping) return true;
        if (entry->kind == AllocatorKind::wrapper && !part.arguments.empty() &&
            has_overlapping_blocks(part.arguments[0]))
            return true;
    }
    return false;
}

Outcome<std::unique_ptr<AnyAllocator>> make_allocator(std::string_view spec) {
    return make_allocator(spec, stderr_sink());
}

Outcome<std::unique_ptr<AnyAllocator>> make_allocator(std::string_view spec, DefectSink& defects) {
    return make_inner(spec, {spec, defects});
}

}  // namespace harness::allocators
