#include "keep_alive.h"

namespace stand_in {
namespace {

constexpr ULONG kDefaultInterval = 30000;

#if defined(_WIN32)

constexpr ULONG kLowestInterval = 15000;

// False if the value is missing or not a DWORD (Q-G3).
bool ReadRegistry(ULONG* interval) {
  HKEY key = nullptr;  // owned here, closed below
  if (RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\WebSocket", 0, KEY_QUERY_VALUE, &key) !=
      ERROR_SUCCESS) {
    return false;
  }
  DWORD type = 0;
  DWORD value = 0;
  DWORD size = sizeof(value);
  const LSTATUS status =
      RegQueryValueExA(key, "KeepaliveInterval", nullptr, &type, reinterpret_cast<BYTE*>(&value), &size);
  RegCloseKey(key);
  if (status != ERROR_SUCCESS || type != REG_DWORD || size != sizeof(value)) return false;
  *interval = value;
  return true;
}

#endif

}  // namespace

ULONG KeepAliveInterval(DiagnosticLog* log) {
#if defined(_WIN32)
  ULONG interval = 0;
  if (ReadRegistry(&interval)) {
    if (interval >= kLowestInterval) return interval;
    log->Record(Diagnostic::kKeepAliveRaised);
    return kLowestInterval;
  }
#endif
  log->Record(Diagnostic::kKeepAliveDefaulted);
  return kDefaultInterval;
}

}  // namespace stand_in
