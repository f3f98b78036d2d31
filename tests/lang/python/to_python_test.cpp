// Translated programs run under python3 and must print what the program means; what Python cannot say is
// refused.
#include "lang/python/to_python.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace harness::lang {
namespace {

/// A folder of its own for one test, removed at its end.
class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "to_python_XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string write(const std::string& name, const std::string& text) const {
        std::string path = (path_ / name).string();
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    std::string path(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

struct Ran {
    std::string output;
    int exit_code = -1;
};

Ran run_python(const Folder& folder, const std::string& python, const std::string& arguments) {
    const std::string path = folder.write("program.py", python);
    Ran ran;
    std::FILE* pipe = popen(("/usr/bin/python3 '" + path + "' " + arguments + " 2>&1").c_str(), "r");
    char buffer[4096];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) ran.output.append(buffer, got);
    ran.exit_code = WEXITSTATUS(pclose(pipe));
    return ran;
}

Ran translate_and_run(const Folder& folder, const std::string& source, const std::string& arguments = "") {
    SourceMap sources;
    std::vector<Diagnostic> errors;
    const std::string python = to_python(source, folder.path("main.src"), sources, errors);
    for (const Diagnostic& each : errors) ADD_FAILURE() << render(each, sources);
    return run_python(folder, python, arguments);
}

std::string output_of(const std::string& source, const std::string& arguments = "") {
    const Folder folder;
    return translate_and_run(folder, source, arguments).output;
}

/// The messages for a program that Python cannot say.
std::string refused(const std::string& source) {
    SourceMap sources;
    std::vector<Diagnostic> errors;
    EXPECT_EQ(to_python(source, "main.src", sources, errors), "");
    std::string text;
    for (const Diagnostic& each : errors) text += render(each, sources);
    return text;
}

TEST(to_python, runs_the_portable_program) {
    EXPECT_EQ(output_of(R"(class Node:
    def __init__(self, key):
        self.key = key
        self.left = None
        self.right = None

def insert(root, key):
    at = root
    while True:
        if key < at.key:
            if at.left is None:
                at.left = Node(key)
                return
            at = at.left
        else:
            if at.right is None:
                at.right = Node(key)
                return
            at = at.right

def total(t):
    if t is None:
        return 0
    return t.key + total(&t.left) + total(&t.right)

tree = Node(50)
for k in [30, 70, 20, 40]:
    insert(&tree, k)
print(total(&tree))
deinit(tree)
)"),
              "210\n");
}

TEST(to_python, erases_memory_statements) {
    EXPECT_EQ(output_of(R"(
def f(xs):
    region:
        ys = clone(xs)
        ys.append(4)
        keep ys with xs
    free(xs)
    return move(ys)
a = [1, 2]
a := [1, 2, 3] using pool
b = f(~&a)
print(a, b)
free(b[0])
deinit(a)
try:
    print(a)
except NameError as e:
    print(e)
const N: int = 3
static M = N + 1
x: float = 3
print(N, M, x)
def g(y: float) -> float:
    return y
print(g(1))
)"),
              "[1, 2, 3] [1, 2, 3, 4]\nname 'a' is not defined\n3 4 3.0\n1.0\n");
}

TEST(to_python, keeps_a_name_alive_that_only_python_would_make_local) {
    EXPECT_EQ(output_of("a = [1]\ndef f():\n    free(a)\n    return 1\nprint(f(), a)\n"), "1 [1]\n");
}

TEST(to_python, own_definitions_win_over_memory_words) {
    EXPECT_EQ(output_of("def free(x):\n    return x + 1\ndef move(x): return -x\nprint(free(1), "
                        "move(2))\nkeep = 3\nprint(keep)\n"),
              "2 -2\n3\n");
}

TEST(to_python, writes_pipes_as_calls_in_order) {
    EXPECT_EQ(output_of(R"(
def say(x, n=0):
    print("say", x, n)
    return x + n
class Box:
    def put(self, a, b):
        return a * 10 + b
def side(x):
    print("side", x)
    return x
box = Box()
print(1 | say(&_, 2) | say(_))
print(side(3) | box.put(side(4), _))
r = [1]
z = 5 | keep _ with r | say(~&_, n=1) | clone(_)
print(z)
z | deinit(_)
6 | say(_) | deinit(_)
print([x | say(_, 1) for x in range(2)])
print(1 | say(2 | say(_), n=_))
)"),
              "say 1 2\nsay 3 0\n3\nside 3\nside 4\n43\nsay 5 1\n6\nsay 6 0\nsay 0 1\nsay 1 1\n[1, 2]\nsay 2 "
              "0\nsay 2 1\n3\n");
}

TEST(to_python, runs_deferred_statements_last_first_however_the_function_is_left) {
    EXPECT_EQ(output_of(R"(
def f(n):
    total = n
    defer print("last", total)
    defer total += 1
    if n == 0:
        raise ValueError("zero")
    return n
print(f(1))
try:
    f(0)
except ValueError as e:
    print("caught", e)
xs = [1]
defer free(xs)
defer print("end", xs)
print("main")
)"),
              "last 2\n1\nlast 1\ncaught zero\nmain\nend [1]\n");
}

TEST(to_python, gives_let_names_a_block_of_their_own) {
    EXPECT_EQ(output_of(R"(
x = 1
if True:
    let x = x + 1
    print(x)
    def f(): return x
    def g(x): return x
    print(f(), g(9), [x for i in range(2)])
print(x)
def h(x):
    for i in range(2):
        let x = i * 10
        x += 1
        print(x)
    return x
print(h(5))
)"),
              "2\n2 9 [2, 2]\n1\n1\n11\n5\n");
}

TEST(to_python, reads_settings_and_arguments) {
    const std::string source =
        "print(param('n', 3), param('s', 'a'), param('f', 1.5), param('b', False), args)\n";
    EXPECT_EQ(output_of(source), "3 a 1.5 False []\n");
    EXPECT_EQ(output_of(source, "--set n=7 --set=s=x=y --set f=2 --set b=true one two"),
              "7 x=y 2.0 True ['one', 'two']\n");
}

TEST(to_python, inlines_imports) {
    const Folder folder;
    folder.write("shapes.src",
                 "import math\nimport units as u\ncount = 0\ndef area(r):\n    global count\n    count += 1\n"
                 "    return u.scale * math.floor(r) * \"\\\\\".count('\\\\')\n");
    folder.write("units.src", "scale = 10\n");
    EXPECT_EQ(translate_and_run(
                  folder, "import shapes as s\nimport units\nprint(s.area(2.5), s.count, units.scale)\n")
                  .output,
              "20 1 10\n");
}

TEST(to_python, names_a_missing_module) {
    EXPECT_EQ(refused("x = 1\nimport nothing\n"),
              "main.src:2:8: error[PythonError]: no module named 'nothing'\n"
              "    import nothing\n"
              "           ^^^^^^^\n"
              "help: put the file 'nothing.src' there\n");
}

TEST(to_python, defines_the_generators_exactly) {
    EXPECT_EQ(output_of(R"(
random_seed(42)
print([random_int(1, 6) for i in range(10)], random_int(-5, -5))
print(f"{random_float():.17f}")
print(wrap32(-1), wrap32(4294967301), mulmod(123456789, 987654321, 1000003))
print(hash48(0), hash48(1), hash48(-1), hash48(""), hash48("abc"))
)"),
              "[2, 2, 1, 1, 5, 1, 2, 3, 2, 3] -5\n0.49298918579469242\n4294967295 5 839324\n"
              "124314944585102 79736453088385 125811281333682 107480449332690 23027836417567\n");
}

TEST(to_python, exit_codes_pass_through) {
    const Folder folder;
    EXPECT_EQ(translate_and_run(folder, "exit(7)\n").exit_code, 7);
    EXPECT_EQ(translate_and_run(folder, "print(1)\n").exit_code, 0);
    EXPECT_EQ(translate_and_run(folder, "x = 1 // 0\n").exit_code, 1);
}

TEST(to_python, strings_are_bytes) {
    EXPECT_EQ(output_of("s = 'é'\nprint(len(s), s, '\\x41\\n\\t\"' + \"'\")\n"), "2 é A\n\t\"'\n");
}

TEST(to_python, keeps_f_strings) {
    EXPECT_EQ(output_of(R"(
w = 8
d = {"k": 3.14159}
x = 5
print(f"{x!r:>{w}}|{d['k']:{w}.2f}|{{}}|{x=}|{x = :03d}|{'a' + 'b'}|{x:=+4d}")
)"),
              "       5|    3.14|{}|x=5|x = 005|ab|+  5\n");
}

TEST(to_python, allows_deep_recursion) {
    EXPECT_EQ(output_of("def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nprint(f(50000))\n"
                        "class A:\n    def __init__(self, n):\n        self.next = A(n - 1) if n else None\n"
                        "a = A(5000)\nprint(a.next is None)\n"),
              "50000\nFalse\n");
}

TEST(to_python, lambdas_are_named_as_at_the_top_of_a_file) {
    EXPECT_EQ(output_of("f = lambda x: x\ntry:\n    f()\nexcept TypeError as e:\n    print(e)\n"),
              "<lambda>() missing 1 required positional argument: 'x'\n");
}

TEST(to_python, writes_match_statements) {
    EXPECT_EQ(output_of(R"(
def f(x):
    match x:
        case 0 | None: return "nothing"
        case [a, *rest] if a > 0: return rest
        case "s" as t: return t
        case (-1): return "minus"
        case _: return "other"
print(f(0), f([1, 2, 3]), f("s"), f(-1), f({}))
)"),
              "nothing [2, 3] s minus other\n");
}

TEST(to_python, a_file_s_names_are_its_own) {
    EXPECT_EQ(output_of("x = 1\ny = [2]\nclock = 3\ndef f(a):\n    return locals()\n"
                        "print(locals()[\"x\"], f(4))\nprint(sorted(locals()), sorted(globals()))\n"),
              "1 {'a': 4}\n['clock', 'f', 'x', 'y'] ['clock', 'f', 'x', 'y']\n");
}

TEST(to_python, refuses_what_python_cannot_say) {
    for (const char* source :
         {"b = allocate(8)", "a = create_arena(64)", "m = system.memory.page()", "enum E: A",
          "extern def f()", "unsafe: x = 1", "p = spawn f()", "q = qubit()", "c = channel(1)",
          "x = size_of(i32)", "f(allocate)", "def f():\n    return heap_get('a')"}) {
        const std::string text = refused(source);
        EXPECT_NE(text.find("error[PythonError]: "), std::string::npos) << source;
        EXPECT_NE(text.find("help: "), std::string::npos) << source;
    }
    EXPECT_NE(refused("x = = 1").find("error[SyntaxError]"), std::string::npos);
}

TEST(to_python, a_struct_is_a_class_that_prints_and_compares_as_one) {
    EXPECT_EQ(output_of("struct P:\n    x: f64\n    n: u8 = 3\n    def twice(self): return self.n * 2\n"
                        "p = P(1)\nprint(p, p.twice(), p == P(1.0, 3), P.default())\n"),
              "P(x=1.0, n=3) 6 True P(x=0.0, n=3)\n");
    EXPECT_EQ(output_of("struct Q:\n    x: f32\nq = Q(0.1)\ntry:\n    q.y = 1\n"
                        "except AttributeError as e:\n    print(q, e)\n"),
              "Q(x=0.10000000149011612) 'Q' object has no attribute 'y'\n");
}

TEST(to_python, own_names_are_not_refused) {
    EXPECT_EQ(output_of("def allocate(n): return n\nmemory = 3\nprint(allocate(2), memory)\n"), "2 3\n");
}

}  // namespace
}  // namespace harness::lang
