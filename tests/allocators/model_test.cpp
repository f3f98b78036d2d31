// Random sequences of operations against a model that only knows which blocks are alive and what they hold.
// A failing sequence is shrunk to a short one; RC_PARAMS="seed=N" in the environment replays the printed
// seed.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "tests/allocators/filled_block.hpp"
#include "tests/allocators/subjects.hpp"

namespace harness::allocators {
namespace {

enum class Kind { allocate, deallocate, resize, reallocate, mark, release, reset };

struct Step {
    Kind kind;
    std::size_t n;
    std::size_t align;
    std::size_t which;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
    constexpr const char* names[] = {"allocate", "deallocate", "resize", "reallocate",
                                     "mark",     "release",    "reset"};
    return out << names[static_cast<int>(step.kind)] << "(n=" << step.n << ", align=" << step.align
               << ", which=" << step.which << ")";
}

rc::Gen<Step> any_step() {
    const auto kind = rc::gen::weightedElement<Kind>({{8, Kind::allocate},
                                                      {5, Kind::deallocate},
                                                      {3, Kind::resize},
                                                      {3, Kind::reallocate},
                                                      {1, Kind::mark},
                                                      {1, Kind::release},
                                                      {1, Kind::reset}});
    const auto n = rc::gen::weightedOneOf<std::size_t>({{6, rc::gen::inRange<std::size_t>(1, 200)},
                                                        {1, rc::gen::inRange<std::size_t>(4000, 4200)},
                                                        {1, rc::gen::inRange<std::size_t>(60000, 70000)}});
    const auto align =
        rc::gen::map(rc::gen::inRange<int>(0, 14), [](int bits) { return std::size_t{1} << bits; });
    return rc::gen::build<Step>(rc::gen::set(&Step::kind, kind), rc::gen::set(&Step::n, n),
                                rc::gen::set(&Step::align, align),
                                rc::gen::set(&Step::which, rc::gen::inRange<std::size_t>(0, 1000)));
}

class Model {
  public:
    explicit Model(const AllocatorTable& table) : t_(table) {}

    void apply(const Step& step) {
        switch (step.kind) {
            case Kind::allocate:
                return allocate(step);
            case Kind::deallocate:
                return deallocate(step);
            case Kind::resize:
                return resize(step);
            case Kind::reallocate:
                return reallocate(step);
            case Kind::mark:
                return mark();
            case Kind::release:
                return release();
            case Kind::reset:
                return reset();
        }
    }

    void check() const {
        for (std::size_t i = 0; i < live_.size(); ++i) {
            RC_ASSERT(live_[i].is_aligned());
            RC_ASSERT(live_[i].is_intact());
            for (std::size_t j = 0; j < i; ++j) RC_ASSERT(!live_[i].overlaps(live_[j]));
            if (t_.owns != nullptr) RC_ASSERT(t_.owns(t_.self, live_[i].p));
        }
        if (t_.figures == nullptr) return;
        const Figures f = t_.figures(t_.self);
        std::uint64_t asked = 0;
        for (const FilledBlock& block : live_) asked += block.n;
        RC_ASSERT(f.reserved_bytes >= asked);
        RC_ASSERT(f.reserved_bytes_peak >= f.reserved_bytes);
        RC_ASSERT(f.mapped_bytes >= f.reserved_bytes);
    }

    void give_all_back() {
        for (const FilledBlock& block : live_) give_back(t_, block);
    }

  private:
    // Blocks from before the innermost mark stay as they are until it is released.
    [[nodiscard]] bool pick(const Step& step, std::size_t& index) const {
        const std::size_t first = marks_.empty() ? 0 : marks_.back().live_blocks;
        if (live_.size() == first) return false;
        index = first + step.which % (live_.size() - first);
        return true;
    }

    void allocate(const Step& step) {
        live_.push_back(take_filled(t_, step.n, step.align, ++number_));
        const bool is_given = live_.back().p != nullptr;
        RC_ASSERT(is_given);
    }
    void deallocate(const Step& step) {
        std::size_t index = 0;
        if (!pick(step, index)) return;
        give_back(t_, live_[index]);
        live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    void resize(const Step& step) {
        std::size_t index = 0;
        if (t_.resize == nullptr || !pick(step, index)) return;
        FilledBlock& block = live_[index];
        if (!t_.resize(t_.self, block.p, block.n, step.n, block.align)) return;
        RC_ASSERT(block.is_intact(std::min(block.n, step.n)));
        block.n = step.n;
        block.fill();
    }
    void reallocate(const Step& step) {
        std::size_t index = 0;
        if (t_.reallocate == nullptr || !pick(step, index)) return;
        FilledBlock& block = live_[index];
        void* moved = t_.reallocate(t_.self, block.p, block.n, step.n, block.align);
        const bool is_given = moved != nullptr;
        RC_ASSERT(is_given);
        block.p = moved;
        RC_ASSERT(block.is_intact(std::min(block.n, step.n)));
        block.n = step.n;
        block.fill();
    }
    void mark() {
        if (t_.mark != nullptr) marks_.push_back({t_.mark(t_.self), live_.size()});
    }
    void release() {
        if (marks_.empty()) return;
        t_.release(t_.self, marks_.back().mark);
        live_.resize(marks_.back().live_blocks);
        marks_.pop_back();
    }
    void reset() {
        if (t_.reset == nullptr) return;
        t_.reset(t_.self);
        live_.clear();
        marks_.clear();
    }

    struct Marked {
        Mark mark;
        std::size_t live_blocks;
    };

    const AllocatorTable& t_;
    std::vector<FilledBlock> live_;
    std::vector<Marked> marks_;
    unsigned number_ = 0;
};

class Modelled : public testing::TestWithParam<Subject> {};

INSTANTIATE_TEST_SUITE_P(All, Modelled, testing::ValuesIn(all_subjects()),
                         [](const auto& subject) { return test_name_of(subject.param.name); });

TEST_P(Modelled, agrees_with_the_model_on_random_sequences) {
    if (GetParam().overlaps) GTEST_SKIP() << "its blocks overlap";
    const bool held = rc::check([] {
        const std::vector<Step> steps = *rc::gen::container<std::vector<Step>>(any_step());
        const std::unique_ptr<AnyAllocator> allocator = GetParam().make();
        Model model(allocator->table());
        for (const Step& step : steps) {
            model.apply(step);
            model.check();
        }
        model.give_all_back();
    });
    EXPECT_TRUE(held);
}

}  // namespace
}  // namespace harness::allocators
