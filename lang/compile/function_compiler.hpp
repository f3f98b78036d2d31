// The state of compiling one function: registers, names, flow, and who answers for which temporary. The
// member functions are spread over files by what they compile; the sections below name the files.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "lang/compile/compiler.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

/// Who answers for the value in a register.
enum class Hold : std::uint8_t {
    plain,    ///< never refers to the heap
    lent,     ///< something else holds it
    unnamed,  ///< this register does
};

struct Operand {
    std::uint8_t reg = 0;
    Hold hold = Hold::plain;
    bool temporary = false;  ///< the register may be overwritten
};

struct Local {
    NameId name = 0;
    std::uint8_t reg = 0;
    bool is_cell = false;        ///< the register holds a cell
    bool plain = false;          ///< never refers to the heap
    bool is_parameter = false;   ///< lent by the caller, never written
    bool is_received = false;    ///< what the call made for *rest or **rest, never written
    bool was_parameter = false;  ///< a parameter that is assigned to or captured, in a register of its own
    TypeCode type = 0;           ///< enforced at every store; 0: anything goes
    bool word = false;           ///< a whole number in the raw word of the register
    bool flagged = false;   ///< the register of a word says whether it has a value: it may be read too early
    bool floating = false;  ///< the register holds a float
};

/// What is known of a number before it is computed.
struct Number {
    enum class Kind : std::uint8_t { none, whole, word /* no sign */, floating } kind = Kind::none;
    bool typed = false;    ///< by the declared type of a name among its parts
    bool literal = false;  ///< of `value`
    std::int64_t low = std::numeric_limits<std::int64_t>::min();  ///< of a whole one
    std::int64_t high = std::numeric_limits<std::int64_t>::max();
    std::uint64_t value = 0;

    bool is_whole() const { return kind == Kind::whole || kind == Kind::word; }
    /// Whether its word means the same with a sign and without.
    bool has_no_sign() const { return kind == Kind::word || (kind == Kind::whole && low >= 0); }
    std::int64_t signed_value() const { return static_cast<std::int64_t>(value); }
};

/// How a store bounds what is computed for it, and where it is told that it does.
struct Bound {
    Type type = Type::any;
    Span span{};
};

/// Where a whole number is: the raw word of a register.
struct Word {
    std::uint8_t reg = 0;
    bool temporary = false;
};

struct Resolved {
    enum class Kind : std::uint8_t { local, capture, global, builtin, unknown } kind = Kind::unknown;
    Local local;
    std::uint32_t index = 0;  ///< capture, or global slot
    Value builtin = Value::absent();
};

using JumpList = std::vector<std::uint32_t>;

/// Which registers surely have a value at a point of the code.
class Flow {
  public:
    bool has(unsigned reg) const { return reachable == false || (bits[reg / 64] >> (reg % 64) & 1) != 0; }
    void set(unsigned reg) { bits[reg / 64] |= std::uint64_t{1} << (reg % 64); }
    void clear(unsigned reg) { bits[reg / 64] &= ~(std::uint64_t{1} << (reg % 64)); }
    void meet(const Flow& other) {
        if (!other.reachable) return;
        if (!reachable) {
            *this = other;
            return;
        }
        for (std::size_t i = 0; i < bits.size(); ++i) bits[i] &= other.bits[i];
    }
    std::array<std::uint64_t, 4> bits{};
    bool reachable = true;
};

class Liveness;

/// A value that the compiler hands to its own calls, in the place of an expression: what a decorator gets.
struct MadeExpr : Expr {
    const std::function<Operand(int dest)>* make;
};

class FunctionCompiler {
  public:
    FunctionCompiler(CompileContext& context, ScopeTree& scopes, const FunctionScope& scope,
                     FunctionCompiler* parent, std::uint32_t module);

    Function* compile_module_body(const Block& body, std::string name, Span span);
    Function* compile_def(const DefStmt& def, std::string name);
    Function* compile_lambda(const LambdaExpr& lambda);

