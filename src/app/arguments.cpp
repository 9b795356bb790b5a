#include "app/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <set>

#include "core/error.h"
#include "op/check.h"

namespace sg::app {
namespace {

[[noreturn]] void refuse(const std::string& message, const std::string& field = "") {
  throw Error(ErrorCode::invalid_input, message, field);
}

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// Walks over the arguments and splits --name=value.
class Cursor {
 public:
  explicit Cursor(const Arguments& arguments) : arguments_(arguments) {}

  bool done() const { return at_ >= arguments_.size(); }
  /// The next argument; if it is an option its name is in `name` and true is returned.
  bool next_is_option() {
    text_ = arguments_[at_++];
    value_.reset();
    if (literal_ || !text_.starts_with('-') || text_ == "-") return false;
    if (text_ == "--") {
      literal_ = true;
      if (done()) return text_.clear(), false;
      return next_is_option();
    }
    if (text_ == "-h") text_ = "--help";
    if (!text_.starts_with("--")) {
      if (std::isdigit(static_cast<unsigned char>(text_[1])) || text_[1] == '.') return false;
      refuse(fmt::format("unknown option {}: options begin with two dashes", text_), text_);
    }
    const std::size_t equals = text_.find('=');
    if (equals != std::string::npos) value_ = text_.substr(equals + 1);
    name_ = underscored(text_.substr(2, equals == std::string::npos ? equals : equals - 2));
    if (!seen_.insert(name_).second) refuse(fmt::format("--{} is given twice", name_), name_);
    return true;
  }
  void allow_again() { seen_.erase(name_); }
  const std::string& text() const { return text_; }
  const std::string& name() const { return name_; }

  bool has_value() const { return value_ || (!done() && !arguments_[at_].starts_with("--")); }
  std::string value() {
    if (!has_value()) refuse(fmt::format("--{} needs a value", name_), name_);
    return value_ ? *value_ : arguments_[at_++];
  }
  std::optional<std::string> attached_value() const { return value_; }
  void expect_no_value() const {
    if (value_) refuse(fmt::format("--{} takes no value, not \"{}\"", name_, *value_), name_);
  }

 private:
  const Arguments& arguments_;
  std::size_t at_ = 0;
  bool literal_ = false;
  std::string text_, name_;
  std::optional<std::string> value_;
  std::set<std::string> seen_;
};

template <class T>
T whole_number(const std::string& name, const std::string& text) {
  T number{};
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || rest != text.data() + text.size() || number < T{})
    refuse(fmt::format("{} is \"{}\", expected a whole number from 0 to {}", name, text,
                       std::numeric_limits<T>::max()),
           name);
  return number;
}

/// Whether the option under the cursor is common to all commands; takes its value if so.
bool take_common(Cursor& cursor, CommonOptions& common) {
  const std::map<std::string, bool*> switches{{"json", &common.json},
                                              {"quiet", &common.quiet},
                                              {"help", &common.help},
                                              {"xml", &common.xml},
                                              {"overwrite", &common.overwrite}};
  if (const auto found = switches.find(cursor.name()); found != switches.end()) {
    cursor.expect_no_value();
    *found->second = true;
    return true;
  }
  if (cursor.name() == "seed")
    common.seed = whole_number<std::uint64_t>("seed", cursor.value());
  else if (cursor.name() == "threads")
    common.threads = whole_number<int>("threads", cursor.value());
  else if (cursor.name() == "provenance")
    common.provenance = cursor.value();
  else
    return false;
  return true;
}

[[noreturn]] void unknown_option(const std::string& command, const std::string& name,
                                 std::vector<std::string> known) {
  for (const CommonOption& option : common_options()) known.push_back(option.name);
  const std::string best = op::nearest(name, known);
  refuse(fmt::format("{} has no option --{}{}", command, name,
                     best.empty() ? "" : ", did you mean --" + best + "?"),
         name);
}

void take_field(const op::FieldInfo& field, Cursor& cursor, bool negated, op::Request& request) {
  op::Json& section = field.role == op::Role::input       ? request.inputs
                      : field.role == op::Role::parameter ? request.parameters
                                                          : request.outputs;
  if (section.contains(field.name)) refuse(fmt::format("{} is given twice", field.name), field.name);
  if (negated) {
    cursor.expect_no_value();
    section[field.name] = false;
  } else if (field.role == op::Role::output && op::is_inline(field.kind())) {
    cursor.expect_no_value();
    section[field.name] = true;
  } else if (field.role == op::Role::output) {
    const bool shown = op::is_shown(field.kind()) && !cursor.has_value();
    section[field.name] = shown ? op::Json(true) : op::Json(cursor.value());
  } else if (field.kind() == op::Kind::boolean) {
    const auto value = cursor.attached_value();
    section[field.name] = value ? op::checked_text(field, *value) : op::Json(true);
  } else if (op::is_inline(field.kind())) {
    section[field.name] = op::checked_text(field, cursor.value());
  } else {
    section[field.name] = cursor.value();
  }
}

void take_positional(const op::Operation& operation, const std::string& text, op::Request& request) {
  for (const op::Role role : {op::Role::input, op::Role::parameter}) {
    auto& section = role == op::Role::input ? request.inputs : request.parameters;
    for (const op::FieldInfo* field : operation.fields_of(role)) {
      if (!field->positional || section.contains(field->name)) continue;
      section[field->name] = op::is_inline(field->kind()) ? op::checked_text(*field, text) : op::Json(text);
      return;
    }
  }
  refuse(fmt::format("unexpected \"{}\": {} takes its values as --name VALUE", text, operation.name));
}

}  // namespace

