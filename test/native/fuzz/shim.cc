// libFuzzer's way into the shim: the input is a program of calls of the addon, well made and not, over the Node-API of
// node_api_model.h and the DLL of library.h, both of which may fail at any call. The sanitizers see to the memory;
// what the shim writes for JavaScript to read (the scratch, the slab, the chunk) is checked here.
//
//   npm run fuzz:native -- --time 60

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../../stand-in/fuzz_input.h"
#include "library.h"
#include "node_api_model.h"

extern "C" napi_value NAPI_CDECL napi_register_module_v1(napi_env env, napi_value exports);

namespace {

using fuzz::Input;
using model::Check;
using model::Value;
using Values = std::vector<Value*>;

constexpr double kFirstFailure = 2147483648.0;
constexpr uint32_t kClose = 0x80000004u;
constexpr uint32_t kBinaryMessage = 0x80000002u;
// What lib/component/native/scratch.ts says of the same words.
constexpr uint32_t kSendToNetwork = 1;
constexpr uint32_t kOutputInSlab = 1;
constexpr uint32_t kOutputInPayload = 2;
constexpr uint32_t kInSpill = 0x80000000u;
constexpr size_t kBulkHeader = 32;
constexpr size_t kActionHeader = 256;
constexpr size_t kMostBuffers = 16;

struct Action {
  double handle;
  uint32_t context;
  uint32_t window;
  uint32_t bytes;
};

// Positions of the answer of a bulk call.
struct Bulk {
  double result = 0;
  std::vector<std::array<uint32_t, 4>> entries;
  uint32_t slab_used = 0;
  uint32_t consumed = 0;
  uint32_t written = 0;
  bool full = false;
  std::vector<uint8_t> spill;
};

const std::vector<std::string> kRequest = {
    "Connection", "Upgrade", "Upgrade", "websocket", "Host", "a", "Sec-WebSocket-Version", "13",
    "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="};

// A program, and what it holds.
class World {
 public:
  explicit World(Input& input) : input_(input) {
    library::odd_after = 0;
    library::allocation_fails_after = 0;
    library::live_handles = 0;
    env_.getter = [this] { Getter(); };
    const unsigned how = input_.Byte();
    if (how & 128) Plan();
    exports_ = env_.Object();
    napi_register_module_v1(&env_, env_.Handle(exports_));
    env_.exception = false;
    // Memory of many sizes, some too small or odd for what it is used for.
    for (const size_t size : {65536, 4096, 2080, 2079, 300, 32, 1, 0}) buffers_.push_back(env_.Uint8Array(size));
    buffers_.push_back(env_.View(buffers_[0]->memory, 1, 4000, napi_uint8_array));
    buffers_.push_back(env_.View(buffers_[1]->memory, 0, 1024, napi_uint32_array));
  }

  void Run() {
    while (!input_.Empty()) Step();
    End();
  }

 private:
  bool Loaded() const { return exports_->properties.count("takeSpill") != 0; }

  Value* Call(const char* name, const Values& arguments) {
    const auto found = exports_->properties.find(name);
    if (found == exports_->properties.end()) return env_.Undefined();
    return env_.Call(found->second, arguments);
  }

  // ---- values

  Value* Number(double number) { return env_.Number(number); }

