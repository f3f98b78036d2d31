// Allocators as values: their making from the capability, and the end of what lives in an arena. The heap
// notes what it makes in an arena, so that its end can run destructors, let go of what its objects hold, and
// tell later uses.
#include "lang/builtins/allocator_handles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "allocators/arena.hpp"
#include "allocators/registry.hpp"
#include "lang/builtins/buffers.hpp"
#include "lang/builtins/memory_functions.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

/// An allocator that somebody else owns, as the parent of one of ours.
class Borrowed {
  public:
    static constexpr allocators::Threading threading = allocators::Threading::single;

    explicit Borrowed(const allocators::AllocatorTable* table) : table_(table) {}
    void* allocate(std::size_t n, std::size_t align) noexcept {
        return table_->allocate(table_->self, n, align);
    }
    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        table_->deallocate(table_->self, p, n, align);
    }

  private:
    const allocators::AllocatorTable* table_;
};

/// What a destroyed allocator does, so that whoever still has it in use is refused and not led astray.
allocators::AllocatorTable refusing_table() {
    allocators::AllocatorTable table;
    table.allocate = [](void*, std::size_t, std::size_t) noexcept -> void* { return nullptr; };
    table.deallocate = [](void*, void*, std::size_t, std::size_t) noexcept {};
    return table;
}

// --- Making them

constexpr std::string_view factory_names[] = {"page",   "arena",    "fixed",    "general", "thread_local",
                                              "direct", "pool",     "stack",    "slab",    "buddy",
                                              "tlsf",   "jemalloc", "mimalloc", "tcmalloc"};
constexpr std::size_t factory_count = std::size(factory_names);

/// How many numbers "slot_bytes=64, slots=64K" names.
std::uint32_t parameter_count(std::string_view parameters) {
    return parameters.empty()
               ? 0
               : static_cast<std::uint32_t>(std::count(parameters.begin(), parameters.end(), ',')) + 1;
}

/// The spec that a name of system.memory stands for in this build; empty where there is none. A build without
/// an allocator `general` finds the same defects by checking the C library's.
std::string known_spec(std::string_view name, std::uint32_t& parameters) {
    for (const allocators::AllocatorInfo& info : allocators::list_allocators()) {
        if (info.name != name) continue;
        // A peer's library is loaded here for the first time; it may not be on this machine.
        if (info.kind == allocators::AllocatorKind::peer && !allocators::peer_version(name).ok()) continue;
        parameters = parameter_count(info.parameters);
        return std::string(name);
    }
    parameters = 0;
    return name == "general" ? "checked(direct)" : "";
}

Value make_allocator_value(Machine& machine, std::string_view name, const Value* arguments,
                           std::uint32_t count) {
    std::uint32_t most = 0;
    std::string spec = known_spec(name, most);
    if (spec.empty())
        return machine.raise(ErrorKind::NotImplementedError,
                             fmt::format("this build has no allocator '{}'", name));
    if (count > most) {
        return machine.raise(ErrorKind::TypeError,
                             fmt::format("system.memory.{}() takes at most {} argument{} ({} given)", name,
                                         most, most == 1 ? "" : "s", count));
    }
    std::uint64_t bytes = 1;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::int64_t number = 0;
        if (!to_index(machine, arguments[i], number)) return Value::failed();
        if (number < 1) {
            return machine.raise(
                ErrorKind::ValueError,
                fmt::format("system.memory.{}() needs positive numbers, not {}", name, number));
        }
        spec += fmt::format("{}{}", i == 0 ? '(' : ',', number);
        bytes = std::max(bytes, static_cast<std::uint64_t>(number));
    }
    if (count > 0) spec += ')';
    // The numbers were judged above, so that what fails now is memory that is not there.
    auto made = allocators::make_allocator(spec);
    if (!made.ok()) return machine.raise_memory_error(bytes);
    return Value::constant(
        &add_handle(interpreter(machine), std::string(name), std::move(made).value(), name == "arena"));
}

template <std::size_t I>
Value factory(Machine& machine, const Value* arguments, std::uint32_t count) {
    return make_allocator_value(machine, factory_names[I], arguments, count);
}