const std::vector<CommonOption>& common_options() {
  static const std::vector<CommonOption> options{
      {"json", "", "print one JSON object"},
      {"overwrite", "", "replace files that exist"},
      {"seed", "N", "seed of everything random (default 0)"},
      {"threads", "N", "use at most N threads (default: all cores)"},
      {"quiet", "", "no progress, no warnings"},
      {"provenance", "FILE", "where the record of the run goes"},
      {"xml", "", "describe the operation for 3D Slicer"},
      {"help", "", "this text"}};
  return options;
}

OperationCommand parse(const op::Operation& operation, const Arguments& arguments) {
  OperationCommand command;
  Cursor cursor(arguments);
  while (!cursor.done()) {
    if (!cursor.next_is_option()) {
      take_positional(operation, cursor.text(), command.request);
      continue;
    }
    if (take_common(cursor, command.common)) continue;
    const op::FieldInfo* field = operation.find(cursor.name());
    const bool negated = field == nullptr && cursor.name().starts_with("no_");
    if (negated) field = operation.find(cursor.name().substr(3));
    if (field == nullptr ||
        (negated && (field->kind() != op::Kind::boolean || field->role == op::Role::output))) {
      std::vector<std::string> names;
      for (const op::FieldInfo& known : operation.fields) names.push_back(known.name);
      unknown_option(operation.name, cursor.name(), std::move(names));
    }
    take_field(*field, cursor, negated, command.request);
  }
  command.request.overwrite = command.common.overwrite;
  command.request.provenance = command.common.provenance;
  return command;
}

PlainCommand parse_plain(const std::string& command, const std::vector<CommonOption>& own,
                         const Arguments& arguments) {
  PlainCommand parsed;
  Cursor cursor(arguments);
  while (!cursor.done()) {
    if (!cursor.next_is_option()) {
      parsed.positional.push_back(cursor.text());
      continue;
    }
    const auto option =
        std::find_if(own.begin(), own.end(), [&](const CommonOption& o) { return o.name == cursor.name(); });
    if (option != own.end()) {
      cursor.allow_again();
      parsed.values[option->name].push_back(option->value.empty() ? "" : cursor.value());
      continue;
    }
    if (take_common(cursor, parsed.common)) continue;
    std::vector<std::string> names;
    for (const CommonOption& known : own) names.push_back(known.name);
    unknown_option(command, cursor.name(), std::move(names));
  }
  return parsed;
}

std::string value_of(const PlainCommand& command, const std::string& name, const std::string& otherwise) {
  const auto found = command.values.find(name);
  return found == command.values.end() ? otherwise : found->second.back();
}

std::string quoted(const Arguments& arguments) {
  std::string line;
  for (const std::string& argument : arguments) {
    if (!line.empty()) line += ' ';
    const bool plain =
        !argument.empty() && std::all_of(argument.begin(), argument.end(), [](unsigned char c) {
          return std::isalnum(c) || c >= 0x80 ||
                 std::string_view("-_./=,:+@%").find(static_cast<char>(c)) != std::string_view::npos;
        });
    if (plain) {
      line += argument;
      continue;
    }
    line += '\'';
    for (char c : argument) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace sg::app
