// The ABI of websocket.dll: the types, constants and prototypes of its 13 functions. They are declared here so that
// the shim needs no Windows SDK header of a certain age, and so that every size and offset is asserted.
//
// References such as B-6 or Q-S2 are to the behaviour notes, as everywhere in this project.
#ifndef WSPC_WEBSOCKET_ABI_H_
#define WSPC_WEBSOCKET_ABI_H_

#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
#define WSPC_CALL __stdcall
#else
#define WSPC_CALL
#endif

namespace wspc::abi {

using HResult = int32_t;
using Ulong = uint32_t;
// An opaque pointer.
using Handle = void*;

constexpr HResult kOk = 0;
constexpr HResult kInvalidProtocolOperation = static_cast<HResult>(0x83760001u);
constexpr HResult kInvalidArgument = static_cast<HResult>(0x80070057u);
constexpr HResult kOutOfMemory = static_cast<HResult>(0x8007000Eu);
constexpr HResult kInvalidHandle = static_cast<HResult>(0x80070006u);
constexpr HResult kInsufficientBuffer = static_cast<HResult>(0x8007007Au);
constexpr HResult kFail = static_cast<HResult>(0x80004005u);

constexpr bool Failed(HResult result) { return result < 0; }

enum PropertyType : Ulong {
  kReceiveBufferSize = 0,
  kSendBufferSize = 1,
  kDisableMasking = 2,
  kAllocatedBuffer = 3,
  kDisableUtf8Verification = 4,
  kKeepAliveInterval = 5,
  kSupportedVersions = 6,
};

enum ActionQueue : Ulong { kSendQueue = 1, kReceiveQueue = 2, kAllQueues = 3 };

enum Action : Ulong {
  kNoAction = 0,
  kSendToNetwork = 1,
  kIndicateSendComplete = 2,
  kReceiveFromNetwork = 3,
  kIndicateReceiveComplete = 4,
};

enum BufferType : Ulong {
  kUtf8Message = 0x80000000u,
  kUtf8Fragment = 0x80000001u,
  kBinaryMessage = 0x80000002u,
  kBinaryFragment = 0x80000003u,
  kClose = 0x80000004u,
  kPingPong = 0x80000005u,
  kUnsolicitedPong = 0x80000006u,
};

struct Property {
  PropertyType type;
  void* value;
  Ulong value_size;
};

struct HttpHeader {
  char* name;
  Ulong name_length;
  char* value;
  Ulong value_length;
};

struct DataBuffer {
  uint8_t* bytes;
  Ulong length;
};

struct CloseBuffer {
  uint8_t* reason;
  Ulong reason_length;
  uint16_t status;
};

union Buffer {
  DataBuffer data;
  CloseBuffer close;
};

// x64 and arm64 have the same layout. On x86, pointers have four bytes, and no padding is before them.
constexpr size_t kPointer = sizeof(void*);
static_assert(kPointer == 8 || kPointer == 4, "websocket.dll exists for x86, x64 and arm64 only");
static_assert(sizeof(Ulong) == 4 && sizeof(HResult) == 4, "ULONG and HRESULT have 32 bits");
static_assert(sizeof(PropertyType) == 4 && sizeof(ActionQueue) == 4 && sizeof(Action) == 4 && sizeof(BufferType) == 4,
              "enumerations have 32 bits");

static_assert(offsetof(Property, type) == 0, "WEB_SOCKET_PROPERTY.Type");
static_assert(offsetof(Property, value) == kPointer, "WEB_SOCKET_PROPERTY.pvValue");
static_assert(offsetof(Property, value_size) == 2 * kPointer, "WEB_SOCKET_PROPERTY.ulValueSize");
static_assert(sizeof(Property) == 3 * kPointer, "WEB_SOCKET_PROPERTY");

static_assert(offsetof(HttpHeader, name) == 0, "WEB_SOCKET_HTTP_HEADER.pcName");
static_assert(offsetof(HttpHeader, name_length) == kPointer, "WEB_SOCKET_HTTP_HEADER.ulNameLength");
static_assert(offsetof(HttpHeader, value) == 2 * kPointer, "WEB_SOCKET_HTTP_HEADER.pcValue");
static_assert(offsetof(HttpHeader, value_length) == 3 * kPointer, "WEB_SOCKET_HTTP_HEADER.ulValueLength");
static_assert(sizeof(HttpHeader) == 4 * kPointer, "WEB_SOCKET_HTTP_HEADER");

static_assert(offsetof(Buffer, data.bytes) == 0, "WEB_SOCKET_BUFFER.Data.pbBuffer");
static_assert(offsetof(Buffer, data.length) == kPointer, "WEB_SOCKET_BUFFER.Data.ulBufferLength");
static_assert(offsetof(Buffer, close.reason) == 0, "WEB_SOCKET_BUFFER.CloseStatus.pbReason");
static_assert(offsetof(Buffer, close.reason_length) == kPointer, "WEB_SOCKET_BUFFER.CloseStatus.ulReasonLength");
static_assert(offsetof(Buffer, close.status) == kPointer + 4, "WEB_SOCKET_BUFFER.CloseStatus.usStatus");
static_assert(sizeof(Buffer) == (kPointer == 8 ? 16 : 12), "WEB_SOCKET_BUFFER");

// A-5, in the order of the header.
using CreateHandle = HResult(WSPC_CALL*)(Property* properties, Ulong property_count, Handle* handle);
using BeginClientHandshake = HResult(WSPC_CALL*)(Handle handle, const char** subprotocols, Ulong subprotocol_count,
                                                 const char** extensions, Ulong extension_count,
                                                 HttpHeader* initial_headers, Ulong initial_header_count,
                                                 HttpHeader** additional_headers, Ulong* additional_header_count);
using EndClientHandshake = HResult(WSPC_CALL*)(Handle handle, HttpHeader* response_headers,
                                               Ulong response_header_count, Ulong* selected_extensions,
                                               Ulong* selected_extension_count, Ulong* selected_subprotocol);
using BeginServerHandshake = HResult(WSPC_CALL*)(Handle handle, const char* subprotocol_selected,
                                                 const char** extensions_selected, Ulong extension_selected_count,
                                                 HttpHeader* request_headers, Ulong request_header_count,
                                                 HttpHeader** response_headers, Ulong* response_header_count);
using EndServerHandshake = HResult(WSPC_CALL*)(Handle handle);
using Send = HResult(WSPC_CALL*)(Handle handle, BufferType type, Buffer* buffer, void* context);
using Receive = HResult(WSPC_CALL*)(Handle handle, Buffer* buffer, void* context);
using GetAction = HResult(WSPC_CALL*)(Handle handle, ActionQueue queue, Buffer* buffers, Ulong* buffer_count,
                                      Action* action, BufferType* type, void** application_context,
                                      void** action_context);
using CompleteAction = void(WSPC_CALL*)(Handle handle, void* action_context, Ulong bytes_transferred);
using AbortHandle = void(WSPC_CALL*)(Handle handle);
using DeleteHandle = void(WSPC_CALL*)(Handle handle);
using GetGlobalProperty = HResult(WSPC_CALL*)(PropertyType type, void* value, Ulong* size);

// The 13 entry points, by their names without the prefix "WebSocket".
struct Functions {
  CreateHandle create_client_handle;
  CreateHandle create_server_handle;
  BeginClientHandshake begin_client_handshake;
  EndClientHandshake end_client_handshake;
  BeginServerHandshake begin_server_handshake;
  EndServerHandshake end_server_handshake;
  Send send;
  Receive receive;
  GetAction get_action;
  CompleteAction complete_action;
  AbortHandle abort_handle;
  DeleteHandle delete_handle;
  GetGlobalProperty get_global_property;
};

static_assert(sizeof(Functions) == 13 * kPointer, "13 entry points");

}  // namespace wspc::abi

#endif  // WSPC_WEBSOCKET_ABI_H_