template <std::size_t... I>
constexpr std::array<Native, sizeof...(I)> make_factories(std::index_sequence<I...>) {
    return {Native(factory_names[I], factory<I>, "sizes...", 0)...};
}
constexpr auto factories = make_factories(std::make_index_sequence<factory_count>());

ModuleInfo& add_module(Interpreter& self, std::string_view name) {
    auto module = std::make_unique<ModuleInfo>();
    module->kind = ConstantKind::module;
    module->name = name;
    return *self.capability_modules.emplace_back(std::move(module));
}

// --- The end of what lives in an arena

bool still_there(Interpreter& self, const ObjectHeap::Made& made) {
    return self.heap.still_made(made) && self.heap.live(made.value);
}

/// The first step: destructors, newest object first, while everything is still there.
void run_destructors(Interpreter& self, const std::vector<ObjectHeap::Made>& objects) {
    for (std::size_t i = objects.size(); i-- > 0 && !self.uncatchable();)
        if (still_there(self, objects[i])) self.run_destructor(objects[i].value);
}

/// Then what the objects hold elsewhere, and last their memory: until then references among them stay
/// readable.
void end_objects(Interpreter& self, Interpreter::Handle& handle, bool destructors) {
    handle.ending = true;
    std::vector<ObjectHeap::Made> objects = std::exchange(handle.objects, {});
    if (destructors) run_destructors(self, objects);
    // Letting go of what lies elsewhere may run destructors that make more objects here; those go without
    // one.
    while (!objects.empty()) {
        for (std::size_t i = objects.size(); i-- > 0;)
            if (still_there(self, objects[i])) self.empty_object(objects[i].value);
        for (std::size_t i = objects.size(); i-- > 0;) {
            if (!still_there(self, objects[i])) continue;
            forget_buffer(self, objects[i].value);
            self.heap.destroy(objects[i].value);
        }
        objects = std::exchange(handle.objects, {});
    }
    handle.ending = false;
}

/// Arenas that have their chunks from this one cannot outlive what it holds.
void destroy_children(Interpreter& self, const Interpreter::Handle& handle) {
    for (std::size_t i = self.handles.size(); i-- > 0;) {
        Interpreter::Handle& child = *self.handles[i];
        if (child.parent == &handle && !child.destroyed && !child.ending) destroy_handle(self, child);
    }
}

}  // namespace

void Interpreter::empty_object(Value v) {
    if (v.is_string()) return;
    if (lifetime.collects_cycles && (heap.header(v).flags & flag_possible_root) != 0) candidates_.remove(v);
    // All that is held is taken out before any of it ends, for a destructor may still look at the object.
    std::vector<Value> held;
    each_slot(v, [&](Value& slot) {
        if (!slot.is_heap()) return;
        held.push_back(slot);
        slot = Value::none();
    });
    if (auto table = side_tables_.extract(v.payload()))
        for (const auto& [name, slot] : table.mapped()) held.push_back(slot);
    if (auto kept = kept_.extract(v.payload()))
        held.insert(held.end(), kept.mapped().begin(), kept.mapped().end());
    for (const Value slot : held) discard(slot);
}

Interpreter::Handle& add_handle(Interpreter& self, std::string name,
                                std::unique_ptr<allocators::AnyAllocator> allocator, bool is_arena) {
    auto handle = std::make_unique<Interpreter::Handle>();
    handle->name = std::move(name);
    handle->table = allocator->table();
    handle->allocator = std::move(allocator);
    handle->is_arena = is_arena;
    // Under regions nothing else would know what came from elsewhere, so the end of the program takes it from
    // here.
    if (is_arena || self.lifetime.regions) self.heap.register_arena(&handle->table, &handle->objects);
    return *self.handles.emplace_back(std::move(handle));
}

Interpreter::Handle& carve_arena(Interpreter& self, std::uint64_t bytes) {
    const allocators::AllocatorTable* parent = &self.heap.allocator();
    Interpreter::Handle& made = add_handle(
        self, "arena", allocators::make_any<allocators::Arena<Borrowed>>("arena", std::size_t{bytes}, parent),
        true);
    made.carved = true;
    for (const auto& handle : self.handles)
        if (handle->source == parent && handle.get() != &made) made.parent = handle.get();
    return made;
}

