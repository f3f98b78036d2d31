// What `harness run --layout` prints, and that the order of fields that it praises is the best one.
#include "lang/layout/draw.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "lang/layout/order.hpp"
#include "tests/lang/layout/declared.hpp"

namespace harness::lang {

namespace {

TEST(Draw, a_struct_is_a_table_a_map_and_advice) {
    Declared declared("struct Example:\n    a: u8\n    b: u32\n    c: u16\n");
    EXPECT_EQ(draw(declared.of("Example"), 64), R"(Example: 12 bytes, alignment 4, on 64 bits

  offset    size
       0       1  a  a: u8
       1       3  .  padding
       4       4  b  b: u32
       8       2  c  c: u16
      10       2  .  padding

       0  a...bbbb
       8  cc..

7 bytes of data, 5 of padding.
In the order b, c, a it has 8 bytes, 4 fewer.
)");
}

TEST(Draw, variants_lie_over_each_other) {
    Declared declared("enum Shape:\n    Circle(r: f32)\n    Empty\n");
    EXPECT_EQ(draw(declared.of("Shape"), 64), R"(Shape: 8 bytes, alignment 4, on 64 bits

  offset    size
       0       1  a  tag
       0       8     Circle
       1       3  .    padding
       4       4  b    r: f32
       0       8     Empty

  Circle
       0  a...bbbb

  Empty
       0  a.......

5 bytes of data, 3 of padding.
)");
}

TEST(Draw, nothing_is_said_of_an_order_that_saves_nothing) {
    Declared declared(
        "struct Good:\n    b: u32\n    c: u16\n    a: u8\nstruct Tail:\n    a: u8\n    b: u32\n");
    EXPECT_EQ(draw(declared.of("Good"), 64).find("In the order"), std::string::npos);
    EXPECT_EQ(draw(declared.of("Tail"), 64).find("In the order"), std::string::npos);
}

TEST(Draw, a_type_within_is_told_of_too) {
    Declared declared(
        "struct In:\n    a: u8\n    b: u32\n    c: u8\nstruct Out:\n    first: In\n    second: [In; 2]\n");
    const std::string text = draw(declared.of("Out"), 64);
    EXPECT_NE(text.find("In the order b, a, c In has 8 bytes, 4 fewer.\n"), std::string::npos) << text;
}

TEST(Draw, what_is_large_or_doubles_at_each_level_is_cut) {
    std::string text = "struct S0:\n    a: u8\n    b: u8\n";
    for (int i = 1; i < 40; ++i) {
        const std::string inner = "S" + std::to_string(i - 1);
        text.append("struct S").append(std::to_string(i)).append(":\n    a: ").append(inner);
        text.append("\n    b: ").append(inner).append("\n");
    }
    Declared declared(text);
    const std::string drawn = draw(declared.of("S39"), 64);
    EXPECT_NE(drawn.find("more rows are left out"), std::string::npos);
    EXPECT_NE(drawn.find("more bytes"), std::string::npos);
    EXPECT_LT(drawn.size(), 30'000U);
}

TEST(Order, no_permutation_of_the_fields_is_smaller) {
    const char* types[] = {"u8",       "u16",   "u32",        "u64",    "[u8; 3]",
                           "[u16; 5]", "Inner", "Option(u8)", "[u8; 0]"};
    for (unsigned seed = 1; seed <= 60; ++seed) {
        std::mt19937 random(seed);
        const std::size_t count = 1 + random() % 6;
        std::string text = "struct Inner:\n    a: u8\n    b: u32\nstruct S:\n";
        for (std::size_t i = 0; i < count; ++i)
            text += "    f" + std::to_string(i) + ": " + types[random() % std::size(types)] + "\n";
        Declared declared(text);
        const LayoutType& type = declared.of("S");
        std::vector<std::size_t> order(count);
        std::iota(order.begin(), order.end(), 0U);
        std::uint64_t best = type.size;
        do {
            std::uint64_t end = 0;
            for (const std::size_t i : order)
                end = align_up(end, type.fields[i].type->align) + type.fields[i].type->size;
            best = std::min(best, align_up(end, type.align));
        } while (std::next_permutation(order.begin(), order.end()));
        EXPECT_EQ(better_order(type).size, best) << "seed " << seed << "\n" << text;
    }
}

}  // namespace

}  // namespace harness::lang
