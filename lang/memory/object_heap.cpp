// Making and giving back objects of every layout, with the byte counts that the figures rest on.
#include "lang/memory/object_heap.hpp"

#include <limits>

#include "lang/bytecode/program.hpp"
#include "lang/lifetimes/regions.hpp"
#include "lang/memory/leak_check.hpp"
#include "lang/vm/collector.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

namespace {
constexpr std::size_t header_bytes = sizeof(Header);

/// Bumps the window that the allocator lends, and calls it where that does not do.
[[gnu::always_inline]] inline void* take_block(allocators::BumpWindow* window,
                                               const allocators::AllocatorTable& table, std::size_t bytes,
                                               std::size_t align) {
    const std::size_t rounded = (bytes + 7) & ~std::size_t{7};
    if (window != nullptr && align <= 8 && bytes != 0 &&
        static_cast<std::size_t>(window->limit - window->cursor) >= rounded) {
        void* block = window->cursor;
        window->cursor += rounded;
        return block;
    }
    return table.allocate(table.self, bytes, align);
}
constexpr std::uint32_t constant_site = 0xFFFF'FFFF;
}  // namespace

ObjectHeap::ObjectHeap(Machine& machine, const allocators::AllocatorTable& allocator, LayoutRules rules,
                       bool checked, std::uint64_t max_bytes)
    : machine_(machine),
      allocator_(&allocator),
      run_allocator_(&allocator),
      window_(allocator.window),
      rules_(rules),
      max_bytes_(max_bytes) {
    if (checked) handles_.activate();
    auto block = std::make_unique<char[]>(256 * 16);
    for (unsigned c = 0; c < 256; ++c) {
        char* at = block.get() + c * 16;
        *reinterpret_cast<StringHeader*>(at) = {1, immortal_count};
        at[8] = static_cast<char>(c);
        at[9] = 0;
        single_bytes_[c] = handles_.active()
                               ? handles_.make(at + 8, Tag::string, constant_site)
                               : Value::tagged(Tag::string, reinterpret_cast<std::uintptr_t>(at + 8));
    }
    constants_.push_back(std::move(block));
    settle_quick_window();
}

ObjectHeap::~ObjectHeap() = default;

void ObjectHeap::use_collector(Collector& collector) {
    collector_ = &collector;
    notes_made_ = true;
    settle_quick_window();
}

void ObjectHeap::use_regions() {
    regions_ = std::make_unique<Regions>(*this, *run_allocator_);
    settle_quick_window();
}

void ObjectHeap::settle_quick_window() {
    const bool simple =
        allocator_ == run_allocator_ && !notes_made_ && !handles_.active() && max_bytes_ == 0 && !finds_leaks;
    if (!simple)
        quick_window_ = nullptr;
    else
        quick_window_ = regions_ != nullptr ? regions_->quick_window() : window_;
}

Value ObjectHeap::exhausted(std::size_t bytes) { return machine_.raise_memory_error(bytes); }

// --- Blocks

void* ObjectHeap::allocate(std::size_t requested, std::size_t header, std::size_t align) {
    if (max_bytes_ != 0 && counts_.payload_live() + counts_.header_live + requested > max_bytes_)
        return allocate_after_cycle(requested, header, align);
    void* block = nullptr;
    if (regions_ != nullptr && allocator_ == run_allocator_) {
        if (char* quick = align <= 8 && requested != 0 ? bump(requested, header) : nullptr) return quick;
        const Regions::Served served = regions_->serving(requested, align);
        block = take_block(served.window, served.table, requested, align);
        if (block == nullptr) return nullptr;
        regions_->note(served, block, requested, header, align);
        settle_quick_window();
    } else {
        block = take_block(window_, *allocator_, requested, align);
        if (block == nullptr) return allocate_after_cycle(requested, header, align);
        if (allocator_ != run_allocator_) {
            foreign_.insert_or_assign(block, Foreign{allocator_, ++foreign_made_});
            newest_foreign_ = block;
            if (regions_ != nullptr) regions_->note_foreign(requested, header);
        }
    }
    leave_to_program(block);
    ++counts_.allocations;
    counts_.payload_total += requested - header;
    counts_.header_live += header;
    return block;
}

