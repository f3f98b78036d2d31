// What the interpreter tells a program about itself: frames and their names, globals, functions, figures.
#include <fmt/format.h>

#include "lang/builtins/introspection.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

namespace {

/// A frame as programs see it: a call, or a block of one that has names of its own at this point.
struct View {
    const Frame* frame;
    const BlockScope* block;  ///< null: the call itself
    std::uint32_t depth;
    std::int64_t parent;
    const std::uint32_t* at;  ///< where this frame is: the return address of the call above it
};

class Source final : public IntrospectionSource {
  public:
    explicit Source(Interpreter& vm) : vm_(vm) {}

    std::size_t frame_count() const override { return views().size(); }

    FrameView frame(std::size_t index) const override {
        const auto all = views();
        const View& v = all[index];
        FrameView out;
        out.name = v.frame->function->header.name;
        out.kind = v.block != nullptr ? ScopeKind::block : v.frame->function->header.kind;
        out.depth = v.depth;
        out.parent = v.parent;
        if (v.block == nullptr && index != 0 && v.frame->return_pc != nullptr) {
            const Frame* caller = v.frame - 1;
            out.return_line = vm_.sources.place(vm_.span_at(caller, v.frame->return_pc).begin).line;
        }
        return out;
    }

    void append_slots(std::size_t index, std::vector<NamedValue>& names) const override {
        const auto all = views();
        append_view(all[index], names);
    }

    Value frame_function(std::size_t index) const override {
        return Value::constant(views()[index].frame->function);
    }

    void append_globals(std::vector<NamedValue>& names) const override {
        const auto all = views();
        append_view(all[0], names);
        for (std::size_t i = 0; i < vm_.program.global_names.size(); ++i)
            names.push_back({vm_.program.global_names[i], vm_.globals[i]});
    }

    MemoryOutcome<Value> heap_get(std::string_view symbol) const override {
        const NameId name = vm_.names.intern(symbol);
        std::vector<NamedValue> all;
        append_globals(all);
        for (const NamedValue& n : all)
            if (n.name == name && n.value != Value::unbound()) return n.value;
        std::vector<std::string_view> candidates;
        for (const NamedValue& n : all)
            if (n.value != Value::unbound()) candidates.push_back(vm_.names.text(n.name));
        const std::string_view near = nearest(symbol, candidates);
        return MemoryError{MemoryErrorKind::heap_invalid_key,
                           fmt::format("'{}' is not a key of the heap", symbol),
                           near.empty() ? "" : fmt::format("did you mean '{}'?", near)};
    }

    MemoryOutcome<Value> lookup_fn(std::string_view name, std::uint32_t arity) const override {
        std::vector<NamedValue> all;
        append_globals(all);
        const Function* other = nullptr;
        std::vector<std::string_view> candidates;
        for (const NamedValue& n : all) {
            const Function* f = function_of(n.value);
            if (f == nullptr) continue;
            candidates.push_back(vm_.names.text(n.name));
            if (vm_.names.text(n.name) != name) continue;
            if (f->parameters == arity) return n.value;
            other = f;
        }
        if (other != nullptr) {
            return MemoryError{MemoryErrorKind::type, arity_message(name, other->parameters, arity), ""};
        }
        const std::string_view near = nearest(name, candidates);
        return MemoryError{MemoryErrorKind::name, fmt::format("name '{}' is not defined", name),
                           near.empty() ? "" : fmt::format("did you mean '{}'?", near)};
    }

    void append_figures(std::vector<Figure>& figures) const override {
        HeapCounts& c = vm_.heap.counts();
        c.note_peak();
        figures.push_back({"allocations", c.allocations});
        figures.push_back({"deallocations", c.deallocations});
        figures.push_back({"payload_bytes", c.payload_live()});
        figures.push_back({"payload_bytes_total", c.payload_total});
        figures.push_back({"payload_bytes_peak", c.payload_peak});
        figures.push_back({"header_bytes_peak", c.header_peak});
        figures.push_back({"requested_bytes_peak", c.requested_peak});
        figures.push_back({"frames_peak", vm_.stack->frames_peak()});
        figures.push_back({"value_bytes_peak", vm_.stack->value_bytes_peak()});
        figures.push_back({"window_bytes_peak", vm_.stack->window_bytes_peak()});
    }

  private:
    const Function* function_of(Value v) const {
        if (v.is_constant_object() && v.as_constant<ConstantObject>()->kind == ConstantKind::function)
            return v.as_constant<Function>();
        if (v.is_counted() && vm_.heap.live(v) && vm_.heap.class_id(v) == ClassId::closure)
            return vm_.heap.payload<Closure>(v).function;
        return nullptr;
    }

    void append_view(const View& v, std::vector<NamedValue>& names) const {
        const Function& f = *v.frame->function;
        if (v.block != nullptr) {
            names.push_back({v.block->name, value_in(*v.frame, v.block->reg)});
            return;
        }
        std::vector<NamedValue> found;
        for (std::size_t reg = 0; reg < f.slot_names.size(); ++reg) {
            if (f.slot_names[reg] == 0) continue;
            const NamedValue here{f.slot_names[reg], value_in(*v.frame, static_cast<unsigned>(reg))};
            // A parameter that is assigned has a second register, which is the newer.
            bool replaced = false;
            for (NamedValue& n : found)
                if (n.name == here.name) n = here, replaced = true;
            if (!replaced) found.push_back(here);
        }
        names.insert(names.end(), found.begin(), found.end());
    }

    Value value_in(const Frame& frame, unsigned reg) const {
        const Value v = frame.base[reg];
        if (v.is_counted() && vm_.heap.live(v) && vm_.heap.class_id(v) == ClassId::cell)
            return vm_.heap.payload<Cell>(v).content;
        return v;
    }

    std::vector<View> views() const {
        std::vector<View> all;
        std::uint32_t depth = 0;
        for (const Frame* f = vm_.stack->at(0); f <= vm_.frame; ++f) {
            if (vm_.is_boundary(*f)) continue;
            View view{f, nullptr, depth, -1, f == vm_.frame ? vm_.at : (f + 1)->return_pc};
            const FunctionHeader* outer = f->function->header.parent;
            for (std::size_t i = all.size(); i-- > 0 && view.parent < 0;)
                if (&all[i].frame->function->header == outer && all[i].block == nullptr)
                    view.parent = static_cast<std::int64_t>(i);
            if (view.parent < 0 && !all.empty()) view.parent = 0;
            all.push_back(view);
            const auto function_index = static_cast<std::int64_t>(all.size()) - 1;
            const std::uint32_t word = vm_.site_at(f, view.at) - f->function->site_base;
            for (const BlockScope& b : f->function->blocks)
                if (word >= b.from && word < b.to) all.push_back({f, &b, depth, function_index, view.at});
            ++depth;
        }
        return all;
    }

    Interpreter& vm_;
};

}  // namespace

const IntrospectionSource& introspection_of(Machine& machine) {
    Interpreter& vm = interpreter(machine);
    if (vm.introspection == nullptr) vm.introspection = std::make_unique<Source>(vm);
    return *vm.introspection;
}

}  // namespace harness::lang
