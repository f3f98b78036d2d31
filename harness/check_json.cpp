// The JSON of `harness check`, and the static part's way from the child that made it.
#include <fmt/format.h>

#include "harness/check_report.hpp"

namespace harness::cli {

namespace {

Json finding_json(const FindingReport& finding) {
    Json json = error_json(finding.error);
    json["help"] = finding.help;
    json["lifetimes"] = Json::object();
    for (const auto& [lifetime, error] : finding.lifetimes) json["lifetimes"][lifetime] = error;
    json["warning"] = finding.warning;
    json["everywhere"] = finding.everywhere;
    return json;
}

Json cell_json(const CheckedCell& cell) {
    const Verdict& verdict = cell.verdict;
    const bool known = verdict.report.has_value();
    const auto figure = [&](std::uint64_t value) { return known ? Json(value) : Json(nullptr); };
    const CellReport none;
    const CellReport& report = known ? *verdict.report : none;
    Json json;
    json["lifetime"] = cell.lifetime;
    json["status"] = status_name(verdict.status);
    json["exit_code"] = verdict.exit_code;
    json["legal"] = verdict.status == CellStatus::ok;
    json["same_output"] =
        cell.output == SameOutput::unknown ? Json(nullptr) : Json(cell.output == SameOutput::same);
    json["output_xxh3"] = known ? Json(fmt::format("{:016x}", report.output_xxh3)) : Json(nullptr);
    json["payload_bytes_leaked"] = figure(report.heap.payload_bytes_leaked);
    json["allocations"] = figure(report.heap.allocations);
    json["payload_bytes_peak"] = figure(report.heap.payload_bytes_peak);
    json["wall_ns"] = known ? report.wall_ns : verdict.ending.wall_ns;
    json["errors"] = Json::array();
    for (const ErrorReport& error : report.errors) json["errors"].push_back(error_json(error));
    json["defects"] = Json::array();
    for (const DefectReport& defect : report.defects) json["defects"].push_back(error_json(defect.error));
    return json;
}

ErrorReport read_error(const Json& json) {
    ErrorReport error{json.value("kind", ""), json.value("message", ""), {}};
    if (json.contains("file") && json["file"].is_string())
        error.place = {json["file"].get<std::string>(), json.value("line", 0U), json.value("column", 0U)};
    return error;
}

}  // namespace

Json check_json(const CheckReport& report) {
    Json json;
    json["file"] = report.file;
    json["exit_code"] = exit_code_of(report);
    json["errors"] = Json::array();
    for (const ErrorReport& error : report.found.errors) json["errors"].push_back(error_json(error));
    json["findings"] = Json::array();
    for (const FindingReport& finding : report.found.findings)
        json["findings"].push_back(finding_json(finding));
    json["cells"] = Json::array();
    for (const CheckedCell& cell : report.cells) json["cells"].push_back(cell_json(cell));
    return json;
}

std::string encode(const StaticPart& part) {
    Json json{
        {"exit_code", part.exit_code}, {"trouble", part.trouble.message}, {"remedy", part.trouble.remedy}};
    json["errors"] = Json::array();
    for (const ErrorReport& error : part.errors) json["errors"].push_back(error_json(error));
    json["rendered"] = part.rendered_errors;
    json["findings"] = Json::array();
    for (const FindingReport& finding : part.findings) {
        Json each = finding_json(finding);
        each["rendered"] = finding.rendered;
        json["findings"].push_back(std::move(each));
    }
    return one_line(json);
}

std::optional<StaticPart> decode_static(std::string_view bytes) {
    const Json json = Json::parse(bytes, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    StaticPart part;
    part.exit_code = json["exit_code"].get<int>();
    part.trouble = {json["trouble"].get<std::string>(), json["remedy"].get<std::string>()};
    for (const Json& error : json["errors"]) part.errors.push_back(read_error(error));
    part.rendered_errors = json["rendered"].get<std::vector<std::string>>();
    for (const Json& finding : json["findings"]) {
        FindingReport told;
        told.error = read_error(finding);
        told.help = finding["help"].get<std::string>();
        told.rendered = finding["rendered"].get<std::string>();
        told.everywhere = finding["everywhere"].get<bool>();
        told.warning = finding["warning"].get<bool>();
        for (const auto& [lifetime, error] : finding["lifetimes"].items())
            told.lifetimes.emplace_back(lifetime, error.get<std::string>());
        part.findings.push_back(std::move(told));
    }
    return part;
}

}  // namespace harness::cli
