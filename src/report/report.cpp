#include "report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "io/raster.h"
#include "report/html.h"
#include "report/style.h"

namespace sg::report {

namespace {

/// The writer's own words, English and Chinese.
struct Words {
  const char *code, *note, *warning, *goal, *good, *warn, *bad, *contents, *provenance, *footer, *slider;
};
constexpr Words english{"en",
                        "Note",
                        "Warning",
                        "goal",
                        "meets the goal",
                        "misses the goal, still acceptable",
                        "misses the goal",
                        "Contents",
                        "How this result came about",
                        "Research use only. Not a medical device; not for diagnosis or treatment.",
                        "Share of the first picture shown, per cent"};
constexpr Words chinese{"zh-CN",
                        "注",
                        "警告",
                        "目标",
                        "达到目标",
                        "未达目标，尚可接受",
                        "未达目标",
                        "目录",
                        "结果来源",
                        "仅供研究使用。非医疗器械，不得用于诊断或治疗。",
                        "所示第一幅图的比例（百分比）"};

const Words& words(Language language) { return language == Language::chinese ? chinese : english; }

const char* class_of(Tone tone) {
  switch (tone) {
    case Tone::good: return "tone-good";
    case Tone::warn: return "tone-warn";
    case Tone::bad: return "tone-bad";
    case Tone::neutral: break;
  }
  return "";
}

/// A sign beside the colour, with words for a screen reader.
std::string mark(Tone tone, const Words& text) {
  if (tone == Tone::neutral) return "";
  const char* sign = tone == Tone::good ? "✓" : tone == Tone::warn ? "!" : "✕";
  const char* meaning = tone == Tone::good ? text.good : tone == Tone::warn ? text.warn : text.bad;
  return fmt::format(R"(<span class="mark {}" role="img" aria-label="{}" title="{}">{}</span>)",
                     class_of(tone), meaning, meaning, sign);
}

std::string unit_of(const std::string& unit) {
  return unit.empty() ? "" : fmt::format(R"(<span class="unit">{}</span>)", escape(unit));
}

/// "≤ 1.00 mm"
std::string bar_text(const Bar& bar, int decimals, const std::string& unit) {
  return fmt::format("{} {}{}{}", bar.kind == Bar::Kind::at_most ? "≤" : "≥",
                     format_number(bar.good, decimals), unit.empty() ? "" : " ", escape(unit));
}

std::string paragraphs(const std::string& text) {
  std::string out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find("\n\n", begin), text.size());
    if (end > begin) out += fmt::format("<p>{}</p>\n", escape(text.substr(begin, end - begin)));
    begin = end + 2;
  }
  return out;
}

std::string image(const Picture& picture, const char* extra = "") {
  return fmt::format(R"(<img{} width="{}" height="{}" alt="{}" src="data:image/png;base64,{}">)", extra,
                     picture.width, picture.height,
                     escape(picture.alt.empty() ? picture.caption : picture.alt), picture.base64);
}

std::string caption_of(const std::string& caption) {
  return caption.empty() ? "" : fmt::format("<figcaption>{}</figcaption>", escape(caption));
}

/// Small pictures may be shown twice as large, others at their own size.
std::int64_t shown_width(std::int64_t width) {
  return std::max(width, std::min<std::int64_t>(2 * width, 480));
}

}  // namespace

Tone judge(double value, const Bar& bar) {
  const auto meets = [&](double limit) {
    return bar.kind == Bar::Kind::at_most ? value <= limit : value >= limit;
  };
  if (meets(bar.good)) return Tone::good;
  return bar.acceptable && meets(*bar.acceptable) ? Tone::warn : Tone::bad;
}

Picture::Picture(const Volume<std::uint8_t>& pixels, std::string caption_text, std::string alt_text)
    : caption(std::move(caption_text)), alt(std::move(alt_text)) {
  const Grid& grid = pixels.grid();
  if (pixels.empty() || !grid.is_2d() || (pixels.channels() != 1 && pixels.channels() != 3)) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("a report picture has {} and {} channels, expected 2-D with 1 or 3 channels",
                            grid.describe(), pixels.channels()));
  }
  base64 = report::base64(io::encode_png(pixels));
  width = grid.size[0];
  height = std::max<std::int64_t>(
      1, std::llround(static_cast<double>(grid.size[1]) * grid.spacing.y / grid.spacing.x));
}

Report::Report(std::string title, std::string subtitle, Language language)
    : title_(std::move(title)), subtitle_(std::move(subtitle)), language_(language) {}

Report& Report::section(const std::string& title) {
  sections_.push_back(title);
  body_ += fmt::format("<h2 id=\"section-{}\">{}</h2>\n", sections_.size(), escape(title));
  return *this;
}

Report& Report::subsection(const std::string& title) {
  body_ += fmt::format("<h3>{}</h3>\n", escape(title));
  return *this;
}

Report& Report::paragraph(const std::string& text) {
  body_ += paragraphs(text);
  return *this;
}

