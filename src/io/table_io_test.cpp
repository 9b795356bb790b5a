#include "io/table_io.h"

#include <gtest/gtest.h>

#include <limits>

#include "io/files.h"
#include "io/io_fixture.h"
#include "io/mutate.h"

namespace sg::io {
namespace {

using Numbers = std::vector<double>;
using Texts = std::vector<std::string>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Table parse(std::string_view text, const std::string& name = "t.csv") {
  return read_table(as_bytes(text), name);
}
const Numbers& numbers(const Table& table, std::size_t column) {
  return std::get<Numbers>(table.columns.at(column).values);
}
const Texts& texts(const Table& table, std::size_t column) {
  return std::get<Texts>(table.columns.at(column).values);
}
void expect_refused(std::string_view text, const std::string& part, const std::string& name = "t.csv") {
  expect_error(ErrorCode::invalid_input, part, [&] { parse(text, name); });
}

/// Equal, NaN being equal to NaN.
void expect_same(const Table& actual, const Table& expected) {
  ASSERT_EQ(actual.columns.size(), expected.columns.size());
  for (std::size_t i = 0; i < expected.columns.size(); ++i) {
    EXPECT_EQ(actual.columns[i].name, expected.columns[i].name);
    ASSERT_EQ(actual.columns[i].values.index(), expected.columns[i].values.index()) << "column " << i;
    if (actual.columns[i].values.index() == 1) {
      EXPECT_EQ(texts(actual, i), texts(expected, i));
      continue;
    }
    ASSERT_EQ(numbers(actual, i).size(), numbers(expected, i).size());
    for (std::size_t row = 0; row < numbers(expected, i).size(); ++row) {
      const double a = numbers(actual, i)[row], e = numbers(expected, i)[row];
      EXPECT_TRUE(a == e || (std::isnan(a) && std::isnan(e))) << a << " for " << e;
      EXPECT_EQ(std::signbit(a), std::signbit(e)) << a << " for " << e;
    }
  }
}

TEST(Table, ReadsTheExamplesOfRfc4180) {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    std::string text = "aaa,bbb,ccc|zzz,\"y \"\"q\"\" y\",\"x,|x\"|,,\"\"|";
    for (std::size_t i = 0; (i = text.find('|', i)) != std::string::npos;) text.replace(i, 1, end);
    const Table table = parse(text);
    ASSERT_EQ(table.columns.size(), 3U);
    EXPECT_EQ(table.rows(), 2U);
    EXPECT_EQ(texts(table, 0), (Texts{"zzz", ""}));
    EXPECT_EQ(texts(table, 1), (Texts{"y \"q\" y", ""}));
    EXPECT_EQ(texts(table, 2), (Texts{std::string("x,") + end + "x", ""}));
  }
}

TEST(Table, NumbersAreToldFromTexts) {
  const Table table = parse(
      "all,missing,words,exponent,id,long,none\n"
      "1,,a,+1e-3, 007,12345678901234567890,\n"
      " 2.5 ,NA,NA,-.5,12,2,NA\n"
      "-3,n/a,3,inf,13,3,\n"
      "\"4\",NaN,,-0,0,4,null\n"
      "9007199254740992,5,d,1E5,14,5,\n");
  EXPECT_EQ(numbers(table, 0), (Numbers{1, 2.5, -3, 4, 9007199254740992}));
  const Numbers& missing = numbers(table, 1);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(std::isnan(missing[i])) << i;
  EXPECT_EQ(missing[4], 5);
  EXPECT_EQ(texts(table, 2), (Texts{"a", "NA", "3", "", "d"})) << "texts are kept as they are";
  EXPECT_EQ(numbers(table, 3), (Numbers{1e-3, -.5, std::numeric_limits<double>::infinity(), 0, 1e5}));
  EXPECT_EQ(texts(table, 4).front(), " 007") << "a leading zero belongs to an identifier";
  EXPECT_EQ(texts(table, 5).front(), "12345678901234567890") << "no double holds it";
  EXPECT_EQ(texts(table, 6), (Texts{"", "NA", "", "null", ""})) << "no number, no numeric column";
}

TEST(Table, WhatIsNearlyANumberIsText) {
  for (const char* cell : {"1 2", "+-1", "+", "-", "1e", "1e999", "0x10", "1;5", "1_000", "٣",
                           "9007199254740993", "-007", "1.2.3", "nan(1)", "-nan", "--1", "1-"}) {
    const Table table = parse(std::string("a,b\n1,") + cell + "\n2,2\n");
    EXPECT_EQ(table.columns[1].values.index(), 1U) << cell;
    EXPECT_EQ(table.columns[0].values.index(), 0U);
  }
}

TEST(Table, DelimitersComeFromTheNameOrTheHeader) {
  const auto columns = [](std::string_view text, const char* name) {
    return parse(text, name).columns.size();
  };
  EXPECT_EQ(columns("a,b\n1,2\n", "t.csv"), 2U);
  EXPECT_EQ(columns("a;b\n1;2\n", "T.CSV"), 2U);
  EXPECT_EQ(columns("a;b,c\n1;2,3\n", "t.csv"), 2U) << "a comma wins in a .csv";
  EXPECT_EQ(columns("\"a;b\"\n1\n", "t.csv"), 1U) << "quoted delimiters do not count";
  EXPECT_EQ(columns("a,b\tc\n1\t2\n", "t.tsv"), 2U);
  EXPECT_EQ(columns("a,b\n1,2\n", "t.tab"), 1U);
  EXPECT_EQ(columns("a|b|c,d\n1|2|3\n", "t.txt"), 3U);
  EXPECT_EQ(columns("a\tb\n1\t2\n", "t.txt"), 2U);
  EXPECT_EQ(columns("a;b;c\n1;2;3\n", "t"), 3U);
  EXPECT_EQ(columns("a\n1\n", "t.txt"), 1U);
}

TEST(Table, ByteOrderMarkTrailingLinesAndLastLineEnd) {
  const Table table = parse("\xEF\xBB\xBF 名 ,b\r\n韶光,2");
  EXPECT_EQ(table.columns[0].name, "名");
  EXPECT_EQ(texts(table, 0), Texts{"韶光"});
  EXPECT_EQ(parse("a,b\n1,2\n\n\r\n\n").rows(), 1U);
  EXPECT_EQ(parse("a,b\n").rows(), 0U);
  EXPECT_EQ(parse("a\n1\n\n3\n\n").rows(), 3U) << "blank is missing in a table of one column";
  EXPECT_TRUE(std::isnan(numbers(parse("a\n1\n\n3\n\n"), 0)[1]));
  EXPECT_EQ(parse("a\n1\n\"\"\n").rows(), 2U);
  EXPECT_EQ(texts(parse("a,b\n5\" disk,x\n"), 0), Texts{"5\" disk"}) << "a quote inside stands for itself";
}

TEST(Table, ColumnsWithoutNameAreNumbered) {
  const Table table = parse(",a,\n0,5,\n1,6,\n");
  ASSERT_EQ(table.columns.size(), 3U);
  EXPECT_EQ(table.columns[0].name, "column_1");
  EXPECT_EQ(table.columns[1].name, "a");
  EXPECT_EQ(table.columns[2].name, "column_3");
  EXPECT_EQ(numbers(table, 0), (std::vector<double>{0, 1}));
}

TEST(Table, DamagedFilesNameTheLine) {
  expect_refused("", "the table is empty");
  expect_refused("\xEF\xBB\xBF", "the table is empty");
  expect_refused("column_2,\n", "column 'column_2' twice");
  expect_refused("a,b, a\n", "column 'a' twice");
  expect_refused("a,b\n1,2\n3\n", "line 3 has 1 field, expected 2");
  expect_refused("a,b\n1,\"2\n\"\n3,4,5\n", "line 4 has 3 fields, expected 2");
  expect_refused("a,b\n\n1,2\n", "line 2 is blank, expected 2 fields");
  expect_refused("a,b\n1,\"2\n\n", "line 2: the quote");
  expect_refused("a,b\n1,\"2\"\"\n\n", "line 2: the quote");
  expect_refused("a,b\n\"1\"x,2\n", "line 2: text follows the closing quote of field 1");
  expect_refused("a,b\n1,2\n\xFF,2\n", "line 3: byte 0xFF");
  expect_refused("a,b\n1,\xE9\n", "line 2: byte 0xE9 is not UTF-8");
  expect_refused(std::string_view("a\0,\0b\0\n", 7), "byte 0x00");
  expect_refused(std::string("12345678901234567890") + '\0', "line 1: byte 0x00");
}

TEST(Table, RoundTripIsExact) {
  TemporaryFolder folder;
  Rng rng(3);
  Table table;
  Numbers values{0,
                 -0.0,
                 0.1,
                 1.0 / 3,
                 5e-324,
                 std::numeric_limits<double>::max(),
                 1e15,
                 1e16,
                 nan,
                 1e21,
                 -1e-7,
                 std::numeric_limits<double>::infinity(),
                 9007199254740993.0};
  while (values.size() < 2000) {
    const double value = std::bit_cast<double>(rng.below(1ULL << 53) << 11 ^ rng.below(1ULL << 53));
    values.push_back(std::isnan(value) ? nan : value);
  }
  Texts words{"",         "plain", "a,b",      "a\tb", "say \"hi\"", "two\nlines",
              "crlf\r\n", "韶光",  " spaces ", "NA",   "007"};
  words.resize(values.size(), "x");
  table.columns = {{"number", values}, {"text", words}, {"a;b", values}, {" odd, name\n", words}};
  for (const char* name : {"t.csv", "t.tsv", "t.tab"}) {
    write_table(table, folder / name);
    expect_same(read_table(folder / name), table);
  }
}

TEST(Table, TablesOfOneColumnKeepTheirMissingValues) {
  TemporaryFolder folder;
  const Table sparse{{{"a", Numbers{nan, 1, nan, nan}}}}, words{{{"a;b", Texts{"", "x", ""}}}};
  for (const Table& table : {sparse, words}) {
    write_table(table, folder / "t.csv");
    expect_same(read_table(folder / "t.csv"), table);
  }
}

TEST(Table, WritesPlainNumbers) {
  TemporaryFolder folder;
  write_table({{{"a", Numbers{100000, 0.1, nan}}, {"b", Texts{"x", "y,z", ""}}}}, folder / "t.csv");
  EXPECT_EQ(as_text(read_file(folder / "t.csv")), "a,b\n100000,x\n0.1,\"y,z\"\n,\n");
}

TEST(Table, RefusesWhatItCannotWriteOrFind) {
  TemporaryFolder folder;
  const auto refused = [&](const Table& table, const std::string& part) {
    expect_error(ErrorCode::invalid_input, part, [&] { write_table(table, folder / "t.csv"); });
    EXPECT_FALSE(std::filesystem::exists(folder / "t.csv"));
  };
  refused({}, "no column");
  refused({{{"", Numbers{1}}}}, "the column name ''");
  refused({{{"\xFF", Numbers{1}}}}, "the column name '?'");
  refused({{{"a", Numbers{1}}, {"a", Numbers{1}}}}, "two columns 'a'");
  refused({{{"a", Numbers{1}}, {"b", Texts{"x", "y"}}}},
          "column 'b' has 2 rows, expected 1 as in column 'a'");
  refused({{{"b", Texts{"x", "\x80"}}}}, "column 'b', row 2: '?' is not UTF-8");
  expect_error(ErrorCode::unsupported_format, ".csv, .tsv or .tab", [&] {
    write_table({{{"a", Numbers{1}}}}, folder / "t.xlsx");
  });
  expect_error(ErrorCode::not_found, "missing.csv", [&] { read_table(folder / "missing.csv"); });
  write_file(folder / "bad.csv", "a\n1,2\n");
  expect_error(ErrorCode::invalid_input, "bad.csv': line 2", [&] { read_table(folder / "bad.csv"); });
}

TEST(Table, SurvivesDamage) {
  constexpr std::string_view seed =
      "name,\"x;y\",z\r\n\"a \"\"b\"\"\",1.5,NA\r\n韶光,-2e5,007\n\"c\nd\",,3\n\n";
  Rng rng(11);
  int read = 0;
  for (int i = 0; i < 2000; ++i) {
    const Bytes bytes = mutate({seed.begin(), seed.end()}, "\",;\t\r\n|\xEF", rng);
    try {
      const Table table = read_table(bytes, i % 2 == 0 ? "t.csv" : "t.txt");
      for (const Column& column : table.columns) {
        EXPECT_EQ(std::visit([](const auto& values) { return values.size(); }, column.values), table.rows());
      }
      ++read;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_input);
    }
  }
  EXPECT_GT(read, 100);
  EXPECT_LT(read, 1900);
}

