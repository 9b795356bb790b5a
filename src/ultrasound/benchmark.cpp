#include "ultrasound/benchmark.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/grey.h"
#include "core/speckle.h"
#include "core/stats.h"
#include "ultrasound/dpad.h"
#include "ultrasound/phantom.h"
#include "ultrasound/quality.h"
#include "ultrasound/rivals.h"
#include "ultrasound/srad.h"

namespace sg::ultrasound {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
using Clock = std::chrono::steady_clock;

struct Found {
  Volume<float> picture;
  double looks = unknown;
};

/// How one method does its work: the picture with speckle and the true looks in, the picture without out.
using Despeckler = std::function<Found(const Volume<float>& noisy, double looks, const Context& context)>;

Despeckler own(Method method, bool average, const BenchmarkOptions& options) {
  return [=, network = options.network, told = options.told](const Volume<float>& noisy, double looks,
                                                             const Context& context) -> Found {
    Image image;
    image.voxels = noisy.clone();
    DespeckleOptions own;
    own.method = method;
    own.domain = Domain::intensity;
    own.looks = told ? looks : 0;
    own.network = network;
    own.average = average;
    Despeckled result = despeckle(image, own, context);
    return {std::get<Volume<float>>(std::move(result.image.voxels)), result.frames[0].looks};
  };
}

Despeckler of_rival(const Rival& rival, bool mulog_iterations) {
  return [=](const Volume<float>& noisy, double looks, const Context& context) -> Found {
    const GaussianDenoiser denoiser = denoiser_of(rival, context);
    // Published for denoisers that keep to the noise they are told, as these do.
    MulogOptions options;
    options.rho = (1 + 2 / looks) / log_speckle_variance(looks);
    return {mulog_iterations ? mulog(noisy, looks, denoiser, options, context)
                             : log_domain(noisy, looks, denoiser, context),
            looks};
  };
}

struct Named {
  std::string name;
  Despeckler despeckler;
  bool unasked = true;  // runs when no methods are named
};

std::vector<Named> all_methods(const BenchmarkOptions& options) {
  std::vector<Named> all;
  for (std::size_t i = 0; i < method_names().size(); ++i) {
    const auto method = static_cast<Method>(i);
    const std::string& name = method_names()[i];
    const bool runs = method != Method::network || options.network != nullptr;
    all.push_back({name, own(method, true, options), runs});
    if (method == Method::network) all.push_back({name + "_once", own(method, false, options), runs});
  }
  for (const Rival& rival : installed_rivals()) {
    all.push_back({"log_" + rival.name, of_rival(rival, false)});
    all.push_back({"mulog_" + rival.name, of_rival(rival, true), false});
  }
  return all;
}

std::vector<Named> chosen_methods(const BenchmarkOptions& options) {
  std::vector<Named> all = all_methods(options), chosen;
  if (options.methods.empty()) {
    std::copy_if(all.begin(), all.end(), std::back_inserter(chosen),
                 [](const Named& each) { return each.unasked; });
    return chosen;
  }
  for (const std::string& name : options.methods) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Named& each) { return each.name == name; });
    if (found == all.end())
      throw Error(
          ErrorCode::invalid_input,
          fmt::format("methods names {}, expected some of {}", name, fmt::join(benchmark_methods(), ", ")),
          "methods");
    chosen.push_back(*found);
  }
  return chosen;
}

Volume<float> clean_picture(const io::ImageFolder& folder, std::size_t i, const Context& context) {
  Volume<float> picture = grey_of(folder.image(i, context).voxels);
  const Grid& grid = picture.grid();
  if (grid.size[0] < 16 || grid.size[1] < 16)
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} has {}, expected at least 16 × 16 pixels", folder.name(i), grid.describe()),
                "images");
  for (const float value : picture.values())
    if (!(value >= 0 && value <= 255))
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} holds {}, expected grey values of 0 to 255", folder.name(i), value),
                  "images");
  return picture;
}

std::string without_ending(const std::string& name) {
  return std::filesystem::path(name).replace_extension().generic_string();
}

