#include "op/slicer.h"

#include <fmt/format.h>

#include "op/check.h"
#include "op/provenance.h"

namespace sg::op {
namespace {

std::string escaped(std::string_view text) {
  std::string safe;
  for (char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

std::string element(std::string_view tag, std::string_view text) {
  return fmt::format("      <{0}>{1}</{0}>\n", tag, escaped(text));
}

std::string title_case(std::string text) {
  for (char& c : text)
    if (c == '_') c = ' ';
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string tag_of(const FieldInfo& field) {
  switch (field.kind()) {
    case Kind::boolean: return "boolean";
    case Kind::integer: return "integer";
    case Kind::real: return "double";
    case Kind::text: return "string";
    case Kind::choice: return "string-enumeration";
    case Kind::vector: return field.type->whole ? "integer-vector" : "double-vector";
    case Kind::volume:
    case Kind::labels: return "image";
    case Kind::transform:
    case Kind::field: return "transform";
    case Kind::mesh: return "geometry";
    case Kind::points: return "pointfile";
    case Kind::images: return "directory";
    default: return "file";
  }
}

std::string attributes(const FieldInfo& field) {
  if (field.kind() == Kind::labels) return " type=\"label\"";
  const std::string tag = tag_of(field);
  if (tag != "transform" && tag != "geometry" && tag != "pointfile" && tag != "file") return "";
  std::string endings;
  for (const std::string& ending :
       field.role == Role::output ? writable_endings(field.kind()) : readable_endings(field.kind()))
    endings += (endings.empty() ? "" : ",") + ending;
  return endings.empty() ? "" : " fileExtensions=\"" + endings + "\"";
}

std::string parameter(const Operation& operation, const FieldInfo& field) {
  const std::string tag = tag_of(field);
  std::string help = field.help;
  if (field.unit && *field.unit != "1") help += " [" + *field.unit + "]";
  std::string xml = fmt::format("    <{}{}>\n", tag, attributes(field));
  xml += element("name", field.name);
  xml += element("longflag", "--" + field.name);
  xml += element("label", title_case(field.name));
  xml += element("description", help);
  const Json value = field.role == Role::parameter ? default_of(operation, field) : Json(nullptr);
  if (!value.is_null()) xml += element("default", as_text(value));
  for (const std::string& choice : field.choices) xml += element("element", choice);
  if (field.low || field.high) {
    xml += "      <constraints>\n";
    if (field.low) xml += "  " + element("minimum", fmt::format("{}", *field.low));
    if (field.high) xml += "  " + element("maximum", fmt::format("{}", *field.high));
    xml += "      </constraints>\n";
  }
  if (!is_inline(field.kind())) xml += element("channel", field.role == Role::output ? "output" : "input");
  return xml + fmt::format("    </{}>\n", tag);
}

std::string group(const Operation& operation, Role role, const std::string& label, const std::string& text) {
  std::string parameters;
  for (const FieldInfo* field : operation.fields_of(role))
    if (role != Role::output || !is_inline(field->kind())) parameters += parameter(operation, *field);
  if (parameters.empty()) return "";
  return fmt::format(
      "  <parameters>\n    <label>{}</label>\n    <description>{}</description>\n{}  </parameters>\n", label,
      text, parameters);
}

}  // namespace

std::string slicer_xml(const Operation& operation) {
  const auto line = [](std::string_view tag, const std::string& text) {
    return fmt::format("  <{0}>{1}</{0}>\n", tag, escaped(text));
  };
  std::string references;
  for (const std::string& citation : operation.citations)
    references += (references.empty() ? "" : "; ") + citation;
  std::string xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<executable>\n";
  xml += line("category", "Shaoguang." + title_case(operation.module()));
  xml += line("title", title_case(operation.verb()));
  xml += line("description", operation.summary);
  xml += line("version", version());
  xml += line("license", "Apache-2.0");
  xml += line("acknowledgements", references);
  xml += group(operation, Role::input, "Inputs", "What the operation reads");
  xml += group(operation, Role::parameter, "Parameters", "How it is done");
  xml += group(operation, Role::output, "Outputs", "What it writes");
  return xml + "</executable>\n";
}

}  // namespace sg::op
