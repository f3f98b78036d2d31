// Runs one cell and tells about it.
#include "harness/cell.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "allocators/registry.hpp"
#include "harness/cell_report.hpp"
#include "harness/exit_codes.hpp"

namespace harness::cli {

KnownNames known_names() {
    KnownNames known;
    for (const auto& allocator : allocators::list_allocators()) known.allocators.push_back(allocator.name);
    for (const auto& lifetime : lang::list_lifetimes()) known.lifetimes.emplace_back(lifetime.name);
    for (const auto name : lang::list_lifetimes_left_out()) known.lifetimes_left_out.emplace_back(name);
    return known;
}

lang::RunOptions run_options(const RunSettings& run) {
    lang::RunOptions options;
    options.file = run.file == "-" ? "<stdin>" : run.file;
    options.lifetime = run.lifetime;
    options.checked = run.checked;
    options.fail_on_leak = run.fail_on_leak;
    options.elide_counts = run.elide_counts;
    options.gc_stress = run.gc_stress;
    options.gc_pause_ns = run.gc_pause_ns;
    options.settings = run.settings;
    options.args = run.args;
    options.max_heap_bytes = run.max_heap_bytes;
    options.max_depth = run.max_depth;
    options.seed = run.seed;
    options.target_bits = run.target_bits;
    options.out = stdout;
    return options;
}

// Output is flushed before the report is made, so that it stands before the summary.
std::string run_cell(const RunSettings& run, const std::string& source, bool colour) {
    // More than the C library's 4 KiB saves system calls; a terminal wants each line at once.
    constexpr std::size_t output_buffer_bytes = 64 * 1024;
    const auto buffer = std::make_unique_for_overwrite<char[]>(output_buffer_bytes);
    const bool interactive = isatty(STDOUT_FILENO) == 1;
    std::setvbuf(stdout, buffer.get(), interactive ? _IOLBF : _IOFBF, output_buffer_bytes);

    CellReport told;
    auto allocator = allocators::make_allocator(run.allocator);
    if (!allocator) {
        told.trouble = allocator.failure();
        told.status = lang::Status::rejected;
        told.exit_code = exit_usage;
        return encode(told);
    }
    lang::SourceMap sources;
    const lang::RunReport report = lang::run(source, run_options(run), *allocator.value(), sources);
    errno = 0;
    const bool flushed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    const int why = errno;
    told = describe(report, sources, colour);
    if (!flushed) {
        told.trouble = {fmt::format("the program's output could not be written{}{}", why == 0 ? "" : ": ",
                                    why == 0 ? "" : std::strerror(why)),
                        "make room where standard output goes, or open it"};
    }
    // Past this point the buffer is empty; it must stay valid until the process is gone.
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    return encode(told);
}

int pass_on(int signal, int exit_code) {
    if (signal == 0) return exit_code;
    std::fflush(stdout);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return exit_code;
}

}  // namespace harness::cli
