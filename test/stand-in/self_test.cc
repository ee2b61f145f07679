// Tests of the stand-in through its exports alone. These are plain checks: each failure prints file:line, and the
// exit code shows whether there was one. They are valid for the interim defaults only. A build with other answers
// must fail some of them, but never "random abuse" and "threads".

#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "diagnostics.h"
#include "hresults.h"
#include "websocket_component.h"

namespace {

using stand_in::Diagnostic;
namespace hr = stand_in::hr;
using Bytes = std::string;

int g_checks = 0;
int g_failures = 0;

void Report(bool good, const char* what, const char* file, int line) {
  ++g_checks;
  if (good) return;
  ++g_failures;
  std::printf("%s:%d: %s\n", file, line, what);
}

#define CHECK(condition) Report((condition), #condition, __FILE__, __LINE__)

// ---- Scaffolding --------------------------------------------------------------------------------------------

// One GetAction with all of its results.
struct Action {
  HRESULT result = 0;
  WEB_SOCKET_ACTION action = WEB_SOCKET_NO_ACTION;
  WEB_SOCKET_BUFFER_TYPE type = WEB_SOCKET_NO_BUFFER_TYPE;
  ULONG count = 0;
  WEB_SOCKET_BUFFER buffers[4] = {};
  PVOID application = nullptr;
  PVOID context = nullptr;

  ULONG Total() const {
    ULONG total = 0;
    for (ULONG i = 0; i < count; ++i) total += buffers[i].Data.ulBufferLength;
    return total;
  }
  Bytes Joined() const {
    Bytes all;
    for (ULONG i = 0; i < count; ++i) {
      all.append(reinterpret_cast<const char*>(buffers[i].Data.pbBuffer), buffers[i].Data.ulBufferLength);
    }
    return all;
  }
};

char g_untouched;  // its address marks outputs that must stay unwritten

struct Options {
  ULONG receive = 4096;
  ULONG send = 4096;
  bool disable_masking = false;
  bool disable_utf8 = false;
  std::vector<const char*> subprotocols;
  std::vector<const char*> extensions;
  const char* subprotocol = nullptr;
  std::vector<const char*> selected_extensions;
};

// A handle with an ALLOCATED_BUFFER of exactly RECV + SEND + 144 bytes (E-3), at an odd address. Every buffer from
// GetAction is checked against E-4.
struct Peer {
  WEB_SOCKET_HANDLE handle = nullptr;
  bool server;
  Options options;
  std::vector<BYTE> memory;
  BYTE* block = nullptr;
  ULONG block_size = 0;
  std::vector<std::unique_ptr<Bytes>> payloads;  // sent payloads, which may be returned uncopied
  const BYTE* app_buffer = nullptr;              // the buffer of the latest Receive
  std::size_t app_buffer_size = 0;

