// The interface of the WebSocket Protocol Component, declared from section A of the specification.
//
// The Windows SDK's own websocket.h is not used: these declarations must also compile on Linux, and a second set of
// declarations is one more check on the shim's. All of it is ABI; the asserts at the end guard it.

#ifndef STAND_IN_WEBSOCKET_COMPONENT_H
#define STAND_IN_WEBSOCKET_COMPONENT_H

#include <cstddef>
#include <cstdint>

#if defined(_WIN32)

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
// websocket.def names the exports, undecorated.
#define STAND_IN_API

#else

#define WINAPI
#define STAND_IN_API __attribute__((visibility("default")))
using HRESULT = std::int32_t;
using ULONG = std::uint32_t;
using USHORT = std::uint16_t;
using BYTE = std::uint8_t;
using BOOL = std::int32_t;
using PVOID = void*;
using PCSTR = const char*;
using PSTR = char*;
using VOID = void;
inline constexpr bool SUCCEEDED(HRESULT result) { return result >= 0; }
inline constexpr bool FAILED(HRESULT result) { return result < 0; }

#endif

// Opaque: here it is a number (handle_table.h), never an address that may be dereferenced.
struct WEB_SOCKET_HANDLE__;
using WEB_SOCKET_HANDLE = WEB_SOCKET_HANDLE__*;

inline constexpr ULONG WEB_SOCKET_MAX_CLOSE_REASON_LENGTH = 123;

// Each enumeration has a fixed underlying type, so that every value of a hostile caller is representable.
enum WEB_SOCKET_CLOSE_STATUS : USHORT {
  WEB_SOCKET_SUCCESS_CLOSE_STATUS = 1000,
  WEB_SOCKET_ENDPOINT_UNAVAILABLE_CLOSE_STATUS = 1001,
  WEB_SOCKET_PROTOCOL_ERROR_CLOSE_STATUS = 1002,
  WEB_SOCKET_INVALID_DATA_TYPE_CLOSE_STATUS = 1003,
  WEB_SOCKET_EMPTY_CLOSE_STATUS = 1005,
  WEB_SOCKET_ABORTED_CLOSE_STATUS = 1006,
  WEB_SOCKET_INVALID_PAYLOAD_CLOSE_STATUS = 1007,
  WEB_SOCKET_POLICY_VIOLATION_CLOSE_STATUS = 1008,
  WEB_SOCKET_MESSAGE_TOO_BIG_CLOSE_STATUS = 1009,
  WEB_SOCKET_UNSUPPORTED_EXTENSIONS_CLOSE_STATUS = 1010,
  WEB_SOCKET_SERVER_ERROR_CLOSE_STATUS = 1011,
  WEB_SOCKET_SECURE_HANDSHAKE_ERROR_CLOSE_STATUS = 1015,
};

enum WEB_SOCKET_PROPERTY_TYPE : ULONG {
  WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE = 0,
  WEB_SOCKET_SEND_BUFFER_SIZE_PROPERTY_TYPE = 1,
  WEB_SOCKET_DISABLE_MASKING_PROPERTY_TYPE = 2,
  WEB_SOCKET_ALLOCATED_BUFFER_PROPERTY_TYPE = 3,
  WEB_SOCKET_DISABLE_UTF8_VERIFICATION_PROPERTY_TYPE = 4,
  WEB_SOCKET_KEEPALIVE_INTERVAL_PROPERTY_TYPE = 5,
  WEB_SOCKET_SUPPORTED_VERSIONS_PROPERTY_TYPE = 6,
};

enum WEB_SOCKET_ACTION_QUEUE : ULONG {
  WEB_SOCKET_SEND_ACTION_QUEUE = 1,
  WEB_SOCKET_RECEIVE_ACTION_QUEUE = 2,
  WEB_SOCKET_ALL_ACTION_QUEUE = WEB_SOCKET_SEND_ACTION_QUEUE | WEB_SOCKET_RECEIVE_ACTION_QUEUE,
};

enum WEB_SOCKET_ACTION : ULONG {
  WEB_SOCKET_NO_ACTION = 0,
  WEB_SOCKET_SEND_TO_NETWORK_ACTION = 1,
  WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION = 2,
  WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION = 3,
  WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION = 4,
};

