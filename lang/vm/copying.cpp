// clone and the copies that leave a region: shells are made first and filled from a list, and every reference
// is translated through the memo.
#include <cstring>

#include "lang/builtins/iterate.hpp"
#include "lang/lifetimes/regions.hpp"
#include "lang/vm/copier.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

Value Interpreter::clone(Value v) {
    if (!v.is_heap()) return v;
    if (!readable(v)) return Value::failed();
    return Copier::clone(*this, v);
}

Value Copier::clone(Interpreter& vm, Value root) {
    Copier copier(vm, std::nullopt);
    if (!copier.is_copied(root)) return vm.share(root);
    // What the copy refers to is made here, so the whole is.
    if (Regions* regions = vm.heap.regions()) regions->clear_aim();
    const Value copy = copier.shell(root);
    if (copy == Value::failed()) return copy;
    if (!copier.work_off()) {
        copier.give_up_destructors();
        vm.drop(copy);
        return Value::failed();
    }
    for (const Edge& edge : copier.room_.edges) {
        const Value inside = copier.room_.memo.find(edge.original.payload());
        *edge.place = inside == Value::absent() ? edge.original : inside.lent();
    }
    return copy;
}

bool Copier::out_of_regions(Interpreter& vm, Value* values, std::uint32_t count, std::uint32_t depth) {
    Copier copier(vm, depth);
    Regions& regions = *vm.heap.regions();
    bool needed = false;
    for (std::uint32_t i = 0; i < count; ++i) needed = needed || copier.is_copied(values[i]);
    if (!needed) return true;
    regions.pin(depth);
    std::vector<Value>& copies = copier.room_.results;
    bool fine = true;
    for (std::uint32_t i = 0; i < count && fine; ++i) {
        copies.push_back(copier.map(values[i], nullptr));
        fine = copies.back() != Value::failed();
    }
    fine = fine && copier.work_off();
    regions.unpin();
    if (!fine) {
        copier.give_up_destructors();
        return false;
    }
    for (std::uint32_t i = 0; i < count; ++i)
        if (!same_object(values[i], copies[i])) values[i] = copies[i].owned();
    return true;
}

bool Copier::leaves(const Interpreter& vm, Value v, std::uint32_t depth) {
    return v.is_heap() && vm.heap.live(v) && vm.heap.regions()->surviving_depth_of(v) > depth;
}

bool Copier::is_copied(Value v) const {
    if (depth_.has_value()) return leaves(vm_, v, *depth_);
    if (!v.is_heap() || !heap_.live(v)) return false;
    if (v.is_string()) return false;
    if (!v.is_counted()) return true;
    switch (static_cast<ClassId>(heap_.header(v).class_id)) {
        case ClassId::frozen_tuple:
        case ClassId::closure:
        case ClassId::cell:
            return false;
        case ClassId::iterator:
            return iterator_kind(heap_.payload<Iterator>(v)) != IteratorKind::generator;
        default:
            return true;
    }
}

bool Copier::work_off() {
    while (!room_.waiting.empty()) {
        const Pair pair = room_.waiting.back();
        room_.waiting.pop_back();
        if (!fill(pair)) return false;
    }
    return true;
}

bool Copier::fill(Pair pair) {
    const std::span<Value> from = vm_.slots_of(pair.original);
    const std::span<Value> to = vm_.slots_of(pair.copy);
    for (std::size_t i = 0; i < from.size(); ++i) {
        const Value v = map(from[i], &to[i]);
        if (v == Value::failed()) return false;
        to[i] = v;
    }
    if (from.empty() && !fill_packed(pair)) return false;
    return vm_.side_tables_.empty() || fill_side_table(pair);
}

/// The bytes were copied when the copy was made.
bool Copier::fill_packed(Pair pair) {
    std::vector<Value> values;
    vm_.visit_packed(pair.original, [&](Value slot) { values.push_back(slot); });
    std::size_t i = 0;
    bool fine = true;
    vm_.visit_packed(pair.copy, [&](Value& slot) {
        const Value v = fine ? map(values[i++], &slot) : Value::failed();
        fine = fine && v != Value::failed();
        if (fine) slot = v;
    });
    return fine;
}

bool Copier::fill_side_table(Pair pair) {
    if (pair.original.is_string() || pair.original.is_sequence()) return true;
    if (!vm_.side_tables_.contains(pair.original.payload())) return true;
    // The copy's table is made first: making it may move the original's.
    auto& to = vm_.side_table_of(pair.copy);
    for (const auto& [name, v] : vm_.side_tables_.find(pair.original.payload())->second) {
        Value& place = to[name];
        place = Value::none();
        const Value mapped = map(v, &place);
        if (mapped == Value::failed()) return false;
        place = mapped;
    }
    return true;
}

Value Copier::map(Value v, Value* place) {
    if (!v.is_heap()) return v;
    const bool edge = !v.is_owned();
    if (edge && !depth_.has_value() && place != nullptr) {
        // Where it leads is known when everything is copied.
        room_.edges.push_back({place, v});
        return Value::none();
    }
    if (!is_copied(v)) return depth_.has_value() || !heap_.live(v) ? v : vm_.share(v);
    if (const Value known = room_.memo.find(v.payload()); known != Value::absent()) {
        const Value copy = depth_.has_value() ? known : vm_.share(known);
        return edge ? copy.lent() : copy;
    }
    const Value copy = shell(v);
    return copy != Value::failed() && edge ? copy.lent() : copy;
}

