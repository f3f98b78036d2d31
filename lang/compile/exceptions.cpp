// `try`, `raise` and `assert`, and the code that runs however a block is left.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"
#include "lang/compile/liveness.hpp"

namespace harness::lang {

/// Runs `finally` after `body` however the body is left. The exits that pass through are numbered; the code
/// behind `finally` sends each on its way.
void FunctionCompiler::protect_with_finally(const TryStmt* s, Span span, const std::function<void()>& body,
                                            const std::function<void()>& finally) {
    const std::uint8_t why = temp();
    const std::uint8_t value = temp();
    emit(Op::load_none, value, 0, 0, span);
    constant_operand(Value::integer(0), why, span);
    own(value);
    open_exit(Exit::Kind::finally);
    exits_.back().why = why;
    exits_.back().value = value;
    const Flow at_start = flow_;
    const std::uint32_t from = here();
    body();
    const Flow at_end = flow_;
    const std::uint32_t to = here();
    std::uint32_t normal = 0;
    if (at_end.reachable) normal = emit_jump(Op::jump, 0, 0, span);
    // An error: the exception waits in `value`.
    std::vector<Block> guarded = {s != nullptr ? s->body : body_};
    if (s != nullptr) {
        for (const ExceptClause& clause : s->handlers) guarded.push_back(clause.body);
        guarded.push_back(s->otherwise);
    }
    protect(from, to, guarded, [&](NameId name) { return liveness().in_finally(s, name); });
    emit(Op::catch_, value, 0, 0, span);
    constant_operand(Value::integer(1), why, span);
    Exit exit = std::move(exits_.back());
    exits_.pop_back();
    if (at_end.reachable) patch(normal, here());
    patch_all(exit.entries, here());
    flow_ = at_start;
    const auto caught = caught_;
    const std::uint32_t handled_from = here();
    finally();
    caught_ = caught;
    fn_->handled.push_back({handled_from, here(), value, why});
    const Flow behind = flow_;
    if (behind.reachable) {
        const unsigned mark = next_temp_;
        const auto test = [&](int number) {
            const std::uint32_t k = constant(Value::integer(number));
            if (k < 256) return emit_jump(Op::jump_not_equal_constant, why, k, span);
            const std::uint8_t reg = temp();
            constant_operand(Value::integer(number), reg, span);
            return emit_jump(Op::jump_not_equal, why, reg, span);
        };
        const std::uint32_t no_error = test(1);
        emit(Op::reraise, value, 0, 0, span);
        patch(no_error, here());
        const auto owned = active_owned_;
        for (const Exit::Pending& pending : exit.pending) {
            const std::uint32_t other = test(pending.why);
            flow_ = behind;
            if (pending.what == Exit::Pending::What::return_) {
                // The value leaves with the function; this register answers for it until then.
                disown(value);
                if (result_is_word())
                    leave_with_word(value, span, s);
                else
                    leave_function({value, Hold::unnamed, true}, span, s);
                if (counts()) own(value);
            } else {
                break_or_continue(pending.what == Exit::Pending::What::break_, span, s);
            }
            patch(other, here());
        }
        release_to(mark);
    }
    disown(value);
    flow_ = behind;
    if (!at_end.reachable)
        flow_.reachable = false;
    else if (behind.reachable)
        for (unsigned reg = 0; reg < 256; ++reg)
            if (at_end.has(reg) && !flow_.has(reg)) flow_.set(reg);
    if (!behind.reachable) flow_.reachable = false;
}

/// As in Python, the name of an exception ends with its clause; the clause may have ended it already.
void FunctionCompiler::end_caught_name(NameId name, Span span) {
    const Resolved r = resolve(name);
    if (r.kind == Resolved::Kind::local && !r.local.is_cell) {
        if (counts() && !r.local.plain) emit(Op::discard, r.local.reg, 0, 0, span);
        emit(Op::load_unbound, r.local.reg, 0, 0, span);
        needs_init_ = true;
        forget(r.local);
        return;
    }
    const unsigned mark = next_temp_;
    const std::uint8_t unbound = temp();
    emit(Op::load_unbound, unbound, 0, 0, span);
    if (r.kind == Resolved::Kind::global) {
        emit(Op::set_global_take, unbound, 0, 0, span);
        emit_word(r.index);
    } else if (r.kind == Resolved::Kind::local) {
        emit(Op::set_cell_take, r.local.reg, unbound, 0, span);
    } else if (r.kind == Resolved::Kind::capture) {
        const std::uint8_t cell = temp();
        emit(Op::get_capture, cell, fn_->closure_register, r.index, span);
        emit(Op::set_cell_take, cell, unbound, 0, span);
    }
    release_to(mark);
}

/// An error that leaves the clause, whose code began at `from`, ends the name too.
void FunctionCompiler::note_caught_name(NameId name, std::uint32_t from) {
    const Resolved r = resolve(name);
    using Kind = CaughtNameRange::Kind;
    CaughtNameRange ended{from, here(), r.index, Kind::local};
    switch (r.kind) {
        case Resolved::Kind::local:
            ended.kind = r.local.is_cell ? Kind::cell : Kind::local;
            ended.index = r.local.reg;
            if (!r.local.is_cell) needs_init_ = true;
            break;
        case Resolved::Kind::capture:
            ended.kind = Kind::capture;
            break;
        case Resolved::Kind::global:
            ended.kind = Kind::global;
            break;
        default:
            return;
    }
    fn_->caught_names.push_back(ended);
}

/// Before a return: the names that other functions see, too. The registers end with the call.
Operand FunctionCompiler::end_shared_caught_names(Operand result, Span span) {
    for (std::size_t i = caught_names_.size(); i-- > 0;) {
        const Resolved r = resolve(caught_names_[i].name);
        if (r.kind == Resolved::Kind::local && !r.local.is_cell) continue;
        if (result.hold == Hold::lent && counts()) {
            const std::uint8_t kept = temp();
            emit(result.temporary ? Op::share : Op::share_name, kept, result.reg, 0, span);
            own(kept);
            result = {kept, Hold::unnamed, true};
        }
        end_caught_name(caught_names_[i].name, span);
    }
    return result;
}

/// For a jump out of clauses: the names of those inside the block at `depth` of the exits.
void FunctionCompiler::end_caught_names(std::size_t depth, Span span) {
    for (std::size_t i = caught_names_.size(); i-- > 0 && caught_names_[i].depth > depth;)
        end_caught_name(caught_names_[i].name, span);
}

void FunctionCompiler::handlers(const TryStmt& s, const Flow& at_start) {
    const std::uint8_t exception = temp();
    flow_ = at_start;
    for (NameId name : forgotten_in(s.body))
        if (const Local* local = find_local(name)) forget(*local);
    const Flow in_handler = flow_;
    emit(Op::catch_, exception, 0, 0, s.span);
    own(exception);
    const std::uint32_t handled_from = here();
    JumpList ends;
    Flow after;
    after.reachable = false;
    bool catches_all = false;
    for (const ExceptClause& clause : s.handlers) {
        flow_ = in_handler;
        const unsigned mark = next_temp_;
        std::uint32_t next = 0;
        Operand types{};
        if (clause.types != nullptr) {
            types = expr(clause.types);
            next = emit_jump(Op::match_exception, exception, types.reg, clause.types->span);
            if (types.hold == Hold::unnamed && counts()) {
                // A tuple of classes is immutable and counted: it ends on both ways.
                emit(Op::discard, types.reg, 0, 0, clause.span);
                disown(types.reg);
            }
        } else {
            catches_all = true;
        }
        if (clause.name != 0) {
            store_name(clause.name, {exception, Hold::lent, true}, clause.name_span);
        }
        caught_.push_back(exception);
        const std::uint32_t from = here();
        if (clause.name != 0) caught_names_.push_back({clause.name, exits_.size()});
        block(clause.body);
        if (clause.name != 0) {
            caught_names_.pop_back();
            note_caught_name(clause.name, from);
        }
        caught_.pop_back();
        if (flow_.reachable) {
            if (clause.name != 0) end_caught_name(clause.name, clause.span);
            if (counts()) emit(Op::drop, exception, 0, 0, clause.span);
            ends.push_back(emit_jump(Op::jump, 0, 0, clause.span));
            after.meet(flow_);
        }
        release_to(mark);
        if (clause.types != nullptr) {
            patch(next, here());
            if (types.hold == Hold::unnamed && counts()) emit(Op::discard, types.reg, 0, 0, clause.span);
        }
        if (catches_all) break;
    }
    fn_->handled.push_back({handled_from, here(), exception, Handled::always});
    if (!catches_all) emit(Op::reraise, exception, 0, 0, s.span);
    disown(exception);
    patch_all(ends, here());
    flow_ = after;
}

void FunctionCompiler::try_statement(const TryStmt& s) {
    const unsigned mark = next_temp_;
    const auto guarded = [&] {
        if (s.handlers.empty()) {
            block(s.body);
            return;
        }
        const Flow at_start = flow_;
        const std::uint32_t from = here();
        block(s.body);
        const std::uint32_t to = here();
        if (flow_.reachable && !s.otherwise.empty()) block(s.otherwise);
        const Flow normal = flow_;
        std::uint32_t over = 0;
        if (normal.reachable) over = emit_jump(Op::jump, 0, 0, s.span);
        if (from != to)
            protect(from, to, {s.body}, [&](NameId name) { return liveness().in_handlers(&s, name); });
        handlers(s, at_start);
        flow_.meet(normal);
        if (normal.reachable) patch(over, here());
    };
    if (s.has_finally)
        protect_with_finally(&s, s.span, guarded, [&] { block(s.finally); });
    else
        guarded();
    release_to(mark);
}

void FunctionCompiler::raise_statement(const RaiseStmt& s) {
    if (s.value == nullptr) {
        if (!caught_.empty()) {
            emit(Op::reraise, caught_.back(), 0, 0, s.span);
        } else {
            emit(Op::raise_static, static_cast<unsigned>(ErrorKind::RuntimeError), 0, 0, s.span);
            emit_word(constant(context_.constant_string("No active exception to reraise")));
        }
    } else {
        const unsigned mark = next_temp_;
        const std::uint8_t reg = temp();
        into_owned(s.value, reg);
        // The error ends the cause, too, if that is unnamed.
        const Operand cause = s.cause != nullptr ? expr(s.cause) : Operand{};
        emit(Op::raise, reg, s.cause != nullptr, cause.reg, s.span);
        if (s.cause != nullptr && cause.hold == Hold::unnamed) disown(cause.reg);
        disown(reg);
        release_to(mark);
    }
    flow_.reachable = false;
}

void FunctionCompiler::assert_statement(const AssertStmt& s) {
    JumpList fine;
    branch(s.condition, true, fine);
    const Flow after = flow_;
    const unsigned mark = next_temp_;
    const std::uint8_t reg = temp();
    const std::size_t pending = pending_drops_.size();
    if (s.message != nullptr) into_owned(s.message, reg);
    emit(Op::raise_assertion, reg, s.message != nullptr, 0, s.condition->span);
    disown(reg);
    // What the message lent ends with the error: where the assertion holds, its registers were never written.
    for (; pending_drops_.size() > pending; pending_drops_.pop_back()) disown(pending_drops_.back());
    release_to(mark);
    flow_ = after;
    patch_all(fine, here());
}

}  // namespace harness::lang
