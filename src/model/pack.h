#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/table.h"
#include "core/volume.h"
#include "io/image_folder.h"
#include "nn/safetensors.h"

namespace sg::model {

/// Training data as shaoguang-train reads them, in memory.
struct TensorPack {
  struct Item {
    std::string name;
    nn::DType dtype = nn::DType::u8;
    nn::Shape shape;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<Item> items;
  nn::Metadata metadata;
};
void write_pack(const TensorPack& pack, const std::filesystem::path& path);

enum class PackContent { labels, images };

struct PackOptions {
  PackContent content = PackContent::labels;
  double spacing = 1;                            // mm; labels
  std::map<std::int32_t, std::int32_t> becomes;  // labels: what each is to be; others 0; empty: as they are
  int longest_side = 0;                          // images: pixels at most; 0: as they are
  std::string source, licence;                   // for the card of what learns from them
};

/// labels: every label map on axes from left to right, back to front, bottom to top (RAS+), of `spacing`, by
/// nearest neighbour, as "labels.<name>" [D,H,W], uint8 if all fit, else int16. images: grey values (grey_of)
/// as "images.<name>" [D,H,W], pictures with D = 1; uint8 where the file has it, else float32; larger ones
/// smoothed and brought to `longest_side` pixels, except along z. Names are those in the folder without
/// ending (with it where two are alike otherwise). Metadata: spacing, source, licence. Throws invalid_input
/// for labels beyond 0…32767, an image that is not finite, an empty source or licence, and what the readers
/// throw, each naming the image.
TensorPack pack(const io::ImageFolder& images, const PackOptions& options, const Context& context = {});

/// A row an item: name, width, height, depth, labels (how many there are besides 0; labels only).
Table contents(const TensorPack& pack);

}  // namespace sg::model