  Peer(bool is_server, const Options& wanted) : server(is_server), options(wanted) {
    block_size = options.receive + options.send + 144;
    memory.assign(block_size + 33, 0xEE);
    block = memory.data() + 17;
    BOOL yes = 1;
    WEB_SOCKET_PROPERTY properties[5] = {
        {WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE, &options.receive, 4},
        {WEB_SOCKET_SEND_BUFFER_SIZE_PROPERTY_TYPE, &options.send, 4},
        {WEB_SOCKET_ALLOCATED_BUFFER_PROPERTY_TYPE, &block, block_size},
    };
    ULONG count = 3;
    if (options.disable_masking) properties[count++] = {WEB_SOCKET_DISABLE_MASKING_PROPERTY_TYPE, &yes, 4};
    if (options.disable_utf8) properties[count++] = {WEB_SOCKET_DISABLE_UTF8_VERIFICATION_PROPERTY_TYPE, &yes, 4};
    const HRESULT result = server ? WebSocketCreateServerHandle(properties, count, &handle)
                                  : WebSocketCreateClientHandle(properties, count, &handle);
    CHECK(result == hr::kOk && handle != nullptr);
  }
  ~Peer() {
    WebSocketDeleteHandle(handle);
    bool intact = true;
    for (std::size_t i = 0; i < memory.size(); ++i) {
      if ((i < 17 || i >= 17 + block_size) && memory[i] != 0xEE) intact = false;
    }
    CHECK(intact);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  Action Next(ULONG queue = WEB_SOCKET_ALL_ACTION_QUEUE, ULONG capacity = 2) {
    Action got;
    got.count = capacity;
    got.application = &g_untouched;
    got.action = static_cast<WEB_SOCKET_ACTION>(77);
    got.result = WebSocketGetAction(handle, static_cast<WEB_SOCKET_ACTION_QUEUE>(queue), got.buffers, &got.count,
                                    &got.action, &got.type, &got.application, &got.context);
    CHECK(got.count <= capacity);
    for (ULONG i = 0; i < 4; ++i) {
      const BYTE* at = got.buffers[i].Data.pbBuffer;
      const ULONG length = got.buffers[i].Data.ulBufferLength;
      if (i >= got.count) {
        CHECK(at == nullptr && length == 0);  // Q-R9: unused slots untouched
        continue;
      }
      const bool in_block = at >= block && at + length <= block + block_size &&
                            length <= (options.receive > options.send ? options.receive : options.send);
      const bool in_app_buffer = app_buffer != nullptr && at >= app_buffer && at + length <= app_buffer + app_buffer_size;
      const bool nothing = got.action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION && at == nullptr && length == 0;
      CHECK(in_block || in_app_buffer || nothing || InPayload(at, length));
    }
    if (got.action == WEB_SOCKET_NO_ACTION) {
      CHECK(got.count == 0 && got.context == nullptr && got.type == 0 && got.application == &g_untouched);
    } else {
      CHECK(got.result == hr::kOk && got.context != nullptr);
      if (got.action == WEB_SOCKET_SEND_TO_NETWORK_ACTION || got.action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION) {
        CHECK(got.count >= 1 && got.Total() >= 1);
      }
    }
    return got;
  }
  const BYTE* payload() const { return reinterpret_cast<const BYTE*>(payloads.back()->data()); }
  bool InPayload(const BYTE* at, ULONG length) const {
    for (const auto& sent : payloads) {
      const auto* begin = reinterpret_cast<const BYTE*>(sent->data());
      if (at >= begin && at + length <= begin + sent->size()) return true;
    }
    return false;
  }
  void Done(const Action& action, ULONG bytes = 0) { WebSocketCompleteAction(handle, action.context, bytes); }

  HRESULT Send(ULONG type, const Bytes& data, PVOID context = nullptr) {
    // A copy that lives as long as the handle: the library borrows it until the indication.
    payloads.push_back(std::make_unique<Bytes>(data));
    WEB_SOCKET_BUFFER buffer = {};
    buffer.Data.pbBuffer = const_cast<BYTE*>(payload());
    buffer.Data.ulBufferLength = static_cast<ULONG>(data.size());
    return WebSocketSend(handle, static_cast<WEB_SOCKET_BUFFER_TYPE>(type), &buffer, context);
  }
  HRESULT SendControl(ULONG type) {
    return WebSocketSend(handle, static_cast<WEB_SOCKET_BUFFER_TYPE>(type), nullptr, nullptr);
  }
  HRESULT SendClose(USHORT status, const char* reason, ULONG length) {
    WEB_SOCKET_BUFFER buffer = {};
    buffer.CloseStatus.pbReason = reinterpret_cast<BYTE*>(const_cast<char*>(reason));
    buffer.CloseStatus.ulReasonLength = length;
    buffer.CloseStatus.usStatus = status;
    return WebSocketSend(handle, WEB_SOCKET_CLOSE_BUFFER_TYPE, &buffer, nullptr);
  }
  HRESULT Receive(PVOID context = nullptr) { return WebSocketReceive(handle, nullptr, context); }

  bool Saw(Diagnostic id) const {
    return (StandInDiagnosticMask(handle) >> static_cast<unsigned>(id) & 1) != 0;
  }
  Diagnostic Last() const { return static_cast<Diagnostic>(StandInLastDiagnostic(handle)); }

  // All bytes that the send queue writes until it has no more actions.
  Bytes Flush(ULONG capacity = 2, std::vector<ULONG>* sums = nullptr) {
    Bytes wire;
    for (;;) {
      const Action action = Next(WEB_SOCKET_SEND_ACTION_QUEUE, capacity);
      if (action.action == WEB_SOCKET_NO_ACTION) return wire;
      if (action.action == WEB_SOCKET_SEND_TO_NETWORK_ACTION) {
        wire += action.Joined();
        if (sums != nullptr) sums->push_back(action.Total());
      } else {
        CHECK(action.action == WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION && action.count == 0);
      }
      Done(action, action.Total());
    }
  }

  // Queues a Receive and fills one read with `bytes`. All of them must fit.
  void Feed(const Bytes& bytes) {
    CHECK(Receive() == hr::kOk);
    FeedRead(bytes);
  }
  void FeedRead(const Bytes& bytes) {
    const Action read = Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE, 1);
    CHECK(read.action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION);
    if (read.action != WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION) return;
    CHECK(read.Total() >= bytes.size());
    if (read.Total() < bytes.size()) return;
    std::memcpy(read.buffers[0].Data.pbBuffer, bytes.data(), bytes.size());
    Done(read, static_cast<ULONG>(bytes.size()));
  }
};

using Headers = std::vector<std::pair<Bytes, Bytes>>;

std::vector<WEB_SOCKET_HTTP_HEADER> Raw(const Headers& headers) {
  std::vector<WEB_SOCKET_HTTP_HEADER> raw;
  for (const auto& header : headers) {
    raw.push_back({const_cast<char*>(header.first.data()), static_cast<ULONG>(header.first.size()),
                   const_cast<char*>(header.second.data()), static_cast<ULONG>(header.second.size())});
  }
  return raw;
}

Headers Copied(const WEB_SOCKET_HTTP_HEADER* raw, ULONG count) {
  Headers headers;
  for (ULONG i = 0; i < count; ++i) {
    headers.push_back({Bytes(raw[i].pcName, raw[i].ulNameLength), Bytes(raw[i].pcValue, raw[i].ulValueLength)});
    CHECK(std::strlen(raw[i].pcName) == raw[i].ulNameLength && std::strlen(raw[i].pcValue) == raw[i].ulValueLength);
  }
  return headers;
}

HRESULT BeginClient(WEB_SOCKET_HANDLE handle, std::vector<const char*> subprotocols,
                    std::vector<const char*> extensions, Headers* headers) {
  WEB_SOCKET_HTTP_HEADER* raw = nullptr;
  ULONG count = 0;
  const HRESULT result = WebSocketBeginClientHandshake(
      handle, subprotocols.empty() ? nullptr : subprotocols.data(), static_cast<ULONG>(subprotocols.size()),
      extensions.empty() ? nullptr : extensions.data(), static_cast<ULONG>(extensions.size()), nullptr, 0, &raw,
      &count);
  *headers = Copied(raw, count);
  return result;
}

HRESULT BeginServer(WEB_SOCKET_HANDLE handle, const char* subprotocol, std::vector<const char*> extensions,
                    const Headers& request, Headers* headers) {
  auto raw_request = Raw(request);
  WEB_SOCKET_HTTP_HEADER* raw = nullptr;
  ULONG count = 0;
  const HRESULT result = WebSocketBeginServerHandshake(
      handle, subprotocol, extensions.empty() ? nullptr : extensions.data(), static_cast<ULONG>(extensions.size()),
      raw_request.data(), static_cast<ULONG>(raw_request.size()), &raw, &count);
  *headers = Copied(raw, count);
  return result;
}

HRESULT EndClient(WEB_SOCKET_HANDLE handle, const Headers& response) {
  auto raw = Raw(response);
  return WebSocketEndClientHandshake(handle, raw.data(), static_cast<ULONG>(raw.size()), nullptr, nullptr, nullptr);
}

// .NET's fake handshakes (B4-5, B3-5): a constant request for a server. The client's answer comes from a server
// handle.
const Headers kRequest = {{"Connection", "Upgrade"},
                          {"Upgrade", "websocket"},
                          {"Host", ""},
                          {"Sec-WebSocket-Version", "13"},
                          {"Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}};

Headers ResponseTo(const Headers& request, const char* subprotocol = nullptr,
                   std::vector<const char*> extensions = {}) {
  WEB_SOCKET_HANDLE helper = nullptr;
  CHECK(WebSocketCreateServerHandle(nullptr, 0, &helper) == hr::kOk);
  Headers with_host = request;
  with_host.push_back({"Host", "localhost"});
  Headers response;
  CHECK(BeginServer(helper, subprotocol, extensions, with_host, &response) == hr::kOk);
  WebSocketDeleteHandle(helper);
  return response;
}

std::unique_ptr<Peer> MakePeer(bool server, const Options& options = {}) {
  auto peer = std::make_unique<Peer>(server, options);
  Headers headers;
  if (server) {
    Headers request = kRequest;
    Bytes offers;
    for (const char* extension : options.selected_extensions) offers += (offers.empty() ? "" : ", ") + Bytes(extension);
    if (!offers.empty()) request.push_back({"Sec-WebSocket-Extensions", offers});
    CHECK(BeginServer(peer->handle, options.subprotocol, options.selected_extensions, request, &headers) == hr::kOk);
    CHECK(WebSocketEndServerHandshake(peer->handle) == hr::kOk);
  } else {
    CHECK(BeginClient(peer->handle, options.subprotocols, options.extensions, &headers) == hr::kOk);
    CHECK(EndClient(peer->handle, ResponseTo(headers, options.subprotocol, options.selected_extensions)) == hr::kOk);
  }
  return peer;
}

Options Sized(ULONG receive, ULONG send) {
  Options options;
  options.receive = receive;
  options.send = send;
  return options;
}

constexpr BYTE kKey[4] = {0x37, 0xFA, 0x21, 0x3D};

// A hand-made frame, independent of the code under test. `first` is the whole first byte.
Bytes Frame(unsigned first, const Bytes& payload, bool masked) {
  Bytes frame(1, static_cast<char>(first));
  const std::uint64_t length = payload.size();
  const unsigned bit = masked ? 0x80 : 0;
  if (length < 126) {
    frame += static_cast<char>(bit | length);
  } else {
    const int extended = length < 65536 ? 2 : 8;
    frame += static_cast<char>(bit | (extended == 2 ? 126 : 127));
    for (int i = extended - 1; i >= 0; --i) frame += static_cast<char>(length >> (8 * i));
  }
  if (!masked) return frame + payload;
  frame.append(reinterpret_cast<const char*>(kKey), 4);
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ kKey[i % 4]);
  return frame;
}

struct WireFrame {
  unsigned first;
  bool masked;
  Bytes key;
  Bytes payload;
};

std::vector<WireFrame> ParseWire(const Bytes& wire) {
  std::vector<WireFrame> frames;
  std::size_t at = 0;
  auto byte = [&](std::size_t i) { return static_cast<BYTE>(wire[i]); };
  while (at < wire.size()) {
    WireFrame frame;
    CHECK(wire.size() - at >= 2);
    frame.first = byte(at);
    frame.masked = (byte(at + 1) & 0x80) != 0;
    std::uint64_t length = byte(at + 1) & 0x7F;
    at += 2;
    const int extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (extended > 0) length = 0;
    for (int i = 0; i < extended; ++i) length = length << 8 | byte(at++);
    CHECK(extended == 0 || length >= (extended == 2 ? 126u : 65536u));
    if (frame.masked) {
      frame.key = wire.substr(at, 4);
      at += 4;
    }
    CHECK(wire.size() - at >= length);
    if (wire.size() - at < length) return frames;
    frame.payload = wire.substr(at, static_cast<std::size_t>(length));
    for (std::size_t i = 0; frame.masked && i < frame.payload.size(); ++i) {
      frame.payload[i] = static_cast<char>(frame.payload[i] ^ frame.key[i % 4]);
    }
    at += static_cast<std::size_t>(length);
    frames.push_back(frame);
  }
  return frames;
}

Bytes Pattern(std::size_t size) {
  Bytes text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

// The view of a program that reads `wire` in chunks: joined messages, pongs as frames, close, and the final error.
struct Story {
  Bytes events;  // "T:..." text, "B:..." binary, "P:..." pong, "C:1000:..." close, ">..." automatic pong
  HRESULT error = 0;
  int fragments = 0;
};

Story Read(Peer* peer, const Bytes& wire, std::size_t chunk, ULONG capacity = 1,
           ULONG queue = WEB_SOCKET_RECEIVE_ACTION_QUEUE) {
  Story story;
  std::size_t at = 0;
  Bytes message;
  for (;;) {
    const HRESULT queued = peer->Receive();
    if (FAILED(queued)) {
      story.error = queued;
      return story;
    }
    for (bool indicated = false; !indicated;) {
      const Action action = peer->Next(queue, capacity);
      if (FAILED(action.result)) {
        story.error = action.result;
        return story;
      }
      switch (action.action) {
        case WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION: {
          std::size_t count = action.Total();
          if (count > chunk) count = chunk;
          if (count > wire.size() - at) count = wire.size() - at;
          if (count == 0) {
            peer->Done(action, 0);
            const Action end = peer->Next(queue, capacity);
            CHECK(end.action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION && end.count == 0);
            peer->Done(end);
            story.events += message.empty() ? "" : "(" + message + ")";
            return story;
          }
          std::memcpy(action.buffers[0].Data.pbBuffer, wire.data() + at, count);
          at += count;
          peer->Done(action, static_cast<ULONG>(count));
          break;
        }
        case WEB_SOCKET_SEND_TO_NETWORK_ACTION:
          CHECK(action.type == WEB_SOCKET_PING_PONG_BUFFER_TYPE && action.application == &g_untouched);
          for (const WireFrame& frame : ParseWire(action.Joined())) {
            CHECK(frame.first == 0x8A && frame.masked == !peer->server);
            story.events += ">" + frame.payload + ";";
          }
          peer->Done(action, action.Total());
          break;
        case WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION:
          CHECK(action.count == 1);
          switch (action.type) {
            case WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE:
            case WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE:
              message += action.Joined();
              ++story.fragments;
              break;
            case WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE: story.events += "T:" + message + action.Joined() + ";"; break;
            case WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE: story.events += "B:" + message + action.Joined() + ";"; break;
            case WEB_SOCKET_CLOSE_BUFFER_TYPE:
              story.events += "C:" + std::to_string(action.buffers[0].CloseStatus.usStatus) + ":" + action.Joined() + ";";
              break;
            case WEB_SOCKET_PING_PONG_BUFFER_TYPE: story.events += "P:" + action.Joined() + ";"; break;
            default: CHECK(false);
          }
          if (action.type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE || action.type == WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE) {
            message.clear();
          }
          peer->Done(action, action.Total());  // B9-1: any count
          indicated = true;
          break;
        default: CHECK(false); return story;
      }
    }
  }
}

// ---- B-1, B-12 ----------------------------------------------------------------------------------------------

void TestCreate() {
  WEB_SOCKET_HANDLE handle = nullptr;
  for (auto create : {WebSocketCreateClientHandle, WebSocketCreateServerHandle}) {
    CHECK(create(nullptr, 0, &handle) == hr::kOk && handle != nullptr);
    WebSocketDeleteHandle(handle);
    CHECK(create(nullptr, 0, nullptr) == hr::kInvalidArgument);
    CHECK(create(nullptr, 1, &handle) == hr::kInvalidArgument && handle == nullptr);

    struct Row {
      ULONG receive, send;
      bool good;
    };
    for (const Row& row : {Row{256, 16, true}, {255, 16, false}, {256, 15, false}, {0, 4096, false}, {4096, 0, false},
                           {65536, 65536, true}, {0xFFFFFFFFu, 0xFFFFFFFFu, true}}) {
      ULONG receive = row.receive, send = row.send;
      const WEB_SOCKET_PROPERTY sizes[] = {{WEB_SOCKET_SEND_BUFFER_SIZE_PROPERTY_TYPE, &send, 4},
                                           {WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE, &receive, 4}};
      CHECK(create(sizes, 2, &handle) == (row.good ? hr::kOk : hr::kInvalidArgument));
      CHECK((handle != nullptr) == row.good);
      WebSocketDeleteHandle(handle);
    }

    ULONG value = 1;
    BOOL no = 0;
    for (ULONG type : {5u, 6u, 7u, 0xFFFFFFFFu}) {
      const WEB_SOCKET_PROPERTY property = {static_cast<WEB_SOCKET_PROPERTY_TYPE>(type), &value, 4};
      CHECK(create(&property, 1, &handle) == hr::kInvalidArgument);
    }
    const WEB_SOCKET_PROPERTY off = {WEB_SOCKET_DISABLE_MASKING_PROPERTY_TYPE, &no, 4};
    CHECK(create(&off, 1, &handle) == hr::kOk);
    WebSocketDeleteHandle(handle);
    const WEB_SOCKET_PROPERTY wrong_size = {WEB_SOCKET_DISABLE_MASKING_PROPERTY_TYPE, &value, 1};
    CHECK(create(&wrong_size, 1, &handle) == hr::kInvalidArgument);
    const WEB_SOCKET_PROPERTY null_value = {WEB_SOCKET_SEND_BUFFER_SIZE_PROPERTY_TYPE, nullptr, 4};
    CHECK(create(&null_value, 1, &handle) == hr::kInvalidArgument);
    ULONG bad = 1, good = 300;
    const WEB_SOCKET_PROPERTY twice[] = {{WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE, &bad, 4},
                                         {WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE, &good, 4}};
    CHECK(create(twice, 2, &handle) == hr::kOk);  // Q-C2: the last wins
    WebSocketDeleteHandle(handle);
  }
}

// E-1, E-3, Q-C3: .NET's own examples, sizes that are off by one, the order of the properties.
void TestAllocatedBuffer() {
  struct Row {
    bool server;
    ULONG receive, send;
  };
  for (const Row& row : {Row{true, 16384, 16}, {false, 16384, 16384}, {true, 256, 16}, {false, 256, 16}}) {
    std::vector<BYTE> memory(row.receive + row.send + 144 + 8);
    BYTE* block = memory.data();
    BYTE* null = nullptr;
    ULONG receive = row.receive, send = row.send;
    const ULONG exact = row.receive + row.send + 144;
    if (row.receive == 16384) CHECK(exact == (row.server ? 16544u : 32912u));
    auto create = row.server ? WebSocketCreateServerHandle : WebSocketCreateClientHandle;
    WEB_SOCKET_HANDLE handle = nullptr;
    for (ULONG size : {exact - 1, exact, exact + 1}) {
      for (int order = 0; order < 2; ++order) {
        const WEB_SOCKET_PROPERTY buffer = {WEB_SOCKET_ALLOCATED_BUFFER_PROPERTY_TYPE, &block, size};
        const WEB_SOCKET_PROPERTY a = {WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE, &receive, 4};
        const WEB_SOCKET_PROPERTY b = {WEB_SOCKET_SEND_BUFFER_SIZE_PROPERTY_TYPE, &send, 4};
        const WEB_SOCKET_PROPERTY first[] = {buffer, a, b};
        const WEB_SOCKET_PROPERTY last[] = {a, b, buffer};
        CHECK(create(order == 0 ? first : last, 3, &handle) == (size >= exact ? hr::kOk : hr::kInvalidArgument));
        WebSocketDeleteHandle(handle);
      }
    }
    const WEB_SOCKET_PROPERTY no_block = {WEB_SOCKET_ALLOCATED_BUFFER_PROPERTY_TYPE, &null, 1u << 20};
    CHECK(create(&no_block, 1, &handle) == hr::kInvalidArgument);
    const WEB_SOCKET_PROPERTY no_pointer = {WEB_SOCKET_ALLOCATED_BUFFER_PROPERTY_TYPE, nullptr, 1u << 20};
    CHECK(create(&no_pointer, 1, &handle) == hr::kInvalidArgument);
  }
}

void TestGlobalProperty() {
  ULONG values[2] = {0, 0};
  ULONG size = 4;
  CHECK(WebSocketGetGlobalProperty(WEB_SOCKET_KEEPALIVE_INTERVAL_PROPERTY_TYPE, values, &size) == hr::kOk);
  CHECK(size == 4 && values[0] >= 15000);
#if !defined(_WIN32)
  CHECK(values[0] == 30000 && StandInLastDiagnostic(nullptr) == 0x26);
#endif
  size = 8;
  CHECK(WebSocketGetGlobalProperty(WEB_SOCKET_SUPPORTED_VERSIONS_PROPERTY_TYPE, values, &size) == hr::kOk);
  CHECK(size == 4 && values[0] == 13 && values[1] == 0);
  size = 3;
  CHECK(WebSocketGetGlobalProperty(WEB_SOCKET_SUPPORTED_VERSIONS_PROPERTY_TYPE, values, &size) == hr::kInsufficientBuffer);
  CHECK(size == 4);
  size = 0;
  CHECK(WebSocketGetGlobalProperty(WEB_SOCKET_KEEPALIVE_INTERVAL_PROPERTY_TYPE, nullptr, &size) == hr::kInsufficientBuffer);
  size = 4;
  CHECK(WebSocketGetGlobalProperty(WEB_SOCKET_KEEPALIVE_INTERVAL_PROPERTY_TYPE, nullptr, &size) == hr::kInvalidArgument);
  CHECK(WebSocketGetGlobalProperty(WEB_SOCKET_KEEPALIVE_INTERVAL_PROPERTY_TYPE, values, nullptr) == hr::kInvalidArgument);
  CHECK(WebSocketGetGlobalProperty(WEB_SOCKET_SEND_BUFFER_SIZE_PROPERTY_TYPE, values, &size) == hr::kInvalidArgument);
}

// ---- D-8 ----------------------------------------------------------------------------------------------------

void SampleHandshake(WEB_SOCKET_HANDLE client, WEB_SOCKET_HANDLE server) {
  WEB_SOCKET_HTTP_HEADER* client_headers = nullptr;
  WEB_SOCKET_HTTP_HEADER* server_headers = nullptr;
  ULONG client_count = 0, server_count = 0;
  CHECK(WebSocketBeginClientHandshake(client, nullptr, 0, nullptr, 0, nullptr, 0, &client_headers, &client_count) == hr::kOk);
  const Headers sent = Copied(client_headers, client_count);
  CHECK(sent.size() == 4 && sent[0].first == "Sec-WebSocket-Key" && sent[0].second.size() == 24);
  const Headers rest(sent.begin() + 1, sent.end());
  CHECK((rest == Headers{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}}));
  std::vector<WEB_SOCKET_HTTP_HEADER> request(client_headers, client_headers + client_count);
  char host[] = "Host", localhost[] = "localhost";
  request.push_back({host, 4, localhost, 9});
  CHECK(WebSocketBeginServerHandshake(server, nullptr, nullptr, 0, request.data(), static_cast<ULONG>(request.size()),
                                      &server_headers, &server_count) == hr::kOk);
  const Headers answer = Copied(server_headers, server_count);
  CHECK(answer.size() == 3 && answer[0].first == "Upgrade" && answer[1].first == "Connection" &&
        answer[2].first == "Sec-WebSocket-Accept" && answer[2].second.size() == 28);
  CHECK(WebSocketEndClientHandshake(client, server_headers, server_count, nullptr, nullptr, nullptr) == hr::kOk);
  CHECK(WebSocketEndServerHandshake(server) == hr::kOk);
}

Bytes g_fifo;

std::vector<ULONG> SampleLoop(WEB_SOCKET_HANDLE handle, Bytes* indicated) {
  std::vector<ULONG> trace;
  WEB_SOCKET_ACTION action;
  do {
    WEB_SOCKET_BUFFER buffers[2] = {};
    ULONG count = 2, bytes = 0;
    WEB_SOCKET_BUFFER_TYPE type;
    PVOID context = nullptr;
    const HRESULT result = WebSocketGetAction(handle, WEB_SOCKET_ALL_ACTION_QUEUE, buffers, &count, &action, &type, nullptr, &context);
    CHECK(result == hr::kOk);
    if (FAILED(result)) WebSocketAbortHandle(handle);
    trace.push_back(action);
    switch (action) {
      case WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION:
        CHECK(count >= 1);
        for (ULONG i = 0; i < count; ++i) {
          CHECK(!g_fifo.empty());
          const ULONG wanted = buffers[i].Data.ulBufferLength;
          bytes = static_cast<ULONG>(g_fifo.size() < wanted ? g_fifo.size() : wanted);
          std::memcpy(buffers[i].Data.pbBuffer, g_fifo.data(), bytes);
          g_fifo.erase(0, bytes);
          if (bytes < wanted) break;
        }
        break;
      case WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION:
        CHECK(count == 1);
        CHECK(type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE);
        indicated->assign(reinterpret_cast<char*>(buffers[0].Data.pbBuffer), buffers[0].Data.ulBufferLength);
        break;
      case WEB_SOCKET_SEND_TO_NETWORK_ACTION:
        for (ULONG i = 0; i < count; ++i) {
          g_fifo.append(reinterpret_cast<char*>(buffers[i].Data.pbBuffer), buffers[i].Data.ulBufferLength);
          bytes += buffers[i].Data.ulBufferLength;
        }
        break;
      default: break;
    }
    WebSocketCompleteAction(handle, context, bytes);
  } while (action != WEB_SOCKET_NO_ACTION);
  return trace;
}

void TestMicrosoftSample() {
  WEB_SOCKET_HANDLE client = nullptr, server = nullptr;
  CHECK(WebSocketCreateClientHandle(nullptr, 0, &client) == hr::kOk);
  CHECK(WebSocketCreateServerHandle(nullptr, 0, &server) == hr::kOk);
  SampleHandshake(client, server);
  Bytes hello = "Hello World", got;
  WEB_SOCKET_BUFFER buffer = {};
  buffer.Data.pbBuffer = reinterpret_cast<BYTE*>(&hello[0]);
  buffer.Data.ulBufferLength = 11;
  g_fifo.clear();
  CHECK(WebSocketSend(client, WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, &buffer, nullptr) == hr::kOk);
  CHECK((SampleLoop(client, &got) == std::vector<ULONG>{1, 2, 0}));
  CHECK(g_fifo.size() == 17 && g_fifo.substr(0, 2) == "\x81\x8B" && hello == "Hello World");
  CHECK(WebSocketReceive(server, nullptr, nullptr) == hr::kOk);
  CHECK((SampleLoop(server, &got) == std::vector<ULONG>{3, 4, 0}));
  CHECK(got == "Hello World" && g_fifo.empty());
  WebSocketDeleteHandle(client);
  WebSocketDeleteHandle(server);
}

// ---- B-2 .. B-5, C ------------------------------------------------------------------------------------------

void TestKnownAccept() {
  // RFC 6455 section 1.3.
  Headers request = kRequest;
  request[4].second = "dGhlIHNhbXBsZSBub25jZQ==";
  const Headers response = ResponseTo({request[0], request[1], request[3], request[4]});
  CHECK(response[2].second == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

void TestHandshakeStates() {
  WEB_SOCKET_HANDLE client = nullptr, server = nullptr;
  CHECK(WebSocketCreateClientHandle(nullptr, 0, &client) == hr::kOk);
  CHECK(WebSocketCreateServerHandle(nullptr, 0, &server) == hr::kOk);
  Headers headers, response;
  // The wrong side, too early, no session yet.
  CHECK(BeginClient(server, {}, {}, &headers) == hr::kInvalidArgument && headers.empty());
  CHECK(BeginServer(client, nullptr, {}, kRequest, &headers) == hr::kInvalidArgument);
  CHECK(EndClient(server, kRequest) == hr::kInvalidArgument);
  CHECK(WebSocketEndServerHandshake(client) == hr::kInvalidArgument);
  CHECK(EndClient(client, kRequest) == hr::kInvalidProtocolOperation);
  CHECK(WebSocketEndServerHandshake(server) == hr::kInvalidProtocolOperation);
  for (WEB_SOCKET_HANDLE handle : {client, server}) {
    CHECK(WebSocketSend(handle, WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, nullptr, nullptr) == hr::kInvalidProtocolOperation);
    CHECK(WebSocketReceive(handle, nullptr, nullptr) == hr::kInvalidProtocolOperation);
    WEB_SOCKET_BUFFER buffer;
    ULONG count = 1;
    WEB_SOCKET_ACTION action = static_cast<WEB_SOCKET_ACTION>(9);
    WEB_SOCKET_BUFFER_TYPE type = WEB_SOCKET_CLOSE_BUFFER_TYPE;
    PVOID context = &g_untouched;
    CHECK(WebSocketGetAction(handle, WEB_SOCKET_ALL_ACTION_QUEUE, &buffer, &count, &action, &type, nullptr, &context) == hr::kInvalidProtocolOperation);
    CHECK(count == 0 && action == WEB_SOCKET_NO_ACTION && type == 0 && context == nullptr);
    WebSocketCompleteAction(handle, handle, 5);
    CHECK(StandInLastDiagnostic(handle) == 0x01);
    WebSocketAbortHandle(handle);  // B10-2: a no-op
  }
  CHECK(BeginClient(client, {}, {}, &headers) == hr::kOk);
  CHECK(BeginClient(client, {}, {}, &response) == hr::kInvalidProtocolOperation && response.empty());
  CHECK(WebSocketReceive(client, nullptr, nullptr) == hr::kInvalidProtocolOperation);
  WebSocketAbortHandle(client);
  // A failed End can be repeated (Q-H13).
  CHECK(EndClient(client, kRequest) == hr::kInvalidProtocolFormat);
  CHECK(EndClient(client, ResponseTo(headers)) == hr::kOk);
  CHECK(EndClient(client, ResponseTo(headers)) == hr::kInvalidProtocolOperation);
  // A server's handshake ends by itself (B5-1).
  CHECK(BeginServer(server, nullptr, {}, {}, &headers) == hr::kInvalidProtocolFormat && headers.empty());
  CHECK(StandInLastDiagnostic(server) == 0x28);
  CHECK(BeginServer(server, nullptr, {}, kRequest, &headers) == hr::kOk);
  WebSocketAbortHandle(server);
  CHECK(WebSocketReceive(server, nullptr, nullptr) == hr::kOk);
  CHECK(WebSocketEndServerHandshake(server) == hr::kInvalidProtocolOperation);
  WebSocketDeleteHandle(client);
  WebSocketDeleteHandle(server);
}

void TestBeginClientArguments() {
  Headers headers;
  struct Row {
    std::vector<const char*> subprotocols, extensions;
    HRESULT expected;
    Diagnostic why;
  };
  const std::vector<Row> rows = {
      {{"chat", "super.chat"}, {"x-a; p=1; q=\"a,b\"; r", "x-b"}, hr::kOk, Diagnostic::kNone},
      {{""}, {}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{"a b"}, {}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{"a,b"}, {}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{"caf\xC3\xA9"}, {}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{nullptr}, {}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{"a", "b", "a"}, {}, hr::kInvalidArgument, Diagnostic::kElementTwice},
      {{"a", "A"}, {}, hr::kOk, Diagnostic::kNone},
      {{}, {"x; "}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{}, {"x; p="}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{}, {"x; p=\"q"}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{}, {"x, y"}, hr::kInvalidArgument, Diagnostic::kListCannotParse},
      {{}, {"x; a", "x; b"}, hr::kOk, Diagnostic::kNone},
      {{}, {"x; a", "X; A"}, hr::kInvalidArgument, Diagnostic::kElementTwice},
  };
  for (const Row& row : rows) {
    WEB_SOCKET_HANDLE client = nullptr;
    CHECK(WebSocketCreateClientHandle(nullptr, 0, &client) == hr::kOk);
    CHECK(BeginClient(client, row.subprotocols, row.extensions, &headers) == row.expected);
    CHECK(StandInLastDiagnostic(client) == static_cast<ULONG>(row.why));
    if (FAILED(row.expected)) CHECK(BeginClient(client, {}, {}, &headers) == hr::kOk);
    WebSocketDeleteHandle(client);
  }
  WEB_SOCKET_HANDLE client = nullptr;
  CHECK(WebSocketCreateClientHandle(nullptr, 0, &client) == hr::kOk);
  CHECK(BeginClient(client, {"a", "b"}, {"x; p=1", "y"}, &headers) == hr::kOk);
  CHECK(headers.size() == 6);
  CHECK((headers[4] == std::pair<Bytes, Bytes>("Sec-WebSocket-Protocol", "a,b")));
  CHECK((headers[5] == std::pair<Bytes, Bytes>("Sec-WebSocket-Extensions", "x; p=1,y")));
  WebSocketDeleteHandle(client);
}

void TestResponseValidation() {
  WEB_SOCKET_HANDLE client = nullptr;
  CHECK(WebSocketCreateClientHandle(nullptr, 0, &client) == hr::kOk);
  Headers request;
  CHECK(BeginClient(client, {"chat", "soap"}, {"x-one", "x-two; p=1"}, &request) == hr::kOk);
  const Headers good = ResponseTo(request);
  const Bytes accept = good[2].second;
  const Headers base = {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", accept}};
  auto without = [&](std::size_t i) {
    Headers changed = base;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    return changed;
  };
  auto with = [&](const Bytes& name, const Bytes& value) {
    Headers changed = base;
    changed.push_back({name, value});
    return changed;
  };
  auto with_extensions = [&](const Bytes& value) {
    Headers changed = with("Sec-WebSocket-Protocol", "chat");
    changed.push_back({"Sec-WebSocket-Extensions", value});
    return changed;
  };
  auto instead = [&](std::size_t i, const Bytes& value) {
    Headers changed = base;
    changed[i].second = value;
    return changed;
  };
  Bytes other_accept = accept;
  other_accept[0] = other_accept[0] == 'A' ? 'B' : 'A';
  Bytes other_case = accept;
  for (char& c : other_case) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 32);
      break;
    }
  }
  struct Row {
    Headers response;
    HRESULT expected;
    Diagnostic why;
  };
  const HRESULT format = hr::kInvalidProtocolFormat;
  const std::vector<Row> rows = {
      {{}, format, Diagnostic::kNoHeaders},
      {without(0), format, Diagnostic::kHeaderMissing},
      {without(1), format, Diagnostic::kHeaderMissing},
      {without(2), format, Diagnostic::kHeaderMissing},
      {with("connection", "Upgrade"), format, Diagnostic::kHeaderTwice},
      {with("UPGRADE", "websocket"), format, Diagnostic::kHeaderTwice},
      {with("sec-websocket-accept", accept), format, Diagnostic::kHeaderTwice},
      {instead(0, "keep-alive"), format, Diagnostic::kConnectionTokenMissing},
      {instead(0, "Upgrade,"), format, Diagnostic::kConnectionHeaderInvalid},
      {instead(0, "keep-alive Upgrade"), format, Diagnostic::kConnectionHeaderInvalid},
      {instead(0, "@"), format, Diagnostic::kConnectionHeaderInvalid},
      {instead(0, ""), format, Diagnostic::kConnectionHeaderInvalid},
      {instead(1, "h2c"), format, Diagnostic::kUpgradeTokenMissing},
      {instead(1, "websocket/13"), format, Diagnostic::kUpgradeHeaderInvalid},
      {instead(2, other_accept), format, Diagnostic::kAcceptMismatch},
      {instead(2, other_case), format, Diagnostic::kAcceptMismatch},
      {instead(2, ""), format, Diagnostic::kAcceptMismatch},
      {with("Sec-WebSocket-Protocol", "other"), hr::kSubprotocolNotSupported, Diagnostic::kSubprotocolNotSupported},
      {with("Sec-WebSocket-Protocol", "CHAT"), hr::kSubprotocolNotSupported, Diagnostic::kSubprotocolNotSupported},
      {with("Sec-WebSocket-Protocol", "chat, soap"), format, Diagnostic::kProtocolHeaderInvalid},
      {base, hr::kSubprotocolNotSupported, Diagnostic::kSubprotocolNotSupported},  // Q-H7, H-9
      {with("Sec-WebSocket-Protocol", ""), format, Diagnostic::kProtocolHeaderInvalid},
      {with("Sec-WebSocket-Protocol", "ch@t"), format, Diagnostic::kProtocolHeaderInvalid},
      {with_extensions("x-other"), hr::kExtensionsNotSupported, Diagnostic::kExtensionNotSupported},
      {with_extensions("x-one, x-ONE"), format, Diagnostic::kExtensionsHeaderInvalid},
      {with_extensions("x-one; "), format, Diagnostic::kExtensionsHeaderInvalid},
  };
  for (const Row& row : rows) {
    CHECK(EndClient(client, row.response) == row.expected);
    CHECK(StandInLastDiagnostic(client) == static_cast<ULONG>(row.why));
  }
  const std::uint64_t seen = StandInDiagnosticMask(client);
  for (Diagnostic id : {Diagnostic::kListCannotParse, Diagnostic::kListTooManyElements, Diagnostic::kListCommaExpected,
                        Diagnostic::kListInputEnded, Diagnostic::kElementTwice, Diagnostic::kElementNotFound}) {
    CHECK((seen >> static_cast<unsigned>(id) & 1) != 0);
  }
  // Argument mistakes.
  auto raw = Raw(base);
  ULONG indices[2] = {7, 7}, count = 1, subprotocol = 7;
  CHECK(WebSocketEndClientHandshake(client, nullptr, 3, nullptr, nullptr, nullptr) == hr::kInvalidArgument);
  CHECK(WebSocketEndClientHandshake(client, raw.data(), 3, indices, nullptr, nullptr) == hr::kInvalidArgument);
  CHECK(WebSocketEndClientHandshake(client, raw.data(), 3, indices, &count, nullptr) == hr::kInvalidArgument);
  CHECK(count == 1 && indices[0] == 7);
  // Success with a selection, in other letter case, with blanks and lists.
  Headers chosen = {{"CONNECTION", "keep-alive, upgrade"}, {"upgrade", " \tWebSocket "},
                    {"Sec-WebSocket-Accept", " " + accept + " "}, {"Sec-WebSocket-Protocol", "soap"},
                    {"Sec-WebSocket-Extensions", "X-TWO; q=2"}, {"Sec-WebSocket-Extensions", "x-one"}};
  raw = Raw(chosen);
  count = 2;
  CHECK(WebSocketEndClientHandshake(client, raw.data(), 6, indices, &count, &subprotocol) == hr::kOk);
  CHECK(count == 2 && indices[0] == 1 && indices[1] == 0 && subprotocol == 1);
  WebSocketDeleteHandle(client);

  // Q-H7: extensions were offered and none was chosen. (A row above does the same for subprotocols.)
  CHECK(WebSocketCreateClientHandle(nullptr, 0, &client) == hr::kOk);
  CHECK(BeginClient(client, {}, {"x-one"}, &request) == hr::kOk);
  const Headers plain = ResponseTo(request);
  raw = Raw(plain);
  count = 1;
  subprotocol = 7;
  CHECK(WebSocketEndClientHandshake(client, raw.data(), 3, indices, &count, &subprotocol) == hr::kOk);
  CHECK(count == 0 && subprotocol == 7);
  WebSocketDeleteHandle(client);
}

void TestRequestValidation() {
  WEB_SOCKET_HANDLE server = nullptr;
  CHECK(WebSocketCreateServerHandle(nullptr, 0, &server) == hr::kOk);
  auto without = [&](std::size_t i) {
    Headers changed = kRequest;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    return changed;
  };
  auto with = [&](const Bytes& name, const Bytes& value) {
    Headers changed = kRequest;
    changed.push_back({name, value});
    return changed;
  };
  auto instead = [&](std::size_t i, const Bytes& value) {
    Headers changed = kRequest;
    changed[i].second = value;
    return changed;
  };
  const HRESULT format = hr::kInvalidProtocolFormat;
  struct Row {
    Headers request;
    HRESULT expected;
    Diagnostic why;
    const char* subprotocol;
    std::vector<const char*> extensions;
  };
  const std::vector<Row> bad = {
      {without(0), format, Diagnostic::kHeaderMissing, nullptr, {}},
      {without(1), format, Diagnostic::kHeaderMissing, nullptr, {}},
      {without(2), format, Diagnostic::kHeaderMissing, nullptr, {}},
      {without(3), format, Diagnostic::kHeaderMissing, nullptr, {}},
      {without(4), format, Diagnostic::kHeaderMissing, nullptr, {}},
      {with("host", "x"), format, Diagnostic::kHeaderTwice, nullptr, {}},
      {with("Sec-WebSocket-Version", "13"), format, Diagnostic::kHeaderTwice, nullptr, {}},
      {with("Sec-WebSocket-Key", "x"), format, Diagnostic::kHeaderTwice, nullptr, {}},
      {instead(0, "close"), format, Diagnostic::kConnectionTokenMissing, nullptr, {}},
      {instead(1, "h2c"), format, Diagnostic::kUpgradeTokenMissing, nullptr, {}},
      {instead(3, "8"), hr::kVersionNotSupported, Diagnostic::kVersionHeaderInvalid, nullptr, {}},
      {instead(3, "13, 8"), hr::kVersionNotSupported, Diagnostic::kVersionHeaderInvalid, nullptr, {}},
      {instead(3, ""), hr::kVersionNotSupported, Diagnostic::kVersionHeaderInvalid, nullptr, {}},
      {instead(3, "130000000000000013"), hr::kVersionNotSupported, Diagnostic::kVersionHeaderInvalid, nullptr, {}},
      {instead(4, " "), format, Diagnostic::kInvalidParameter, nullptr, {}},
      {with("Sec-WebSocket-Protocol", "a,,b"), format, Diagnostic::kProtocolHeaderInvalid, nullptr, {}},
      {with("Sec-WebSocket-Protocol", "a, b, a"), format, Diagnostic::kProtocolHeaderInvalid, nullptr, {}},
      {with("Sec-WebSocket-Extensions", "x; =1"), format, Diagnostic::kExtensionsHeaderInvalid, nullptr, {}},
      {kRequest, hr::kSubprotocolNotSupported, Diagnostic::kSubprotocolNotSupported, "chat", {}},
      {with("Sec-WebSocket-Protocol", "soap"), hr::kSubprotocolNotSupported, Diagnostic::kSubprotocolNotSupported, "chat", {}},
      {kRequest, hr::kExtensionsNotSupported, Diagnostic::kExtensionNotSupported, nullptr, {"x-one"}},
      {with("Sec-WebSocket-Protocol", "chat"), hr::kInvalidArgument, Diagnostic::kListCannotParse, "", {}},
      {with("Sec-WebSocket-Extensions", "x"), hr::kInvalidArgument, Diagnostic::kListCannotParse, nullptr, {"x,"}},
      {with("Sec-WebSocket-Extensions", "x"), hr::kInvalidArgument, Diagnostic::kElementTwice, nullptr, {"x", "x"}},
  };
  Headers headers;
  for (const Row& row : bad) {
    CHECK(BeginServer(server, row.subprotocol, row.extensions, row.request, &headers) == row.expected);
    CHECK(StandInLastDiagnostic(server) == static_cast<ULONG>(row.why) && headers.empty());
  }
  ULONG count = 0;
  WEB_SOCKET_HTTP_HEADER* raw = nullptr;
  CHECK(WebSocketBeginServerHandshake(server, nullptr, nullptr, 0, nullptr, 5, &raw, &count) == hr::kInvalidArgument);
  WEB_SOCKET_HTTP_HEADER no_name = {nullptr, 4, nullptr, 0};
  CHECK(WebSocketBeginServerHandshake(server, nullptr, nullptr, 0, &no_name, 1, &raw, &count) == hr::kInvalidArgument);
  WebSocketDeleteHandle(server);

  const std::vector<Row> good = {
      {instead(0, "keep-alive, Upgrade"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {instead(0, "UPGRADE"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {instead(1, "WebSocket"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {instead(3, " 13\t"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {instead(4, "x"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {with("Cookie", "a=b, c"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {with("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {with("Sec-WebSocket-Extensions", "x; a, x; b"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {with("Sec-WebSocket-Protocol", "soap, chat"), hr::kOk, Diagnostic::kNone, nullptr, {}},
      {with("Sec-WebSocket-Protocol", "soap, chat"), hr::kOk, Diagnostic::kNone, "chat", {}},
      {with("Sec-WebSocket-Extensions", "X-One; p=1"), hr::kOk, Diagnostic::kNone, nullptr, {"x-one; p=2"}},
  };
  for (const Row& row : good) {
    CHECK(WebSocketCreateServerHandle(nullptr, 0, &server) == hr::kOk);
    CHECK(BeginServer(server, row.subprotocol, row.extensions, row.request, &headers) == hr::kOk);
    CHECK(headers.size() == 3u + (row.subprotocol != nullptr ? 1 : 0) + (row.extensions.empty() ? 0 : 1));
    if (row.subprotocol != nullptr) CHECK((headers[3] == std::pair<Bytes, Bytes>("Sec-WebSocket-Protocol", "chat")));
    if (!row.extensions.empty()) {
      CHECK((headers[3] == std::pair<Bytes, Bytes>("Sec-WebSocket-Extensions", "x-one; p=2")));
    }
    WebSocketDeleteHandle(server);
  }
}

// ---- D-2 ----------------------------------------------------------------------------------------------------

void TestSendMatrix() {
  const std::size_t sizes[] = {0, 1, 2, 15, 16, 17, 125, 126, 127, 255, 256, 257, 4095, 4096, 4097, 65535, 65536, 100000};
  for (bool server : {false, true}) {
    for (ULONG send : {16u, 256u, 4096u, 70000u}) {
      for (ULONG capacity : {1u, 2u, 3u}) {
        auto peer = MakePeer(server, Sized(256, send));
        for (std::size_t size : sizes) {
          const Bytes payload = Pattern(size);
          int mark = 0;
          CHECK(peer->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, payload, &mark) == hr::kOk);
          Bytes wire;
          const std::size_t header = size < 126 ? 6 : size < 0x10000 ? 8 : 14;
          std::size_t sent = 0;
          const BYTE* first = nullptr;
          ULONG index = 0;
          for (;; ++index) {
            const Action action = peer->Next(WEB_SOCKET_SEND_ACTION_QUEUE, capacity);
            CHECK(action.type == WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE && action.application == &mark);
            peer->Done(action, action.Total());
            if (action.action == WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION) break;
            CHECK(action.action == WEB_SOCKET_SEND_TO_NETWORK_ACTION);
            if (action.action != WEB_SOCKET_SEND_TO_NETWORK_ACTION) break;
            wire += action.Joined();
            if (!server) {
              // Q-S1, H-2: one piece of SEND bytes, the header inside the first.
              CHECK(action.count == 1);
              CHECK(action.Total() == std::min<std::size_t>(send, header + size - sent));
              CHECK(first == nullptr || action.buffers[0].Data.pbBuffer == first);
              first = action.buffers[0].Data.pbBuffer;
              sent += action.Total();
              continue;
            }
            // Header (+ payload, uncopied in one piece).
            if (index == 0) CHECK(action.count == (capacity == 1 || size == 0 ? 1u : 2u));
            if (index > 0) CHECK(action.count == 1);
            const ULONG slice = action.buffers[action.count - 1].Data.ulBufferLength;
            if (index == 0 && action.count == 1) continue;
            CHECK(action.buffers[action.count - 1].Data.pbBuffer == peer->payload() && slice == size);
          }
          const std::size_t actions = !server ? (header + size + send - 1) / send : capacity == 1 && size > 0 ? 2 : 1;
          CHECK(index == actions);
          const auto frames = ParseWire(wire);
          CHECK(frames.size() == 1 && frames[0].first == 0x82 && frames[0].masked == !server);
          CHECK(frames[0].payload == payload && *peer->payloads.back() == payload);
          CHECK(peer->Next(WEB_SOCKET_SEND_ACTION_QUEUE).action == WEB_SOCKET_NO_ACTION);
        }
      }
    }
  }
}

void TestFragmentsAndOpcodes() {
  auto peer = MakePeer(true);
  const Bytes a = "ab", b = "cd", c = "ef";
  CHECK(peer->Send(WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE, a) == hr::kOk);
  CHECK(peer->Flush() == "\x01\x02" "ab");
  CHECK(peer->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, b) == hr::kInvalidArgument);  // H-4
  CHECK(peer->Last() == Diagnostic::kWrongMessageType);
  CHECK(peer->Send(WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE, b) == hr::kInvalidArgument);
  CHECK(peer->SendControl(WEB_SOCKET_PING_PONG_BUFFER_TYPE) == hr::kOk);
  CHECK(peer->SendControl(WEB_SOCKET_UNSOLICITED_PONG_BUFFER_TYPE) == hr::kOk);
  CHECK(peer->Flush() == Bytes("\x89\x00\x8A\x00", 4));
  CHECK(peer->Send(WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE, b) == hr::kOk);
  CHECK(peer->Flush(1) == Bytes("\x00\x02" "cd", 4));
  CHECK(peer->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, c) == hr::kOk);
  CHECK(peer->Flush() == "\x80\x02" "ef");
  CHECK(peer->Send(WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE, "") == hr::kOk);
  CHECK(WebSocketSend(peer->handle, WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, nullptr, nullptr) == hr::kOk);
  CHECK(peer->Flush() == Bytes("\x02\x00\x80\x00", 4));
  // Several sends are FIFO, and outgoing text is not verified (Q-S9, Q-S12).
  const Bytes bad = "\xFF";
  CHECK(peer->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, bad) == hr::kOk);
  CHECK(peer->SendControl(WEB_SOCKET_PING_PONG_BUFFER_TYPE) == hr::kOk);
  CHECK(peer->Flush() == Bytes("\x81\x01\xFF\x89\x00", 5));
}

void TestSendValidation() {
  auto peer = MakePeer(false);
  WEB_SOCKET_BUFFER null_data = {};
  null_data.Data.ulBufferLength = 1;
  CHECK(WebSocketSend(peer->handle, WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, &null_data, nullptr) == hr::kInvalidArgument);
  CHECK(peer->Last() == Diagnostic::kNullNeedsZeroLength);
  for (ULONG type : {0u, 2u, 0x102u, 0x200u, 0x7FFFFFFFu, 0x80000007u, 0xFFFFFFFFu}) {
    CHECK(peer->Send(type, "x") == hr::kInvalidArgument && peer->Last() == Diagnostic::kInvalidBufferType);
  }
  CHECK(peer->Send(0x103, "x") == hr::kInvalidArgument && peer->Last() == Diagnostic::kMaskBitReserved);
  CHECK(peer->Send(WEB_SOCKET_PING_PONG_BUFFER_TYPE, "x") == hr::kInvalidArgument && peer->Last() == Diagnostic::kInvalidParameter);
  CHECK(peer->Send(WEB_SOCKET_UNSOLICITED_PONG_BUFFER_TYPE, "") == hr::kInvalidArgument);
  const Bytes reason = Pattern(124);
  for (USHORT status : {0, 1, 999, 1006, 1015}) {
    CHECK(peer->SendClose(status, nullptr, 0) == hr::kInvalidArgument && peer->Last() == Diagnostic::kCloseStatusRefused);
  }
  CHECK(peer->SendClose(1000, reason.data(), 124) == hr::kInvalidArgument && peer->Last() == Diagnostic::kCloseReasonTooLong);
  CHECK(peer->SendClose(1000, nullptr, 1) == hr::kInvalidArgument && peer->Last() == Diagnostic::kNullNeedsZeroLength);
  CHECK(peer->SendClose(1005, reason.data(), 1) == hr::kInvalidArgument && peer->Last() == Diagnostic::kReasonMustBeEmpty);
  CHECK(peer->SendClose(1005, reason.data(), 0) == hr::kInvalidArgument);
  CHECK(peer->Flush().empty());
  // A refused Send changes nothing: data can still be sent.
  CHECK(peer->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, reason) == hr::kOk);
  CHECK(ParseWire(peer->Flush())[0].payload == reason);
}

void TestCloseSending() {
  struct Row {
    bool null_buffer;
    USHORT status;
    Bytes reason;
    bool null_reason;
    Bytes body;
  };
  const Bytes longest = Pattern(123);
  const Row rows[] = {
      {true, 0, "", true, ""},
      {false, 1005, "", true, ""},
      {false, 1000, "", true, "\x03\xE8"},
      {false, 1001, "", false, "\x03\xE9"},
      {false, 1004, "x", false, Bytes("\x03\xEC") + "x"},
      {false, 65535, "Negative", false, Bytes("\xFF\xFF") + "Negative"},
      {false, 1010, longest, false, Bytes("\x03\xF2") + longest},
  };
  for (bool server : {false, true}) {
    for (ULONG capacity : {1u, 2u}) {
      for (const Row& row : rows) {
        auto peer = MakePeer(server, Sized(256, 16));
        {
          Bytes reason = row.reason;  // gone before the frame is taken (Q-S13)
          CHECK((row.null_buffer ? peer->SendControl(WEB_SOCKET_CLOSE_BUFFER_TYPE)
                                 : peer->SendClose(row.status, row.null_reason ? nullptr : reason.data(),
                                                   static_cast<ULONG>(reason.size()))) == hr::kOk);
        }
        CHECK(peer->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, "x") == hr::kInvalidProtocolOperation);
        CHECK(peer->Last() == Diagnostic::kDataSentAfterClose);
        CHECK(peer->SendClose(1000, nullptr, 0) == hr::kInvalidProtocolOperation && peer->Last() == Diagnostic::kCloseSentTwice);
        CHECK(peer->SendControl(WEB_SOCKET_UNSOLICITED_PONG_BUFFER_TYPE) == hr::kOk);
        std::vector<ULONG> sums;
        const auto frames = ParseWire(peer->Flush(capacity, &sums));
        CHECK(sums.size() == 2 && frames.size() == 2 && frames[0].first == 0x88 && frames[0].payload == row.body);
        CHECK(frames[1].first == 0x8A);
      }
    }
  }
}

void TestCancelledSends() {
  for (bool server : {false, true}) {
    auto peer = MakePeer(server, Sized(256, 16));
    const Bytes large = Pattern(1000), small = "next";
    for (ULONG given : {0u, 1u, 0xFFFFFFFFu}) {
      CHECK(peer->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, large) == hr::kOk);
      const Action first = peer->Next(WEB_SOCKET_SEND_ACTION_QUEUE);
      peer->Done(first, given);
      const Action end = peer->Next(WEB_SOCKET_SEND_ACTION_QUEUE);
      CHECK(end.action == WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION && end.count == 0);
      // A second completion of the first action changes nothing.
      peer->Done(first, first.Total());
      CHECK(peer->Last() == Diagnostic::kInvalidActionContext);
      // mORMot: another Send while the indication is pending (B6-14).
      CHECK(peer->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, small) == hr::kOk);
      CHECK(peer->Next(WEB_SOCKET_SEND_ACTION_QUEUE).action == WEB_SOCKET_NO_ACTION);
      peer->Done(end, 99);
      CHECK(ParseWire(peer->Flush())[0].payload == small);
    }
  }
}

void TestDisableMasking() {
  Options options = Sized(256, 16);
  options.disable_masking = true;
  auto client = MakePeer(false, options);
  const Bytes payload = Pattern(70000);
  CHECK(client->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, payload) == hr::kOk);
  const Action action = client->Next(WEB_SOCKET_SEND_ACTION_QUEUE);
  CHECK(action.count == 2 && action.buffers[0].Data.ulBufferLength == 14);
  CHECK(action.buffers[1].Data.pbBuffer == client->payload() && action.buffers[1].Data.ulBufferLength == 70000);
  const auto frames = ParseWire(action.Joined());
  CHECK(frames[0].masked && frames[0].key == Bytes(4, '\0') && frames[0].payload == payload);
  client->Done(action, action.Total());
  CHECK(client->Flush().empty());
  const Story pong = Read(client.get(), Frame(0x89, "hi", false), 100);
  CHECK(pong.events == ">hi;");
  // A server with the property accepts unmasked and masked frames.
  auto server = MakePeer(true, options);
  CHECK(Read(server.get(), Frame(0x81, "un", false) + Frame(0x81, "masked", true), 100).events == "T:un;T:masked;");
  // A client with it still refuses masked frames.
  CHECK(Read(client.get(), Frame(0x81, "x", true), 100).error == hr::kInvalidProtocolFormat);
}

void TestCustomFrames() {
  Options options = Sized(256, 64);
  options.extensions = {"x-custom"};
  options.selected_extensions = {"x-custom"};
  auto client = MakePeer(false, options);
  // FIN | RSV1 | opcode 2.
  const ULONG type = 0x100 | 0x80 | 2 << 1;
  const Bytes payload = "squeezed";
  CHECK(client->Send(type, payload) == hr::kOk);
  const auto frames = ParseWire(client->Flush());
  CHECK(frames.size() == 1 && frames[0].first == 0xC2 && frames[0].payload == payload);
  CHECK(client->Send(type | 1, payload) == hr::kInvalidArgument && client->Last() == Diagnostic::kMaskBitReserved);
  auto server = MakePeer(true, options);
  server->Feed(Frame(0xC2, payload, true));
  const Action action = server->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(action.action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION && action.type == type && action.Joined() == payload);
  server->Done(action);
  // Text with RSV1 is not verified as UTF-8, nor is its continuation.
  CHECK(server->Receive() == hr::kOk);
  server->FeedRead(Frame(0x41, "\xFF", true) + Frame(0x80, "\xFE", true));
  const Action first = server->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(first.type == (0x80 | 1 << 1));
  server->Done(first);
  CHECK(server->Receive() == hr::kOk);
  const Action second = server->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(second.type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE);
  server->Done(second);
}

// ---- D-3 ----------------------------------------------------------------------------------------------------

void TestReceiveAtEverySplit() {
  const Bytes text = "gr\xC3\xBC\xC3\x9F" "e \xF0\x9F\x98\x80";
  for (bool server : {false, true}) {
    Bytes wire;
    wire += Frame(0x81, "hello", server);
    wire += Frame(0x01, text.substr(0, 3), server);
    wire += Frame(0x89, "ping", server);
    wire += Frame(0x00, "", server);
    wire += Frame(0x8A, "pong", server);
    wire += Frame(0x80, text.substr(3), server);
    wire += Frame(0x82, Pattern(200), server);
    wire += Frame(0x82, Pattern(70000), server);
    wire += Frame(0x89, "", server);
    wire += Frame(0x89, Pattern(125), server);
    wire += Frame(0x82, "", server);
    wire += Frame(0x88, "\x03\xE8" "bye", server);
    const Bytes expected = "T:hello;>ping;P:pong;T:" + text + ";B:" + Pattern(200) + ";B:" + Pattern(70000) + ";>;>" +
                           Pattern(125) + ";B:;C:1000:bye;";
    for (std::size_t chunk : {1u, 2u, 3u, 5u, 7u, 13u, 64u, 255u, 256u, 100000u}) {
      for (ULONG receive : {256u, 257u, 4096u}) {
        for (ULONG capacity : {1u, 2u}) {
          for (ULONG queue : {WEB_SOCKET_RECEIVE_ACTION_QUEUE, WEB_SOCKET_ALL_ACTION_QUEUE}) {
            auto peer = MakePeer(server, Sized(receive, 16));
            const Story story = Read(peer.get(), wire, chunk, capacity, queue);
            CHECK(story.events == expected);
            CHECK(story.error == hr::kInvalidProtocolOperation);  // Receive after the close (Q-R11)
            CHECK(peer->Last() == Diagnostic::kNone);
          }
        }
      }
    }
  }
}

void TestReceiveSizes() {
  auto peer = MakePeer(true, Sized(256, 16));
  CHECK(peer->Receive() == hr::kOk);
  Action read = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(read.count == 1 && read.Total() == 256);  // Q-R1
  // A frame longer than the buffer: the header has 8 bytes, so 248 bytes come first, then 256 at a time.
  const Bytes wire = Frame(0x82, Pattern(600), true);
  std::memcpy(read.buffers[0].Data.pbBuffer, wire.data(), 256);
  peer->Done(read, 256);
  Action piece = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(piece.type == WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE && piece.Joined() == Pattern(600).substr(0, 248));
  CHECK(peer->Receive() == hr::kOk);
  CHECK(peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE).action == WEB_SOCKET_NO_ACTION);
  peer->Done(piece);
  read = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(read.Total() == 256);
  std::memcpy(read.buffers[0].Data.pbBuffer, wire.data() + 256, 256);
  peer->Done(read, 256);
  piece = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(piece.Joined() == Pattern(600).substr(248, 256));
  peer->Done(piece);
  // The rest, followed by the beginning of another frame. The leftover bytes take space.
  peer->Feed(wire.substr(512) + "\x81");
  piece = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(piece.type == WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE && piece.Joined() == Pattern(600).substr(504));
  peer->Done(piece);
  CHECK(peer->Receive() == hr::kOk);
  read = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(read.Total() == 255);
  peer->Done(read, 0);
}

void TestManyFramesInOneRead() {
  auto peer = MakePeer(true, Sized(4096, 16));
  Bytes wire;
  for (int i = 0; i < 100; ++i) wire += Frame(0x82, Bytes(1, static_cast<char>(i)), true);
  peer->Feed(wire);
  for (int i = 0; i < 100; ++i) {
    if (i > 0) CHECK(peer->Receive() == hr::kOk);
    const Action action = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE, 1);
    CHECK(action.type == WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE && action.Joined() == Bytes(1, static_cast<char>(i)));
    peer->Done(action);
  }
  CHECK(peer->Next().action == WEB_SOCKET_NO_ACTION);
}

void TestSeveralReceives() {
  auto peer = MakePeer(true);
  int a, b;
  CHECK(peer->Receive(&a) == hr::kOk && peer->Receive(&b) == hr::kOk);
  const Action read = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(read.application == &a);
  const Bytes wire = Frame(0x81, "1", true) + Frame(0x81, "2", true);
  std::memcpy(read.buffers[0].Data.pbBuffer, wire.data(), wire.size());
  peer->Done(read, static_cast<ULONG>(wire.size()));
  Action action = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(action.application == &a && action.Joined() == "1");
  peer->Done(action);
  action = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(action.application == &b && action.Joined() == "2");
  peer->Done(action);
}

void TestApplicationBuffer() {
  auto peer = MakePeer(true);
  BYTE mine[4] = {};
  WEB_SOCKET_BUFFER buffer = {};
  buffer.Data.pbBuffer = mine;
  buffer.Data.ulBufferLength = sizeof(mine);
  peer->app_buffer = mine;
  peer->app_buffer_size = sizeof(mine);
  CHECK(WebSocketReceive(peer->handle, &buffer, nullptr) == hr::kOk);
  peer->FeedRead(Frame(0x81, "0123456789", true) + Frame(0x8A, "long pong", true));
  const char* expected[] = {"0123", "4567", "89"};
  for (int i = 0; i < 3; ++i) {
    if (i > 0) CHECK(WebSocketReceive(peer->handle, &buffer, nullptr) == hr::kOk);
    const Action action = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
    CHECK(action.buffers[0].Data.pbBuffer == mine && action.Joined() == expected[i]);
    CHECK(action.type == (i == 2 ? WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE : WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE));
    peer->Done(action);
  }
  CHECK(WebSocketReceive(peer->handle, &buffer, nullptr) == hr::kOk);
  const Action pong = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(pong.Joined() == "long pong" && pong.buffers[0].Data.pbBuffer != mine);
  peer->Done(pong);
  buffer.Data.pbBuffer = nullptr;
  CHECK(WebSocketReceive(peer->handle, &buffer, nullptr) == hr::kInvalidArgument);
  buffer.Data.ulBufferLength = 0;
  CHECK(WebSocketReceive(peer->handle, &buffer, nullptr) == hr::kOk);
  peer->FeedRead(Frame(0x81, "plain", true));
  const Action plain = peer->Next();
  CHECK(plain.Joined() == "plain");
  peer->Done(plain);
}

void TestFragmentTypes() {
  auto peer = MakePeer(true);
  struct Row {
    Bytes frame;
    ULONG type;
    ULONG length;
  };
  for (const Row& row : {Row{Frame(0x02, "", true), WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE, 0},
                         {Frame(0x00, "abc", true), WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE, 3},
                         {Frame(0x80, "", true), WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, 0},
                         {Frame(0x81, "", true), WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, 0}}) {
    peer->Feed(row.frame);
    const Action action = peer->Next();
    CHECK(action.count == 1 && action.type == row.type && action.Total() == row.length);
    CHECK(action.buffers[0].Data.pbBuffer != nullptr);  // Q-R10
    peer->Done(action);
  }
}

void TestCancelledReceives() {
  auto peer = MakePeer(true);
  for (ULONG bytes : {0u, 4097u, 0xFFFFFFFFu}) {
    CHECK(peer->Receive() == hr::kOk);
    const Action read = peer->Next();
    peer->Done(read, bytes);
    const Action end = peer->Next();
    CHECK(end.action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION && end.count == 0 && end.type == 0);
    peer->Done(end, 5);
    CHECK(peer->Next().action == WEB_SOCKET_NO_ACTION);
  }
  // In the middle of a header and of a message: nothing is lost.
  peer->Feed("\x01");
  Action read = peer->Next();
  peer->Done(read, 0);
  Action end = peer->Next();
  CHECK(end.type == 0);
  peer->Done(end);
  peer->Feed(Frame(0x01, "part", true).substr(1));
  const Action part = peer->Next();
  CHECK(part.type == WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE && part.Joined() == "part");
  peer->Done(part);
  CHECK(peer->Receive() == hr::kOk);
  read = peer->Next();
  peer->Done(read, 0);
  end = peer->Next();
  CHECK(end.type == WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE && end.count == 0);
  peer->Done(end);
  CHECK(Read(peer.get(), Frame(0x80, "end", true), 100).events == "T:end;");
}

// ---- D-5 ----------------------------------------------------------------------------------------------------

void TestUtf8() {
  struct Row {
    Bytes text;
    bool good;
  };
  const std::vector<Row> rows = {
      {"", true},
      {"plain ascii, longer than eight bytes", true},
      {"\xC2\x80", true},
      {"\xDF\xBF", true},
      {"\xE0\xA0\x80", true},
      {"\xED\x9F\xBF", true},
      {"\xEE\x80\x80", true},
      {"\xEF\xBF\xBF", true},
      {"\xEF\xBB\xBF", true},
      {"\xF0\x90\x80\x80", true},
      {"\xF4\x8F\xBF\xBF", true},
      {Bytes("\0", 1), true},
      {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5", true},
      {"\x80", false},
      {"\xBF", false},
      {"\xC0\x80", false},
      {"\xC1\xBF", false},
      {"\xC2", false},
      {"\xC2\x41", false},
      {"\xC2\xC2\x80", false},
      {"\xE0\x80\x80", false},
      {"\xE0\x9F\xBF", false},
      {"\xE2\x82", false},
      {"\xED\xA0\x80", false},
      {"\xED\xBF\xBF", false},
      {"\xF0\x80\x80\x80", false},
      {"\xF0\x8F\xBF\xBF", false},
      {"\xF4\x90\x80\x80", false},
      {"\xF5\x80\x80\x80", false},
      {"\xF8\x88\x80\x80\x80", false},
      {"\xFE", false},
      {"\xFF", false},
      {"ascii then \xFF", false},
      {"eightbyt\xE2\x82\xACx\xC0", false},
  };
  for (const Row& row : rows) {
    for (std::size_t chunk : {1u, 2u, 3u, 1000u}) {
      // In one frame, after ASCII, and cut into fragments at each byte.
      for (int form = 0; form < 3; ++form) {
        Bytes wire;
        Bytes text = row.text;
        if (form == 0) wire = Frame(0x81, text, true);
        if (form == 1) {
          text = "0123456" + text;
          wire = Frame(0x81, text, true);
        }
        if (form == 2) {
          wire = Frame(0x01, "", true);
          for (char c : text) wire += Frame(0x00, Bytes(1, c), true);
          wire += Frame(0x80, "", true);
        }
        auto peer = MakePeer(true, Sized(256, 16));
        const Story story = Read(peer.get(), wire, chunk);
        CHECK(story.error == (row.good ? hr::kOk : hr::kInvalidProtocolFormat));
        CHECK(story.events == (row.good ? "T:" + text + ";" : ""));
        CHECK(peer->Last() == (row.good ? Diagnostic::kNone : Diagnostic::kInvalidUtf8));
        // Binary is never verified, nor is text if verification is switched off.
        Options off = Sized(256, 16);
        off.disable_utf8 = true;
        auto lax = MakePeer(true, off);
        CHECK(Read(lax.get(), wire, chunk).events == "T:" + text + ";");
        CHECK(Read(lax.get(), Frame(0x82, text, true), chunk).events == "B:" + text + ";");
      }
    }
  }
  // An invalid byte is found before the frame is complete.
  auto peer = MakePeer(true);
  peer->Feed(Frame(0x81, "ab\xED\xA0\x80 and more", true).substr(0, 6 + 4));
  CHECK(peer->Next().result == hr::kInvalidProtocolFormat);
}

void TestViolations() {
  const HRESULT format = hr::kInvalidProtocolFormat, operation = hr::kInvalidProtocolOperation;
  struct Row {
    Bytes wire;
    HRESULT expected;
    Diagnostic why;
    Bytes before;
  };
  auto head = [](std::vector<unsigned> bytes) {
    Bytes all;
    for (unsigned byte : bytes) all += static_cast<char>(byte);
    return all;
  };
  std::vector<Row> rows = {
      {Frame(0x80, "x", true), operation, Diagnostic::kUnexpectedContinuation, ""},
      {Frame(0x00, "x", true), operation, Diagnostic::kUnexpectedContinuation, ""},
      {Frame(0x01, "x", true) + Frame(0x81, "y", true), operation, Diagnostic::kContinuationRequired, ""},
      {Frame(0x02, "x", true) + Frame(0x82, "y", true), operation, Diagnostic::kContinuationRequired, ""},
      {Frame(0x81, "m", true) + Frame(0x80, "x", true), operation, Diagnostic::kUnexpectedContinuation, "T:m;"},
      {Frame(0xC1, "x", true), format, Diagnostic::kReservedBitsOrOpcode, ""},
      {Frame(0xA1, "x", true), format, Diagnostic::kReservedBitsOrOpcode, ""},
      {Frame(0x91, "x", true), format, Diagnostic::kReservedBitsOrOpcode, ""},
      {Frame(0xC9, "x", true), format, Diagnostic::kReservedBitsOrOpcode, ""},
      {Frame(0x09, "x", true), format, Diagnostic::kControlFrameFragmented, ""},
      {Frame(0x08, "", true), format, Diagnostic::kControlFrameFragmented, ""},
      {Frame(0x0A, "", true), format, Diagnostic::kControlFrameFragmented, ""},
      {head({0x89, 0xFE, 0, 126, 0, 0, 0, 0}), format, Diagnostic::kControlFrameTooLong, ""},
      {head({0x88, 0xFF}), format, Diagnostic::kControlFrameTooLong, ""},
      {Frame(0x88, "\x03", true), format, Diagnostic::kCloseFrameSize, ""},
      {head({0x82, 0xFE, 0, 125, 0, 0, 0, 0}), format, Diagnostic::kLengthFormat, ""},
      {head({0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0}), format, Diagnostic::kLengthFormat, ""},
      {head({0x82, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}), format, Diagnostic::kLengthFormat, ""},
      {Frame(0x81, "x", false), format, Diagnostic::kMaskRequired, ""},
      {Frame(0x89, "x", false), format, Diagnostic::kMaskRequired, ""},
      {Frame(0x88, Bytes("\x00\x00", 2), true), format, Diagnostic::kCloseStatusRefused, ""},
      {Frame(0x88, "\x03\xE7", true), format, Diagnostic::kCloseStatusRefused, ""},
      {Frame(0x88, "\x03\xED", true), format, Diagnostic::kCloseStatusRefused, ""},
      {Frame(0x88, "\x03\xEE", true), format, Diagnostic::kCloseStatusRefused, ""},
      {Frame(0x88, "\x03\xF7", true), format, Diagnostic::kCloseStatusRefused, ""},
  };
  for (unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    rows.push_back({Frame(0x80 | opcode, "x", true), format, Diagnostic::kReservedBitsOrOpcode, ""});
  }
  for (const Row& row : rows) {
    for (std::size_t chunk : {1u, 2u, 100u}) {
      auto peer = MakePeer(true, Sized(256, 16));
      const Story story = Read(peer.get(), row.wire, chunk);
      CHECK(story.error == row.expected && story.events == row.before && peer->Last() == row.why);
      // Q-E1: the error repeats, and sending goes on, also on the ALL queue.
      CHECK(peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE).result == row.expected);
      CHECK(peer->SendClose(1002, nullptr, 0) == hr::kOk);
      const Action close = peer->Next(WEB_SOCKET_ALL_ACTION_QUEUE);
      CHECK(close.action == WEB_SOCKET_SEND_TO_NETWORK_ACTION && close.type == WEB_SOCKET_CLOSE_BUFFER_TYPE);
      peer->Done(close, close.Total());
      const Action sent = peer->Next(WEB_SOCKET_ALL_ACTION_QUEUE);
      CHECK(sent.action == WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION);
      peer->Done(sent);
      CHECK(peer->Next(WEB_SOCKET_ALL_ACTION_QUEUE).result == row.expected);
      // After the abort the operation is indicated, and then there is no action (B10-3).
      WebSocketAbortHandle(peer->handle);
      const Action end = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE, 1);
      CHECK(end.action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION && end.count == 0);
      peer->Done(end);
      CHECK(peer->Next().action == WEB_SOCKET_NO_ACTION);
    }
  }
  auto client = MakePeer(false);
  CHECK(Read(client.get(), Frame(0x81, "x", true), 1).error == format && client->Last() == Diagnostic::kMaskForbidden);
  // Indications before the violation in the same read are delivered.
  auto peer = MakePeer(true);
  const Story story = Read(peer.get(), Frame(0x81, "ok", true) + Frame(0x80, "", true), 100);
  CHECK(story.events == "T:ok;" && story.error == operation);
}

// ---- D-4 ----------------------------------------------------------------------------------------------------

void TestCloseReceiving() {
  auto close = [](const Bytes& body) {
    auto peer = MakePeer(true);
    peer->Feed(Frame(0x88, body, true));
    const Action action = peer->Next();
    CHECK(action.type == WEB_SOCKET_CLOSE_BUFFER_TYPE && action.count == 1);
    WEB_SOCKET_BUFFER buffer = action.buffers[0];
    const bool null = buffer.CloseStatus.pbReason == nullptr;
    CHECK(null == body.empty());
    CHECK(buffer.CloseStatus.ulReasonLength == (body.empty() ? 0 : body.size() - 2));
    CHECK(action.Joined() == (body.empty() ? "" : body.substr(2)));
    peer->Done(action);
    CHECK(peer->Receive() == hr::kInvalidProtocolOperation);
    // D4-9a, Q-P9: the other direction stays open.
    const Bytes more = "more";
    CHECK(peer->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, more) == hr::kOk);
    CHECK(peer->SendControl(WEB_SOCKET_CLOSE_BUFFER_TYPE) == hr::kOk);
    CHECK(ParseWire(peer->Flush()).size() == 2);
    return buffer.CloseStatus.usStatus;
  };
  CHECK(close("") == 1005);
  CHECK(close("\x03\xE8") == 1000);
  CHECK(close("\x03\xE9 going") == 1001);
  CHECK(close("\x03\xEC") == 1004);
  CHECK(close("\xFF\xFFNegative") == 65535);
  CHECK(close("\x03\xF2" + Pattern(123)) == 1010);
  CHECK(close("\x03\xE8\xFF\xFE") == 1000);  // the reason's UTF-8 is not checked (D4-10)

  // A close in every combination of sent and received, and the frames after it.
  for (bool sent : {false, true}) {
    for (int after = 0; after < 4; ++after) {
      auto peer = MakePeer(true);
      if (sent) {
        CHECK(peer->SendClose(1000, nullptr, 0) == hr::kOk);
        CHECK(peer->Flush().size() == 4);
        // Pings are still answered (Q-P7), data still arrives.
        CHECK(Read(peer.get(), Frame(0x89, "p", true) + Frame(0x81, "d", true), 100).events == ">p;T:d;");
      }
      const Bytes follow[] = {"", Frame(0x81, "x", true), Frame(0x88, "", true), Frame(0x89, "ignored", true) + Frame(0x8A, "p", true)};
      CHECK(peer->Receive() == hr::kOk && peer->Receive() == hr::kOk);
      peer->FeedRead(Frame(0x01, "unfinished", true) + Frame(0x88, "\x03\xE8", true) + follow[after]);
      Action action = peer->Next();
      CHECK(action.type == WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE);
      peer->Done(action);
      action = peer->Next();
      CHECK(action.type == WEB_SOCKET_CLOSE_BUFFER_TYPE);
      peer->Done(action);
      CHECK(peer->Receive() == hr::kInvalidProtocolOperation);
    }
  }
  for (int after = 0; after < 3; ++after) {
    auto peer = MakePeer(true);
    const Bytes follow[] = {Frame(0x81, "x", true), Frame(0x88, "", true), Frame(0x89, "ignored", true) + Frame(0x8A, "p", true)};
    CHECK(peer->Receive() == hr::kOk && peer->Receive() == hr::kOk);
    peer->FeedRead(Frame(0x88, "", true) + follow[after]);
    const Action action = peer->Next();
    CHECK(action.type == WEB_SOCKET_CLOSE_BUFFER_TYPE);
    peer->Done(action);
    const Action next = peer->Next();
    if (after == 2) {
      CHECK(next.type == WEB_SOCKET_PING_PONG_BUFFER_TYPE && next.Joined() == "p");
      peer->Done(next);
    } else {
      CHECK(next.result == hr::kInvalidProtocolOperation);
      CHECK(peer->Last() == (after == 0 ? Diagnostic::kDataReceivedAfterClose : Diagnostic::kCloseReceivedTwice));
    }
  }
}

void TestPongLayout() {
  for (bool server : {false, true}) {
    for (ULONG capacity : {1u, 2u, 4u}) {
      for (std::size_t size : {0u, 1u, 125u}) {
        auto peer = MakePeer(server, Sized(256, 16));
        peer->Feed(Frame(0x89, Pattern(size), server));
        const Action pong = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE, capacity);
        CHECK(pong.action == WEB_SOCKET_SEND_TO_NETWORK_ACTION && pong.type == WEB_SOCKET_PING_PONG_BUFFER_TYPE);
        CHECK(pong.count == (capacity == 1 || size == 0 ? 1u : 2u));
        const auto frames = ParseWire(pong.Joined());
        CHECK(frames.size() == 1 && frames[0].first == 0x8A && frames[0].payload == Pattern(size));
        // The receive queue is occupied, and so is the wire (D1-9).
        CHECK(peer->SendControl(WEB_SOCKET_PING_PONG_BUFFER_TYPE) == hr::kOk);
        CHECK(peer->Next(WEB_SOCKET_SEND_ACTION_QUEUE).action == WEB_SOCKET_NO_ACTION);
        CHECK(peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE).action == WEB_SOCKET_NO_ACTION);
        // D2-16: cancelled with 0. The receive goes on, and the send, too.
        peer->Done(pong, capacity == 1 ? 0 : pong.Total());
        CHECK(ParseWire(peer->Flush())[0].first == 0x89);
        peer->FeedRead(Frame(0x81, "after", server));
        CHECK(peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE).Joined() == "after");
      }
    }
  }
}

