// Entry point of the compiler: one module at a time, imports first met first.
#include "lang/compile/compiler.hpp"

#include <optional>

#include "lang/compile/function_compiler.hpp"
#include "lang/layout/layout_table.hpp"

namespace harness::lang {

std::uint32_t compile_module(CompileContext& context, const Block& body, const std::string& name, Span span) {
    const auto index = static_cast<std::uint32_t>(context.program.modules.size());
    auto info = std::make_unique<ModuleInfo>();
    info->kind = ConstantKind::module;
    context.program.modules.push_back({.name = name, .body = nullptr, .info = info.get()});
    context.program.module_infos.push_back(std::move(info));
    context.program.modules[index].info->name = context.program.literal_texts.emplace_back(name);
    ScopeTree scopes = collect_scopes(body, context.names, context.facts, context.errors);
    if (!context.errors.empty()) return index;
    // Other files reach these through the module, at run time: it is marked under the name and ".const".
    for (const auto& [constant, declared] : scopes.module->consts) {
        const NameId mark = context.names.intern(std::string(context.names.text(constant)) + ".const");
        context.program.modules[index].info->natives[mark] = Value::true_();
    }
    const TypeNames types = TypeNames::of(body, context.names, context.errors);
    LayoutTable layouts(types, context.names, context.target_bits, context.errors);
    scopes.layouts = scopes.machine_layouts = &layouts;
    std::vector<Diagnostic> told_already;
    std::optional<LayoutTable> machine;
    if (context.target_bits != 64)
        scopes.machine_layouts = &machine.emplace(types, context.names, 64, told_already);
    FunctionCompiler compiler(context, scopes, *scopes.module, nullptr, index);
    Function* function =
        compiler.compile_module_body(body, index == 0 ? "<main>" : "<module " + name + ">", span);
    context.program.modules[index].body = function;
    return index;
}

}  // namespace harness::lang
