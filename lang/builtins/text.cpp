// What operators do with strings: each result is measured first and then written once, straight into its
// place on the heap.
#include "lang/builtins/text.hpp"

#include <cstring>

#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/string_building.hpp"

namespace harness::lang {

Value string_concat(Machine& machine, Value a, Value b) {
    const std::string_view x = machine.heap.text(a);
    const std::string_view y = machine.heap.text(b);
    if (x.empty()) return machine.share(b);
    if (y.empty()) return machine.share(a);
    return build_string(machine, x.size() + y.size(), [x, y](char* out) {
        std::memcpy(out, x.data(), x.size());
        std::memcpy(out + x.size(), y.data(), y.size());
    });
}

Value string_repeat(Machine& machine, Value s, std::int64_t n) {
    const std::string_view text = machine.heap.text(s);
    if (n == 1 || text.empty()) return machine.share(s);
    if (n <= 0) return machine.heap.new_string("");
    if (static_cast<std::uint64_t>(n) > string_length_max / text.size())
        return machine.raise_memory_error(string_length_max);
    const std::size_t length = text.size() * static_cast<std::size_t>(n);
    return build_string(machine, length, [text, length](char* out) {
        if (text.size() == 1) {
            std::memset(out, text[0], length);
            return;
        }
        std::memcpy(out, text.data(), text.size());
        // Each round copies all that is there, so that the number of copies is the logarithm of n.
        for (std::size_t done = text.size(); done < length;) {
            const std::size_t more = done < length - done ? done : length - done;
            std::memcpy(out + done, out, more);
            done += more;
        }
    });
}

Value string_index(Machine& machine, Value s, std::int64_t i) {
    const std::string_view text = machine.heap.text(s);
    const auto length = static_cast<std::int64_t>(text.size());
    if (i < 0) i += length;
    if (i < 0 || i >= length) return machine.raise_index_error("string index out of range", i, length);
    return machine.heap.single_byte(static_cast<unsigned char>(text[static_cast<std::size_t>(i)]));
}

Value string_slice(Machine& machine, Value s, Value start, Value stop, Value step) {
    const std::string_view text = machine.heap.text(s);
    SliceBounds bounds;
    if (!resolve_slice(machine, start, stop, step, static_cast<std::int64_t>(text.size()), bounds))
        return Value::failed();
    const auto count = static_cast<std::size_t>(bounds.count);
    if (count == text.size() && bounds.step == 1) return machine.share(s);
    if (count == 0) return machine.heap.new_string("");
    if (bounds.step == 1)
        return machine.heap.new_string(text.substr(static_cast<std::size_t>(bounds.start), count));
    return build_string(machine, count, [text, count, bounds](char* out) {
        std::int64_t at = bounds.start;
        for (std::size_t i = 0; i < count; ++i, at += bounds.step)
            out[i] = text[static_cast<std::size_t>(at)];
    });
}

int string_compare(const ObjectHeap& heap, Value a, Value b) { return heap.text(a).compare(heap.text(b)); }

bool string_contains(const ObjectHeap& heap, Value whole, Value part) {
    return find_text(heap.text(whole), heap.text(part)) != std::string_view::npos;
}

}  // namespace harness::lang
