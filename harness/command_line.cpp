// The one place where CLI11's outcome becomes ours.
// Extra arguments are let through and judged here, because CLI11 alone would not suggest the nearest option.
#include "harness/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "allocators/spec.hpp"

namespace harness::cli {

namespace {

Failure unexpected(const CLI::App& app, const std::vector<std::string>& extras) {
    const auto option = std::find_if(extras.begin(), extras.end(), [](const std::string& argument) {
        return argument.size() > 1 && argument.front() == '-';
    });
    const std::string help = fmt::format("see '{} --help'", app.get_name());
    if (option == extras.end()) return {fmt::format("unexpected argument '{}'", extras.front()), help};

    const std::string name = option->substr(0, option->find('='));
    std::vector<std::string> names;
    for (const CLI::Option* known : app.get_options()) {
        for (const std::string& long_name : known->get_lnames()) names.push_back("--" + long_name);
    }
    return unknown_name("an option of '" + app.get_name() + "'", name, names, app.get_name() + " --help");
}

// CLI11's own wording where that is not a sentence: it begins with the option's name.
Failure said_better(const CLI::App& app, const CLI::ParseError& error) {
    const std::string what = error.what();
    const std::string help = fmt::format("see '{} --help'", app.get_name());
    const std::string option = what.substr(0, what.find_first_of(": "));
    const auto has = [&](std::string_view part) { return what.find(part) != std::string::npos; };
    if (has("At Most 1 required"))
        return {fmt::format("{} is given more than once", option), "leave one of them"};
    if (has(" required ") && has(" missing")) return {fmt::format("{} needs a value", option), help};
    if (has("disallowed flag override"))
        return {fmt::format("--{} takes no value", option), "write it alone"};
    if (const std::size_t at = what.find(" excludes "); at != std::string::npos) {
        return {fmt::format("{} and {} exclude each other", option, what.substr(at + 10)),
                "leave one of them"};
    }
    return {what, help};
}

}  // namespace

std::optional<std::variant<HelpText, Failure>> read_arguments(CLI::App& app,
                                                              std::vector<std::string> arguments) {
    app.allow_extras();
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes a vector from its end
    try {
        app.parse(arguments);
    } catch (const CLI::CallForHelp&) {
        return HelpText{app.help()};
    } catch (const CLI::ParseError& error) {
        // A missing argument is often the consequence of a misspelt option, which is the better thing to say.
        const std::vector<std::string> extras = app.remaining();
        if (!extras.empty()) return unexpected(app, extras);
        return said_better(app, error);
    }
    const std::vector<std::string> extras = app.remaining();
    if (!extras.empty()) return unexpected(app, extras);
    return std::nullopt;
}

Failure unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& candidates,
                     std::string_view where_listed) {
    constexpr std::size_t listed_max = 8;
    const std::string nearest = allocators::nearest_word(name, candidates);
    std::string remedy = fmt::format("see '{}'", where_listed);
    if (!nearest.empty()) {
        remedy = fmt::format("did you mean '{}'?", nearest);
    } else if (!candidates.empty() && candidates.size() <= listed_max) {
        remedy = fmt::format("choose one of {}; see '{}'", fmt::join(candidates, ", "), where_listed);
    }
    return {fmt::format("'{}' is not {}", name, what), remedy};
}

}  // namespace harness::cli
