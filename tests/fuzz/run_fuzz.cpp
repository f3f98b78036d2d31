// Any bytes as a program, run in checked mode under every lifetime with little heap and depth. None may
// crash; a program that does not end is the fuzzer's time-out. Unchecked runs are left out: there a program
// may do as it likes with memory that it has freed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "allocators/registry.hpp"
#include "lang/run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace harness;
    static std::FILE* const nowhere = std::fopen("/dev/null", "w");
    const std::string text(reinterpret_cast<const char*>(data), size);
    // Files and their names are the machine's, and it fuzzes unattended.
    if (text.find("write_file") != std::string::npos || text.find("read_file") != std::string::npos) return 0;
    for (const auto& lifetime : lang::list_lifetimes()) {
        const auto allocator = std::move(allocators::make_allocator("direct")).value();
        lang::SourceMap sources;
        lang::RunOptions options;
        options.file = "no-such-folder/fuzz.src";
        options.lifetime = std::string(lifetime.name);
        options.max_depth = 60;
        options.max_heap_bytes = 1 << 20;
        options.out = nowhere;
        const lang::RunReport report = lang::run(text, options, *allocator, sources);
        for (const lang::Diagnostic& each : report.errors)
            if (render(each, sources).empty()) std::abort();
        if (report.status == lang::Status::rejected) break;
    }
    return 0;
}
