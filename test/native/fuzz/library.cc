#include "library.h"

// The stand-in's own functions, under other names.
#define WebSocketCreateClientHandle RealCreateClientHandle
#define WebSocketCreateServerHandle RealCreateServerHandle
#define WebSocketBeginClientHandshake RealBeginClientHandshake
#define WebSocketEndClientHandshake RealEndClientHandshake
#define WebSocketBeginServerHandshake RealBeginServerHandshake
#define WebSocketEndServerHandshake RealEndServerHandshake
#define WebSocketSend RealSend
#define WebSocketReceive RealReceive
#define WebSocketGetAction RealGetAction
#define WebSocketCompleteAction RealCompleteAction
#define WebSocketAbortHandle RealAbortHandle
#define WebSocketDeleteHandle RealDeleteHandle
#define WebSocketGetGlobalProperty RealGetGlobalProperty
#include "../../stand-in/exports.cc"
#undef WebSocketCreateClientHandle
#undef WebSocketCreateServerHandle
#undef WebSocketBeginClientHandshake
#undef WebSocketEndClientHandshake
#undef WebSocketBeginServerHandshake
#undef WebSocketEndServerHandshake
#undef WebSocketSend
#undef WebSocketReceive
#undef WebSocketGetAction
#undef WebSocketCompleteAction
#undef WebSocketAbortHandle
#undef WebSocketDeleteHandle
#undef WebSocketGetGlobalProperty

#include <cstdio>
#include <cstdlib>
#include <new>

namespace library {

unsigned odd_after = 0;
Oddity oddity = Oddity::kFails;
int32_t failure = 0;
unsigned allocation_fails_after = 0;
int live_handles = 0;

namespace {

bool IsOdd() { return odd_after != 0 && --odd_after == 0; }

bool Fails() {
  if (oddity != Oddity::kFails) return false;
  return IsOdd();
}

HRESULT Counted(HRESULT result) {
  if (SUCCEEDED(result)) live_handles++;
  return result;
}

// The shim must never do this, whatever JavaScript did.
void Live(WEB_SOCKET_HANDLE handle) {
  if (handle != nullptr) return;
  std::fprintf(stderr, "the DLL was called with a null handle\n");
  std::abort();
}

}  // namespace

}  // namespace library

// Only the shim allocates in this way. The memory itself comes from AddressSanitizer.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (library::allocation_fails_after != 0 && --library::allocation_fails_after == 0) return nullptr;
  return ::operator new(size);
}

void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  constexpr std::size_t kMost = std::size_t{64} << 20;
  if (size > kMost) return nullptr;
  if (library::allocation_fails_after != 0 && --library::allocation_fails_after == 0) return nullptr;
  return ::operator new[](size);
}

using library::Fails;
using library::Live;

