#include "app/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "op/check.h"

namespace sg::app {
namespace {

constexpr const char* bash_script = R"shell(# bash completion: source <(shaoguang completion bash)
_shaoguang() {
  local current="${COMP_WORDS[COMP_CWORD]}" line endings ending file
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files*)
        endings="${line#:files}"
        compopt -o filenames 2>/dev/null
        while IFS= read -r file; do
          if [[ -d "$file" || -z "$endings" ]]; then COMPREPLY+=("$file"); continue; fi
          for ending in $endings; do [[ "$file" == *"$ending" ]] && { COMPREPLY+=("$file"); break; }; done
        done < <(compgen -f -- "$current") ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <(shaoguang complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _shaoguang shaoguang
)shell";

constexpr const char* zsh_script = R"shell(#compdef shaoguang
# zsh completion: source <(shaoguang completion zsh)
_shaoguang() {
  local line endings
  local -a items
  while IFS= read -r line; do
    case "$line" in
      :files*)
        endings=(${=line#:files})
        if (( ${#endings} )); then _files -g "*(${(j:|:)endings})"; else _files; fi ;;
      *$'\t'*) items+=("${line%%$'\t'*}:${line#*$'\t'}") ;;
      *) items+=("$line") ;;
    esac
  done < <(shaoguang complete -- "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)
  (( ${#items} )) && _describe 'shaoguang' items
}
compdef _shaoguang shaoguang
)shell";

constexpr const char* fish_script = R"shell(# fish completion: shaoguang completion fish | source
function __shaoguang_complete
    set -l words (commandline -opc)[2..-1] (commandline -ct)
    for line in (shaoguang complete -- $words 2>/dev/null)
        if string match -q ':files*' -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c shaoguang -f -a '(__shaoguang_complete)'
)shell";

class Completer {
 public:
  explicit Completer(const std::string& typed) : typed_(typed) {}

  void add(const std::string& word, const std::string& help) {
    if (word.starts_with(typed_)) found_.items.push_back({word, help});
  }
  void files(const std::vector<std::string>& endings) {
    found_.files = true;
    found_.endings = endings;
  }
  Completions take() { return std::move(found_); }

 private:
  const std::string& typed_;
  Completions found_;
};

void complete_first(const std::vector<op::Operation>& operations, Completer& completer) {
  std::set<std::string> seen;
  for (const op::Operation& operation : operations)
    if (seen.insert(operation.module()).second) completer.add(operation.module(), "module");
  completer.add("operations", "list every operation");
  completer.add("pipeline", "run a list of runs");
  completer.add("completion", "print a completion script");
  completer.add("docs", "write the documentation pages");
  completer.add("--version", "print the version");
  completer.add("--help", "what there is");
}

void complete_value(const op::FieldInfo& field, Completer& completer) {
  for (const std::string& choice : field.choices) completer.add(choice, "");
  if (op::is_inline(field.kind())) return;
  completer.files(field.role == op::Role::output ? op::writable_endings(field.kind())
                                                 : op::readable_endings(field.kind()));
}

/// The field whose value stands after the option `word`; null if it takes none.
const op::FieldInfo* value_expected(const op::Operation& operation, const std::string& word) {
  if (!word.starts_with("--")) return nullptr;
  std::string name = word.substr(2);
  std::replace(name.begin(), name.end(), '-', '_');
  const op::FieldInfo* field = operation.find(name);
  const bool takes_value = field != nullptr && field->kind() != op::Kind::boolean &&
                           !(field->role == op::Role::output && op::is_inline(field->kind()));
  return takes_value ? field : nullptr;
}

void complete_option(const op::Operation& operation, const Arguments& words, Completer& completer) {
  const auto given = [&](const std::string& name) {
    return std::find(words.begin(), words.end() - 1, "--" + name) != words.end() - 1;
  };
  for (const op::FieldInfo& field : operation.fields) {
    if (given(field.name) || given("no_" + field.name)) continue;
    completer.add("--" + field.name, field.help);
    if (field.kind() == op::Kind::boolean && field.role != op::Role::output)
      completer.add("--no_" + field.name, "not: " + field.help);
  }
  for (const CommonOption& option : common_options())
    if (!given(option.name)) completer.add("--" + option.name, option.help);
  for (const op::FieldInfo* field : operation.fields_of(op::Role::input))
    if (field->positional && !given(field->name)) completer.files(op::readable_endings(field->kind()));
}

}  // namespace

Completions complete(const std::vector<op::Operation>& operations, const Arguments& words) {
  static const std::string nothing;
  Completer completer(words.empty() ? nothing : words.back());
  if (words.size() <= 1) {
    complete_first(operations, completer);
    return completer.take();
  }
  if (words.front() == "completion") {
    for (const char* shell : {"bash", "zsh", "fish"}) completer.add(shell, "");
    return completer.take();
  }
  if (words.front() == "pipeline" || words.front() == "docs") {
    completer.files({});
    return completer.take();
  }
  for (const op::Operation& operation : operations) {
    if (operation.module() != words.front()) continue;
    if (words.size() == 2) {
      completer.add(operation.verb(), operation.summary);
    } else if (operation.verb() == words[1]) {
      if (const op::FieldInfo* field = value_expected(operation, words[words.size() - 2]))
        complete_value(*field, completer);
      else
        complete_option(operation, words, completer);
    }
  }
  return completer.take();
}

std::string completion_lines(const Completions& completions) {
  std::string lines;
  for (const Completions::Item& item : completions.items)
    lines += item.word + (item.help.empty() ? "" : "\t" + item.help) + "\n";
  if (completions.files)
    lines += completions.endings.empty() ? ":files\n"
                                         : fmt::format(":files {}\n", fmt::join(completions.endings, " "));
  return lines;
}

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return bash_script;
  if (shell == "zsh") return zsh_script;
  if (shell == "fish") return fish_script;
  throw Error(ErrorCode::invalid_input,
              fmt::format("shell is {}, expected one of bash, zsh, fish{}", shell,
                          op::did_you_mean(shell, {"bash", "zsh", "fish"})),
              "shell");
}

}  // namespace sg::app