/// Where the picture with speckle of these looks lies in the folder of such.
std::size_t index_of(const io::ImageFolder& speckled, const std::string& clean, double looks) {
  const std::string wanted = fmt::format("L{:g}/{}.", looks, without_ending(clean));
  for (std::size_t i = 0; i < speckled.size(); ++i)
    if (speckled.name(i).starts_with(wanted)) return i;
  throw Error(ErrorCode::invalid_input, fmt::format("speckled holds no {}*", wanted), "speckled");
}

Volume<float> with_speckle(const Volume<float>& clean, double looks, std::int64_t seed,
                           const BenchmarkOptions& options, const Context& context) {
  const Rng rng(static_cast<std::uint64_t>(seed));
  if (!options.correlated) return add_speckle(clean, looks, rng, context.silent());
  CorrelatedSpeckle speckle;
  speckle.looks = std::max(1, static_cast<int>(std::lround(looks)));
  return add_correlated_speckle(clean, speckle, rng, context.silent());
}

Score score(const Volume<float>& found, const Volume<float>& clean, const Context& context) {
  Score s;
  s.psnr = psnr(found, clean);
  const Ssim similarity = ssim(found, clean, context);
  s.ssim = similarity.mean, s.low_grey_ssim = similarity.low_grey;
  s.mae = mean_absolute_error(found, clean);
  s.epi = edge_preservation(found, clean);
  s.edge_epi = edge_preservation_near_edges(found, clean, context);
  s.fom = figure_of_merit(found, clean, context);
  s.looks_used = s.best_stop = unknown;
  return s;
}

double median(std::vector<double> values) {
  return values.empty() ? unknown : quantile(std::span<const double>(values), 0.5);
}

/// The method on one picture: its result, and how long it took.
Found timed(const Named& method, const Volume<float>& noisy, double looks, int repeats, double& milliseconds,
            const Context& context) {
  std::vector<double> times;
  Found found;
  for (int run = repeats > 1 ? -1 : 0; run < repeats; ++run) {
    context.check();
    const auto start = Clock::now();
    found = method.despeckler(noisy, looks, context);
    const std::chrono::duration<double, std::milli> time = Clock::now() - start;
    if (run >= 0) times.push_back(time.count());
  }
  milliseconds = median(times);
  return found;
}

/// Best PSNR of the diffusion's own process whatever its stop, between its steps too.
double best_of_diffusion(const Volume<float>& noisy, const Volume<float>& clean, double looks) {
  constexpr int between = 4, patience = 2;
  const SpeckleEstimate estimate = estimate_speckle(noisy, nullptr);
  Diffusion diffusion = diffusion_for(noisy, {}, looks > 0 ? looks : estimate.looks, estimate.stride);
  double best = 0;
  Volume<float> before = noisy.clone(), mix(noisy.grid());
  for (int worse = 0, step = 0; worse < patience && step < 60; ++step, ++worse) {
    diffusion.advance();
    for (int share = 1; share <= between; ++share) {
      const float b = static_cast<float>(share) / between;
      for (std::int64_t i = 0; i < mix.size(); ++i)
        mix.data()[i] = before.data()[i] + b * (diffusion.image().data()[i] - before.data()[i]);
      const double value = psnr(mix, clean);
      if (value > best) best = value, worse = -1;
    }
    before = diffusion.image().clone();
  }
  return best;
}

/// Stops an iterative filter once PSNR has not risen for nine looks at it, five iterations apart.
class BestStop {
 public:
  explicit BestStop(const Volume<float>& clean) : clean_(clean) {}
  template <class Options>
  static Options options(double looks) {
    Options options;
    options.looks = looks;
    options.noise_share = 1e9;  // it is the observer who says stop
    options.tolerance = 0;
    options.observe_every = 5;
    return options;
  }
  bool operator()(const Volume<float>& picture) {
    const double value = psnr(picture, clean_);
    without_ = value > best_ ? 0 : without_ + 1;
    best_ = std::max(best_, value);
    return without_ < 9;
  }
  double best() const { return best_; }

