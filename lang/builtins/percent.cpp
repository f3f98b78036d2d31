// format % arguments: the formatting of C's printf as Python has it. Each conversion is read whole, then
// given its argument, then laid out.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "lang/builtins/characters.hpp"
#include "lang/builtins/float_text.hpp"
#include "lang/builtins/format_spec.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/subscript.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

struct Conversion {
    bool left = false, plus = false, space = false, alternate = false, zero = false;
    std::int64_t width = -1, precision = -1;
    char type = 0;
};

class PercentFormatter {
  public:
    PercentFormatter(Machine& machine, std::string_view format, Value arguments)
        : machine_(machine), format_(format), container_(arguments), arguments_(arguments) {
        if (!arguments.is_heap() || arguments.is_string()) return;
        const ClassId id = machine.heap.class_id(arguments);
        tuple_ = id == ClassId::tuple;
        // What can be subscripted may be a mapping, and is then allowed to stay unused.
        mapping_ = machine.is_instance(arguments)
                       ? !is_absent(machine.class_of(arguments).dunder(Dunder::getitem))
                       : id == ClassId::dict || id == ClassId::list || id == ClassId::range;
    }

    bool run(std::string& out) {
        while (at_ < format_.size()) {
            const std::size_t mark = std::min(format_.find('%', at_), format_.size());
            out += format_.substr(at_, mark - at_);
            at_ = mark;
            if (mark == format_.size()) break;
            ++at_;
            if (!convert(out)) return false;
        }
        const bool all_used =
            mapping_ || (tuple_ ? next_ >= machine_.heap.sequence(arguments_).length() : next_ > 0);
        return all_used || fail(ErrorKind::TypeError, "not all arguments converted during string formatting");
    }

  private:
    bool fail(ErrorKind kind, std::string message) {
        machine_.raise(kind, std::move(message));
        return false;
    }
    bool type_error(const char* before, Value v) {
        return fail(ErrorKind::TypeError, before + std::string(machine_.type_name(v)));
    }

    /// The next argument as a borrow; a single one that is no tuple counts as one argument.
    bool take_argument(Value& borrow) {
        if (tuple_) {
            const Sequence& s = machine_.heap.sequence(arguments_);
            if (next_ < s.length()) {
                borrow = s.elements()[next_++];
                return may_read(machine_, borrow);
            }
        } else if (next_ == 0) {
            borrow = arguments_;
            next_ = 1;
            return true;
        }
        return fail(ErrorKind::TypeError, "not enough arguments for format string");
    }

    /// (key): from here on, the entry of that name is the only argument.
    bool read_key(bool& has_key) {
        if (at_ >= format_.size() || format_[at_] != '(') return true;
        if (!mapping_) return fail(ErrorKind::TypeError, "format requires a mapping");
        const std::size_t from = ++at_;
        int open = 1;
        for (; at_ < format_.size(); ++at_) {
            if (format_[at_] == '(') ++open;
            if (format_[at_] == ')' && --open == 0) break;
        }
        if (open > 0) return fail(ErrorKind::ValueError, "incomplete format key");
        const Value key = machine_.heap.new_string(format_.substr(from, at_++ - from));
        if (is_failed(key)) return false;
        const Value item = subscript_of(machine_, container_, key);
        machine_.drop(key);
        if (is_failed(item)) return false;
        arguments_ = item;
        next_ = 0;
        has_key = true;
        return true;
    }

    void read_flags(Conversion& c) {
        for (; at_ < format_.size(); ++at_) {
            switch (format_[at_]) {
                case '-':
                    c.left = true;
                    break;
                case '+':
                    c.plus = true;
                    break;
                case ' ':
                    c.space = true;
                    break;
                case '#':
                    c.alternate = true;
                    break;
                case '0':
                    c.zero = true;
                    break;
                default:
                    return;
            }
        }
    }