  Value* AnyValue() {
    static const double kNumbers[] = {-1, 0, 0.5, 1, 255, 65535, 65536, 2147483648.0, 4294967295.0, 4294967296.0,
                                      9007199254740992.0, 1e300, std::numeric_limits<double>::infinity(),
                                      std::numeric_limits<double>::quiet_NaN()};
    switch (input_.Byte() % 10) {
      case 0: return env_.Undefined();
      case 1: return env_.Null();
      case 2: return env_.Boolean(true);
      case 3: return Number(kNumbers[input_.Byte() % (sizeof(kNumbers) / sizeof(double))]);
      case 4: return env_.String(input_.Text());
      case 5: return env_.Array({AnyValue()});
      case 6: return env_.Object();
      case 7: return AnyHandle();
      default: return AnyBuffer();
    }
  }
  Value* AnyHandle() {
    const unsigned which = input_.Byte();
    if (handles_.empty() || which == 255) return Number(which);
    return Number(reading_ = handles_[which % handles_.size()]);
  }
  Value* AnyBuffer() { return buffers_[input_.Byte() % buffers_.size()]; }
  Value* Payload() {
    const unsigned how = input_.Byte();
    if (how % 8 == 0) return env_.Null();
    if (how % 8 == 1) return AnyBuffer();
    Value* view = env_.Uint8Array(how % 8 == 2 ? 9000 + how : 0);
    if (how % 8 != 2) {
      const auto bytes = input_.Bytes();
      view = env_.Uint8Array(bytes.size());
      if (!bytes.empty()) std::memcpy(view->memory->bytes, bytes.data(), bytes.size());
    }
    if (buffers_.size() < 64) buffers_.push_back(view);
    return view;
  }
  // Strings, with a getter or something else among them where the input wants it.
  Value* Strings() {
    Values elements;
    const unsigned count = input_.Byte() % 8;
    for (unsigned index = 0; index < count; index++) {
      const unsigned how = input_.Byte();
      Value* element = how == 255 ? AnyValue() : env_.String(input_.Text());
      element->is_getter = how >= 224;
      elements.push_back(element);
    }
    return env_.Array(std::move(elements));
  }
  Value* StringsOf(const std::vector<std::string>& texts) {
    Values elements;
    for (const std::string& text : texts) elements.push_back(env_.String(text));
    return env_.Array(std::move(elements));
  }
  Value* Type() {
    const unsigned type = input_.Byte();
    return Number(type < 16 ? 0x80000000u + type : type);
  }
  Value* Operation() {
    const unsigned how = input_.Byte();
    // A number that is in use already, now and then.
    return Number(how == 255 ? operations_ : how == 254 ? 0 : ++operations_);
  }

  Value* Capacity() {
    const unsigned capacity = input_.Byte();
    return Number(capacity == 255 ? 4294967295.0 : capacity == 254 ? 5000.0 : capacity < 128 ? -1.0 : capacity - 128);
  }
  // Frames as a peer sends them, well made but for what the input puts into them.
  std::vector<uint8_t> Frames(bool masked) {
    static const uint8_t kFirst[] = {0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8A, 0xC2};
    std::vector<uint8_t> wire;
    const unsigned count = input_.Byte() % 8;
    for (unsigned index = 0; index < count; index++) {
      const unsigned how = input_.Byte();
      const uint8_t first = kFirst[how % sizeof(kFirst)];
      const size_t length = how & 128 ? 40u * input_.Byte() : input_.Byte();
      const uint8_t fill = static_cast<uint8_t>(how & 64 ? 3 : input_.Byte());
      const unsigned times = how & 32 ? 1 + input_.Byte() : 1;
      for (unsigned time = 0; time < times; time++) {
        const uint8_t mask = masked ? 0x80 : 0;
        wire.push_back(first);
        if (length < 126) {
          wire.push_back(static_cast<uint8_t>(mask | length));
        } else {
          wire.insert(wire.end(), {static_cast<uint8_t>(mask | 126), static_cast<uint8_t>(length >> 8),
                                   static_cast<uint8_t>(length)});
        }
        if (masked) wire.insert(wire.end(), 4, 0);
        wire.insert(wire.end(), length, fill);
        if (wire.size() > 60000) return wire;
      }
    }
    return wire;
  }

  // ---- what may go wrong

  void Plan() {
    const unsigned how = input_.Byte();
    const unsigned after = 1 + input_.Byte() % 64;
    if (how & 1) {
      env_.fails_after = after;
      env_.fails_with_exception = (how & 2) != 0;
    } else if (how & 128) {
      library::allocation_fails_after = after;
    } else {
      static const uint32_t kFailures[] = {0x8007000Eu, 0x80070057u, 0x83760002u, 0x80004005u,
                                           0x8007007Au, 0x80070006u, 0xFFFFFFFFu, 0x80000000u};
      library::odd_after = after;
      library::oddity = static_cast<library::Oddity>((how >> 1) % 3);
      library::failure = static_cast<int32_t>(kFailures[(how >> 3) % 8]);
    }
    planned_ = true;
  }

  void Getter() {
    if (depth_ >= 2) return;
    depth_++;
    const unsigned how = input_.Byte();
    // The very handle whose call is being read, more often than chance would have it.
    if (how & 1) Delete(reading_);
    else Step();
    depth_--;
    if (how >= 240) env_.exception = true;
  }

  // ---- calls

