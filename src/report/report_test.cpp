#include "report/report.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>

#include "core/error.h"
#include "report/html.h"
#include "report/style.h"

namespace sg::report {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

Volume<std::uint8_t> grey(std::int64_t width, std::int64_t height, std::int64_t channels = 1) {
  Grid grid;
  grid.size = {width, height, 1};
  return Volume<std::uint8_t>(grid, channels);
}

TEST(Html, Base64OfRfc4648) {
  const auto encoded = [](std::string_view text) {
    return base64(std::vector<std::uint8_t>(text.begin(), text.end()));
  };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::vector<std::uint8_t>{0xFB, 0xFF, 0xBF}), "+/+/");
}

TEST(Html, EscapesMarkupAndBrokenBytes) {
  EXPECT_EQ(escape("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escape("韶光 µm³ 🧠"), "韶光 µm³ 🧠");
  EXPECT_EQ(escape("a\tb\nc"), "a\tb\nc");
  const std::string bad = "\uFFFD";
  EXPECT_EQ(escape(std::string("a\0b", 3)), "a" + bad + "b");
  EXPECT_EQ(escape("\x1b[31m"), bad + "[31m");
  EXPECT_EQ(escape("\xC0\xBC"
                   "x"),
            bad + bad + "x");                                    // overlong '<'
  EXPECT_EQ(escape("\xED\xA0\x80"), bad + bad + bad);            // surrogate
  EXPECT_EQ(escape("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // above U+10FFFF
  EXPECT_EQ(escape("\xE9\x9F"), bad + bad);                      // cut short
}

TEST(Report, NumbersAsPrinted) {
  EXPECT_EQ(format_number(0.4249, 2), "0.42");
  EXPECT_EQ(format_number(-1.5, 1), "−1.5");
  EXPECT_EQ(format_number(-0.001, 2), "0.00");
  EXPECT_EQ(format_number(9999, 0), "9999");
  EXPECT_EQ(format_number(12345.5, 1), "12\u202F345.5");
  EXPECT_EQ(format_number(1234567, 0), "1\u202F234\u202F567");
  EXPECT_EQ(format_number(std::nan(""), 3), "–");
  EXPECT_EQ(format_number(-INFINITY, 3), "−∞");
  EXPECT_LT(format_number(1e300, 2).size(), 16u);
}

TEST(Report, JudgesAgainstABar) {
  const Bar low{Bar::Kind::at_most, 1, 2}, high{Bar::Kind::at_least, .6};
  EXPECT_EQ(judge(1, low), Tone::good);
  EXPECT_EQ(judge(1.5, low), Tone::warn);
  EXPECT_EQ(judge(2.1, low), Tone::bad);
  EXPECT_EQ(judge(.6, high), Tone::good);
  EXPECT_EQ(judge(.59, high), Tone::bad);
  EXPECT_EQ(judge(std::nan(""), low), Tone::bad);
}

/// Every way in gets the same hostile text; nothing of it may come out as markup.
TEST(Report, NoTextBecomesMarkup) {
  const std::string evil =
      "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>\" onload=\"alert(3)";
  Plot plot{.mark = Mark::bar,
            .data = {{{evil, std::vector<std::string>{evil, "b"}},
                      {"y", std::vector<double>{1, 2}},
                      {"c", std::vector<std::string>{evil, evil + "2"}}}}};
  plot.x = {.field = evil, .title = evil, .unit = evil};
  plot.y = {.field = "y", .title = evil};
  plot.color = "c";
  plot.title = plot.caption = evil;
  plot.rules = {{.value = 1.5, .label = evil}};
  Report report(evil, evil);
  report.section(evil).subsection(evil).paragraph(evil).note(evil).warning(evil).code(evil, evil);
  report.figures({{.label = evil, .value = 1.0, .unit = evil, .bar = Bar{}}, {.label = evil, .value = evil}});
  report.table({{{evil, std::vector<std::string>{evil}}}}, evil,
               {{.column = evil, .title = evil, .unit = evil}});
  report.picture({grey(2, 2), evil, evil}).compare({grey(2, 2), evil}, {grey(2, 2), evil}, evil).plot(plot);
  report.document(evil, {{{evil, evil, evil}, {evil, std::vector<std::string>{evil}}}})
      .provenance({{{evil, evil}}});
  for (int i = 0; i < 4; ++i) report.section(evil);
  const std::string html = report.html();
  EXPECT_EQ(count(html, "<script>"), 1u);
  EXPECT_EQ(count(html, "</script>"), 1u);
  EXPECT_FALSE(has(html, "<img src=x"));
  EXPECT_FALSE(has(html, "\" onload"));
  EXPECT_TRUE(has(html, "&lt;script&gt;alert(1)"));
}

TEST(Report, AsksNothingOfTheNetwork) {
  Report report("Title");
  report.compare({grey(3, 3), "a"}, {grey(3, 3), "b"}, "c");
  const std::string html = report.html();
  for (const char* request : {"http://", "https://", "@import", "<link", "<iframe", "url("}) {
    EXPECT_FALSE(has(html, request)) << request;
  }
  EXPECT_TRUE(has(html, "default-src 'none'"));
}

/// The policy names the script by hash; coreutils computes it afresh.
TEST(Report, PolicyAllowsTheOneScript) {
  const std::string file = testing::TempDir() + "sg_report_script";
  std::ofstream(file, std::ios::binary) << script();
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("sha256sum " + file).c_str(), "r"), pclose);
  std::array<char, 65> hex{};
  ASSERT_EQ(std::fread(hex.data(), 1, 64, pipe.get()), 64u);
  std::vector<std::uint8_t> digest;
  for (std::size_t i = 0; i < 64; i += 2) {
    digest.push_back(static_cast<std::uint8_t>(std::stoi(std::string(&hex[i], 2), nullptr, 16)));
  }
  EXPECT_EQ(base64(digest), script_hash());
  EXPECT_TRUE(
      has(Report("a").compare({grey(1, 1), ""}, {grey(1, 1), ""}, "").html(), std::string(script_hash())));
  EXPECT_TRUE(has(Report("a").html(), "script-src 'none'"));
  std::remove(file.c_str());
}

TEST(Report, KeepsReadingOrderAndHeadings) {
  Report report("One", "under it");
  EXPECT_FALSE(report.empty());
  EXPECT_TRUE(Report().empty());
  report.provenance({{{"seed", std::int64_t{7}}}})
      .section("First")
      .paragraph("a\n\nb")
      .section("Second")
      .subsection("Third");
  const std::string html = report.html();
  EXPECT_EQ(count(html, "<h1>"), 1u);
  EXPECT_LT(html.find("First"), html.find("Second"));
  EXPECT_LT(html.find("<h2 id=\"section-2\""), html.find("<h3>"));
  EXPECT_LT(html.find("<h3>"), html.find("<details>"));  // provenance comes last wherever it was given
  EXPECT_EQ(count(html, "<p>a</p>"), 1u);
  EXPECT_EQ(count(html, "<p>b</p>"), 1u);
  EXPECT_FALSE(has(html, "<nav"));
  EXPECT_TRUE(has(report.section("3").section("4").html(), "<a href=\"#section-4\">4</a>"));
  EXPECT_TRUE(has(html, "Research use only"));
}

TEST(Report, SpeaksChinese) {
  const std::string html = Report("配准报告", "", Language::chinese).warning("注意").html();
  EXPECT_TRUE(has(html, "lang=\"zh-CN\""));
  EXPECT_TRUE(has(html, "警告"));
  EXPECT_TRUE(has(html, "仅供研究使用"));
}

TEST(Report, TablesFormatColumns) {
  const Table table{{{"label", std::vector<double>{1, 20000}},
                     {"dice", std::vector<double>{.51234, std::nan("")}},
                     {"tiny", std::vector<double>{1e-6, .5}},
                     {"name", std::vector<std::string>{"left", ""}}}};
  const std::string html =
      Report("t")
          .table(table, "caption", {{.column = "dice", .title = "Dice", .bar = Bar{Bar::Kind::at_least, .6}}})
          .html();
  EXPECT_TRUE(has(html, ">1</td>"));
  EXPECT_TRUE(has(html, ">20\u202F000</td>"));
  EXPECT_TRUE(has(html, "tone-bad\">0.512"));
  EXPECT_TRUE(has(html, "<td class=\"number\">–</td>"));
  EXPECT_TRUE(has(html, ">1e-06</td>"));
  EXPECT_TRUE(has(html, ">0.500</td>"));
}

TEST(Report, RefusesWhatItCannotShow) {
  Report report("t");
  EXPECT_THROW(report.table({{{"a", std::vector<double>{1}}, {"b", std::vector<double>{1, 2}}}}), Error);
  EXPECT_THROW(report.table({{{"a", std::vector<double>{1}}}}, "", {{.column = "b"}}), Error);
  EXPECT_THROW(report.compare({grey(2, 2), ""}, {grey(3, 2), ""}, ""), Error);
  Grid solid;
  solid.size = {2, 2, 2};
  EXPECT_THROW(Picture(Volume<std::uint8_t>(solid), ""), Error);
  EXPECT_THROW(Picture(grey(2, 2, 2), ""), Error);
  EXPECT_THROW(Picture(Volume<std::uint8_t>(), ""), Error);
}

TEST(Report, PicturesKeepTheirProportion) {
  Volume<std::uint8_t> image = grey(10, 10, 3);
  Grid grid = image.grid();
  grid.spacing = {1, 2, 1};
  image.set_grid(grid);
  const Picture picture(image, "c");
  EXPECT_EQ(picture.width, 10);
  EXPECT_EQ(picture.height, 20);
  EXPECT_EQ(picture.base64.substr(0, 11), "iVBORw0KGgo");  // the PNG signature
}

}  // namespace
}  // namespace sg::report
