// The fuzzer of the stand-in. The input is a program of calls with their bytes. Buffers are in memory of exactly
// their size, so that the sanitizers find an access beyond them.
//
//   npm run fuzz:native -- --time 60

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuzz_input.h"
#include "websocket_component.h"

namespace {

using fuzz::Input;

struct Headers {
  std::vector<std::pair<std::string, std::string>> all;

  std::vector<WEB_SOCKET_HTTP_HEADER> Raw() const {
    std::vector<WEB_SOCKET_HTTP_HEADER> raw;
    for (const auto& header : all) {
      raw.push_back({const_cast<char*>(header.first.data()), static_cast<ULONG>(header.first.size()),
                     const_cast<char*>(header.second.data()), static_cast<ULONG>(header.second.size())});
    }
    return raw;
  }
};

const Headers kRequest = {{{"Connection", "Upgrade"},
                           {"Upgrade", "websocket"},
                           {"Host", "a"},
                           {"Sec-WebSocket-Version", "13"},
                           {"Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}}};

// Each line is a header. The first colon separates name and value.
Headers Parsed(const std::vector<BYTE>& text) {
  Headers headers;
  std::string line;
  const auto add = [&] {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) headers.all.push_back({line, ""});
    else headers.all.push_back({line.substr(0, colon), line.substr(colon + 1)});
    line.clear();
  };
  for (const BYTE byte : text) {
    if (byte == '\n') add();
    else line += static_cast<char>(byte);
  }
  add();
  return headers;
}

HRESULT BeginServer(WEB_SOCKET_HANDLE handle, const Headers& request, Headers* answer = nullptr) {
  const auto raw = request.Raw();
  WEB_SOCKET_HTTP_HEADER* response = nullptr;
  ULONG count = 0;
  const HRESULT result = WebSocketBeginServerHandshake(handle, nullptr, nullptr, 0, raw.data(),
                                                       static_cast<ULONG>(raw.size()), &response, &count);
  for (ULONG i = 0; SUCCEEDED(result) && i < count; ++i) {
    if (std::strlen(response[i].pcName) != response[i].ulNameLength) std::abort();
    if (std::strlen(response[i].pcValue) != response[i].ulValueLength) std::abort();
    if (answer != nullptr) answer->all.push_back({response[i].pcName, response[i].pcValue});
  }
  return result;
}

// The correct handshake of either side, or the input's version of it.
void Handshake(WEB_SOCKET_HANDLE handle, bool server, Input& input) {
  const unsigned how = input.Byte();
  if (server) {
    Headers request = kRequest;
    if (how & 1) request = Parsed(input.Bytes());
    if (how & 2) request.all.push_back({"Sec-WebSocket-Extensions", std::string(how, ',')});
    (void)BeginServer(handle, request);
    (void)WebSocketEndServerHandshake(handle);
    return;
  }
  PCSTR protocols[] = {"chat", "other"};
  WEB_SOCKET_HTTP_HEADER* additional = nullptr;
  ULONG count = 0;
  if (FAILED(WebSocketBeginClientHandshake(handle, protocols, how & 2 ? 2 : 0, nullptr, 0, nullptr, 0, &additional,
                                           &count))) {
    return;
  }
  Headers response;
  if (how & 1) {
    response = Parsed(input.Bytes());
  } else {
    Headers request;
    for (ULONG i = 0; i < count; ++i) request.all.push_back({additional[i].pcName, additional[i].pcValue});
    request.all.push_back({"Host", "a"});
    WEB_SOCKET_HANDLE helper = nullptr;
    if (FAILED(WebSocketCreateServerHandle(nullptr, 0, &helper))) std::abort();
    if (FAILED(BeginServer(helper, request, &response))) std::abort();
    WebSocketDeleteHandle(helper);
  }
  ULONG extensions[2];
  ULONG extension_count = 2;
  ULONG subprotocol = 0;
  const auto raw = response.Raw();
  (void)WebSocketEndClientHandshake(handle, raw.data(), static_cast<ULONG>(raw.size()), extensions, &extension_count,
                                    &subprotocol);
  if (extension_count > 2) std::abort();
}

// Asks for an action and performs it, with bytes of the input if bytes are needed.
PVOID Turn(WEB_SOCKET_HANDLE handle, Input& input, PVOID stale) {
  const unsigned how = input.Byte();
  const ULONG capacity = how >> 6;
  std::unique_ptr<WEB_SOCKET_BUFFER[]> buffers(new WEB_SOCKET_BUFFER[capacity + 1]);
  ULONG count = capacity;
  WEB_SOCKET_ACTION action = WEB_SOCKET_NO_ACTION;
  WEB_SOCKET_BUFFER_TYPE type = WEB_SOCKET_NO_BUFFER_TYPE;
  PVOID application = nullptr;
  PVOID context = nullptr;
  const HRESULT result = WebSocketGetAction(handle, static_cast<WEB_SOCKET_ACTION_QUEUE>(how & 7), buffers.get(),
                                            &count, &action, &type, &application, &context);
  if (FAILED(result)) return stale;
  if (count > capacity) std::abort();
  ULONG transferred = 0;
  unsigned checksum = 0;
  const bool close = type == WEB_SOCKET_CLOSE_BUFFER_TYPE;
  for (ULONG i = 0; i < count; ++i) {
    BYTE* at = close ? buffers[i].CloseStatus.pbReason : buffers[i].Data.pbBuffer;
    const ULONG length = close ? buffers[i].CloseStatus.ulReasonLength : buffers[i].Data.ulBufferLength;
    if (action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION) {
      const auto bytes = input.Bytes();
      const ULONG taken = bytes.size() < length ? static_cast<ULONG>(bytes.size()) : length;
      if (taken != 0) std::memcpy(at, bytes.data(), taken);
      transferred += taken;
      if (taken < length) break;
    } else {
      for (ULONG j = 0; j < length; ++j) checksum += at[j];
      transferred += length;
    }
  }
  if (checksum == 0xFFFFFFFFu) std::abort();
  if (how & 8) transferred = input.Byte() * 40;
  if (how & 16) WebSocketCompleteAction(handle, stale, transferred);
  if ((how & 32) == 0) WebSocketCompleteAction(handle, context, transferred);
  return context;
}

// Payloads must be kept until their sends are complete, which may never happen here. `sent_memory` keeps them.
void Send(WEB_SOCKET_HANDLE handle, Input& input, std::vector<std::vector<BYTE>>& sent_memory) {
  const unsigned how = input.Byte();
  const auto type = static_cast<WEB_SOCKET_BUFFER_TYPE>(0x80000000u + (how & 7));
  sent_memory.push_back(input.Bytes());
  const auto& bytes = sent_memory.back();
  WEB_SOCKET_BUFFER buffer = {};
  if (type == WEB_SOCKET_CLOSE_BUFFER_TYPE) {
    buffer.CloseStatus.pbReason = const_cast<BYTE*>(bytes.data());
    buffer.CloseStatus.ulReasonLength = static_cast<ULONG>(bytes.size());
    buffer.CloseStatus.usStatus = static_cast<USHORT>(995 + input.Byte());
  } else {
    buffer.Data.pbBuffer = const_cast<BYTE*>(bytes.data());
    buffer.Data.ulBufferLength = static_cast<ULONG>(bytes.size());
  }
  WEB_SOCKET_BUFFER* given = how & 8 ? nullptr : &buffer;
  if (FAILED(WebSocketSend(handle, type, given, nullptr))) return;
  for (int turns = 0; turns < 64; ++turns) {
    WEB_SOCKET_BUFFER buffers[2];
    ULONG count = 2;
    WEB_SOCKET_ACTION action = WEB_SOCKET_NO_ACTION;
    WEB_SOCKET_BUFFER_TYPE got = WEB_SOCKET_NO_BUFFER_TYPE;
    PVOID application = nullptr;
    PVOID context = nullptr;
    if (FAILED(WebSocketGetAction(handle, WEB_SOCKET_SEND_ACTION_QUEUE, buffers, &count, &action, &got, &application,
                                  &context))) {
      break;
    }
    if (action == WEB_SOCKET_NO_ACTION) break;
    ULONG sent = 0;
    for (ULONG i = 0; i < count; ++i) sent += buffers[i].Data.ulBufferLength;
    WebSocketCompleteAction(handle, context, action == WEB_SOCKET_SEND_TO_NETWORK_ACTION ? sent : 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const unsigned first = input.Byte();
  const bool server = (first & 1) != 0;
  ULONG receive_size = 256 + (first >> 4) * 16;
  ULONG send_size = server ? 16 : 256;
  BOOL yes = 1;
  std::vector<WEB_SOCKET_PROPERTY> properties = {
      {WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE, &receive_size, 4},
      {WEB_SOCKET_SEND_BUFFER_SIZE_PROPERTY_TYPE, &send_size, 4},
  };
  if (first & 2) properties.push_back({WEB_SOCKET_DISABLE_UTF8_VERIFICATION_PROPERTY_TYPE, &yes, 4});
  if (first & 4) properties.push_back({WEB_SOCKET_DISABLE_MASKING_PROPERTY_TYPE, &yes, 4});
  WEB_SOCKET_HANDLE handle = nullptr;
  const auto create = server ? WebSocketCreateServerHandle : WebSocketCreateClientHandle;
  if (FAILED(create(properties.data(), static_cast<ULONG>(properties.size()), &handle))) return 0;
  Handshake(handle, server, input);
  PVOID context = nullptr;
  std::vector<BYTE> received(300);
  std::vector<std::vector<BYTE>> sent_memory;
  while (!input.Empty()) {
    const unsigned what = input.Byte();
    switch (what & 7) {
      case 0:
        Send(handle, input, sent_memory);
        break;
      case 1: {
        WEB_SOCKET_BUFFER buffer = {};
        buffer.Data.pbBuffer = received.data();
        buffer.Data.ulBufferLength = what >> 3 == 31 ? 300 : what >> 3;
        (void)WebSocketReceive(handle, what & 8 ? &buffer : nullptr, nullptr);
        break;
      }
      case 2:
        if (what >> 3 == 31) WebSocketAbortHandle(handle);
        break;
      default:
        context = Turn(handle, input, context);
    }
  }
  // Every action must be completed before its handle is deleted.
  if (context != nullptr) WebSocketCompleteAction(handle, context, 0);
  WebSocketAbortHandle(handle);
  WebSocketDeleteHandle(handle);
  return 0;
}