// A buffer full of pings: each pong needs more room than its ping.
void TestPongInFullBuffer() {
  for (bool server : {false, true}) {
    auto peer = MakePeer(server, Sized(256, 16));
    Bytes wire, expected;
    for (int i = 0; wire.size() < 3000; ++i) {
      const Bytes payload = Pattern(static_cast<std::size_t>(i * 37 % 126));
      wire += Frame(0x89, payload, server);
      expected += ">" + payload + ";";
    }
    for (std::size_t chunk : {256u, 131u, 100u, 1u}) CHECK(Read(peer.get(), wire, chunk, 2).events == expected);
  }
}

void TestPongAndSends() {
  // Q-P3: the outstanding send action completes the frame, so the pong goes at once.
  auto server = MakePeer(true);
  const Bytes data = "data";
  CHECK(server->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, data) == hr::kOk);
  const Action send = server->Next(WEB_SOCKET_SEND_ACTION_QUEUE);
  CHECK(send.Joined() == "\x81\x04" "data");
  server->Feed(Frame(0x89, "p", true));
  const Action pong = server->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE, 1);
  CHECK(pong.Joined() == "\x8A\x01p" && send.Joined() == "\x81\x04" "data");
  server->Done(pong, pong.Total());
  server->Done(send, send.Total());
  CHECK(server->Flush().empty());

  // A client with one frame in slices: the pong waits until the frame is out, and reading goes on (D1-8).
  for (ULONG queue : {WEB_SOCKET_RECEIVE_ACTION_QUEUE, WEB_SOCKET_ALL_ACTION_QUEUE}) {
    auto client = MakePeer(false, Sized(256, 16));
    const Bytes large = Pattern(42);  // three slices, the header included
    CHECK(client->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, large) == hr::kOk);
    Bytes wire;
    Action slice = client->Next(WEB_SOCKET_SEND_ACTION_QUEUE);
    wire += slice.Joined();
    client->Feed(Frame(0x89, Pattern(125), false) + Frame(0x81, "text", false) + Frame(0x89, "second", false) + Frame(0x8A, "x", false));
    Action action = client->Next(queue);
    CHECK(action.type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE && action.Joined() == "text");
    client->Done(action);
    CHECK(client->Receive() == hr::kOk);
    action = client->Next(queue);
    CHECK(action.type == WEB_SOCKET_PING_PONG_BUFFER_TYPE && action.Joined() == "x");
    client->Done(action);
    CHECK(client->Receive() == hr::kOk);
    action = client->Next(queue);
    CHECK(action.action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION);
    client->Done(slice, slice.Total());
    slice = client->Next(WEB_SOCKET_SEND_ACTION_QUEUE);
    wire += slice.Joined();
    client->Done(slice, slice.Total());
    slice = client->Next(WEB_SOCKET_SEND_ACTION_QUEUE);
    wire += slice.Joined();
    CHECK(ParseWire(wire)[0].payload == large);
    // The last slice is outstanding, which is enough. But the read must be completed first (D1-3).
    CHECK(client->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE).action == WEB_SOCKET_NO_ACTION);
    const Bytes third = Frame(0x89, "third", false);
    std::memcpy(action.buffers[0].Data.pbBuffer, third.data(), third.size());
    client->Done(action, static_cast<ULONG>(third.size()));
    for (const Bytes& expected : {Pattern(125), Bytes("second"), Bytes("third")}) {
      action = client->Next(queue, 1);  // before the send's indication (D1-10)
      CHECK(ParseWire(action.Joined())[0].payload == expected);
      client->Done(action, action.Total());
    }
    client->Done(slice, slice.Total());
    CHECK(client->Next(WEB_SOCKET_SEND_ACTION_QUEUE).action == WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION);
  }

  // While a frame of ours is half-way, any number of pings must be read. Eight pongs are kept. The last one answers
  // the newest ping.
  auto client = MakePeer(false, Sized(256, 16));
  const Bytes large = Pattern(48);
  CHECK(client->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, large) == hr::kOk);
  const Action slice = client->Next(WEB_SOCKET_SEND_ACTION_QUEUE);
  CHECK(client->Receive() == hr::kOk);
  Bytes pings;
  for (int i = 0; i < 50; ++i) pings += Frame(0x89, std::to_string(i) + Pattern(120), false);
  Action read;
  for (;;) {
    read = client->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
    CHECK(read.action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION);
    if (pings.empty() || read.action != WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION) break;
    const std::size_t count = pings.size() < read.Total() ? pings.size() : read.Total();
    std::memcpy(read.buffers[0].Data.pbBuffer, pings.data(), count);
    pings.erase(0, count);
    client->Done(read, static_cast<ULONG>(count));
  }
  client->Done(slice, slice.Total());
  client->Flush();
  client->Done(read, 0);
  for (int i : {0, 1, 2, 3, 4, 5, 6, 49}) {
    const Action pong = client->Next(WEB_SOCKET_ALL_ACTION_QUEUE);
    CHECK(ParseWire(pong.Joined())[0].payload == std::to_string(i) + Pattern(120));
    client->Done(pong, pong.Total());
  }
  CHECK(client->Next().action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION);
}

