// The state of one running program, and what the handlers call when the fast path does not suffice. Handlers
// are in ops_*.hpp; this class owns the stack, the globals, the errors in flight and the program's classes.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lang/advice/advice.hpp"
#include "lang/builtins/introspection.hpp"
#include "lang/builtins/random.hpp"
#include "lang/bytecode/program.hpp"
#include "lang/memory/manager/memory_manager.hpp"
#include "lang/run.hpp"
#include "lang/vm/borrows.hpp"
#include "lang/vm/candidates.hpp"
#include "lang/vm/collector.hpp"
#include "lang/vm/copy_memo.hpp"
#include "lang/vm/machine.hpp"
#include "lang/vm/member_cache.hpp"
#include "lang/vm/output.hpp"

namespace harness::lang {

class DeadList;
class Interpreter;
struct Printing;

/// A table of handlers, indexed by opcode. Each lifetime has one for addresses and one for checked handles; a
/// call carries the table in a register.
struct Handler {
    void (*run)(Interpreter* S, const std::uint32_t* pc, Value* R, const Handler* table, std::uint32_t word,
                const Value* K);
};

/// The register of the caller that receives the result.
constexpr std::uint32_t result_register(const Frame& f) {
    return static_cast<std::uint8_t>(f.result_register);
}

class Interpreter : public Machine {
  public:
    Interpreter(const RunOptions& options, const Lifetime& lifetime, const Handler* table,
                allocators::AnyAllocator& allocator, SourceMap& sources, Output& out);
    ~Interpreter();
    bool prepare();  ///< stack and heap of names; false when there is no address space
    /// The memory of names with the running call as its current frame, for whoever asks by name.
    MemoryManager& memory();
    void register_function(std::uint32_t index, NameId name);

    // --- What handlers touch, together at the front.
    Frame* frame = nullptr;
    Value* globals = nullptr;
    const std::uint32_t* at = nullptr;  ///< instruction of the last slow path, behind its first word
    Value pending = Value::absent();    ///< the exception in flight
    /// Results of slow paths: a local whose address is taken would cost a handler its tail call.
    Value scratch = Value::none();
    Value* scratch_place = nullptr;
    std::uint16_t scratch_slot = 0;
    bool scratch_flag = false;
    /// gc: the collector waits for a safepoint; it marks, so that references leaving the heap are shown to
    /// it.
    bool attention = false, marking = false;
    MemberCache members;
    LifetimeCosts costs;
    CopyRoom copy_room;
    Value destructing = Value::none();  ///< checked runs without counts: the object whose __del__ is running
    std::unique_ptr<Collector> collector;  ///< gc
    std::unique_ptr<MemoryManager> manager;
    Stack* stack = nullptr;

    // --- Running
    void execute_main();
    /// Calls anything from C++; see Machine::call.
    Value call_value(Value callee, const Value* arguments, std::uint32_t count);
    void run_until_halt(const std::uint32_t* pc, Value* R, const Value* K);

    /// A run of the program within C++: a frame to return to, above the current one, for as long as this
    /// lives.
    class NestedCall {
      public:
        /// Room for that many values; false after RecursionError.
        NestedCall(Interpreter& vm, std::uint32_t values);
        NestedCall(const NestedCall&) = delete;
        NestedCall& operator=(const NestedCall&) = delete;
        ~NestedCall();
        explicit operator bool() const { return result_ != nullptr; }
        Value* window() const { return result_ + 1; }
        /// Runs until the frame above returns: its value, or failed().
        Value run(const std::uint32_t* pc, Value* base, const Value* constants) const;

      private:
        Interpreter& vm_;
        Frame* frame_before_;
        const std::uint32_t* at_before_;
        Value* result_ = nullptr;
    };
    const std::uint32_t* halt_code() const { return halt_code_; }

