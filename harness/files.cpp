// Reading and writing whole files by descriptor.
#include "harness/files.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "lang/source/diagnostic.hpp"

namespace harness::cli {

namespace {

constexpr mode_t new_file_mode = 0666;

Failure system_failure(std::string_view what, const std::string& path, std::string_view remedy) {
    return {fmt::format("cannot {} '{}': {}", what, path, std::strerror(errno)), std::string(remedy)};
}

/// The file of the same folder that the user most likely meant.
std::string nearest_file(const std::string& path) {
    const std::filesystem::path asked(path);
    const std::filesystem::path folder = asked.has_parent_path() ? asked.parent_path() : ".";
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
        if (at->path().extension() == ".src" || at->path().extension() == asked.extension())
            names.push_back(at->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    const std::string name = asked.filename().string();
    if (std::binary_search(names.begin(), names.end(), name + ".src")) return path + ".src";
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string_view near = lang::nearest(name, candidates);
    return near.empty() ? "" : asked.has_parent_path() ? (folder / near).string() : std::string(near);
}

Failure cannot_open(const std::string& path) {
    const bool missing = errno == ENOENT;
    Failure failure = system_failure("open", path, "check the name; '-' reads standard input");
    if (!missing) failure.remedy = "name a file that you may read";
    const std::string near = missing ? nearest_file(path) : "";
    if (!near.empty()) failure.remedy = fmt::format("did you mean '{}'?", near);
    return failure;
}

Failure cannot_read(const std::string& path) {
    if (path.empty())
        return {fmt::format("cannot read standard input: {}", std::strerror(errno)),
                "name a file, or pipe the text in"};
    return system_failure("read", path,
                          errno == EISDIR ? "it is a folder; name a file in it" : "name a readable file");
}

/// `path` is for messages; an empty one is standard input.
Outcome<std::string> read_all(int fd, const std::string& path) {
    std::string text;
    struct stat about {};
    if (fstat(fd, &about) == 0 && about.st_size > 0) text.reserve(static_cast<std::size_t>(about.st_size));
    char block[16 * 1024];
    while (true) {
        const ssize_t size = ::read(fd, block, sizeof block);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return cannot_read(path);
        if (size == 0) return text;
        text.append(block, static_cast<std::size_t>(size));
    }
}

bool is_regular(const std::string& path) {
    struct stat about {};
    return stat(path.c_str(), &about) != 0 || S_ISREG(about.st_mode);
}

}  // namespace

Outcome<std::string> read_input(const std::string& path) {
    if (path == "-") return read_all(STDIN_FILENO, "");
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot_open(path);
    Outcome<std::string> text = read_all(fd, path);
    ::close(fd);
    return text;
}

OutputFile::~OutputFile() {
    if (fd_ >= 0 && fd_ != STDOUT_FILENO) ::close(fd_);
    if (made_) ::unlink(path_.c_str());
}

std::optional<OutputFile::Refusal> OutputFile::open(const std::string& path, bool force) {
    path_ = path;
    if (path == "-") {
        fd_ = STDOUT_FILENO;
        return std::nullopt;
    }
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, new_file_mode);
    made_ = fd_ >= 0;
    if (made_) return std::nullopt;
    if (errno != EEXIST)
        return Refusal{system_failure("write", path, "name a file in a writable folder"), false};
    // Devices and pipes hold nothing that could be lost.
    if (!force && is_regular(path)) {
        return Refusal{{fmt::format("'{}' exists", path), "name another file, or add --force to replace it"},
                       true};
    }
    fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) return Refusal{system_failure("write", path, "name a file that you may write"), false};
    return std::nullopt;
}

std::optional<Failure> OutputFile::commit(std::string_view text) {
    made_ = false;
    if (fd_ != STDOUT_FILENO && is_regular(path_) && ftruncate(fd_, 0) != 0) {
        return system_failure("write", path_, "");
    }
    while (!text.empty()) {
        const ssize_t written = ::write(fd_, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_failure("write", path_, "make room, or name another file");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return std::nullopt;
}

}  // namespace harness::cli