void TestPingBetweenOurFragments() {
  auto peer = MakePeer(true);
  CHECK(peer->Send(WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE, "a") == hr::kOk);
  CHECK(peer->Flush() == "\x01\x01" "a");
  CHECK(Read(peer.get(), Frame(0x89, "p", true) + Frame(0x89, "q", true), 100).events == ">p;>q;");
  CHECK(peer->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, "b") == hr::kOk);
  CHECK(peer->Flush() == "\x80\x01" "b");
}

// ---- D-9 ----------------------------------------------------------------------------------------------------

// .NET's send loop: the send queue, two buffers, until NO_ACTION.
Bytes DotNetSend(Peer* peer, ULONG type, const Bytes& data) {
  CHECK(peer->Send(type, data) == hr::kOk);
  Bytes wire;
  bool completed = false;
  for (;;) {
    const Action action = peer->Next(WEB_SOCKET_SEND_ACTION_QUEUE, 2);
    CHECK(action.result == hr::kOk);
    if (action.action == WEB_SOCKET_NO_ACTION) {
      CHECK(completed);
      return wire;
    }
    if (action.action == WEB_SOCKET_SEND_TO_NETWORK_ACTION) {
      const BYTE* first = action.buffers[0].Data.pbBuffer;
      CHECK(first >= peer->block && first < peer->block + peer->block_size);
      wire += action.Joined();
      peer->Done(action, action.Total());
    } else {
      completed = true;
      peer->Done(action, 0);
    }
  }
}