  private:
    // --- emit.cpp: words, jumps, registers, ranges
    std::uint32_t emit(Op op, unsigned a, unsigned b, unsigned c, Span span, std::uint8_t flags = 0);
    void emit_word(std::uint32_t word);
    void emit_words64(std::uint64_t word);
    std::uint32_t here() const { return static_cast<std::uint32_t>(fn_->code.size()); }
    std::uint32_t emit_jump(Op op, unsigned a, unsigned b, Span span, std::uint8_t flags = 0);
    void emit_jump_to(Op op, unsigned a, unsigned b, std::uint32_t target, Span span);
    void patch(std::uint32_t jump_word, std::uint32_t target);
    void patch_all(const JumpList& jumps, std::uint32_t target);
    std::uint32_t constant(Value v);
    /// Thrown once the error is told: what would be made of the rest of the function is of no use, and could
    /// be a thousand times its text. Caught where the compilation of a function begins.
    struct TooLarge {};
    std::uint8_t temp(unsigned count = 1);
    [[noreturn]] void too_large(Span span, std::string message, std::string help);
    void release_to(unsigned mark) { next_temp_ = mark; }
    /// The same, but what waits for the end of the statement keeps its register.
    void release_temporaries(unsigned mark);
    void error(Span span, std::string name, std::string message, std::string help = "");
    /// `name`: what a name still answers for, ready to be stored as such (share_name).
    void own(std::uint8_t reg, OwnedRange::Holder holder = OwnedRange::Holder::register_);
    void disown(std::uint8_t reg);
    /// Ends an operand that was used: unnamed ones are dropped now, or at the end of the statement.
    void finish(const Operand& operand, Span span);
    void finish_given(const Operand& operand, Span span);
    void end_statement(Span span) { end_statement(span, pending_base_); }
    void end_statement(Span span, std::size_t from);
    bool counts() const { return context_.lifetime.counts; }
    bool regions() const { return context_.lifetime.regions; }
    bool single_owner() const { return context_.lifetime.single_owner; }
    bool defers_drops() const { return context_.lifetime.gives; }

    // --- registers.cpp
    void lay_out_names(List<Parameter> parameters, Block body);
    void begin_frame();
    void finish_function();
    bool never_heap(const Expr* e) const;
    bool binding_never_heap(const Binding& binding) const;
    bool plain_operator(BinaryOp op) const;

    // --- names.cpp
    Resolved resolve(NameId name);
    const Local* find_local(NameId name) const;
    std::optional<std::uint32_t> capture_of(NameId name);
    std::uint32_t global_slot(NameId name);
    std::uint32_t static_slot(NameId name);
    std::uint32_t args_slot();
    Operand read_name(NameId name, Span span, int dest, bool must_own = false);
    /// Where each object has one owner: a name that this function binds, whose ownership may pass on.
    bool may_pass(const Expr* e);
    /// The same where a place is to receive it.
    bool hands_over(const Expr* e);
    /// A value that a place is to receive.
    Operand stored_value(const Expr* e) {
        if (hands_over(e)) return pass(as<NameExpr>(e), -1);
        received_by(Receiver::place, e);
        return expr(e);
    }
    /// The same of a name in a register, which the storing instruction can take from there.
    std::optional<Local> handed_local(const Expr* e);
    /// What the name answered for was passed on: where that moves, later reads look.
    void passed_on(const Local& local) {
        if (!context_.lifetime.moves) return;
        needs_init_ = true;
        forget(local);
    }
    /// What a name answers for, unnamed; the name borrows it, or is moved.
    Operand pass(const NameExpr& e, int dest);
    void store_name(NameId name, Operand value, Span span);
    void store_local(const Local& local, Operand value, Span span);
    void check_assigned(const Local& local, Span span);
    void forget(const Local& local) {
        if (!local.is_cell) flow_.clear(local.reg);
    }
    bool can_target(const Local& local) const;
    bool is_last_read(const Expr* e) const;
    static Op handing_over(const Local& local, Op move);
    static Op given_on(Op move) { return static_cast<Op>(static_cast<unsigned>(move) + 1U); }
    const Local* local_in(std::uint8_t reg) const;
    bool user_defines(NameId name);
    bool is_builtin(const Expr* e, std::string_view name);

