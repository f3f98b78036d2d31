// The functions of the language that reach outside the program: print, clock, exit, settings and whole files.
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "lang/builtins/functions.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/text.hpp"
#include "lang/run.hpp"
#include "lang/vm/output.hpp"

namespace harness::lang {

namespace {

/// The text of print's sep or end; false after TypeError.
bool print_option(Machine& machine, Value option, const char* name, std::string_view& text) {
    if (is_absent(option) || option.is_none()) return true;
    if (option.is_string()) {
        text = machine.heap.text(option);
        return true;
    }
    machine.raise(ErrorKind::TypeError, std::string(name) + " must be None or a string, not " +
                                            std::string(machine.type_name(option)));
    return false;
}

/// The whole text as a number of type T.
template <class T>
bool parse(std::string_view text, T& number) {
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

/// A setting in the type of the default; absent() when its text is no such thing.
Value setting_like(Machine& machine, std::string_view text, Value fallback) {
    if (fallback.is_bool()) {
        if (text == "true" || text == "True" || text == "1") return Value::true_();
        if (text == "false" || text == "False" || text == "0") return Value::false_();
        return Value::absent();
    }
    if (fallback.is_int()) {
        std::int64_t number;
        return parse(text, number) && fits_integer(number) ? Value::integer(number) : Value::absent();
    }
    if (fallback.is_float()) {
        double number;
        return parse(text, number) ? Value::floating(number) : Value::absent();
    }
    return machine.heap.new_string(text);
}

/// "[Errno 2] No such file or directory: 'x'", as the error that Python raises for it.
Value raise_os_error(Machine& machine, int error, Value path) {
    std::string message = "[Errno " + std::to_string(error) + "] " + std::strerror(error) + ": ";
    if (!append_repr(machine, path, message)) return Value::failed();
    return machine.raise(error == ENOENT ? ErrorKind::FileNotFoundError : ErrorKind::OSError,
                         std::move(message));
}

/// An open file that is closed at the end of its scope.
class File {
  public:
    File(const char* path, const char* mode) : file_(std::fopen(path, mode)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() { close(); }
    std::FILE* get() const { return file_; }
    /// False with errno set when what was written did not reach the file.
    bool close() { return file_ == nullptr || std::fclose(std::exchange(file_, nullptr)) == 0; }

  private:
    std::FILE* file_;
};

/// The path as C wants it, or null after raising.
const char* path_argument(Machine& machine, const char* function, Value path) {
    if (!path.is_string()) {
        machine.raise(ErrorKind::TypeError, std::string(function) + "() path must be a str, not " +
                                                std::string(machine.type_name(path)));
        return nullptr;
    }
    const std::string_view text = machine.heap.text(path);
    if (text.find('\0') == std::string_view::npos) return text.data();
    machine.raise(ErrorKind::ValueError, "embedded null byte");
    return nullptr;
}

/// Reads to the end; false with errno set.
bool read_all(std::FILE* file, std::string& text) {
    char chunk[16 * 1024];
    std::size_t read;
    while ((read = std::fread(chunk, 1, sizeof chunk, file)) > 0) text.append(chunk, read);
    return std::ferror(file) == 0;
}

}  // namespace

Value builtin_print(Machine& machine, const Value* arguments, std::uint32_t count) {
    constexpr std::uint32_t options = 3;  // sep, end, flush
    std::string_view separator = " ", end = "\n";
    if (!print_option(machine, arguments[0], "sep", separator) ||
        !print_option(machine, arguments[1], "end", end))
        return Value::failed();
    const Value* values = arguments + options;
    count -= options;
    std::string text;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (i > 0) machine.out.write(separator);
        if (values[i].is_string()) {
            machine.out.write(machine.heap.text(values[i]));
            continue;
        }
        // Each value is written as soon as it is text: what comes before an error in a later __str__ is
        // printed.
        text.clear();
        if (!append_str(machine, values[i], text)) return Value::failed();
        machine.out.write(text);
    }
    machine.out.write(end);
    return Value::none();
}

/// Seconds since an arbitrary moment.
Value builtin_clock(Machine&, const Value*, std::uint32_t) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return Value::floating(std::chrono::duration<double>(now).count());
}

/// How far the program is, on a terminal alone: a line on standard error that overwrites itself, and goes
/// when all is done. Ten times a second at most, so that a loop may tell of every turn.
Value builtin_progress(Machine& machine, const Value* arguments, std::uint32_t) {
    for (const Value v : {arguments[0], arguments[1]})
        if (!v.is_number())
            return machine.raise(ErrorKind::TypeError, "progress() argument must be a number, not " +
                                                           std::string(machine.type_name(v)));
    static const bool shown = isatty(STDERR_FILENO) == 1;
    if (!shown) return Value::none();
    using Clock = std::chrono::steady_clock;
    static Clock::time_point next{};
    const double done = arguments[0].to_float(), total = arguments[1].to_float();
    const bool finished = done >= total;
    const Clock::time_point now = Clock::now();
    if (now < next && !finished) return Value::none();
    next = now + std::chrono::milliseconds(100);
    if (finished)
        std::fputs("\r\033[K", stderr);
    else
        std::fprintf(stderr, "\r\033[K%3.0f %%  %.0f of %.0f", total > 0 ? 100 * done / total : 0.0, done,
                     total);
    std::fflush(stderr);
    return Value::none();
}

Value builtin_exit(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t code = 0;
    if (!is_absent(arguments[0]) && !arguments[0].is_none() && !to_index(machine, arguments[0], code))
        return Value::failed();
    return request_exit(machine, static_cast<int>(code & 0xFF));
}

/// The setting of that name, in the type of the default; the last one given counts.
Value builtin_param(Machine& machine, const Value* arguments, std::uint32_t) {
    if (!arguments[0].is_string())
        return machine.raise(ErrorKind::TypeError, "param() name must be a str, not " +
                                                       std::string(machine.type_name(arguments[0])));
    const std::string_view name = machine.heap.text(arguments[0]);
    const auto& settings = machine.options.settings;
    if (!settings.empty()) machine.asked_settings.emplace(name);
    for (auto setting = settings.rbegin(); setting != settings.rend(); ++setting) {
        if (setting->first != name) continue;
        const Value value = setting_like(machine, setting->second, arguments[1]);
        if (!is_absent(value)) return value;
        const std::string type(machine.type_name(arguments[1]));
        const std::string example = type == "int"     ? "a whole number"
                                    : type == "float" ? "a number"
                                                      : "true or false";
        return machine.raise(ErrorKind::ValueError,
                             "setting " + setting->first + "=" + setting->second + " is not " +
                                 (type == "int" ? "an " : "a ") + type,
                             "give --set " + setting->first + "=… " + example);
    }
    return shared(machine, arguments[1]);
}

Value builtin_read_file(Machine& machine, const Value* arguments, std::uint32_t) {
    const char* path = path_argument(machine, "read_file", arguments[0]);
    if (path == nullptr) return Value::failed();
    const File file(path, "rb");
    try {
        std::string text;
        if (file.get() == nullptr || !read_all(file.get(), text))
            return raise_os_error(machine, errno, arguments[0]);
        return machine.heap.new_string(text);
    } catch (const std::bad_alloc&) {
        return machine.raise_memory_error(0);
    }
}

Value builtin_write_file(Machine& machine, const Value* arguments, std::uint32_t) {
    const char* path = path_argument(machine, "write_file", arguments[0]);
    if (path == nullptr) return Value::failed();
    if (!arguments[1].is_string())
        return machine.raise(ErrorKind::TypeError, "write_file() text must be a str, not " +
                                                       std::string(machine.type_name(arguments[1])));
    const std::string_view text = machine.heap.text(arguments[1]);
    File file(path, "wb");
    if (file.get() == nullptr || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
        !file.close())
        return raise_os_error(machine, errno, arguments[0]);
    return Value::none();
}

}  // namespace harness::lang
