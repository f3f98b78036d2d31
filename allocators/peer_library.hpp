// A peer's shared library, loaded when somebody asks for it and never unloaded. Its names stay its own: the
// process keeps its malloc, which is measured beside it.
#pragma once

#include <string>
#include <string_view>

#include "allocators/factory.hpp"
#include "allocators/outcome.hpp"

namespace harness::allocators {

class PeerLibrary {
  public:
    // Tries the file names in turn, as the dynamic linker looks them up. A failure names the package that has
    // the library, or the remedy for a library that is there and cannot be loaded.
    static Outcome<PeerLibrary> load(std::string_view peer, std::initializer_list<const char*> files,
                                     std::string_view package);

    // Sets `function` to the library's function of that name. A name that the library lacks, or that another
    // library answers for, is remembered as the failure.
    template <class Function>
    void find(const char* name, Function*& function) {
        function = reinterpret_cast<Function*>(address_of(name));
    }
    // The first failure of find().
    [[nodiscard]] bool complete() const { return lacking_.empty(); }
    [[nodiscard]] Failure failure() const;

    // A failure for a library that was loaded, and does not serve what it is asked for.
    [[nodiscard]] Failure does_not_serve() const;

    // The file that was really loaded, links followed by the linker only.
    [[nodiscard]] const std::string& file() const { return file_; }

  private:
    PeerLibrary(void* handle, std::string_view peer, std::string_view package);
    void* address_of(const char* name);

    void* handle_;
    std::string peer_;
    std::string package_;
    std::string file_;
    std::string lacking_;
};

// The version of a peer's loaded functions, or why there are none.
template <class Library>
Outcome<std::string> version_of_peer(const Outcome<Library>& library) {
    if (!library.ok()) return library.failure();
    return library.value().version;
}

// An allocator over a peer's loaded functions, or why there are none.
template <class Peer, class Library>
Made make_peer(std::string_view name, const Outcome<Library>& library) {
    if (!library.ok()) return library.failure();
    return make_any<Peer>(name, library.value());
}

}  // namespace harness::allocators