  double Create(bool is_server, const Values& properties) {
    Value* owner = env_.Object();
    Values arguments = {owner, env_.Boolean(is_server)};
    arguments.insert(arguments.end(), properties.begin(), properties.end());
    const Value* id = Call("create", arguments);
    if (id->type != napi_number || id->number >= kFirstFailure) return -1;
    Check(id->number > 0, "a handle has a number");
    owners_.push_back(owner);
    handles_.push_back(id->number);
    return id->number;
  }

  void CreateAny() {
    const unsigned how = input_.Byte();
    Values properties;
    properties.push_back(how & 2 ? Number(256 + input_.Byte() * 16) : env_.Undefined());
    properties.push_back(how & 4 ? Number(how & 1 ? 16 + input_.Byte() : 256 + input_.Byte()) : env_.Undefined());
    properties.push_back(how & 8 ? env_.Boolean(true) : env_.Undefined());
    properties.push_back(how & 16 ? env_.Boolean(true) : env_.Undefined());
    properties.push_back(how & 32 ? Number(256 + 16 + 144 + input_.Byte() * 64) : env_.Undefined());
    if (how & 64) properties[input_.Byte() % 5] = AnyValue();
    Create((how & 1) != 0, properties);
  }

  std::vector<std::string> Texts(const Value* list) const {
    std::vector<std::string> texts;
    for (const Value* element : list->elements) texts.push_back(element->text);
    return texts;
  }

  // An open session, as far as nothing planned gets in the way; -1 where it did.
  double Open(bool is_server, const Values& properties, bool with_extension = false) {
    const double id = Create(is_server, properties);
    if (id < 0) return -1;
    Value* extensions = with_extension ? StringsOf({"x"}) : env_.Array({});
    if (is_server) {
      auto request = kRequest;
      if (with_extension) request.insert(request.end(), {"Sec-WebSocket-Extensions", "y, x"});
      const Value* answer =
          Call("beginServerHandshake", {Number(id), env_.Undefined(), extensions, StringsOf(request)});
      const Value* ended = Call("endServerHandshake", {Number(id)});
      return answer->is_array && ended->type == napi_number && ended->number == 0 ? id : -1;
    }
    const Value* offer = Call("beginClientHandshake", {Number(id), env_.Array({}), extensions, env_.Array({})});
    if (!offer->is_array) return -1;
    auto request = Texts(offer);
    request.insert(request.end(), {"Host", "a"});
    const double helper = Create(true, Values(5, env_.Undefined()));
    if (helper < 0) return -1;
    const Value* answer =
        Call("beginServerHandshake", {Number(helper), env_.Undefined(), extensions, StringsOf(request)});
    const auto response = Texts(answer);
    Delete(helper);
    const Value* selected = Call("endClientHandshake", {Number(id), StringsOf(response)});
    return selected->is_array ? id : -1;
  }

  Values FewProperties() {
    const unsigned how = input_.Byte();
    Values properties(5, env_.Undefined());
    if (how & 1) properties[0] = Number(256 + (how & 0xF0));
    if (how & 2) properties[1] = Number(256);
    if (how & 4) properties[2] = env_.Boolean(true);
    if (how & 8) properties[3] = env_.Boolean(true);
    return properties;
  }

  void Delete(double id) {
    const Value* result = Call("delete", {Number(id)});
    const bool failed = result->type != napi_number || result->number != 0;
    if (failed) return;
    const Value* again = Call("delete", {Number(id)});
    Check(again->type != napi_number || again->number != 0, "a deleted handle is not deleted again");
  }

  void GetAction() {
    Value* id = AnyHandle();
    const unsigned how = input_.Byte();
    GetActionOf(id, how & 3, (how >> 2) & 15, how & 64 ? AnyBuffer() : buffers_[how >> 7]);
  }

