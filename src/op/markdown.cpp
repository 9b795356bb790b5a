#include "op/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "op/check.h"

namespace sg::op {
namespace {

/// Text safe inside a table cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\|");
  return text;
}

std::string table_of(const Operation& operation, Role role, const std::string& title) {
  const auto fields = operation.fields_of(role);
  if (fields.empty()) return "";
  std::string page = fmt::format("## {}\n\n| name | kind | meaning | values |\n|---|---|---|---|\n", title);
  for (const FieldInfo* field : fields)
    page += fmt::format("| `{}` | {} | {} | {} |\n", field->name, name(field->kind()), cell(field->help),
                        cell(constraints(operation, *field)));
  return page + "\n";
}

void append(std::string& list, const std::string& item) { list += (list.empty() ? "" : "; ") + item; }

std::string range_of(const FieldInfo& field) {
  if (field.low && field.high) return fmt::format("{} to {}", *field.low, *field.high);
  if (field.low) return fmt::format("at least {}", *field.low);
  if (field.high) return fmt::format("at most {}", *field.high);
  return "";
}

/// References with "doi:" become links.
std::string linked(const std::string& citation) {
  const std::size_t at = citation.find("doi:");
  if (at == std::string::npos) return citation;
  std::size_t end = citation.find_first_of(" ,;)", at);
  if (end == std::string::npos) end = citation.size();
  const std::string doi = citation.substr(at + 4, end - at - 4);
  return fmt::format("{}[doi:{}](https://doi.org/{}){}", citation.substr(0, at), doi, doi,
                     citation.substr(end));
}

}  // namespace

std::string constraints(const Operation& operation, const FieldInfo& field) {
  std::string text;
  if (!field.choices.empty()) append(text, fmt::format("{}", fmt::join(field.choices, ", ")));
  if (const std::string range = range_of(field); !range.empty()) append(text, range);
  if (field.unit && *field.unit != "1") append(text, "in " + *field.unit);
  if (field.dimensions != 0) append(text, fmt::format("{}-D", field.dimensions));
  if (!field.modality.empty()) append(text, "modality " + field.modality);
  if (field.role == Role::parameter) {
    const Json value = default_of(operation, field);
    append(text, value.is_null() ? "none by default"
                                 : fmt::format("default {}", value == "" ? "empty" : as_text(value)));
  } else if (field.optional) {
    append(text, field.role == Role::input ? "may be left out" : "only when asked for");
    if (!field.needs.empty()) append(text, "needs " + field.needs);
  }
  return text;
}

std::string usage_of(const FieldInfo& field) {
  const std::string flag = "--" + field.name;
  if (field.role == Role::output) return is_inline(field.kind()) ? flag : flag + " FILE";
  switch (field.kind()) {
    case Kind::boolean: return "--[no-]" + field.name;
    case Kind::integer: return flag + " N";
    case Kind::real: return flag + " X";
    case Kind::text: return flag + " TEXT";
    case Kind::choice: return flag + " NAME";
    case Kind::vector: return flag + (field.type->length == 3 ? " X,Y,Z" : " X,…");
    case Kind::images: return flag + " FOLDER";
    default: return flag + " FILE";
  }
}

std::string usage_of(const Operation& operation) {
  std::string usage = fmt::format("shaoguang {} {}", operation.module(), operation.verb());
  for (const FieldInfo* field : operation.fields_of(Role::input))
    if (!field->optional) usage += fmt::format(" {}", field->positional ? "FILE" : usage_of(*field));
  for (const FieldInfo* field : operation.fields_of(Role::parameter)) {
    std::string name = field->name;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (field->positional) usage += " " + name;
  }
  bool shows = false;
  for (const FieldInfo* field : operation.fields_of(Role::output)) shows = shows || is_shown(field->kind());
  for (const FieldInfo* field : operation.fields_of(Role::output))
    if (!is_shown(field->kind()) && !field->optional)
      usage += shows ? fmt::format(" [{}]", usage_of(*field)) : fmt::format(" {}", usage_of(*field));
  return usage + " [options]";
}

std::string command_of(const Operation& operation, const Example& example) {
  return fmt::format("shaoguang {} {} {}", operation.module(), operation.verb(), example.arguments);
}

std::string markdown(const Operation& operation) {
  std::string page = fmt::format("# {}\n\n{}\n\n", operation.name, operation.summary);
  page += fmt::format("```\n{}\n```\n\n", usage_of(operation));
  if (!operation.description.empty()) page += operation.description + "\n\n";
  page += table_of(operation, Role::input, "Inputs");
  page += table_of(operation, Role::parameter, "Parameters");
  page += table_of(operation, Role::output, "Outputs");
  page +=
      "## Examples\n\nRun in the example data folder; each is a test, and what follows `#` must "
      "hold.\n\n```\n";
  for (const Example& example : operation.examples)
    page += fmt::format("{}\n  # {}\n", command_of(operation, example), fmt::join(example.checks, "; "));
  page += "```\n\n## References\n\n";
  for (const std::string& citation : operation.citations) page += "- " + linked(citation) + "\n";
  return page;
}

std::string markdown_index(const std::vector<Operation>& operations) {
  std::string page =
      "# Operations\n\nWritten by `shaoguang docs`; change the declarations in `src/<module>/*_op.cpp` "
      "instead.\n";
  std::string module;
  for (const Operation& operation : operations) {
    if (operation.module() != module) {
      module = operation.module();
      page += fmt::format("\n## {}\n\n| operation | what it does |\n|---|---|\n", module);
    }
    page += fmt::format("| [{0}]({0}.md) | {1} |\n", operation.name, cell(operation.summary));
  }
  return page;
}

}  // namespace sg::op
