// A program looking around: its frames by index, the names of each, and which scope each is written in.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "lang/memory/manager/memory_manager.hpp"
#include "lang/memory/manager/suggestion.hpp"

namespace harness::lang {

std::vector<FrameInfo> MemoryManager::frames() const {
    std::vector<FrameInfo> all;
    // The nearest frame of each scope so far: a parent is found without searching the stack for each frame.
    std::unordered_map<const FunctionHeader*, std::int64_t> nearest;
    std::uint32_t depth = 0;
    std::vector<const FunctionHeader*> scopes;
    for (std::size_t i = 0; i < stack_.depth(); ++i) {
        const Frame* const frame = stack_.at(i);
        if (!view_.is_shown(*frame)) continue;
        scopes.assign(1, &header(frame));
        view_.append_blocks(*frame, scopes);
        const bool called = !all.empty() && scopes[0]->kind != ScopeKind::block;
        if (called) ++depth;
        for (const FunctionHeader* const scope : scopes) {
            std::int64_t parent = -1;
            for (const FunctionHeader* outer = scope->parent; outer != nullptr && parent < 0;
                 outer = outer->parent)
                if (const auto found = nearest.find(outer); found != nearest.end()) parent = found->second;
            nearest[scope] = static_cast<std::int64_t>(all.size());
            const bool has_caller = called && scope == scopes[0];
            all.push_back({frame, scope, depth, parent, has_caller ? view_.return_line(*frame) : 0});
        }
    }
    return all;
}

void MemoryManager::append_names(const Frame* frame, const FunctionHeader* scope,
                                 std::vector<NamedValue>& names) const {
    if (scope->slots == nullptr) return;
    for (const Definition& definition : scope->slots->definitions()) {
        if (!definition.visible) continue;
        const Value value = view_.place(frame->base[definition.slot]);
        if (view_.has_value(value)) names.push_back({definition.symbol, value});
    }
}

void MemoryManager::append_heap(bool composite, std::vector<NamedValue>& names) const {
    for (const Definition& definition : heap_.table().definitions()) {
        const bool dotted = names_.text(definition.symbol.id).find('.') != std::string_view::npos;
        const Value value = heap_.slots()[definition.slot];
        if (definition.scope != 0 && dotted == composite && view_.has_value(value))
            names.push_back({definition.symbol, value});
    }
}

std::vector<NamedValue> MemoryManager::names_of(const FrameInfo& frame) const {
    std::vector<NamedValue> names;
    append_names(frame.frame, frame.scope, names);
    if (frame.frame == stack_.at(0) && frame.kind() == ScopeKind::global) append_heap(false, names);
    return names;
}

std::vector<NamedValue> MemoryManager::globals() const {
    std::vector<NamedValue> names;
    if (const Frame* const main = stack_.at(0); main != nullptr) append_names(main, &header(main), names);
    append_heap(false, names);
    append_heap(true, names);
    return names;
}

std::vector<NamedValue> MemoryManager::locals() const {
    std::vector<NamedValue> names;
    const Frame* const frame = stack_.peek();
    if (frame == nullptr) return names;
    if (header(frame).kind == ScopeKind::global)
        names = globals();
    else
        append_names(frame, &header(frame), names);
    std::vector<const FunctionHeader*> blocks;
    view_.append_blocks(*frame, blocks);
    for (const FunctionHeader* const block : blocks) {
        std::vector<NamedValue> inner;
        append_names(frame, block, inner);
        for (const NamedValue& named : inner) {
            const auto hidden = std::find_if(names.begin(), names.end(), [&named](const NamedValue& other) {
                return other.symbol == named.symbol;
            });
            if (hidden == names.end())
                names.push_back(named);
            else
                hidden->value = named.value;
        }
    }
    return names;
}

MemoryOutcome<FrameInfo> MemoryManager::frame_at(std::int64_t index) const {
    const std::vector<FrameInfo> all = frames();
    if (index >= 0 && static_cast<std::uint64_t>(index) < all.size())
        return all[static_cast<std::size_t>(index)];
    return MemoryError{MemoryErrorKind::stack_frame_get,
                       fmt::format("there is no frame {}: the stack has {}", index, all.size()),
                       "frames are numbered from 0, the main frame"};
}

MemoryOutcome<Value> MemoryManager::frame_get(std::int64_t index, Symbol symbol) const {
    const MemoryOutcome<FrameInfo> at = frame_at(index);
    if (!at) return at.error();
    const FrameInfo& frame = at.value();
    const std::vector<NamedValue> named = names_of(frame);
    for (const NamedValue& each : named)
        if (each.symbol == symbol) return each.value;
    const std::string_view name = names_.text(symbol.id);
    const auto missing = [](std::string message, std::string remedy) {
        return MemoryError{MemoryErrorKind::stack_frame_get, std::move(message), std::move(remedy)};
    };
    if (frame.scope->slots != nullptr && frame.scope->slots->find(symbol) != nullptr)
        return missing(fmt::format("'{}' has no value yet in frame {}", name, index), "assign to it first");
    Candidates candidates(names_);
    if (frame.scope->slots != nullptr) candidates.add(*frame.scope->slots);
    for (const NamedValue& each : named) candidates.add(names_.text(each.symbol.id));
    return missing(fmt::format("frame {} has no name '{}'", index, name), candidates.suggest(name));
}

MemoryOutcome<const Frame*> MemoryManager::frame_fn(std::int64_t index) const {
    const MemoryOutcome<FrameInfo> frame = frame_at(index);
    if (!frame) return frame.error();
    const ScopeKind kind = frame.value().kind();
    if (kind == ScopeKind::function || kind == ScopeKind::closure) return frame.value().frame;
    return MemoryError{MemoryErrorKind::stack_frame_not_fn,
                       fmt::format("frame {} is a {} frame, not that of a function", index, scope_name(kind)),
                       "ask for the frame of a call"};
}

const Frame* MemoryManager::scope_parent(const Frame* frame) const {
    for (const FunctionHeader* scope = header(frame).parent; scope != nullptr; scope = scope->parent) {
        // Most functions are written in the main program; its frame is known without a search.
        if (scope == &header(stack_.at(0))) return stack_.at(0);
        for (const Frame* below = stack_.parent(frame); below != nullptr; below = stack_.parent(below))
            if (&header(below) == scope) return below;
    }
    return nullptr;
}

}  // namespace harness::lang
