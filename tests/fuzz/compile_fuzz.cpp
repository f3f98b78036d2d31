// Any bytes through parser and compiler, under every lifetime, checked and not. None may crash, and every
// error must lie in the text.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "allocators/registry.hpp"
#include "lang/run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace harness;
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const auto& lifetime : lang::list_lifetimes()) {
        for (const bool checked : {true, false}) {
            const auto allocator = std::move(allocators::make_allocator("direct")).value();
            lang::SourceMap sources;
            lang::RunOptions options;
            // A folder that does not exist: an import must not read files of the machine that fuzzes.
            options.file = "no-such-folder/fuzz.src";
            options.lifetime = std::string(lifetime.name);
            options.checked = checked;
            options.max_depth = 100;
            const auto errors = lang::check(text, options, *allocator, sources);
            for (const lang::Diagnostic& each : errors) {
                const lang::Place place = sources.place(each.span.begin);
                if (each.span.begin > each.span.end || place.line == 0) std::abort();
                if (render(each, sources).empty()) std::abort();
            }
            // Errors of the parser do not depend on the lifetime.
            if (!errors.empty() && errors.front().name == "SyntaxError" && checked) break;
        }
    }
    return 0;
}