enum WEB_SOCKET_BUFFER_TYPE : ULONG {
  WEB_SOCKET_NO_BUFFER_TYPE = 0,  // .NET's neutral value; not in the SDK's header
  WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE = 0x80000000u,
  WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE = 0x80000001u,
  WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE = 0x80000002u,
  WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE = 0x80000003u,
  WEB_SOCKET_CLOSE_BUFFER_TYPE = 0x80000004u,
  WEB_SOCKET_PING_PONG_BUFFER_TYPE = 0x80000005u,
  WEB_SOCKET_UNSOLICITED_PONG_BUFFER_TYPE = 0x80000006u,
};

//
struct WEB_SOCKET_PROPERTY {
  WEB_SOCKET_PROPERTY_TYPE Type;
  PVOID pvValue;  // points at the value; for ALLOCATED_BUFFER at a variable that holds the address (E-3)
  ULONG ulValueSize;
};

struct WEB_SOCKET_HTTP_HEADER {
  PSTR pcName;
  ULONG ulNameLength;
  PSTR pcValue;
  ULONG ulValueLength;
};

union WEB_SOCKET_BUFFER {
  struct {
    BYTE* pbBuffer;
    ULONG ulBufferLength;
  } Data;
  struct {
    BYTE* pbReason;
    ULONG ulReasonLength;
    USHORT usStatus;
  } CloseStatus;
};

// The 13 functions, and nothing else, are the component's interface.
extern "C" {

STAND_IN_API HRESULT WINAPI WebSocketCreateClientHandle(const WEB_SOCKET_PROPERTY* pProperties,
                                                        ULONG ulPropertyCount, WEB_SOCKET_HANDLE* phWebSocket);
STAND_IN_API HRESULT WINAPI WebSocketCreateServerHandle(const WEB_SOCKET_PROPERTY* pProperties,
                                                        ULONG ulPropertyCount, WEB_SOCKET_HANDLE* phWebSocket);
STAND_IN_API HRESULT WINAPI WebSocketBeginClientHandshake(
    WEB_SOCKET_HANDLE hWebSocket, PCSTR* pszSubprotocols, ULONG ulSubprotocolCount, PCSTR* pszExtensions,
    ULONG ulExtensionCount, const WEB_SOCKET_HTTP_HEADER* pInitialHeaders, ULONG ulInitialHeaderCount,
    WEB_SOCKET_HTTP_HEADER** pAdditionalHeaders, ULONG* pulAdditionalHeaderCount);
STAND_IN_API HRESULT WINAPI WebSocketEndClientHandshake(WEB_SOCKET_HANDLE hWebSocket,
                                                        const WEB_SOCKET_HTTP_HEADER* pResponseHeaders,
                                                        ULONG ulReponseHeaderCount, ULONG* pulSelectedExtensions,
                                                        ULONG* pulSelectedExtensionCount,
                                                        ULONG* pulSelectedSubprotocol);
STAND_IN_API HRESULT WINAPI WebSocketBeginServerHandshake(
    WEB_SOCKET_HANDLE hWebSocket, PCSTR pszSubprotocolSelected, PCSTR* pszExtensionSelected,
    ULONG ulExtensionSelectedCount, const WEB_SOCKET_HTTP_HEADER* pRequestHeaders, ULONG ulRequestHeaderCount,
    WEB_SOCKET_HTTP_HEADER** pResponseHeaders, ULONG* pulResponseHeaderCount);
STAND_IN_API HRESULT WINAPI WebSocketEndServerHandshake(WEB_SOCKET_HANDLE hWebSocket);
STAND_IN_API HRESULT WINAPI WebSocketSend(WEB_SOCKET_HANDLE hWebSocket, WEB_SOCKET_BUFFER_TYPE BufferType,
                                          WEB_SOCKET_BUFFER* pBuffer, PVOID Context);
STAND_IN_API HRESULT WINAPI WebSocketReceive(WEB_SOCKET_HANDLE hWebSocket, WEB_SOCKET_BUFFER* pBuffer,
                                             PVOID pvContext);
STAND_IN_API HRESULT WINAPI WebSocketGetAction(WEB_SOCKET_HANDLE hWebSocket, WEB_SOCKET_ACTION_QUEUE eActionQueue,
                                               WEB_SOCKET_BUFFER* pDataBuffers, ULONG* pulDataBufferCount,
                                               WEB_SOCKET_ACTION* pAction, WEB_SOCKET_BUFFER_TYPE* pBufferType,
                                               PVOID* pvApplicationContext, PVOID* pvActionContext);
STAND_IN_API VOID WINAPI WebSocketCompleteAction(WEB_SOCKET_HANDLE hWebSocket, PVOID pvActionContext,
                                                 ULONG ulBytesTransferred);
STAND_IN_API VOID WINAPI WebSocketAbortHandle(WEB_SOCKET_HANDLE hWebSocket);
STAND_IN_API VOID WINAPI WebSocketDeleteHandle(WEB_SOCKET_HANDLE hWebSocket);
STAND_IN_API HRESULT WINAPI WebSocketGetGlobalProperty(WEB_SOCKET_PROPERTY_TYPE eType, PVOID pvValue,
                                                       ULONG* ulSize);

// Not part of the component: these functions show tests the diagnostics of A-7.
STAND_IN_API ULONG WINAPI StandInLastDiagnostic(WEB_SOCKET_HANDLE hWebSocket);
// Every id recorded so far, one bit each (bit n = id n); same meaning of NULL.
STAND_IN_API std::uint64_t WINAPI StandInDiagnosticMask(WEB_SOCKET_HANDLE hWebSocket);

}  // extern "C"