    /// What a call instruction decided: a frame was pushed, the result is there, or an error is pending.
    enum class Entered : std::uint8_t { frame, done, failed };
    /// Calls whatever `callee` is; positional arguments stand at `first`, the result goes to register
    /// `result` of the current window. `keywords`: constant run of names for the last arguments, or null.
    Entered enter(Value callee, Value* first, std::uint32_t count, std::uint32_t result,
                  const std::uint32_t* return_pc, const Value* keywords = nullptr);
    Entered enter_method(Value receiver, NameId name, Value* first, std::uint32_t count, std::uint32_t result,
                         const std::uint32_t* return_pc, const Value* keywords = nullptr);
    Entered enter_unpacked(Value callee, Value list, Value dict, std::uint32_t result,
                           const std::uint32_t* return_pc);
    bool is_of_program(Value callee) const;
    /// Calls a method of a builtin type where arguments may be given: the receiver stands at `first`, `count`
    /// arguments behind it.
    Value give_to_method(const Native& native, Value* first, std::uint32_t count,
                         const std::uint32_t* return_pc, const Value* keywords);
    Entered enter_function(const Function& function, Value closure, Value* base, std::uint32_t count,
                           std::uint32_t result, const std::uint32_t* return_pc, const Value* keywords);
    Entered construct(const ClassInfo& type, Value* first, std::uint32_t count, std::uint32_t result,
                      const std::uint32_t* return_pc, const Value* keywords);
    Value call_native(const Native& native, Value* arguments, std::uint32_t count, const Value* keywords);
    Entered enter_shifted(Value callee, Value self, Value* first, std::uint32_t count, std::uint32_t result,
                          const std::uint32_t* return_pc, const Value* keywords);
    bool bind_arguments(const Function& f, Value closure, Value* base, std::uint32_t count,
                        const Value* keywords);
    bool is_rest_parameter(const Function& f, std::size_t i) const;
    void raise_arity(const Function& f, std::uint32_t given, std::uint32_t keyword_only_given = 0);
    Value call_native_bound(const Native& native, Value* arguments, std::uint32_t given, std::uint32_t named,
                            const Value* keywords);
    std::string qualified(const Native& native, const Value* arguments) const;
    const Native* builtin_method(Value self, NameId name) const;
    std::span<const Native> methods_of(Value v) const;
    Value instance_attribute(Value object, NameId name, const std::function<Value()>& missing);
    Value& referred(Value reference);
    Value missing_with_fallback(Value object, NameId name, const std::function<Value()>& missing);
    Value builtin_binary(unsigned op, Value a, Value b, bool in_place);
    Value user_binary(unsigned op, Value a, Value b, bool in_place);
    Value range_get(Value object, Value index);
    bool sliceable(Value v) const;
    Value ask_with_slice(Value object, Dunder dunder, const Value* bounds, Value more = Value::absent());
    bool dict_set_unnamed_safely(Value dict, Value key, Value v);
    void forget_register(Value v);
    bool pending_is(ErrorKind kind) const {
        return !uncatchable() && pending != Value::absent() &&
               class_of(pending).derives_from(error_class(kind));
    }
    bool has_side_field(Value self, NameId name) const;
    /// What a decorator said of the function or closure behind an attribute of a class.
    MethodKind method_kind(Value attribute) const;
    const Function* function_behind(Value v) const;
    void raise_init_result(Value v);
    bool push_frame(const Function& function, Value* base, std::uint32_t result,
                    const std::uint32_t* return_pc);

