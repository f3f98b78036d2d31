// The blocks are built by one walk over the statements, the answers by going round until nothing changes.
#include "lang/compile/liveness.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

using OnName = std::function<void(NameId)>;

/// Calls `read` for each name that evaluating an expression may read, functions within it included, and
/// `bind` for each that an assignment expression binds.
class Reads {
  public:
    Reads(OnName read, OnName bind) : read_(std::move(read)), bind_(std::move(bind)) {}

    void all(List<Expr*> list) const {
        for (const Expr* e : list) in(e);
    }
    void in(const Expr* e) const {
        if (e == nullptr) return;
        if (e->kind == ExprKind::name) {
            read_(as<NameExpr>(e).name);
        } else if (e->kind == ExprKind::lambda) {
            for (const Parameter& p : as<LambdaExpr>(e).parameters) in(p.default_value);
            Reads(read_, [](NameId) {}).in(as<LambdaExpr>(e).body);
        } else {
            each_part(e, [this](const Expr* part) { in(part); });
            if (e->kind == ExprKind::walrus) bind_(as<WalrusExpr>(e).name);
        }
    }

  private:
    OnName read_, bind_;
};

/// Calls `bind` for each name that a target binds, `read` for the places that are no names.
void bind_target(const Expr* e, const OnName& bind, const Reads& reads) {
    if (e->kind == ExprKind::name)
        bind(as<NameExpr>(e).name);
    else if (e->kind == ExprKind::tuple || e->kind == ExprKind::list)
        for (const Expr* part : as<SequenceExpr>(e).elements) bind_target(part, bind, reads);
    else if (e->kind == ExprKind::starred)
        bind_target(as<StarredExpr>(e).value, bind, reads);
    else
        reads.in(e);
}

void bind_pattern(const Pattern& p, const OnName& bind) {
    if (p.name != 0) bind(p.name);
    for (const Pattern* part : p.parts()) bind_pattern(*part, bind);
}

bool is_target(const Stmt* s, const Expr* e) {
    switch (s->kind) {
        case StmtKind::assign: {
            const List<Expr*> targets = as<AssignStmt>(s).targets;
            return std::find(targets.begin(), targets.end(), e) != targets.end();
        }
        case StmtKind::annotated_assign:
            return as<AnnotatedAssignStmt>(s).target == e;
        case StmtKind::for_:
            return as<ForStmt>(s).target == e;
        case StmtKind::del:
            return true;
        default:
            return false;
    }
}

/// What a statement reads itself, what its blocks read left out. Targets that are names are not read. What
/// cases, handlers and deferred statements read is not read here, but where they run.
void reads_of(const Stmt* s, const Reads& reads) {
    switch (s->kind) {
        case StmtKind::match:
            return reads.in(as<MatchStmt>(s).subject);
        case StmtKind::try_:
        case StmtKind::defer:
            return;
        case StmtKind::class_:
            each_expression(s, [&](const Expr* e) { reads.in(e); });
            for (const Stmt* inner : as<ClassStmt>(s).body) reads_of(inner, reads);
            return;
        default:
            break;
    }
    each_expression(s, [&](const Expr* e) {
        if (is_target(s, e))
            bind_target(
                e, [](NameId) {}, reads);
        else
            reads.in(e);
    });
}

void reads_of_pattern(const Pattern& p, const Reads& reads) {
    reads.in(p.value);
    for (const Pattern* part : p.parts()) reads_of_pattern(*part, reads);
}

