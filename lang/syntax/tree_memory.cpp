// The slow path of the scratch stack and the special members of Module, which owns a TreeMemory that users of
// the parser need not see.
#include "lang/syntax/tree_memory.hpp"

#include <cstdlib>
#include <new>

#include "lang/syntax/parser.hpp"

namespace harness::lang {

void ScratchStack::Release::operator()(char* block) const { std::free(block); }

void ScratchStack::grow(std::size_t bytes) {
    const std::size_t capacity = std::max<std::size_t>({4096, capacity_ * 2, used_ + bytes});
    char* grown = static_cast<char*>(std::realloc(bytes_.get(), capacity));
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(bytes_.release());
    bytes_.reset(grown);
    capacity_ = capacity;
}

Module::Module() : memory(std::make_unique<TreeMemory>()) {}
Module::Module(Module&&) noexcept = default;
Module& Module::operator=(Module&&) noexcept = default;
Module::~Module() = default;

}  // namespace harness::lang