    // --- Errors
    /// Finds who handles the pending exception: `frame` and the returned place are where to go on; a null
    /// place means that the program, or the nested run, ends.
    const std::uint32_t* unwind(const std::uint32_t* pc);
    Value raise_value(Value exception);  ///< unnamed
    /// raise e from cause
    Value raise_from(Value exception, Value cause);
    void raise_own(Value exception, const ErrorAbout& known);
    void raise_defect(ErrorKind kind, std::string message, Value object = Value::none(),
                      std::string help = "");
    /// Both receive the unnamed arguments, also when they fail.
    Value make_exception(const ClassInfo& type, Value* unnamed, std::uint32_t count);
    bool set_exception_arguments(Value exception, Value* unnamed, std::uint32_t count);
    /// What an exception stores of an argument, unnamed: the object itself where it was given.
    Value exception_argument(Value& argument);
    void hand_on_arguments(Value exception, std::span<Value> fresh);
    Value* given_parameter(Value exception, Value given);
    Span current_span() const { return span_at(frame, at); }
    Span span_at(const Frame* f, const std::uint32_t* pc) const;
    std::uint32_t site_at(const Frame* f, const std::uint32_t* pc) const;
    void set_site() {
        if (heap.checked()) heap.site = site_at(frame, at);
    }
    Diagnostic describe_pending();
    ErrorFacts error_facts() const;  ///< about the same error, for its advice
    void raise_exhausted(std::size_t bytes);
    void end_frame_values(const Frame& f, std::uint32_t word, const std::uint32_t* target_word,
                          bool names_too, bool from_called);
    /// Regions of this call beyond its first `keep` end; what is in flight, and what these registers hold,
    /// leaves them as a copy.
    void unwind_regions(const Frame& f, std::uint32_t keep, std::span<const std::uint8_t> live);
    void unwind_using(const Value* base);  ///< ends each `using` of the current frame and of those above it
    void reraise(Value exception);
    bool uncatchable() const { return defect_.has_value() || exit_requested_; }
    int matches(Value exception, Value types);
    void raise_no_value(Value marker, NameId name);
    void raise_free_variable(NameId name);
    void end_caught_name(const Frame& f, const CaughtNameRange& name);
    void raise_memory(const MemoryError& error);  ///< under its name in the language
    bool builtin_instead(Value& place,
                         NameId name);  ///< a deleted name of the main program uncovers the builtin
    void raise_bad_range(const Value* bounds);
    void raise_text(ErrorKind kind, Value text);