    // --- expressions.cpp
    Operand expr(const Expr* e, int dest = -1);
    Operand evaluate(const Expr* e, int dest);
    Operand value_of(const Expr* e) { return expr(e, -1); }
    /// Evaluates into exactly `reg`.
    Hold into(const Expr* e, std::uint8_t reg);
    /// Evaluates into `reg` so that the register answers for the value.
    /// With `stores`, for a place that is to own what a name stands for; without, for as long as the register
    /// is used.
    /// `plain` when there is nothing to answer for, else `unnamed`.
    /// With `binds`, for a name.
    Hold into_owned(const Expr* e, std::uint8_t reg, bool stores = false, bool binds = false);
    Operand owned_temp(const Expr* e);
    /// Whether an instruction that writes `dest` early could overwrite a name that is still to be read.
    bool is_name_register(int dest) const { return dest >= 0 && dest < static_cast<int>(first_temp_); }
    std::uint8_t target(int dest) { return dest >= 0 ? static_cast<std::uint8_t>(dest) : temp(); }
    bool inert(const Expr* e) const;
    void keep_across(Operand& operand, const Expr* following, Span span);
    Operand constant_operand(Value v, int dest, Span span);
    Operand integer_expr(const IntegerExpr& e, int dest);

    // --- displays.cpp
    const Expr* returned_ = nullptr;  ///< the tuple in a return statement
    bool returns_borrow_ = false;     ///< return &x hands nothing on
    Operand fstring(const FStringExpr& e, int dest);
    std::uint8_t fstring_pieces(List<FStringPart> parts, Span span, unsigned& count);
    bool leaves_waiting(const Expr* e) const;
    Operand sequence(const SequenceExpr& e, int dest);
    Operand dict_literal(const DictExpr& e, int dest);

    // --- operators.cpp
    Operand unary(const UnaryExpr& e, int dest);
    Operand binary(const BinaryExpr& e, int dest);
    std::optional<std::uint32_t> number_operand(const Expr* e);
    Operand binary_op(BinaryOp op, Operand left, const Expr* right, Span span, int dest,
                      bool into_left = false);
    Operand walrus(const WalrusExpr& e, int dest);

    // --- conditions.cpp
    Operand logical(const LogicalExpr& e, int dest);
    Operand compare(const CompareExpr& e, int dest);
    void compare_chain(const CompareExpr& e, std::uint8_t work, bool plain, JumpList& fails);
    Operand conditional(const ConditionalExpr& e, int dest);
    /// What receives the value of the conditional expression that is compiled next, where that matters.
    enum class Receiver : std::uint8_t { nobody, place, name } receiver_ = Receiver::nobody;
    void received_by(Receiver receiver, const Expr* value) {
        if (single_owner() && value->kind == ExprKind::conditional) receiver_ = receiver;
    }
    void branch(const Expr* e, bool when, JumpList& jumps);
    void branch_compare(CompareOp op, Operand left, const Expr* right, bool when, JumpList& jumps, Span span);

    // --- expressions.cpp: places
    Operand index(const IndexExpr& e, int dest, bool must_own);
    struct SliceBounds {
        std::uint8_t first = 0;
        std::array<Hold, 3> holds{};
    };
    SliceBounds slice_bounds(const SliceExpr& s, Operand& object, Span span);
    void end_slice_bounds(const SliceBounds& bounds, Span span);
    Operand attribute(const AttributeExpr& e, int dest, bool must_own);
    Operand pipe(const PipeExpr& e, int dest);
    Operand lambda(const LambdaExpr& e, int dest);
    bool region_hint(const Expr* holder, const Expr* value);
    void region_hint_end(Span span);

