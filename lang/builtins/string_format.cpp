// str.format: literal text with fields in braces, each of which names an argument, walks to something in it,
// and says how to format it. A specification may hold fields itself, one level deep.
#include <algorithm>
#include <charconv>
#include <string>

#include "lang/builtins/characters.hpp"
#include "lang/builtins/dict.hpp"
#include "lang/builtins/format_spec.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/string_methods.hpp"
#include "lang/builtins/subscript.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

/// A field as written: {name!conversion:spec}.
struct Field {
    std::string_view name, spec;
    char conversion = 0;
    bool nested = false;  ///< the specification holds fields
};

/// The text of one level, and how far it was read.
struct Level {
    std::string_view text;
    std::size_t at = 0;

    bool ended() const { return at >= text.size(); }
};

class FieldFormatter {
  public:
    FieldFormatter(Machine& machine, const Value* positional, std::uint32_t count, Value named)
        : machine_(machine), positional_(positional), count_(count), named_(named) {}

    bool run(std::string_view text, int depth, std::string& out) {
        if (depth == 0) return fail("Max string recursion exceeded");
        Level level{text};
        while (!level.ended()) {
            const std::size_t mark = std::min(text.find_first_of("{}", level.at), text.size());
            out += text.substr(level.at, mark - level.at);
            level.at = mark + 1;
            if (mark >= text.size()) break;
            const char c = text[mark];
            if (!level.ended() && text[level.at] == c) {
                out += c;
                ++level.at;
                continue;
            }
            if (c == '}') return fail("Single '}' encountered in format string");
            if (level.ended()) return fail("Single '{' encountered in format string");
            Field field;
            if (!read_field(level, field) || !render(field, depth, out)) return false;
        }
        return true;
    }

  private:
    bool fail(std::string message) {
        machine_.raise(ErrorKind::ValueError, std::move(message));
        return false;
    }

    /// Reads up to and with the brace that closes the field.
    bool read_field(Level& level, Field& field) {
        const std::string_view text = level.text;
        const std::size_t from = level.at;
        bool in_brackets = false;
        for (; !level.ended(); ++level.at) {
            const char c = text[level.at];
            if (in_brackets) {
                in_brackets = c != ']';
                continue;
            }
            if (c == '{') return fail("unexpected '{' in field name");
            if (c == '}' || c == ':' || c == '!') break;
            in_brackets = c == '[';
        }
        if (level.ended()) return fail("expected '}' before end of string");
        field.name = text.substr(from, level.at - from);
        const char end = text[level.at++];
        if (end == '}') return true;
        if (end == '!') {
            if (level.ended()) return fail("end of string while looking for conversion specifier");
            field.conversion = text[level.at++];
            if (!level.ended()) {
                const char after = text[level.at++];
                if (after == '}') return true;
                if (after != ':') return fail("expected ':' after conversion specifier");
            }
        }
        return read_spec(level, field);
    }

    bool read_spec(Level& level, Field& field) {
        const std::size_t from = level.at;
        int open = 1;
        for (; !level.ended(); ++level.at) {
            const char c = level.text[level.at];
            if (c == '{') {
                field.nested = true;
                ++open;
            } else if (c == '}' && --open == 0) {
                field.spec = level.text.substr(from, level.at++ - from);
                return true;
            }
        }
        return fail("unmatched '{' in format spec");
    }

    bool render(const Field& field, int depth, std::string& out) {
        const Value v = resolve(field.name);
        if (is_failed(v)) return false;
        const bool ok = render_value(v, field, depth, out);
        machine_.drop(v);
        return ok;
    }

    bool render_value(Value v, const Field& field, int depth, std::string& out) {
        const char conversion = field.conversion;
        if (conversion != 0 && conversion != 's' && conversion != 'r' && conversion != 'a')
            return fail("Unknown conversion specifier " +
                        (conversion > ' ' && conversion < 0x7F
                             ? std::string(1, conversion)
                             : "\\x" + digits_of(static_cast<unsigned char>(conversion), 16, false)));
        if (!field.nested) return format_value(machine_, v, conversion, field.spec, out);
        std::string spec;
        return run(field.spec, depth - 1, spec) && format_value(machine_, v, conversion, spec, out);
    }