    // --- Slow paths of operators
    Value binary(unsigned op, Value a, Value b, bool in_place);
    Value unary(unsigned op, Value a);
    int compare_values(unsigned op, Value a, Value b, Value* result);
    Value get_field(Value object, NameId name);  ///< a borrow
    /// The fixed offset of a field of an instance; for writing only where the field has no type to check.
    bool find_field_slot(Value object, NameId name, std::uint16_t& slot, bool for_writing = false) const;
    bool set_field(Value object, NameId name, Value to_store, unsigned how);
    bool set_property(Value object, NameId name, Value v, bool unnamed);
    bool delete_field(Value object, NameId name);
    Value get_index(Value object, Value index, bool& unnamed);
    bool set_index(Value object, Value index, Value v, unsigned how);
    bool delete_index(Value object, Value index);
    bool missing_global(std::uint32_t slot, Value& v);  ///< a builtin of that name, or NameError
    Value to_global(Value v);
    bool extend_list(Value list, Value items);
    Value list_to_tuple(Value list);
    bool dict_insert(Value dict, Value key, Value v, bool take);
    bool dict_merge(Value dict, Value other);
    /// `*items` and `**items` in a call of `callee`.
    bool extend_arguments(Value list, Value items, Value callee);
    bool merge_keywords(Value dict, Value items, Value callee);
    std::string described(Value callee) const;
    Value call_method_value(Value self, NameId name, Value argument);
    const Function* cacheable_method(Value self, NameId name, std::uint32_t count) const;
    void raise_assertion(Value message);
    Value catch_pending();
    void raise_freed_twice(Value marker, NameId name);
    bool free_value(Value v, bool deep, bool parameter);
    /// For a place whose value ends at the current instruction; checked runs remember that and where it was
    /// made.
    Value freed_marker(Value v) { return heap.checked() ? Value::freed(note_ending(v)) : Value::freed(); }
    Value moved_marker(Value v) { return heap.checked() ? Value::moved(note_ending(v)) : Value::moved(); }
    std::uint32_t note_ending(Value v);
    /// A defect at a place that holds such a marker.
    void raise_ended(ErrorKind kind, std::string message, Value marker, std::string help);
    /// What `from` owns and `heir` holds is owned by that: from its first element on, or up to its last.
    void hand_on_elements(Value from, Value heir, bool at_end);
    /// The same wherever in the list `heir` they are.
    void hand_on_somewhere(Value from, Value heir);
    /// Checked runs: a reference to the object is stored by the current instruction.
    void note_store(Value v) {
        if ((v.is_object() || v.is_sequence()) && heap.live(v))
            heap.handles().entry(v).released = site_at(frame, at);
    }
    void aim(Value holder);
    /// False after UseAfterFreeError (or UseAfterMoveError): the place was freed, or refers to something
    /// released.
    bool readable(Value v) { return (!v.is_no_value() && heap.live(v)) || unless_ended(v); }
    bool unless_ended(Value v);
    bool readable_fast(Value v) const { return !(v.is_object() || v.is_sequence()) || heap.live(v); }
    /// An unnamed value that a borrowing instruction made: ended with the frame's statement at the latest.
    void park(Value v);
    /// `unused`: what a storing builtin was given it did not store.
    void note_lent(const Native& native, const std::uint32_t* return_pc, bool unused = false);
    bool is_unnamed(Value v) const;
    void hand_on_values(Value from, Value heir);
    void hand_on_argument(const Native& native, Value self, const Value* argument);
    Value get_slice(Value object, const Value* bounds);
    bool set_slice(Value object, const Value* bounds, Value v);
    bool delete_slice(Value object, const Value* bounds);
    Value move_out(Value object, NameId name, Value index, bool is_field);
    bool free_place(Value object, NameId name, Value index, bool is_field, bool deep);
    Value make_function(const Function& function, Value* defaults, std::uint32_t count, Value* R);
    /// Generators (generators.cpp). `function`: a function or closure; the iterable is lent.
    Value make_generator(Value function, Value iterable);
    /// Moves what the generator's call holds into its object; false after raising.
    bool suspend(Value generator, Value* window, const std::uint32_t* pc);
    Value next_of_generator(Value generator);
    Value make_class(const ClassTemplate& type, Value base);
    bool set_class_attribute(ClassInfo& type, NameId name, Value v);
    /// The same for a class that may have instances and derived classes by now.
    bool assign_class_attribute(ClassInfo& type, NameId name, Value v);
    static void settle_init(ClassInfo& type);  ///< ClassInfo::plain_init
    void forget_methods();  ///< what instructions and the cache know of methods may be wrong from here on
    bool unpack(Value* to, std::uint32_t count, Value from, bool take);
    bool unpack_rest(Value* to, std::uint32_t before, std::uint32_t after, Value from, bool take);
    bool check_type(Value& v, TypeCode type);

