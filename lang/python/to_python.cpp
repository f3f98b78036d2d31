// Puts the translated program together: the prelude, the imported files as texts of their own, the main file.
// Imports are found beside the importer and translated once each.
#include "lang/python/to_python.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "lang/python/prelude.hpp"
#include "lang/python/writer.hpp"
#include "lang/syntax/parser.hpp"

namespace harness::lang {

namespace {

std::string folder_of(const std::string& file) {
    const std::size_t slash = file.rfind('/');
    return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

/// A Python literal of several lines that holds exactly this text.
std::string quoted_text(std::string_view text) {
    std::string quoted = "\"\"\"";
    for (const char c : text) {
        if (c == '\\' || c == '"') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"\"\"";
}

class Translation {
  public:
    Translation(const std::string& file, SourceMap& sources, std::vector<Diagnostic>& errors)
        : folder_(folder_of(file)), sources_(sources), errors_(errors) {}

    std::string program(std::string source, const std::string& file) {
        const std::string main = translate(std::move(source), file, true);
        std::string text(python_prelude);
        for (const auto& [name, module] : modules_) {
            text += "\n\n_h_sources[\"" + name + "\"] = " + quoted_text(module) + "\n";
        }
        return text + "\n\n" + main + std::string(python_epilogue);
    }

  private:
    std::string translate(std::string source, const std::string& file, bool main) {
        const std::uint32_t base = sources_.add(file, std::move(source));
        const std::size_t errors_before = errors_.size();
        const Module module = parse(sources_, base, names_, errors_);
        if (errors_.size() > errors_before) return "";
        PythonWriter writer(sources_, names_, errors_);
        std::string text = writer.file(module.body, main);
        for (const PythonWriter::Import& each : writer.imports()) load(each);
        return text;
    }

    void load(const PythonWriter::Import& import) {
        const std::string name(names_.text(import.name));
        if (modules_.contains(name)) return;
        // Entered before it is read, so that modules may import each other.
        modules_[name] = "";
        const std::string path = folder_ + name + ".src";
        std::ifstream stream(path, std::ios::binary);
        if (!stream) {
            Diagnostic error;
            error.name = "PythonError";
            error.span = import.span;
            error.message = "no module named '" + name + "'";
            error.help = "put the file '" + path + "' there";
            errors_.push_back(std::move(error));
            return;
        }
        std::string source{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
        std::string text = translate(std::move(source), path, false);
        modules_[name] = std::move(text);
    }

    std::string folder_;
    SourceMap& sources_;
    std::vector<Diagnostic>& errors_;
    Names names_;
    std::map<std::string, std::string> modules_;
};

}  // namespace

std::string to_python(std::string source, const std::string& file, SourceMap& sources,
                      std::vector<Diagnostic>& errors) {
    const std::size_t errors_before = errors.size();
    Translation translation(file, sources, errors);
    std::string text = translation.program(std::move(source), file);
    return errors.size() > errors_before ? std::string() : text;
}

}  // namespace harness::lang