TEST(Table, ReadsAnObjectALine) {
  const Table table = parse(
      "{\"step\":1,\"loss\":0.5,\"ok\":true}\r\n\n{\"step\":2,\"validation\":{\"dice\":null,"
      "\"best\":{\"name\":\"a,b\"}}}\n{\"loss\":-1e3,\"name\":7,\"validation\":{\"dice\":0.25}}",
      "log.jsonl");
  expect_same(table, {{{"step", Numbers{1, 2, nan}},
                       {"loss", Numbers{0.5, nan, -1000}},
                       {"ok", Numbers{1, nan, nan}},
                       {"validation.dice", Numbers{nan, nan, 0.25}},
                       {"validation.best.name", Texts{"", "a,b", ""}},
                       {"name", Numbers{nan, nan, 7}}}});
  // Text and numbers in one column: text.
  expect_same(parse("{\"a\":1.5}\n{\"a\":\"x\"}", "log.jsonl"), {{{"a", Texts{"1.5", "x"}}}});
}

TEST(Table, NamesTheLineThatIsNoObject) {
  expect_refused("{\"a\":1}\n[1]", "line 2 holds array, expected a JSON object", "log.jsonl");
  expect_refused("{\"a\":1}\n{\"a\":", "line 2 is '{\"a\":', expected a JSON object", "log.jsonl");
  expect_refused("{\"a\":{\"b\":[1]}}", "line 1 holds a list in 'a.b'", "log.jsonl");
  expect_refused("", "the table is empty", "log.jsonl");
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "{\"a\":";
  expect_refused(deep, "line 1 nests deeper than 16 levels", "log.jsonl");
  std::string wide = "{";
  for (int i = 0; i < 5000; ++i) wide += (i > 0 ? "," : "") + std::string("\"") + std::to_string(i) + "\":0";
  expect_refused(wide + "}", "line 1 begins the 4097th column, expected at most 4096", "log.jsonl");
}

}  // namespace
}  // namespace sg::io
