// Sizes, alignments and offsets, first of all those that seed 003 gives.
#include "lang/layout/layout_table.hpp"

#include "lang/layout/offsets.hpp"
#include "tests/lang/layout/declared.hpp"

namespace harness::lang {

namespace {

struct Figure {
    const char* type;
    std::uint64_t bytes_64, bytes_32;
};

TEST(Seed003, primitive_types_have_their_sizes_and_alignments_on_both_widths) {
    constexpr Figure figures[] = {{"i8", 1, 1},    {"u8", 1, 1},    {"i16", 2, 2},  {"u16", 2, 2},
                                  {"i32", 4, 4},   {"u32", 4, 4},   {"f32", 4, 4},  {"i64", 8, 8},
                                  {"u64", 8, 8},   {"f64", 8, 8},   {"bool", 1, 1}, {"char", 4, 4},
                                  {"isize", 8, 4}, {"usize", 8, 4}, {"str", 8, 4},  {"Box(i32)", 8, 4}};
    Declared wide(""), narrow("", 32);
    for (const Figure& figure : figures) {
        EXPECT_EQ(wide.of(figure.type).own_size, figure.bytes_64) << figure.type;
        EXPECT_EQ(wide.of(figure.type).align, figure.bytes_64) << figure.type;
        EXPECT_EQ(narrow.of(figure.type).own_size, figure.bytes_32) << figure.type;
        EXPECT_EQ(narrow.of(figure.type).align, figure.bytes_32) << figure.type;
    }
}

TEST(Seed003, its_example_has_12_bytes_with_padding) {
    Declared declared("struct Example:\n    a: u8\n    b: u32\n    c: u16\n");
    const LayoutType& example = declared.of("Example");
    EXPECT_EQ(example.own_size, 12U);
    EXPECT_EQ(example.align, 4U);
    EXPECT_EQ(example.data_size, 7U);
    EXPECT_EQ(offset_of(example, "a").offset, 0U);
    EXPECT_EQ(offset_of(example, "b").offset, 4U);
    EXPECT_EQ(offset_of(example, "c").offset, 8U);
}

TEST(Seed003, a_vec_is_a_descriptor_of_three_words) {
    EXPECT_EQ(Declared("").of("Vec(i32)").own_size, 24U);
    EXPECT_EQ(Declared("", 32).of("Vec(i32)").own_size, 12U);
    // What a field holds of it is a reference.
    EXPECT_EQ(Declared("struct Holder:\n    items: Vec(u8)\n").of("Holder").size, 8U);
}

TEST(Seed003, an_array_of_100_ints_has_400_bytes_and_one_of_a_million_4_megabytes) {
    Declared declared("");
    EXPECT_EQ(declared.of("[i32; 100]").own_size, 400U);
    EXPECT_EQ(declared.of("[i32; 1_000_000]").own_size, 4'000'000U);
}

TEST(Seed003, an_aligned_struct_begins_at_multiples_of_16) {
    Declared declared("@align(16)\nstruct Aligned:\n    data: [u8; 16]\n");
    EXPECT_EQ(declared.of("Aligned").align, 16U);
    EXPECT_EQ(declared.of("Aligned").size, 16U);
}

TEST(Seed003, an_enum_is_a_tag_padding_and_its_largest_variant) {
    Declared declared("enum Shape:\n    Circle(r: f64)\n    Square(side: f32)\n    Empty\n");
    const LayoutType& shape = declared.of("Shape");
    EXPECT_EQ(shape.tag_size, 1U);
    EXPECT_EQ(shape.size, 16U);
    EXPECT_EQ(offset_of(shape, "Circle.r").offset, 8U);
    EXPECT_EQ(declared.of("Option(u8)").size, 2U);
    EXPECT_EQ(declared.of("Option(str)").size, 16U);
}

TEST(LayoutTable, more_than_256_variants_make_a_tag_of_two_bytes) {
    std::string text = "enum Many:\n";
    for (int i = 0; i < 256; ++i) text += "    V" + std::to_string(i) + "\n";
    EXPECT_EQ(Declared(text).of("Many").size, 1U);
    EXPECT_EQ(Declared(text + "    One\n").of("Many").size, 2U);
}

TEST(LayoutTable, an_alignment_is_only_raised) {
    EXPECT_EQ(Declared("@align(1)\nstruct S:\n    a: u32\n").of("S").align, 4U);
    EXPECT_EQ(Declared("@align(8)\nstruct S:\n    a: u32\n").of("S").size, 8U);
    EXPECT_EQ(Declared("@align(8)\nenum E:\n    A(n: u32)\n").of("E").data_offset, 4U);
}

TEST(LayoutTable, the_same_type_is_one_object) {
    Declared declared("struct P:\n    x: u8\n");
    EXPECT_EQ(&declared.of("[P; 3]"), &declared.of("[P; 3]"));
    EXPECT_EQ(&declared.of("Option(P)"), &declared.of("P | None"));
    EXPECT_NE(&declared.of("[P; 3]"), &declared.of("[P; 4]"));
}

TEST(LayoutTable, a_type_may_hold_itself_behind_a_reference) {
    Declared declared("struct Node:\n    next: Option(Box(Node))\n    children: Vec(Node)\n");
    const LayoutType& node = declared.of("Node");
    EXPECT_EQ(node.size, 24U);
    EXPECT_EQ(node.fields[1].type->element, &node);
}

TEST(LayoutTable, what_the_program_defines_comes_before_the_language) {
    EXPECT_EQ(Declared("struct u8:\n    a: f64\n").of("u8").size, 8U);
    EXPECT_EQ(Declared("class i32:\n    pass\n").of("i32").kind, LayoutType::Kind::reference);
}

TEST(LayoutTable, what_has_no_layout_is_told) {
    const std::pair<const char*, const char*> told[] = {
        {"struct A:\n    a: A\n", "TypeError: 'A' contains itself, so it has no size"},
        {"struct A:\n    b: [B; 2]\nenum B:\n    V(a: A)\n",
         "TypeError: 'A' contains itself, so it has no size"},
        {"struct A:\n    a: [u64; 99_999_999_999_999]\n",
         "TypeError: '[u64; 99999999999999]' is larger than 140737488355327 bytes"},
        {"struct A:\n    a: [u8; 140_737_488_355_327]\n    b: u8\n",
         "TypeError: 'A' is larger than 140737488355327 bytes"},
        {"struct A:\n    a: [[[u64; 9_999_999]; 9_999_999]; 9_999_999]\n",
         "TypeError: '[[u64; 9999999]; 9999999]' is larger than 140737488355327 bytes"},
        {"@align(12)\nstruct A:\n    a: u8\n", "TypeError: an alignment is a power of two, at most 4096"},
        {"@align\nstruct A:\n    a: u8\n", "TypeError: an alignment is a power of two, at most 4096"},
        {"@packed\nstruct A:\n    a: u8\n", "TypeError: only @align(n) stands above a struct or an enum"},
        {"enum E:\n    pass\n", "TypeError: an enum has at least one variant"},
        {"struct A:\n    a: Vec\n", "TypeError: 'Vec' asks for the type that it holds"},
        {"struct A:\n    a: Vec(u9)\n", "NameError: there is no type 'u9'"},
        {"struct A:\n    a: Box(u8, u8)\n", "TypeError: 'Box' holds one type"},
        {"struct A:\n    a: 3\n", "TypeError: this is not a type"},
        {"n = 4\nstruct A:\n    a: [u8; n]\n", "TypeError: the length of an array type is a number"},
        {"struct A:\n    a: u8\nstruct A:\n    b: u8\n", "TypeError: there is a type 'A' already"},
    };
    for (const auto& [text, complaint] : told) EXPECT_EQ(Declared(text).complaint(), complaint) << text;
}

TEST(LayoutTable, a_chain_of_types_within_each_other_has_an_end) {
    std::string text = "struct S0:\n    x: u8\n";
    for (int i = 1; i < 3000; ++i)
        text += "struct S" + std::to_string(i) + ":\n    x: S" + std::to_string(i - 1) + "\n";
    EXPECT_EQ(Declared(text).complaint(), "TypeError: types are nested more than 100 deep");
    std::string arrays = "u8";
    for (int i = 0; i < 150; ++i) arrays.insert(0, "[").append("; 1]");
    EXPECT_EQ(Declared("struct S:\n    a: " + arrays + "\n").complaint(),
              "TypeError: types are nested more than 100 deep");
}

TEST(Offsets, a_path_goes_through_fields_and_variants) {
    Declared declared(
        "struct P:\n    x: u8\n    y: u32\nenum E:\n    A(p: P)\n    B\nstruct S:\n    n: u16\n    e: E\n");
    const LayoutType& s = declared.of("S");
    EXPECT_EQ(offset_of(s, "e.A.p.y").offset, 12U);
    EXPECT_EQ(offset_of(s, "e.B").offset, 8U);
    EXPECT_EQ(offset_of(s, "m").message, "'S' has no field 'm'");
    EXPECT_EQ(offset_of(s, "e.C").message, "'E' has no variant 'C'");
    EXPECT_EQ(offset_of(s, "n.x").message, "'u16' has no field 'x'");
    EXPECT_EQ(offset_of(s, "").message, "'S' has no field ''");
}

}  // namespace

}  // namespace harness::lang