// A-4 again, as something a compiler checks.
#define STAND_IN_AT(type, field, offset32, offset64) \
  static_assert(offsetof(type, field) == (sizeof(void*) == 8 ? (offset64) : (offset32)), #type "." #field)
static_assert(sizeof(WEB_SOCKET_PROPERTY) == (sizeof(void*) == 8 ? 24 : 12), "WEB_SOCKET_PROPERTY");
STAND_IN_AT(WEB_SOCKET_PROPERTY, Type, 0, 0);
STAND_IN_AT(WEB_SOCKET_PROPERTY, pvValue, 4, 8);
STAND_IN_AT(WEB_SOCKET_PROPERTY, ulValueSize, 8, 16);
static_assert(sizeof(WEB_SOCKET_HTTP_HEADER) == (sizeof(void*) == 8 ? 32 : 16), "WEB_SOCKET_HTTP_HEADER");
STAND_IN_AT(WEB_SOCKET_HTTP_HEADER, pcName, 0, 0);
STAND_IN_AT(WEB_SOCKET_HTTP_HEADER, ulNameLength, 4, 8);
STAND_IN_AT(WEB_SOCKET_HTTP_HEADER, pcValue, 8, 16);
STAND_IN_AT(WEB_SOCKET_HTTP_HEADER, ulValueLength, 12, 24);
static_assert(sizeof(WEB_SOCKET_BUFFER) == (sizeof(void*) == 8 ? 16 : 12), "WEB_SOCKET_BUFFER");
STAND_IN_AT(WEB_SOCKET_BUFFER, Data.pbBuffer, 0, 0);
STAND_IN_AT(WEB_SOCKET_BUFFER, Data.ulBufferLength, 4, 8);
STAND_IN_AT(WEB_SOCKET_BUFFER, CloseStatus.pbReason, 0, 0);
STAND_IN_AT(WEB_SOCKET_BUFFER, CloseStatus.ulReasonLength, 4, 8);
STAND_IN_AT(WEB_SOCKET_BUFFER, CloseStatus.usStatus, 8, 12);
#undef STAND_IN_AT
static_assert(sizeof(ULONG) == 4 && sizeof(USHORT) == 2 && sizeof(BOOL) == 4 && sizeof(HRESULT) == 4, "scalars");
static_assert(sizeof(WEB_SOCKET_PROPERTY_TYPE) == 4 && sizeof(WEB_SOCKET_ACTION_QUEUE) == 4 &&
                  sizeof(WEB_SOCKET_ACTION) == 4 && sizeof(WEB_SOCKET_BUFFER_TYPE) == 4,
              "enumerations are 32 bits wide");

#endif  // STAND_IN_WEBSOCKET_COMPONENT_H
