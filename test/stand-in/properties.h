// The property array given to the two Create functions (B-1).

#ifndef STAND_IN_PROPERTIES_H
#define STAND_IN_PROPERTIES_H

#include "diagnostics.h"

namespace stand_in {

enum class Side { kClient, kServer };

struct Properties {
  explicit Properties(Side side) : send_size(side == Side::kClient ? 4096 : 16) {}

  ULONG receive_size = 4096;  // B1-2
  ULONG send_size;
  bool disable_masking = false;
  bool disable_utf8_verification = false;
  // The application's block, or null. Borrowed: it must outlive the handle (B1-7).
  std::uint8_t* allocated_buffer = nullptr;
  ULONG allocated_size = 0;

  // Reads the array. The values are copied during the call (B1-7). The order does not matter; of several equal types
  // the last wins (Q-C2, Q-C3).
  HRESULT Read(const WEB_SOCKET_PROPERTY* array, ULONG count, DiagnosticLog* log);
};

}  // namespace stand_in

#endif  // STAND_IN_PROPERTIES_H
