// Any bytes give a tree or located errors, in bounded time, memory and C stack. Texts are cut, mutated,
// nested and blown up here; the seed of the random ones is fixed, so a failure repeats by running the test
// again.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <random>

#include "lang/python/to_python.hpp"
#include "tests/lang/syntax/parsed.hpp"

namespace harness::lang {
namespace {

constexpr std::string_view program = R"(# A bit of everything.
import math as m
@region
def first[T](xs: Vec(T), *rest, key=None, **more) -> Option(T):
    let best: int = 0
    for i, (a, *b) in enumerate(xs):
        if a < best <= 3 and not b or a is None: continue
        elif (n := len(b)) > 3:
            best += n ** -2 // 1_000
        else: break
    else:
        return [x * y for x in xs if x for y in x[1:2:3]]
    try:
        raise ValueError(f"{best!r:>{n}.3f} {{}} {xs[0]=}") from None
    except (A, B) as e:
        defer free(xs)
    finally:
        keep xs with rest, more using a
    return part | f(&_, 3)
        | g(~&_) | keep _ with xs
struct P: x: f64; y: f64 = 1.5e3
enum Shape:
    Circle(r: f64)
    Empty
match shape:
    case Shape.Circle(r, k=[1 | -2, *_]) as c if r > 0: pass
    case _:
        region:
            d = {"a": 0xff, **{k: v for k, v in {}.items()}}
x, *y = z = lambda q, r=1: q if r else (yes, "a" 'b\x41')
extern def malloc(n: usize) -> &u8
unsafe: p.read_u8(spawn f(&x))
)";

/// A tree or errors that lie within the text; the tree can be walked.
void expect_sane(std::string text) {
    const std::size_t size = text.size();
    const Parsed parsed(std::move(text));
    if (parsed.errors.empty()) static_cast<void>(parsed.tree());
    for (const Diagnostic& each : parsed.errors) {
        ASSERT_GE(each.span.begin, parsed.base)
            << each.message << parsed.sources.text(parsed.base).substr(0, 80);
        ASSERT_LE(each.span.begin, each.span.end);
        ASSERT_LE(each.span.end, parsed.base + size);
        ASSERT_NE(parsed.sources.place(each.span.begin).line, 0U);
    }
    static_cast<void>(parsed.messages());
    ASSERT_LE(parsed.errors.size(), 20U);
}

TEST(robustness, the_program_is_correct) { EXPECT_EQ(Parsed(std::string(program)).messages(), ""); }

TEST(robustness, every_prefix_and_suffix_is_survived) {
    for (std::size_t i = 0; i <= program.size(); ++i) {
        expect_sane(std::string(program.substr(0, i)));
        expect_sane(std::string(program.substr(i)));
    }
}

TEST(robustness, every_program_without_one_byte_is_survived) {
    for (std::size_t i = 0; i < program.size(); ++i) {
        std::string text(program);
        text.erase(i, 1);
        expect_sane(std::move(text));
    }
}

TEST(robustness, random_mutations_are_survived) {
    constexpr unsigned seed = 20'260'101;
    constexpr std::string_view bytes = "()[]{}:;,.'\"\\\n \t#=!&|~*+-<>@_0a\r\xc3\x80{f";
    std::mt19937 random(seed);
    for (int round = 0; round < 4000; ++round) {
        std::string text(program);
        const auto changes = 1 + random() % 8;
        for (unsigned i = 0; i < changes; ++i) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0:
                    text[at] = bytes[random() % bytes.size()];
                    break;
                case 1:
                    text.insert(at, 1, bytes[random() % bytes.size()]);
                    break;
                case 2:
                    text.erase(at, 1 + random() % 20);
                    break;
                default:
                    text.insert(at, text.substr(random() % text.size(), random() % 40));
                    break;
            }
            if (text.empty()) text = "x";
        }
        expect_sane(std::move(text));
    }
}

std::string repeated(std::string_view part, std::size_t count) {
    std::string text;
    text.reserve(part.size() * count);
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
}