    // --- comprehensions.cpp
    Operand comprehension(const ComprehensionExpr& e, ExprKind kind, int dest);
    void declare_targets(const Expr* target, std::size_t first, Span span);
    void comprehension_loops(const ComprehensionExpr& e, const std::function<void()>& body);
    void comprehension_clause(const ComprehensionExpr& e, std::size_t clause,
                              const std::function<void()>& declare, const std::function<void()>& body);
    Operand generator(const ComprehensionExpr& e, int dest);
    Function* compile_generator(const ComprehensionExpr& e);
    void yield_value(const Expr* element);
    Operand short_circuit_generator(const CallExpr& call, bool stop_on, int dest);

    // --- calls.cpp
    Operand call(const CallExpr& e, int dest);
    std::optional<Operand> memory_call(const CallExpr& e, int dest);
    std::optional<Operand> builtin_call(const CallExpr& e, int dest);
    Operand native_call(Value native, const CallExpr& e, int dest, bool lends = true);
    Operand method_call(const CallExpr& e, const AttributeExpr& callee, int dest);
    Operand append_call(const CallExpr& e, const AttributeExpr& callee, int dest);
    bool is_super_call(const Expr* e);
    bool super_operands(const CallExpr& e, Operand& type, Operand& self);
    Operand super_attribute(const AttributeExpr& e, int dest);
    Operand super_call(const CallExpr& e, const AttributeExpr& callee, int dest);
    Operand plain_call(const CallExpr& e, int dest);
    Operand unpacked_call(const CallExpr& e, int dest);

    // --- arguments.cpp
    bool storing_call_ = false;  ///< a builtin method stores what it is given
    bool has_unpacking(const CallExpr& e) const;
    struct Arguments {
        std::uint8_t first = 0;
        unsigned count = 0;
        std::vector<Hold> holds;
        std::vector<bool> words;              ///< those that are words, of a typed call
        std::vector<const NameExpr*> passed;  ///< names whose ownership was given, at the arguments' places
        std::uint32_t keyword_names = 0;      ///< constant index + 1 of the tuple of names, 0 for none
    };
    Arguments arguments(const CallExpr& e, std::uint8_t first, bool given, bool pure = false);
    Hold argument(const Expr* e, std::uint8_t reg, bool given, bool pure, bool lent = false);
    std::uint8_t window(std::uint8_t first, unsigned before, Arguments& args, Span span);
    std::uint32_t given_mask(const Arguments& args, std::uint8_t at, unsigned before) const;
    Operand call_result(int dest, std::uint8_t free_register, bool free_is_usable);
    void give_arguments(const Arguments& args, bool given);
    void end_arguments(const Arguments& args, bool given, Span span, bool settles = false);
    void give_back(const NameExpr& e, std::uint8_t reg);
    const Expr* assigned_pipe_ = nullptr;  ///< the pipe whose value the assignment under way stores
    struct UsingCall {
        const Expr* call = nullptr;
        std::uint8_t allocator = 0;
    };
    UsingCall using_call_;  ///< the expression whose objects come from the allocator named behind it
    const NameExpr* passed_ = nullptr;  ///< by the argument that was evaluated last
    void settle_arguments(const Arguments& args, Span span);

    // --- functions.cpp
    /// Whether a return must look at names, or at parameters that may have been given something.
    bool ends_names() const {
        return counts() && (fn_->owned_count > 0 || (single_owner() && fn_->header.parameters > 0));
    }
    std::uint32_t index_of(const Function* function) const;
    Operand make_function(Function* function, List<Parameter> parameters, Span span, int dest);
    void def_statement(const DefStmt& s);
    void function_body(const Block& body, Span span);
    void def_body(const DefStmt& def);
    void defers_epilogue();
    void return_value(Operand value, Span span, const Stmt* from = nullptr);
    void leave_function(Operand value, Span span, const Stmt* from);