    /// What a field's name stands for, unnamed: an argument, then attributes and items of it.
    Value resolve(std::string_view name) {
        const std::size_t first_end = std::min(name.find_first_of(".["), name.size());
        Value v = argument(name.substr(0, first_end));
        name.remove_prefix(first_end);
        while (!is_failed(v) && !name.empty()) {
            const Value inner = name[0] == '.'   ? take_attribute(v, name)
                                : name[0] == '[' ? take_item(v, name)
                                                 : not_a_path();
            machine_.drop(v);
            v = inner;
        }
        return v;
    }

    Value argument(std::string_view name) {
        std::uint64_t index = 0;
        bool by_place = name.empty() || std::all_of(name.begin(), name.end(), is_digit);
        if (by_place) {
            const auto read = std::from_chars(name.data(), name.data() + name.size(), index);
            if (!name.empty() && (read.ec != std::errc{} || index > INT64_MAX))
                return machine_.raise(ErrorKind::ValueError, "Too many decimal digits in format string");
            if (numbering_ == Numbering::automatic && !name.empty())
                return machine_.raise(
                    ErrorKind::ValueError,
                    "cannot switch from automatic field numbering to manual field specification");
            if (numbering_ == Numbering::manual && name.empty())
                return machine_.raise(
                    ErrorKind::ValueError,
                    "cannot switch from manual field specification to automatic field numbering");
            numbering_ = name.empty() ? Numbering::automatic : Numbering::manual;
            if (name.empty()) index = next_++;
            if (index < count_) return shared(machine_, positional_[index]);
            return machine_.raise(ErrorKind::IndexError, "Replacement index " + std::to_string(index) +
                                                             " out of range for positional args tuple");
        }
        const Value key = machine_.heap.new_string(name);
        if (is_failed(key)) return key;
        Value found = Value::absent();
        if (!is_absent(named_) && !dict_lookup(machine_, named_, key, found)) found = Value::failed();
        if (is_absent(found))
            found = machine_.raise_key_error(key);
        else if (!is_failed(found))
            found = shared(machine_, found);
        machine_.drop(key);
        return found;
    }

    Value empty_part() { return machine_.raise(ErrorKind::ValueError, "Empty attribute in format string"); }

    Value not_a_path() {
        return machine_.raise(ErrorKind::ValueError,
                              "Only '.' or '[' may follow ']' in format field specifier");
    }

    Value take_attribute(Value v, std::string_view& path) {
        path.remove_prefix(1);
        const std::string_view name = path.substr(0, path.find_first_of(".["));
        path.remove_prefix(name.size());
        return name.empty() ? empty_part() : machine_.get_attribute(v, machine_.names.intern(name));
    }

    Value take_item(Value v, std::string_view& path) {
        const std::size_t close = path.find(']');
        if (close == std::string_view::npos)
            return machine_.raise(ErrorKind::ValueError, "Missing ']' in format string");
        const std::string_view name = path.substr(1, close - 1);
        path.remove_prefix(close + 1);
        if (name.empty()) return empty_part();
        if (std::all_of(name.begin(), name.end(), is_digit)) {
            std::int64_t index = 0;
            const auto read = std::from_chars(name.data(), name.data() + name.size(), index);
            if (read.ec != std::errc{} || !fits_integer(index))
                return machine_.raise(ErrorKind::ValueError, "Too many decimal digits in format string");
            return subscript_of(machine_, v, Value::integer(index));
        }
        const Value key = machine_.heap.new_string(name);
        if (is_failed(key)) return key;
        const Value item = subscript_of(machine_, v, key);
        machine_.drop(key);
        return item;
    }

    enum class Numbering : std::uint8_t { open, automatic, manual };

    Machine& machine_;
    const Value* positional_;
    std::uint32_t count_;
    Value named_;
    Numbering numbering_ = Numbering::open;
    std::uint64_t next_ = 0;
};

}  // namespace

Value string_method::format(Machine& machine, const Value* arguments, std::uint32_t count) {
    std::string out;
    FieldFormatter formatter(machine, arguments + 1, count - 2, arguments[count - 1]);
    if (!formatter.run(machine.heap.text(arguments[0]), 2, out)) return Value::failed();
    return machine.heap.new_string(out);
}

}  // namespace harness::lang
