// How the harness speaks: messages on standard error in one form, colour only where it is wanted.
// Every command uses it, so that a cause and its remedy always look the same.
#pragma once

#include <string_view>

#include "allocators/outcome.hpp"

namespace harness::cli {

/// True if standard error is a terminal that can show colour and NO_COLOR is not set.
bool colour_wanted();

/// Puts something that refuses reading and writing where a standard stream was closed, so that no file opened
/// later takes its number and receives what was meant for the stream.
void occupy_standard_streams();

/// Prints "harness: MESSAGE" and, if there is one, "help: REMEDY" on standard error.
void complain(const Failure& failure);

/// Writes to standard output and flushes it; false when that fails, with the reason told.
bool print_out(std::string_view text);

/// Writes to standard error at once, behind everything that standard output still held.
void print_err(std::string_view text);

}  // namespace harness::cli
