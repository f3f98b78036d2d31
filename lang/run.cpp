// One run from source text to report: parse, compile, execute, release, tell.
#include "lang/run.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "lang/advice/advice.hpp"
#include "lang/builtins/allocator_handles.hpp"
#include "lang/builtins/functions.hpp"
#include "lang/compile/compiler.hpp"
#include "lang/lifetimes/registry.hpp"
#include "lang/monotonic_clock.hpp"
#include "lang/syntax/parser.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

namespace {

constexpr std::size_t most_errors = 20;  // static errors told at a time

bool read_text(const std::string& path, std::string& out) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return false;
    char buffer[1 << 16];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) out.append(buffer, n);
    std::fclose(file);
    return true;
}

/// The front end of one run: the main file and what it imports.
class FrontEnd {
  public:
    FrontEnd(Interpreter& vm, SourceMap& sources, const RunOptions& options, std::vector<Diagnostic>& errors)
        : vm_(vm),
          sources_(sources),
          options_(options),
          errors_(errors),
          context_{.program = vm.program,
                   .names = vm.names,
                   .lifetime = vm.lifetime,
                   .errors = errors,
                   .facts = facts_,
                   .builtins = vm.builtins_,
                   .none_class = vm.class_of(Value::none()),
                   .checked = options.checked,
                   .elide_counts = options.elide_counts,
                   .target_bits = options.target_bits,
                   .constant_string = [&vm](std::string_view text) { return vm.heap.constant_string(text); },
                   .import_module = [this](NameId name, Span span) { return import(name, span); }} {}

    bool compile_main(std::string source) {
        const std::uint32_t base = sources_.add(options_.file, std::move(source));
        return compile(base, "__main__");
    }

  private:
    bool compile(std::uint32_t base, const std::string& name) {
        const auto length = static_cast<std::uint32_t>(sources_.text(base).size());
        modules_.push_back(std::make_unique<Module>(parse(sources_, base, vm_.names, errors_)));
        if (!errors_.empty()) return false;
        compile_module(context_, modules_.back()->body, name, {base, base + (length > 0 ? 1U : 0U)});
        return errors_.empty();
    }

    std::optional<std::uint32_t> import(NameId name, Span span) {
        if (errors_.size() >= most_errors) return std::nullopt;
        const std::string text(vm_.names.text(name));
        for (std::uint32_t i = 0; i < vm_.program.modules.size(); ++i)
            if (vm_.program.modules[i].name == text) return i;
        if (text == "math") return import_math();
        const std::size_t slash = options_.file.rfind('/');
        const std::string path =
            (slash == std::string::npos ? "" : options_.file.substr(0, slash + 1)) + text + ".src";
        std::string source;
        if (!read_text(path, source)) {
            Diagnostic d;
            d.name = "ImportError";
            d.span = span;
            d.message = fmt::format("no module named '{}'", text);
            d.help = fmt::format("it would be the file {}", path);
            errors_.push_back(std::move(d));
            return std::nullopt;
        }
        const std::uint32_t base = sources_.add(path, std::move(source));
        const auto index = static_cast<std::uint32_t>(vm_.program.modules.size());
        if (!compile(base, text)) return std::nullopt;
        return index;
    }

    std::uint32_t import_math() {
        auto info = std::make_unique<ModuleInfo>();
        info->kind = ConstantKind::module;
        info->name = "math";
        for (const Native& n : math_functions())
            info->natives[vm_.names.intern(n.name)] = Value::constant(&n);
        for (const NamedNumber& c : math_constants())
            info->natives[vm_.names.intern(c.name)] = Value::floating(c.value);
        vm_.program.modules.push_back({.name = "math", .body = nullptr, .info = info.get(), .started = true});
        vm_.program.module_infos.push_back(std::move(info));
        return static_cast<std::uint32_t>(vm_.program.modules.size()) - 1;
    }

    Interpreter& vm_;
    SourceMap& sources_;
    const RunOptions& options_;
    std::vector<Diagnostic>& errors_;
    ProgramFacts facts_;
    std::vector<std::unique_ptr<Module>> modules_;
    CompileContext context_;
};

void number_sites(Program& program) {
    for (auto& f : program.functions) {
        f->site_base = program.sites;
        program.sites += static_cast<std::uint32_t>(f->code.size());
    }
}

/// A setting that nothing asked for is most likely misspelt, and the program ran with its defaults.
void warn_of_unread_settings(const Interpreter& vm, RunReport& report) {
    const std::vector<std::string_view> asked(vm.asked_settings.begin(), vm.asked_settings.end());
    for (const auto& [key, value] : vm.options.settings) {
        if (vm.asked_settings.contains(key)) continue;
        Diagnostic d;
        d.warning = true;
        d.name = "UnusedSetting";
        d.message = fmt::format("the program reads no setting '{}'", key);
        const std::string_view meant = nearest(key, asked);
        if (!meant.empty())
            d.help = fmt::format("did you mean '{}'?", meant);
        else
            d.help = "param(\"name\", default) reads what --set name=value says";
        report.errors.push_back(std::move(d));
    }
}

