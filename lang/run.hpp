// The library's front door: one program, one allocator, one lifetime, true figures. The command line, the
// benchmarks and the tests all run programs through this one function.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "allocators/any_allocator.hpp"
#include "lang/source/diagnostic.hpp"

namespace harness::lang {

struct RunOptions {
    std::string file;  ///< name for messages; imports are looked up beside it
    std::string lifetime = "refcount";
    bool checked = true;
    bool fail_on_leak = false;
    bool elide_counts = true;  ///< off only to measure what the elision of counts is worth
    std::vector<std::pair<std::string, std::string>> settings;  ///< --set, read by param()
    std::vector<std::string> args;
    std::uint64_t max_heap_bytes = 0;  ///< limit on requested bytes; 0: none
    std::uint32_t max_depth = 200'000;
    std::uint64_t seed = 1;
    int target_bits = 64;                   ///< of pointers and usize in layouts, 32 or 64
    std::uint64_t gc_pause_ns = 1'000'000;  ///< gc: a step of the collector stops after this
    bool gc_stress = false;  ///< gc: a cycle begins wherever one may, to find what the collector does not see
    std::FILE* out = stdout;
};

enum class Status : std::uint8_t { ok, error, defect, limit, rejected };

/// The four byte counts of the program's own objects; see lang/reference for their exact meaning.
struct HeapFigures {
    std::uint64_t allocations = 0, deallocations = 0;
    std::uint64_t payload_bytes_total = 0, payload_bytes_peak = 0, payload_bytes_leaked = 0;
    std::uint64_t header_bytes_peak = 0, requested_bytes_peak = 0, reserved_bytes_peak = 0,
                  mapped_bytes_peak = 0;
    std::uint64_t requested_bytes_total = 0;
    std::uint64_t constant_bytes = 0;  ///< string literals, held once per place and released at exit
};

/// What an allocator that counts (`counting(A)`) has seen of the program; all 0 from one that does not.
struct AllocatorStatistics {
    std::uint64_t allocations = 0, deallocations = 0, requested_bytes_total = 0, requested_bytes_peak = 0;
};

struct StackFigures {
    std::uint64_t frames_peak = 0, value_bytes_peak = 0, window_bytes_peak = 0;
};

/// What the lifetime cost, counted in checked runs only (an unchecked run counts nothing and reports zeros).
struct LifetimeCosts {
    std::uint64_t retains = 0, releases = 0, copies = 0, copied_bytes = 0, destructors = 0, regions = 0;
    std::uint64_t traced_bytes = 0, collections = 0, pauses = 0, pause_ns_max = 0, pause_ns_total = 0;

    void note_pause(std::uint64_t ns) {
        ++pauses;
        pause_ns_total += ns;
        if (ns > pause_ns_max) pause_ns_max = ns;
    }
};

struct Phases {
    std::uint64_t front_end_ns = 0, run_ns = 0, release_ns = 0;
};

/// A memory defect as the JSON lists it; `diagnostic` is its full form.
struct Defect {
    Diagnostic diagnostic;
    std::uint64_t bytes = 0;
    Span allocated, released;
};

struct RunReport {
    Status status = Status::ok;
    int exit_code = 0;               ///< the harness's code, or what exit(n) asked for with status ok
    std::vector<Diagnostic> errors;  ///< static errors, or the run-time error
    std::vector<Defect> defects;
    HeapFigures heap;
    AllocatorStatistics counted;
    StackFigures stack;
    LifetimeCosts costs;
    Phases phases;
    std::uint64_t wall_ns = 0;
    std::uint64_t output_xxh3 = 0;  ///< of every byte the program printed
    std::uint64_t output_bytes = 0;
    std::uint64_t indices_peak = 0, index_conflicts = 0;
};

/// Runs the program in `source` with bytes from `allocator`. Never throws, never exits the process; output
/// goes to options.out, errors into the report. `sources` receives the program's files, so that the report
/// can be rendered.
RunReport run(std::string source, const RunOptions& options, allocators::AnyAllocator& allocator,
              SourceMap& sources);

/// The static errors of the program and of what it imports: everything that run() does before it runs. The
/// same rules hold for `allocator` and `sources`.
std::vector<Diagnostic> check(std::string source, const RunOptions& options,
                              allocators::AnyAllocator& allocator, SourceMap& sources);

struct LifetimeInfo {
    std::string_view name, summary;
};
std::vector<LifetimeInfo> list_lifetimes();
/// Names of the lifetimes that this build was made without; as a rule there are none.
std::vector<std::string_view> list_lifetimes_left_out();

/// The bytes of a type that the program declares, or that is made of such and the language's own, as a
/// drawing: `type` is what the program would write. Empty where there are errors, static ones of the program
/// or of the type.
std::string draw_layout(std::string source, const std::string& file, const std::string& type, int target_bits,
                        SourceMap& sources, std::vector<Diagnostic>& errors);

/// The same program in Python, memory statements erased; errors when it cannot be said there.
std::string to_python(std::string source, const std::string& file, SourceMap& sources,
                      std::vector<Diagnostic>& errors);

}  // namespace harness::lang
