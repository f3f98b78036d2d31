// Statements: the dispatch to the files of their kinds, expressions, `del`, imports.
#include <algorithm>
#include <cassert>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

void FunctionCompiler::block(Block body) {
    const std::size_t names = block_locals_.size();
    for (const Stmt* s : body) {
        if (!flow_.reachable) break;
        statement(s);
    }
    while (block_locals_.size() > names) {
        for (std::size_t i = fn_->blocks.size(); i-- > 0;) {
            BlockScope& scope = *fn_->blocks[i];
            if (scope.reg != block_locals_.back().reg || scope.to != 0) continue;
            scope.to = here();
            break;
        }
        block_locals_.pop_back();
        --block_used_;
    }
}

/// From here to the end of the block the name can be looked up.
void FunctionCompiler::open_block_scope(const DeclareStmt& let, const Local& local) {
    auto scope = std::make_unique<BlockScope>();
    scope->header = {.name = fn_->header.name, .kind = ScopeKind::block, .span = let.name_span};
    scope->header.parent = &fn_->header;
    for (const auto& around : fn_->blocks)
        if (around->to == 0) scope->header.parent = &around->header;
    scope->slots.declare_at({let.name}, local.reg, DefinitionKind::data);
    scope->header.slots = &scope->slots;
    scope->reg = local.reg;
    scope->from = here();
    scope->to = 0;
    fn_->blocks.push_back(std::move(scope));
}

void FunctionCompiler::statement(const Stmt* s) {
    if (context_.errors.size() >= most_compile_errors) return;
    const unsigned mark = next_temp_;
    [[maybe_unused]] const std::size_t owned_before = active_owned_.size();
    switch (s->kind) {
        case StmtKind::expression: {
            const Expr* e = as<ExprStmt>(s).value;
            if (e->kind == ExprKind::string || e->kind == ExprKind::integer) break;
            // Nobody asks for its value, which may be too wide for one.
            if (has_numbers_ && e->kind == ExprKind::call && number(e).typed && number(e).is_whole()) {
                word(e);
                break;
            }
            const Operand o = expr(e);
            if (o.hold == Hold::unnamed && counts()) {
                emit(Op::drop, o.reg, 0, 0, e->span);
                disown(o.reg);
            }
            break;
        }
        case StmtKind::assign:
            assign(as<AssignStmt>(s));
            break;
        case StmtKind::annotated_assign:
            annotated_assign(as<AnnotatedAssignStmt>(s));
            break;
        case StmtKind::augmented_assign:
            augmented_assign(as<AugmentedAssignStmt>(s));
            break;
        case StmtKind::if_:
            if_statement(as<IfStmt>(s));
            break;
        case StmtKind::while_:
            while_statement(as<WhileStmt>(s));
            break;
        case StmtKind::for_:
            for_statement(as<ForStmt>(s));
            break;
        case StmtKind::break_:
        case StmtKind::continue_:
            break_or_continue(s->kind == StmtKind::break_, s->span, s);
            break;
        case StmtKind::pass:
            break;
        case StmtKind::return_: {
            const Expr* value = as<ReturnStmt>(s).value;
            if (value == nullptr) {
                const std::uint8_t none = temp();
                emit(Op::load_none, none, 0, 0, s->span);
                return_value({none, Hold::plain, true}, s->span, s);
            } else if (result_is_word()) {
                return_number(value, s);
            } else if (floats_result(value)) {
                leave_function(floating(value), value->span, s);
            } else {
                if (value->kind == ExprKind::tuple) returned_ = value;
                returns_borrow_ = single_owner() && value->kind == ExprKind::borrow;
                // Of a name in a register the return itself finds that it holds the result.
                const bool in_cell =
                    may_pass(value) && !scope_.has_defer && resolve(as<NameExpr>(value).name).local.is_cell;
                return_value(in_cell ? pass(as<NameExpr>(value), -1) : expr(value), value->span, s);
                returned_ = nullptr;
                returns_borrow_ = false;
            }
            break;
        }
        default:
            rare_statement(s);
    }
    end_statement(s->span);
    // A range that stays open would end its register again when a later error unwinds.
    assert(active_owned_.size() == owned_before);
    release_to(mark);
}

