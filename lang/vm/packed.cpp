// Fields of structs: read and written by their kind at their offset. The fast paths are in ops_packed.inc.
#include "lang/memory/packed.hpp"

#include <fmt/format.h>

#include "lang/vm/interpreter.hpp"

namespace harness::lang {

const PackedField* Interpreter::packed_field(Value object, NameId name) const {
    if (!is_instance(object)) return nullptr;
    const ClassInfo& type = class_of(object);
    if (type.packed == nullptr) return nullptr;
    const auto member = type.members.find(name);
    return member == type.members.end() ? nullptr : member->second.packed;
}

Value* Interpreter::packed_place(Value object, const PackedField& field) {
    if (!field.has_value()) return nullptr;
    char* bytes = packed_bytes(object);
    if (field.kind == PackedKind::option && bytes[field.offset] == 0) return nullptr;
    auto* place = reinterpret_cast<Value*>(bytes + field.value_offset());
    return *place == Value::absent() ? nullptr : place;
}

Value Interpreter::read_packed(Value object, const PackedField& field) {
    const char* bytes = packed_bytes(object);
    PackedKind kind = field.kind;
    if (kind == PackedKind::option) {
        if (bytes[field.offset] == 0) return Value::none();
        kind = field.held;
    }
    const char* at = bytes + field.value_offset();
    switch (kind) {
        case PackedKind::value: {
            const Value v = *reinterpret_cast<const Value*>(at);
            if (v == Value::absent()) return v;
            return readable(v) ? share(lifetime.read_place(v)) : Value::failed();
        }
        case PackedKind::char_:
            return heap.single_byte(static_cast<unsigned char>(load_packed<std::uint32_t>(at)));
        default: {
            const Value v = load_packed_number(kind, at);
            if (v != Value::absent()) return v;
            return raise(ErrorKind::OverflowError,
                         fmt::format("the field '{}' holds a number that does not fit in 48 bits",
                                     names.text(field.name)));
        }
    }
}

bool Interpreter::write_packed(Value object, const PackedField& field, Value v, unsigned how) {
    if (field.type != 0 && !check_type(v, field.type)) return false;
    char* bytes = packed_bytes(object);
    PackedKind kind = field.kind;
    if (kind == PackedKind::option) {
        kind = field.held;
        if (v.is_none()) {
            bytes[field.offset] = 0;
            if (kind == PackedKind::value) {
                auto& place = *reinterpret_cast<Value*>(bytes + field.held_offset);
                const Value old = std::exchange(place, Value::absent());
                if (old != Value::absent()) discard(old);
            }
            return true;
        }
    }
    char* at = bytes + field.value_offset();
    if (kind == PackedKind::value) {
        auto& place = *reinterpret_cast<Value*>(at);
        const Value old = place;
        place = how == 0      ? store_unnamed(object, v)
                : how == 1    ? store(object, v)
                : v.is_heap() ? lifetime.store_edge(*this, object, v)
                              : v;
        if (field.kind == PackedKind::option) bytes[field.offset] = 1;
        discard_overwritten(place, old);
        return true;
    }
    if (kind == PackedKind::char_) {
        store_packed_as(at, static_cast<std::uint32_t>(static_cast<unsigned char>(heap.text(v)[0])));
        if (how == 0) drop(v);
    } else {
        // What the type accepts, its kind can hold.
        store_packed_number(kind, at, v);
    }
    if (field.kind == PackedKind::option) bytes[field.offset] = 1;
    return true;
}

/// Numbers get instructions of their own, which remember class and offset. A float of 64 bits is stored as a
/// value is, so to read it the instruction for fields of objects will do, as it does for references
/// (find_field_slot).
bool Interpreter::quicken_packed(const std::uint32_t* pc, Value object) {
    const PackedField* field = packed_field(object, pc[0]);
    if (field == nullptr || field->offset > 0xFFFF || field->kind == PackedKind::char_ ||
        field->kind == PackedKind::option || field->kind == PackedKind::value)
        return false;
    auto* code = const_cast<std::uint32_t*>(pc);
    const std::uint32_t word = code[-1];
    const auto op = static_cast<Op>(word & 0xFF);
    const bool reads = op == Op::get_field || op == Op::get_field_share;
    const std::uint32_t class_id = heap.header(object).class_id;
    if (reads && field->kind == PackedKind::f64) {
        code[1] = class_id | field->offset / 8 << 16;
        return false;
    }
    const auto origin =
        static_cast<unsigned>(op) - static_cast<unsigned>(reads ? Op::get_field : Op::set_field_take);
    code[-1] = encode(reads ? Op::get_packed : Op::set_packed, word >> 8 & 0xFF, word >> 16 & 0xFF,
                      static_cast<unsigned>(field->kind) | origin << 4);
    code[1] = class_id | field->offset << 16;
    return true;
}

}  // namespace harness::lang