    // --- packed.cpp: fields of structs
    /// The field of that name where the object is a struct that has it.
    const PackedField* packed_field(Value object, NameId name) const;
    char* packed_bytes(Value object) { return &heap.payload<char>(object); }
    /// Unnamed; failed() after raising, absent() for a reference that was never stored.
    Value read_packed(Value object, const PackedField& field);
    bool write_packed(Value object, const PackedField& field, Value v, unsigned how);
    /// The place of a reference in a struct; null where the field holds none now.
    Value* packed_place(Value object, const PackedField& field);
    /// Rewrites the instruction before `pc` for what it has met; false where it stays as it is.
    bool quicken_packed(const std::uint32_t* pc, Value object);
    /// Of what a sequence pattern takes apart: a list, tuple or range; -1 for everything else.
    std::int64_t length_of_sequence(Value v) const;
    bool make_args();
    void end_statics();
    Value import_module(std::uint32_t index);
    bool loop_begin(Value* loop);
    /// By hand: what an iterator walks and nobody names belongs to it. True if `given` did.
    bool give_to_iterator(Value& iterator, Value given);
    /// The same for two registers of the running call; what was received is None there.
    void receive(unsigned iterator, unsigned given);
    /// By hand: a builtin that a call behind `return_pc` found has only borrowed its arguments. Asked once.
    bool was_lent(const std::uint32_t* return_pc);
    /// 1: an item was stored at `item`; 0: the end; -1: an error.
    int loop_next(Value* loop, Value* item);
    Value join_strings(const Value* pieces, std::uint32_t count);
    Value format(Value v, char conversion, Value spec);
    Value object_method(NameId name) const;
    Value super_method(const ClassInfo& type, NameId name);
    /// super(type, self).name, unnamed. `self` is an instance, or the class itself in a class method.
    Value super_attribute(Value type, Value self, NameId name);

    // --- Memory (release.cpp, freeing.cpp, cycles.cpp, copying.cpp, keeping.cpp)
    void end_object(Value v);  ///< its count is zero: destructor, contents, memory; iterative
    void deinit(Value v);      ///< with all that it owns; manual
    // --- Where each object has one owner (owning.cpp)
    /// `place` was overwritten; it owned `old`. That stays if the new value leads to it, else it ends.
    void overwritten(Value& place, Value old);
    /// The names and parameters of a call end together, the last first, but for register `stays` and what
    /// `result` refers to, which then owns it.
    void end_names(const Frame& f, int stays, Value* result);
    /// All of these owners are gone: what they own goes in one step, all destructors first.
    void end_owners(std::span<Value> owners);
    /// A builtin stores an argument that it was given: the first place owns it, the caller no longer.
    Value receive_once(Value holder, Value given);
    /// Behind a builtin: which of its arguments it has received.
    void note_received(std::span<Value> arguments);
    /// Checked runs: the object is stored in `holder`, which borrows it, or owns it from now on.
    void note_borrow(Value holder, Value v);
    void note_owner(Value holder, Value v);
    /// An object that an arena handle ends lets go of what it holds, of a side table and of what was kept
    /// with it; its memory stays (allocator_handles.cpp).
    void empty_object(Value v);
    /// Calls __del__ of an instance whose class has one, once; an error in it is reported and swallowed.
    void run_destructor(Value v);
    void judge_stored_self(Value v, std::size_t from);
    void note_stored_self(Value holder) { stored_self_.push_back({holder, site_at(frame, at)}); }
    Value destructor_of(Value v) const {
        if (v.is_string() || v.is_sequence()) return Value::absent();
        const std::uint16_t id = heap.header(v).class_id;
        if (id < static_cast<std::uint16_t>(ClassId::first_user_class)) return Value::absent();
        return class_by_id(static_cast<ClassId>(id)).dunder(Dunder::del);
    }
    /// An object lost a reference and lives on: it may belong to a cycle that nobody refers to any more.
    void note_possible_root(Value v) {
        if (add_candidate(v) && ending_ == 0 && candidates_.size() > candidates_max_) collect_cycles();
    }
    void collect_cycles();
    /// gc: an instruction that can be repeated found no memory. True if there is some now; the error is then
    /// taken back.
    bool collected_instead();
    Value clone(Value v);
    bool copy_out(Value* values, std::uint32_t count, std::uint32_t levels);
    bool results_hold_most(const Value* values, std::uint32_t count);
    Value store_across(Value holder, Value v, bool unnamed);
    bool keep(Value kept, Value target, bool forever, bool shared);
    bool region_exit();
    bool leave_with_result(Value& result);
    void forget_outward_stores(Value ended, bool deep);
    void leave_region();
    /// Where an instance has its fields beyond those of its class; made if there is none.
    std::unordered_map<NameId, Value>& side_table_of(Value object);
    bool using_begin(Value allocator);
    void using_end();
    /// An instance was made whose class has __del__.
    void note_destructor(Value v);
    /// Calls visit(Value& slot) for every place inside of the object, in the order of fields (visit.hpp).
    template <class Visit>
    void visit_slots(Value v, Visit visit);
    template <class Visit>
    void visit_packed(Value v, Visit visit);
    /// All places, absent ones too.
    template <class Visit>
    void each_slot(Value v, Visit visit);
    /// The places inside of the object that lie in its payload; those of a side table do not. Unused entries
    /// of a dict hold absent().
    std::span<Value> slots_of(Value v);
    std::vector<Value> live_objects();  ///< checked mode

