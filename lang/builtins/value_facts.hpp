// The machine's knowledge of values, in the form in which the types of the memory manager ask for it. It
// stands here because the memory manager knows nothing of machines.
#pragma once

#include <cstddef>
#include <string_view>

#include "lang/memory/manager/types.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

/// `machine` must outlive it. Values must be live.
class MachineFacts final : public ValueFacts {
  public:
    explicit MachineFacts(const Machine& machine) : machine_(machine) {}

    Type basic_type(Value v) const override {
        if (v.is_string()) return Type::str;
        if (!v.is_sequence() && !v.is_object()) return Type::any;
        const ClassId id = machine_.heap.class_id(v);
        if (id == ClassId::list) return Type::list;
        return id == ClassId::dict ? Type::dict : Type::any;
    }
    std::string_view type_name(Value v) const override { return machine_.type_name(v); }
    std::size_t string_length(Value v) const override { return machine_.heap.text(v).size(); }

  private:
    const Machine& machine_;
};

}  // namespace harness::lang