 private:
  const Volume<float>& clean_;
  double best_ = 0;
  int without_ = 0;
};

double best_stop(const std::string& method, const Volume<float>& noisy, const Volume<float>& clean,
                 double looks, double looks_used, const Context& context) {
  if (method == "diffusion") return best_of_diffusion(noisy, clean, looks_used);
  BestStop stop(clean);
  const IterateObserver observer = [&](int, const Volume<float>& picture) { return stop(picture); };
  if (method == "srad") srad(noisy, BestStop::options<SradOptions>(looks), observer, context);
  if (method == "dpad") dpad(noisy, BestStop::options<DpadOptions>(looks), observer, context);
  return stop.best() > 0 ? stop.best() : unknown;
}

DiscFigures disc_figures(const LowContrastDiscs& scene, const Volume<float>& found, double step) {
  constexpr std::int32_t discs = 4;
  const std::vector<float> around = values_in(found, scene.background);
  const double outside = summarize(std::span<const float>(around)).mean;
  DiscFigures figures{0, 0, equivalent_looks(around)};
  for (std::int32_t disc = 1; disc <= discs; ++disc) {
    Mask mask(found.grid());
    for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = scene.inner.voxels.data()[i] == disc;
    const std::vector<float> inside = values_in(found, mask);
    figures.step_kept += (summarize(std::span<const float>(inside)).mean - outside) / step / discs;
    figures.cnr += contrast_to_noise(inside, around) / discs;
  }
  return figures;
}

/// The discs from cycle to cycle of the diffusion, from the picture with speckle to long after its own stop.
std::vector<DiscFigures> course_of_diffusion(const LowContrastDiscs& scene, const Volume<float>& noisy,
                                             double step, double looks, bool told) {
  constexpr int cycles = 28;
  const SpeckleEstimate estimate = estimate_speckle(noisy, nullptr);
  Diffusion diffusion = diffusion_for(noisy, {}, told ? looks : estimate.looks, estimate.stride);
  std::vector<DiscFigures> course{disc_figures(scene, noisy, step)};
  for (int cycle = 0; cycle < cycles; ++cycle) {
    diffusion.advance();
    course.push_back(disc_figures(scene, diffusion.image(), step));
  }
  return course;
}

/// What the course passes where its ENL is `enl`, linear in ln ENL; its last point if it never gets there.
DiscFigures at_enl(const std::vector<DiscFigures>& course, double enl) {
  const auto after =
      std::find_if(course.begin(), course.end(), [&](const DiscFigures& each) { return each.enl >= enl; });
  if (after == course.begin() || after == course.end()) return after == course.end() ? course.back() : *after;
  const DiscFigures &high = *after, &low = *std::prev(after);
  const double b = std::log(enl / low.enl) / std::log(high.enl / low.enl);
  const auto between = [&](double x, double y) { return x + b * (y - x); };
  return {between(low.step_kept, high.step_kept), between(low.cnr, high.cnr), enl};
}

class Run {
 public:
  Run(const BenchmarkOptions& options, const Context& context)
      : options_(options), context_(context), methods_(chosen_methods(options)) {}

  void picture(const Volume<float>& clean, const Volume<float>& noisy, double looks, std::int64_t index,
               Benchmark& result, const Context& context) const {
    const auto keep = [&](const std::string& method, const Volume<float>& found, Score s) {
      s.method = method, s.looks = looks, s.picture = index;
      result.scores.push_back(s);
      if (index == 0) result.shown.push_back({method, looks, found.clone()});
    };
    keep("noisy", noisy, score(noisy, clean, context.silent()));
    for (std::size_t m = 0; m < methods_.size(); ++m) {
      const Named& method = methods_[m];
      context.progress(static_cast<double>(m) / static_cast<double>(methods_.size()));
      double milliseconds = 0;
      const Found found = timed(method, noisy, looks, options_.repeats, milliseconds, context.silent());
      Score s = score(found.picture, clean, context.silent());
      s.looks_used = found.looks, s.milliseconds = milliseconds;
      if (options_.best_stop)
        s.best_stop = best_stop(method.name, noisy, clean, looks, found.looks, context.silent());
      keep(method.name, found.picture, s);
    }
  }

