// Wrong programs and what is said of them: place, name and message, and that one mistake gives one message.
#include <gtest/gtest.h>

#include "tests/lang/syntax/parsed.hpp"

namespace harness::lang {
namespace {

struct Wrong {
    std::string text;
    std::string expected;  ///< "LINE:COLUMN message", one line for each error
};

const std::vector<Wrong>& expressions() {
    static const std::vector<Wrong> cases = {
        {"x =", "1:4 expected an expression"},
        {"x = 1 +", "1:8 expected an expression"},
        {"x = = 1", "1:5 expected an expression, found '='"},
        {"x = )", "1:5 unmatched ')'"},
        {"x = (]", "1:6 closing bracket ']' does not match opening parenthesis '('"},
        {"x = {)", "1:6 closing parenthesis ')' does not match opening brace '{'"},
        {"x = (1, 2", "1:5 '(' was never closed"},
        {"x = f(1\ny = 2\n", "1:6 '(' was never closed"},
        {"x = [1 2]", "1:8 expected ',' or ']', found '2'"},
        {"f(a b)", "1:5 expected ',' or ')', found 'b'"},
        {"x = 'abc", "1:5 unterminated string literal"},
        {"x = 'abc\ny = 1", "1:5 unterminated string literal"},
        {"x = '''abc\n", "1:5 unterminated triple-quoted string literal"},
        {"x = 012", "1:5 leading zeros in decimal integer literals are not permitted"},
        {"x = 0x", "1:5 invalid hexadecimal literal"},
        {"x = 0b12", "1:5 invalid binary literal"},
        {"x = 0o8", "1:5 invalid octal literal"},
        {"x = 1a", "1:5 invalid decimal literal"},
        {"x = 1__0", "1:5 invalid decimal literal"},
        {"x = 2j", "1:5 complex numbers are not part of the language"},
        {"x = {1, 2}", "1:5 sets are not part of the language"},
        {"x = {a for a in b}", "1:5 sets are not part of the language"},
        {"x = {1: 2, 3}", "1:5 sets are not part of the language"},
        {"f(a=1, b)", "1:8 positional argument follows keyword argument"},
        {"f(**a, b)", "1:8 positional argument follows keyword argument unpacking"},
        {"f(a=1, a=2)", "1:8 keyword argument repeated: a"},
        {"f(1=2)", "1:3 expression cannot contain assignment, perhaps you meant \"==\"?"},
        {"f(x for x in y, 1)", "1:2 Generator expression must be parenthesized"},
        {"x = a && b", "1:7 '&&' is not an operator"},
        {"x = a || b", "1:7 '||' is not an operator"},
        {"x = !a", "1:5 '!' is not an operator"},
        {"x++", "1:2 '++' is not an operator"},
        {"x--", "1:2 '--' is not an operator"},
        {"x = a <> b", "1:7 '<>' is not an operator"},
        {"x = a === b", "1:7 '===' is not an operator"},
        {"x = a !== b", "1:7 '!==' is not an operator"},
        {"x = a ? b : c", "1:7 unexpected character '?'"},
        {"x = $a", "1:5 unexpected character '$'"},
        {"x = a if b", "1:11 expected 'else' after the condition of a conditional expression"},
        {"x = a not b", "1:7 expected 'in' after 'not'"},
        {"x = a.", "1:7 expected a name after '.'"},
        {"x = a.class", "1:7 'class' is a keyword and cannot name an attribute"},
        {"x = a[]", "1:6 expected an index between the brackets"},
        {"x = *a", "1:5 can't use starred expression here"},
        {"x = [a for b c]", "1:13 expected 'in' after the target of 'for'"},
        {"x = lambda a a", "1:13 expected ':' after the parameters of the lambda"},
        {"x = (a.b := 3)", "1:6 only a name can stand before ':='"},
        {"x = yield 3", "1:5 'yield' is not part of the language"},
        {"x = await f()", "1:5 'await' is not part of the language"},
        {"a | f(_, _)", "1:10 a pipe's stage takes the value once"},
        {"x = “a”", "1:5 invalid character '“'"},
        {"größe = 1", "1:3 invalid character 'ö'"},
        {"x = 1 \\ 2", "1:7 unexpected character after line continuation character"},
        {"x = '\\x4'", "1:6 truncated \\x escape"},
        {"x = '\\N{BULLET}'", "1:6 \\N escapes are not part of the language"},
        {"x = '\\ud800'", "1:6 the escape names no Unicode character"},
        {"x = '\\777'", "1:6 octal escape is greater than a byte"},
        {"f'{}'", "1:3 f-string: empty expression not allowed"},
        {"f'{a'", "1:3 f-string: expecting '}'"},
        {"f'}'", "1:3 f-string: single '}' is not allowed"},
        {"f'{a!x}'", "1:6 f-string: invalid conversion character: expected 's', 'r', or 'a'"},
        {"f'{a +}'", "1:7 expected an expression, found '}'"},
        {"x = spawn y", "1:11 'spawn' starts a call"},
    };
    return cases;
}

const std::vector<Wrong>& statements() {
    static const std::vector<Wrong> cases = {
        {"if x > 3\n    y\n", "1:9 expected ':' after the condition"},
        {"if x > 3\n    y\nelse:\n    z\n", "1:9 expected ':' after the condition"},
        {"if x = 3:\n    y\n", "1:6 unexpected '=' in the condition"},
        {"while x {\n    y\n", "1:9 expected ':' after the condition, found '{'"},
        {"while x\n    y", "1:8 expected ':' after the condition"},
        {"for x of y:\n    z", "1:7 expected 'in' after the target of 'for'"},
        {"for x in y\n    z", "1:11 expected ':' after the iterable"},
        {"for f() in y: z", "1:5 cannot assign to function call"},
        {"else if x:\n    y", "1:1 'else' without a matching 'if'"},
        {"if x:\n    y\nelse if z:\n    w", "3:1 expected ':' after 'else', found 'if'"},
        {"if x:\ny\n", "2:1 expected an indented block after 'if' statement on line 1"},
        {"def f():\n", "1:1 expected an indented block after function definition on line 1"},
        {"x = 1\n    y = 2\n", "2:1 unexpected indent"},
        {"if x:\n        y\n    z\n", "3:1 unindent does not match any outer indentation level"},
        {"if x:\n\ty\n", "2:1 tab in indentation"},
        {"print x", "1:1 Missing parentheses in call to 'print'. Did you mean print(...)?"},
        {"print 'a'", "1:1 Missing parentheses in call to 'print'. Did you mean print(...)?"},
        {"function f(x)", "1:1 'function' does not begin a statement"},
        {"var x = 3", "1:1 'var' does not begin a statement"},
        {"// comment", "1:1 expected an expression, found '//'"},
        {"1 = x", "1:1 cannot assign to literal"},
        {"f() = x", "1:1 cannot assign to function call"},
        {"a + b = x", "1:1 cannot assign to expression"},
        {"None = x", "1:1 cannot assign to None"},
        {"a, 1 = x", "1:4 cannot assign to literal"},
        {"x += y = 1", "1:8 unexpected '='"},
        {"a, b += 1", "1:1 'tuple' is an illegal expression for augmented assignment"},
        {"*a = b", "1:1 starred assignment target must be in a list or tuple"},
        {"*a, *b = c", "1:5 multiple starred expressions in assignment"},
        {"a, b: int = 1", "1:1 only single target (not tuple) can be annotated"},
        {"f(): int = 1", "1:1 illegal target for annotation"},
        {"x y", "1:3 expected the end of the statement, found 'y'"},
        {"x:", "1:2 unexpected ':'"},
        {"del f()", "1:5 cannot delete function call"},
        {"return 3", "1:1 'return' outside function"},
        {"break", "1:1 'break' outside loop"},
        {"continue", "1:1 'continue' not properly in loop"},
        {"while x:\n    def f(): break", "2:14 'break' outside loop"},
        {"def f(a, a): pass", "1:10 duplicate argument 'a' in function definition"},
        {"def f(a=1, b): pass", "1:12 non-default argument follows default argument"},
        {"def f(*): pass", "1:7 named arguments must follow bare *"},
        {"def f(a, /): pass", "1:10 positional-only parameters are not part of the language"},
        {"def f(**k, a): pass", "1:12 arguments cannot follow var-keyword argument"},
        {"def f(&x): pass", "1:7 a parameter is a plain name"},
        {"def f: pass", "1:6 expected '(' after the function's name"},
        {"def f()\n    pass", "1:8 expected ':' after the parameters"},
        {"def class(): pass", "1:5 expected a function's name after 'def', found the keyword 'class'"},
        {"class A(B, C): pass", "1:12 a class has one base class"},
        {"class A(metaclass=M): pass", "1:9 metaclasses are not part of the language"},
        {"@a\nx = 1", "2:1 expected a definition after the decorator, found 'x'"},
        {"struct P:\n    x\n", "2:6 expected ':' and a type after the field's name"},
        {"struct P:\n    x: f64\n    x: f64\n", "3:5 duplicate field 'x'"},
        {"enum E:\n    A, A\n", "2:8 duplicate variant 'A'"},
        {"extern def f(): pass", "1:15 an extern function has no body"},
        {"match x:\n    a = 1\n", "2:5 expected 'case', found 'a'"},
        {"match x:\n    case [*a, *b]: y\n", "2:15 multiple starred names in sequence pattern"},
        {"match x:\n    case A(k=1, 2): y\n", "2:17 positional patterns follow keyword patterns"},
        {"try:\n    x\ny\n", "1:1 expected 'except' or 'finally' block"},
        {"try:\n    x\nexcept A, B:\n    y\n", "3:8 multiple exception types must be parenthesized"},
        {"try:\n    x\nexcept:\n    y\nexcept A:\n    z\n", "5:1 default 'except:' must be last"},
        {"except A:\n    x\n", "1:1 'except' without a matching 'try'"},
        {"async def f():\n    pass\n", "1:1 'async' is not part of the language"},
        {"with open(x) as f:\n    pass\n", "1:1 'with' statements are not part of the language"},
        {"from a import b", "1:1 'from … import' is not part of the language"},
        {"import a.b", "1:8 a module's name has no dots"},
        {"let x", "1:6 expected '=' and a value after the name of 'let'"},
        {"const N: int", "1:13 expected '=' and a value after the name of 'const'"},
        {"defer return", "1:7 'return' cannot be deferred"},
        {"defer defer x", "1:7 'defer' cannot defer a 'defer'"},
        {"if x: if y: z", "1:7 'if' must begin a line of its own"},
        {std::string("x = 1\ny\0", 8), "2:2 source code cannot contain NUL bytes"},
        {"x = '\xff'", "1:6 invalid UTF-8 in the source text"},
        {"x = 1\ry = 2", "1:6 carriage return without a line feed"},
        {"x = \x01", "1:5 unexpected control character"},
    };
    return cases;
}

TEST(errors, name_place_and_cause_in_expressions) {
    for (const Wrong& each : expressions())
        EXPECT_EQ(Parsed(each.text).places(), each.expected + "\n") << each.text;
}

TEST(errors, name_place_and_cause_in_statements) {
    for (const Wrong& each : statements())
        EXPECT_EQ(Parsed(each.text).places(), each.expected + "\n") << each.text;
}

TEST(errors, are_all_called_syntax_errors) {
    for (const auto* table : {&expressions(), &statements()}) {
        for (const Wrong& each : *table) {
            for (const Diagnostic& error : Parsed(each.text).errors) EXPECT_EQ(error.name, "SyntaxError");
        }
    }
}

TEST(errors, look_as_the_reference_shows_them) {
    EXPECT_EQ(Parsed("\n\nif x > 3\n    y\n").messages(),
              "t.src:3:9: error[SyntaxError]: expected ':' after the condition\n"
              "    if x > 3\n"
              "            ^\n"
              "help: write 'if x > 3:'\n");
    EXPECT_EQ(Parsed("if x = 3:\n    y\n").messages(),
              "t.src:1:6: error[SyntaxError]: unexpected '=' in the condition\n"
              "    if x = 3:\n"
              "         ^\n"
              "help: use '==' to compare\n");
}

TEST(errors, several_are_told_at_a_time_and_none_twice) {
    const Parsed parsed(
        "def f(x\n    return x\n\nif a > 1\n    b = = 2\n    c = 3\nelif c:\n    d\nelse:\n    e)\n"
        "class A:\n    def g(self):\n        return 1 +\n    x = 'a\nf(1,\n  2\ny = 3\n");
    EXPECT_EQ(parsed.places(),
              "1:6 '(' was never closed\n"
              "4:9 expected ':' after the condition\n"
              "5:9 expected an expression, found '='\n"
              "10:6 unmatched ')'\n"
              "13:19 expected an expression\n"
              "14:9 unterminated string literal\n"
              "15:2 '(' was never closed\n");
}

TEST(errors, a_wrong_header_does_not_blame_its_body) {
    EXPECT_EQ(Parsed("def f(x)\n    return x\ny = 1\n").places(), "1:9 expected ':' after the parameters\n");
    EXPECT_EQ(Parsed("while x\n    break\nelse:\n    y\n").places(),
              "1:8 expected ':' after the condition\n");
    EXPECT_EQ(Parsed("enum E\n    A(r: f64)\n    B\nx = 1\n").places(),
              "1:7 expected ':' after the enum's name\n");
    EXPECT_EQ(Parsed("match x\n    case A(r): y\n    case _: z\n").places(),
              "1:8 expected ':' after the value of 'match'\n");
    EXPECT_EQ(Parsed("try\n    x\nexcept A:\n    y\nfinally:\n    z\n").places(),
              "1:4 expected ':' after 'try'\n");
}

TEST(errors, stop_after_twenty) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "x = = 1\n";
    EXPECT_EQ(Parsed(text).errors.size(), 20U);
}

TEST(errors, come_in_source_order) {
    const Parsed parsed("f(\nx = = 1\ny = = 2\n");
    for (std::size_t i = 1; i < parsed.errors.size(); ++i) {
        EXPECT_LE(parsed.errors[i - 1].span.begin, parsed.errors[i].span.begin);
    }
}

}  // namespace
}  // namespace harness::lang