  // Whether there was one, which is then the latest in the list.
  bool GetActionOf(Value* id, unsigned queue, unsigned count, Value* scratch) {
    const Value* result = Call("getAction", {id, Number(queue), Number(count), scratch});
    if (result->type != napi_number || result->number != 0) return false;
    Check(scratch->ViewLength() >= kActionHeader, "an action is written where there is room for it");
    std::array<uint32_t, kActionHeader / 4> words;
    std::memcpy(words.data(), scratch->ViewBytes(), kActionHeader);
    Check(words[0] <= 4, "an action is known");
    if (words[0] == 0) return false;
    Check(words[4] != 0, "an action has a context");
    Check(words[6] <= kMostBuffers, "buffers are described where there is room for it");
    for (uint32_t index = 0; index < words[6]; index++) {
      const uint32_t place = words[16 + 3 * index];
      const uint32_t position = words[17 + 3 * index];
      const uint32_t length = words[18 + 3 * index];
      Check(place <= 2, "a buffer has a place");
      if (place == 0) {
        Check(position >= kActionHeader && position <= scratch->ViewLength() &&
                  length <= scratch->ViewLength() - position,
              "a buffer lies in the scratch");
      } else if (place == 2) {
        const Value* bytes = Call("actionBytes", {id, Number(words[4]), Number(position)});
        Check(planned_ || (bytes->is_view && bytes->length == length), "a buffer can be had by its index");
      }
    }
    actions_.push_back({id->number, words[4], words[5], 0});
    Action& action = actions_.back();
    // The whole window, or all that is to be written.
    action.bytes = action.window;
    if (words[0] == kSendToNetwork) {
      for (uint32_t index = 0; index < words[6]; index++) action.bytes += words[18 + 3 * index];
    }
    return true;
  }

  // The action loop as a program runs it, against a peer that sends what the input says.
  void Converse() {
    const unsigned how = input_.Byte();
    const bool is_server = (how & 1) != 0;
    const double id = Open(is_server, FewProperties(), (how & 4) != 0);
    if (id < 0) return;
    const std::vector<uint8_t> wire = Frames(is_server);
    size_t at = 0;
    Value* scratch = how & 2 ? buffers_[4] : buffers_[1];
    for (unsigned turns = 0; turns < 40; turns++) {
      const unsigned what = input_.Byte();
      if (what & 1) Call("receive", {Number(id), Capacity(), Operation()});
      if (what & 2) {
        Value* type = Type();
        Value* payload = Payload();
        Call("send", {Number(id), type, payload, Number(-1), env_.Null(), Operation()});
      }
      for (unsigned actions = 0; actions < 8; actions++) {
        if (!GetActionOf(Number(id), 3, 2, scratch)) break;
        const Action action = actions_.back();
        double bytes = action.bytes;
        Value* window = env_.Null();
        if (what & 4) {
          // As nobody should: another count, and memory that does not fit it.
          window = AnyBuffer();
          bytes = input_.Byte() * 16;
        } else if (action.window != 0) {
          const size_t part = std::min<size_t>({wire.size() - at, action.window, 1 + (what >> 3) * 200u});
          window = env_.Uint8Array(part);
          if (part != 0) std::memcpy(window->memory->bytes, wire.data() + at, part);
          at += part;
          bytes = static_cast<double>(part);
        }
        Call("completeAction", {Number(id), Number(action.context), Number(bytes), window});
        if (action.window != 0) break;
      }
    }
  }

  void CompleteAction() {
    const unsigned how = input_.Byte();
    Action action = {0, 0, 0, 0};
    if (!actions_.empty()) action = actions_[actions_.size() - 1 - (how & 15) % actions_.size()];
    Value* window = how & 16 ? AnyBuffer() : env_.Null();
    double bytes = how & 32 ? input_.Byte() * 16 : action.window;
    if (how & 64) {
      const auto received = input_.Bytes();
      window = env_.Uint8Array(received.size());
      if (!received.empty()) std::memcpy(window->memory->bytes, received.data(), received.size());
      bytes = static_cast<double>(received.size());
    }
    Call("completeAction", {how & 128 ? AnyHandle() : Number(action.handle), Number(action.context), Number(bytes),
                            window});
  }

  // ---- bulk

  bool ReadBulk(Value* id, Value* scratch, Bulk* bulk) {
    std::array<uint32_t, 8> words;
    std::memcpy(words.data(), scratch->ViewBytes(), kBulkHeader);
    const size_t capacity = (scratch->ViewLength() - kBulkHeader) / 16;
    Check(words[0] <= capacity, "entries are written where there is room for them");
    bulk->slab_used = words[1];
    bulk->full = words[3] != 0;
    bulk->consumed = words[4];
    bulk->written = words[5];
    for (uint32_t index = 0; index < words[0]; index++) {
      std::array<uint32_t, 4> entry;
      std::memcpy(entry.data(), scratch->ViewBytes() + kBulkHeader + 16 * index, 16);
      bulk->entries.push_back(entry);
    }
    if (words[2] == 0) return true;
    const Value* spill = Call("takeSpill", {id});
    if (!spill->is_view) {
      Check(planned_, "the spill can be taken");
      return false;
    }
    Check(spill->length == words[2], "the spill is as long as was said");
    bulk->spill.assign(spill->ViewBytes(), spill->ViewBytes() + spill->length);
    return true;
  }