/// What an allocator of the program's own holds; a carved one is part of its maker's figures.
static void note_figures(const Interpreter::Handle& handle, std::vector<allocators::Figures>& to) {
    if (handle.carved || handle.destroyed || handle.allocator == nullptr || handle.table.figures == nullptr)
        return;
    to.push_back(handle.table.figures(handle.table.self));
}

std::vector<allocators::Figures> figures_of_handles(Interpreter& self) {
    std::vector<allocators::Figures> all = self.ended_figures;
    for (const auto& handle : self.handles) note_figures(*handle, all);
    return all;
}

void reset_handle(Interpreter& self, Interpreter::Handle& handle) {
    self.set_site();
    end_objects(self, handle, true);
    destroy_children(self, handle);
    if (handle.table.reset != nullptr) handle.table.reset(handle.table.self);
}

void destroy_handle(Interpreter& self, Interpreter::Handle& handle) {
    self.set_site();
    end_objects(self, handle, true);
    destroy_children(self, handle);
    note_figures(handle, self.ended_figures);
    handle.destroyed = true;
    self.heap.forget_arena(&handle.table);
    const bool serving = &self.heap.allocator() == &handle.table;
    handle.table = refusing_table();
    if (serving) self.heap.use_allocator(&handle.table);
    handle.allocator.reset();
}

void end_arenas(Interpreter& self, bool run_destructors) {
    for (std::size_t i = self.handles.size(); i-- > 0;) {
        Interpreter::Handle& handle = *self.handles[i];
        if (handle.objects.empty() || handle.ending) continue;
        end_objects(self, handle, run_destructors);
    }
}

void release_handles(Interpreter& self) {
    while (!self.handles.empty()) self.handles.pop_back();
}

bool handle_usable(Interpreter& self, const Interpreter::Handle& handle) {
    if (!handle.destroyed) return true;
    self.raise_defect(ErrorKind::UseAfterFreeError, "this arena was destroyed", Value::none(),
                      "use it before destroy_arena(), or make another");
    return false;
}

Interpreter::Handle* Interpreter::handle_of(Value v) const {
    if (!v.is_constant_object()) return nullptr;
    auto* object = v.as_constant<ConstantObject>();
    return object->kind == ConstantKind::allocator ? static_cast<Handle*>(object) : nullptr;
}

Value allocator_of_buffer(Interpreter& self, Value buffer) {
    const char* at = static_cast<const char*>(self.heap.address(buffer));
    const allocators::AllocatorTable* source = &self.heap.origin(at - self.heap.buffer_prefix(buffer).front);
    for (const auto& handle : self.handles)
        if (handle->source == source) return Value::constant(handle.get());
    // Only the run's own allocator has no handle yet. Its kind is not told, for programs print the same
    // everywhere.
    auto handle = std::make_unique<Interpreter::Handle>();
    handle->name = "run";
    handle->source = source;
    return Value::constant(self.handles.emplace_back(std::move(handle)).get());
}

Value allocator_attribute(Machine& machine, Value allocator, NameId name) {
    const Interpreter::Handle& handle = *interpreter(machine).handle_of(allocator);
    const std::string_view text = machine.names.text(name);
    if (text == "kind") return machine.heap.constant_string(handle.name);
    if (text == "is_destroyed") return Value::boolean(handle.destroyed);
    return Value::absent();
}

std::span<const Native> allocator_methods() {
    static constexpr Native methods[] = {
        {"alloc", builtin_alloc, "size", 1, true},
        {"dealloc", builtin_dealloc, "buffer", 1, true},
        {"reset", builtin_reset_arena, "", 0, true},
        {"destroy", builtin_destroy_arena, "", 0, true},
    };
    return methods;
}

void append_allocator(const ConstantObject* allocator, std::string& out) {
    out += "<allocator " + static_cast<const Interpreter::Handle*>(allocator)->name + ">";
}

Value make_system(Interpreter& self) {
    ModuleInfo& memory = add_module(self, "memory");
    for (const Native& native : factories)
        memory.natives.emplace(self.names.intern(native.name), Value::constant(&native));
    ModuleInfo& system = add_module(self, "system");
    system.natives.emplace(self.names.intern("memory"), Value::constant(&memory));
    return Value::constant(&system);
}

}  // namespace harness::lang
