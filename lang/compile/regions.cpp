// `region:` blocks and `@region` functions: what leaves them as a copy, and what is garbage of the phase.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"
#include "lang/compile/liveness.hpp"

namespace harness::lang {

const Liveness& FunctionCompiler::liveness() {
    if (liveness_ == nullptr) liveness_ = std::make_shared<Liveness>(body_);
    return *liveness_;
}

/// Of the names that `bodies` bind: those that may be read at the place that `live` asks about. Whoever looks
/// at frames reads all of them.
std::vector<NameId> FunctionCompiler::names_read(const std::vector<Block>& bodies,
                                                 const std::function<bool(NameId)>& live) const {
    std::vector<NameId> out;
    for (const Block body : bodies)
        for (const NameId name : names_bound_in(body))
            if (context_.facts.introspects || live(name)) out.push_back(name);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

/// Ends the regions above `region_mark`. The value in register `result` (if it is one) and what of these
/// regions is read where `live` asks about leave as copies, made with one memo. Names of other functions and
/// of the program are read by whoever is called later.
void FunctionCompiler::leave_regions(std::size_t region_mark, const std::function<bool(NameId)>& live,
                                     int result, Span span) {
    if (!regions() || open_regions_ <= region_mark) return;
    std::vector<Block> bodies;
    for (std::size_t i = region_mark; i < open_regions_; ++i) bodies.push_back(region_bodies_[i]);
    std::vector<Local> own;
    std::vector<std::pair<NameId, Resolved>> elsewhere;
    for (const NameId name : names_read(bodies, [](NameId) { return true; })) {
        const Resolved r = resolve(name);
        if (r.kind == Resolved::Kind::local && !r.local.is_cell) {
            if (!r.local.plain && (context_.facts.introspects || live(name))) own.push_back(r.local);
        } else if (r.kind == Resolved::Kind::local || r.kind == Resolved::Kind::global ||
                   r.kind == Resolved::Kind::capture) {
            elsewhere.emplace_back(name, r);
        }
    }
    if (result >= 0 && own.empty() && elsewhere.empty() && open_regions_ == region_mark + 1) {
        emit(Op::region_leave, static_cast<unsigned>(result), 0, 0, span);
        return;
    }
    const unsigned mark = next_temp_;
    const auto first = static_cast<std::uint8_t>(next_temp_);
    for (const Local& local : own) {
        const std::uint8_t reg = temp();
        if (!flow_.has(local.reg)) needs_init_ = true;
        emit(Op::move, reg, local.reg, 0, span);
    }
    const auto cell_of = [&](const Resolved& r) {
        if (r.kind == Resolved::Kind::local) return r.local.reg;
        const std::uint8_t cell = temp();
        emit(Op::get_capture, cell, fn_->closure_register, r.index, span);
        return cell;
    };
    for (const auto& [name, r] : elsewhere) {
        const std::uint8_t reg = temp();
        const unsigned inner = next_temp_;
        if (r.kind == Resolved::Kind::global) {
            emit(Op::load_none, reg, 0, 0, span);
            emit(Op::get_global, reg, 1, 0, span);
            emit_word(r.index);
        } else {
            emit(Op::get_cell, reg, cell_of(r), 1, span);
            emit_word(name);
        }
        release_to(inner);
    }
    if (result >= 0) emit(Op::move, temp(), static_cast<unsigned>(result), 0, span);
    const unsigned count = next_temp_ - first;
    const auto levels = static_cast<unsigned>(open_regions_ - region_mark);
    if (count > 0) emit(Op::region_copy_out, first, count, levels, span);
    std::uint8_t reg = first;
    for (const Local& local : own) emit(Op::move, local.reg, reg++, 0, span);
    // Before the regions end, so that what these places held is not seen to escape.
    for (const auto& [name, r] : elsewhere) {
        const unsigned inner = next_temp_;
        if (r.kind == Resolved::Kind::global) {
            emit(Op::set_global_take, reg++, 0, 0, span);
            emit_word(r.index);
        } else {
            const std::uint8_t cell = cell_of(r);
            emit(Op::set_cell_take, cell, reg++, 0, span);
        }
        release_to(inner);
    }
    if (result >= 0) emit(Op::move, static_cast<unsigned>(result), reg, 0, span);
    for (unsigned i = 0; i < levels; ++i) emit(Op::region_exit, 0, 0, 0, span);
    release_to(mark);
}

/// The registers that an error takes along when it is caught outside of the regions that `body` opens.
void FunctionCompiler::protect(std::uint32_t from, std::uint32_t to, const std::vector<Block>& bodies,
                               const std::function<bool(NameId)>& live) {
    Protected range{from, to, here(), static_cast<std::uint16_t>(open_regions_), {}};
    if (regions() && std::any_of(bodies.begin(), bodies.end(), contains_region)) {
        for (const NameId name : names_read(bodies, live)) {
            const Resolved r = resolve(name);
            if (r.kind != Resolved::Kind::local || r.local.is_cell || r.local.plain) continue;
            range.live.push_back(r.local.reg);
            needs_init_ = true;
        }
    }
    fn_->protected_ranges.push_back(std::move(range));
}

void FunctionCompiler::region_statement(const BlockStmt& s) {
    if (!regions()) {
        block(s.body);
        return;
    }
    emit(Op::region_enter, 0, 0, 0, s.span);
    ++open_regions_;
    region_bodies_.push_back(s.body);
    block(s.body);
    if (flow_.reachable)
        leave_regions(
            open_regions_ - 1, [&](NameId name) { return liveness().behind(&s, name); }, -1, s.span);
    --open_regions_;
    region_bodies_.pop_back();
}

}  // namespace harness::lang