    /// A number, or the argument that `*` stands for. `given` tells whether there was either.
    bool read_number(std::int64_t& number, std::int64_t most, const char* what, bool& given) {
        given = false;
        if (at_ >= format_.size()) return true;
        if (format_[at_] == '*') {
            ++at_;
            Value argument;
            if (!take_argument(argument)) return false;
            if (!is_integral(argument)) return fail(ErrorKind::TypeError, "* wants int");
            number = integral(argument);
            given = true;
            return (number <= most && number >= -most) ||
                   fail(ErrorKind::OverflowError, "Python int too large to convert to C int");
        }
        if (!is_digit(format_[at_])) return true;
        const char* first = format_.data() + at_;
        const auto read = std::from_chars(first, format_.data() + format_.size(), number);
        at_ += static_cast<std::size_t>(read.ptr - first);
        given = true;
        return (read.ec == std::errc{} && number <= most) ||
               fail(ErrorKind::ValueError, std::string(what) + " too big");
    }

    bool read_conversion(Conversion& c) {
        read_flags(c);
        bool given;
        if (!read_number(c.width, INT64_MAX, "width", given)) return false;
        if (given && c.width < 0) {
            c.left = true;
            c.width = -c.width;
        }
        if (at_ < format_.size() && format_[at_] == '.') {
            ++at_;
            c.precision = 0;
            if (!read_number(c.precision, INT32_MAX, "precision", given)) return false;
            if (c.precision < 0) c.precision = 0;
        }
        // C's length modifiers mean nothing here.
        if (at_ < format_.size() && (format_[at_] == 'h' || format_[at_] == 'l' || format_[at_] == 'L'))
            ++at_;
        if (at_ >= format_.size()) return fail(ErrorKind::ValueError, "incomplete format");
        c.type = format_[at_++];
        return true;
    }

    bool convert(std::string& out) {
        if (at_ < format_.size() && format_[at_] == '%') {
            ++at_;
            out += '%';
            return true;
        }
        Conversion c;
        bool has_key = false;
        if (!read_key(has_key)) return false;
        Value argument;
        const bool ok = read_conversion(c) && take_argument(argument) && fits(c) && lay_out(c, argument, out);
        if (has_key) {
            // What the key gave was the only argument of its conversion; nothing is left for one without a
            // key.
            machine_.drop(arguments_);
            arguments_ = Value::none();
            next_ = 1;
        }
        return ok;
    }

    bool fits(const Conversion& c) {
        if (c.width < width_max && c.precision < width_max) return true;
        machine_.raise_memory_error(static_cast<std::size_t>(width_max));
        return false;
    }

    bool lay_out(const Conversion& c, Value v, std::string& out) {
        switch (c.type) {
            case 's':
            case 'r':
            case 'a':
                return lay_out_text(c, v, out);
            case 'd':
            case 'i':
            case 'u':
            case 'x':
            case 'X':
            case 'o':
                return lay_out_integer(c, v, out);
            case 'e':
            case 'E':
            case 'f':
            case 'F':
            case 'g':
            case 'G':
                return lay_out_float(c, v, out);
            case 'c':
                return lay_out_character(c, v, out);
            default:
                break;
        }
        return fail(ErrorKind::ValueError, std::string("unsupported format character '") +
                                               (is_printable(c.type) ? c.type : '?') + "' (0x" +
                                               digits_of(static_cast<unsigned char>(c.type), 16, false) +
                                               ") at index " + std::to_string(at_ - 1));
    }

    static void pad(const Conversion& c, std::string_view text, std::string& out) {
        append_padded(text, c.width, c.left ? '<' : '>', " ", out);
    }

    bool lay_out_text(const Conversion& c, Value v, std::string& out) {
        std::string text;
        const bool ok = c.type == 's'   ? append_str(machine_, v, text)
                        : c.type == 'r' ? append_repr(machine_, v, text)
                                        : append_ascii(machine_, v, text);
        if (!ok) return false;
        if (c.precision >= 0 && static_cast<std::size_t>(c.precision) < text.size())
            text.resize(static_cast<std::size_t>(c.precision));
        pad(c, text, out);
        return true;
    }