  // Where the bytes of an entry are, once it has been seen that they are there.
  const uint8_t* BytesOf(const std::array<uint32_t, 4>& entry, const Bulk& bulk, const Value* slab,
                         const Value* payload, const Value* chunk) const {
    const auto [kind, start, end, extra] = entry;
    Check(start <= end, "a part does not end before it starts");
    if (kind == kOutputInPayload) {
      Check(payload != nullptr && payload->is_view && end <= payload->ViewLength(), "a part lies in the payload");
      // cppcheck-suppress nullPointer
      return payload->ViewBytes() + start;
    }
    if ((extra & kInSpill) != 0) {
      Check(end <= bulk.spill.size(), "a part lies in the spill");
      return bulk.spill.data() + start;
    }
    if (kind == kOutputInSlab) {
      Check(end <= bulk.slab_used && bulk.slab_used <= slab->ViewLength(), "a part lies in the slab");
      return slab->ViewBytes() + start;
    }
    Check(chunk != nullptr && end <= bulk.written && bulk.written <= bulk.consumed &&
              bulk.consumed <= chunk->ViewLength(),
          "a part lies in what was consumed of the chunk");
    return chunk->ViewBytes() + start;
  }

  // Not the memory that every call needs.
  bool Expendable(const Value* buffer) const {
    return buffer->memory != buffers_[0]->memory && buffer->memory != buffers_[1]->memory;
  }

  static bool Apart(std::initializer_list<const Value*> views) {
    for (const Value* const* one = views.begin(); one != views.end(); one++) {
      for (const Value* const* other = views.begin(); other != one; other++) {
        if ((*one)->memory != nullptr && (*one)->memory == (*other)->memory) return false;
      }
    }
    return true;
  }

  static bool Answered(const Value* result) {
    // E_HANDLE and E_INVALIDARG may come before anything has been written.
    return result->type == napi_number && result->number != 0x80070006u && result->number != 0x80070057u;
  }

  bool BulkReceive(Value* id, Value* chunk, uint32_t consumed, uint32_t written, Value* scratch, Value* slab,
                   uint32_t slab_used, Bulk* bulk) {
    const Value* result =
        Call("bulkReceive", {id, chunk, Number(consumed), Number(written), scratch, slab, Number(slab_used)});
    bulk->result = result->type == napi_number ? result->number : -1;
    if (!Answered(result) || !Apart({chunk, scratch, slab}) || !ReadBulk(id, scratch, bulk)) return false;
    unsigned sum = 0;
    for (const auto& entry : bulk->entries) {
      const uint8_t* bytes = BytesOf(entry, *bulk, slab, nullptr, chunk);
      for (uint32_t at = 0; at < entry[2] - entry[1]; at++) sum += bytes[at];
    }
    Check(sum != 0xFFFFFFFFu, "bytes can be read");
    return true;
  }

  bool BulkSend(Value* id, Value* type, Value* payload, Value* status, Value* reason, Value* scratch, Value* slab,
                uint32_t slab_used, Bulk* bulk, std::vector<uint8_t>* output) {
    const Value* result =
        Call("bulkSend", {id, type, payload, status, reason, scratch, slab, Number(slab_used)});
    bulk->result = result->type == napi_number ? result->number : -1;
    if (!Answered(result) || !Apart({payload, reason, scratch, slab}) || !ReadBulk(id, scratch, bulk)) return false;
    for (const auto& entry : bulk->entries) {
      const uint8_t* bytes = BytesOf(entry, *bulk, slab, payload, nullptr);
      output->insert(output->end(), bytes, bytes + (entry[2] - entry[1]));
    }
    return true;
  }

