#include "digest.h"

namespace stand_in {
namespace {

std::uint32_t RotateLeft(std::uint32_t word, int bits) { return (word << bits) | (word >> (32 - bits)); }

}  // namespace

void Sha1::Update(std::string_view bytes) {
  total_ += bytes.size();
  for (const char byte : bytes) {
    block_[used_++] = static_cast<std::uint8_t>(byte);
    if (used_ == sizeof(block_)) Block();
  }
}

void Sha1::Finish(std::uint8_t digest[kSha1Size]) {
  const std::uint64_t bits = total_ * 8;
  block_[used_++] = 0x80;
  if (used_ == sizeof(block_)) Block();
  while (used_ != 56) {
    block_[used_++] = 0;
    if (used_ == sizeof(block_)) Block();
  }
  for (int shift = 56; shift >= 0; shift -= 8) block_[used_++] = static_cast<std::uint8_t>(bits >> shift);
  Block();
  for (std::size_t i = 0; i < kSha1Size; ++i) {
    digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  }
}

void Sha1::Block() {
  std::uint32_t w[80];
  for (int i = 0; i < 16; ++i) {
    w[i] = std::uint32_t{block_[4 * i]} << 24 | std::uint32_t{block_[4 * i + 1]} << 16 |
           std::uint32_t{block_[4 * i + 2]} << 8 | std::uint32_t{block_[4 * i + 3]};
  }
  for (int i = 16; i < 80; ++i) w[i] = RotateLeft(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  std::uint32_t a = state_[0], b = state_[1], c = state_[2], d = state_[3], e = state_[4];
  for (int i = 0; i < 80; ++i) {
    std::uint32_t f, k;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5A827999u;
    } else if (i < 40) {
      f = b ^ c ^ d;
      k = 0x6ED9EBA1u;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8F1BBCDCu;
    } else {
      f = b ^ c ^ d;
      k = 0xCA62C1D6u;
    }
    const std::uint32_t next = RotateLeft(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = RotateLeft(b, 30);
    b = a;
    a = next;
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
  state_[4] += e;
  used_ = 0;
}

void EncodeBase64(const std::uint8_t* bytes, std::size_t count, char* out) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < count; i += 3) {
    const std::size_t left = count - i;
    const std::uint32_t group = std::uint32_t{bytes[i]} << 16 | (left > 1 ? std::uint32_t{bytes[i + 1]} << 8 : 0u) |
                                (left > 2 ? std::uint32_t{bytes[i + 2]} : 0u);
    *out++ = kAlphabet[group >> 18];
    *out++ = kAlphabet[group >> 12 & 63];
    *out++ = left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    *out++ = left > 2 ? kAlphabet[group & 63] : '=';
  }
}

void ComputeAccept(std::string_view key, char out[kAcceptLength]) {
  Sha1 sha;
  sha.Update(key);
  sha.Update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  std::uint8_t digest[kSha1Size];
  sha.Finish(digest);
  EncodeBase64(digest, kSha1Size, out);
}

}  // namespace stand_in
