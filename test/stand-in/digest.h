// The computations of the opening handshake: SHA-1 (RFC 3174), base64 (RFC 4648), and with both Sec-WebSocket-Accept.

#ifndef STAND_IN_DIGEST_H
#define STAND_IN_DIGEST_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stand_in {

inline constexpr std::size_t kSha1Size = 20;

class Sha1 {
 public:
  void Update(std::string_view bytes);
  void Finish(std::uint8_t digest[kSha1Size]);

 private:
  void Block();

  std::uint32_t state_[5] = {0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};
  std::uint64_t total_ = 0;
  std::uint8_t block_[64] = {};
  std::size_t used_ = 0;
};

constexpr std::size_t Base64Size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// Writes Base64Size(count) characters, no terminator.
void EncodeBase64(const std::uint8_t* bytes, std::size_t count, char* out);

inline constexpr std::size_t kKeyLength = Base64Size(16);
inline constexpr std::size_t kAcceptLength = Base64Size(kSha1Size);

// base64(SHA-1(key + the RFC's GUID)) (C-2); writes kAcceptLength characters.
void ComputeAccept(std::string_view key, char out[kAcceptLength]);

}  // namespace stand_in

#endif  // STAND_IN_DIGEST_H