TEST(robustness, nesting_bombs_are_told) {
    const std::vector<std::string> bombs = {
        repeated("(", 100'000),
        "x = " + repeated("[", 100'000) + repeated("]", 100'000),
        "x = " + repeated("-", 100'000) + "1",
        "x = " + repeated("not ", 100'000) + "1",
        "x = " + repeated("lambda: ", 100'000) + "1",
        "x = " + repeated("1 + ", 100'000) + "1",
        "x" + repeated(".a", 100'000),
        "x" + repeated("()", 100'000),
        "x" + repeated("[0]", 100'000),
        "x = " + repeated("a if b else ", 100'000) + "1",
        "x = " + repeated("2 ** ", 100'000) + "1",
        "x" + repeated(" | f(_)", 100'000),
        "x = " + repeated("~&", 100'000) + "x",
        "x = " + repeated("f'{", 100'000),
        "x = f'" + repeated("{a:", 1000) + repeated("}", 1000) + "'",
        "match x:\n case " + repeated("[", 100'000) + ": y",
        "match x:\n case " + repeated("A(", 100'000) + ": y",
        "x = " + repeated("{1: ", 100'000),
        "x = (" + repeated("a := ", 100'000) + "1)",
        "x: " + repeated("&", 100'000) + "T",
        "x = " + repeated("spawn ", 100'000) + "f()",
        repeated("defer ", 100'000) + "x",
        "x = " + repeated("((", 100) + repeated("-", 100) + "1" + repeated("))", 100),
    };
    for (const std::string& bomb : bombs) {
        const Parsed parsed(bomb);
        EXPECT_FALSE(parsed.errors.empty()) << bomb.substr(0, 40);
        static_cast<void>(parsed.messages());
    }
    std::string blocks;
    for (std::size_t i = 0; i < 500; ++i) blocks += std::string(i, ' ') + "if a:\n";
    EXPECT_NE(Parsed(blocks).messages().find("blocks nested too deeply"), std::string::npos);
    EXPECT_NE(Parsed(bombs[0]).messages().find("brackets nested too deeply"), std::string::npos);
    EXPECT_NE(Parsed(bombs[5]).messages().find("expression nested too deeply"), std::string::npos);
}

TEST(robustness, machine_made_code_is_accepted) {
    const std::vector<std::string> texts = {
        "x = " + repeated("1 + ", 1500) + "1\n",
        repeated("x = 1\n", 10'000),
        "x = [" + repeated("1, ", 100'000) + "]\n",
        "if a: b\n" + repeated("elif a: b\n", 5000),
        "x = " + repeated("a if b else ", 1500) + "c\n",
        "x = " + repeated("(", 190) + "1" + repeated(")", 190) + "\n",
        "x = " + repeated("a and ", 100'000) + "b\n",
        "x = 'a'" + repeated(" 'a'", 10'000) + "\n",
        "x" + repeated(".f()", 900) + "\n",
        "f(" + repeated("a, ", 50'000) + ")\n",
    };
    for (const std::string& text : texts) {
        const Parsed parsed(text);
        EXPECT_EQ(parsed.messages(), "") << text.substr(0, 40);
        EXPECT_FALSE(parsed.tree().empty());
        SourceMap sources;
        std::vector<Diagnostic> errors;
        EXPECT_FALSE(to_python(text, "t.src", sources, errors).empty());
    }
    std::string blocks;
    for (std::size_t i = 0; i < 100; ++i) blocks += std::string(i, ' ') + "if a:\n";
    blocks += std::string(100, ' ') + "b\n";
    EXPECT_EQ(Parsed(blocks).messages(), "");
}

/// The process's peak of resident memory so far, in KiB.
long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

TEST(robustness, a_mebibyte_of_anything_takes_little_time_and_memory) {
    constexpr std::size_t mebibyte = std::size_t{1} << 20;
    for (const std::string_view part :
         {"a;",          "1,",        "a,",       "[],",          "a+",      "(",
          ")",           "(\n",       "'",        "\"\"\"",       "\\\n",    "\n",
          "#",           " ",         "a\n",      "x\n y\n",      "f'{a}'",  "{a}",
          "a:a,",        "|f(_)",     "if a\n",   "else:\n",      "@a\n",    "match(\n",
          "match (x)\n", "global a,", "0x",       "1_",           "..",      "a=",
          "é",           "\r",        "keep a\n", "a if b else ", "lambda:", "def f(a):pass\n",
          "class A:x\n", "f(a=a,",    "f(a,",     "import a,",    "f'{",     "for a in b:c\n"}) {
        for (const std::string_view head : {"", "x = [", "x = f'", "f("}) {
            const std::string text = std::string(head) + repeated(part, mebibyte / part.size());
            const auto start = std::chrono::steady_clock::now();
            expect_sane(text);
            const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
            EXPECT_LT(taken.count(), 5.0) << head << part;
        }
    }
    // The trees themselves stay near 50 MiB; dumps of them, which this test also makes, are included here.
    EXPECT_LT(peak_kib(), 1024 * 1024);
}

}  // namespace
}  // namespace harness::lang