void* ObjectHeap::allocate_after_cycle(std::size_t requested, std::size_t header, std::size_t align) {
    return collector_ != nullptr && collector_->reclaim() ? allocate(requested, header, align) : nullptr;
}

void ObjectHeap::deallocate(void* block, std::size_t requested, std::size_t header, std::size_t align) {
    if (regions_ != nullptr && (foreign_.empty() || !foreign_.contains(block))) {
        // The region that the block belongs to gives it back at its end.
        return;
    }
    counts_.note_peak();
    ++counts_.deallocations;
    counts_.payload_freed += requested - header;
    counts_.header_live -= header;
    counts_.header_freed += header;
    if (!foreign_.empty()) {
        if (const auto found = foreign_.find(block); found != foreign_.end()) {
            const allocators::AllocatorTable& table = *found->second.table;
            foreign_.erase(found);
            table.deallocate(table.self, block, requested, align);
            return;
        }
    }
    run_allocator_->deallocate(run_allocator_->self, block, requested, align);
}

const allocators::AllocatorTable* ObjectHeap::use_allocator(const allocators::AllocatorTable* table) {
    const allocators::AllocatorTable* before = allocator_ == run_allocator_ ? nullptr : allocator_;
    allocator_ = table != nullptr ? table : run_allocator_;
    window_ = allocator_->window;
    log_ = nullptr;
    if (table != nullptr && !arenas_.empty()) {
        if (const auto found = arenas_.find(table); found != arenas_.end()) log_ = found->second;
    }
    notes_made_ = log_ != nullptr || collector_ != nullptr;
    settle_quick_window();
    return before;
}

const allocators::AllocatorTable& ObjectHeap::origin(const void* block) const {
    const auto found = foreign_.find(block);
    return found == foreign_.end() ? *run_allocator_ : *found->second.table;
}

void ObjectHeap::register_arena(const allocators::AllocatorTable* table, std::vector<Made>* log) {
    arenas_.insert_or_assign(table, log);
    had_arenas_ = true;
}

bool ObjectHeap::still_made(const Made& made) const {
    const auto found = foreign_.find(made.block);
    return found != foreign_.end() && found->second.number == made.number;
}

Value ObjectHeap::wrap_checked(void* at, Tag tag) {
    const Value v = handles_.make(at, tag, site);
    if (regions_ != nullptr && allocator_ == run_allocator_ && v != Value::failed()) regions_->note_handle(v);
    return v;
}

Value ObjectHeap::note_made(Value v) {
    if (v == Value::failed()) return v;
    if (log_ == nullptr) {
        collector_->note(v);
        return v;
    }
    // Objects that went on their own leave their notes behind; these are dropped whenever the log would grow.
    if (log_->size() == log_->capacity()) {
        std::erase_if(*log_, [this](const Made& made) { return !still_made(made); });
        if (log_->size() > log_->capacity() / 2) log_->reserve(log_->size() * 2 + 64);
    }
    log_->push_back({v.owned(), newest_foreign_, foreign_.at(newest_foreign_).number});
    return rules_.foreign_lent ? v.lent() : v;
}

void ObjectHeap::end_buffer(Value buffer, bool shrink) {
    header(buffer).flags |= flag_ended;
    if (handles_.active()) handles_.entry(buffer).released = site;
    auto& prefix = const_cast<BufferPrefix&>(buffer_prefix(buffer));
    void* block = static_cast<char*>(address(buffer)) - prefix.front;
    // What belongs to a region goes at its end.
    if (!shrink || (regions_ != nullptr && !foreign_.contains(block))) return;
    const allocators::AllocatorTable& table = origin(block);
    if (table.resize == nullptr) return;
    if (!table.resize(table.self, block, prefix.front + prefix.size, prefix.front, prefix.align)) return;
    counts_.note_peak();
    counts_.payload_freed += prefix.size;
    prefix.size = 0;
}

