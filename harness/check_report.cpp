// Comparison, table, summary and exit code of a check.
#include "harness/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "harness/exit_codes.hpp"
#include "harness/units.hpp"

namespace harness::cli {

namespace {

// What a cell printed and how it ended, as far as two cells can be compared by it.
using Printed = std::tuple<std::uint64_t, std::uint64_t, int>;

std::optional<Printed> printed_by(const CheckedCell& cell) {
    if (!cell.verdict.report) return std::nullopt;
    const CellReport& report = *cell.verdict.report;
    // A defect's own exit code says nothing about the program.
    const int code = cell.verdict.status == CellStatus::ok ? report.exit_code : 0;
    return Printed{report.output_xxh3, report.output_bytes, code};
}

// Programs that ended well are trusted before those that stopped.
int rank(CellStatus status) {
    return status == CellStatus::ok       ? 0
           : status == CellStatus::error  ? 1
           : status == CellStatus::defect ? 2
                                          : 3;
}

std::optional<Printed> reference(const std::vector<CheckedCell>& cells) {
    int best = 4;
    for (const CheckedCell& cell : cells)
        if (printed_by(cell)) best = std::min(best, rank(cell.verdict.status));
    std::map<Printed, int> votes;
    std::optional<Printed> winner;
    for (const CheckedCell& cell : cells) {
        const auto printed = printed_by(cell);
        if (!printed || rank(cell.verdict.status) != best) continue;
        if (cell.lifetime == "leak") return printed;
        const int count = ++votes[*printed];
        if (!winner || count > votes[*winner]) winner = printed;
    }
    return winner;
}

std::string_view output_text(SameOutput output) {
    switch (output) {
        case SameOutput::same:
            return "yes";
        case SameOutput::different:
            return "no";
        case SameOutput::cut_short:
            return "cut short";
        case SameOutput::unknown:
            return "–";
    }
    return "–";
}

// Columns on a terminal: every byte but the continuation bytes of UTF-8.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

constexpr std::size_t column_count = 7;
using Row = std::array<std::string, column_count>;

std::string layout(const std::vector<Row>& rows) {
    constexpr std::size_t words = 3;  // the first columns hold words, the others figures
    std::array<std::size_t, column_count> widths{};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    std::string text;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - width(row[i]), ' ');
            line += (i == 0 ? "" : "  ") + (i < words ? row[i] + padding : padding + row[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

bool is_legal(const CheckedCell& cell) { return cell.verdict.status == CellStatus::ok; }

}  // namespace

void compare_outputs(std::vector<CheckedCell>& cells) {
    const auto measure = reference(cells);
    for (CheckedCell& cell : cells) {
        const auto printed = printed_by(cell);
        if (!printed || !measure)
            cell.output = SameOutput::unknown;
        else if (*printed == *measure)
            cell.output = SameOutput::same;
        else
            cell.output = is_legal(cell) ? SameOutput::different : SameOutput::cut_short;
    }
}

std::string legality(const Verdict& verdict) {
    if (verdict.status == CellStatus::ok) return "yes";
    if (verdict.report && verdict.status == CellStatus::defect && !verdict.report->defects.empty())
        return verdict.report->defects.front().error.kind;
    if (verdict.report && !verdict.report->errors.empty()) return verdict.report->errors.front().kind;
    if (!verdict.signal.empty()) return verdict.signal;
    if (verdict.ending.by == EndedBy::time_limit) return "time limit";
    if (verdict.ending.by == EndedBy::native_stack) return "native stack";
    return std::string(status_name(verdict.status));
}

std::string verdict_table(const CheckReport& report) {
    std::vector<Row> rows{
        {"lifetime", "legal", "prints the same", "leaked", "allocations", "peak payload", "time"}};
    for (const CheckedCell& cell : report.cells) {
        const Verdict& verdict = cell.verdict;
        Row row{cell.lifetime,
                legality(verdict),
                std::string(output_text(cell.output)),
                "–",
                "–",
                "–",
                format_duration(verdict.report ? verdict.report->wall_ns : verdict.ending.wall_ns)};
        if (verdict.report && verdict.status != CellStatus::rejected) {
            const lang::HeapFigures& heap = verdict.report->heap;
            row[3] = format_bytes(heap.payload_bytes_leaked);
            row[4] = format_count(heap.allocations);
            row[5] = format_bytes(heap.payload_bytes_peak);
        }
        rows.push_back(std::move(row));
    }
    return layout(rows);
}

std::string check_summary(const CheckReport& report) {
    std::string line = report.file + ": ";
    if (!report.found.errors.empty()) return line + "rejected\n";
    const auto count = [&](auto&& holds) {
        return static_cast<std::size_t>(std::count_if(report.cells.begin(), report.cells.end(), holds));
    };
    if (!report.cells.empty()) {
        const std::size_t all = report.cells.size();
        const std::size_t legal = count(is_legal);
        const std::size_t same =
            count([](const CheckedCell& cell) { return cell.output == SameOutput::same; });
        line += fmt::format("legal under {} of {} lifetime{}, ", legal, all, all == 1 ? "" : "s");
        line += same == all ? "the same output under all" : fmt::format("the same output under {}", same);
        line += ", ";
    }
    const std::size_t found = report.found.findings.size();
    return line + (found == 0 ? "no finding" : fmt::format("{} finding{}", found, found == 1 ? "" : "s")) +
           '\n';
}

int gravest(int a, int b) {
    static constexpr std::array order = {exit_harness_failed, exit_rejected,      exit_defect,
                                         exit_limit,          exit_program_error, exit_ok};
    const auto place = [](int code) { return std::find(order.begin(), order.end(), code) - order.begin(); };
    return place(a) <= place(b) ? a : b;
}

int exit_code_of(const CheckReport& report) {
    int code = report.found.exit_code;
    if (!report.found.errors.empty()) code = gravest(code, exit_rejected);
    for (const FindingReport& finding : report.found.findings) {
        if (finding.everywhere) code = gravest(code, exit_rejected);
        if (!finding.lifetimes.empty()) code = gravest(code, exit_defect);
    }
    for (const CheckedCell& cell : report.cells) {
        if (!is_legal(cell)) code = gravest(code, cell.verdict.exit_code);
        if (cell.output == SameOutput::different) code = gravest(code, exit_program_error);
    }
    return code;
}

}  // namespace harness::cli
