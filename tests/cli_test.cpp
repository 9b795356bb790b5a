// Runs tests/cli/*.test and every example of every operation through the real program.
//
//   == refuses to overwrite
//   $ shaoguang image convert --image brain.nii.gz --converted brain.nrrd
//   file brain.nrrd exists
//   $ shaoguang image convert --image brain.nii.gz --converted brain.nrrd
//   exit 73
//   stderr has brain.nrrd exists
//
// A line "== name" begins a case, in a fresh folder with the example data. "$ " is a bash command line; the
// lines after it are what must hold: exit N (0 if not said) · stdout|stderr has|lacks|is TEXT · json PATH OP
// VALUE (of standard output) · problem PATH OP VALUE (of standard error) · file NAME exists|absent · file
// NAME json PATH OP VALUE · seconds < N. "#" begins a comment.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "app/operations.h"
#include "assertion.h"
#include "op/markdown.h"
#include "shell.h"

namespace sg::test {
namespace {

namespace fs = std::filesystem;

struct Line {
  int number = 0;
  std::string text;
};
struct Case {
  fs::path file;
  std::string name;
  std::vector<Line> lines;
};

std::vector<Case> read_cases(const fs::path& file) {
  std::vector<Case> cases;
  std::ifstream in(file);
  int number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    if (text.empty() || text.starts_with('#')) continue;
    if (text.starts_with("== "))
      cases.push_back({file, text.substr(3), {}});
    else if (!cases.empty())
      cases.back().lines.push_back({number, text});
  }
  return cases;
}

/// Takes the first word off `text`.
std::string take_word(std::string& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  std::string word = text.substr(0, end);
  text.erase(0, std::min(end + 1, text.size()));
  return word;
}

std::string check_text(const std::string& where, const std::string& found, std::string rest) {
  const std::string how = take_word(rest);
  const bool there = found.find(rest) != std::string::npos;
  if (how == "has") return there ? "" : where + " is:\n" + found;
  if (how == "lacks") return there ? where + " is:\n" + found : "";
  if (how == "is") return found == rest + "\n" || found == rest ? "" : where + " is:\n" + found;
  return "expected has, lacks or is, not " + how;
}

std::string check_json_text(const std::string& text, const std::string& assertion) {
  const op::Json json = op::Json::parse(text, nullptr, false);
  if (json.is_discarded()) return "this is not JSON:\n" + text;
  return check(json, assertion);
}

std::string check_file(const fs::path& folder, std::string rest) {
  const fs::path file = folder / take_word(rest);
  const std::string how = take_word(rest);
  if (how == "exists") return fs::exists(file) ? "" : "it does not";
  if (how == "absent") return fs::exists(file) ? "it exists" : "";
  if (how == "json") return check_json_text(read_text(file), rest);
  return "expected exists, absent or json, not " + how;
}

/// "" if the line holds.
std::string check_line(const std::string& line, const Workplace& place, const ShellResult& result) {
  std::string rest = line;
  const std::string what = take_word(rest);
  if (what == "exit")
    return std::to_string(result.status) == rest ? ""
                                                 : fmt::format("it is {}\n{}", result.status, result.err);
  if (what == "stdout") return check_text(what, result.out, rest);
  if (what == "stderr") return check_text(what, result.err, rest);
  if (what == "json") return check_json_text(result.out, rest);
  if (what == "problem") return check_json_text(result.err, rest);
  if (what == "file") return check_file(place.path(), rest);
  if (what == "seconds") return check({{"seconds", result.seconds}}, line);
  return "unknown assertion " + what;
}

class CliTest : public testing::Test {
 public:
  explicit CliTest(Case test) : case_(std::move(test)) {}
  void TestBody() override {
    const Workplace place(SG_EXAMPLE_DATA);
    for (std::size_t i = 0; i < case_.lines.size();) {
      if (case_.lines[i].text.starts_with("> ")) {
        i = write_file(place, i);
        continue;
      }
      ASSERT_TRUE(case_.lines[i].text.starts_with("$ ")) << where(i) << "expected a command";
      const std::size_t command = i++;
      const ShellResult result = place.run(case_.lines[command].text.substr(2), SG_PROGRAM);
      bool status_named = false;
      for (; i < case_.lines.size(); ++i) {
        const std::string& line = case_.lines[i].text;
        if (line.starts_with("$ ") || line.starts_with("> ")) break;
        status_named = status_named || line.starts_with("exit ");
        const std::string problem = check_line(line, place, result);
        EXPECT_EQ(problem, "") << where(i) << line;
      }
      EXPECT_TRUE(status_named || result.status == 0) << where(command) << "exit " << result.status << "\n"
                                                      << result.err;
    }
  }

 private:
  /// Writes the file named in line i and returns the line after it.
  std::size_t write_file(const Workplace& place, std::size_t i) const {
    std::ofstream file(place.path() / case_.lines[i].text.substr(2));
    for (++i; i < case_.lines.size() && case_.lines[i].text.starts_with("| "); ++i)
      file << case_.lines[i].text.substr(2) << "\n";
    return i;
  }
  std::string where(std::size_t i) const {
    return fmt::format("{}:{}: ", case_.file.string(), case_.lines[i].number);
  }
  Case case_;
};

class ExampleTest : public testing::Test {
 public:
  ExampleTest(std::string command, std::vector<std::string> checks)
      : command_(std::move(command)), checks_(std::move(checks)) {}
  void TestBody() override {
    const Workplace place(SG_EXAMPLE_DATA);
    const ShellResult result = place.run(command_ + " --json", SG_PROGRAM);
    ASSERT_EQ(result.status, 0) << command_ << "\n" << result.err;
    const op::Json json = op::Json::parse(result.out, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << result.out;
    for (const std::string& assertion : checks_) {
      const std::string file = assertion.starts_with("exists ") ? assertion.substr(7) : "";
      if (!file.empty())
        EXPECT_TRUE(fs::exists(place.path() / file)) << assertion;
      else
        EXPECT_EQ(check(json, assertion), "") << assertion;
    }
  }

 private:
  std::string command_;
  std::vector<std::string> checks_;
};

std::string identifier(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return text;
}

void register_tests() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(SG_CLI_TESTS))
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files)
    for (const Case& test : read_cases(file))
      testing::RegisterTest(identifier(file.stem().string()).c_str(), identifier(test.name).c_str(), nullptr,
                            nullptr, __FILE__, __LINE__,
                            [test]() -> testing::Test* { return new CliTest(test); });
  for (const op::Operation& operation : app::operations())
    for (std::size_t i = 0; i < operation.examples.size(); ++i) {
      const op::Example& example = operation.examples[i];
      testing::RegisterTest(
          "example", fmt::format("{}_{}", identifier(operation.name), i + 1).c_str(), nullptr, nullptr,
          __FILE__, __LINE__,
          [command = op::command_of(operation, example), checks = example.checks]() -> testing::Test* {
            return new ExampleTest(command, checks);
          });
    }
}

}  // namespace
}  // namespace sg::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  sg::test::register_tests();
  return RUN_ALL_TESTS();
}
