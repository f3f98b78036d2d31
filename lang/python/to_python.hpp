// The same program in Python, with its memory statements erased: what the language adds to Python is memory,
// so without it python3 must print the same bytes.
#pragma once

#include <string>
#include <vector>

#include "lang/source/diagnostic.hpp"

namespace harness::lang {

/// `file` is the program's name for messages and the place beside which imports are looked up. Returns the
/// Python text, or an empty string with at least one entry in `errors`: syntax errors, or "PythonError" for
/// what Python cannot say.
std::string to_python(std::string source, const std::string& file, SourceMap& sources,
                      std::vector<Diagnostic>& errors);

}  // namespace harness::lang
