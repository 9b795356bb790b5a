#pragma once
#include <new>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/error.h"
#include "op/declare.h"
#include "report/report.h"

namespace sg::op {

/// A small operation with a field of most kinds, for the tests of this module.
enum class Scheme { explicit_euler, aos, fed };

struct Sample {
  Document facts;
  std::optional<Document> extra;
  std::optional<int> repeats;
  double lambda = 0.1;
  int steps = 50;
  Scheme scheme = Scheme::fed;
  bool smooth = true;
  Vec3 shift{0, 0, 0};
  std::string note;
  struct {
    double weight = 1;
  } options;
  Document copied;
  Table squares;
  double total = 0;
  std::optional<double> costly;
  std::optional<report::Report> report;
  Document summary;
  bool costly_was_computed = false;
};

inline void run_sample(Sample& s, const Context& context) {
  s.copied = s.facts;
  std::vector<double> n, square;
  for (int i = 0; i < s.steps; ++i) {
    context.progress(static_cast<double>(i) / s.steps);
    n.push_back(i);
    square.push_back(i * i);
    s.total += i * s.lambda;
  }
  s.squares.columns = {{"n", n}, {"square", square}};
  if (s.costly) *s.costly = 42, s.costly_was_computed = true;
  if (s.report) *s.report = report::Report("Sample");
  s.summary.properties = {{"length", 3.5, "mm"}, {"name", std::string("x"), ""}};
  if (s.note == "warn") context.warn("look out");
  if (s.note == "fail") throw Error(ErrorCode::invalid_input, "the note says fail", "note");
  if (s.note == "memory") throw std::bad_alloc();
  if (s.note == "foreign") throw std::runtime_error("odd");
}

inline Operation sample_operation() {
  return Declare<Sample>("demo.sample_all", "Shows every kind.")
      .description("First paragraph.\n\nSecond <paragraph>.")
      .input(&Sample::facts, "facts", "what is known")
      .positional()
      .input(&Sample::extra, "extra", "more facts")
      .param(&Sample::repeats, "repeats", "how often")
      .in(1, 9)
      .param(&Sample::lambda, "lambda", "weight of the fidelity term")
      .in(0, 10)
      .unit("1")
      .param(&Sample::steps, "steps", "time steps")
      .in(1, 100)
      .param(&Sample::scheme, "scheme", "time stepping")
      .one_of({"explicit", "aos", "fed"})
      .param(&Sample::smooth, "smooth", "smooth first")
      .param(&Sample::shift, "shift", "moves by")
      .in(-100, 100)
      .unit("mm")
      .param(&Sample::note, "note", "free text")
      .param([](Sample& s) -> double& { return s.options.weight; }, "weight", "member of a member")
      .unit("kg")
      .output(&Sample::copied, "copied", "the facts again")
      .output(&Sample::squares, "squares", "one row a step")
      .output(&Sample::total, "total", "weighted sum")
      .unit("mm")
      .output(&Sample::costly, "costly", "takes long")
      .unit("1")
      .output(&Sample::report, "report", "what happened")
      .output(&Sample::summary, "summary", "in short")
      .flattened()
      .cites("Perona & Malik 1990, doi:10.1109/34.56205")
      .example("facts.json --steps 3", {"total > 0"})
      .run(run_sample);
}

}  // namespace sg::op
