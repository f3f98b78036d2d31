// The wording of the suggestion; the distance is that of the front end's diagnostics, so that all errors
// agree.
#include "lang/memory/manager/suggestion.hpp"

#include <fmt/format.h>

#include "lang/source/diagnostic.hpp"

namespace harness::lang {

std::string Candidates::suggest(std::string_view name) const {
    const std::string_view found = nearest(name, texts_);
    return found.empty() ? std::string() : fmt::format("did you mean '{}'?", found);
}

}  // namespace harness::lang
