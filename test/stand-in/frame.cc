#include "frame.h"

#include <cstring>

namespace stand_in {

std::size_t DecodeFrameHeader(const std::uint8_t* bytes, std::size_t count, FrameHeader* header) {
  if (count < 2) return 2 - count;
  header->fin = (bytes[0] & kFinBit) != 0;
  header->reserved = bytes[0] >> 4 & 0x7;
  header->opcode = bytes[0] & 0xF;
  header->masked = (bytes[1] & 0x80) != 0;
  header->short_length = bytes[1] & 0x7F;
  const std::size_t extended = header->short_length == 126 ? 2 : header->short_length == 127 ? 8 : 0;
  header->size = 2 + extended + (header->masked ? 4 : 0);
  if (count < header->size) return header->size - count;

  if (extended == 0) {
    header->length = header->short_length;
  } else {
    header->length = 0;
    for (std::size_t i = 0; i < extended; ++i) header->length = header->length << 8 | bytes[2 + i];
    header->length_malformed = extended == 2 ? header->length < 126
                                             : header->length < 0x10000 || header->length >> 63 != 0;
  }
  if (header->masked) std::memcpy(header->key, bytes + 2 + extended, sizeof(header->key));
  return 0;
}

std::size_t EncodeFrameHeader(std::uint8_t first_byte, std::uint64_t length, const std::uint8_t* key,
                              std::uint8_t out[kMaximumHeader]) {
  const std::uint8_t mask_bit = key != nullptr ? 0x80 : 0;
  std::size_t size = 0;
  out[size++] = first_byte;
  std::size_t extended = 0;
  if (length < 126) {
    out[size++] = static_cast<std::uint8_t>(mask_bit | length);
  } else {
    extended = length < 0x10000 ? 2 : 8;
    out[size++] = static_cast<std::uint8_t>(mask_bit | (extended == 2 ? 126 : 127));
  }
  while (extended-- > 0) out[size++] = static_cast<std::uint8_t>(length >> (8 * extended));
  if (key != nullptr) {
    std::memcpy(out + size, key, 4);
    size += 4;
  }
  return size;
}

void ApplyMask(const std::uint8_t* in, std::size_t count, const MaskKey& key, std::size_t phase,
               std::uint8_t* out) {
  std::uint8_t turned[8];
  for (std::size_t i = 0; i < 8; ++i) turned[i] = key[(phase + i) % 4];
  std::uint64_t wide;
  std::memcpy(&wide, turned, 8);
  std::size_t i = 0;
  for (; count - i >= 8; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, in + i, 8);
    word ^= wide;
    std::memcpy(out + i, &word, 8);
  }
  for (; i < count; ++i) out[i] = static_cast<std::uint8_t>(in[i] ^ turned[i % 8]);
}

}  // namespace stand_in
