// By hand: who answers for what a call was given, where the compiler could not know what is called, and where
// a builtin keeps what it was given.
#include <algorithm>
#include <utility>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/hashing.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

template <class Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// Methods of builtin types whose argument becomes an element.
constexpr std::string_view storing_methods[] = {"append", "insert", "setdefault", "fromkeys"};
/// Those that store what their argument holds.
constexpr std::string_view joining_methods[] = {"extend", "update"};

}  // namespace

// --- Calls of what was found at run time

/// The caller goes on answering for what it passed to a builtin, unless that stored it.
void Interpreter::note_lent(const Native& native, const std::uint32_t* return_pc, bool unused) {
    // By hand what a builtin may have stored is no longer the caller's; one owner knows.
    const bool stored =
        native.is_method && (native.name == "__init__" ||
                             (!lifetime.single_owner && contains(storing_methods, native.name) && !unused));
    if (!lifetime.gives || stored) return;
    lent_behind_ = return_pc;
    lent_in_ = frame;
}

/// What such a method stored of its arguments is its receiver's, what it joined is handed on.
Value Interpreter::give_to_method(const Native& native, Value* first, std::uint32_t count,
                                  const std::uint32_t* return_pc, const Value* keywords) {
    received_ = 0;
    const Value v = call_native(native, first, count + 1, keywords);
    note_received({first + 1, count});
    if (v == Value::failed()) return v;
    note_lent(native, return_pc, count == 2 && native.name == "setdefault" && !same_object(v, first[2]));
    if (count == 1) hand_on_argument(native, first[0], &first[1]);
    return v;
}

bool Interpreter::was_lent(const std::uint32_t* return_pc) {
    if (lent_behind_ != return_pc || lent_in_ != frame) return false;
    lent_behind_ = nullptr;
    return true;
}

/// Whether a register without a name answers for the value at this instruction: that of the argument, or one
/// that it was moved from because something else waits between it and the window.
static bool is_unnamed_at(const Frame& f, const std::uint32_t* pc, Value v) {
    const auto word = static_cast<std::uint32_t>(pc - f.function->code.data()) - 1;
    const auto& owned = f.function->owned;
    return std::any_of(owned.begin(), owned.end(), [&](const OwnedRange& range) {
        return word >= range.from && word < range.to && range.holder != OwnedRange::Holder::name &&
               same_object(f.base[range.reg], v);
    });
}

bool Interpreter::is_unnamed(Value v) const { return is_unnamed_at(*frame, at, v); }

/// xs.extend([[1]]): the list that nobody names goes after the call, and xs has its elements by then.
void Interpreter::hand_on_argument(const Native& native, Value self, const Value* argument) {
    if (!contains(joining_methods, native.name) || !is_unnamed(*argument)) return;
    hand_on_elements(*argument, self, true);
}

/// The same of a dict, whose values the other dict has under the same keys.
void Interpreter::hand_on_values(Value from, Value heir) {
    const Dict& giver = heap.payload<Dict>(from);
    for (DictEntry& entry : std::span(giver.entries, giver.used)) {
        if (entry.key == Value::absent() || !entry.value.is_owned()) continue;
        std::uint64_t hash = 0;
        if (!hash_value(*this, entry.key, hash)) continue;
        Value* place = dict_find(*this, heap.payload<Dict>(heir), entry.key, hash);
        if (place == nullptr || !same_object(*place, entry.value)) continue;
        *place = entry.value;
        entry.value = entry.value.lent();
    }
}

// --- Exceptions

Value Interpreter::exception_argument(Value& argument) {
    const bool given = owns(argument) && (lifetime.single_owner || (lifetime.gives && is_unnamed(argument)));
    if (!given) return share(argument);
    return std::exchange(argument, argument.lent());
}

static Value* place_of(Value v, std::span<Value> places) {
    const auto found =
        std::find_if(places.begin(), places.end(), [v](Value each) { return same_object(each, v); });
    return found == places.end() ? nullptr : &*found;
}

/// An __init__ replaces the arguments that its exception was made with. What the old ones own goes to the new
/// ones if it is among them, else to the field that it was stored in, else to the parameter that it was given
/// to, which may still store it.
void Interpreter::hand_on_arguments(Value exception, std::span<Value> fresh) {
    const Value old = heap.payload<Value>(exception);
    if (!owns(old)) return;
    for (Value& given : slots_of(old)) {
        if (!owns(given)) continue;
        Value* heir = place_of(given, fresh);
        if (heir == nullptr) heir = place_of(given, slots_of(exception));
        if (heir == nullptr) heir = given_parameter(exception, given);
        if (heir != nullptr) *heir = std::exchange(given, given.lent());
    }
}

/// Of the __init__ that constructs the exception, or of the one above that it moved the object on to.
Value* Interpreter::given_parameter(Value exception, Value given) {
    const Frame* f = frame;
    while (f != stack->at(0) && same_object(f->base[0], exception) &&
           (f->result_register & frame_constructs) == 0)
        --f;
    if ((f->result_register & frame_constructs) == 0 || !same_object(f->base[0], exception)) return nullptr;
    while (f != frame && !is_boundary(f[1]) && is_unnamed_at(*f, f[1].return_pc, given)) ++f;
    const std::span<Value> parameters(f->base, f->function->header.parameters);
    const Value* parameter = place_of(given, parameters);
    if (parameter == nullptr) return nullptr;
    // A parameter that is written or captured has a second register, or a cell, by the same name.
    const NameId* const slot_names = f->function->slot_names.data();
    const NameId* const end = slot_names + f->function->slot_names.size();
    const NameId* const first = slot_names + (parameter - f->base);
    const NameId* const second = std::find(slot_names + parameters.size(), end, *first);
    Value* place = f->base + ((second == end ? first : second) - slot_names);
    if (place->is_counted() && heap.class_id(*place) == ClassId::cell)
        place = &heap.payload<Cell>(*place).content;
    return same_object(*place, given) ? place : nullptr;
}

// --- Iterators

/// Where the iterator walks it itself, or by an iterator of its own, that place owns it from now on. What a
/// class's __iter__ made refers to it in a way of its own, so it is kept with that.
bool Interpreter::give_to_iterator(Value& iterator, Value given) {
    if (!lifetime.gives || !owns(given) || !iterator.is_heap() || !heap.live(given) || !heap.live(iterator))
        return false;
    if (same_object(iterator, given)) {
        iterator = given;
        return true;
    }
    if (iterator.is_counted() && heap.class_id(iterator) == ClassId::iterator) {
        for (Value& slot : slots_of(iterator)) {
            if (same_object(slot, given)) {
                slot = given;
                return true;
            }
            if (!slot.is_counted() || !heap.live(slot) || heap.class_id(slot) != ClassId::iterator) continue;
            for (Value& inner : slots_of(slot)) {
                if (!same_object(inner, given)) continue;
                inner = given;
                return true;
            }
        }
    }
    if (!keep(given, iterator, false, false)) return false;
    if (lifetime.single_owner) (void)ends_now(given);  // nobody but the iterator answers for it
    return true;
}

void Interpreter::receive(unsigned iterator, unsigned given) {
    Value* const R = frame->base;
    if (give_to_iterator(R[iterator], R[given])) R[given] = Value::none();
}

}  // namespace harness::lang
