// The 13 functions: check arguments, find and lock the handle, and define outputs on failure, too (Q-E2, Q-H13).

#include <cstring>
#include <new>

#include "handle_table.h"
#include "interim_defaults.h"
#include "keep_alive.h"
#include "oddities.h"

namespace {

using stand_in::Diagnostic;
using stand_in::DiagnosticLog;
using stand_in::Handle;
using stand_in::HandleAccess;
using stand_in::Properties;
using stand_in::Side;
namespace hr = stand_in::hr;
namespace interim = stand_in::interim;

// Diagnostics of calls without a handle.
stand_in::Lock g_log_lock;
DiagnosticLog g_log;

HRESULT Create(Side side, const WEB_SOCKET_PROPERTY* array, ULONG count, WEB_SOCKET_HANDLE* out) {
  stand_in::ScopedLock lock(&g_log_lock);
  if (out == nullptr) {
    g_log.Record(Diagnostic::kInvalidParameter);
    return interim::kBadProperty;
  }
  *out = nullptr;
  Properties properties(side);
  const HRESULT result = properties.Read(array, count, &g_log);
  if (FAILED(result)) return result;
  std::unique_ptr<Handle> handle(new (std::nothrow) Handle(side, properties));
  if (!handle) return hr::kOutOfMemory;
  *out = stand_in::Publish(std::move(handle));
  return *out != nullptr ? hr::kOk : hr::kOutOfMemory;
}

HRESULT InvalidArgument(const HandleAccess& handle) {
  if (handle) handle->log()->Record(Diagnostic::kInvalidParameter);
  return hr::kInvalidArgument;
}

}  // namespace

