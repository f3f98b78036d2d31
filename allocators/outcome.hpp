// An expected failure is a value: `Outcome<T>` holds either a result or a `Failure` that names cause and
// remedy. No exception crosses a library's border, so every function that can fail for a user's reason
// returns one.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace harness {

// `message` states what went wrong and where, `remedy` what the user can do; either may be shown alone.
// `excerpt` may show what the user wrote, with a line of carets under the part that is wrong.
struct Failure {
    std::string message;
    std::string remedy;
    std::string excerpt = {};
};

// Prints one line and aborts; only HARNESS_CHECK calls it.
[[noreturn]] inline void check_failed(const char* file, int line, const char* condition, const char* why) {
    std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", file, line, condition, why);
    std::abort();
}

template <class T>
class [[nodiscard]] Outcome;

}  // namespace harness

// Stops the program on a programmer's error; it stays in release builds, so it belongs off the hot paths.
// It is a macro, the only one beside the .def tables, because the toolchain offers no std::source_location.
#define HARNESS_CHECK(condition, why) \
    ((condition) ? static_cast<void>(0) : ::harness::check_failed(__FILE__, __LINE__, #condition, why))

namespace harness {

// Either a T, owned, or a Failure. Asking for the one that is not there aborts.
template <class T>
class [[nodiscard]] Outcome {
  public:
    Outcome(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Outcome(Failure failure) : content_(std::in_place_index<1>, std::move(failure)) {}

    [[nodiscard]] bool ok() const { return content_.index() == 0; }
    explicit operator bool() const { return ok(); }

    [[nodiscard]] T& value() & {
        HARNESS_CHECK(ok(), "value() of a failed outcome");
        return *std::get_if<0>(&content_);
    }
    [[nodiscard]] const T& value() const& {
        HARNESS_CHECK(ok(), "value() of a failed outcome");
        return *std::get_if<0>(&content_);
    }
    [[nodiscard]] T&& value() && {
        HARNESS_CHECK(ok(), "value() of a failed outcome");
        return std::move(*std::get_if<0>(&content_));
    }
    [[nodiscard]] const Failure& failure() const {
        HARNESS_CHECK(!ok(), "failure() of a successful outcome");
        return *std::get_if<1>(&content_);
    }

  private:
    std::variant<T, Failure> content_;
};

}  // namespace harness