// .NET's receive loop: one buffer, a new Receive after a pong, never NO_ACTION before the result.
Bytes DotNetReceive(Peer* peer, Bytes* network, Bytes* replies, ULONG* type) {
  Bytes result;
  bool have_result = false, pong = false;
  CHECK(peer->Receive() == hr::kOk);
  for (;;) {
    const Action action = peer->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE, 1);
    CHECK(action.result == hr::kOk);
    switch (action.action) {
      case WEB_SOCKET_NO_ACTION:
        if (pong) {
          pong = false;
          CHECK(peer->Receive() == hr::kOk);
          continue;
        }
        CHECK(have_result);
        return result;
      case WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION: {
        CHECK(!network->empty());
        if (network->empty()) return result;
        const ULONG count = static_cast<ULONG>(network->size() < action.Total() ? network->size() : action.Total());
        std::memcpy(action.buffers[0].Data.pbBuffer, network->data(), count);
        network->erase(0, count);
        peer->Done(action, count);
        break;
      }
      case WEB_SOCKET_SEND_TO_NETWORK_ACTION:
        *replies += action.Joined();
        peer->Done(action, action.Total());
        break;
      default:
        if (action.type == WEB_SOCKET_PING_PONG_BUFFER_TYPE) {
          peer->Done(action, 0);
          pong = true;
        } else {
          result = action.Joined();
          *type = action.type;
          have_result = true;
          peer->Done(action, static_cast<ULONG>(result.size()));  // B9-1: not 0
        }
    }
  }
}

