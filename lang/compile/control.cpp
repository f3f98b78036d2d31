// Branches, and the ways out of nested blocks: every way out ends the temporaries and regions of the blocks
// that it leaves.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"
#include "lang/compile/liveness.hpp"

namespace harness::lang {

void FunctionCompiler::open_exit(Exit::Kind kind) {
    Exit& exit = exits_.emplace_back();
    exit.kind = kind;
    exit.owned_mark = active_owned_.size();
    exit.region_mark = open_regions_;
}

void FunctionCompiler::if_statement(const IfStmt& s) {
    JumpList ends;
    Flow after;
    bool first = true;
    for (const IfBranch& b : s.branches) {
        JumpList otherwise;
        branch(b.condition, false, otherwise);
        const Flow at_branch = flow_;
        block(b.body);
        if (first)
            after = flow_;
        else
            after.meet(flow_);
        first = false;
        const bool last = &b == &s.branches.back() && s.otherwise.empty();
        if (!last && flow_.reachable) ends.push_back(emit_jump(Op::jump, 0, 0, s.span));
        flow_ = at_branch;
        patch_all(otherwise, here());
    }
    block(s.otherwise);
    flow_.meet(after);
    patch_all(ends, here());
}

/// Ends the owned temporaries above `owned_mark` and the regions above `region_mark`, without forgetting
/// them: the code that follows textually still has them.
void FunctionCompiler::leave_blocks(std::size_t owned_mark, std::size_t region_mark, Span span,
                                    const Stmt* from, StmtKind kind, int result) {
    for (std::size_t i = active_owned_.size(); i > owned_mark; --i)
        emit(active_owned_[i - 1].holder == OwnedRange::Holder::name ? Op::discard : Op::drop,
             active_owned_[i - 1].reg, 0, 0, span);
    leave_regions(
        region_mark, [&](NameId name) { return liveness().going_on(from, kind, name); }, result, span);
}

/// `from`: the statement, or the `try` whose `finally` it passed through.
void FunctionCompiler::break_or_continue(bool is_break, Span span, const Stmt* from) {
    const StmtKind kind = is_break ? StmtKind::break_ : StmtKind::continue_;
    for (std::size_t i = exits_.size(); i-- > 0;) {
        Exit& exit = exits_[i];
        end_caught_names(i, span);
        if (exit.kind == Exit::Kind::finally) {
            leave_blocks(exit.owned_mark, exit.region_mark, span, from, kind);
            const int why = static_cast<int>(exit.pending.size()) + 2;
            exit.pending.push_back(
                {why, is_break ? Exit::Pending::What::break_ : Exit::Pending::What::continue_});
            constant_operand(Value::integer(why), exit.why, span);
            exit.entries.push_back(emit_jump(Op::jump, 0, 0, span));
            flow_.reachable = false;
            return;
        }
        leave_blocks(exit.owned_mark, exit.region_mark, span, from, kind);
        const std::uint32_t jump = emit_jump(Op::jump, 0, 0, span);
        if (is_break) {
            exit.breaks.push_back(jump);
            if (exit.broke)
                exit.break_flow.meet(flow_);
            else
                exit.break_flow = flow_;
            exit.broke = true;
        } else {
            exit.continues.push_back(jump);
        }
        flow_.reachable = false;
        return;
    }
}

}  // namespace harness::lang
