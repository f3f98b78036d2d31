// Matches an error against the table of advice.def and fills the words of its help from the source and from
// what the VM knew.
#include "lang/advice/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>

#include "lang/advice/reading.hpp"

namespace harness::lang {

namespace {

struct Row {
    std::string_view error, message;
    Part mark;
    std::string_view help;
};
constexpr Row rows[] = {
#define ADVICE(error, message, mark, help) {#error, message, Part::mark, help},
#include "lang/advice/advice.def"
#undef ADVICE
};

constexpr struct {
    std::string_view word;
    Part part;
    bool primary;
} part_words[] = {
    {"left", Part::left, false},         {"right", Part::right, false}, {"operand", Part::operand, false},
    {"object", Part::object, true},      {"index", Part::index, false}, {"callee", Part::callee, true},
    {"argument", Part::argument, false}, {"value", Part::value, false},
};

constexpr struct {
    std::string_view sign, method;
} binary_methods[] =
    {
        {"+", "__add__"},       {"-", "__sub__"}, {"*", "__mul__"},     {"/", "__truediv__"},
        {"//", "__floordiv__"}, {"%", "__mod__"}, {"**", "__pow__"},    {"&", "__and__"},
        {"|", "__or__"},        {"^", "__xor__"}, {"<<", "__lshift__"}, {">>", "__rshift__"},
        {"<", "__lt__"},        {"<=", "__le__"}, {">", "__gt__"},      {">=", "__ge__"},
},
  unary_methods[] = {{"-", "__neg__"}, {"+", "__pos__"}, {"~", "__invert__"}};

constexpr std::string_view often_hidden[] = {
    "abs", "all",    "any", "bool", "dict",  "filter", "float", "hash",  "input", "int",
    "len", "list",   "map", "max",  "min",   "pow",    "print", "range", "repr",  "round",
    "set", "sorted", "str", "sum",  "tuple", "type",   "zip",   "iter",  "next"};

struct IntegerType {
    std::string_view name;
    std::int64_t least, most;
};
constexpr IntegerType integer_types[] = {
    {"u8", 0, 255},
    {"i8", -128, 127},
    {"u16", 0, 65535},
    {"i16", -32768, 32767},
    {"u32", 0, 4294967295},
    {"i32", -2147483648, 2147483647},
    {"i64", INT64_MIN, INT64_MAX},
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_float_text(std::string_view text) {
    double number;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

/// One error, and every word that a help about it may hold. A word that cannot be said gives nothing.
class Words {
  public:
    Words(const Diagnostic& d, const ErrorFacts& facts, const Reading& reading)
        : diagnostic_(d), facts_(facts), reading_(reading) {}

    std::vector<std::string_view> captures;

    /// The help of the row, or nothing when one of its words has no answer.
    std::optional<std::string> fill(std::string_view help) const {
        std::string out;
        for (std::size_t at = 0; at < help.size();) {
            const std::size_t open = help.find('{', at);
            out += help.substr(at, open - at);
            if (open == std::string_view::npos) break;
            const std::size_t close = help.find('}', open);
            const std::string_view word = help.substr(open + 1, close - open - 1);
            at = close + 1;
            if (word.empty()) {
                out += "{}";
            } else if (word[0] == '?') {
                if (!holds(word.substr(1))) return std::nullopt;
            } else {
                const std::string said = say(word);
                if (said.empty()) return std::nullopt;
                out += said;
            }
        }
        return out;
    }

  private:
    std::string_view capture(std::size_t number) const {
        return number >= 1 && number <= captures.size() ? captures[number - 1] : std::string_view();
    }
    std::string_view numbered(std::string_view word) const {
        return capture(static_cast<std::size_t>(word.back() - '0'));
    }
    const Expr* part(std::string_view word) const {
        for (const auto& each : part_words)
            if (each.word == word) return reading_.expression(each.part);
        return nullptr;
    }

    std::string say(std::string_view word) const {
        if (word.size() == 1 && word[0] >= '1' && word[0] <= '9') return std::string(numbered(word));
        for (const auto& each : part_words)
            if (each.word == word) return reading_.text_of(reading_.expression(each.part), each.primary);
        if (word.starts_with("none ")) return reading_.advise_none(part(word.substr(5)));
        if (word == "argument primary") return reading_.text_of(reading_.expression(Part::argument), true);
        if (word == "callee_name") return std::string(reading_.called_name());
        if (word == "range") return valid_indices();
        if (word == "length") return std::to_string(facts_.length);
        if (word == "nearest") return nearest_name();
        if (word == "other") return facts_.other_key;
        if (word == "other_type") return facts_.other_type;
        if (word == "attributes") return listed(facts_.attributes);
        if (word == "signature") return reading_.signature(facts_.function);
        if (word == "wider") return wider_type();
        if (word == "special") return special_method();
        if (word == "unbound") return reading_.advise_unbound(capture(1));
        if (word == "undefined") return reading_.advise_undefined(capture(1));
        if (word.starts_with("a ")) {
            const std::string_view noun = numbered(word);
            const bool vowel =
                !noun.empty() && std::string_view("aeio").find(noun[0]) != std::string_view::npos;
            return fmt::format("{} {}", vowel ? "an" : "a", noun);
        }
        return "";
    }

    bool holds(std::string_view condition) const {
        const std::string_view called = reading_.called_name();
        const auto kind_is = [&](Part p, std::initializer_list<ExprKind> kinds) {
            const Expr* e = reading_.expression(p);
            return e != nullptr && std::find(kinds.begin(), kinds.end(), e->kind) != kinds.end();
        };
        const std::string_view named = condition.substr(0, condition.find(' '));
        // What the running program knew
        if (named == "empty") return facts_.length == 0;
        if (named == "at_end")
            return reading_.is_store() && facts_.length >= 0 && facts_.index == facts_.length;
        if (named == "known_length") return facts_.length >= 0;
        if (named == "unknown") return diagnostic_.help.empty();
        if (named == "no_self") return reading_.lacks_self(facts_.function);
        // What the message holds
        if (named == "number") return is_one_of(numbered(condition), {"int", "float", "bool"});
        if (named == "sequence") return is_one_of(numbered(condition), {"tuple", "range"});
        if (named == "convertible") return is_one_of(numbered(condition), {"str", "float"});
        if (named == "class") return reading_.has_class(numbered(condition));
        if (named == "builtin_type") return !reading_.has_class(capture(1));
        if (named == "hex_text") return capture(1).starts_with("0x");
        if (named == "float_text") return is_float_text(capture(1));
        if (named == "comma") return has_decimal_comma(capture(1));
        if (named == "relative") return capture(1).find(": '/") == std::string_view::npos;
        // What the source holds
        if (named == "subscript") return reading_.expression(Part::index) != nullptr;
        if (named == "delete") return reading_.is_delete();
        if (named == "read") return reading_.is_attribute_read();
        if (named == "set") return reading_.is_store();
        if (named == "iterated") return reading_.is_iterated();
        if (named == "grown") return reading_.is_grown();
        if (named == "parameter") return reading_.is_parameter();
        if (named == "own_value") return reading_.is_expression();
        if (named == "single") return reading_.argument_count() == 1;
        if (named == "product") return reading_.is_reduced_product();
        if (named == "power") return kind_is(Part::left, {ExprKind::integer}) && called.empty() && is_power();
        if (named == "division") return is_division(reading_.expression(Part::index));
        if (named == "text") return kind_is(Part::value, {ExprKind::string});
        if (named == "list") return kind_is(Part::value, {ExprKind::list});
        if (named == "name")
            return kind_is(condition.ends_with("argument") ? Part::argument : Part::right,
                           {ExprKind::name, ExprKind::attribute, ExprKind::index, ExprKind::call});
        if (named == "hidden")
            return kind_is(Part::callee, {ExprKind::name}) &&
                   std::find(std::begin(often_hidden), std::end(often_hidden), called) !=
                       std::end(often_hidden);
        if (named == "ordering") return is_one_of(called, {"sort", "sorted", "min", "max"});
        if (named == "counts") return is_one_of(called, {"list", "tuple", "sorted", "sum", "enumerate"});
        if (named == "extreme") return is_one_of(called, {"min", "max"});
        if (named == "summing") return called == "sum";
        if (named == "writing") return called == "write_file";
        if (named == "pop") return called == "pop";
        if (named == "split") return called == "split";
        if (named == "index_method") return called == "index";
        if (named == "root") return called == "sqrt";
        if (named == "logarithm") return is_one_of(called, {"log", "log2", "log10"});
        return false;
    }

    bool is_power() const {
        const Expr* left = reading_.expression(Part::left);
        const Expr* right = reading_.expression(Part::right);
        if (left == nullptr || right == nullptr) return false;
        const std::string_view between = reading_.sources().excerpt({left->span.end, right->span.begin});
        return between.find("**") != std::string_view::npos;
    }
    static bool is_division(const Expr* e) {
        return e != nullptr && e->kind == ExprKind::binary && as<BinaryExpr>(e).op == BinaryOp::divide;
    }
    static bool has_decimal_comma(std::string_view text) {
        std::string pointed(text);
        if (std::count(pointed.begin(), pointed.end(), ',') != 1) return false;
        std::replace(pointed.begin(), pointed.end(), ',', '.');
        return is_float_text(pointed);
    }

    std::string valid_indices() const {
        if (facts_.length < 0) return "";
        if (facts_.length == 0) return "it is empty: no index is valid";
        if (facts_.length == 1) return "its length is 1: the indices are 0 and -1";
        return fmt::format("its length is {}: the indices go from 0 to {}, or from -{} to -1", facts_.length,
                           facts_.length - 1, facts_.length);
    }

    std::string nearest_name() const {
        if (!facts_.nearest.empty()) return facts_.nearest;
        if (facts_.parameters.empty() || captures.size() < 2) return "";
        const std::vector<std::string_view> names(facts_.parameters.begin(), facts_.parameters.end());
        return std::string(nearest(capture(2), names));
    }

    static std::string listed(const std::vector<std::string>& names) {
        constexpr std::size_t most = 6;
        if (names.empty() || names.size() > most) return "";
        std::string out;
        for (std::size_t i = 0; i < names.size(); ++i)
            out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
        return out;
    }

    /// The smallest type that holds the number of the message and all that the asked type does.
    std::string wider_type() const {
        std::int64_t number = 0;
        const std::string_view text = capture(1);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size()) return "";
        for (const IntegerType& type : integer_types)
            if (number >= type.least && number <= type.most) return std::string(type.name);
        return "";
    }

    std::string special_method() const {
        std::string_view sign = capture(1);
        if (diagnostic_.message.starts_with("bad operand")) {
            for (const auto& each : unary_methods)
                if (each.sign == sign) return std::string(each.method);
            return "";
        }
        if (sign.starts_with("** or")) sign = "**";
        if (sign.size() > 1 && sign.back() == '=' && sign[0] != '<' && sign[0] != '>') sign.remove_suffix(1);
        if (sign == "<<=" || sign == ">>=") sign.remove_suffix(1);
        for (const auto& each : binary_methods)
            if (each.sign == sign) return std::string(each.method);
        return "";
    }

    const Diagnostic& diagnostic_;
    const ErrorFacts& facts_;
    const Reading& reading_;
};

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text,
                     std::vector<std::string_view>& captures) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    if (!text.starts_with(pattern.substr(0, star))) return false;
    const std::string_view rest = pattern.substr(star + 1);
    const std::size_t taken = captures.size();
    if (rest.empty()) {
        captures.push_back(text.substr(star));
        return true;
    }
    // The shortest text for each star; what stands between the stars is looked for from there on.
    const std::string_view next = rest.substr(0, rest.find('*'));
    for (std::size_t at = text.find(next, star); at != std::string_view::npos; at = text.find(next, at + 1)) {
        captures.resize(taken);
        captures.push_back(text.substr(star, at - star));
        if (matches_pattern(rest, text.substr(at), captures)) return true;
    }
    captures.resize(taken);
    return false;
}

void advise(Diagnostic& diagnostic, const ErrorFacts& facts, const SourceMap& sources) {
    if (!facts.by_language || diagnostic.message.size() > 4000) return;
    const Reading reading(sources, diagnostic.span);
    Words words(diagnostic, facts, reading);
    const bool has_help = !diagnostic.help.empty() && diagnostic.name != "UnboundLocalError";
    std::optional<Span> mark;
    bool first = true;
    for (const Row& row : rows) {
        if (row.error != diagnostic.name) continue;
        words.captures.clear();
        if (!matches_pattern(row.message, diagnostic.message, words.captures)) continue;
        const std::optional<std::string> help = words.fill(row.help);
        // The place is that of the line that applies, else that of the first one.
        if (first || (help.has_value() && !has_help))
            mark = reading.span_of(row.mark, row.mark == Part::keyword ? words.captures.back() : "");
        first = false;
        if (!help.has_value()) continue;
        if (!has_help) diagnostic.help = *help;
        break;
    }
    if (!mark.has_value()) return;
    if (!diagnostic.stack.empty() && diagnostic.stack.front().span == diagnostic.span)
        diagnostic.stack.front().span = *mark;
    diagnostic.span = *mark;
}

}  // namespace harness::lang