Value Copier::shell(Value v) {
    const Value copy = new_like(v);
    if (copy == Value::failed()) return copy;
    room_.memo.add(v.payload(), copy);
    if (heap_.checked()) {
        ++vm_.costs.copies;
        vm_.costs.copied_bytes += heap_.payload_bytes(copy);
    }
    if (v.is_string()) return copy;
    room_.waiting.push_back({v, copy});
    if (vm_.destructor_of(v) == Value::absent()) return copy;
    auto& flags = heap_.header(v).flags;
    if ((flags & flag_destructing) == 0) room_.with_duty.push_back({v, copy});
    if (!depth_.has_value()) {
        vm_.note_destructor(copy);
    } else if ((flags & flag_destructing) == 0) {
        flags |= flag_destructing;
        vm_.note_destructor(copy);
    } else {
        heap_.header(copy).flags |= flag_destructing;
    }
    return copy;
}

/// Copies that were never completed end in silence; the duty to run destructors stays with the originals.
void Copier::give_up_destructors() {
    for (const Pair& pair : room_.with_duty) {
        heap_.header(pair.copy).flags |= flag_destructing;
        if (depth_.has_value())
            heap_.header(pair.original).flags &= static_cast<std::uint16_t>(~flag_destructing);
    }
}

/// Its places hold nothing yet, so that it can be released at any time.
Value Copier::new_like(Value v) {
    if (v.is_string()) return heap_.new_string(heap_.text(v));
    const auto raw_copy = [&](ClassId id, std::size_t bytes, std::size_t copied) {
        const Value copy = heap_.new_object(id, bytes, v.owned().tag());
        if (copy == Value::failed()) return copy;
        std::memcpy(heap_.address(copy), heap_.address(v), copied);
        if ((heap_.header(v).flags & flag_global_content) != 0)
            heap_.header(copy).flags |= flag_global_content;
        return copy;
    };
    switch (heap_.class_id(v)) {
        case ClassId::list: {
            const std::uint32_t length = heap_.sequence(v).length();
            const Value copy = heap_.new_list(length);
            if (copy == Value::failed()) return copy;
            Sequence& s = heap_.sequence(copy);
            for (std::uint32_t i = 0; i < length; ++i) s.elements()[i] = Value::none();
            s.set_length(length);
            return copy;
        }
        case ClassId::tuple:
            return new_tuple_like(v);
        case ClassId::dict:
            return new_dict_like(v);
        case ClassId::cell:
            return raw_copy(ClassId::cell, sizeof(Cell), 0);
        case ClassId::closure:
            return heap_.new_closure(*heap_.payload<Closure>(v).function, vm_.closure_cells(v));
        case ClassId::bound_method:
            return heap_.new_bound_method(Value::none(), Value::none());
        case ClassId::slice:
            return heap_.new_slice(Value::none(), Value::none(), Value::none());
        case ClassId::iterator:
            return raw_copy(ClassId::iterator, iterator_bytes(heap_.payload<Iterator>(v).count),
                            offsetof(Iterator, source));
        case ClassId::range:
            return raw_copy(ClassId::range, sizeof(Range), sizeof(Range));
        case ClassId::buffer: {
            const BufferPrefix prefix = heap_.buffer_prefix(v);
            const Value copy = heap_.new_buffer(prefix.size, prefix.align);
            if (copy == Value::failed()) return copy;
            std::memcpy(heap_.address(copy), heap_.address(v), prefix.size);
            if (const auto shadow = vm_.buffer_shadows.find(v.payload());
                shadow != vm_.buffer_shadows.end()) {
                auto written = shadow->second;
                vm_.buffer_shadows.insert_or_assign(copy.payload(), std::move(written));
            }
            return copy;
        }
        default: {
            const ClassInfo& type = vm_.class_of(v);
            const Value copy = heap_.new_of(type);
            if (copy == Value::failed() || type.packed == nullptr) return copy;
            std::memcpy(heap_.address(copy), heap_.address(v), type.packed->bytes);
            vm_.visit_packed(copy, [](Value& slot) { slot = Value::absent(); });
            return copy;
        }
    }
}

/// A tuple's kind depends on its elements, which are not there yet: it is made as the original is.
Value Copier::new_tuple_like(Value v) {
    const std::uint32_t length = heap_.sequence(v).length();
    if (v.is_counted()) {
        const std::vector<Value> nothing(length, Value::none());
        return heap_.new_tuple(nothing.data(), length);
    }
    Value copy = Value::failed();
    if (heap_.rules().sequence_header) {
        copy = heap_.new_object(ClassId::tuple, Sequence::bytes(length), Tag::sequence);
        if (copy == Value::failed()) return copy;
    } else {
        void* block = heap_.allocate(Sequence::bytes(length), 0);
        if (block == nullptr) return vm_.raise_memory_error(Sequence::bytes(length));
        copy = heap_.adopt(block, Tag::sequence);
    }
    Sequence& s = heap_.sequence(copy);
    s.word = Sequence::tuple_capacity << 32 | length;
    for (std::uint32_t i = 0; i < length; ++i) reinterpret_cast<Value*>(&s.word + 1)[i] = Value::none();
    return copy;
}

/// The index is copied as it is: the copies of keys have the hashes of the keys.
Value Copier::new_dict_like(Value v) {
    const Value copy = heap_.new_dict();
    const Dict& original = heap_.payload<Dict>(v);
    if (copy == Value::failed() || original.table() == nullptr) return copy;
    void* table = heap_.new_block(original.table_bytes(), copy);
    if (table == nullptr) {
        vm_.drop(copy);
        return Value::failed();
    }
    std::memcpy(table, original.table(), original.table_bytes());
    Dict& dict = heap_.payload<Dict>(copy);
    dict = original;
    dict.entries = reinterpret_cast<DictEntry*>(static_cast<DictSlot*>(table) + original.slot_count());
    for (std::uint32_t i = 0; i < dict.used; ++i) dict.entries[i] = {Value::absent(), Value::absent()};
    return copy;
}

}  // namespace harness::lang
