// A container that most of its owners leave empty: one pointer until something is put into it. A program of a
// mebibyte may have tens of thousands of functions, each of which would have a dozen empty hash tables.
#pragma once

#include <memory>
#include <utility>

namespace harness::lang {

/// For sets and maps. Iterators end when the first element comes, as they may with every later one.
template <class Container>
class Sparse {
  public:
    using Key = typename Container::key_type;

    auto begin() const { return read().begin(); }
    auto end() const { return read().end(); }
    auto find(const Key& key) const { return read().find(key); }
    bool contains(const Key& key) const { return made_ != nullptr && made_->contains(key); }
    bool empty() const { return made_ == nullptr || made_->empty(); }
    std::size_t size() const { return made_ == nullptr ? 0 : made_->size(); }
    const auto& at(const Key& key) const { return read().at(key); }

    template <class... Parts>
    auto emplace(Parts&&... parts) {
        return write().emplace(std::forward<Parts>(parts)...);
    }
    auto insert(const typename Container::value_type& value) { return write().insert(value); }
    template <class Iterator>
    void insert(Iterator first, Iterator last) {
        if (first != last) write().insert(first, last);
    }
    template <class... Parts>
    auto try_emplace(const Key& key, Parts&&... parts) {
        return write().try_emplace(key, std::forward<Parts>(parts)...);
    }
    auto& operator[](const Key& key) { return write()[key]; }
    std::size_t erase(const Key& key) { return made_ == nullptr ? 0 : made_->erase(key); }

  private:
    const Container& read() const {
        static const Container none;
        return made_ == nullptr ? none : *made_;
    }
    Container& write() {
        if (made_ == nullptr) made_ = std::make_unique<Container>();
        return *made_;
    }

    std::unique_ptr<Container> made_;
};

}  // namespace harness::lang
