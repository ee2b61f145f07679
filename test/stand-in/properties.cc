#include "properties.h"

#include <cstring>

#include "interim_defaults.h"

namespace stand_in {
namespace {

// A ULONG and a BOOL both have four bytes, at any alignment (E-2 packs them).
bool ReadNumber(const WEB_SOCKET_PROPERTY& property, ULONG* value) {
  if (property.pvValue == nullptr || property.ulValueSize != sizeof(*value)) return false;
  std::memcpy(value, property.pvValue, sizeof(*value));
  return true;
}

}  // namespace

HRESULT Properties::Read(const WEB_SOCKET_PROPERTY* array, ULONG count, DiagnosticLog* log) {
  if (array == nullptr && count > 0) {
    log->Record(Diagnostic::kInvalidParameter);
    return interim::kBadProperty;
  }
  bool have_buffer = false;
  for (ULONG i = 0; i < count; ++i) {
    const WEB_SOCKET_PROPERTY& property = array[i];
    ULONG number = 0;
    bool good = false;
    switch (property.Type) {
      case WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE: good = ReadNumber(property, &receive_size); break;
      case WEB_SOCKET_SEND_BUFFER_SIZE_PROPERTY_TYPE: good = ReadNumber(property, &send_size); break;
      case WEB_SOCKET_DISABLE_MASKING_PROPERTY_TYPE:
        good = ReadNumber(property, &number);
        disable_masking = number != 0;  // Q-C6
        break;
      case WEB_SOCKET_DISABLE_UTF8_VERIFICATION_PROPERTY_TYPE:
        good = ReadNumber(property, &number);
        disable_utf8_verification = number != 0;
        break;
      case WEB_SOCKET_ALLOCATED_BUFFER_PROPERTY_TYPE:
        // E-3: a pointer to the pointer; the size is that of the block.
        if (property.pvValue != nullptr) {
          std::memcpy(&allocated_buffer, property.pvValue, sizeof(allocated_buffer));
          allocated_size = property.ulValueSize;
          have_buffer = true;
          good = allocated_buffer != nullptr;
        }
        break;
      default: break;  // B1-9: the two global properties are refused like unknown ones
    }
    if (!good) {
      log->Record(Diagnostic::kInvalidParameter);
      return interim::kBadProperty;
    }
  }
  if (receive_size < interim::kMinimumReceiveSize || send_size < interim::kMinimumSendSize) {
    log->Record(Diagnostic::kInvalidParameter);
    return interim::kSizeTooSmall;
  }
  const std::uint64_t needed = std::uint64_t{receive_size} + send_size + interim::kAllocatedExtra;
  if (have_buffer && allocated_size < needed) {
    log->Record(Diagnostic::kInvalidParameter);
    return interim::kAllocatedBufferTooSmall;
  }
  return hr::kOk;
}

}  // namespace stand_in