/// The names that a statement binds itself, behind everything that it reads.
void bound_by(const Stmt* s, const OnName& bind) {
    const Reads nothing([](NameId) {}, [](NameId) {});
    switch (s->kind) {
        case StmtKind::assign:
            for (const Expr* t : as<AssignStmt>(s).targets) bind_target(t, bind, nothing);
            break;
        case StmtKind::annotated_assign:
            if (as<AnnotatedAssignStmt>(s).value != nullptr)
                bind_target(as<AnnotatedAssignStmt>(s).target, bind, nothing);
            break;
        case StmtKind::augmented_assign:
            bind_target(as<AugmentedAssignStmt>(s).target, bind, nothing);
            break;
        case StmtKind::for_:
            bind_target(as<ForStmt>(s).target, bind, nothing);
            break;
        case StmtKind::def:
            bind(as<DefStmt>(s).name);
            break;
        case StmtKind::class_:
            bind(as<ClassStmt>(s).name);
            break;
        case StmtKind::const_:
        case StmtKind::static_:
            bind(as<DeclareStmt>(s).name);
            break;
        case StmtKind::import:
            bind(as<ImportStmt>(s).alias);
            break;
        case StmtKind::del:
            for (const Expr* t : as<DelStmt>(s).targets) bind_target(t, bind, nothing);
            break;
        default:
            break;
    }
}

}  // namespace

