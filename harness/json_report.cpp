// Fills the JSON object and prints it on one line.
#include "harness/json_report.hpp"

#include <fmt/core.h>

#include "harness/json_text.hpp"

namespace harness::cli {

namespace {

Json place_json(const FilePlace& place) {
    if (place.file.empty()) return nullptr;
    return {{"file", place.file}, {"line", place.line}, {"column", place.column}};
}

Json defect_json(const DefectReport& defect) {
    Json json = error_json(defect.error);
    json["bytes"] = defect.bytes;
    json["allocated"] = place_json(defect.allocated);
    json["released"] = place_json(defect.released);
    return json;
}

// Writes figures, or null for each when there is no report.
class Figures {
  public:
    explicit Figures(bool known) : known_(known) {}
    Figures& add(const char* key, std::uint64_t value) {
        json_[key] = known_ ? Json(value) : Json(nullptr);
        return *this;
    }
    Json take() { return std::move(json_); }

  private:
    bool known_;
    Json json_ = Json::object();
};

void add_memory(Json& json, const CellReport& report, bool known) {
    const lang::HeapFigures& heap = report.heap;
    json["heap"] = Figures(known)
                       .add("allocations", heap.allocations)
                       .add("deallocations", heap.deallocations)
                       .add("payload_bytes_total", heap.payload_bytes_total)
                       .add("payload_bytes_peak", heap.payload_bytes_peak)
                       .add("payload_bytes_leaked", heap.payload_bytes_leaked)
                       .add("header_bytes_peak", heap.header_bytes_peak)
                       .add("requested_bytes_peak", heap.requested_bytes_peak)
                       .add("reserved_bytes_peak", heap.reserved_bytes_peak)
                       .add("mapped_bytes_peak", heap.mapped_bytes_peak)
                       .add("requested_bytes_total", heap.requested_bytes_total)
                       .add("constant_bytes", heap.constant_bytes)
                       .take();
    const lang::AllocatorStatistics& counted = report.counted;
    if (counted.allocations != 0)
        json["allocator_statistics"] = Figures(known)
                                           .add("allocations", counted.allocations)
                                           .add("deallocations", counted.deallocations)
                                           .add("requested_bytes_total", counted.requested_bytes_total)
                                           .add("requested_bytes_peak", counted.requested_bytes_peak)
                                           .take();
    json["stack"] = Figures(known)
                        .add("frames_peak", report.stack.frames_peak)
                        .add("value_bytes_peak", report.stack.value_bytes_peak)
                        .add("window_bytes_peak", report.stack.window_bytes_peak)
                        .take();
    json["indices"] = Figures(known)
                          .add("allocated_peak", report.indices_peak)
                          .add("conflicts", report.index_conflicts)
                          .take();
}

// Most costs are counted in checked runs only; collectors count theirs always.
void add_costs(Json& json, const CellReport& report, bool known, bool checked) {
    const lang::LifetimeCosts& costs = report.costs;
    json["costs"] = Figures(known && checked)
                        .add("retains", costs.retains)
                        .add("releases", costs.releases)
                        .add("copies", costs.copies)
                        .add("copied_bytes", costs.copied_bytes)
                        .add("destructors", costs.destructors)
                        .add("regions", costs.regions)
                        .take();
    json["costs"].update(Figures(known)
                             .add("traced_bytes", costs.traced_bytes)
                             .add("collections", costs.collections)
                             .add("pauses", costs.pauses)
                             .add("pause_ns_max", costs.pause_ns_max)
                             .add("pause_ns_total", costs.pause_ns_total)
                             .take());
    json["phases"] = Figures(known)
                         .add("front_end_ns", report.phases.front_end_ns)
                         .add("run_ns", report.phases.run_ns)
                         .add("release_ns", report.phases.release_ns)
                         .take();
}

Json settings_json(const RunSettings& run) {
    Json settings = Json::object();
    for (const auto& [key, value] : run.settings) settings[key] = value;
    return settings;
}

}  // namespace

std::string json_report(const RunSettings& run, const Verdict& verdict) {
    const bool known = verdict.report.has_value();
    const CellReport none;
    const CellReport& report = known ? *verdict.report : none;
    const auto text_or_null = [](const std::string& text) {
        return text.empty() ? Json(nullptr) : Json(text);
    };

    Json json;
    json["schema"] = 1;
    json["workload"] = run.file;
    json["allocator"] = run.allocator;
    json["lifetime"] = run.lifetime;
    json["checked"] = run.checked;
    json["status"] = status_name(verdict.status);
    json["exit_code"] = verdict.exit_code;
    json["wall_ns"] = known ? report.wall_ns : verdict.ending.wall_ns;
    json["output_xxh3"] = known ? Json(fmt::format("{:016x}", report.output_xxh3)) : Json(nullptr);
    json["peak_rss_bytes"] = verdict.ending.peak_rss_bytes;
    add_memory(json, report, known);
    json["defects"] = Json::array();
    for (const DefectReport& defect : report.defects) json["defects"].push_back(defect_json(defect));
    json["errors"] = Json::array();
    for (const ErrorReport& error : report.errors) json["errors"].push_back(error_json(error));
    add_costs(json, report, known, run.checked);
    json["signal"] = text_or_null(verdict.signal);
    json["trouble"] = text_or_null(verdict.trouble.message);
    json["output_bytes"] = known ? Json(report.output_bytes) : Json(nullptr);
    json["process"] = Figures(true)
                          .add("wall_ns", verdict.ending.wall_ns)
                          .add("user_ns", verdict.ending.user_ns)
                          .add("system_ns", verdict.ending.system_ns)
                          .add("minor_faults", verdict.ending.minor_faults)
                          .add("major_faults", verdict.ending.major_faults)
                          .take();
    json["settings"] = settings_json(run);
    json["args"] = run.args;
    json["seed"] = run.seed;
    json["limits"] = Figures(true)
                         .add("heap_bytes", run.max_heap_bytes)
                         .add("depth", run.max_depth)
                         .add("time_ns", run.timeout_ns)
                         .take();
    json["fail_on_leak"] = run.fail_on_leak;
    json["elide_counts"] = run.elide_counts;
    json["harness"] = HARNESS_VERSION;
    return one_line(json) + '\n';
}

}  // namespace harness::cli
