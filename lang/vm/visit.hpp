// Going through the places inside of an object, whatever it is: one walk for release, copies, cycles and
// reports, so that a new layout is described once.
#pragma once

#include <span>

#include "lang/bytecode/program.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

inline std::span<Value> Interpreter::slots_of(Value v) {
    if (v.is_string()) return {};
    const auto elements = [&]() -> std::span<Value> {
        Sequence& s = heap.sequence(v);
        return {s.elements(), s.length()};
    };
    if (v.is_sequence()) return elements();
    const std::uint16_t id = heap.header(v).class_id;
    if (id >= static_cast<std::uint16_t>(ClassId::first_user_class))
        return {&heap.payload<Value>(v), class_by_id(static_cast<ClassId>(id)).field_count};
    switch (static_cast<ClassId>(id)) {
        case ClassId::list:
        case ClassId::tuple:
        case ClassId::frozen_tuple:
            return elements();
        case ClassId::dict: {
            const Dict& dict = heap.payload<Dict>(v);
            // Keys and values in turn, in the order of insertion.
            static_assert(sizeof(DictEntry) == 2 * sizeof(Value));
            return {reinterpret_cast<Value*>(dict.entries), std::size_t{dict.used} * 2};
        }
        case ClassId::cell:
            return {&heap.payload<Cell>(v).content, 1};
        case ClassId::closure:
            return {heap.payload<Closure>(v).cells, closure_cells(v)};
        case ClassId::bound_method:
            return {&heap.payload<BoundMethod>(v).self, 2};
        case ClassId::slice:
            return {&heap.payload<Slice>(v).start, 3};
        case ClassId::iterator: {
            Iterator& iterator = heap.payload<Iterator>(v);
            return {&iterator.source, iterator.count};
        }
        default:
            return {};
    }
}

/// The values among the packed fields of a struct, if it is one.
template <class Visit>
void Interpreter::visit_packed(Value v, Visit visit) {
    if (v.is_string() || v.is_sequence()) return;
    const std::uint16_t id = heap.header(v).class_id;
    if (id < static_cast<std::uint16_t>(ClassId::first_user_class)) return;
    const PackedType* packed = class_by_id(static_cast<ClassId>(id)).packed;
    if (packed == nullptr) return;
    for (const std::uint32_t field : packed->value_fields)
        visit(*reinterpret_cast<Value*>(&heap.payload<char>(v) + packed->fields[field].value_offset()));
}

template <class Visit>
void Interpreter::each_slot(Value v, Visit visit) {
    const std::span<Value> slots = slots_of(v);
    for (Value& slot : slots) visit(slot);
    if (slots.empty()) visit_packed(v, visit);
}

template <class Visit>
void Interpreter::visit_slots(Value v, Visit visit) {
    const std::span<Value> slots = slots_of(v);
    for (Value& slot : slots)
        if (slot != Value::absent()) visit(slot);
    if (slots.empty())
        visit_packed(v, [&](Value& slot) {
            if (slot != Value::absent()) visit(slot);
        });
    if (side_tables_.empty() || v.is_string() || v.is_sequence()) return;
    if (const auto table = side_tables_.find(v.payload()); table != side_tables_.end())
        for (auto& [name, slot] : table->second) visit(slot);
}

}  // namespace harness::lang