    // --- Ends
    void release_everything();
    void release_unnamed();
    void report_leaks(RunReport& report);
    void fill_report(RunReport& report);

    struct Resume {
        const std::uint32_t* pc;
        Value* R;
        const Handler* table;
        const Value* K;
    };
    Resume resume{};  ///< builds without tail calls
    bool halted = false;
    Program program;
    SourceMap& sources;
    const Handler* table;
    RandomState random;
    const Printing* printing = nullptr;  ///< the innermost value being printed
    bool halted_by_error = false;
    std::vector<std::unique_ptr<ClassInfo>> owned_classes;
    std::unordered_map<NameId, Value> builtins_;
    int exit_code = 0;
    bool exit_requested_ = false;
    struct DeferRecord {
        const Frame* frame;
        const std::uint32_t* block;
    };
    std::vector<DeferRecord> defers;
    std::optional<Defect> defect_;
    std::vector<Defect> defects;
    ClassInfo& new_builtin_class(std::string_view name, ClassId id, const ClassInfo* base,
                                 const Native* construct);
    void load_builtins();
    /// An allocator that the program holds: a constant, off the measured heap.
    struct Handle : ConstantObject {
        Handle() : ConstantObject{ConstantKind::allocator} {}
        Handle(const Handle&) = delete;
        Handle& operator=(const Handle&) = delete;

        std::string name;                                     ///< its kind, as printed
        allocators::AllocatorTable table;                     ///< refuses everything once destroyed
        const allocators::AllocatorTable* source = &table;    ///< what the heap knows it by
        std::unique_ptr<allocators::AnyAllocator> allocator;  ///< none for the run's own allocator
        Handle* parent = nullptr;  ///< an arena that was carved out of another handle
        bool is_arena = false;
        bool carved = false;  ///< its chunks are blocks of another allocator, whose figures contain them
        bool destroyed = false;
        bool ending = false;                    ///< its objects are being ended
        std::vector<ObjectHeap::Made> objects;  ///< of an arena, in the order of their making
    };
    std::vector<std::unique_ptr<Handle>> handles;
    std::vector<allocators::Figures> ended_figures;  ///< of allocators that the program destroyed
    Handle* handle_of(Value v) const;                ///< null for what is no allocator
    std::vector<std::unique_ptr<ModuleInfo>> capability_modules;
    /// Checked mode: which bytes of each buffer were written, by the payload of its value.
    std::unordered_map<std::uint64_t, std::vector<bool>> buffer_shadows;
    bool is_boundary(const Frame& f) const { return f.function == &boundary_; }
    bool in_exit_ = false;
    bool stack_refused = false;
    allocators::AnyAllocator& allocator_;
    std::unique_ptr<ValueFacts> facts_;
    std::unique_ptr<ProgramView> view_;
    void define_system();
    /// After the program: releases what its lifetime says, looks for leaks, fills the figures.
    void finish(bool failed, RunReport& report);

