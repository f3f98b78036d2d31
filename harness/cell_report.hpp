// What one run of one program under one allocator and one lifetime has to tell, free of the VM's own types of
// positions. The child process fills it in and sends it to the parent, which outlives whatever the program
// did.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "allocators/outcome.hpp"
#include "lang/run.hpp"

namespace harness::cli {

/// A resolved position; an empty file means that there is none.
struct FilePlace {
    std::string file;
    std::uint32_t line = 0, column = 0;

    friend bool operator==(const FilePlace&, const FilePlace&) = default;
};

struct ErrorReport {
    std::string kind, message;
    FilePlace place;

    friend bool operator==(const ErrorReport&, const ErrorReport&) = default;
};

struct DefectReport {
    ErrorReport error;
    std::uint64_t bytes = 0;
    FilePlace allocated, released;

    friend bool operator==(const DefectReport&, const DefectReport&) = default;
};

struct CellReport {
    lang::Status status = lang::Status::ok;
    int exit_code = 0;
    Failure trouble;  ///< the harness's own, for example that the output could not be written
    std::vector<std::string>
        rendered;  ///< errors and defects as text for people, each ending with a line end
    std::vector<ErrorReport> errors;
    std::vector<DefectReport> defects;
    lang::HeapFigures heap;
    lang::AllocatorStatistics counted;
    lang::StackFigures stack;
    lang::LifetimeCosts costs;
    lang::Phases phases;
    std::uint64_t wall_ns = 0;
    std::uint64_t output_xxh3 = 0, output_bytes = 0;
    std::uint64_t indices_peak = 0, index_conflicts = 0;
};

/// Resolves every position of the report and renders its messages. Defects are rendered only when they decide
/// the outcome: under `leak` a leak is a figure, not an error. One that is also listed as an error is
/// rendered once.
CellReport describe(const lang::RunReport& report, const lang::SourceMap& sources, bool colour);

/// The report as bytes for the pipe between the two processes of one and the same binary.
std::string encode(const CellReport& report);

/// The inverse; nothing when the bytes are not one whole report, as after a crash in the middle of sending
/// it.
std::optional<CellReport> decode(std::string_view bytes);

}  // namespace harness::cli