    /// Sign and prefix, then the digits; zeros go between them.
    static void pad_number(const Conversion& c, bool negative, std::string_view prefix,
                           std::string_view digits, std::string& out) {
        std::string text;
        if (negative)
            text += '-';
        else if (c.plus || c.space)
            text += c.plus ? '+' : ' ';
        text += prefix;
        if (c.zero && !c.left)
            append_padded(digits, c.width - static_cast<std::int64_t>(text.size()), '>', "0", text);
        else
            text += digits;
        pad(c, text, out);
    }

    bool lay_out_integer(const Conversion& c, Value v, std::string& out) {
        const bool decimal = c.type == 'd' || c.type == 'i' || c.type == 'u';
        if (v.is_float() && decimal) return lay_out_whole(c, v.as_float(), out);
        if (!is_integral(v)) {
            const std::string before =
                std::string("%") + c.type +
                " format: " + (decimal ? "a real number is required, not " : "an integer is required, not ");
            return type_error(before.c_str(), v);
        }
        const std::int64_t number = integral(v);
        const auto magnitude = static_cast<std::uint64_t>(number);
        const unsigned base = decimal ? 10 : c.type == 'o' ? 8 : 16;
        const std::string digits = digits_of(number < 0 ? 0 - magnitude : magnitude, base, c.type == 'X');
        std::string text;
        append_padded(digits, c.precision, '>', "0", text);
        const char* prefix = decimal ? "" : c.type == 'o' ? "0o" : c.type == 'x' ? "0x" : "0X";
        pad_number(c, number < 0, c.alternate ? prefix : "", text, out);
        return true;
    }

    /// A float without its fraction, exact however large: its digits never become an int.
    bool lay_out_whole(const Conversion& c, double number, std::string& out) {
        if (!std::isfinite(number)) return !is_failed(int_from_float(machine_, number));
        std::string digits;
        append_float(std::trunc(std::fabs(number)), {.style = FloatStyle::fixed}, digits);
        std::string text;
        append_padded(digits, c.precision, '>', "0", text);
        pad_number(c, number <= -1, "", text, out);
        return true;
    }

    bool lay_out_float(const Conversion& c, Value v, std::string& out) {
        if (!is_numeric(v)) return type_error("must be real number, not ", v);
        const char type = to_lower(c.type);
        FloatForm form;
        form.style = type == 'e'   ? FloatStyle::exponent
                     : type == 'f' ? FloatStyle::fixed
                                   : FloatStyle::general;
        form.precision = c.precision < 0 ? 6 : static_cast<int>(c.precision);
        form.keep_point = c.alternate;
        form.upper = c.type != type;
        std::string text;
        append_float(numeric(v), form, text);
        const bool negative = text[0] == '-';
        pad_number(c, negative, "", std::string_view(text).substr(negative ? 1 : 0), out);
        return true;
    }

    bool lay_out_character(const Conversion& c, Value v, std::string& out) {
        std::string character;
        if (v.is_string()) {
            character = machine_.heap.text(v);
            if (character.empty() ||
                (character.size() > 1 && code_point_at(character, 0).length != character.size()))
                return fail(ErrorKind::TypeError, "%c requires int or char");
        } else if (is_integral(v)) {
            if (integral(v) < 0 || integral(v) >= code_point_end)
                return fail(ErrorKind::OverflowError, "%c arg not in range(0x110000)");
            append_code_point(static_cast<std::uint32_t>(integral(v)), character);
        } else {
            return fail(ErrorKind::TypeError, "%c requires int or char");
        }
        pad(c, character, out);
        return true;
    }

    Machine& machine_;
    std::string_view format_;
    Value container_;  ///< what stands behind the %
    Value arguments_;  ///< the same, or the entry of a key
    bool tuple_ = false, mapping_ = false;
    std::uint32_t next_ = 0;  ///< how many arguments were used; for a single one, 0 or 1
    std::size_t at_ = 0;
};

}  // namespace

Value string_percent(Machine& machine, Value format, Value arguments) {
    std::string out;
    PercentFormatter formatter(machine, machine.heap.text(format), arguments);
    if (!formatter.run(out)) return Value::failed();
    return machine.heap.new_string(out);
}

}  // namespace harness::lang
