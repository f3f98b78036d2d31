// The running program as the memory manager sees it: the frames that calls of the program made, the blocks
// that are open in them, and what stands behind a name.
#include "lang/builtins/introspection.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

namespace {

class RunningProgram final : public ProgramView {
  public:
    explicit RunningProgram(Interpreter& vm) : vm_(vm) {}

    const FunctionHeader& header(const Function& function) const override {
        // Most programs never ask by name, so the table is made when one does.
        if (function.slots == nullptr && !function.slot_names.empty())
            add_slots(const_cast<Function&>(function));
        return function.header;
    }

    FrameShape shape(const Function& function) const override {
        return {function.registers, function.header.named_slots};
    }

    std::span<Value> owned_slots(const Frame& frame) const override {
        return {frame.base + frame.function->first_owned, frame.function->owned_count};
    }

    void append_blocks(const Frame& frame, std::vector<const FunctionHeader*>& blocks) const override {
        const Function& f = *frame.function;
        if (f.blocks.empty()) return;
        // A frame stands where the call above it returns to.
        const std::uint32_t* const at = &frame == vm_.frame ? vm_.at : (&frame + 1)->return_pc;
        const std::uint32_t word = vm_.site_at(&frame, at) - f.site_base;
        for (const auto& block : f.blocks)
            if (word >= block->from && word < block->to) blocks.push_back(&block->header);
    }

    std::uint32_t return_line(const Frame& frame) const override {
        if (frame.return_pc == nullptr) return 0;
        return vm_.sources.place(vm_.span_at(&frame - 1, frame.return_pc).begin).line;
    }

    bool is_shown(const Frame& frame) const override { return !vm_.is_boundary(frame); }

    Value& place(Value& slot) const override {
        if (slot.is_counted() && vm_.heap.live(slot) && vm_.heap.class_id(slot) == ClassId::cell)
            return vm_.heap.payload<Cell>(slot).content;
        return slot;
    }

    bool has_value(Value v) const override {
        // What a name is bound to may have been freed under another name: who reads it finds out.
        return v != Value::unbound() && !v.is_moved() && !v.is_freed();
    }

  private:
    static void add_slots(Function& function) {
        function.slots = std::make_unique<SymbolTable>();
        const std::vector<NameId>& names = function.slot_names;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] == 0) continue;
            // A parameter that is assigned has a second register, which has the newer value.
            std::size_t newest = i;
            for (std::size_t k = i + 1; k < names.size(); ++k)
                if (names[k] == names[i]) newest = k;
            function.slots->declare_at({names[i]}, static_cast<std::uint32_t>(newest), DefinitionKind::data);
        }
        function.header.slots = function.slots.get();
    }

    Interpreter& vm_;
};

}  // namespace

std::unique_ptr<ProgramView> view_of_program(Interpreter& vm) { return std::make_unique<RunningProgram>(vm); }

MemoryManager& Interpreter::memory() {
    Frame* current = frame;
    while (is_boundary(*current)) --current;
    stack->set_top(current);
    return *manager;
}

void Interpreter::register_function(std::uint32_t index, NameId name) {
    const Function& function = *program.functions[index];
    manager->register_fn({name}, function.header.parameters, Value::constant(&function));
}

MemoryManager& memory_of(Machine& machine) { return interpreter(machine).memory(); }

Value function_in(Machine& machine, const Frame& frame) {
    const Function& f = *frame.function;
    if (f.captures.empty() && !f.closure_defaults) return Value::constant(&f);
    const Value closure = frame.base[f.closure_register];
    return machine.heap.live(closure) ? closure : Value::unbound();
}

Value function_named(Machine& machine, std::string_view name, Value definition) {
    const auto& f = *definition.as_constant<Function>();
    if (f.captures.empty() && !f.closure_defaults) return definition;
    const MemoryOutcome<Value> holder = memory_of(machine).heap_get(name);
    return holder && interpreter(machine).function_behind(holder.value()) == &f ? holder.value()
                                                                                : Value::unbound();
}

void append_figures(Machine& machine, std::vector<Figure>& figures) {
    const Stack& stack = *interpreter(machine).stack;
    HeapCounts& counts = machine.heap.counts();
    counts.note_peak();
    figures.push_back({"allocations", counts.allocations});
    figures.push_back({"deallocations", counts.deallocations});
    figures.push_back({"payload_bytes", counts.payload_live()});
    figures.push_back({"payload_bytes_total", counts.payload_total});
    figures.push_back({"payload_bytes_peak", counts.payload_peak});
    figures.push_back({"header_bytes_peak", counts.header_peak});
    figures.push_back({"requested_bytes_peak", counts.requested_peak});
    figures.push_back({"frames_peak", stack.frames_peak()});
    figures.push_back({"value_bytes_peak", stack.value_bytes_peak()});
    figures.push_back({"window_bytes_peak", stack.window_bytes_peak()});
}

}  // namespace harness::lang