  void BulkReceiveAny() {
    Value* id = AnyHandle();
    const unsigned how = input_.Byte();
    Value* chunk;
    if (how & 1) {
      chunk = AnyBuffer();
    } else {
      const auto bytes = how & 128 ? Frames((input_.Byte() & 1) != 0) : input_.Bytes();
      chunk = env_.Uint8Array(bytes.size());
      if (!bytes.empty()) std::memcpy(chunk->memory->bytes, bytes.data(), bytes.size());
    }
    Value* scratch = how & 2 ? AnyBuffer() : buffers_[how & 4 ? 2 : 0];
    Value* slab = how & 8 ? AnyBuffer() : buffers_[1];
    uint32_t consumed = how & 16 ? input_.Byte() : 0;
    uint32_t written = how & 32 ? input_.Byte() : 0;
    uint32_t slab_used = how & 64 ? input_.Byte() : 0;
    for (int turns = 0; turns < 16; turns++) {
      Bulk bulk;
      if (!BulkReceive(id, chunk, consumed, written, scratch, slab, slab_used, &bulk) || !bulk.full) return;
      consumed = bulk.consumed;
      written = bulk.written;
      slab_used = bulk.slab_used;
    }
  }

  void BulkSendAny() {
    Value* id = AnyHandle();
    const unsigned how = input_.Byte();
    Value* type = how & 1 ? Number(kClose) : Type();
    Value* payload = how & 1 ? env_.Null() : Payload();
    Value* status = how & 1 ? Number(995 + input_.Byte()) : Number(-1);
    Value* reason = how & 2 ? Payload() : env_.Null();
    Value* scratch = how & 4 ? AnyBuffer() : buffers_[how & 8 ? 2 : 0];
    Value* slab = how & 16 ? AnyBuffer() : buffers_[1];
    if (how & 128) {
      // In the midst of it.
      library::odd_after = 1 + input_.Byte() % 8;
      library::oddity = library::Oddity::kFails;
      library::failure = -1;
      planned_ = true;
    }
    Bulk bulk;
    std::vector<uint8_t> output;
    BulkSend(id, type, payload, status, reason, scratch, slab, how & 32 ? input_.Byte() : 0, &bulk, &output);
    if ((how & 64) == 0 || payload->memory == nullptr || !Expendable(payload)) return;
    // Nothing keeps a pointer to it, whatever became of the send.
    payload->memory->Detach();
    for (int turns = 0; turns < 4; turns++) GetActionOf(id, 3, 2, buffers_[1]);
  }

  // Messages go from one handle to another, in chunks as the input wants them, and arrive as they left.
  void Exchange() {
    const unsigned how = input_.Byte();
    const bool to_server = (how & 1) != 0;
    Values properties = FewProperties();
    properties[2] = env_.Undefined();
    Values sender_properties = properties;
    const double sender = Open(!to_server, sender_properties);
    const double receiver = Open(to_server, properties);
    if (sender < 0 || receiver < 0) {
      Check(planned_, "a session opens");
      return;
    }
    Value* scratch = env_.Uint8Array(how & 4 ? 2080 : 65536);
    Value* slab = env_.Uint8Array(how & 8 ? 64 : 80000);
    std::vector<uint8_t> sent;
    std::vector<uint8_t> wire;
    const unsigned count = 1 + (how >> 5) % 4;
    uint32_t noise = input_.Byte() + 1;
    for (unsigned message = 0; message < count; message++) {
      const size_t size = (how & 2 ? 300u : 1u) * input_.Byte();
      Value* payload = env_.Uint8Array(size);
      for (size_t at = 0; at < size; at++) {
        noise = noise * 1664525u + 1013904223u;
        payload->memory->bytes[at] = static_cast<uint8_t>(noise >> 24);
      }
      sent.insert(sent.end(), payload->ViewBytes(), payload->ViewBytes() + size);
      Bulk answer;
      const bool read = BulkSend(Number(sender), Number(kBinaryMessage), payload, Number(-1), env_.Null(), scratch,
                                 slab, 0, &answer, &wire);
      if (!read || answer.result != 0) {
        // So large a message has more parts than the small scratch has room for.
        Check(planned_ || (how & 4) != 0, "a message is sent");
        return;
      }
    }
    std::vector<uint8_t> arrived;
    unsigned ends = 0;
    for (size_t at = 0; at < wire.size();) {
      const size_t wanted = wire.size() / 64 + 1 + input_.Byte() * (how & 16 ? 64u : 4u);
      const size_t length = std::min(wire.size() - at, wanted);
      Value* chunk = env_.Uint8Array(length);
      std::memcpy(chunk->memory->bytes, wire.data() + at, length);
      at += length;
      uint32_t consumed = 0;
      uint32_t written = 0;
      for (bool full = true; full;) {
        Bulk bulk;
        const bool known = BulkReceive(Number(receiver), chunk, consumed, written, scratch, slab, 0, &bulk);
        if (!known || bulk.result != 0) {
          Check(planned_, "a message is received");
          return;
        }
        for (const auto& entry : bulk.entries) {
          const uint8_t* bytes = BytesOf(entry, bulk, slab, nullptr, chunk);
          arrived.insert(arrived.end(), bytes, bytes + (entry[2] - entry[1]));
          if (entry[0] == kBinaryMessage) ends++;
        }
        consumed = bulk.consumed;
        written = bulk.written;
        full = bulk.full;
      }
    }
    if (planned_) return;
    Check(ends == count, "messages end");
    Check(arrived == sent, "messages arrive as they left");
  }