    // --- classes.cpp
    void class_statement(const ClassStmt& s);
    Operand class_value(const ClassStmt& s);
    std::unordered_set<NameId> properties_of(const ClassStmt& s);
    void collect_fields(const ClassStmt& s, ClassTemplate& out);

    // --- statements.cpp
    void block(Block body);
    void statement(const Stmt* s);
    void open_block_scope(const DeclareStmt& let, const Local& local);
    void rare_statement(const Stmt* s);
    void del_target(const Expr* target, Span span);
    void import(const ImportStmt& s);

    // --- assignments.cpp
    void assign(const AssignStmt& s);
    bool is_given(std::uint8_t reg) const;
    void assign_target(const Expr* target, Operand value, Span span);
    void assign_expr(const Expr* target, const Expr* value, Span span);
    void refuse_write(const Expr* target);
    void assign_unpacked(const SequenceExpr& target, Operand value, Span span);
    bool inert_arguments(const Expr* call_expr) const;
    bool assign_parallel(const SequenceExpr& target, const SequenceExpr& value, Span span);
    void annotated_assign(const AnnotatedAssignStmt& s);
    void augmented_assign(const AugmentedAssignStmt& s);
    void store_in_place();
    void augmented_slice(const AugmentedAssignStmt& s, const IndexExpr& place);
    void static_statement(const DeclareStmt& s);

    // --- types.cpp
    void check_type(std::uint8_t reg, TypeCode type, Span span);
    Operand checked(Operand value, TypeCode type, Span span);
    TypeCode type_of(const Expr* annotation);
    TypeCode type_of_name(NameId name, Span span);
    TypeCode named_type(NamedType type);
    TypeCode declared_type(NameId name);
    bool is_type_parameter(NameId name) const;
    const ClassStmt* class_named(NameId name) const;
    std::uint32_t class_template(const ClassStmt& s);

    // --- typed.cpp, typed_statements.cpp: numbers of declared types (typed.md)
    void declare_numbers(List<Parameter> parameters, Block body);
    void note_numbers(Local& local);
    bool is_number_type(TypeCode type) const;
    Number number(const Expr* e) const;
    static Number number_of(BinaryOp op, const Number& left, const Number& right);
    Word word(const Expr* e, int dest = -1, Bound bound = {});
    Word word_literal(std::uint64_t value, int dest, Span span);
    Word word_binary(const BinaryExpr& e, int dest, Bound bound);
    std::optional<Word> word_with_small(const BinaryExpr& e, int dest, Bound& bound);
    Word signed_word(const Expr* e, Span span);
    Word signed_word_or(const Expr* e, bool mixed, Span span);
    void either(const ConditionalExpr& e, const std::function<void(const Expr*)>& put);
    Word word_conditional(const ConditionalExpr& e);
    void keep_word(Word& left, const Expr* following, Span span);
    Operand floating(const Expr* e, int dest = -1);
    Operand floating_binary(const BinaryExpr& e, int dest);
    std::optional<Operand> typed_value(const Expr* e, int dest);
    Operand boxed(const Local& local, Span span, int dest);
    void box_word(std::uint8_t reg, Word w, Number::Kind kind, Span span);
    bool typed_compare(const Expr* e) const;
    bool typed_branch(const Expr* e, bool when, JumpList& jumps);
    void typed_jump(CompareOp op, const Expr* left, const Expr* right, bool when, JumpList& jumps, Span span);
    Operand typed_truth(const Expr* e, int dest);
    bool typed_store(const Local& local, const Expr* value, Span span);
    void store_word(const Local& local, Word w, const Number& known, Span span);
    void store_checked_number(const Local& local, Operand value, Span span);
    void note_assigned(const Local& local, Span span);
    void typed_range(const Local& local, const CallExpr& range, std::uint8_t loop, JumpList& exits,
                     bool& fits);
    bool in_loop() const {
        return std::any_of(exits_.begin(), exits_.end(),
                           [](const Exit& exit) { return exit.kind == Exit::Kind::loop; });
    }
    void hoist_literals(Block body, const Expr* condition);
    std::optional<Word> word_index(const Expr* e);
    std::vector<std::pair<std::uint64_t, std::uint8_t>> hoisted_words_, hoisted_floats_;
    std::unordered_set<NameId> number_names_, word_names_, flagged_names_;
    bool has_numbers_ = false;  ///< some name of this function has a declared type of numbers

