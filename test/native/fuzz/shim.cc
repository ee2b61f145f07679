// The fuzzer of the shim. The input is a program of calls of the addon, correct and incorrect. They run over the
// Node-API of node_api_model.h and the DLL of library.h, both of which may fail at any call. The sanitizers check the
// memory. This file checks all data that the shim writes for JavaScript (the words, the slab, the chunk).
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
#include <set>
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

constexpr uint32_t kClose = 0x80000004u;
constexpr uint32_t kBinaryMessage = 0x80000002u;
// The layout of the words, as in lib/component/native/scratch.ts.
constexpr uint32_t kSendToNetwork = 1;
constexpr uint32_t kOutputInSlab = 1;
constexpr uint32_t kOutputInPayload = 2;
constexpr uint32_t kInSpill = 0x80000000u;
constexpr size_t kBulkHeader = 32;
constexpr size_t kActionHeader = 256;
constexpr size_t kMostBuffers = 16;

struct Action {
  double handle;
  double context;
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

// A program and its objects.
class World {
 public:
  explicit World(Input& input) : input_(input) {
    library::odd_after = 0;
    library::allocation_fails_after = 0;
    library::live_handles = 0;
    env_.setter = [this] { Setter(); };
    const unsigned how = input_.Byte();
    if (how & 128) Plan();
    exports_ = env_.Object();
    napi_register_module_v1(&env_, env_.Handle(exports_));
    env_.exception = false;
    // Memory of many sizes. Some is too small or has an odd size for its use.
    for (const size_t size : {65536, 4096, 2080, 2079, 300, 32, 1, 0}) buffers_.push_back(env_.Uint8Array(size));
    buffers_.push_back(env_.View(buffers_[0]->memory, 1, 4000, napi_uint8_array));
    buffers_.push_back(env_.View(buffers_[1]->memory, 0, 1024, napi_uint32_array));
    words_.push_back(env_.View(buffers_[0]->memory, 0, 16384, napi_uint32_array));
    words_.push_back(env_.View(buffers_[1]->memory, 0, 1024, napi_uint32_array));
    for (const size_t count : {520, 519, 80, 64, 63, 5, 1, 0}) words_.push_back(env_.Uint32Array(count));
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
    const Value* handle = arguments.empty() ? nullptr : arguments[0];
    Value* result = env_.Call(found->second, arguments);
    const bool succeeded = result->type == napi_number && result->number == 0;
    if (succeeded && std::strcmp(name, "delete") == 0) live_.erase(handle->number);
    return result;
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
      case 5: return AnyWords();
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
  Value* AnyWords() { return words_[input_.Byte() % words_.size()]; }
  using Strings = std::vector<std::string>;
  Strings AnyStrings() {
    Strings texts;
    for (unsigned left = input_.Byte() % 8; left > 0; left--) texts.push_back(input_.Text());
    return texts;
  }
  static void Put(Value* words, size_t at, uint32_t word) {
    if (at < words->ViewLength()) std::memcpy(words->ViewBytes() + 4 * at, &word, 4);
  }
  static uint32_t Get(const Value* words, size_t at) {
    uint32_t word;
    Check(at < words->ViewLength(), "a word is written where there is room for it");
    std::memcpy(&word, words->ViewBytes() + 4 * at, 4);
    return word;
  }
  static double GetNumber(const Value* words, size_t at) {
    return Get(words, at) + Get(words, at + 1) * 4294967296.0;
  }
  // All texts of a handshake as one string. The words have the length of each.
  Value* Texts(Value* words, const Strings& subprotocols, const Strings& extensions, const Strings& headers) {
    std::string text;
    size_t at = 3;
    for (const Strings* list : {&subprotocols, &extensions, &headers}) {
      for (const std::string& part : *list) {
        text += part + '\0';
        Put(words, at++, static_cast<uint32_t>(part.size()));
      }
    }
    Put(words, 0, static_cast<uint32_t>(subprotocols.size()));
    Put(words, 1, static_cast<uint32_t>(extensions.size()));
    Put(words, 2, static_cast<uint32_t>(headers.size()));
    return env_.String(text);
  }
  // The names and values of headers in an answer.
  Strings TextsIn(const Value* answer, const Value* words) const {
    Strings texts;
    size_t start = 0;
    for (uint32_t index = 0; index < Get(words, 0); index++) {
      const uint32_t length = Get(words, 1 + index);
      Check(start + length <= answer->text.size(), "a text lies in the answer");
      texts.push_back(answer->text.substr(start, length));
      start += length;
    }
    Check(start == answer->text.size(), "texts are all of the answer");
    return texts;
  }
  Value* Type() {
    const unsigned type = input_.Byte();
    return Number(type < 16 ? 0x80000000u + type : type);
  }
  Value* Operation() {
    const unsigned how = input_.Byte();
    // Now and then a number that is in use already.
    return Number(how == 255 ? operations_ : how == 254 ? 0 : ++operations_);
  }

  Value* Capacity() {
    const unsigned capacity = input_.Byte();
    return Number(capacity == 255 ? 4294967295.0 : capacity == 254 ? 5000.0 : capacity < 128 ? -1.0 : capacity - 128);
  }
  // Frames of a peer, correct except for the bytes that the input changes.
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

  // ---- faults

  void Plan() {
    const unsigned how = input_.Byte();
    const unsigned after = 1 + input_.Byte() % 64;
    if (how & 1) {
      env_.fails_after = 1 + after % 8;
    } else if (how & 128) {
      library::allocation_fails_after = after;
    } else {
      static const uint32_t kFailures[] = {0x8007000Eu, 0x80070057u, 0x83760002u, 0x80004005u,
                                           0x8007007Au, 0x80070006u, 0xFFFFFFFFu, 0x80000000u};
      library::odd_after = after;
      library::oddity = static_cast<library::Oddity>((how >> 1) % library::kOddities);
      library::failure = static_cast<int32_t>(kFailures[(how >> 3) % 8]);
    }
    planned_ = true;
  }

  // JavaScript in the middle of a call.
  void Setter() {
    if (depth_ >= 2) return;
    depth_++;
    const unsigned how = input_.Byte();
    // Often deletes the very handle of the present call, more often than by chance.
    if (how & 1) Delete(reading_);
    else Step();
    depth_--;
  }

  // ---- calls

  // Sizes of buffers and switches, as `create` takes them.
  struct Properties {
    std::array<uint32_t, 5> words = {};
    void Give(unsigned index, uint32_t value) {
      words[0] |= 1u << (index - 1);
      words[index] = value;
    }
    void Disable(unsigned bit) {
      words[0] |= bit;
      words[4] |= bit;
    }
  };

  double Create(bool is_server, const Properties& properties, Value* words = nullptr) {
    if (words == nullptr) words = words_[0];
    Value* owner = env_.Object();
    for (size_t at = 0; at < properties.words.size(); at++) Put(words, at, properties.words[at]);
    const Value* result = Call("create", {owner, env_.Boolean(is_server), words});
    if (result->type != napi_number || result->number != 0) return -1;
    const double id = GetNumber(words, 0);
    Check(id > 0 && std::find(handles_.begin(), handles_.end(), id) == handles_.end(),
          "a handle has a number, and no other ever had it");
    owners_.push_back({owner, id});
    handles_.push_back(id);
    live_.insert(id);
    return id;
  }

  void CreateAny() {
    const unsigned how = input_.Byte();
    Properties properties;
    if (how & 2) properties.Give(1, 256 + input_.Byte() * 16);
    if (how & 4) properties.Give(2, how & 1 ? 16 + input_.Byte() : 256 + input_.Byte());
    if (how & 8) properties.Disable(8);
    if (how & 16) properties.Disable(16);
    if (how & 32) properties.Give(3, 256 + 16 + 144 + input_.Byte() * 64);
    Create((how & 1) != 0, properties, how & 64 ? AnyWords() : nullptr);
  }

  // Opens a session, unless a planned failure prevents it; then -1.
  double Open(bool is_server, const Properties& properties, bool with_extension = false) {
    const double id = Create(is_server, properties);
    if (id < 0) return -1;
    reading_ = id;
    Value* words = words_[0];
    const Strings extensions = with_extension ? Strings{"x"} : Strings();
    if (is_server) {
      auto request = kRequest;
      if (with_extension) request.insert(request.end(), {"Sec-WebSocket-Extensions", "y, x"});
      Value* texts = Texts(words, {}, extensions, request);
      const Value* answer = Call("beginServerHandshake", {Number(id), texts, words});
      const Value* ended = Call("endServerHandshake", {Number(id)});
      return answer->type == napi_string && ended->type == napi_number && ended->number == 0 ? id : -1;
    }
    Value* texts = Texts(words, {}, extensions, {});
    const Value* offer = Call("beginClientHandshake", {Number(id), texts, words});
    if (offer->type != napi_string) return -1;
    auto request = TextsIn(offer, words);
    request.insert(request.end(), {"Host", "a"});
    const double helper = Create(true, {});
    if (helper < 0) return -1;
    texts = Texts(words, {}, extensions, request);
    const Value* answer = Call("beginServerHandshake", {Number(helper), texts, words});
    const auto response = answer->type == napi_string ? TextsIn(answer, words) : Strings();
    Delete(helper);
    texts = Texts(words, {}, {}, response);
    const Value* selected = Call("endClientHandshake", {Number(id), texts, words});
    return selected->type == napi_number && selected->number == 0 ? id : -1;
  }

  void BeginAny(const char* function, const Strings& headers) {
    Value* id = AnyHandle();
    const unsigned how = input_.Byte();
    Value* words = how & 1 ? AnyWords() : words_[0];
    const Strings subprotocols = AnyStrings();
    const Strings extensions = AnyStrings();
    Value* texts = Texts(words, subprotocols, extensions, headers);
    // Words that do not fit the string.
    if (how & 2) Put(words, input_.Byte() % 16, how & 4 ? 0xFFFFFFFFu : input_.Byte());
    const Value* answer = Call(function, {id, how & 8 ? AnyValue() : texts, words});
    if (answer->type == napi_string) TextsIn(answer, words);
  }

  Properties FewProperties() {
    const unsigned how = input_.Byte();
    Properties properties;
    if (how & 1) properties.Give(1, 256 + (how & 0xF0));
    if (how & 2) properties.Give(2, 256);
    if (how & 4) properties.Disable(8);
    if (how & 8) properties.Disable(16);
    return properties;
  }

  // Collects an object without references, as the garbage collector does. Its handle must be deleted, and no other.
  void Collect() {
    if (owners_.empty()) return;
    const auto [owner, id] = owners_[input_.Byte() % owners_.size()];
    env_.Collect(owner);
    live_.erase(id);
    for (const double each : live_) {
      const Value* answer = Call("actionBytes", {Number(each), Number(0), Number(0), buffers_[7]});
      Check(answer->type == napi_number && answer->number == 0x80070057u, "a live handle answers");
    }
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
    GetActionOf(id, how & 3, (how >> 2) & 15, how & 64 ? AnyWords() : words_[how >> 7]);
  }

  // Returns whether there was an action. It is then the last in the list.
  bool GetActionOf(Value* id, unsigned queue, unsigned count, Value* words) {
    const Value* result = Call("getAction", {id, Number(queue), Number(count), words});
    if (result->type != napi_number || result->number != 0) return false;
    const size_t size = 4 * words->ViewLength();
    Check(size >= kActionHeader, "an action is written where there is room for it");
    std::array<uint32_t, kActionHeader / 4> head;
    std::memcpy(head.data(), words->ViewBytes(), kActionHeader);
    // The shim hands on an action that the DLL has made up: the JavaScript half refuses it (E_FAIL).
    Check(head[0] <= 4 || library::oddity == library::Oddity::kUnknownAction, "an action is known");
    if (head[0] == 0) return false;
    const double context = head[4] + head[5] * 4294967296.0;
    Check(context != 0, "an action has a context");
    Check(head[7] <= kMostBuffers, "buffers are described where there is room for it");
    for (uint32_t index = 0; index < head[7]; index++) {
      const uint32_t place = head[16 + 3 * index];
      const uint32_t position = head[17 + 3 * index];
      const uint32_t length = head[18 + 3 * index];
      Check(place <= 2, "a buffer has a place");
      if (place == 0) {
        Check(position >= kActionHeader && position <= size && length <= size - position,
              "a buffer lies in the words");
      } else if (place == 2) {
        Value* bytes = env_.Uint8Array(length);
        const Value* copied = Call("actionBytes", {id, Number(context), Number(position), bytes});
        Check(planned_ || (copied->type == napi_number && copied->number == 0), "a buffer can be had by its index");
      }
    }
    actions_.push_back({id->number, context, head[6], 0});
    Action& action = actions_.back();
    // The whole window, or all bytes to write.
    action.bytes = action.window;
    if (head[0] == kSendToNetwork) {
      for (uint32_t index = 0; index < head[7]; index++) action.bytes += head[18 + 3 * index];
    }
    return true;
  }

  // The action loop as a program runs it, against a peer whose bytes come from the input.
  void Converse() {
    const unsigned how = input_.Byte();
    const bool is_server = (how & 1) != 0;
    const double id = Open(is_server, FewProperties(), (how & 4) != 0);
    if (id < 0) return;
    const std::vector<uint8_t> wire = Frames(is_server);
    size_t at = 0;
    Value* scratch = how & 2 ? words_[4] : words_[1];
    for (unsigned turns = 0; turns < 40; turns++) {
      const unsigned what = input_.Byte();
      if (what & 1) Call("receive", {Number(id), Capacity(), Operation()});
      if (what & 2) {
        Value* type = Type();
        Value* payload = Payload();
        Call("send", {Number(id), type, payload, Number(-1), Operation()});
      }
      for (unsigned actions = 0; actions < 8; actions++) {
        if (!GetActionOf(Number(id), 3, 2, scratch)) break;
        const Action action = actions_.back();
        double bytes = action.bytes;
        Value* window = env_.Null();
        if (what & 4) {
          // An incorrect completion: another count, and memory that does not fit it.
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
    const size_t capacity = (4 * scratch->ViewLength() - kBulkHeader) / 16;
    Check(words[1] <= capacity, "entries are written where there is room for them");
    bulk->result = words[0];
    bulk->slab_used = words[2];
    bulk->full = words[4] != 0;
    bulk->consumed = words[5];
    bulk->written = words[6];
    for (uint32_t index = 0; index < words[1]; index++) {
      std::array<uint32_t, 4> entry;
      std::memcpy(entry.data(), scratch->ViewBytes() + kBulkHeader + 16 * index, 16);
      bulk->entries.push_back(entry);
    }
    if (words[3] == 0) return true;
    Value* spill = env_.Uint8Array(words[3]);
    const Value* taken = Call("takeSpill", {id, spill});
    Check(taken->type == napi_number && taken->number == 0, "the spill can be taken");
    bulk->spill.assign(spill->ViewBytes(), spill->ViewBytes() + spill->length);
    return true;
  }

  // The bytes of an entry, after checking that they are there.
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

  // Whether a buffer may be detached. The memory that every call needs may not.
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

  bool BulkReceive(Value* id, Value* chunk, uint32_t consumed, uint32_t written, Value* scratch, Value* slab,
                   uint32_t slab_used, Bulk* bulk) {
    Put(scratch, 2, slab_used);
    Put(scratch, 5, consumed);
    Put(scratch, 6, written);
    const Value* result = Call("bulkReceive", {id, chunk, scratch, slab});
    bulk->result = result->type == napi_number ? result->number : -1;
    if (bulk->result != 0 || !Apart({chunk, scratch, slab}) || !ReadBulk(id, scratch, bulk)) return false;
    unsigned sum = 0;
    for (const auto& entry : bulk->entries) {
      const uint8_t* bytes = BytesOf(entry, *bulk, slab, nullptr, chunk);
      for (uint32_t at = 0; at < entry[2] - entry[1]; at++) sum += bytes[at];
    }
    Check(sum != 0xFFFFFFFFu, "bytes can be read");
    return true;
  }

  bool BulkSend(Value* id, Value* type, Value* payload, Value* status, Value* scratch, Value* slab,
                uint32_t slab_used, Bulk* bulk, std::vector<uint8_t>* output) {
    Put(scratch, 2, slab_used);
    const Value* result = Call("bulkSend", {id, type, payload, status, scratch, slab});
    bulk->result = result->type == napi_number ? result->number : -1;
    if (bulk->result != 0 || !Apart({payload, scratch, slab}) || !ReadBulk(id, scratch, bulk)) return false;
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
    Value* scratch = how & 2 ? AnyWords() : words_[how & 4 ? 2 : 0];
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
    Value* payload = how & 1 && (how & 2) == 0 ? env_.Null() : Payload();
    Value* status = how & 1 ? Number(995 + input_.Byte()) : Number(-1);
    Value* scratch = how & 4 ? AnyWords() : words_[how & 8 ? 2 : 0];
    Value* slab = how & 16 ? AnyBuffer() : buffers_[1];
    if (how & 128) {
      // In the middle of it.
      library::odd_after = 1 + input_.Byte() % 8;
      library::oddity = library::Oddity::kFails;
      library::failure = -1;
      planned_ = true;
    }
    Bulk bulk;
    std::vector<uint8_t> output;
    BulkSend(id, type, payload, status, scratch, slab, how & 32 ? input_.Byte() : 0, &bulk, &output);
    if ((how & 64) == 0 || payload->memory == nullptr || !Expendable(payload)) return;
    // Nothing may keep a pointer to the payload, whatever the result of the send.
    payload->memory->Detach();
    for (int turns = 0; turns < 4; turns++) GetActionOf(id, 3, 2, words_[1]);
  }

  // Sends messages from one handle to another, in chunks by the input. They must arrive unchanged.
  void Exchange() {
    const unsigned how = input_.Byte();
    const bool to_server = (how & 1) != 0;
    Properties properties = FewProperties();
    properties.words[0] &= ~8u;
    const double sender = Open(!to_server, properties);
    const double receiver = Open(to_server, properties);
    if (sender < 0 || receiver < 0) {
      Check(planned_, "a session opens");
      return;
    }
    Value* scratch = env_.Uint32Array(how & 4 ? 520 : 16384);
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
      const bool read = BulkSend(Number(sender), Number(kBinaryMessage), payload, Number(-1), scratch, slab, 0,
                                 &answer, &wire);
      if (!read || answer.result != 0) {
        // A message of this size has more parts than the small scratch has room for.
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
      case 3: BeginAny("beginClientHandshake", AnyStrings()); break;
      case 4: BeginAny("beginServerHandshake", what & 64 ? kRequest : AnyStrings()); break;
      case 5: BeginAny("endClientHandshake", AnyStrings()); break;
      case 6: Call("endServerHandshake", {AnyHandle()}); break;
      case 7: {
        Value* id = AnyHandle();
        Value* type = Type();
        Value* payload = Payload();
        Call("send", {id, type, payload, Number(-1), Operation()});
        break;
      }
      case 8: {
        Value* id = AnyHandle();
        Value* status = Number(995 + input_.Byte());
        Value* reason = Payload();
        Call("send", {id, Number(kClose), reason, status, Operation()});
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
      case 15:
        if (what & 128) Call("abort", {AnyHandle()});
        else Call("takeSpill", {AnyHandle(), AnyBuffer()});
        break;
      case 16: Delete(AnyHandle()->number); break;
      case 17: BulkSendAny(); break;
      case 18:
      case 19: BulkReceiveAny(); break;
      case 20: Exchange(); break;
      case 21: {
        if (what & 128) {
          Collect();
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
          Call("getGlobalProperty", {Number(input_.Byte() % 8), AnyWords()});
          break;
        }
        Values arguments;
        const unsigned count = input_.Byte() % 9;
        for (unsigned index = 0; index < count; index++) arguments.push_back(AnyValue());
        // The handle is not kept. It has no owner to collect, and the end closes it.
        Call(function->first.c_str(), arguments);
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
  Values words_;
  std::vector<std::pair<Value*, double>> owners_;
  // All handles that were ever made, and the live ones among them.
  std::vector<double> handles_;
  std::set<double> live_;
  std::vector<Action> actions_;
  double operations_ = 0;
  int depth_ = 0;
  // The handle that was named last.
  double reading_ = 0;
  // Whether a failure is planned. Then calls may be refused that otherwise must succeed.
  bool planned_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // The test build of the shim looks for its 13 functions in this program.
  return setenv("WSPC_STAND_IN", "", 1);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  World(input).Run();
  return 0;
}