void TestDotNetLoops() {
  auto client = MakePeer(false, Sized(16384, 16384));
  auto server = MakePeer(true, Sized(16384, 16));
  for (std::size_t size : {0u, 16u, 1000u, 16384u, 50000u}) {
    const Bytes text = Pattern(size);
    Bytes to_server = DotNetSend(client.get(), WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, text);
    to_server = Frame(0x89, "ping", true) + Frame(0x8A, "", true) + to_server;
    Bytes got, replies;
    ULONG type = 0;
    while (type != WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE) {
      got += DotNetReceive(server.get(), &to_server, &replies, &type);
      CHECK(type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE || type == WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE);
      if (g_failures > 0) return;
    }
    CHECK(got == text && to_server.empty() && ParseWire(replies)[0].payload == "ping");
    Bytes to_client = DotNetSend(server.get(), WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, text);
    CHECK(to_client.size() == size + (size < 126 ? 2 : size < 65536 ? 4 : 10));
    got.clear();
    while (type != WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE) {
      got += DotNetReceive(client.get(), &to_client, &replies, &type);
      if (g_failures > 0) return;
    }
    CHECK(got == text);
  }
  // The keep-alive, and the drain after an abort.
  CHECK(client->SendControl(WEB_SOCKET_UNSOLICITED_PONG_BUFFER_TYPE) == hr::kOk);
  CHECK(ParseWire(client->Flush())[0].first == 0x8A);
}