    // --- typed_calls.cpp
    const DefStmt* fixed_def(NameId name);
    const Signature& signature_of(const DefStmt& def);
    const Signature* typed_callee(const CallExpr& e);
    Operand typed_call(const CallExpr& e, const Signature& signature, int dest);
    Hold typed_argument(const Expr* e, TypeCode type, std::uint8_t reg);
    bool means_math(const Expr* e);
    const Expr* rooted(const CallExpr& e);
    bool result_is_word() const {
        return result_type_ < first_named_type && is_whole(static_cast<Type>(result_type_)) && !is_init_;
    }
    bool floats_result(const Expr* value) const;
    static bool within(const Number& known, Type type);
    void word_within(const Expr* e, Type type, std::uint8_t reg, Span span);
    void return_number(const Expr* value, const Stmt* from);
    void leave_with_word(std::uint8_t reg, Span span, const Stmt* from);
    Operand digits(const Expr* e, std::uint8_t reg);
    bool wants_text(const Expr* e) const;
    const Signature* passing_ = nullptr;    ///< of the call whose arguments are evaluated next
    bool texts_ = false;                    ///< the call whose arguments are evaluated next only prints them
    const Signature* signature_ = nullptr;  ///< of this function
    std::uint32_t typed_start_ = 0;         ///< where those begin it who know what they pass

    // --- references.cpp
    Operand reference(const BorrowExpr& e, const Expr* asked, int dest);
    TypeCode type_of_place(NameId name);
    TypeCode referred_type(const Expr* object, NameId attribute);
    const Expr* reference_asked_by(const Expr* to);

    // --- decorators.cpp
    std::vector<const Expr*> applied_decorators(List<Expr*> decorators);
    Operand decorate(const std::vector<const Expr*>& decorators, const std::function<Operand(int)>& make,
                     int dest);
    struct Method {
        MethodKind kind = MethodKind::plain;
        bool is_setter = false;
    };
    Method method_decorators(const DefStmt& def);

    // --- layouts.cpp
    void layout_statement(const Stmt* s);
    bool refuse_layout_value(NameId name, Span span);
    bool has_values(const StructStmt& s);
    bool check_struct(const StructStmt& s);
    void pack_fields(const StructStmt& s, ClassTemplate& out);
    std::optional<Operand> layout_call(const CallExpr& e, int dest);

    // --- control.cpp
    void if_statement(const IfStmt& s);

    // --- loops.cpp
    void while_statement(const WhileStmt& s);
    void for_statement(const ForStmt& s);
    std::vector<NameId> forgotten_in(Block body) const;
    bool counted_for(const Expr* target, const Expr* iterable, const std::function<void()>& declare,
                     Span span, const std::function<void(JumpList&)>& body, JumpList& exits);
    /// `iterable` null: the loop is begun already, in given_loop_.
    void loop_over(const Expr* target, const Expr* iterable, const std::function<void()>& declare, Span span,
                   const std::function<void()>& body, const Block* otherwise);

    // --- exceptions.cpp
    void try_statement(const TryStmt& s);
    void handlers(const TryStmt& s, const Flow& at_start);
    /// `s`: the `try`; null for the deferred statements of a function.
    void protect_with_finally(const TryStmt* s, Span span, const std::function<void()>& body,
                              const std::function<void()>& finally);
    void raise_statement(const RaiseStmt& s);
    void assert_statement(const AssertStmt& s);

