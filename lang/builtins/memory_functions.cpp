// Asking for memory and giving it back by name. What `dealloc` does to the bytes depends on the lifetime,
// what it does to the program does not: the buffer is dead, and giving it back again is a double free.
#include "lang/builtins/memory_functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "lang/builtins/allocator_handles.hpp"
#include "lang/builtins/buffers.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

namespace {

constexpr std::uint32_t default_align = 8;
constexpr std::int64_t align_max = 1 << 16;

/// A count of bytes; false after TypeError or ValueError.
bool to_size(Machine& machine, Value v, const char* function, std::uint64_t& size) {
    std::int64_t number = 0;
    if (!to_index(machine, v, number)) return false;
    if (number < 1) {
        machine.raise(ErrorKind::ValueError,
                      fmt::format("{}() needs a size of at least 1 byte, not {}", function, number));
        return false;
    }
    size = static_cast<std::uint64_t>(number);
    return true;
}

/// A live buffer as an argument; false after raising. What was given back before is a use after free here.
bool to_buffer(Machine& machine, Value v, const char* function) {
    if (!machine.heap.live(v) || is_buffer(machine, v)) return buffer_usable(machine, v);
    machine.raise(ErrorKind::TypeError,
                  fmt::format("{}() argument must be a buffer, not {}", function, machine.type_name(v)));
    return false;
}

Interpreter::Handle* to_handle(Machine& machine, Value v, const char* function, const char* wanted) {
    Interpreter::Handle* handle = interpreter(machine).handle_of(v);
    if (handle == nullptr && machine.heap.live(v)) {
        machine.raise(ErrorKind::TypeError, fmt::format("{}() argument must be an {}, not {}", function,
                                                        wanted, machine.type_name(v)));
    }
    if (!machine.heap.live(v)) {
        interpreter(machine).raise_defect(ErrorKind::UseAfterFreeError, "this object was released", v,
                                          "use it before it is released");
    }
    return handle;
}

/// The allocator that serves the next objects, for as long as this exists.
class Serving {
  public:
    Serving(ObjectHeap& heap, const allocators::AllocatorTable& table) : heap_(heap) {
        before_ = heap.use_allocator(&table == &heap.run_allocator() ? nullptr : &table);
    }
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;
    ~Serving() { heap_.use_allocator(before_); }

  private:
    ObjectHeap& heap_;
    const allocators::AllocatorTable* before_;
};

const allocators::AllocatorTable& origin_of(Machine& machine, Value buffer) {
    const char* at = static_cast<const char*>(machine.heap.address(buffer));
    return machine.heap.origin(at - machine.heap.buffer_prefix(buffer).front);
}

/// A buffer goes. Under `manual` its memory goes at once. Elsewhere references may remain whose count or
/// region is still needed, so it is marked: its bytes go where the allocator can shrink the block, the block
/// with the last reference or with its region. `leak` gives nothing back.
void give_back(Machine& machine, Value buffer) {
    const Lifetime& lifetime = machine.lifetime;
    interpreter(machine).set_site();
    forget_buffer(machine, buffer);
    if (lifetime.explicit_release)
        machine.heap.destroy(buffer);
    else
        machine.heap.end_buffer(buffer, lifetime.counts || lifetime.regions || lifetime.traces);
}

bool is_ended(Machine& machine, Value v) {
    if (!v.is_object()) return false;
    if (!machine.heap.live(v)) return true;
    return is_buffer(machine, v) && (machine.heap.header(v).flags & flag_ended) != 0;
}

/// A method that a class of the program defines to be an allocator; absent() where `v` has none.
Value allocator_method(Machine& machine, Value v, std::string_view name) {
    if (!machine.is_instance(v)) return Value::absent();
    return machine.get_attribute(v, machine.names.intern(name), true);
}

Value call_and_drop(Machine& machine, Value method, Value argument) {
    const Value result = machine.call(method, &argument, 1);
    machine.drop(method);
    return result;
}

}  // namespace

static Value builtin_allocate(Machine& machine, const Value* arguments, std::uint32_t) {
    std::uint64_t size = 0;
    if (!to_size(machine, arguments[0], "allocate", size)) return Value::failed();
    return new_unwritten_buffer(machine, size, default_align);
}

static Value builtin_allocate_aligned(Machine& machine, const Value* arguments, std::uint32_t) {
    std::uint64_t size = 0;
    std::int64_t align = 0;
    if (!to_size(machine, arguments[0], "allocate_aligned", size)) return Value::failed();
    if (!to_index(machine, arguments[1], align)) return Value::failed();
    if (align < 1 || align > align_max || !std::has_single_bit(static_cast<std::uint64_t>(align))) {
        return machine.raise(
            ErrorKind::ValueError,
            fmt::format("the alignment must be a power of two from 1 to {}, not {}", align_max, align));
    }
    return new_unwritten_buffer(machine, size, std::max(default_align, static_cast<std::uint32_t>(align)));
}

/// reallocate(b, n): always a new block, so that the old buffer can be told from the new one in every run.
static Value builtin_reallocate(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value old = arguments[0];
    std::uint64_t size = 0;
    if (!to_buffer(machine, old, "reallocate") || !to_size(machine, arguments[1], "reallocate", size))
        return Value::failed();
    const BufferPrefix prefix = machine.heap.buffer_prefix(old);
    Value made = Value::failed();
    {
        const Serving serving(machine.heap, origin_of(machine, old));
        made = new_unwritten_buffer(machine, size, prefix.align);
    }
    if (is_failed(made)) return made;
    std::memcpy(machine.heap.address(made), machine.heap.address(old), std::min(size, prefix.size));
    copy_buffer_shadow(machine, old, made);
    give_back(machine, old);
    return made;
}