// ---- D-7 ----------------------------------------------------------------------------------------------------

int DotNetDrain(Peer* peer) {
  int indications = 0;
  for (ULONG queue : {WEB_SOCKET_SEND_ACTION_QUEUE, WEB_SOCKET_RECEIVE_ACTION_QUEUE}) {
    for (;;) {
      const Action action = peer->Next(queue, 1);
      CHECK(action.result == hr::kOk);
      if (action.action == WEB_SOCKET_NO_ACTION) break;
      CHECK(action.action == WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION || action.action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION);
      CHECK(action.count == 0);
      ++indications;
      peer->Done(action, 0);
    }
  }
  return indications;
}

void TestAbort() {
  auto peer = MakePeer(true);
  int a, b, c, d;
  const Bytes data = "data";
  CHECK(peer->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, data, &a) == hr::kOk);
  CHECK(peer->Send(WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, data, &b) == hr::kOk);
  CHECK(peer->Receive(&c) == hr::kOk && peer->Receive(&d) == hr::kOk);
  WebSocketAbortHandle(peer->handle);
  WebSocketAbortHandle(peer->handle);
  CHECK(peer->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, data) == hr::kInvalidProtocolOperation);
  CHECK(peer->Receive() == hr::kInvalidProtocolOperation);
  CHECK(WebSocketEndServerHandshake(peer->handle) == hr::kInvalidProtocolOperation);
  const std::pair<PVOID, ULONG> expected[] = {{&a, WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE}, {&b, WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE}, {&c, 0}, {&d, 0}};
  for (const auto& want : expected) {
    const Action action = peer->Next(WEB_SOCKET_ALL_ACTION_QUEUE, 1);
    CHECK(action.application == want.first && action.type == want.second && action.count == 0);
    peer->Done(action);
  }
  CHECK(DotNetDrain(peer.get()) == 0);

  // Q-A2: outstanding network actions must be completed first. The bytes of a read are dropped.
  auto busy = MakePeer(false);
  CHECK(busy->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, data) == hr::kOk && busy->Receive() == hr::kOk);
  const Action send = busy->Next(WEB_SOCKET_SEND_ACTION_QUEUE), read = busy->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(send.action == WEB_SOCKET_SEND_TO_NETWORK_ACTION && read.action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION);
  WebSocketAbortHandle(busy->handle);
  CHECK(DotNetDrain(busy.get()) == 0);
  std::memcpy(read.buffers[0].Data.pbBuffer, "\x81\x01x", 3);
  busy->Done(read, 3);
  busy->Done(send, send.Total());
  CHECK(DotNetDrain(busy.get()) == 2);
  busy->Done(send, 1);
  busy->Done(read, 1);
  CHECK(busy->Last() == Diagnostic::kInvalidActionContext);

  // With an outstanding pong, a waiting pong, an outstanding indication, and buffered data.
  auto ponging = MakePeer(true);
  ponging->Feed(Frame(0x89, "p", true) + Frame(0x81, "t", true));
  const Action pong = ponging->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  CHECK(ponging->Send(WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, data) == hr::kOk);
  WebSocketAbortHandle(ponging->handle);
  CHECK(DotNetDrain(ponging.get()) == 1);
  ponging->Done(pong, pong.Total());
  CHECK(DotNetDrain(ponging.get()) == 1);

  auto indicating = MakePeer(true);
  indicating->Feed(Frame(0x81, "t", true) + Frame(0x81, "u", true));
  CHECK(indicating->Receive() == hr::kOk);
  const Action indication = indicating->Next(WEB_SOCKET_RECEIVE_ACTION_QUEUE);
  WebSocketAbortHandle(indicating->handle);
  CHECK(DotNetDrain(indicating.get()) == 0 && indication.Joined() == "t");
  indicating->Done(indication, 1);
  CHECK(DotNetDrain(indicating.get()) == 1);

  // The implicit end of the handshake has happened. A client's abort in the handshake does nothing (Q-A4).
  WEB_SOCKET_HANDLE handle = nullptr;
  CHECK(WebSocketCreateClientHandle(nullptr, 0, &handle) == hr::kOk);
  Headers headers;
  CHECK(BeginClient(handle, {}, {}, &headers) == hr::kOk);
  WebSocketAbortHandle(handle);
  CHECK(EndClient(handle, ResponseTo(headers)) == hr::kOk);
  CHECK(WebSocketReceive(handle, nullptr, nullptr) == hr::kOk);
  WebSocketDeleteHandle(handle);  // with an operation queued
}

// ---- Hostile use --------------------------------------------------------------------------------------------

void TestHostile() {
  // No handle, an invented one, and a deleted one.
  WEB_SOCKET_HANDLE gone = nullptr;
  CHECK(WebSocketCreateServerHandle(nullptr, 0, &gone) == hr::kOk);
  WebSocketDeleteHandle(gone);
  WebSocketDeleteHandle(gone);
  WebSocketDeleteHandle(nullptr);
  for (WEB_SOCKET_HANDLE handle : {WEB_SOCKET_HANDLE{nullptr}, gone, reinterpret_cast<WEB_SOCKET_HANDLE>(&g_untouched)}) {
    WEB_SOCKET_HTTP_HEADER* headers = nullptr;
    ULONG count = 1;
    WEB_SOCKET_ACTION action;
    WEB_SOCKET_BUFFER_TYPE type;
    WEB_SOCKET_BUFFER buffer;
    PVOID context;
    CHECK(WebSocketBeginClientHandshake(handle, nullptr, 0, nullptr, 0, nullptr, 0, &headers, &count) == hr::kInvalidArgument);
    CHECK(WebSocketBeginServerHandshake(handle, nullptr, nullptr, 0, nullptr, 0, &headers, &count) == hr::kInvalidArgument);
    CHECK(WebSocketEndClientHandshake(handle, nullptr, 0, nullptr, nullptr, nullptr) == hr::kInvalidArgument);
    CHECK(WebSocketEndServerHandshake(handle) == hr::kInvalidArgument);
    CHECK(WebSocketSend(handle, WEB_SOCKET_CLOSE_BUFFER_TYPE, nullptr, nullptr) == hr::kInvalidArgument);
    CHECK(WebSocketReceive(handle, nullptr, nullptr) == hr::kInvalidArgument);
    count = 1;
    CHECK(WebSocketGetAction(handle, WEB_SOCKET_ALL_ACTION_QUEUE, &buffer, &count, &action, &type, nullptr, &context) == hr::kInvalidArgument);
    WebSocketCompleteAction(handle, &count, 1);
    WebSocketAbortHandle(handle);
    CHECK(StandInDiagnosticMask(handle) == (handle == nullptr ? StandInDiagnosticMask(nullptr) : 0));
  }
  // NULL for every argument that must not be NULL.
  auto peer = MakePeer(true);
  WEB_SOCKET_HANDLE handle = peer->handle;
  ULONG count = 1;
  WEB_SOCKET_ACTION action;
  WEB_SOCKET_BUFFER_TYPE type;
  WEB_SOCKET_BUFFER buffer;
  PVOID context;
  const WEB_SOCKET_ACTION_QUEUE all = WEB_SOCKET_ALL_ACTION_QUEUE;
  CHECK(WebSocketGetAction(handle, all, nullptr, &count, &action, &type, nullptr, &context) == hr::kInvalidArgument && count == 0);
  count = 1;
  CHECK(WebSocketGetAction(handle, all, &buffer, nullptr, &action, &type, nullptr, &context) == hr::kInvalidArgument);
  CHECK(WebSocketGetAction(handle, all, &buffer, &count, nullptr, &type, nullptr, &context) == hr::kInvalidArgument);
  count = 1;
  CHECK(WebSocketGetAction(handle, all, &buffer, &count, &action, nullptr, nullptr, &context) == hr::kInvalidArgument);
  count = 1;
  CHECK(WebSocketGetAction(handle, all, &buffer, &count, &action, &type, nullptr, nullptr) == hr::kInvalidArgument);
  count = 0;
  CHECK(WebSocketGetAction(handle, all, &buffer, &count, &action, &type, nullptr, &context) == hr::kInvalidArgument);
  for (ULONG queue : {0u, 4u, 7u, 0xFFFFFFFFu}) {
    count = 1;
    CHECK(WebSocketGetAction(handle, static_cast<WEB_SOCKET_ACTION_QUEUE>(queue), &buffer, &count, &action, &type, nullptr, &context) == hr::kInvalidArgument);
  }
  CHECK(peer->Last() == Diagnostic::kInvalidParameter);
  WebSocketCompleteAction(handle, nullptr, 7);
  CHECK(peer->Last() == Diagnostic::kInvalidParameter);
  // Contexts of another handle, and stale ones.
  auto other = MakePeer(true);
  CHECK(peer->Receive() == hr::kOk && other->Receive() == hr::kOk);
  const Action mine = peer->Next(), theirs = other->Next();
  peer->Done(theirs, 3);
  CHECK(peer->Last() == Diagnostic::kInvalidActionContext);
  CHECK(peer->Next().action == WEB_SOCKET_NO_ACTION);
  peer->Done(mine, 0);
  peer->Done(mine, 0);
  CHECK(peer->Next().action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION);
  // Delete with actions outstanding on both queues: ~Peer.
}

// Enough memory for the handle but not for its buffers.
void TestHugeBuffers() {
  if (sizeof(void*) != 4) return;
  ULONG huge = 0xFFFFFFFFu;
  const WEB_SOCKET_PROPERTY sizes[] = {{WEB_SOCKET_RECEIVE_BUFFER_SIZE_PROPERTY_TYPE, &huge, 4}};
  WEB_SOCKET_HANDLE server = nullptr;
  CHECK(WebSocketCreateServerHandle(sizes, 1, &server) == hr::kOk);
  Headers headers;
  CHECK(BeginServer(server, nullptr, {}, kRequest, &headers) == hr::kOk);
  CHECK(WebSocketEndServerHandshake(server) == hr::kOutOfMemory);
  WebSocketDeleteHandle(server);
}

