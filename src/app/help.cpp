#include "app/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/arguments.h"
#include "op/markdown.h"
#include "op/provenance.h"

namespace sg::app {
namespace {

constexpr std::size_t page_width = 100;

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

/// `text` in lines of at most page_width columns, each behind `indent` spaces; empty lines part paragraphs.
std::string wrapped(const std::string& text, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string page, line;
  const auto flush = [&] {
    if (!line.empty()) page += margin + line + "\n";
    line.clear();
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && width(line) + width(word) + 1 > page_width - indent) flush();
    if (!word.empty()) line += (line.empty() ? "" : " ") + word;
    if (text.compare(end, 2, "\n\n") == 0) flush(), page += "\n";
    at = end + 1;
  }
  flush();
  return page;
}

/// Two columns; the second is wrapped.
std::string entry(const std::string& left, const std::string& right, std::size_t column) {
  const std::string text = wrapped(right, column);
  if (width(left) + 2 >= column) return "  " + left + "\n" + text;
  return "  " + left +
         (text.empty() ? "\n" : std::string(column - 2 - width(left), ' ') + text.substr(column));
}

std::size_t column_for(const std::vector<std::string>& lefts) {
  std::size_t widest = 0;
  for (const std::string& left : lefts) widest = std::max(widest, width(left));
  return std::min<std::size_t>(widest + 5, 34);
}

std::string section(const op::Operation& operation, op::Role role, const std::string& title) {
  const auto fields = operation.fields_of(role);
  if (fields.empty()) return "";
  std::vector<std::string> lefts;
  for (const op::FieldInfo* field : fields) lefts.push_back(op::usage_of(*field));
  const std::size_t column = column_for(lefts);
  std::string text = "\n" + title + "\n";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string facts = op::constraints(operation, *fields[i]);
    text += entry(lefts[i], fields[i]->help + (facts.empty() ? "" : " (" + facts + ")"), column);
  }
  return text;
}

std::string file_types(const op::Operation& operation) {
  std::string text;
  std::set<std::pair<op::Role, op::Kind>> seen;
  for (const op::FieldInfo& field : operation.fields) {
    if (op::is_inline(field.kind()) || !seen.insert({field.role, field.kind()}).second) continue;
    const bool written = field.role == op::Role::output;
    const auto& endings = written ? op::writable_endings(field.kind()) : op::readable_endings(field.kind());
    if (field.kind() == op::Kind::images) {
      text +=
          entry("images read from", "a folder (with its subfolders) of image files, or one such file", 26);
      continue;
    }
    const std::string list = endings.empty() ? "any file" : fmt::format("{}", fmt::join(endings, " "));
    const bool folder = !written && (field.kind() == op::Kind::volume || field.kind() == op::Kind::any);
    text += entry(fmt::format("{} {}", name(field.kind()), written ? "written as" : "read from"),
                  list + (folder ? ", or a folder with one DICOM series" : ""), 26);
  }
  return text.empty() ? "" : "\nFile types\n" + text;
}

}  // namespace

const std::vector<CommandInfo>& commands() {
  static const std::vector<CommandInfo> list{
      {"operations [--json]", "list every operation; --json with schemas"},
      {"pipeline FILE --directory DIR", "run a JSON list of runs whose inputs name earlier outputs"},
      {"workspace VERB --workspace DIR",
       "a folder that keeps files and runs: import, list, check, backup, …"},
      {"serve --workspace DIR", "serve a workspace over HTTP, with its web app"},
      {"--server URL MODULE VERB …", "run an operation in the workspace that is served there"},
      {"completion bash|zsh|fish", "print the completion script of a shell"},
      {"docs DIR", "write the documentation pages of all operations"}};
  return list;
}

std::string overview(const std::vector<op::Operation>& operations, const std::vector<Module>& modules) {
  std::string text = fmt::format(
      "shaoguang {} – a workbench for medical images and signals. For research, not for clinical use.\n\n"
      "Usage: shaoguang MODULE VERB [options]      shaoguang MODULE VERB --help\n",
      op::version());
  for (const Module& module : modules) {
    std::string verbs;
    for (const op::Operation& operation : operations)
      if (operation.module() == module.name) verbs += entry(operation.verb(), operation.summary, 26);
    if (!verbs.empty()) text += fmt::format("\n{} – {}\n{}", module.name, module.summary, verbs);
  }
  text += "\nCommands\n";
  for (const CommandInfo& command : commands()) text += entry(command.usage, command.summary, 34);
  return text + entry("--version", "print the version", 34);
}

std::string module_help(const std::vector<op::Operation>& operations, const std::vector<Module>& modules,
                        const std::string& module) {
  std::string text;
  for (const Module& candidate : modules)
    if (candidate.name == module) text = fmt::format("shaoguang {} – {}\n\n", module, candidate.summary);
  for (const op::Operation& operation : operations)
    if (operation.module() == module) text += entry(operation.verb(), operation.summary, 26);
  return text + fmt::format("\nMore: shaoguang {} VERB --help\n", module);
}

std::string operation_help(const op::Operation& operation) {
  std::string text = operation.summary + "\n\nUsage\n" + wrapped(op::usage_of(operation), 2);
  if (!operation.description.empty()) text += "\n" + wrapped(operation.description, 0);
  text += section(operation, op::Role::input, "Inputs");
  text += section(operation, op::Role::parameter, "Parameters");
  text += section(operation, op::Role::output, "Outputs");
  text += file_types(operation);
  text += "\nCommon options\n";
  for (const CommonOption& option : common_options())
    text += entry("--" + option.name + (option.value.empty() ? "" : " " + option.value), option.help, 26);
  text += "\nExamples\n";
  for (const op::Example& example : operation.examples)
    text += fmt::format("  {}\n", op::command_of(operation, example));
  text += "\nReferences\n";
  for (const std::string& citation : operation.citations) text += wrapped(citation, 2);
  return text;
}

}  // namespace sg::app