  void discs(double looks, double background, Benchmark& result, const Context& context) const {
    constexpr double step = 5;
    std::vector<DiscScore> sums;
    for (int draw = 0; draw < options_.discs; ++draw) {
      context.progress(static_cast<double>(draw) / options_.discs);
      const Rng rng = Rng(static_cast<std::uint64_t>(options_.seed)).fork(static_cast<std::uint64_t>(draw));
      const LowContrastDiscs scene = low_contrast_discs(background, rng.fork(1), step);
      const Volume<float> noisy = add_speckle(scene.clean, looks, rng.fork(2), context.silent());
      const std::vector<DiscFigures> course = course_of_diffusion(scene, noisy, step, looks, options_.told);
      for (std::size_t m = 0; m <= methods_.size(); ++m) {
        if (draw == 0) sums.push_back({m == 0 ? "noisy" : methods_[m - 1].name, looks, background});
        const DiscFigures found =
            m == 0 ? course[0]
                   : disc_figures(scene, methods_[m - 1].despeckler(noisy, looks, context.silent()).picture,
                                  step);
        sums[m].found += found;
        sums[m].diffusion += at_enl(course, found.enl);
      }
    }
    for (DiscScore& sum : sums) {
      sum.found /= options_.discs, sum.diffusion /= options_.discs;
      result.discs.push_back(sum);
    }
  }

 private:
  const BenchmarkOptions& options_;
  const Context& context_;
  std::vector<Named> methods_;
};

void require(const BenchmarkOptions& options) {
  if (options.looks.empty())
    throw Error(ErrorCode::invalid_input, "looks is empty, expected at least one", "looks");
  for (const double looks : options.looks)
    if (!(looks > 0 && looks <= 1000))
      throw Error(ErrorCode::invalid_input,
                  fmt::format("looks holds {}, expected more than 0, at most 1000", looks), "looks");
}

/// Rows of one method and looks, in the order in which they were made.
template <class Visit>
void each_group(const std::vector<Score>& scores, const Visit& visit) {
  std::vector<std::pair<std::string, double>> order;
  std::map<std::pair<std::string, double>, std::vector<const Score*>> groups;
  for (const Score& s : scores) {
    auto& group = groups[{s.method, s.looks}];
    if (group.empty()) order.emplace_back(s.method, s.looks);
    group.push_back(&s);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second < b.second; });
  for (const auto& key : order) visit(groups[key]);
}

using Figure = std::pair<const char*, double Score::*>;
constexpr Figure figures[] = {{"psnr", &Score::psnr},
                              {"ssim", &Score::ssim},
                              {"low_grey_ssim", &Score::low_grey_ssim},
                              {"mae", &Score::mae},
                              {"epi", &Score::epi},
                              {"edge_epi", &Score::edge_epi},
                              {"fom", &Score::fom},
                              {"looks_used", &Score::looks_used},
                              {"ms", &Score::milliseconds},
                              {"best_stop_psnr", &Score::best_stop}};

/// Mean of those that are known; of times the median.
double middle(const std::vector<const Score*>& group, double Score::*figure) {
  std::vector<double> values;
  for (const Score* s : group)
    if (!std::isnan(s->*figure)) values.push_back(s->*figure);
  if (figure == &Score::milliseconds || values.empty()) return median(values);
  return summarize(std::span<const double>(values)).mean;
}

}  // namespace

std::vector<std::string> benchmark_methods() {
  std::vector<std::string> names;
  for (const Named& method : all_methods({})) names.push_back(method.name);
  return names;
}

