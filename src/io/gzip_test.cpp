#include "io/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "core/parallel.h"
#include "core/rng.h"
#include "io/io_fixture.h"

namespace sg::io {
namespace {

/// Compressible but not trivial, several pieces long.
Bytes sample(std::size_t length) {
  Bytes bytes(length);
  Rng rng(7);
  for (std::size_t i = 0; i < length; ++i)
    bytes[i] = static_cast<std::uint8_t>(i / 97 % 50 + (rng.uniform() < 0.1));
  return bytes;
}

/// zlib itself as the judge.
Bytes expanded_by_zlib(ByteView data, std::size_t length) {
  Bytes out(length + 1);
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 32), Z_OK);
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(Gzip, ZlibReadsWhatWeWriteAsOneMember) {
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20, std::size_t{3500000}}) {
    const Bytes content = sample(length);
    for (const Envelope envelope : {Envelope::gzip, Envelope::zlib}) {
      const Bytes packed = compressed(content, envelope);
      EXPECT_EQ(expanded_by_zlib(packed, length), content);
      EXPECT_EQ(decompressed(packed), content);
    }
  }
}

TEST(Gzip, BytesDoNotDependOnTheThreadCount) {
  const Bytes content = sample(5 << 20);
  set_threads(1);
  const Bytes one = compressed(content, Envelope::gzip);
  set_threads(4);
  const Bytes four = compressed(content, Envelope::gzip);
  set_threads(0);
  EXPECT_EQ(one, four);
}

TEST(Gzip, PrefixesAndSeveralMembers) {
  const Bytes content = sample(200000);
  Bytes members = compressed(ByteView(content).first(120000), Envelope::gzip);
  const Bytes second = compressed(ByteView(content).subspan(120000), Envelope::gzip);
  members.insert(members.end(), second.begin(), second.end());
  EXPECT_EQ(decompressed(members), content);
  const Bytes head = decompressed(members, 130000);
  EXPECT_EQ(head, Bytes(content.begin(), content.begin() + 130000));
  members.resize(members.size() + 100);
  EXPECT_EQ(decompressed(members), content) << "padding after the end is passed over";
}

TEST(Gzip, CutOffDataGivesWhatIsThere) {
  const Bytes content = sample(200000);
  Bytes packed = compressed(content, Envelope::gzip);
  packed.resize(packed.size() / 2);
  const Bytes part = decompressed(packed, 200000);
  ASSERT_LT(part.size(), content.size());
  ASSERT_GT(part.size(), 1000U);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), content.begin()));
}

TEST(Gzip, DamageIsFound) {
  const Bytes content = sample(200000);
  Bytes packed = compressed(content, Envelope::gzip);
  Bytes wrong_sum = packed;
  wrong_sum[wrong_sum.size() - 6] ^= 0xFF;
  expect_error(ErrorCode::invalid_input, "damaged after 200000 bytes", [&] { decompressed(wrong_sum); });
  expect_error(ErrorCode::invalid_input, "damaged", [&] { decompressed(wrong_sum, 200000); });
  expect_error(ErrorCode::invalid_input, "damaged after 0 bytes",
               [] { decompressed(as_bytes("no such thing")); });
  EXPECT_TRUE(decompressed({}).empty());
}

}  // namespace
}  // namespace sg::io