  // ---- the program

  void Step() {
    const unsigned what = input_.Byte();
    switch (what % 26) {
      case 0: CreateAny(); break;
      case 1: Open(false, FewProperties(), (what & 128) != 0); break;
      case 2: Open(true, FewProperties(), (what & 128) != 0); break;
      case 3: Call("beginClientHandshake", {AnyHandle(), Strings(), Strings(), Strings()}); break;
      case 4:
        Call("beginServerHandshake",
             {AnyHandle(), what & 128 ? env_.Undefined() : env_.String(input_.Text()), Strings(),
              what & 64 ? StringsOf(kRequest) : Strings()});
        break;
      case 5: Call("endClientHandshake", {AnyHandle(), Strings()}); break;
      case 6: Call("endServerHandshake", {AnyHandle()}); break;
      case 7: {
        Value* id = AnyHandle();
        Value* type = Type();
        Value* payload = Payload();
        Call("send", {id, type, payload, Number(-1), env_.Null(), Operation()});
        break;
      }
      case 8: {
        Value* id = AnyHandle();
        Value* status = Number(995 + input_.Byte());
        Value* reason = Payload();
        Call("send", {id, Number(kClose), env_.Null(), status, reason, Operation()});
        break;
      }
      case 9: {
        Value* id = AnyHandle();
        Call("receive", {id, Capacity(), Operation()});
        break;
      }
      case 10:
      case 11:
      case 12: GetAction(); break;
      case 13:
      case 14: CompleteAction(); break;
      case 15: Call(what & 128 ? "abort" : "takeSpill", {AnyHandle()}); break;
      case 16: Delete(AnyHandle()->number); break;
      case 17: BulkSendAny(); break;
      case 18:
      case 19: BulkReceiveAny(); break;
      case 20: Exchange(); break;
      case 21: {
        if (what & 128) {
          if (!owners_.empty()) env_.Collect(owners_[input_.Byte() % owners_.size()]);
          break;
        }
        const Value* buffer = AnyBuffer();
        if (Expendable(buffer)) buffer->memory->Detach();
        break;
      }
      case 22: Plan(); break;
      case 23: Converse(); break;
      default: {
        if (exports_->properties.empty()) break;
        auto function = exports_->properties.begin();
        std::advance(function, input_.Byte() % exports_->properties.size());
        if (function->second->callback == nullptr) {
          Call("getGlobalProperty", {Number(input_.Byte() % 8)});
          break;
        }
        Values arguments;
        const unsigned count = input_.Byte() % 9;
        for (unsigned index = 0; index < count; index++) arguments.push_back(AnyValue());
        // What it makes is not kept: there is no owner to collect, and the end closes it.
        env_.Call(function->second, arguments);
      }
    }
  }

  void End() {
    library::odd_after = 0;
    library::allocation_fails_after = 0;
    env_.End((handles_.size() & 1) != 0);
    Check(library::live_handles == 0, "every handle of the DLL is deleted in the end");
  }

  Input& input_;
  napi_env__ env_;
  Value* exports_ = nullptr;
  Values buffers_;
  Values owners_;
  std::vector<double> handles_;
  std::vector<Action> actions_;
  double operations_ = 0;
  int depth_ = 0;
  // The handle that was named last.
  double reading_ = 0;
  // Something was to fail: then much may be refused that otherwise must not be.
  bool planned_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // The shim's test build looks for its 13 functions in this very program.
  return setenv("WSPC_STAND_IN", "", 1);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  World(input).Run();
  return 0;
}