extern "C" {

HRESULT WINAPI WebSocketCreateClientHandle(const WEB_SOCKET_PROPERTY* pProperties, ULONG ulPropertyCount,
                                           WEB_SOCKET_HANDLE* phWebSocket) {
  return Create(Side::kClient, pProperties, ulPropertyCount, phWebSocket);
}

HRESULT WINAPI WebSocketCreateServerHandle(const WEB_SOCKET_PROPERTY* pProperties, ULONG ulPropertyCount,
                                           WEB_SOCKET_HANDLE* phWebSocket) {
  return Create(Side::kServer, pProperties, ulPropertyCount, phWebSocket);
}

HRESULT WINAPI WebSocketBeginClientHandshake(WEB_SOCKET_HANDLE hWebSocket, PCSTR* pszSubprotocols,
                                             ULONG ulSubprotocolCount, PCSTR* pszExtensions, ULONG ulExtensionCount,
                                             const WEB_SOCKET_HTTP_HEADER* pInitialHeaders,
                                             ULONG ulInitialHeaderCount, WEB_SOCKET_HTTP_HEADER** pAdditionalHeaders,
                                             ULONG* pulAdditionalHeaderCount) {
  if (pAdditionalHeaders != nullptr) *pAdditionalHeaders = nullptr;
  if (pulAdditionalHeaderCount != nullptr) *pulAdditionalHeaderCount = 0;
  HandleAccess handle(hWebSocket);
  if (!handle || pAdditionalHeaders == nullptr || pulAdditionalHeaderCount == nullptr ||
      (pszSubprotocols == nullptr && ulSubprotocolCount > 0) || (pszExtensions == nullptr && ulExtensionCount > 0) ||
      (pInitialHeaders == nullptr && ulInitialHeaderCount > 0)) {
    return InvalidArgument(handle);
  }
  // Q-H3: the initial headers have no effect.
  return handle->BeginClientHandshake(pszSubprotocols, ulSubprotocolCount, pszExtensions, ulExtensionCount,
                                      pAdditionalHeaders, pulAdditionalHeaderCount);
}

HRESULT WINAPI WebSocketEndClientHandshake(WEB_SOCKET_HANDLE hWebSocket,
                                           const WEB_SOCKET_HTTP_HEADER* pResponseHeaders,
                                           ULONG ulReponseHeaderCount, ULONG* pulSelectedExtensions,
                                           ULONG* pulSelectedExtensionCount, ULONG* pulSelectedSubprotocol) {
  HandleAccess handle(hWebSocket);
  if (!handle) return InvalidArgument(handle);
  const HRESULT status =
      handle->EndClientHandshake({pResponseHeaders, ulReponseHeaderCount},
                                 {pulSelectedExtensions, pulSelectedExtensionCount, pulSelectedSubprotocol});
#if defined(STAND_IN_ODDITIES)
  stand_in::Oddity odd;
  if (SUCCEEDED(status) && odd.Is("subprotocol")) *pulSelectedSubprotocol = odd.number();
  if (SUCCEEDED(status) && odd.Is("extensions")) *pulSelectedExtensionCount = odd.number();
  if (SUCCEEDED(status) && odd.Is("extension")) *pulSelectedExtensions = odd.number();
#endif
  return status;
}

HRESULT WINAPI WebSocketBeginServerHandshake(WEB_SOCKET_HANDLE hWebSocket, PCSTR pszSubprotocolSelected,
                                             PCSTR* pszExtensionSelected, ULONG ulExtensionSelectedCount,
                                             const WEB_SOCKET_HTTP_HEADER* pRequestHeaders,
                                             ULONG ulRequestHeaderCount, WEB_SOCKET_HTTP_HEADER** pResponseHeaders,
                                             ULONG* pulResponseHeaderCount) {
  if (pResponseHeaders != nullptr) *pResponseHeaders = nullptr;
  if (pulResponseHeaderCount != nullptr) *pulResponseHeaderCount = 0;
  HandleAccess handle(hWebSocket);
  if (!handle || pResponseHeaders == nullptr || pulResponseHeaderCount == nullptr ||
      (pszExtensionSelected == nullptr && ulExtensionSelectedCount > 0)) {
    return InvalidArgument(handle);
  }
  return handle->BeginServerHandshake(pszSubprotocolSelected, pszExtensionSelected, ulExtensionSelectedCount,
                                      {pRequestHeaders, ulRequestHeaderCount}, pResponseHeaders,
                                      pulResponseHeaderCount);
}

HRESULT WINAPI WebSocketEndServerHandshake(WEB_SOCKET_HANDLE hWebSocket) {
  HandleAccess handle(hWebSocket);
  return handle ? handle->EndServerHandshake() : hr::kInvalidArgument;
}

HRESULT WINAPI WebSocketSend(WEB_SOCKET_HANDLE hWebSocket, WEB_SOCKET_BUFFER_TYPE BufferType,
                             WEB_SOCKET_BUFFER* pBuffer, PVOID Context) {
  HandleAccess handle(hWebSocket);
  return handle ? handle->Send(BufferType, pBuffer, Context) : hr::kInvalidArgument;
}

HRESULT WINAPI WebSocketReceive(WEB_SOCKET_HANDLE hWebSocket, WEB_SOCKET_BUFFER* pBuffer, PVOID pvContext) {
  HandleAccess handle(hWebSocket);
  return handle ? handle->Receive(pBuffer, pvContext) : hr::kInvalidArgument;
}

HRESULT WINAPI WebSocketGetAction(WEB_SOCKET_HANDLE hWebSocket, WEB_SOCKET_ACTION_QUEUE eActionQueue,
                                  WEB_SOCKET_BUFFER* pDataBuffers, ULONG* pulDataBufferCount,
                                  WEB_SOCKET_ACTION* pAction, WEB_SOCKET_BUFFER_TYPE* pBufferType,
                                  PVOID* pvApplicationContext, PVOID* pvActionContext) {
  const ULONG capacity = pulDataBufferCount != nullptr ? *pulDataBufferCount : 0;
  // B8-2: the sample reads the action even after a failure.
  if (pAction != nullptr) *pAction = WEB_SOCKET_NO_ACTION;
  if (pBufferType != nullptr) *pBufferType = WEB_SOCKET_NO_BUFFER_TYPE;
  if (pulDataBufferCount != nullptr) *pulDataBufferCount = 0;
  if (pvActionContext != nullptr) *pvActionContext = nullptr;
  HandleAccess handle(hWebSocket);
  const bool queue_known = eActionQueue >= WEB_SOCKET_SEND_ACTION_QUEUE && eActionQueue <= WEB_SOCKET_ALL_ACTION_QUEUE;
  if (!handle || !queue_known || pDataBuffers == nullptr || capacity == 0 || pAction == nullptr ||
      pBufferType == nullptr || pvActionContext == nullptr) {
    return InvalidArgument(handle);
  }
  stand_in::ActionResult result;
  HRESULT status = handle->GetAction(eActionQueue, pDataBuffers, capacity, &result);
#if defined(STAND_IN_ODDITIES)
  if (SUCCEEDED(status)) status = stand_in::MakeOdd(&result, pDataBuffers);
#endif
  if (FAILED(status)) return status;
  *pAction = result.action;
  *pBufferType = result.type;
  *pulDataBufferCount = result.buffer_count;
  *pvActionContext = result.action_context;
  if (result.has_application_context && pvApplicationContext != nullptr) {
    *pvApplicationContext = result.application_context;
  }
  return hr::kOk;
}

VOID WINAPI WebSocketCompleteAction(WEB_SOCKET_HANDLE hWebSocket, PVOID pvActionContext, ULONG ulBytesTransferred) {
  HandleAccess handle(hWebSocket);
  if (handle) handle->CompleteAction(pvActionContext, ulBytesTransferred);
}

VOID WINAPI WebSocketAbortHandle(WEB_SOCKET_HANDLE hWebSocket) {
  HandleAccess handle(hWebSocket);
  if (handle) handle->Abort();
}

VOID WINAPI WebSocketDeleteHandle(WEB_SOCKET_HANDLE hWebSocket) { stand_in::Remove(hWebSocket); }

HRESULT WINAPI WebSocketGetGlobalProperty(WEB_SOCKET_PROPERTY_TYPE eType, PVOID pvValue, ULONG* ulSize) {
  stand_in::ScopedLock lock(&g_log_lock);
  const bool known =
      eType == WEB_SOCKET_KEEPALIVE_INTERVAL_PROPERTY_TYPE || eType == WEB_SOCKET_SUPPORTED_VERSIONS_PROPERTY_TYPE;
  if (!known || ulSize == nullptr) {
    g_log.Record(Diagnostic::kInvalidParameter);
    return hr::kInvalidArgument;
  }
  // Both properties are one ULONG (Q-G1). Q-G2.
  const ULONG size = *ulSize;
  *ulSize = sizeof(ULONG);
  if (size < sizeof(ULONG)) return interim::kGlobalTooSmall;
  if (pvValue == nullptr) {
    g_log.Record(Diagnostic::kInvalidParameter);
    return hr::kInvalidArgument;
  }
  const ULONG value =
      eType == WEB_SOCKET_KEEPALIVE_INTERVAL_PROPERTY_TYPE ? stand_in::KeepAliveInterval(&g_log) : 13;
  std::memcpy(pvValue, &value, sizeof(value));
  return hr::kOk;
}

ULONG WINAPI StandInLastDiagnostic(WEB_SOCKET_HANDLE hWebSocket) {
  if (hWebSocket == nullptr) {
    stand_in::ScopedLock lock(&g_log_lock);
    return g_log.last();
  }
  HandleAccess handle(hWebSocket);
  return handle ? handle->log()->last() : 0;
}

std::uint64_t WINAPI StandInDiagnosticMask(WEB_SOCKET_HANDLE hWebSocket) {
  if (hWebSocket == nullptr) {
    stand_in::ScopedLock lock(&g_log_lock);
    return g_log.seen();
  }
  HandleAccess handle(hWebSocket);
  return handle ? handle->log()->seen() : 0;
}

}  // extern "C"
