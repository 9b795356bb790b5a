#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/signal.h"

namespace sg::io {

enum class SampleFormat { pcm16, pcm24, float32 };

/// Reads WAV, FLAC, AIFF, AU or Ogg; integer samples are scaled to ±1. Throws not_found, unsupported_format
/// (not one of these), invalid_input (damaged, no frames, rate 0 or samples not finite), resource (above 2^31
/// samples).
Signal read_signal(const std::filesystem::path& path);
Signal read_signal(std::span<const std::uint8_t> bytes, const std::string& name);

/// Writes .wav or .flac (FLAC holds no floats: float32 is refused). Samples beyond full scale are clipped in
/// the PCM forms. Atomic. Throws invalid_input for samples that are not finite, a rate that is no whole
/// number ≥ 1, or no channels; unsupported_format for another extension.
void write_signal(const Signal& signal, const std::filesystem::path& path,
                  SampleFormat format = SampleFormat::pcm24);

}  // namespace sg::io
