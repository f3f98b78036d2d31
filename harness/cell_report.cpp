// Turns the VM's report into the self-contained form that leaves the child process.
// Positions are offsets into the child's source map, so they must become files, lines and columns before it
// ends.
#include "harness/cell_report.hpp"

#include <algorithm>

namespace harness::cli {

namespace {

FilePlace resolve(lang::Span span, const lang::SourceMap& sources) {
    if (span == lang::Span{}) return {};
    const lang::Place place = sources.place(span.begin);
    return {std::string(place.file), place.line, place.column};
}

ErrorReport summarise(const lang::Diagnostic& diagnostic, const lang::SourceMap& sources) {
    return {diagnostic.name, diagnostic.message, resolve(diagnostic.span, sources)};
}

bool is_same(const lang::Diagnostic& a, const lang::Diagnostic& b) {
    return a.name == b.name && a.span == b.span && a.message == b.message;
}

}  // namespace

CellReport describe(const lang::RunReport& report, const lang::SourceMap& sources, bool colour) {
    CellReport told;
    told.status = report.status;
    told.exit_code = report.exit_code;
    for (const lang::Diagnostic& error : report.errors) {
        told.rendered.push_back(lang::render(error, sources, {.colour = colour}));
        if (!error.warning) told.errors.push_back(summarise(error, sources));
    }
    for (const lang::Defect& defect : report.defects) {
        told.defects.push_back({summarise(defect.diagnostic, sources), defect.bytes,
                                resolve(defect.allocated, sources), resolve(defect.released, sources)});
        const bool told_before =
            std::any_of(report.errors.begin(), report.errors.end(),
                        [&](const auto& error) { return is_same(error, defect.diagnostic); });
        if (report.status == lang::Status::defect && !told_before) {
            told.rendered.push_back(lang::render(defect.diagnostic, sources, {.colour = colour}));
        }
    }
    told.heap = report.heap;
    told.counted = report.counted;
    told.stack = report.stack;
    told.costs = report.costs;
    told.phases = report.phases;
    told.wall_ns = report.wall_ns;
    told.output_xxh3 = report.output_xxh3;
    told.output_bytes = report.output_bytes;
    told.indices_peak = report.indices_peak;
    told.index_conflicts = report.index_conflicts;
    return told;
}

}  // namespace harness::cli
