// Any bytes through parser, renderer, dumper and translator. None may crash, and every error must lie in the
// text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lang/python/to_python.hpp"
#include "lang/syntax/dump.hpp"
#include "lang/syntax/parser.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace harness::lang;
    const std::string text(reinterpret_cast<const char*>(data), size);
    SourceMap sources;
    const std::uint32_t base = sources.add("fuzz.src", text);
    Names names;
    std::vector<Diagnostic> errors;
    const Module module = parse(sources, base, names, errors);
    for (const Diagnostic& each : errors) {
        const bool inside =
            each.span.begin >= base && each.span.begin <= each.span.end && each.span.end <= base + size;
        if (!inside || render(each, sources).empty()) std::abort();
    }
    if (!errors.empty()) return 0;
    static_cast<void>(dump(module.body, names));
    // A folder that does not exist: an import must not read files of the machine that fuzzes.
    static_cast<void>(to_python(text, "no-such-folder/fuzz.src", sources, errors));
    return 0;
}
