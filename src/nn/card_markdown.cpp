#include <fmt/format.h>

#include <cmath>

#include "nn/card.h"

namespace sg::nn {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Whether the character at this place would make a list, a rule or a heading of a line that begins with
/// `text`.
bool opens_block(std::string_view text, std::size_t at) {
  if (at == 0) return text[0] == '-' || text[0] == '+' || text[0] == '=';
  return (text[at] == '.' || text[at] == ')') && text.find_first_not_of("0123456789") == at &&
         (at + 1 == text.size() || text[at + 1] == ' ' || is_control(text[at + 1]));
}

/// Text of a card inside Markdown: on one line, nothing of it markup.
std::string plain(std::string_view text) {
  while (!text.empty() && (text[0] == ' ' || is_control(text[0]))) text.remove_prefix(1);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (opens_block(text, i) || std::string_view("\\`*_{}[]<>#|~&$").find(text[i]) != std::string_view::npos)
      result += '\\';
    result += is_control(text[i]) ? ' ' : text[i];
  }
  return result;
}

/// As code; nothing for nothing, for two backticks would begin a longer code.
std::string code(std::string_view text) {
  if (text.empty()) return "";
  std::string result = "`";
  for (const char c : text) result += c == '`' || is_control(c) ? ' ' : c;
  return result + "`";
}

std::string number(double value) { return fmt::format("{:.4g}", value); }

std::string duration(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

void list(std::string& text, std::string_view title, const std::vector<std::string>& items) {
  if (items.empty()) return;
  text += fmt::format("\n## {}\n", title);
  for (const std::string& item : items) text += fmt::format("- {}\n", plain(item));
}

void line(std::string& text, std::string_view title, const std::string& value) {
  if (!value.empty()) text += fmt::format("- {}: {}\n", title, value);
}

std::string preparation(const Card::Preparation& p) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (!p.orientation.empty()) add("axes " + plain(p.orientation));
  if (p.spacing_mm > 0) add(number(p.spacing_mm) + " mm voxels");
  if (p.high > 0)
    add(fmt::format("intensities from percentile {} to {} stretched to 0…1", number(p.low), number(p.high)));
  if (p.per_noise) add("intensities over the standard deviation of the noise");
  if (!p.symmetries.empty()) {
    std::string names;
    for (const std::string& symmetry : p.symmetries) names += (names.empty() ? "" : ", ") + plain(symmetry);
    add("results averaged over mirrored or turned images (" + names + ")");
  }
  return text;
}

std::string ports(const std::vector<Card::Port>& all) {
  std::string text;
  for (const Card::Port& port : all) {
    text += fmt::format("- {}: {}\n", code(port.name), plain(port.meaning));
    if (port.classes.empty()) continue;
    text += "  Classes:";
    for (std::size_t i = 0; i < port.classes.size(); ++i)
      text += fmt::format("{} {} {}", i > 0 ? "," : "", i, plain(port.classes[i]));
    text += "\n";
  }
  return text;
}

}  // namespace

std::string to_markdown(const Card& card) {
  std::string text = fmt::format("# {}\n\n{}\n\n", plain(card.title), plain(card.purpose));
  line(text, "Name", code(card.name));
  line(text, "Version", plain(card.version));
  line(text, "Licence of the weights", plain(card.licence));
  line(text, "Preparation", preparation(card.preparation));
  line(text, "Weights",
       fmt::format("{}, {} bytes{}", code(card.weights.file), card.weights.bytes,
                   card.weights.sha256.empty() ? "" : ", SHA-256 " + code(card.weights.sha256)));
  text += "\n## Inputs and outputs\n" + ports(card.inputs) + ports(card.outputs);

  const Card::Training& t = card.training;
  text += "\n## Training\n";
  line(text, "Method", plain(t.method));
  for (const Card::Data& data : t.data)
    line(text, "Data (" + plain(data.use) + ")",
         fmt::format("{}; {}; licence {}", plain(data.name), plain(data.source), plain(data.licence)));
  line(text, "Command", t.command.empty() ? "" : code(t.command));
  line(text, "Effort", fmt::format("{} steps, {} examples, {}", t.steps, t.examples, duration(t.seconds)));
  line(text, "Seed", std::to_string(t.seed));
  line(text, "Hardware", plain(t.hardware));
  line(text, "Software", plain(t.software));
  line(text, "Revision", plain(t.revision));
  line(text, "Date", plain(t.date));
  for (const std::string& remark : t.remarks) line(text, "Remark", plain(remark));

  if (!card.metrics.empty()) {
    text += "\n## Measured\n| figure | value | interval | on | against |\n|---|---|---|---|---|\n";
    for (const Card::Metric& m : card.metrics) {
      std::string interval;
      if (m.low && m.high)
        interval = fmt::format("{} to {} {}", number(*m.low), number(*m.high), plain(m.interval));
      text += fmt::format("| {} | {}{} | {} | {}{} | {} |\n", plain(m.name), number(m.value),
                          m.unit.empty() ? "" : " " + plain(m.unit), interval, plain(m.on),
                          m.count > 0 ? fmt::format(" (n = {})", m.count) : "", plain(m.against));
    }
  }
  list(text, "Not validated", card.limits);

  std::int64_t layers = 0;
  for (const Layer& layer : card.graph.layers()) layers += layer.inputs.empty() ? 0 : 1;
  text += fmt::format(
      "\n## Network\n{} layers, {} trained parameters.\n\n"
      "| layer | kind | output | parameters |\n|---|---|---|---|\n",
      layers, parameter_count(card.graph));
  for (const Layer& layer : card.graph.layers()) {
    std::int64_t parameters = 0;
    for (const ParameterShape& p : layer.parameters) parameters += p.trained ? count(p.shape) : 0;
    text += fmt::format("| {} | {} | {} | {} |\n", code(layer.name), plain(kind_name(layer.kind)),
                        plain(to_string(layer.shape)), parameters > 0 ? std::to_string(parameters) : "");
  }
  list(text, "References", card.references);
  return text;
}

}  // namespace sg::nn
