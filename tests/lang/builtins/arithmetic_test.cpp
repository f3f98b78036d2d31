// The arithmetic behind builtins that must come out the same on every machine.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "lang/builtins/hashing.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/random.hpp"

namespace harness::lang {
namespace {

TEST(random, gives_the_published_sequence_of_splitmix64) {
    RandomState random;
    random.seed(1'234'567);
    EXPECT_EQ(random.next(), 6'457'827'717'110'365'317U);
    EXPECT_EQ(random.next(), 3'203'168'211'198'807'973U);
    EXPECT_EQ(random.next(), 9'817'491'932'198'370'423U);
}

TEST(hashing, finds_multiples_of_every_power_of_two_in_few_probes) {
    for (unsigned shift = 0; shift < 40; ++shift) {
        constexpr std::uint64_t slots = 4096;
        std::vector<bool> taken(slots);
        std::uint64_t probes = 0;
        for (std::int64_t i = 0; i < 2048; ++i) {
            std::uint64_t at = hash_integer(i << shift) % slots;
            for (++probes; taken[at]; ++probes) at = (at + 1) % slots;
            taken[at] = true;
        }
        EXPECT_LT(probes, 2048U * 3) << "shift " << shift;
    }
}

TEST(range_length, counts_what_a_loop_would_visit) {
    for (std::int64_t start = -7; start <= 7; ++start)
        for (std::int64_t stop = -7; stop <= 7; ++stop)
            for (std::int64_t step = -4; step <= 4; ++step) {
                if (step == 0) continue;
                std::int64_t visited = 0;
                for (std::int64_t i = start; step > 0 ? i < stop : i > stop; i += step) ++visited;
                EXPECT_EQ(range_length({start, stop, step}), visited) << start << ' ' << stop << ' ' << step;
            }
}

TEST(dict_layout, keeps_a_free_slot_in_every_index) {
    for (std::uint64_t slots = 4; slots <= std::uint64_t{1} << 31; slots *= 2) {
        EXPECT_LT(Dict::capacity_of(slots), slots);
        EXPECT_GT(Dict::capacity_of(slots), slots / 2 - 1);
    }
}

}  // namespace
}  // namespace harness::lang
