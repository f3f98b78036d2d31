// What each peer claims: that the library which was asked for serves, malloc is left alone, versions are
// named, and the books agree with the library's. A machine without a peer must say which package has it.
#include <gtest/gtest.h>
#include <malloc.h>

#include <thread>
#include <vector>

#include "allocators/direct.hpp"
#include "allocators/jemalloc.hpp"
#include "allocators/mimalloc.hpp"
#include "allocators/peer_library.hpp"
#include "allocators/registry.hpp"
#include "allocators/tcmalloc.hpp"

namespace harness::allocators {
namespace {

constexpr std::size_t large_bytes = std::size_t{96} << 20;

// A large block of the peer must show in the peer's books and not in the C library's; one of malloc the other
// way round.
void expect_both_serve_themselves(const AllocatorTable& peer) {
    Direct direct;
    const std::uint64_t mapped_before = peer.figures(peer.self).mapped_bytes;
    void* of_malloc = direct.allocate(large_bytes);
    EXPECT_LT(peer.figures(peer.self).mapped_bytes, mapped_before + large_bytes) << "malloc went to the peer";
    const std::uint64_t of_c_library = mallinfo2().hblkhd;
    void* of_peer = peer.allocate(peer.self, large_bytes, 8);
    EXPECT_GE(peer.figures(peer.self).mapped_bytes, mapped_before + large_bytes);
    EXPECT_EQ(mallinfo2().hblkhd, of_c_library) << "the peer went to malloc";
    peer.deallocate(peer.self, of_peer, large_bytes, 8);
    direct.deallocate(of_malloc, large_bytes, 8);
}

TEST(Jemalloc, serves_its_blocks_itself_and_leaves_malloc_alone) {
    const auto made = make_allocator("jemalloc");
    if (!made.ok()) {
        EXPECT_NE(made.failure().remedy.find("libjemalloc-dev"), std::string::npos);
        GTEST_SKIP() << made.failure().message;
    }
    expect_both_serve_themselves(made.value()->table());
    EXPECT_EQ(peer_version("jemalloc").value().substr(0, 2), "5.");
}

#ifdef HARNESS_HAS_JEMALLOC
TEST(Jemalloc, reserves_by_size_class) {
    Jemalloc jemalloc;
    void* p = jemalloc.allocate(33);
    EXPECT_EQ(jemalloc.figures().reserved_bytes, 48U);
    jemalloc.deallocate(p, 33, 8);
    EXPECT_EQ(jemalloc.figures().reserved_bytes, 0U);
}
#endif

TEST(Mimalloc, serves_its_blocks_itself_and_leaves_malloc_alone) {
    const auto& library = mimalloc_library();
    if (!library.ok()) {
        EXPECT_NE(library.failure().remedy.find("libmimalloc2.0"), std::string::npos);
        GTEST_SKIP() << library.failure().message;
    }
    EXPECT_NE(library.value().file.find("libmimalloc"), std::string::npos);
    expect_both_serve_themselves(make_allocator("mimalloc").value()->table());
    void* of_malloc = std::malloc(100);
    void* of_peer = library.value().malloc(100);
    EXPECT_FALSE(library.value().check_owned(of_malloc));
    EXPECT_TRUE(library.value().check_owned(of_peer));
    library.value().free(of_peer);
    std::free(of_malloc);
}

TEST(Mimalloc, names_its_version) {
    const auto version = peer_version("mimalloc");
    if (!version.ok()) GTEST_SKIP() << version.failure().message;
    EXPECT_EQ(version.value().substr(0, 2), "2.");
    EXPECT_EQ(version.value().size(), 5U) << version.value();
}

TEST(Tcmalloc, serves_its_blocks_itself_and_leaves_malloc_alone) {
    const auto& library = tcmalloc_library();
    if (!library.ok()) {
        EXPECT_NE(library.failure().remedy.find("libtcmalloc-minimal4"), std::string::npos);
        GTEST_SKIP() << library.failure().message;
    }
    EXPECT_NE(library.value().file.find("libtcmalloc"), std::string::npos);
    expect_both_serve_themselves(make_allocator("tcmalloc").value()->table());
    constexpr int owned = 1;
    void* of_malloc = std::malloc(100);
    void* of_peer = library.value().malloc(100);
    EXPECT_NE(library.value().ownership(of_malloc), owned);
    EXPECT_EQ(library.value().ownership(of_peer), owned);
    library.value().free(of_peer);
    std::free(of_malloc);
    EXPECT_EQ(peer_version("tcmalloc").value().substr(0, 10), "gperftools");
}

// A free with a size puts the block into the list of that size's class, so a wrong answer would corrupt the
// library's heap.
TEST(Tcmalloc, the_class_of_a_size_is_that_of_the_block) {
    const auto& library = tcmalloc_library();
    if (!library.ok()) GTEST_SKIP() << library.failure().message;
    const TcmallocLibrary& f = library.value();
    for (std::size_t n = 1; n < 600000; n += 1 + n / 16) {
        void* p = f.malloc(n);
        EXPECT_EQ(f.nallocx(n, 0), f.malloc_size(p)) << n;
        f.free_sized(p, n);
        for (int log_align = 4; log_align <= 16; ++log_align) {
            void* aligned = f.memalign(std::size_t{1} << log_align, n);
            EXPECT_GE(f.nallocx(n, log_align), n);
            EXPECT_GE(f.malloc_size(aligned), n);
            f.free(aligned);
        }
    }
}

TEST(Peers, two_objects_keep_books_of_their_own) {
    for (const char* name : {"jemalloc", "mimalloc", "tcmalloc"}) {
        auto first = make_allocator(name);
        if (!first.ok()) continue;
        const auto second = make_allocator(name);
        const AllocatorTable& t = first.value()->table();
        void* p = t.allocate(t.self, 1000, 8);
        EXPECT_GE(t.figures(t.self).reserved_bytes, 1000U) << name;
        EXPECT_EQ(second.value()->table().figures(second.value()->table().self).reserved_bytes, 0U) << name;
        t.deallocate(t.self, p, 1000, 8);
        EXPECT_EQ(t.figures(t.self).reserved_bytes, 0U) << name;
    }
}

TEST(PeerLibrary, one_that_is_not_there_names_its_files_and_its_package) {
    const auto library =
        PeerLibrary::load("nomalloc", {"libnomalloc.so.1", "libnomalloc.so"}, "libnomalloc1");
    ASSERT_FALSE(library.ok());
    EXPECT_EQ(library.failure().message,
              "nomalloc is not on this machine: there is no libnomalloc.so.1 or libnomalloc.so");
    EXPECT_EQ(library.failure().remedy, "install the package libnomalloc1");
}

TEST(PeerLibrary, a_function_that_another_library_answers_for_is_none_of_the_peers) {
    // The mathematical library depends on the C library, so its handle finds malloc.
    auto library = PeerLibrary::load("libm", {"libm.so.6"}, "libc6");
    ASSERT_TRUE(library.ok());
    double (*cosine)(double) = nullptr;
    library.value().find("cos", cosine);
    EXPECT_TRUE(library.value().complete());
    void* (*of_libc)(std::size_t) = nullptr;
    library.value().find("malloc", of_libc);
    EXPECT_EQ(of_libc, nullptr);
    EXPECT_FALSE(library.value().complete());
    EXPECT_NE(library.value().failure().message.find("has no malloc"), std::string::npos);
}

}  // namespace
}  // namespace harness::allocators