void* ObjectHeap::new_block(std::size_t bytes, Value owner) {
    if (regions_ != nullptr) regions_->aim(owner);
    const allocators::AllocatorTable* before = nullptr;
    const bool foreign = owner.is_heap() && (!foreign_.empty() || allocator_ != run_allocator_);
    if (foreign) {
        void* head = address(owner);
        const std::size_t front = has_header(owner) ? header_bytes : 0;
        const auto found = foreign_.find(static_cast<char*>(head) - front);
        before = use_allocator(found == foreign_.end() ? nullptr : found->second.table);
    }
    void* block = allocate(bytes, 0);
    if (foreign) use_allocator(before);
    if (regions_ != nullptr) regions_->clear_aim();
    if (block == nullptr) exhausted(bytes);
    return block;
}

void ObjectHeap::free_block(void* block, std::size_t bytes, Value) { deallocate(block, bytes, 0); }

// --- Objects

Value ObjectHeap::new_string(std::size_t length, char*& out) {
    if (length >= std::numeric_limits<std::uint32_t>::max() - 16) return exhausted(length);
    void* block = allocate(sizeof(StringHeader) + length + 1, sizeof(StringHeader));
    if (block == nullptr) return exhausted(length + 1);
    auto* head = static_cast<StringHeader*>(block);
    *head = {static_cast<std::uint32_t>(length), birth_word()};
    out = reinterpret_cast<char*>(head + 1);
    out[length] = 0;
    return wrap(out, Tag::string);
}

Value ObjectHeap::new_string(std::string_view text) {
    char* bytes = nullptr;
    const Value v = new_string(text.size(), bytes);
    if (bytes != nullptr && !text.empty()) std::memcpy(bytes, text.data(), text.size());
    return v;
}

Value ObjectHeap::new_list(std::uint32_t capacity) {
    const std::size_t header = rules_.sequence_header ? header_bytes : 0;
    if (capacity >= Sequence::tuple_capacity) return exhausted(Sequence::bytes(capacity));
    const std::size_t payload = Sequence::bytes(capacity);
    char* block = static_cast<char*>(allocate(payload + header, header));
    if (block == nullptr) return exhausted(payload);
    if (header != 0) {
        *reinterpret_cast<Header*>(block) = {static_cast<std::uint16_t>(ClassId::list), 0, {birth_word()}};
        block += header_bytes;
    }
    reinterpret_cast<Sequence*>(block)->word = std::uint64_t{capacity} << 32;
    return wrap(block, Tag::sequence);
}

Value ObjectHeap::new_tuple(const Value* elements, std::uint32_t length) {
    bool frozen = true;
    for (std::uint32_t i = 0; i < length && frozen; ++i) {
        const Value e = elements[i];
        frozen = !e.is_heap() || e.is_string() ||
                 (e.is_counted() && header(e).class_id == static_cast<std::uint16_t>(ClassId::frozen_tuple));
    }
    if (length >= Sequence::tuple_capacity) return exhausted(Sequence::bytes(length));
    // No store judges its elements one by one, so it is born beside them, and judged as a whole where it
    // goes.
    if (regions_ != nullptr && length != 0) regions_->clear_aim();
    const std::size_t header = frozen || rules_.sequence_header ? header_bytes : 0;
    const std::size_t payload = Sequence::bytes(length);
    char* block = static_cast<char*>(allocate(payload + header, header));
    if (block == nullptr) return exhausted(payload);
    if (header != 0) {
        const ClassId id = frozen ? ClassId::frozen_tuple : ClassId::tuple;
        *reinterpret_cast<Header*>(block) = {static_cast<std::uint16_t>(id), 0, {birth_word()}};
        block += header_bytes;
    }
    auto* sequence = reinterpret_cast<Sequence*>(block);
    sequence->word = Sequence::tuple_capacity << 32 | length;
    if (length != 0) std::memcpy(&sequence->word + 1, elements, std::size_t{length} * sizeof(Value));
    return wrap(block, frozen ? Tag::counted : Tag::sequence);
}