Diagnostic unknown_lifetime(const std::string& name) {
    Diagnostic d;
    d.name = "UsageError";
    d.message = fmt::format("there is no lifetime '{}'", name);
    return d;
}

int exit_code_of(const Interpreter& vm, const ClassInfo& type) {
    const bool limit = type.derives_from(vm.error_class(ErrorKind::RecursionError)) ||
                       type.derives_from(vm.error_class(ErrorKind::MemoryError));
    return limit ? 5 : 1;
}

}  // namespace

std::vector<Diagnostic> check(std::string source, const RunOptions& options,
                              allocators::AnyAllocator& allocator, SourceMap& sources) {
    std::vector<Diagnostic> errors;
    const auto entry = find_lifetime(options.lifetime, options.checked);
    if (!entry.has_value()) return {unknown_lifetime(options.lifetime)};
    Output out(options.out);
    const auto vm = std::make_unique<Interpreter>(options, entry->lifetime,
                                                  options.checked ? entry->checked : entry->unchecked,
                                                  allocator, sources, out);
    vm->define_system();
    FrontEnd(*vm, sources, options, errors).compile_main(std::move(source));
    return errors;
}

RunReport run(std::string source, const RunOptions& options, allocators::AnyAllocator& allocator,
              SourceMap& sources) {
    RunReport report;
    const std::uint64_t begin = now_ns();
    const auto entry = find_lifetime(options.lifetime, options.checked);
    if (!entry.has_value()) {
        report.errors.push_back(unknown_lifetime(options.lifetime));
        report.status = Status::rejected;
        report.exit_code = 2;
        return report;
    }
    Output out(options.out);
    auto vm = std::make_unique<Interpreter>(options, entry->lifetime,
                                            options.checked ? entry->checked : entry->unchecked, allocator,
                                            sources, out);
    vm->define_system();
    {
        FrontEnd front(*vm, sources, options, report.errors);
        if (!front.compile_main(std::move(source))) {
            report.status = Status::rejected;
            report.exit_code = 6;
            report.phases.front_end_ns = report.wall_ns = now_ns() - begin;
            report.output_xxh3 = out.hash();
            return report;
        }
    }
    number_sites(vm->program);
    if (!vm->prepare()) {
        Diagnostic d;
        d.name = "MemoryError";
        d.message = "there is no address space for the stack";
        d.help = "lower --max-depth, or raise the limit on address space";
        report.errors.push_back(std::move(d));
        report.status = Status::limit;
        report.exit_code = 5;
        return report;
    }
    const std::uint64_t compiled = now_ns();
    report.phases.front_end_ns = compiled - begin;
    vm->execute_main();
    const std::uint64_t ran = now_ns();
    report.phases.run_ns = ran - compiled;

    const bool failed = vm->pending != Value::absent() && !vm->exit_requested_;
    if (failed) {
        Diagnostic d = vm->describe_pending();
        if (vm->defect_.has_value()) {
            // A cycle of owners is told like the others, but counts as the program's error.
            const bool cycle = vm->defect_->diagnostic.name == "ReferenceCycleError";
            report.status = cycle ? Status::error : Status::defect;
            report.exit_code = cycle ? 1 : 4;
            Defect defect = *vm->defect_;
            defect.diagnostic = d;
            report.defects.push_back(std::move(defect));
        } else {
            advise(d, vm->error_facts(), sources);
            report.exit_code = exit_code_of(*vm, vm->class_of(vm->pending));
            report.status = report.exit_code == 5 ? Status::limit : Status::error;
        }
        report.errors.push_back(std::move(d));
    }
    const bool exited = vm->exit_requested_;
    vm->finish(failed, report);
    report.phases.release_ns = now_ns() - ran;
    report.output_bytes = out.bytes();
    report.output_xxh3 = out.hash();
    if (report.status == Status::ok && exited) report.exit_code = vm->exit_code;
    if (report.status == Status::ok) warn_of_unread_settings(*vm, report);
    report.wall_ns = now_ns() - begin;
    return report;
}

std::vector<LifetimeInfo> list_lifetimes() {
    std::vector<LifetimeInfo> all;
    for (const std::string_view name : lifetime_names()) {
        const auto entry = find_lifetime(name, true);
        all.push_back({entry->lifetime.name, entry->lifetime.summary});
    }
    return all;
}

std::vector<std::string_view> list_lifetimes_left_out() { return lifetimes_left_out(); }

}  // namespace harness::lang