  private:
    friend class Machine;
    friend Value request_exit(Machine&, int);
    /// The calls that an exception has passed. Only as many at both ends as are ever told, so that catching
    /// and raising it again on each level of a deep recursion costs no more than on one.
    struct Trace {
        static constexpr std::size_t most_earlier = 8;
        struct Call {
            const Function* function;
            std::uint32_t site;  ///< where it was called
        };
        static constexpr std::size_t kept = 12;
        std::uint32_t site = 0;  ///< where the exception was raised
        std::uint32_t passed = 0;
        std::vector<Call> inner;  ///< the first calls passed, innermost first
        std::vector<Call> outer;  ///< the last ones: call number n at place n % kept
        std::vector<Earlier> earlier;
        std::uint64_t earlier_left_out = 0;
        ErrorAbout about;
        std::string help;  ///< where the raise brought one
        /// `raise … from …` says what this comes from, and then nothing else does.
        bool from_known = false;

        void pass(const Function* function, std::uint32_t call_site) {
            if (inner.size() < kept)
                inner.push_back({function, call_site});
            else if (outer.size() < kept)
                outer.push_back({function, call_site});
            else
                outer[passed % kept] = {function, call_site};
            ++passed;
        }
    };
    Trace trace_;
    Trace trace_here() const {
        Trace made;
        // A constructor that nobody wrote has no lines of its own.
        made.site = frame->function != nullptr && frame->function->is_made
                        ? site_at(frame - 1, frame->return_pc)
                        : site_at(frame, at);
        return made;
    }
    Earlier describe_earlier(Value exception, bool is_cause);
    void note_earlier(Value exception, bool is_cause);
    void note_handled(const Frame& f, std::uint32_t word, const std::uint32_t* target_word);
    std::unordered_map<std::uint64_t, Trace> caught_traces_;
    ObjectHeap heap_storage_;
    Names names_storage_;
    std::unordered_map<std::uint64_t, std::unordered_map<NameId, Value>> side_tables_;
    // Memory: what the files named above share.
    friend class DeadList;
    friend class Collector;
    friend class CycleCollector;
    friend class Copier;
    friend class ResultMeasure;
    void bury(Value v, DeadList& dead);
    void end_all(DeadList& dead);
    void end_all_with_destructors(DeadList& dead);
    void release_slot(Value v, DeadList& dead);
    void release_attached(Value v, DeadList& dead);
    void orphan_contents(Value v);
    bool is_last_keeper(Value held);
    bool let_destruct(Value v);
    void report_swallowed(Value destructor, Value self);
    bool add_candidate(Value v);
    void destruct_owned(Value root);
    void walk_single_owner(Value root, std::vector<Value>& more);
    void mark_ending(Value v);
    void destruct_globals();
    void destruct_with_kept(std::span<const Value> owners);
    void deinit_together(std::span<const Value> roots, std::vector<Value>& more);
    void deinit_what_follows(std::vector<Value>& more);
    void deinit_abandoned();
    void walk_owned(Value root, std::vector<Value>& more);
    bool is_deinited_with_holder(Value v);
    void leave_attached(Value v, std::vector<Value>* more);
    void free_alone(Value v);
    bool free_by_hand(Value v, bool deep, bool parameter);
    void free_closure(Value closure);
    Value* find_place(Value object, NameId name, Value index, bool is_field);
    bool read_place(Value object, NameId name, Value index, bool is_field, Value*& place, Value& computed);
    void run_region_destructors();
    bool judge_outward_stores();
    void raise_escape(Value stored, Value holder, std::uint32_t site);
    void collect_until_quiet();
    struct LeakSite;
    std::vector<LeakSite> leak_sites(const std::vector<Value>& live);
    void describe_leak(const std::vector<Value>& live, Defect& defect);
    std::unordered_map<std::uint64_t, std::vector<Value>> kept_;  ///< by the payload of the target
    /// By the payload of what was kept, where counts do not tell it: the targets that it has left, and
    /// whether the name or place that owned it is gone.
    struct Keepers {
        std::uint32_t targets = 0;
        bool owner_gone = false;
    };
    std::unordered_map<std::uint64_t, Keepers> keepers_;
    std::vector<Value> kept_forever_;
    std::vector<Value> walking_;  ///< what walks under way have still to look into
    bool leaving_ = false;        ///< the names of a call end
    std::uint64_t received_ = 0;  ///< payload of what a builtin stored last
    Borrows borrows_;             ///< checked runs with single owners
    bool judge_borrows(std::size_t first);
    void forget_old_borrows();
    bool holds(Value holder, Value v);
    bool is_owner(Value holder, Value v);
    bool is_owned_by(Value owner, Value v);
    bool owner_follows(Value kept, Value target);
    void raise_cycle(Value v, Value holder);
    bool ends_now(Value owned);
    bool is_ending(Value v) const;  ///< a deinit has walked it
    std::vector<Value> orphans_;    ///< manual: what ended exceptions owned, to be deinited
    CandidateSet candidates_;       ///< refcount+cycles: objects that lost a reference without dying
    std::size_t candidates_max_ = 1000;
    std::uint32_t ending_ = 0;        ///< releases under way; cycles are looked for after the outermost
    bool destructors_exist_ = false;  ///< an object with __del__ was made
    struct Using {
        const Frame* frame;  ///< the call whose expression it belongs to
        const allocators::AllocatorTable* before;
    };
    std::vector<Using> using_stack_;
    struct MethodCacheEntry {
        const Native* methods = nullptr;
        NameId name = 0;
        const Native* native = nullptr;
    };
    mutable std::array<MethodCacheEntry, 256> method_cache_;
    const std::uint32_t* lent_behind_ = nullptr;
    const Frame* lent_in_ = nullptr;
    std::array<Value, 64> parked_;
    std::size_t parked_next_ = 0;
    /// What the last MemoryError was about; its instance has no room for that.
    struct Exhausted {
        std::uint64_t bytes = 0, live = 0;
        std::string_view allocator;
        bool by_limit = false;
    } exhausted_;
    /// Checked mode: what moved and freed places tell of their ends; each pair of places once.
    struct Ending {
        std::uint32_t allocated, ended;
    };
    std::vector<Ending> endings_ = {{no_site, no_site}};
    std::unordered_map<std::uint64_t, std::uint32_t> ending_index_;
    struct StoredSelf {
        Value holder;  ///< absent(): a global
        std::uint32_t site;
    };
    std::vector<StoredSelf> stored_self_;  ///< by destructors under way
    std::vector<Value> deinited_;          ///< what a deinit has walked and will give back
    std::vector<Value> abandoned_;         ///< under `manual`: unnamed values that an error takes away
    bool unwinding_ = false;               ///< the values of a frame are ended by an error
    /// What the last AttributeError was about, for its advice; none of it goes before the program ends.
    struct MissingAttribute {
        NameId name = 0;
        const ClassInfo* type = nullptr;
        const ModuleInfo* module = nullptr;
        std::span<const Native> methods;
    } missing_attribute_;
    void describe_attributes(ErrorFacts& facts) const;
    bool may_be_caught(const std::uint32_t* pc) const;
    void note_keys(Value dict);
    /// Of the dict that lacks a key, noted while it was there: only for an error that nobody catches.
    struct {
        std::string nearest, other, other_type;
    } keys_;
    struct {
        Header header{};
        Value args = Value::absent();
    } memory_error_block_;  ///< the MemoryError that needs no memory
    Value memory_error_ = Value::absent();
    Function boundary_;  ///< what nested runs return to
    std::uint32_t halt_code_[1];
    std::uint32_t nested_ = 0;
    bool nested_failed_ = false;
};

std::unique_ptr<ProgramView> view_of_program(Interpreter& vm);

std::string_view error_kind_name(ErrorKind kind);

inline Interpreter& interpreter(Machine& machine) { return static_cast<Interpreter&>(machine); }

}  // namespace harness::lang
