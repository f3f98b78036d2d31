// Plain C++ on the family: three ways to give containers their memory, from the fastest to the most flexible.
// It prints what each took; the argument is the spec of the last, "pool(64,64K)/arena" if there is none.
#include <cstdio>
#include <exception>
#include <map>
#include <memory_resource>
#include <string>
#include <vector>

#include "allocators/arena.hpp"
#include "allocators/memory_resource.hpp"
#include "allocators/registry.hpp"

using namespace harness::allocators;

namespace {

// Counts words in nodes that the given resource hands out.
std::size_t distinct_words(const std::vector<std::string>& words, std::pmr::memory_resource& memory) {
    std::pmr::map<std::pmr::string, int> counts(&memory);
    for (const std::string& word : words) ++counts[std::pmr::string(word, &memory)];
    return counts.size();
}

}  // namespace

// What the library throws, std::bad_alloc above all, ends the program with its text.
int main(int argc, char** argv) try {
    std::vector<std::string> words(10000);
    int number = 0;
    for (std::string& word : words)
        word = "a word that is too long for its object: " + std::to_string(number++ % 700);

    // The allocator's type is known, so that an allocation inlines to a bump.
    Arena<Page> arena;
    {
        std::vector<int, ContainerAllocator<int, Arena<Page>>> squares(arena);
        for (int i = 0; i < 1000; ++i) squares.push_back(i * i);
        std::printf("squares: the last is %d, %llu bytes reserved\n", squares.back(),
                    static_cast<unsigned long long>(arena.figures().reserved_bytes));
    }
    arena.reset();

    // The library's polymorphic containers on the same arena: released in bulk.
    MemoryResource on_arena(arena);
    std::printf("words on an arena: %zu\n", distinct_words(words, on_arena));
    arena.reset();

    // Chosen by name at run time.
    const char* spec = argc > 1 ? argv[1] : "pool(64,64K)/arena";
    auto made = make_allocator(std::string("counting(") + spec + ")");
    if (!made.ok()) {
        std::fprintf(stderr, "%s\nhelp: %s\n", made.failure().message.c_str(), made.failure().remedy.c_str());
        return 2;
    }
    const std::unique_ptr<AnyAllocator> chosen = std::move(made).value();
    MemoryResource on_chosen(*chosen);
    std::printf("words on %s: %zu\n", spec, distinct_words(words, on_chosen));
    const Figures figures = chosen->table().figures(chosen->table().self);
    std::printf("allocations: %llu, freed: %llu\n", static_cast<unsigned long long>(figures.allocations),
                static_cast<unsigned long long>(figures.deallocations));
    return figures.allocations == figures.deallocations ? 0 : 1;
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