Benchmark benchmark(const io::ImageFolder& clean, const io::ImageFolder* speckled,
                    const BenchmarkOptions& options, const Context& context) {
  require(options);
  const Run run(options, context);
  Benchmark result;
  const double pictures = static_cast<double>(clean.size() * options.looks.size());
  const Context main = context.part(0, options.discs > 0 ? 0.7 : 1);
  double done = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    result.names.push_back(clean.name(i));
    const Volume<float> picture = clean_picture(clean, i, context.silent());
    if (i == 0) result.shown.push_back({"clean", 0, picture.clone()});
    for (const double looks : options.looks) {
      const Context part = main.part(done / pictures, (done + 1) / pictures,
                                     fmt::format("{}, {:g} looks", clean.name(i), looks));
      done += 1;
      Volume<float> noisy;
      if (speckled == nullptr) {
        noisy = with_speckle(picture, looks, options.seed + static_cast<std::int64_t>(i), options, part);
      } else {
        const std::size_t at = index_of(*speckled, clean.name(i), looks);
        noisy = grey_of(speckled->image(at, part.silent()).voxels);
        if (noisy.size() != picture.size() || noisy.grid().size != picture.grid().size)
          throw Error(ErrorCode::invalid_input,
                      fmt::format("{} has {}, expected {} as {}", speckled->name(at), noisy.grid().describe(),
                                  picture.grid().describe(), clean.name(i)),
                      "speckled");
      }
      run.picture(picture, noisy, looks, static_cast<std::int64_t>(i), result, part);
    }
  }
  if (options.discs == 0) return result;
  const std::vector<double> backgrounds{20, 60, 120, 200};
  const Context rest = context.part(0.7, 1);
  const double scenes = static_cast<double>(backgrounds.size() * options.looks.size());
  done = 0;
  for (const double looks : options.looks)
    for (const double background : backgrounds) {
      run.discs(looks, background, result,
                rest.part(done / scenes, (done + 1) / scenes,
                          fmt::format("discs on {:g}, {:g} looks", background, looks)));
      done += 1;
    }
  return result;
}

Table mean_scores(const Benchmark& benchmark) {
  std::vector<std::string> method;
  std::vector<double> looks;
  std::vector<std::vector<double>> values(std::size(figures));
  each_group(benchmark.scores, [&](const std::vector<const Score*>& group) {
    method.push_back(group[0]->method);
    looks.push_back(group[0]->looks);
    for (std::size_t f = 0; f < std::size(figures); ++f)
      values[f].push_back(middle(group, figures[f].second));
  });
  Table table{{{"method", method}, {"looks", looks}}};
  for (std::size_t f = 0; f < std::size(figures); ++f) table.columns.push_back({figures[f].first, values[f]});
  return table;
}

Table all_scores(const Benchmark& benchmark) {
  std::vector<std::string> method, name;
  std::vector<double> looks;
  std::vector<std::vector<double>> values(std::size(figures));
  for (const Score& s : benchmark.scores) {
    method.push_back(s.method);
    name.push_back(benchmark.names[static_cast<std::size_t>(s.picture)]);
    looks.push_back(s.looks);
    for (std::size_t f = 0; f < std::size(figures); ++f) values[f].push_back(s.*figures[f].second);
  }
  Table table{{{"picture", name}, {"method", method}, {"looks", looks}}};
  for (std::size_t f = 0; f < std::size(figures); ++f) table.columns.push_back({figures[f].first, values[f]});
  return table;
}

Table disc_scores(const Benchmark& benchmark) {
  std::vector<std::string> method;
  std::vector<double> looks, background, kept, cnr, enl, diffusion_kept, diffusion_cnr, diffusion_enl;
  for (const DiscScore& s : benchmark.discs) {
    method.push_back(s.method);
    looks.push_back(s.looks), background.push_back(s.background);
    kept.push_back(s.found.step_kept), cnr.push_back(s.found.cnr), enl.push_back(s.found.enl);
    diffusion_kept.push_back(s.diffusion.step_kept), diffusion_cnr.push_back(s.diffusion.cnr);
    diffusion_enl.push_back(s.diffusion.enl);
  }
  return {{{"method", method},
           {"looks", looks},
           {"background", background},
           {"step_kept", kept},
           {"cnr", cnr},
           {"enl", enl},
           {"diffusion_step_kept", diffusion_kept},
           {"diffusion_cnr", diffusion_cnr},
           {"diffusion_enl", diffusion_enl}}};
}

}  // namespace sg::ultrasound