    // --- patterns.cpp
    void match_statement(const MatchStmt& s);
    /// What a case binds once all of its pattern fits: a value, or the items of a sequence from `before` on
    /// to `after` from its end.
    struct PatternName {
        NameId name;
        std::uint8_t reg;
        bool rest;
        std::uint32_t before, after;
        Span span;
        /// By hand: the unnamed subject itself, for which the name answers from then on.
        bool given = false;
        const Pattern* mapping = nullptr;  ///< of `**rest`
    };
    void pattern(const Pattern& p, Operand subject, JumpList& fails, std::vector<PatternName>& names);
    void sequence_pattern(const Pattern& p, Operand subject, JumpList& fails,
                          std::vector<PatternName>& names);
    void mapping_pattern(const Pattern& p, Operand subject, JumpList& fails, std::vector<PatternName>& names);
    void bind_mapping_rest(const PatternName& found);
    void read_part(std::string_view native, std::uint8_t item, JumpList& fails, Span span, Operand key);
    void class_pattern(const Pattern& p, Operand subject, JumpList& fails, std::vector<PatternName>& names);
    void capture(const PatternName& found, std::vector<PatternName>& names);
    bool pattern_runs_code(const Pattern& p) const;
    std::uint8_t hold_part(std::uint8_t item, Span span, bool unnamed = false);
    void bind_pattern_names(const std::vector<PatternName>& names, Operand subject);
    Operand native_test(std::string_view native, Operand subject, Operand other, Span span);
    std::optional<NameId> positional_field(const Pattern& p, std::size_t index);

    // --- control.cpp
    void break_or_continue(bool is_break, Span span, const Stmt* from);
    /// `from` and `kind` say where the way leads, as Liveness is asked; `result` is a register that leaves,
    /// too.
    void leave_blocks(std::size_t owned_mark, std::size_t region_mark, Span span, const Stmt* from = nullptr,
                      StmtKind kind = StmtKind::return_, int result = -1);

    // --- memory.cpp
    Operand free_call(const Expr* place, bool deep, Span span);
    Operand move_call(const Expr* place, Span span, int dest, bool passing_on = false);
    Operand borrow(const BorrowExpr& e, int dest);
    Operand using_expr(const UsingExpr& e, int dest);
    Operand clone_call(const Expr* e, Span span, int dest);
    /// The allocator that what the name is bound to comes from, because it is kept `using` that; or null.
    const Expr* allocator_of_kept(NameId name);
    Operand made_using(const Expr* allocator, const Expr* value);
    void keep_statement(const Expr* value, List<Expr*> targets, const Expr* allocator, Span span);
    void defer_statement(const DeferStmt& s);

    // --- regions.cpp
    void region_statement(const BlockStmt& s);
    void leave_regions(std::size_t region_mark, const std::function<bool(NameId)>& live, int result,
                       Span span);
    void protect(std::uint32_t from, std::uint32_t to, const std::vector<Block>& bodies,
                 const std::function<bool(NameId)>& live);
    std::vector<NameId> names_read(const std::vector<Block>& bodies,
                                   const std::function<bool(NameId)>& live) const;
    const Liveness& liveness();

    CompileContext& context_;
    ScopeTree& scopes_;
    const FunctionScope& scope_;
    FunctionCompiler* parent_;
    std::uint32_t module_;
    Function* fn_;
    const ClassStmt* class_ = nullptr;     ///< the class whose body or method is being compiled
    std::optional<Local> class_register_;  ///< in a class body: where the class is

