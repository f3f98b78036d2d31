// Arrays of values outside the program's heap, for what a builtin holds while it works. They come from
// malloc, so that the memory a builtin needs for itself is not charged to the program, and they never throw.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "lang/vm/machine.hpp"

namespace harness::lang {

/// One unnamed value that is dropped unless somebody takes it: a builtin that fails half-way lets go of it.
class UnnamedValue {
  public:
    explicit UnnamedValue(Machine& machine, Value unnamed = Value::absent())
        : machine_(machine), value_(unnamed) {}
    UnnamedValue(const UnnamedValue&) = delete;
    UnnamedValue& operator=(const UnnamedValue&) = delete;
    ~UnnamedValue() { machine_.drop(value_); }

    /// Receives a value in the place of the one before; false where it is failed().
    bool set(Value unnamed) {
        machine_.drop(std::exchange(value_, unnamed));
        return unnamed != Value::failed();
    }
    bool failed() const { return value_ == Value::failed(); }
    Value get() const { return value_; }
    /// Hands it on, once.
    Value take() { return std::exchange(value_, Value::absent()); }

  private:
    Machine& machine_;
    Value value_;
};

class ScratchValues {
  public:
    explicit ScratchValues(Machine& machine) : machine_(machine) {}
    ScratchValues(const ScratchValues&) = delete;
    ScratchValues& operator=(const ScratchValues&) = delete;
    /// Drops the values that are still held.
    ~ScratchValues() {
        drop_all();
        std::free(values_);
    }

    /// Room for `wanted` values in all; false after raising MemoryError.
    bool reserve(std::size_t wanted) {
        if (wanted <= capacity_) return true;
        std::size_t grown = capacity_ == 0 ? 16 : capacity_ * 2;
        if (grown < wanted) grown = wanted;
        void* block = std::realloc(values_, grown * sizeof(Value));
        if (block == nullptr) {
            machine_.raise_memory_error(grown * sizeof(Value));
            return false;
        }
        values_ = static_cast<Value*>(block);
        capacity_ = grown;
        return true;
    }
    /// Receives an unnamed value, also when it fails: false after raising MemoryError.
    bool push(Value unnamed) {
        if (size_ == capacity_ && !reserve(size_ + 1)) {
            machine_.drop(unnamed);
            return false;
        }
        values_[size_++] = unnamed;
        return true;
    }
    /// Forgets the values: somebody else answers for them now.
    void release() { size_ = 0; }
    void drop_all() {
        while (size_ > 0) machine_.drop(values_[--size_]);
    }

    std::size_t size() const { return size_; }
    Value* data() { return values_; }
    Value& operator[](std::size_t i) { return values_[i]; }

  private:
    Machine& machine_;
    Value* values_ = nullptr;
    std::size_t size_ = 0, capacity_ = 0;
};

/// Values that left a container, to be discarded, the last one first, when the operation that removed them is
/// done.
class RemovedValues {
  public:
    explicit RemovedValues(Machine& machine) : machine_(machine) {}
    RemovedValues(const RemovedValues&) = delete;
    RemovedValues& operator=(const RemovedValues&) = delete;
    ~RemovedValues() {
        for (std::size_t i = size_; i > 0; --i) machine_.discard(values_[i - 1]);
        std::free(values_);
    }
    /// Once, before the first is added; false after raising MemoryError.
    bool reserve(std::size_t count) {
        if (count == 0) return true;
        values_ = static_cast<Value*>(std::malloc(count * sizeof(Value)));
        if (values_ == nullptr) machine_.raise_memory_error(count * sizeof(Value));
        return values_ != nullptr;
    }
    void add(Value from_slot) { values_[size_++] = from_slot; }
    std::size_t size() const { return size_; }
    Value& operator[](std::size_t i) { return values_[i]; }

  private:
    Machine& machine_;
    Value* values_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace harness::lang