Value ObjectHeap::new_object(ClassId id, std::size_t payload, Tag tag) {
    char* block = static_cast<char*>(allocate(payload + header_bytes, header_bytes));
    if (block == nullptr) return exhausted(payload);
    *reinterpret_cast<Header*>(block) = {static_cast<std::uint16_t>(id), 0, {birth_word()}};
    if (payload != 0) std::memset(block + header_bytes, 0, payload);
    return wrap(block + header_bytes, tag);
}

Value ObjectHeap::new_dict() { return new_object(ClassId::dict, sizeof(Dict), Tag::object); }

Value ObjectHeap::new_instance(const ClassInfo& type) {
    const std::size_t payload = std::size_t{type.field_count} * sizeof(Value);
    char* block = static_cast<char*>(allocate(payload + header_bytes, header_bytes));
    if (block == nullptr) return exhausted(payload);
    *reinterpret_cast<Header*>(block) = {static_cast<std::uint16_t>(type.id), 0, {birth_word()}};
    auto* fields = reinterpret_cast<Value*>(block + header_bytes);
    for (std::uint16_t i = 0; i < type.field_count; ++i) fields[i] = Value::absent();
    return wrap(fields, type.is_exception ? Tag::counted : Tag::object);
}

Value ObjectHeap::new_of(const ClassInfo& type) {
    return type.packed != nullptr ? new_packed(type) : new_instance(type);
}

/// An alignment above 8 has room before the header, which stays at -8.
Value ObjectHeap::new_packed(const ClassInfo& type) {
    const PackedType& packed = *type.packed;
    const std::size_t front = front_of(packed.align);
    char* block =
        static_cast<char*>(front == header_bytes ? allocate(packed.bytes + front, front)
                                                 : allocate(packed.bytes + front, front, packed.align));
    if (block == nullptr) return exhausted(packed.bytes);
    char* at = block + front;
    reinterpret_cast<Header*>(at)[-1] = {static_cast<std::uint16_t>(type.id), 0, {birth_word()}};
    if (packed.bytes != 0) std::memcpy(at, packed.image.data(), packed.bytes);
    return wrap(at, Tag::object);
}

Value ObjectHeap::new_cell(Value content) {
    const Value v = new_object(ClassId::cell, sizeof(Cell), Tag::counted);
    if (v != Value::failed()) payload<Cell>(v).content = content;
    return v;
}

Value ObjectHeap::new_closure(const Function& function, std::uint32_t cells) {
    const Value v = new_object(ClassId::closure, sizeof(Value) * (std::size_t{cells} + 1), Tag::counted);
    if (v == Value::failed()) return v;
    auto& closure = payload<Closure>(v);
    closure.function = &function;
    for (std::uint32_t i = 0; i < cells; ++i) closure.cells[i] = Value::none();
    return v;
}

Value ObjectHeap::new_bound_method(Value self, Value method) {
    const Value v = new_object(ClassId::bound_method, sizeof(BoundMethod), Tag::counted);
    if (v != Value::failed()) payload<BoundMethod>(v) = {self, method};
    return v;
}

Value ObjectHeap::new_slice(Value start, Value stop, Value step) {
    const Value v = new_object(ClassId::slice, sizeof(Slice), Tag::counted);
    if (v != Value::failed()) payload<Slice>(v) = {start, stop, step};
    return v;
}