std::vector<NameId> names_bound_in(Block body) {
    std::vector<NameId> out;
    const OnName bind = [&](NameId name) { out.push_back(name); };
    const Reads walrus([](NameId) {}, bind);
    each_statement(body, [&](const Stmt* s) {
        reads_of(s, walrus);
        if (s->kind != StmtKind::del) bound_by(s, bind);
        if (s->kind == StmtKind::try_) {
            for (const ExceptClause& c : as<TryStmt>(s).handlers) {
                walrus.in(c.types);
                if (c.name != 0) bind(c.name);
            }
        } else if (s->kind == StmtKind::match) {
            for (const MatchCase& c : as<MatchStmt>(s).cases) {
                bind_pattern(*c.pattern, bind);
                walrus.in(c.guard);
            }
        }
    });
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

bool contains_region(Block body) {
    bool found = false;
    each_statement(body, [&](const Stmt* s) { found |= s->kind == StmtKind::region; });
    return found;
}

/// Makes the nodes of the flow graph. `break`, `continue` and `return` pass through every `finally` on their
/// way, whose end goes on to wherever somebody who passed was going.
class LivenessBuilder {
  public:
    LivenessBuilder(Liveness& out, Block body, const std::vector<NameId>& names)
        : out_(out), reads_(on_read(), [](NameId) {}) {
        for (const NameId name : names)
            out_.index_.emplace(name, static_cast<std::uint32_t>(out_.index_.size()));
        words_ = (out_.index_.size() + 63) / 64;
        end_ = node();
        current_ = node();
        block(body);
        flow_to(end_);
    }

  private:
    struct Exit {
        bool is_finally = false;
        std::uint32_t breaks = 0, continues = 0;  ///< of a loop: where they go
        std::uint32_t entry = 0;                  ///< of a finally
        std::vector<StmtKind> passing;
    };

    OnName on_read() {
        return [this](NameId name) {
            const auto found = out_.index_.find(name);
            if (found == out_.index_.end()) return;
            auto& at = out_.nodes_[current_];
            const std::uint64_t bit = std::uint64_t{1} << (found->second % 64);
            if ((at.writes[found->second / 64] & bit) == 0) at.reads[found->second / 64] |= bit;
        };
    }
    void write(NameId name) {
        const auto found = out_.index_.find(name);
        if (found == out_.index_.end()) return;
        out_.nodes_[current_].writes[found->second / 64] |= std::uint64_t{1} << (found->second % 64);
    }
    void always(NameId name) { out_.always_.insert(name); }

    std::uint32_t node() {
        const std::vector<std::uint64_t> none(words_, 0);
        out_.nodes_.push_back({none, none, none, {}, handler_});
        return static_cast<std::uint32_t>(out_.nodes_.size() - 1);
    }
    void flow_to(std::uint32_t next) { out_.nodes_[current_].next.push_back(next); }
    /// Goes on in a new node that the current one leads to.
    void step() {
        const std::uint32_t next = node();
        flow_to(next);
        current_ = next;
    }

    /// The current node leads to where a jump goes; `statement` is what is asked about later.
    void jump(StmtKind kind, const Stmt* statement) {
        for (std::size_t i = exits_.size(); i-- > 0;) {
            Exit& exit = exits_[i];
            if (exit.is_finally) {
                if (std::find(exit.passing.begin(), exit.passing.end(), kind) == exit.passing.end())
                    exit.passing.push_back(kind);
                arrive(exit.entry, kind, statement);
                return;
            }
            if (kind == StmtKind::return_) continue;
            arrive(kind == StmtKind::break_ ? exit.breaks : exit.continues, kind, statement);
            return;
        }
        arrive(end_, kind, statement);
    }
    void arrive(std::uint32_t where, StmtKind kind, const Stmt* statement) {
        flow_to(where);
        if (statement != nullptr) out_.places_.emplace(Liveness::Place{statement, kind}, where);
    }

    void block(Block body) {
        for (const Stmt* s : body) statement(s);
    }

    void statement(const Stmt* s) {
        switch (s->kind) {
            case StmtKind::if_: {
                const std::uint32_t after = node();
                for (const IfBranch& b : as<IfStmt>(s).branches) {
                    reads_.in(b.condition);
                    const std::uint32_t test = current_;
                    step();
                    block(b.body);
                    flow_to(after);
                    current_ = test;
                    step();
                }
                block(as<IfStmt>(s).otherwise);
                flow_to(after);
                current_ = after;
                break;
            }
            case StmtKind::while_:
                step();
                reads_.in(as<WhileStmt>(s).condition);
                loop(as<WhileStmt>(s).body, as<WhileStmt>(s).otherwise, nullptr);
                break;
            case StmtKind::for_:
                reads_.in(as<ForStmt>(s).iterable);
                step();
                loop(as<ForStmt>(s).body, as<ForStmt>(s).otherwise, s);
                break;
            case StmtKind::break_:
            case StmtKind::continue_:
                jump(s->kind, s);
                current_ = node();
                break;
            case StmtKind::return_:
                reads_of(s, reads_);
                jump(s->kind, s);
                current_ = node();
                break;
            case StmtKind::raise:
                reads_of(s, reads_);
                current_ = node();
                break;
            case StmtKind::try_:
                try_statement(as<TryStmt>(s));
                break;
            case StmtKind::match: {
                reads_of(s, reads_);
                const std::uint32_t after = node();
                for (const MatchCase& c : as<MatchStmt>(s).cases) {
                    reads_of_pattern(*c.pattern, reads_);
                    const std::uint32_t test = current_;
                    step();
                    bind_pattern(*c.pattern, [this](NameId name) { write(name); });
                    reads_.in(c.guard);
                    const std::uint32_t guard = current_;
                    step();
                    block(c.body);
                    flow_to(after);
                    current_ = test;
                    step();
                    out_.nodes_[guard].next.push_back(current_);
                }
                flow_to(after);
                current_ = after;
                break;
            }
            case StmtKind::region:
                block(as<BlockStmt>(s).body);
                step();
                out_.places_.emplace(Liveness::Place{s, StmtKind::region}, current_);
                break;
            case StmtKind::unsafe:
                block(as<BlockStmt>(s).body);
                break;
            case StmtKind::let:
                // From here on the name may mean another variable; telling them apart is not worth it.
                reads_of(s, reads_);
                always(as<DeclareStmt>(s).name);
                break;
            case StmtKind::defer: {
                const Reads deferred([this](NameId name) { always(name); }, [](NameId) {});
                Stmt* body = as<DeferStmt>(s).body;
                each_statement(Block(&body, 1), [&](const Stmt* inner) { reads_of(inner, deferred); });
                break;
            }
            default:
                reads_of(s, reads_);
                bound_by(s, [this](NameId name) { write(name); });
        }
    }

    /// The current node is the head, where the next round is decided.
    void loop(Block body, Block otherwise, const Stmt* for_statement) {
        const std::uint32_t head = current_;
        const std::uint32_t after = node();
        exits_.push_back({.breaks = after, .continues = head, .passing = {}});
        step();
        if (for_statement != nullptr) {
            bind_target(
                as<ForStmt>(for_statement).target, [this](NameId name) { write(name); }, reads_);
        }
        block(body);
        flow_to(head);
        exits_.pop_back();
        current_ = head;
        step();
        block(otherwise);
        flow_to(after);
        current_ = after;
    }

    void try_statement(const TryStmt& s) {
        const std::uint32_t outer = handler_;
        std::uint32_t entry = 0;
        if (s.has_finally) {
            entry = node();
            out_.places_.emplace(Liveness::Place{&s, StmtKind::try_}, entry);
            exits_.push_back({.is_finally = true, .entry = entry, .passing = {}});
            handler_ = entry;
        }
        const std::uint32_t around = handler_;
        const std::uint32_t after = node();
        if (s.handlers.empty()) {
            step();
            block(s.body);
            flow_to(after);
        } else {
            const std::uint32_t handlers = node();
            out_.places_.emplace(Liveness::Place{&s, StmtKind::raise}, handlers);
            handler_ = handlers;
            step();
            block(s.body);
            // What is raised in `else` is not for these handlers, but that errs on the safe side.
            block(s.otherwise);
            flow_to(after);
            handler_ = around;
            current_ = handlers;
            for (const ExceptClause& c : s.handlers) {
                reads_.in(c.types);
                const std::uint32_t test = current_;
                step();
                if (c.name != 0) write(c.name);
                block(c.body);
                flow_to(after);
                current_ = test;
                step();
            }
        }
        current_ = after;
        handler_ = outer;
        if (!s.has_finally) {
            step();
            return;
        }
        const Exit exit = std::move(exits_.back());
        exits_.pop_back();
        flow_to(entry);
        current_ = entry;
        out_.nodes_[entry].handler = outer;
        step();
        block(s.finally);
        for (const StmtKind kind : exit.passing) jump(kind, &s);
        step();
    }

    Liveness& out_;
    Reads reads_;
    std::size_t words_ = 0;
    std::uint32_t current_ = 0, end_ = 0;
    std::uint32_t handler_ = Liveness::nowhere;
    std::vector<Exit> exits_;
};

static std::vector<NameId> names_of_regions(Block body) {
    std::vector<NameId> out;
    each_statement(body, [&](const Stmt* s) {
        if (s->kind != StmtKind::region) return;
        const std::vector<NameId> bound = names_bound_in(as<BlockStmt>(s).body);
        out.insert(out.end(), bound.begin(), bound.end());
    });
    return out;
}

Liveness::Liveness(Block body) : Liveness(body, names_of_regions(body)) {}

Liveness::Liveness(Block body, const std::vector<NameId>& names) {
    const LivenessBuilder builder(*this, body, names);
    solve();
}

void Liveness::solve() {
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = nodes_.size(); i-- > 0;) {
            Node& node = nodes_[i];
            for (std::size_t w = 0; w < node.live.size(); ++w) {
                std::uint64_t live = 0;
                for (const std::uint32_t next : node.next) live |= nodes_[next].live[w];
                live = node.reads[w] | (live & ~node.writes[w]);
                // An error may be raised anywhere in the node, also before what it writes.
                if (node.handler != nowhere) live |= nodes_[node.handler].live[w];
                changed |= live != node.live[w];
                node.live[w] = live;
            }
        }
    }
}

bool Liveness::is_live(std::uint32_t node, NameId name) const {
    if (always_.contains(name)) return true;
    const auto found = index_.find(name);
    return found != index_.end() && (nodes_[node].live[found->second / 64] >> (found->second % 64) & 1) != 0;
}

bool Liveness::at_start(NameId name) const { return is_live(first_node, name); }

bool Liveness::going_on(const Stmt* from, StmtKind kind, NameId name) const {
    const auto place = places_.find({from, kind});
    return place == places_.end() ? always_.contains(name) : is_live(place->second, name);
}

}  // namespace harness::lang