Value builtin_alloc(Machine& machine, const Value* arguments, std::uint32_t) {
    if (machine.heap.live(arguments[0])) {
        const Value method = allocator_method(machine, arguments[0], "alloc");
        if (is_failed(method)) return method;
        if (!is_absent(method)) return call_and_drop(machine, method, arguments[1]);
    }
    const Interpreter::Handle* handle = to_handle(machine, arguments[0], "alloc", "allocator");
    std::uint64_t size = 0;
    if (handle == nullptr || !handle_usable(interpreter(machine), *handle)) return Value::failed();
    if (!to_size(machine, arguments[1], "alloc", size)) return Value::failed();
    const Serving serving(machine.heap, *handle->source);
    return new_unwritten_buffer(machine, size, default_align);
}

/// dealloc(b), or dealloc(a, b), which says whose it is.
Value builtin_dealloc(Machine& machine, const Value* arguments, std::uint32_t) {
    const bool named = !is_absent(arguments[1]);
    const Value buffer = named ? arguments[1] : arguments[0];
    Interpreter& self = interpreter(machine);
    if (named && machine.heap.live(arguments[0])) {
        const Value method = allocator_method(machine, arguments[0], "dealloc");
        if (is_failed(method)) return method;
        if (!is_absent(method)) return call_and_drop(machine, method, buffer);
    }
    const Interpreter::Handle* handle =
        named ? to_handle(machine, arguments[0], "dealloc", "allocator") : nullptr;
    if (named && handle == nullptr) return Value::failed();
    if (is_ended(machine, buffer)) {
        self.raise_defect(ErrorKind::DoubleFreeError, "this buffer was already given back", buffer,
                          "give it back once; after dealloc() it is dead");
        return Value::failed();
    }
    if (!to_buffer(machine, buffer, "dealloc")) return Value::failed();
    if (named && handle->source != &origin_of(machine, buffer)) {
        const Value owner = allocator_of_buffer(self, buffer);
        const std::string owner_name = self.handle_of(owner)->name;
        self.raise_defect(ErrorKind::InvalidFreeError,
                          fmt::format("this buffer is not from this allocator, {}, but from {}", handle->name,
                                      owner_name == handle->name ? "another of its kind" : owner_name),
                          buffer, "give it back to its own: dealloc(b) finds it");
        return Value::failed();
    }
    give_back(machine, buffer);
    return Value::none();
}

static Value builtin_create_arena(Machine& machine, const Value* arguments, std::uint32_t) {
    std::uint64_t size = 0;
    if (!to_size(machine, arguments[0], "create_arena", size)) return Value::failed();
    if (size >= allocators::request_bytes_max / 2) return machine.raise_memory_error(size);
    return Value::constant(&carve_arena(interpreter(machine), size));
}

/// An arena as an argument; null after raising.
static Interpreter::Handle* to_arena(Machine& machine, Value v, const char* function) {
    Interpreter::Handle* handle = to_handle(machine, v, function, "arena");
    if (handle == nullptr) return nullptr;
    if (!handle->is_arena) {
        machine.raise(ErrorKind::TypeError,
                      fmt::format("{}() argument must be an arena, not an allocator of kind {}", function,
                                  handle->name));
        return nullptr;
    }
    if (handle->ending) {
        machine.raise(ErrorKind::RuntimeError,
                      fmt::format("{}() of an arena whose objects are being ended", function));
        return nullptr;
    }
    return handle;
}

Value builtin_reset_arena(Machine& machine, const Value* arguments, std::uint32_t) {
    Interpreter& self = interpreter(machine);
    Interpreter::Handle* handle = to_arena(machine, arguments[0], "reset_arena");
    if (handle == nullptr || !handle_usable(self, *handle)) return Value::failed();
    reset_handle(self, *handle);
    return self.uncatchable() ? Value::failed() : Value::none();
}

Value builtin_destroy_arena(Machine& machine, const Value* arguments, std::uint32_t) {
    Interpreter& self = interpreter(machine);
    Interpreter::Handle* handle = to_arena(machine, arguments[0], "destroy_arena");
    if (handle == nullptr) return Value::failed();
    if (handle->destroyed) {
        self.raise_defect(ErrorKind::DoubleFreeError, "this arena was already destroyed", Value::none(),
                          "destroy it once; after destroy_arena() it is dead");
        return Value::failed();
    }
    destroy_handle(self, *handle);
    return self.uncatchable() ? Value::failed() : Value::none();
}

std::span<const Native> memory_functions() {
    static constexpr Native functions[] = {
        {"allocate", builtin_allocate, "size", 1},
        {"allocate_aligned", builtin_allocate_aligned, "size alignment", 2},
        {"reallocate", builtin_reallocate, "buffer size", 2},
        {"alloc", builtin_alloc, "allocator size", 2},
        {"dealloc", builtin_dealloc, "allocator buffer", 1},
        {"create_arena", builtin_create_arena, "size", 1},
        {"reset_arena", builtin_reset_arena, "arena", 1},
        {"destroy_arena", builtin_destroy_arena, "arena", 1},
    };
    return functions;
}

}  // namespace harness::lang
