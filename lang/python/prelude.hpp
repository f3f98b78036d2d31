// The Python text that stands before every translated program. It is the exact definition of the language's
// own functions; the virtual machine must agree with it to the last bit.
#pragma once

#include <string_view>

namespace harness::lang {

/// Python 3.11 source, ending with a line end; it defines names of the language and helpers that begin with
/// `_h_`.
extern const std::string_view python_prelude;

/// The line that starts the function `_h_main` on a thread with a large stack.
extern const std::string_view python_epilogue;

}  // namespace harness::lang
