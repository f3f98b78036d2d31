// The summary line and the table of figures.
#include "harness/summary.hpp"

#include <fmt/core.h>

#include <string_view>

#include "harness/units.hpp"

namespace harness::cli {

namespace {

// The status, and for a failure its name: "error (ZeroDivisionError)", "crashed (SIGSEGV)".
std::string outcome_text(const Verdict& verdict) {
    std::string_view cause = verdict.signal;
    if (verdict.report && verdict.status == CellStatus::defect && !verdict.report->defects.empty()) {
        cause = verdict.report->defects.front().error.kind;
    } else if (verdict.report && !verdict.report->errors.empty()) {
        cause = verdict.report->errors.front().kind;
    } else if (verdict.ending.by == EndedBy::time_limit && !verdict.report) {
        cause = "time";
    } else if (verdict.ending.by == EndedBy::native_stack) {
        cause = "native stack";
    } else if (verdict.report && verdict.status == CellStatus::crashed) {
        cause = "output";
    }
    if (cause.empty() || verdict.status == CellStatus::ok) return std::string(status_name(verdict.status));
    return fmt::format("{} ({})", status_name(verdict.status), cause);
}

// Rows of a name and up to three cells, right-aligned under their heads.
class Table {
  public:
    void section(std::string_view name, std::string_view first = "", std::string_view second = "",
                 std::string_view third = "") {
        text_ += '\n';
        row(name, first, second, third, 0);
    }
    void row(std::string_view name, std::string_view first, std::string_view second = "",
             std::string_view third = "", int indent = 2) {
        std::string line = fmt::format("{:{}}{}", "", indent, name);
        constexpr std::size_t name_width = 24;
        const auto place = [&](std::string_view cell, std::size_t end) {
            const std::size_t used = width(line) + width(cell);
            line.append(used < end ? end - used : 1, ' ');
            line += cell;
        };
        if (!first.empty()) place(first, name_width + 14);
        if (!second.empty()) place(second, name_width + 28);
        if (!third.empty()) place(third, name_width + 42);
        text_ += line + '\n';
    }
    std::string take() { return std::move(text_); }

  private:
    // Columns on a terminal: every byte but the continuation bytes of UTF-8.
    static std::size_t width(std::string_view text) {
        std::size_t columns = 0;
        for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        return columns;
    }
    std::string text_;
};

constexpr std::string_view dash = "–";

void heap_rows(Table& table, const lang::HeapFigures& heap) {
    table.section("heap", "at the end", "at peak", "in total");
    table.row("payload", format_bytes(heap.payload_bytes_leaked), format_bytes(heap.payload_bytes_peak),
              format_bytes(heap.payload_bytes_total));
    table.row("headers", dash, format_bytes(heap.header_bytes_peak), dash);
    table.row("requested", dash, format_bytes(heap.requested_bytes_peak),
              format_bytes(heap.requested_bytes_total));
    table.row("reserved", dash, format_bytes(heap.reserved_bytes_peak), dash);
    table.row("mapped", dash, format_bytes(heap.mapped_bytes_peak), dash);
    table.row("allocations", format_count(heap.allocations));
    table.row("deallocations", format_count(heap.deallocations));
    table.row("constants", format_bytes(heap.constant_bytes));
}

void cost_rows(Table& table, const lang::LifetimeCosts& costs) {
    table.section("lifetime");
    table.row("retains", format_count(costs.retains));
    table.row("releases", format_count(costs.releases));
    table.row("copies", format_count(costs.copies));
    table.row("copied", format_bytes(costs.copied_bytes));
    table.row("destructors", format_count(costs.destructors));
    table.row("regions", format_count(costs.regions));
    table.row("collections", format_count(costs.collections));
    table.row("traced", format_bytes(costs.traced_bytes));
    table.row("pauses", format_count(costs.pauses));
    table.row("paused", format_duration(costs.pause_ns_total));
    table.row("longest pause", format_duration(costs.pause_ns_max));
}

}  // namespace

std::string summary_line(const RunSettings& run, const Verdict& verdict) {
    std::string line =
        fmt::format("{} × {}: {}, {}", run.allocator, run.lifetime, outcome_text(verdict),
                    format_duration(verdict.report ? verdict.report->wall_ns : verdict.ending.wall_ns));
    if (verdict.report && verdict.status != CellStatus::rejected) {
        const lang::HeapFigures& heap = verdict.report->heap;
        line += fmt::format(", {} allocation{}, peak {} payload, {} leaked", format_count(heap.allocations),
                            heap.allocations == 1 ? "" : "s", format_bytes(heap.payload_bytes_peak),
                            format_bytes(heap.payload_bytes_leaked));
    }
    return line + '\n';
}

std::string stats_table(const RunSettings& run, const Verdict& verdict) {
    Table table;
    if (verdict.report) {
        const CellReport& report = *verdict.report;
        heap_rows(table, report.heap);
        table.section("stack");
        table.row("frames", format_count(report.stack.frames_peak));
        table.row("values", format_bytes(report.stack.value_bytes_peak));
        table.row("windows", format_bytes(report.stack.window_bytes_peak));
        if (run.checked) cost_rows(table, report.costs);
        if (report.indices_peak != 0 || report.index_conflicts != 0) {
            table.section("indices");
            table.row("allocated at peak", format_count(report.indices_peak));
            table.row("conflicts", format_count(report.index_conflicts));
        }
        table.section("time");
        table.row("front end", format_duration(report.phases.front_end_ns));
        table.row("run", format_duration(report.phases.run_ns));
        table.row("release", format_duration(report.phases.release_ns));
        table.row("together", format_duration(report.wall_ns));
    }
    table.section("process");
    table.row("wall", format_duration(verdict.ending.wall_ns));
    table.row("user", format_duration(verdict.ending.user_ns));
    table.row("system", format_duration(verdict.ending.system_ns));
    table.row("resident at peak", format_bytes(verdict.ending.peak_rss_bytes));
    table.row("page faults", format_count(verdict.ending.minor_faults + verdict.ending.major_faults));
    return table.take();
}

}  // namespace harness::cli
