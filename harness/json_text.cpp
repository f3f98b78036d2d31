// Prints JSON values on one line.
#include "harness/json_text.hpp"

#include <fmt/core.h>

namespace harness::cli {

namespace {

// Output of programs may end up in messages, so bytes that are no UTF-8 are replaced instead of thrown at us.
std::string leaf(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

// The library knows a compact and an indented form; scripts were promised one line with spaces.
std::string one_line(const Json& value) {
    if (value.is_object() && !value.empty()) {
        std::string text;
        for (const auto& [key, item] : value.items()) {
            text += fmt::format("{}{}: {}", text.empty() ? "{" : ", ", leaf(key), one_line(item));
        }
        return text + "}";
    }
    if (value.is_array() && !value.empty()) {
        std::string text;
        for (const Json& item : value) text += (text.empty() ? "[" : ", ") + one_line(item);
        return text + "]";
    }
    return leaf(value);
}

Json error_json(const ErrorReport& error) {
    Json json{{"kind", error.kind}};
    const bool has_place = !error.place.file.empty();
    json["file"] = has_place ? Json(error.place.file) : Json(nullptr);
    json["line"] = has_place ? Json(error.place.line) : Json(nullptr);
    json["column"] = has_place ? Json(error.place.column) : Json(nullptr);
    json["message"] = error.message;
    return json;
}

}  // namespace harness::cli