extern "C" {

STAND_IN_API HRESULT WebSocketCreateClientHandle(const WEB_SOCKET_PROPERTY* properties, ULONG count,
                                                 WEB_SOCKET_HANDLE* handle) {
  return Fails() ? library::failure : library::Counted(RealCreateClientHandle(properties, count, handle));
}

STAND_IN_API HRESULT WebSocketCreateServerHandle(const WEB_SOCKET_PROPERTY* properties, ULONG count,
                                                 WEB_SOCKET_HANDLE* handle) {
  return Fails() ? library::failure : library::Counted(RealCreateServerHandle(properties, count, handle));
}

STAND_IN_API HRESULT WebSocketBeginClientHandshake(WEB_SOCKET_HANDLE handle, PCSTR* subprotocols,
                                                   ULONG subprotocol_count, PCSTR* extensions, ULONG extension_count,
                                                   const WEB_SOCKET_HTTP_HEADER* initial, ULONG initial_count,
                                                   WEB_SOCKET_HTTP_HEADER** additional, ULONG* additional_count) {
  Live(handle);
  if (Fails()) return library::failure;
  return RealBeginClientHandshake(handle, subprotocols, subprotocol_count, extensions, extension_count, initial,
                                  initial_count, additional, additional_count);
}

STAND_IN_API HRESULT WebSocketEndClientHandshake(WEB_SOCKET_HANDLE handle, const WEB_SOCKET_HTTP_HEADER* response,
                                                 ULONG count, ULONG* extensions, ULONG* extension_count,
                                                 ULONG* subprotocol) {
  Live(handle);
  if (Fails()) return library::failure;
  const HRESULT result = RealEndClientHandshake(handle, response, count, extensions, extension_count, subprotocol);
  if (SUCCEEDED(result) && library::oddity == library::Oddity::kManyBuffers && library::IsOdd()) {
    *extension_count = 0xFFFFFFFFu;
  }
  return result;
}

STAND_IN_API HRESULT WebSocketBeginServerHandshake(WEB_SOCKET_HANDLE handle, PCSTR subprotocol, PCSTR* extensions,
                                                   ULONG extension_count, const WEB_SOCKET_HTTP_HEADER* request,
                                                   ULONG request_count, WEB_SOCKET_HTTP_HEADER** response,
                                                   ULONG* response_count) {
  Live(handle);
  if (Fails()) return library::failure;
  return RealBeginServerHandshake(handle, subprotocol, extensions, extension_count, request, request_count, response,
                                  response_count);
}

STAND_IN_API HRESULT WebSocketEndServerHandshake(WEB_SOCKET_HANDLE handle) {
  Live(handle);
  return Fails() ? library::failure : RealEndServerHandshake(handle);
}

STAND_IN_API HRESULT WebSocketSend(WEB_SOCKET_HANDLE handle, WEB_SOCKET_BUFFER_TYPE type, WEB_SOCKET_BUFFER* buffer,
                                   PVOID context) {
  Live(handle);
  return Fails() ? library::failure : RealSend(handle, type, buffer, context);
}

STAND_IN_API HRESULT WebSocketReceive(WEB_SOCKET_HANDLE handle, WEB_SOCKET_BUFFER* buffer, PVOID context) {
  Live(handle);
  return Fails() ? library::failure : RealReceive(handle, buffer, context);
}

STAND_IN_API HRESULT WebSocketGetAction(WEB_SOCKET_HANDLE handle, WEB_SOCKET_ACTION_QUEUE queue,
                                        WEB_SOCKET_BUFFER* buffers, ULONG* count, WEB_SOCKET_ACTION* action,
                                        WEB_SOCKET_BUFFER_TYPE* type, PVOID* application_context,
                                        PVOID* action_context) {
  Live(handle);
  if (Fails()) return library::failure;
  const HRESULT result =
      RealGetAction(handle, queue, buffers, count, action, type, application_context, action_context);
  if (FAILED(result) || *action == WEB_SOCKET_NO_ACTION) return result;
  if (library::oddity == library::Oddity::kUnknownAction && library::IsOdd()) {
    *action = static_cast<WEB_SOCKET_ACTION>(library::failure);
  }
  if (library::oddity == library::Oddity::kUnknownType && library::IsOdd()) {
    *type = static_cast<WEB_SOCKET_BUFFER_TYPE>(library::failure);
  }
  if (library::oddity == library::Oddity::kStrangeContext && library::IsOdd()) *application_context = count;
  if (library::oddity == library::Oddity::kNothing && library::IsOdd()) {
    *action = WEB_SOCKET_NO_ACTION;
    *count = 0;
  }
  if (*count == 0) return result;
  if (library::oddity == library::Oddity::kManyBuffers && library::IsOdd()) *count = 0xFFFFFFFFu;
  if (library::oddity == library::Oddity::kNoMemory && library::IsOdd()) {
    buffers[0].Data.pbBuffer = nullptr;
    buffers[0].Data.ulBufferLength = 0xFFFFFFFFu;
  }
  return result;
}

STAND_IN_API VOID WebSocketCompleteAction(WEB_SOCKET_HANDLE handle, PVOID action_context, ULONG bytes) {
  Live(handle);
  RealCompleteAction(handle, action_context, bytes);
}

STAND_IN_API VOID WebSocketAbortHandle(WEB_SOCKET_HANDLE handle) {
  Live(handle);
  RealAbortHandle(handle);
}

STAND_IN_API VOID WebSocketDeleteHandle(WEB_SOCKET_HANDLE handle) {
  Live(handle);
  library::live_handles--;
  RealDeleteHandle(handle);
}

STAND_IN_API HRESULT WebSocketGetGlobalProperty(WEB_SOCKET_PROPERTY_TYPE type, PVOID value, ULONG* size) {
  return Fails() ? library::failure : RealGetGlobalProperty(type, value, size);
}

}  // extern "C"
