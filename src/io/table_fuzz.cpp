#include <cstdlib>

#include "core/error.h"
#include "io/table_io.h"

// The first byte chooses how the file is called. Every column of a table that is read has as many rows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr const char* names[] = {"fuzz.csv", "fuzz.tsv", "fuzz.txt", "fuzz.jsonl"};
  if (size < 1) return 0;
  try {
    const sg::Table table = sg::io::read_table(std::span(data + 1, size - 1), names[data[0] % 4]);
    for (const sg::Column& column : table.columns) {
      const std::size_t rows = std::visit([](const auto& values) { return values.size(); }, column.values);
      if (rows != table.rows()) std::abort();
    }
  } catch (const sg::Error&) {
  }
  return 0;
}