/// A buffer's bytes begin at its value; size and alignment stand before the header.
Value ObjectHeap::new_buffer(std::uint64_t size, std::uint32_t align) {
    constexpr std::uint64_t prefix = sizeof(BufferPrefix) + header_bytes;
    const std::uint64_t front = (prefix + align - 1) / align * align;
    if (size > (std::uint64_t{1} << 47) - front) return exhausted(size);
    char* block = static_cast<char*>(allocate(front + size, front, align));
    if (block == nullptr) return exhausted(size);
    char* at = block + front;
    *reinterpret_cast<BufferPrefix*>(at - prefix) = {size, static_cast<std::uint32_t>(front), align};
    reinterpret_cast<Header*>(at)[-1] = {static_cast<std::uint16_t>(ClassId::buffer), 0, {birth_word()}};
    return wrap(at, Tag::object);
}

std::uint32_t ObjectHeap::birth_word() const {
    // Foreign objects outlive every region but the program's own.
    if (regions_ != nullptr) return allocator_ == run_allocator_ ? regions_->born() : 0;
    const bool counted_or_marked = rules_.birth_word == 1 || rules_.traces;
    return log_ != nullptr && counted_or_marked ? immortal_count : rules_.birth_word;
}

bool ObjectHeap::grow_list(Value list, std::uint32_t wanted) {
    Sequence& head = sequence(list);
    const std::uint32_t length = head.length();
    const std::uint64_t capacity = head.capacity();
    const std::uint64_t larger = std::max<std::uint64_t>({4, capacity * 2, wanted});
    if (larger >= Sequence::tuple_capacity) {
        exhausted(Sequence::bytes(larger));
        return false;
    }
    auto* body = static_cast<Sequence*>(new_block(Sequence::bytes(larger), list));
    if (body == nullptr) return false;
    body->word = larger << 32 | length;
    if (length != 0) std::memcpy(&body->word + 1, head.elements(), std::size_t{length} * sizeof(Value));
    if (head.grown()) {
        Sequence* old = head.body();
        head.word = (head.word & ~payload_mask) | reinterpret_cast<std::uintptr_t>(body);
        free_block(old, Sequence::bytes(capacity), list);
        return true;
    }
    const std::uint64_t first = capacity;
    const bool wide = first >= Sequence::wide_capacity;
    head.word = Sequence::grown_bit | (wide ? Sequence::wide_capacity : first) << 48 |
                reinterpret_cast<std::uintptr_t>(body);
    if (wide) (&head.word)[1] = first;
    return true;
}

// --- Giving back

std::uint64_t ObjectHeap::payload_bytes(Value v) const {
    if (v.is_string()) return std::uint64_t{string_header(v).length} + 1;
    if (v.is_sequence()) {
        const Sequence& s = sequence(v);
        return Sequence::bytes(s.first_capacity()) + (s.grown() ? Sequence::bytes(s.capacity()) : 0);
    }
    switch (static_cast<ClassId>(header(v).class_id)) {
        case ClassId::frozen_tuple:
        case ClassId::tuple:
        case ClassId::list: {
            const Sequence& s = sequence(v);
            return Sequence::bytes(s.first_capacity()) + (s.grown() ? Sequence::bytes(s.capacity()) : 0);
        }
        case ClassId::dict:
            return sizeof(Dict) + payload<Dict>(v).table_bytes();
        case ClassId::cell:
            return sizeof(Cell);
        case ClassId::closure:
            return sizeof(Value) * (std::uint64_t{machine_.closure_cells(v)} + 1);
        case ClassId::bound_method:
            return sizeof(BoundMethod);
        case ClassId::slice:
            return sizeof(Slice);
        case ClassId::iterator:
            return 24 + std::uint64_t{payload<Iterator>(v).count} * sizeof(Value);
        case ClassId::range:
            return sizeof(Range);
        case ClassId::buffer:
            return buffer_prefix(v).size;
        case ClassId::allocator:
        case ClassId::arena:
            return sizeof(std::uint64_t);
        default: {
            const ClassInfo& type = machine_.class_by_id(static_cast<ClassId>(header(v).class_id));
            if (type.packed != nullptr) return type.packed->bytes;
            return std::uint64_t{type.field_count} * sizeof(Value);
        }
    }
}

