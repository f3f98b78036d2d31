// The table of str's methods: names, parameters and how many are required. Parameters that Python takes by
// position only are named all the same, since no program can tell.
#include "lang/builtins/string_methods.hpp"

#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

using namespace string_method;

constexpr Native methods[] = {
    {"find", find, "sub start end", 1, true},
    {"rfind", rfind, "sub start end", 1, true},
    {"index", string_method::index, "sub start end", 1, true},
    {"rindex", string_method::rindex, "sub start end", 1, true},
    {"count", count, "sub start end", 1, true},
    {"startswith", startswith, "prefix start end", 1, true},
    {"endswith", endswith, "suffix start end", 1, true},
    {"replace", replace, "old new count", 2, true},
    {"removeprefix", removeprefix, "prefix", 1, true},
    {"removesuffix", removesuffix, "suffix", 1, true},
    {"split", split, "sep maxsplit", 0, true},
    {"rsplit", rsplit, "sep maxsplit", 0, true},
    {"splitlines", splitlines, "keepends", 0, true},
    {"partition", partition, "sep", 1, true},
    {"rpartition", rpartition, "sep", 1, true},
    {"join", join, "iterable", 1, true},
    {"upper", upper, "", 0, true},
    {"lower", lower, "", 0, true},
    {"casefold", casefold, "", 0, true},
    {"title", title, "", 0, true},
    {"capitalize", capitalize, "", 0, true},
    {"swapcase", swapcase, "", 0, true},
    {"isdigit", isdigit, "", 0, true},
    {"isdecimal", isdigit, "", 0, true},
    {"isnumeric", isdigit, "", 0, true},
    {"isalpha", isalpha, "", 0, true},
    {"isalnum", isalnum, "", 0, true},
    {"isspace", isspace, "", 0, true},
    {"isupper", isupper, "", 0, true},
    {"islower", islower, "", 0, true},
    {"istitle", istitle, "", 0, true},
    {"isidentifier", isidentifier, "", 0, true},
    {"isascii", isascii, "", 0, true},
    {"isprintable", isprintable, "", 0, true},
    {"strip", strip, "chars", 0, true},
    {"lstrip", lstrip, "chars", 0, true},
    {"rstrip", rstrip, "chars", 0, true},
    {"ljust", ljust, "width fillchar", 1, true},
    {"rjust", rjust, "width fillchar", 1, true},
    {"center", center, "width fillchar", 1, true},
    {"zfill", zfill, "width", 1, true},
    {"expandtabs", expandtabs, "tabsize", 0, true},
    {"format", string_method::format, "args... **names", 0, true},
};

}  // namespace

std::span<const Native> string_methods() { return methods; }

}  // namespace harness::lang
