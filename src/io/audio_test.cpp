#include "io/audio.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "io/files.h"
#include "io/io_fixture.h"
#include "io/mutate.h"

namespace sg::io {
namespace {

Signal tones(std::int64_t channels, std::int64_t frames) {
  Signal signal{Hz{44100}, channels, {}};
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t t = 0; t < frames; ++t) {
      signal.samples.push_back(static_cast<float>(0.9 * std::sin(0.01 * static_cast<double>((c + 1) * t))));
    }
  }
  return signal;
}

TEST(Audio, RoundTripsWithinHalfAStep) {
  const TemporaryFolder folder;
  const Signal signal = tones(2, 1001);
  const struct {
    const char* name;
    SampleFormat format;
    double step;
  } cases[] = {{"a.wav", SampleFormat::pcm16, 1.0 / 32768},
               {"b.wav", SampleFormat::pcm24, 1.0 / 8388608},
               {"c.wav", SampleFormat::float32, 0},
               {"d.flac", SampleFormat::pcm16, 1.0 / 32768},
               {"e.flac", SampleFormat::pcm24, 1.0 / 8388608}};
  for (const auto& c : cases) {
    write_signal(signal, folder / c.name, c.format);
    const Signal back = read_signal(folder / c.name);
    EXPECT_EQ(back.rate, signal.rate) << c.name;
    ASSERT_EQ(back.channels, 2) << c.name;
    ASSERT_EQ(back.frames(), 1001) << c.name;
    for (std::size_t i = 0; i < signal.samples.size(); ++i) {
      ASSERT_NEAR(back.samples[i], signal.samples[i], c.step / 2 + 1e-9) << c.name << " " << i;
    }
    // What has been quantized once comes back exactly.
    write_signal(back, folder / c.name, c.format);
    EXPECT_EQ(read_signal(folder / c.name).samples, back.samples) << c.name;
  }
}

TEST(Audio, PcmIsWhatItsBytesSay) {
  const TemporaryFolder folder;
  write_signal({Hz{8000}, 1, {0, 0.5F, -0.5F, -1, 1, 2, -2}}, folder / "a.wav", SampleFormat::pcm16);
  const Bytes bytes = read_file(folder / "a.wav");
  EXPECT_EQ(std::memcmp(bytes.data(), "RIFF", 4), 0);
  const std::int16_t expected[] = {0, 16384, -16384, -32768, 32767, 32767, -32768};  // full scale clips
  ASSERT_GE(bytes.size(), 44 + sizeof expected);
  EXPECT_EQ(std::memcmp(bytes.data() + 44, expected, sizeof expected), 0);
}

TEST(Audio, TheSameSignalGivesTheSameBytes) {
  const TemporaryFolder folder;
  for (const char* name : {"a.wav", "b.wav"})
    write_signal(tones(1, 100), folder / name, SampleFormat::float32);
  EXPECT_EQ(read_file(folder / "a.wav"), read_file(folder / "b.wav"));
}

TEST(Audio, BadFilesAreNamed) {
  const TemporaryFolder folder;
  using enum ErrorCode;
  expect_error(not_found, "none.wav", [&] { read_signal(folder / "none.wav"); });
  expect_error(invalid_input, "is empty", [] { read_signal(ByteView{}, "a.wav"); });
  expect_error(unsupported_format, "expected WAV, FLAC, AIFF or AU",
               [] { read_signal(as_bytes("hello, this is text"), "a.wav"); });
  write_signal(tones(1, 500), folder / "a.wav", SampleFormat::pcm16);
  Bytes bytes = read_file(folder / "a.wav");
  expect_error(invalid_input, "damaged", [&] { read_signal(ByteView(bytes).first(20), "cut.wav"); });
  Bytes compressed = bytes;
  compressed[20] = 2;  // format tag: Microsoft ADPCM
  EXPECT_THROW(read_signal(compressed, "adpcm.wav"), Error);
  write_signal(tones(1, 5), folder / "f.wav", SampleFormat::float32);
  bytes = read_file(folder / "f.wav");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.size() - 4, &nan, 4);
  expect_error(invalid_input, "sample 4 of channel 1 is nan", [&] { read_signal(bytes, "nan.wav"); });
}

TEST(Audio, BadSignalsAreNotWritten) {
  const TemporaryFolder folder;
  using enum ErrorCode;
  const auto write = [&](Signal signal, const char* name, SampleFormat format = SampleFormat::pcm16) {
    return [&folder, name, format, s = std::move(signal)] { write_signal(s, folder / name, format); };
  };
  expect_error(unsupported_format, "\".mp3\"", write(tones(1, 5), "a.mp3"));
  expect_error(unsupported_format, "FLAC holds no floating-point",
               write(tones(1, 5), "a.flac", SampleFormat::float32));
  expect_error(invalid_input, "0 channels", write({Hz{8000}, 0, {1}}, "a.wav"));
  expect_error(invalid_input, "9 channels, expected 1…8", write(tones(9, 2), "a.flac"));
  expect_error(invalid_input, "rate is 0.5 Hz", write({Hz{0.5}, 1, {1}}, "a.wav"));
  expect_error(invalid_input, "do not fill", write({Hz{8000}, 2, {1, 2, 3}}, "a.wav"));
  expect_error(invalid_input, "do not fill", write({Hz{8000}, 1, {}}, "a.wav"));
  expect_error(invalid_input, "sample 1 is inf",
               write({Hz{8000}, 1, {0, std::numeric_limits<float>::infinity()}}, "a.wav"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Audio, DamagedBytesNeverCrash) {
  const TemporaryFolder folder;
  Rng rng(6);
  for (const char* name : {"a.wav", "b.flac"}) {
    write_signal(tones(2, 64), folder / name, SampleFormat::pcm16);
    const Bytes seed = read_file(folder / name);
    for (int round = 0; round < 800; ++round) {
      try {
        read_signal(mutate(seed, "RIFFWAVEfmt data", rng), name);
      } catch (const Error& e) {
        EXPECT_NE(e.code(), ErrorCode::internal);
      }
    }
  }
}

}  // namespace
}  // namespace sg::io
