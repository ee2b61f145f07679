// The bytes before a payload (RFC 6455 section 5.2), and the mask.

#ifndef STAND_IN_FRAME_H
#define STAND_IN_FRAME_H

#include <cstddef>
#include <cstdint>

namespace stand_in {

inline constexpr std::uint8_t kOpContinuation = 0x0;
inline constexpr std::uint8_t kOpText = 0x1;
inline constexpr std::uint8_t kOpBinary = 0x2;
inline constexpr std::uint8_t kOpClose = 0x8;
inline constexpr std::uint8_t kOpPing = 0x9;
inline constexpr std::uint8_t kOpPong = 0xA;
inline constexpr bool IsControl(std::uint8_t opcode) { return (opcode & 0x8) != 0; }
inline constexpr bool IsKnownOpcode(std::uint8_t opcode) {
  return opcode <= kOpBinary || (opcode >= kOpClose && opcode <= kOpPong);
}

inline constexpr std::uint8_t kFinBit = 0x80;
inline constexpr std::size_t kMaximumHeader = 14;
inline constexpr std::size_t kMaximumControlPayload = 125;

using MaskKey = std::uint8_t[4];

struct FrameHeader {
  bool fin = false;
  std::uint8_t reserved = 0;  // RSV1..RSV3 as the bits 4, 2, 1
  std::uint8_t opcode = 0;
  bool masked = false;
  std::uint8_t short_length = 0;  // the seven bits of the second byte
  std::size_t size = 0;           // of the whole header, known after two bytes
  // Known when the whole header is there:
  std::uint64_t length = 0;
  bool length_malformed = false;  // not the shortest form, or the 64-bit form's top bit set (D-5, 0x25)
  MaskKey key = {};
};

// Returns the number of bytes missing for the next step; 0 if the header is complete. Fills in all fields that
// `count` bytes determine. With fewer than two bytes it fills in none.
std::size_t DecodeFrameHeader(const std::uint8_t* bytes, std::size_t count, FrameHeader* header);

// Writes the shortest form (D2-11) and returns its size; `key` is null for an unmasked frame.
std::size_t EncodeFrameHeader(std::uint8_t first_byte, std::uint64_t length, const std::uint8_t* key,
                              std::uint8_t out[kMaximumHeader]);

// out[i] = in[i] ^ key[(phase + i) % 4]. in and out may be the same, but must not overlap otherwise.
void ApplyMask(const std::uint8_t* in, std::size_t count, const MaskKey& key, std::size_t phase, std::uint8_t* out);

}  // namespace stand_in

#endif  // STAND_IN_FRAME_H