// A send thread and a receive thread on each of two handles, as .NET would run without its lock. Then a third thread
// deletes the handles while calls are running.
void TestThreads() {
  auto client = MakePeer(false, Sized(512, 64));
  auto server = MakePeer(true, Sized(512, 16));
  constexpr int kMessages = 300;
  std::string pipe;  // client to server
  std::atomic<bool> writing{true};
  std::atomic_flag pipe_lock = ATOMIC_FLAG_INIT;
  auto locked = [&](auto&& work) {
    while (pipe_lock.test_and_set()) std::this_thread::yield();
    work();
    pipe_lock.clear();
  };
  std::thread sender([&] {
    for (int i = 0; i < kMessages; ++i) {
      const Bytes data = Pattern(static_cast<std::size_t>(i * 13 % 700));
      WEB_SOCKET_BUFFER buffer = {};
      buffer.Data.pbBuffer = reinterpret_cast<BYTE*>(const_cast<char*>(data.data()));
      buffer.Data.ulBufferLength = static_cast<ULONG>(data.size());
      WebSocketSend(client->handle, WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, &buffer, nullptr);
      for (bool done = false; !done;) {
        WEB_SOCKET_BUFFER buffers[2];
        ULONG count = 2, total = 0;
        WEB_SOCKET_ACTION action;
        WEB_SOCKET_BUFFER_TYPE type;
        PVOID context;
        WebSocketGetAction(client->handle, WEB_SOCKET_SEND_ACTION_QUEUE, buffers, &count, &action, &type, nullptr, &context);
        for (ULONG j = 0; j < count; ++j) {
          locked([&] { pipe.append(reinterpret_cast<char*>(buffers[j].Data.pbBuffer), buffers[j].Data.ulBufferLength); });
          total += buffers[j].Data.ulBufferLength;
        }
        done = action == WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION;
        WebSocketCompleteAction(client->handle, context, total);
      }
    }
    writing = false;
  });
  std::thread noise([&] {
    while (writing) {
      WEB_SOCKET_BUFFER buffers[2];
      ULONG count = 2;
      WEB_SOCKET_ACTION action;
      WEB_SOCKET_BUFFER_TYPE type;
      PVOID context;
      WebSocketReceive(client->handle, nullptr, nullptr);
      WebSocketGetAction(client->handle, WEB_SOCKET_RECEIVE_ACTION_QUEUE, buffers, &count, &action, &type, nullptr, &context);
      WebSocketCompleteAction(client->handle, context, 0);
      std::this_thread::yield();
    }
  });
  int received = 0;
  Bytes message;
  while (received < kMessages) {
    CHECK(WebSocketReceive(server->handle, nullptr, nullptr) == hr::kOk);
    for (bool done = false; !done;) {
      WEB_SOCKET_BUFFER buffer;
      ULONG count = 1;
      WEB_SOCKET_ACTION action;
      WEB_SOCKET_BUFFER_TYPE type;
      PVOID context;
      const HRESULT result = WebSocketGetAction(server->handle, WEB_SOCKET_RECEIVE_ACTION_QUEUE, &buffer, &count, &action, &type, nullptr, &context);
      ULONG moved = 0;
      if (action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION) {
        while (moved == 0) {
          locked([&] {
            moved = static_cast<ULONG>(pipe.size() < buffer.Data.ulBufferLength ? pipe.size() : buffer.Data.ulBufferLength);
            std::memcpy(buffer.Data.pbBuffer, pipe.data(), moved);
            pipe.erase(0, moved);
          });
          if (moved == 0) std::this_thread::yield();
        }
      } else if (action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION) {
        message.append(reinterpret_cast<char*>(buffer.Data.pbBuffer), buffer.Data.ulBufferLength);
        if (type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE) {
          CHECK(message == Pattern(static_cast<std::size_t>(received * 13 % 700)));
          message.clear();
          ++received;
        }
        done = true;
      } else {
        CHECK(result == hr::kOk && action != WEB_SOCKET_NO_ACTION);
        sender.join();
        noise.join();
        return;
      }
      WebSocketCompleteAction(server->handle, context, moved);
    }
  }
  sender.join();
  noise.join();

  for (int round = 0; round < 20; ++round) {
    auto doomed = MakePeer(true);
    std::atomic<bool> stop{false};
    std::thread user([&] {
      while (!stop) {
        WebSocketReceive(doomed->handle, nullptr, nullptr);
        WEB_SOCKET_BUFFER buffer;
        ULONG count = 1;
        WEB_SOCKET_ACTION action;
        WEB_SOCKET_BUFFER_TYPE type;
        PVOID context;
        WebSocketGetAction(doomed->handle, WEB_SOCKET_ALL_ACTION_QUEUE, &buffer, &count, &action, &type, nullptr, &context);
        WebSocketCompleteAction(doomed->handle, context, 0);
      }
    });
    std::this_thread::yield();
    WebSocketDeleteHandle(doomed->handle);
    stop = true;
    user.join();
  }
}

// ---- Random walks -------------------------------------------------------------------------------------------

struct Random {
  std::uint64_t state;
  std::uint32_t Next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state >> 33);
  }
  std::uint32_t Below(std::uint32_t limit) { return Next() % limit; }
};

// Valid traffic in random pieces, with sends of this side at random moments.
void TestRandomTraffic() {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Random random{seed};
    const bool server = seed % 2 == 0;
    auto peer = MakePeer(server, Sized(256 + random.Below(300), 16 + random.Below(300)));
    Bytes wire, expected_messages;
    std::vector<Bytes> pings;
    for (int i = 0; i < 60; ++i) {
      const Bytes payload = Pattern(random.Below(random.Below(4) == 0 ? 2000 : 200));
      const int pieces = static_cast<int>(random.Below(4)) + 1;
      for (int j = 0; j < pieces; ++j) {
        const std::size_t from = payload.size() * static_cast<std::size_t>(j) / static_cast<std::size_t>(pieces);
        const std::size_t to = payload.size() * static_cast<std::size_t>(j + 1) / static_cast<std::size_t>(pieces);
        const unsigned first = (j == pieces - 1 ? 0x80u : 0u) | (j == 0 ? 1u : 0u);
        wire += Frame(first, payload.substr(from, to - from), server);
        if (random.Below(3) == 0) {
          pings.push_back(std::to_string(pings.size()) + Pattern(random.Below(120)));
          wire += Frame(0x89, pings.back(), server);
        }
      }
      expected_messages += payload + "|";
    }
    Bytes sent, messages, sent_expected;
    std::vector<Bytes> queued;
    queued.reserve(1000);
    std::size_t at = 0;
    bool receiving = false;
    for (;;) {
      if (queued.size() < 100 && random.Below(3) == 0) {
        queued.push_back(Pattern(random.Below(600)));
        const Bytes& data = queued.back();
        sent_expected += data + "|";
        WEB_SOCKET_BUFFER buffer = {};
        buffer.Data.pbBuffer = reinterpret_cast<BYTE*>(const_cast<char*>(data.data()));
        buffer.Data.ulBufferLength = static_cast<ULONG>(data.size());
        CHECK(WebSocketSend(peer->handle, WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, &buffer, nullptr) == hr::kOk);
      }
      if (!receiving) {
        CHECK(peer->Receive() == hr::kOk);
        receiving = true;
      }
      WEB_SOCKET_BUFFER buffers[2];
      ULONG count = 1 + random.Below(2), moved = 0;
      WEB_SOCKET_ACTION action;
      WEB_SOCKET_BUFFER_TYPE type;
      PVOID context;
      const auto queue = static_cast<WEB_SOCKET_ACTION_QUEUE>(1 + random.Below(3));
      const HRESULT result = WebSocketGetAction(peer->handle, queue, buffers, &count, &action, &type, nullptr, &context);
      CHECK(result == hr::kOk);
      if (result != hr::kOk) return;
      if (action == WEB_SOCKET_SEND_TO_NETWORK_ACTION) {
        for (ULONG i = 0; i < count; ++i) {
          sent.append(reinterpret_cast<char*>(buffers[i].Data.pbBuffer), buffers[i].Data.ulBufferLength);
          moved += buffers[i].Data.ulBufferLength;
        }
      } else if (action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION) {
        if (at == wire.size()) break;
        moved = 1 + random.Below(buffers[0].Data.ulBufferLength);
        if (moved > wire.size() - at) moved = static_cast<ULONG>(wire.size() - at);
        std::memcpy(buffers[0].Data.pbBuffer, wire.data() + at, moved);
        at += moved;
      } else if (action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION) {
        messages.append(reinterpret_cast<char*>(buffers[0].Data.pbBuffer), buffers[0].Data.ulBufferLength);
        if (type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE) messages += "|";
        receiving = false;
      }
      WebSocketCompleteAction(peer->handle, context, moved);
    }
    CHECK(messages == expected_messages);
    // The last read is outstanding. Finishes the sends.
    for (;;) {
      WEB_SOCKET_BUFFER buffers[2];
      ULONG count = 2, moved = 0;
      WEB_SOCKET_ACTION action;
      WEB_SOCKET_BUFFER_TYPE type;
      PVOID context;
      CHECK(WebSocketGetAction(peer->handle, WEB_SOCKET_SEND_ACTION_QUEUE, buffers, &count, &action, &type, nullptr, &context) == hr::kOk);
      if (action == WEB_SOCKET_NO_ACTION) break;
      for (ULONG i = 0; i < count; ++i) {
        sent.append(reinterpret_cast<char*>(buffers[i].Data.pbBuffer), buffers[i].Data.ulBufferLength);
        moved += buffers[i].Data.ulBufferLength;
      }
      WebSocketCompleteAction(peer->handle, context, moved);
    }
    Bytes sent_messages;
    std::size_t pong = 0;
    for (const WireFrame& frame : ParseWire(sent)) {
      if (frame.first == 0x8A) {
        // In order. While a frame of ours was half-way, a newer pong may have replaced an older one.
        while (pong < pings.size() && pings[pong] != frame.payload) ++pong;
        CHECK(pong < pings.size());
        ++pong;
      } else {
        CHECK(frame.first == 0x82);
        sent_messages += frame.payload + "|";
      }
    }
    CHECK(sent_messages == sent_expected);
  }
}

// Random bytes and random calls: nothing may crash, and every pointer stays inside the block (Peer::Next checks).
void TestRandomAbuse() {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random{seed * 977};
    Options options = Sized(256 + random.Below(64), 16 + random.Below(64));
    options.disable_masking = random.Below(4) == 0;
    options.disable_utf8 = random.Below(2) == 0;
    const bool server = random.Below(2) == 0;
    auto peer = MakePeer(server, options);
    const Bytes data = Pattern(500);
    std::vector<Action> outstanding;
    for (int step = 0; step < 200; ++step) {
      switch (random.Below(10)) {
        case 0: peer->Send(0x80000000u + random.Below(8), data); break;
        case 1: peer->SendControl(0x80000004u + random.Below(3)); break;
        case 2: peer->Receive(); break;
        case 3:
          if (random.Below(60) == 0) WebSocketAbortHandle(peer->handle);
          break;
        case 4:
          if (!outstanding.empty()) peer->Done(outstanding[random.Below(static_cast<std::uint32_t>(outstanding.size()))], random.Below(40));
          break;
        default: {
          const Action action = peer->Next(1 + random.Below(3), 1 + random.Below(3));
          if (action.action == WEB_SOCKET_NO_ACTION) break;
          outstanding.push_back(action);
          if (action.action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION) {
            Bytes bytes;
            if (random.Below(4) != 0) {
              const unsigned firsts[] = {0x81, 0x01, 0x82, 0x80, 0x00, 0x89, 0x8A, 0x89, 0x89, 0x88};
              while (bytes.size() < action.Total()) {
                bytes += Frame(firsts[random.Below(random.Below(20) == 0 ? 10 : 9)], Pattern(random.Below(126)), server);
              }
            } else {
              for (ULONG i = 0; i < action.Total(); ++i) bytes += static_cast<char>(random.Next());
            }
            std::memcpy(action.buffers[0].Data.pbBuffer, bytes.data(), action.Total());
            if (random.Below(8) != 0) peer->Done(action, 1 + random.Below(action.Total()));
          } else if (random.Below(4) != 0) {
            peer->Done(action, action.Total());
          }
        }
      }
    }
  }
}

}  // namespace

// With arguments, runs only the tests whose names contain one of them: `self_test abuse threads`.
int main(int argc, char** argv) {
  struct Test {
    const char* name;
    void (*run)();
  };
  const Test tests[] = {
      {"create", TestCreate},
      {"allocated buffer", TestAllocatedBuffer},
      {"global property", TestGlobalProperty},
      {"the Microsoft sample", TestMicrosoftSample},
      {"known accept value", TestKnownAccept},
      {"handshake states", TestHandshakeStates},
      {"client handshake arguments", TestBeginClientArguments},
      {"response validation", TestResponseValidation},
      {"request validation", TestRequestValidation},
      {"send matrix", TestSendMatrix},
      {"fragments and opcodes", TestFragmentsAndOpcodes},
      {"send validation", TestSendValidation},
      {"sending close", TestCloseSending},
      {"cancelled sends", TestCancelledSends},
      {"masking disabled", TestDisableMasking},
      {"custom frames", TestCustomFrames},
      {"receiving at every split", TestReceiveAtEverySplit},
      {"receive sizes", TestReceiveSizes},
      {"many frames in one read", TestManyFramesInOneRead},
      {"several receives", TestSeveralReceives},
      {"application buffer", TestApplicationBuffer},
      {"fragment types", TestFragmentTypes},
      {"cancelled receives", TestCancelledReceives},
      {"UTF-8", TestUtf8},
      {"violations", TestViolations},
      {"receiving close", TestCloseReceiving},
      {"pong layout", TestPongLayout},
      {"pong in a full buffer", TestPongInFullBuffer},
      {"pong and sends", TestPongAndSends},
      {"ping between our fragments", TestPingBetweenOurFragments},
      {".NET loops", TestDotNetLoops},
      {"abort", TestAbort},
      {"hostile use", TestHostile},
      {"huge buffers", TestHugeBuffers},
      {"threads", TestThreads},
      {"random traffic", TestRandomTraffic},
      {"random abuse", TestRandomAbuse},
  };
  for (const Test& test : tests) {
    bool wanted = argc < 2;
    for (int i = 1; i < argc; ++i) wanted = wanted || std::strstr(test.name, argv[i]) != nullptr;
    if (!wanted) continue;
    const int before = g_failures;
    test.run();
    if (g_failures != before) std::printf("FAILED: %s\n", test.name);
    std::fflush(stdout);
  }
  std::printf("%d checks, %d failures\n", g_checks, g_failures);
  return g_failures == 0 ? 0 : 1;
}