void FunctionCompiler::rare_statement(const Stmt* s) {
    switch (s->kind) {
        case StmtKind::def:
            def_statement(as<DefStmt>(s));
            break;
        case StmtKind::class_:
            class_statement(as<ClassStmt>(s));
            break;
        case StmtKind::match:
            match_statement(as<MatchStmt>(s));
            break;
        case StmtKind::try_:
            try_statement(as<TryStmt>(s));
            break;
        case StmtKind::raise:
            raise_statement(as<RaiseStmt>(s));
            break;
        case StmtKind::assert_:
            assert_statement(as<AssertStmt>(s));
            break;
        case StmtKind::global:
        case StmtKind::nonlocal:
            break;
        case StmtKind::del:
            for (const Expr* t : as<DelStmt>(s).targets) del_target(t, s->span);
            break;
        case StmtKind::const_:
            store_name(as<DeclareStmt>(s).name, owned_temp(as<DeclareStmt>(s).value),
                       as<DeclareStmt>(s).value->span);
            break;
        case StmtKind::static_:
            static_statement(as<DeclareStmt>(s));
            break;
        case StmtKind::let: {
            const auto& d = as<DeclareStmt>(s);
            const unsigned mark = next_temp_;
            Operand value = owned_temp(d.value);
            end_statement(s->span);
            const TypeCode type = type_of(d.annotation);
            value = checked(value, type, d.value->span);
            Local local{.name = d.name, .reg = static_cast<std::uint8_t>(block_base_ + block_used_++)};
            needs_init_ = true;
            const bool cell = scope_.captured.contains(d.name);
            if (cell) {
                const std::uint8_t fresh = temp();
                emit(Op::new_cell, fresh, value.reg, 0, s->span);
                disown(value.reg);
                own(fresh);
                value = {fresh, Hold::unnamed, true};
            }
            store_local(local, value, d.name_span);
            local.is_cell = cell;
            local.type = type;
            block_locals_.push_back(local);
            open_block_scope(d, local);
            release_to(mark);
            break;
        }
        case StmtKind::import:
            import(as<ImportStmt>(s));
            break;
        case StmtKind::region:
            region_statement(as<BlockStmt>(s));
            break;
        case StmtKind::keep: {
            const auto& k = as<KeepStmt>(s);
            keep_statement(k.value, k.targets, k.allocator, s->span);
            break;
        }
        case StmtKind::defer:
            defer_statement(as<DeferStmt>(s));
            break;
        case StmtKind::unsafe:
            error(s->span, "SyntaxError", "unsafe blocks are not part of the language yet",
                  "use buffers from allocate(n), which are checked");
            break;
        case StmtKind::struct_:
        case StmtKind::enum_:
            layout_statement(s);
            break;
        default:
            error(s->span, "SyntaxError", "this statement is not supported here");
    }
}

void FunctionCompiler::del_target(const Expr* target, Span span) {
    const unsigned mark = next_temp_;
    switch (target->kind) {
        case ExprKind::name: {
            const NameId name = as<NameExpr>(target).name;
            const Resolved r = resolve(name);
            if (r.kind == Resolved::Kind::local && !r.local.is_cell) {
                check_assigned(r.local, target->span);
                needs_init_ = true;
                if (counts() && !r.local.plain && !r.local.is_parameter)
                    emit(Op::discard, r.local.reg, 0, 0, span);
                emit(Op::load_unbound, r.local.reg, 0, 0, span);
                forget(r.local);
            } else if (r.kind == Resolved::Kind::global) {
                emit(Op::delete_global, 0, 0, 0, target->span);
                emit_word(r.index);
            } else if (r.kind == Resolved::Kind::local || r.kind == Resolved::Kind::capture) {
                std::uint8_t cell = r.local.reg;
                if (r.kind == Resolved::Kind::capture) {
                    cell = temp();
                    emit(Op::get_capture, cell, fn_->closure_register, r.index, span);
                }
                const std::uint8_t unbound = temp();
                emit(Op::get_cell, unbound, cell, 0, target->span);
                emit_word(name);
                emit(Op::load_unbound, unbound, 0, 0, span);
                emit(Op::set_cell_take, cell, unbound, 0, span);
            } else {
                emit(Op::raise_unbound, 0, 0, 0, target->span);
                emit_word(name);
            }
            break;
        }
        case ExprKind::attribute: {
            const Operand object = expr(as<AttributeExpr>(target).object);
            emit(Op::delete_field, object.reg, 0, 0, target->span);
            emit_word(as<AttributeExpr>(target).name);
            finish(object, span);
            break;
        }
        case ExprKind::index: {
            const auto& i = as<IndexExpr>(target);
            Operand object = expr(i.object);
            if (i.index->kind == ExprKind::slice) {
                const auto& s = as<SliceExpr>(i.index);
                const SliceBounds bounds = slice_bounds(s, object, span);
                emit(Op::delete_slice, object.reg, bounds.first, 0, target->span);
                end_slice_bounds(bounds, span);
            } else {
                keep_across(object, i.index, span);
                const Operand at = expr(i.index);
                emit(Op::delete_index, object.reg, at.reg, 0, target->span);
                finish(at, span);
            }
            finish(object, span);
            break;
        }
        case ExprKind::tuple:
        case ExprKind::list:
            for (const Expr* part : as<SequenceExpr>(target).elements) del_target(part, span);
            break;
        default:
            error(target->span, "SyntaxError", "cannot delete this expression");
    }
    release_to(mark);
}

void FunctionCompiler::import(const ImportStmt& s) {
    const auto index = context_.import_module(s.name, s.name_span);
    if (!index) return;
    const std::uint8_t reg = temp();
    emit(Op::import_module, reg, 0, 0, s.span);
    emit_word(*index);
    store_name(s.alias, {reg, Hold::plain, true}, s.span);
}

}  // namespace harness::lang
