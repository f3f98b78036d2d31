// The dynamic linker's side of a peer. dlopen keeps the library's malloc out of everybody else's way, for
// names that are already bound stay bound, and its own names are only found through its handle.
#include "allocators/peer_library.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstring>

// There in builds with a leak checker only.
extern "C" {
[[gnu::weak]] void __lsan_disable();
[[gnu::weak]] void __lsan_enable();
}

namespace harness::allocators {

namespace {

// What a library loses while it starts is not ours to free.
class WithoutLeakCheck {
  public:
    WithoutLeakCheck() {
        if (__lsan_disable != nullptr) __lsan_disable();
    }
    ~WithoutLeakCheck() {
        if (__lsan_enable != nullptr) __lsan_enable();
    }
    WithoutLeakCheck(const WithoutLeakCheck&) = delete;
    WithoutLeakCheck& operator=(const WithoutLeakCheck&) = delete;
};

// Some libraries take thread-local memory that the linker has set aside at the program's start only.
Failure not_loadable(std::string_view peer, const std::string& cause) {
    Failure failure{std::string(peer) + " cannot be loaded: " + cause, ""};
    if (cause.find("static TLS") != std::string::npos) {
        failure.remedy = "set GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 in the environment";
    } else {
        failure.remedy = "see whether the library fits this machine and this C library";
    }
    return failure;
}

}  // namespace

Outcome<PeerLibrary> PeerLibrary::load(std::string_view peer, std::initializer_list<const char*> files,
                                       std::string_view package) {
    const WithoutLeakCheck without_leak_check;
    std::string names;
    for (const char* file : files) {
        if (void* handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); handle != nullptr)
            return PeerLibrary(handle, peer, package);
        // One that exists and still cannot be loaded is not missing.
        const char* cause = dlerror();
        if (cause != nullptr && std::strstr(cause, "cannot open shared object file") == nullptr)
            return not_loadable(peer, cause);
        names += (names.empty() ? "" : " or ") + std::string(file);
    }
    return Failure{std::string(peer) + " is not on this machine: there is no " + names,
                   "install the package " + std::string(package)};
}

PeerLibrary::PeerLibrary(void* handle, std::string_view peer, std::string_view package)
    : handle_(handle), peer_(peer), package_(package) {
    const link_map* map = nullptr;
    if (dlinfo(handle_, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr) file_ = map->l_name;
}

void* PeerLibrary::address_of(const char* name) {
    void* address = dlsym(handle_, name);
    // A handle also searches what its library depends on, so the answer may be another's.
    Dl_info info{};
    const bool is_own = address != nullptr && dladdr(address, &info) != 0 && file_ == info.dli_fname;
    if (!is_own && lacking_.empty()) lacking_ = name;
    return is_own ? address : nullptr;
}

Failure PeerLibrary::failure() const {
    return {peer_ + " is too old or no such library: " + file_ + " has no " + lacking_,
            "install the package " + package_ + " of Debian 12 or newer"};
}

Failure PeerLibrary::does_not_serve() const {
    return {peer_ + " was loaded from " + file_ + ", but a block asked of it is not in its own books",
            "see whether something else in the process defines the same names"};
}

}  // namespace harness::allocators