std::size_t ObjectHeap::front_bytes(Value v) const {
    const std::uint16_t id = header(v).class_id;
    if (id < static_cast<std::uint16_t>(ClassId::first_user_class)) return header_bytes;
    const PackedType* packed = machine_.class_by_id(static_cast<ClassId>(id)).packed;
    return packed == nullptr ? header_bytes : front_of(packed->align);
}

std::uint64_t ObjectHeap::requested_bytes(Value v) const {
    const std::uint64_t payload = payload_bytes(v);
    if (v.is_string()) return payload + sizeof(StringHeader);
    if (!v.is_sequence() && class_id(v) == ClassId::buffer) return payload + buffer_prefix(v).front;
    if (!v.is_sequence()) return payload + front_bytes(v);
    return payload + (has_header(v) ? header_bytes : 0);
}

const BufferPrefix& ObjectHeap::buffer_prefix(Value buffer) const {
    return *reinterpret_cast<const BufferPrefix*>(static_cast<const char*>(address(buffer)) -
                                                  sizeof(BufferPrefix) - header_bytes);
}

void ObjectHeap::destroy(Value v) {
    char* at = static_cast<char*>(address(v));
    if (v.is_string()) {
        const auto& head = reinterpret_cast<const StringHeader*>(at)[-1];
        deallocate(at - sizeof(StringHeader), sizeof(StringHeader) + head.length + 1, sizeof(StringHeader));
    } else if (v.is_sequence() || class_id(v) == ClassId::tuple) {
        const std::size_t header = has_header(v) ? header_bytes : 0;
        auto* s = reinterpret_cast<Sequence*>(at);
        const std::size_t payload = Sequence::bytes(s->first_capacity());
        if (s->grown()) deallocate(s->body(), Sequence::bytes(s->capacity()), 0);
        deallocate(at - header, payload + header, header);
    } else {
        const std::uint64_t payload = payload_bytes(v);
        const ClassId id = class_id(v);
        if (id == ClassId::buffer) {
            const BufferPrefix prefix = buffer_prefix(v);
            deallocate(at - prefix.front, prefix.front + prefix.size, prefix.front, prefix.align);
        } else if (id == ClassId::dict) {
            const Dict& dict = *reinterpret_cast<const Dict*>(at);
            if (dict.table() != nullptr) deallocate(dict.table(), dict.table_bytes(), 0);
            deallocate(at - header_bytes, sizeof(Dict) + header_bytes, header_bytes);
        } else if (const std::size_t front = front_bytes(v); front != header_bytes) {
            deallocate(at - front, payload + front, front, front);
        } else {
            deallocate(at - header_bytes, payload + header_bytes, header_bytes);
        }
    }
    if (handles_.active()) handles_.release(v, site);
}

// --- Constants

Value ObjectHeap::adopt_constant(void* at, Tag tag) {
    return handles_.active() ? handles_.make(at, tag, constant_site)
                             : Value::tagged(tag, reinterpret_cast<std::uintptr_t>(at));
}

Value ObjectHeap::constant_string(std::string_view text) {
    if (text.size() == 1) return single_bytes_[static_cast<unsigned char>(text[0])];
    if (const auto found = constant_index_.find(text); found != constant_index_.end()) return found->second;
    auto block = std::make_unique<char[]>(sizeof(StringHeader) + text.size() + 1);
    *reinterpret_cast<StringHeader*>(block.get()) = {static_cast<std::uint32_t>(text.size()), immortal_count};
    char* at = block.get() + sizeof(StringHeader);
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at[text.size()] = 0;
    constants_.push_back(std::move(block));
    constant_bytes_ += text.size() + 1;
    const Value v = handles_.active() ? handles_.make(at, Tag::string, constant_site)
                                      : Value::tagged(Tag::string, reinterpret_cast<std::uintptr_t>(at));
    constant_index_.emplace(std::string_view(at, text.size()), v);
    return v;
}

}  // namespace harness::lang
