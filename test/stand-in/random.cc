#include "random.h"

#include "websocket_component.h"

#if defined(_WIN32)
#include <bcrypt.h>
#else
#include <cerrno>
#include <sys/random.h>
#endif

namespace stand_in {

#if defined(_WIN32)

bool FillRandom(void* bytes, std::size_t count) {
  return BCryptGenRandom(nullptr, static_cast<PUCHAR>(bytes), static_cast<ULONG>(count),
                         BCRYPT_USE_SYSTEM_PREFERRED_RNG) >= 0;
}

#else

bool FillRandom(void* bytes, std::size_t count) {
  auto* out = static_cast<unsigned char*>(bytes);
  while (count > 0) {
    const ssize_t got = getrandom(out, count, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    out += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

#endif

}  // namespace stand_in