Report& Report::note(const std::string& text) {
  body_ += fmt::format("<div class=\"call\" role=\"note\"><strong>{}</strong>{}</div>\n",
                       words(language_).note, paragraphs(text));
  return *this;
}

Report& Report::warning(const std::string& text) {
  body_ += fmt::format("<div class=\"call warning\" role=\"note\"><strong>{}</strong>{}</div>\n",
                       words(language_).warning, paragraphs(text));
  return *this;
}

Report& Report::figures(const std::vector<Figure>& figures) {
  if (figures.empty()) return *this;
  const Words& text = words(language_);
  body_ += "<ul class=\"figures\">\n";
  for (const Figure& f : figures) {
    const double* number = std::get_if<double>(&f.value);
    const Tone tone = number != nullptr && f.bar ? judge(*number, *f.bar) : Tone::neutral;
    body_ += fmt::format(
        R"(<li><span class="label">{}</span><span class="value{} {}">{}{}</span>)", escape(f.label),
        number == nullptr ? " text" : "", class_of(tone),
        number != nullptr ? format_number(*number, f.decimals) : escape(std::get<std::string>(f.value)),
        unit_of(f.unit));
    if (number != nullptr && f.bar) {
      body_ += fmt::format(R"(<span class="bar">{}{} {}</span>)", mark(tone, text), text.goal,
                           bar_text(*f.bar, f.decimals, f.unit));
    }
    body_ += "</li>\n";
  }
  body_ += "</ul>\n";
  return *this;
}

Report& Report::pictures(const std::vector<Picture>& row) {
  if (row.empty()) return *this;
  const bool small = std::all_of(row.begin(), row.end(), [](const Picture& p) { return p.width < 160; });
  body_ += small ? "<div class=\"pictures small\">\n" : "<div class=\"pictures\">\n";
  for (const Picture& p : row) {
    // Growing by aspect ratio gives all pictures of a row the same height.
    body_ += fmt::format("<figure style=\"flex-grow:{:.3f};max-width:{}px\">{}{}</figure>\n",
                         static_cast<double>(p.width) / static_cast<double>(p.height), shown_width(p.width),
                         image(p), caption_of(p.caption));
  }
  body_ += "</div>\n";
  return *this;
}

Report& Report::compare(const Picture& before, const Picture& after, const std::string& caption) {
  if (before.width != after.width || before.height != after.height) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("pictures to compare are {}×{} and {}×{}, expected equal sizes", before.width,
                            before.height, after.width, after.height));
  }
  body_ += fmt::format(
      "<figure style=\"--wide:{}px\"><div class=\"swipe\">{}{}</div>"
      "<div class=\"swipe-ends\"><span>{}</span><input type=\"range\" min=\"0\" max=\"100\" value=\"50\" "
      "aria-label=\"{}\"><span>{}</span></div>{}</figure>\n",
      shown_width(before.width), image(before), image(after, " class=\"after\""), escape(before.caption),
      words(language_).slider, escape(after.caption), caption_of(caption));
  return *this;
}

Report& Report::plot(const Plot& plot) {
  body_ += fmt::format("<figure class=\"plot\" style=\"--wide:{:.0f}px\">", plot.width);
  if (!plot.title.empty()) body_ += fmt::format("<p class=\"title\">{}</p>", escape(plot.title));
  body_ += svg(plot) + caption_of(plot.caption) + "</figure>\n";
  return *this;
}

Report& Report::code(const std::string& text, const std::string& caption) {
  body_ += fmt::format("<figure><pre tabindex=\"0\"><code>{}</code></pre>{}</figure>\n", escape(text),
                       caption_of(caption));
  return *this;
}

std::string Report::html() const {
  const Words& text = words(language_);
  const bool scripted = body_.find("<div class=\"swipe\">") != std::string::npos;
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'; script-src {}; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"referrer\" "
      "content=\"no-referrer\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      text.code, scripted ? fmt::format("'sha256-{}'", script_hash()) : "'none'",
      escape(title_.empty() ? "Shaoguang" : title_), style_sheet());
  out += fmt::format("<header><h1>{}</h1>", escape(title_.empty() ? "Shaoguang" : title_));
  if (!subtitle_.empty()) out += fmt::format("<p class=\"subtitle\">{}</p>", escape(subtitle_));
  out += "</header>\n";
  if (sections_.size() >= 4) {
    out += fmt::format("<nav aria-label=\"{}\"><ul>", text.contents);
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      out += fmt::format("<li><a href=\"#section-{}\">{}</a></li>", i + 1, escape(sections_[i]));
    }
    out += "</ul></nav>\n";
  }
  out += body_;
  if (!provenance_.empty()) {
    out +=
        fmt::format("<details><summary><h2>{}</h2></summary>\n{}</details>\n", text.provenance, provenance_);
  }
  out += fmt::format("</main>\n<footer><p>{} · Shaoguang 韶光</p></footer>\n", text.footer);
  if (scripted) out += fmt::format("<script>{}</script>\n", script());
  return out + "</body>\n</html>\n";
}

}  // namespace sg::report