    std::unordered_map<NameId, Local> locals_;
    std::vector<Local> block_locals_;
    unsigned block_base_ = 0, block_used_ = 0;
    unsigned self_base_ = 0, self_limit_ = 0;  ///< registers that hold closures which refer to themselves
    std::unordered_map<NameId, std::uint32_t> capture_index_;
    std::unordered_set<NameId> never_heap_;
    std::uint32_t next_instruction_ = 0;  ///< where the next one must begin
    unsigned next_temp_ = 0;
    unsigned first_temp_ = 0;  ///< the names' registers lie below
    Flow flow_;
    std::vector<std::uint8_t> part_holders_;  ///< of the pattern being compiled: registers still free
    std::vector<std::uint8_t> pending_drops_;
    std::size_t pending_base_ = 0;  ///< those of loops around this statement wait longer
    /// `x = … | keep _ with x | …`: what is to be kept with the target when it has its value.
    struct PendingKeep {
        Operand kept;
        const Expr* target;
        bool shared;
    };
    std::vector<PendingKeep> pending_keeps_;
    std::vector<NameId> assigning_;  ///< names that the statement under way binds
    void keep_after_assignment(std::size_t from, Span span);
    std::vector<const Expr*> passing_on_;  ///< places that the assignment under way overwrites
    bool permutes_ = false;                ///< the place is read for a place beside it in the same assignment
    bool passes_on(const Expr* place) const;
    bool check_live_arguments_ = true;
    struct ActiveOwned {
        std::uint8_t reg;
        std::uint32_t from;
        OwnedRange::Holder holder;
    };
    std::vector<ActiveOwned> active_owned_;
    Block body_{};  ///< of the function
    unsigned open_regions_ = 0;
    std::vector<Block> region_bodies_;          ///< of the open regions; empty for that of the call
    std::shared_ptr<const Liveness> liveness_;  ///< made when the first region asks

    /// What `break`, `continue` and `return` pass through on their way out, outermost first.
    struct Exit {
        enum class Kind : std::uint8_t { loop, finally } kind = Kind::loop;
        std::size_t owned_mark = 0;  ///< owned temporaries below stay
        unsigned region_mark = 0;
        JumpList breaks, continues;  ///< loop
        Flow break_flow, continue_flow;
        bool broke = false;
        std::uint8_t why = 0, value = 0;  ///< finally: registers
        struct Pending {
            int why;
            enum class What : std::uint8_t { return_, break_, continue_ } what;
        };
        std::vector<Pending> pending;  ///< finally: exits that go on behind it
        JumpList entries;              ///< finally: jumps to its code
    };
    std::vector<Exit> exits_;
    void open_exit(Exit::Kind kind);
    std::vector<std::uint8_t> caught_;  ///< registers of the exceptions being handled, innermost last
    struct CaughtName {
        NameId name;
        std::size_t depth;  ///< of exits_, around the clause
    };
    std::vector<CaughtName> caught_names_;  ///< they end with their clauses
    void end_caught_name(NameId name, Span span);
    void note_caught_name(NameId name, std::uint32_t from);
    Operand end_shared_caught_names(Operand result, Span span);
    void end_caught_names(std::size_t depth, Span span);
    std::vector<std::pair<std::uint32_t, const Stmt*>> deferred_;  ///< word to patch, statement
    TypeCode result_type_ = 0;
    std::unordered_set<NameId> read_only_;         ///< parameters annotated &T
    bool is_init_ = false;                         ///< a method named __init__
    Operand pipe_value_{};                         ///< what `_` stands for
    bool pipe_consumed_ = false;                   ///< the stage was given the value itself
    std::unordered_set<NameId> class_attributes_;  ///< of the class whose body is compiled, so far
    std::pair<const ClassStmt*, std::uint8_t>
        class_body_names_{};  ///< while an attribute's value is compiled
    std::unordered_map<std::uint64_t, std::uint32_t> constant_index_;
    std::optional<std::uint8_t> given_loop_;  ///< in a generator: its outermost loop, which is begun already
    std::vector<std::uint8_t> open_loops_;    ///< their registers, three each
    bool edge_ = false;                       ///< the value being assigned is an unowned edge
    bool last_ = false;                       ///< it is a name that is not read any more
    bool augmented_ = false;
    std::unordered_map<NameId, std::uint32_t> static_slots_;
    std::unordered_set<NameId> type_parameters_;  ///< of this function and of its class: not checked
    bool needs_init_ = false;                     ///< some local may be read before it has a value
};

}  // namespace harness::lang
