// What the parser makes of each construct, as a dumped tree, and where its spans lie.
#include <gtest/gtest.h>

#include "tests/lang/syntax/parsed.hpp"

namespace harness::lang {
namespace {

struct Case {
    const char* text;
    const char* expected;
};

void expect_trees(const std::vector<Case>& cases) {
    for (const Case& each : cases) EXPECT_EQ(tree(each.text), std::string(each.expected) + "\n") << each.text;
}

TEST(parser, binds_operators_as_python_does) {
    expect_trees({
        {"a + b * c", "(+ a (* b c))"},
        {"a - b - c", "(- (- a b) c)"},
        {"-a ** -b", "(- (** a (- b)))"},
        {"a ** b ** c", "(** a (** b c))"},
        {"not a == b", "(not (compare a == b))"},
        {"a or b and not c", "(or a (and b (not c)))"},
        {"a | b ^ c & d << e + f", "(| a (^ b (& c (<< d (+ e f)))))"},
        {"a < b <= c != d", "(compare a < b <= c != d)"},
        {"a not in b is not c", "(compare a not-in b is-not c)"},
        {"a if b else c if d else e", "(if b a (if d c e))"},
        {"lambda x, *y, z=1, **k: x", "(lambda(x *y /z=1 **k) x)"},
        {"(a)", "a"},
        {"(a,)", "(tuple a)"},
        {"a, *b", "(tuple a (* b))"},
        {"~a // b % c", "(% (// (~ a) b) c)"},
        {"a if b else lambda: c", "(if b a (lambda() c))"},
        {"x = not a", "(= x (not a))"},
    });
}

TEST(parser, reads_calls_indices_and_displays) {
    expect_trees({
        {"f(a, *b, k=c, **d)", "(call f a *b k=c **d)"},
        {"f(x for x in y)", "(call f (generator x (for x y)))"},
        {"f(a := 1)", "(call f (:= a 1))"},
        {"a.b[c](d).e", "(. (call (index (. a b) c) d) e)"},
        {"x[1:]", "(index x (slice 1 - -))"},
        {"x[::2]", "(index x (slice - - 2))"},
        {"x[a, b]", "(index x (tuple a b))"},
        {"[a for a, b in c if d if e for f in g]", "(list-for a (for (tuple a b) c d e) (for f g))"},
        {"{k: v for k, v in x}", "(dict-for k v (for (tuple k v) x))"},
        {"{1: 2, **d}", "(dict 1:2 **d)"},
        {"{}", "(dict)"},
        {"[]", "(list)"},
        {"()", "(tuple)"},
        {"[*a, b]", "(list (* a) b)"},
    });
}

TEST(parser, reads_assignments) {
    expect_trees({
        {"a = b = c", "(= a b c)"},
        {"a, b = b, a", "(= (tuple a b) (tuple b a))"},
        {"[a, *b] = c", "(= (list a (* b)) c)"},
        {"x: u8 = 3", "(: x u8 3)"},
        {"self.x: &T", "(: (. self x) (& T))"},
        {"x := 5", "(= x 5)"},
        {"a.b[c] += 1", "(+= (index (. a b) c) 1)"},
        {"a //= b", "(//= a b)"},
        {"a **= b", "(**= a b)"},
        {"a >>= b", "(>>= a b)"},
        {"a |= b", "(|= a b)"},
        {"x: [i32; 4] = [0; 4]", "(: x (array i32 4) (array 0 4))"},
    });
}

TEST(parser, reads_compound_statements) {
    expect_trees({
        {"if a: b\nelif c: d\nelse: e", "(if a {b} c {d} else {e})"},
        {"while (n := f()): break\nelse: g", "(while (:= n (call f)) {break} else {g})"},
        {"for i, (j, *k) in x, y: continue", "(for (tuple i (tuple j (* k))) (tuple x y) {continue})"},
        {"try: a\nexcept (A, B) as e: b\nexcept C: d\nexcept: c\nelse: d\nfinally: e",
         "(try {a} (except (tuple A B) as e {b}) (except C {d}) (except {c}) else {d} finally {e})"},
        {"def f(a, b: T = 1, *, c) -> R: return a", "(def f (a b:T=1 /c) ->R {(return a)})"},
        {"def f[T, U](x: Vec(T)): pass", "(def f[T U] (x:(call Vec T)) {pass})"},
        {"@region\n@align(16)\ndef f(): ...", "(def @region @(call align 16) f () {pass})"},
        {"class A[T](B):\n  x = 1\n  def f(self): pass",
         "(class A[T] base=B {(= x 1); (def f (self) {pass})})"},
        {"struct P: x: f64; y: f64 = 1.0", "(struct P x:f64 y:f64=1.0)"},
        {"@align(8)\nstruct P:\n  'doc'\n  x: f64\n  def f(self): pass",
         "(struct @(call align 8) P x:f64 {(def f (self) {pass})})"},
        {"enum S: Circle(r: f64), Some(T), None_", "(enum S (Circle r:f64) (Some :T) (None_))"},
        {"extern def malloc(n: usize) -> &u8", "(extern-def malloc (n:usize) ->(& u8))"},
    });
}

TEST(parser, reads_patterns) {
    expect_trees({
        {"match x:\n case 1 | -2.5 | 'a' | None: a\n case _: b",
         "(match x (case (| 1 (- 2.5) \"a\" None) {a}) (case _ {b}))"},
        {"match x, y:\n case a, [b, *c], (d): e", "(match (tuple x y) (case (seq ?a (seq ?b *c) ?d) {e}))"},
        {"match x:\n case S.C(r, k=[*_]) as q if r > 1: e",
         "(match x (case (as (make (. S C) ?r k=(seq *)) q) if (compare r > 1) {e}))"},
        {"match x:\n case a.b: e\n case (p,): f", "(match x (case (. a b) {e}) (case (seq ?p) {f}))"},
        {"match (x):\n case y: e", "(match x (case ?y {e}))"},
    });
}

TEST(parser, reads_memory_statements) {
    expect_trees({
        {"keep x with y, z using a", "(keep x with y z using=a)"},
        {"keep x", "(keep x)"},
        {"keep s.x using a", "(keep (. s x) using=a)"},
        {"region:\n  x", "(region {x})"},
        {"unsafe: x", "(unsafe {x})"},
        {"defer free(x)", "(defer (call free x))"},
        {"defer x | deinit(_)", "(defer (pipe x (call deinit $)))"},
        {"let x: T = 1", "(let x :T 1)"},
        {"const N = 1", "(const N 1)"},
        {"static s: int = 1", "(static s :int 1)"},
        {"import a as b, c", "(import a b)\n(import c)"},
        {"x = Node(1) using a", "(= x (using (call Node 1) a))"},
        {"p = spawn f(&x, move(y))", "(= p (spawn (call f (& x) (call move y))))"},
        {"f(&x, ~&y.z)", "(call f (& x) (~& (. y z)))"},
        {"a & ~b", "(& a (~ b))"},
        {"a & ~&b", "(& a (~& b))"},
        {"f(A() using a if c else B() using b)", "(call f (if c (using (call A) a) (using (call B) b)))"},
    });
}

TEST(parser, tells_pipes_from_bit_or) {
    expect_trees({
        {"a | f(_, 3)", "(pipe a (call f $ 3))"},
        {"a | f(&_) | o.g(x, k=~&_)", "(pipe (pipe a (call f (& $))) (call (. o g) x k=(~& $)))"},
        {"a | f(b)", "(| a (call f b))"},
        {"a | f(_ + 1)", "(| a (call f (+ _ 1)))"},
        {"a | _", "(| a _)"},
        {"a | f(g(_))", "(| a (call f (call g _)))"},
        {"a | keep _ with r, s using p | g(_)", "(pipe (pipe a (keep r s using=p)) (call g $))"},
        {"a | keep", "(| a keep)"},
        {"_ = f(_)", "(= _ (call f _))"},
    });
}

TEST(parser, memory_words_are_names_elsewhere) {
    for (const char* word :
         {"keep", "move",  "let",   "using",  "region", "defer",  "free",   "clone", "spawn", "struct",
          "enum", "match", "const", "static", "import", "unsafe", "extern", "case",  "type",  "with_"}) {
        const std::string name = word;
        EXPECT_EQ(tree(name + " = 3"), "(= " + name + " 3)\n");
        EXPECT_EQ(tree(name + "(x)"), "(call " + name + " x)\n");
        EXPECT_EQ(tree(name + ".x = 1"), "(= (. " + name + " x) 1)\n");
        EXPECT_EQ(tree(name + "[0] += 1"), "(+= (index " + name + " 0) 1)\n");
        EXPECT_EQ(tree("f(" + name + ", k=" + name + ")"), "(call f " + name + " k=" + name + ")\n");
        EXPECT_EQ(tree("x = " + name + " + 1 if " + name + " else -" + name),
                  "(= x (if " + name + " (+ " + name + " 1) (- " + name + ")))\n");
        EXPECT_EQ(tree("def " + name + "(" + name + "): return " + name),
                  "(def " + name + " (" + name + ") {(return " + name + ")})\n");
        EXPECT_EQ(tree("for " + name + " in " + name + ": " + name),
                  "(for " + name + " " + name + " {" + name + "})\n");
    }
    EXPECT_EQ(tree("match[x:y]"), "(index match (slice x y -))\n");
    EXPECT_EQ(tree("match - x"), "(- match x)\n");
    EXPECT_EQ(tree("x.match.struct"), "(. (. x match) struct)\n");
}

/// The source under the span of the first statement's value.
std::string value_text(const std::string& text) {
    const Parsed parsed(text);
    EXPECT_TRUE(parsed.errors.empty()) << parsed.messages();
    return std::string(parsed.sources.excerpt(as<ExprStmt>(parsed.module.body[0]).value->span));
}

TEST(parser, spans_cover_what_python_covers) {
    EXPECT_EQ(value_text("(a) + (b) # c"), "(a) + (b)");
    EXPECT_EQ(value_text("(a)(b) "), "(a)(b)");
    EXPECT_EQ(value_text("(a, b) "), "(a, b)");
    EXPECT_EQ(value_text("(a) "), "a");
    EXPECT_EQ(value_text("a . b"), "a . b");
    EXPECT_EQ(value_text("not (a)"), "not (a)");
    EXPECT_EQ(value_text("[a for b in c ]"), "[a for b in c ]");
    EXPECT_EQ(value_text("'a'  'b' "), "'a'  'b'");
    EXPECT_EQ(value_text("a[1:2 ]"), "a[1:2 ]");
    EXPECT_EQ(value_text("lambda x: (x) "), "lambda x: (x)");
    const Parsed call("f(x for x in y)");
    const auto& made = as<CallExpr>(as<ExprStmt>(call.module.body[0]).value);
    EXPECT_EQ(call.sources.excerpt(made.arguments[0].value->span), "(x for x in y)");
    const Parsed field("f'ab{x.y}c'");
    const auto& parts = as<FStringExpr>(as<ExprStmt>(field.module.body[0]).value).parts;
    EXPECT_EQ(field.sources.excerpt(parts[1].value->span), "x.y");
}

TEST(parser, statement_spans_cover_the_header_of_a_block) {
    const Parsed parsed("if a:\n  b\nx = 1  # c\n");
    EXPECT_EQ(parsed.sources.excerpt(parsed.module.body[0]->span), "if a:");
    EXPECT_EQ(parsed.sources.excerpt(parsed.module.body[1]->span), "x = 1");
}

}  // namespace
}  // namespace harness::lang
