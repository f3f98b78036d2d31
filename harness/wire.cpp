// The report's way through the pipe: one list of fields serves writing and reading, so the two cannot
// disagree. Numbers are eight bytes in the machine's own order, because both ends are the same process image.
#include <concepts>
#include <cstring>
#include <type_traits>

#include "harness/cell_report.hpp"

namespace harness::cli {

namespace {

// The last bytes of a whole report. A child that dies while it writes leaves them out.
constexpr std::uint64_t end_mark = 0x656e64206f662072;

class Writer {
  public:
    void operator()(std::uint64_t number) {
        char raw[sizeof number];
        std::memcpy(raw, &number, sizeof number);
        bytes_.append(raw, sizeof raw);
    }
    void operator()(const std::string& text) {
        (*this)(text.size());
        bytes_ += text;
    }
    std::string take() { return std::move(bytes_); }

  private:
    std::string bytes_;
};

// Reads what Writer wrote. After the first value that does not fit, every further one is empty and ok() is
// false.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    void operator()(std::uint64_t& number) {
        number = 0;
        if (bytes_.size() < sizeof number) return fail();
        std::memcpy(&number, bytes_.data(), sizeof number);
        bytes_.remove_prefix(sizeof number);
    }
    void operator()(std::string& text) {
        std::uint64_t size = 0;
        (*this)(size);
        if (size > bytes_.size()) return fail();
        text = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  private:
    void fail() {
        ok_ = false;
        bytes_ = {};
    }
    std::string_view bytes_;
    bool ok_ = true;
};

// A value that is no 64-bit number travels as one. The cast back is safe: only our own writer fills the pipe,
// and the end mark tells a damaged report.
template <class T>
void number(Writer& archive, T& value) {
    archive(static_cast<std::uint64_t>(value));
}
template <class T>
void number(Reader& archive, T& value) {
    std::uint64_t raw = 0;
    archive(raw);
    value = static_cast<T>(raw);
}

template <class T, class Visit>
void sequence(Writer& archive, std::vector<T>& items, Visit visit) {
    archive(items.size());
    for (T& item : items) visit(item);
}
template <class T, class Visit>
void sequence(Reader& archive, std::vector<T>& items, Visit visit) {
    std::uint64_t size = 0;
    archive(size);
    // The size is believed one item at a time, so that a damaged one cannot ask for all memory.
    for (std::uint64_t i = 0; i < size && archive.ok(); ++i) visit(items.emplace_back());
}

template <class Archive>
void fields(Archive& archive, FilePlace& place) {
    archive(place.file);
    number(archive, place.line);
    number(archive, place.column);
}

template <class Archive>
void fields(Archive& archive, ErrorReport& error) {
    archive(error.kind);
    archive(error.message);
    fields(archive, error.place);
}

template <class Archive>
void fields(Archive& archive, DefectReport& defect) {
    fields(archive, defect.error);
    archive(defect.bytes);
    fields(archive, defect.allocated);
    fields(archive, defect.released);
}

template <class Archive>
void fields(Archive& archive, CellReport& report) {
    const auto all = [&](auto&... numbers) { (number(archive, numbers), ...); };
    all(report.status, report.exit_code);
    archive(report.trouble.message);
    archive(report.trouble.remedy);
    archive(report.trouble.excerpt);
    sequence(archive, report.rendered, [&](std::string& text) { archive(text); });
    sequence(archive, report.errors, [&](ErrorReport& error) { fields(archive, error); });
    sequence(archive, report.defects, [&](DefectReport& defect) { fields(archive, defect); });
    lang::HeapFigures& heap = report.heap;
    all(heap.allocations, heap.deallocations, heap.payload_bytes_total, heap.payload_bytes_peak,
        heap.payload_bytes_leaked, heap.header_bytes_peak, heap.requested_bytes_peak,
        heap.reserved_bytes_peak, heap.mapped_bytes_peak, heap.requested_bytes_total, heap.constant_bytes);
    all(report.counted.allocations, report.counted.deallocations, report.counted.requested_bytes_total,
        report.counted.requested_bytes_peak);
    all(report.stack.frames_peak, report.stack.value_bytes_peak, report.stack.window_bytes_peak);
    lang::LifetimeCosts& costs = report.costs;
    all(costs.retains, costs.releases, costs.copies, costs.copied_bytes, costs.destructors, costs.regions,
        costs.traced_bytes, costs.collections, costs.pauses, costs.pause_ns_max, costs.pause_ns_total);
    all(report.phases.front_end_ns, report.phases.run_ns, report.phases.release_ns);
    all(report.wall_ns, report.output_xxh3, report.output_bytes, report.indices_peak, report.index_conflicts);
}

}  // namespace

std::string encode(const CellReport& report) {
    Writer writer;
    // The list of fields takes a mutable report because it also serves reading; a writer changes nothing.
    fields(writer, const_cast<CellReport&>(report));
    writer(end_mark);
    return writer.take();
}

std::optional<CellReport> decode(std::string_view bytes) {
    Reader reader(bytes);
    CellReport report;
    fields(reader, report);
    std::uint64_t mark = 0;
    reader(mark);
    if (!reader.ok() || !reader.at_end() || mark != end_mark) return std::nullopt;
    return report;
}

}  // namespace harness::cli
