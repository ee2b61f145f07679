// The functions that JavaScript calls. They take numbers and memory. One object for each environment (a Worker, a
// context) owns the handles; a finalizer closes a handle whose JavaScript object is gone. The caller is
// lib/component/native/.
//
// Every function reads and checks all of its arguments, then looks the handle up, then calls the DLL. No JavaScript
// runs in between: no function reads or writes a property, so no getter, setter or proxy can run. All input and
// output beyond one number is in a Uint32Array of the caller, called the words; scratch.ts has their layout. The
// answer is an HRESULT unless stated otherwise.
#include <napi.h>

#include <algorithm>
#include <memory>

#include "component_library.h"
#include "marshal.h"
#include "session_handle.h"

namespace wspc {

namespace {

// Name and version of the package, as in package.json and lib/component/native/identity.ts. If a program names the
// addon's file, this text is looked for in the file before any code of the file runs.
constexpr char kIdentity[] = "websocket-protocol-component@0.1.0";

// The handles of an environment, by number. No number is used twice: at a million handles a second, the numbers last
// for 285 years.
class Handles {
 public:
  ComponentLibrary& library() { return library_; }

  SessionHandle* Find(uint64_t number) const {
    const auto* found = handles_.Find(number);
    return found == nullptr ? nullptr : found->get();
  }

  // 0 if there is no room.
  uint64_t Add(std::unique_ptr<SessionHandle> handle) {
    if (last_ == kMostInteger) return 0;
    auto* place = handles_.Add(last_ + 1);
    if (place == nullptr) return 0;
    *place = std::move(handle);
    return ++last_;
  }

  // The number of bytes that were freed; -1 if there is no handle with this number.
  int64_t Remove(uint64_t number) {
    const SessionHandle* handle = Find(number);
    if (handle == nullptr) return -1;
    const int64_t footprint = handle->footprint();
    handles_.Erase(number);
    return footprint;
  }

  void CloseAll() {
    handles_.ForEach([](std::unique_ptr<SessionHandle>& handle) { handle.reset(); });
  }

 private:
  // Declared before the handles, which need its functions until they are gone.
  ComponentLibrary library_;
  Table<std::unique_ptr<SessionHandle>> handles_;
  uint64_t last_ = 0;
};

// The data of the finalizer of a handle's JavaScript object. The finalizer may run after the environment has ended.
struct Owner {
  std::shared_ptr<Handles> handles;
  uint64_t number;
};

void Finalize(Napi::Env env, Owner* owner) {
  const std::unique_ptr<Owner> mine(owner);
  const int64_t footprint = mine->handles->Remove(mine->number);
  if (footprint > 0) Napi::MemoryManagement::AdjustExternalMemory(env, -footprint);
}

constexpr size_t kPropertyWords = 5;
constexpr size_t kBulkHeader = 8;
// Room for the results of one action, several times over.
constexpr size_t kLeastBulkWords = kBulkHeader + 128 * sizeof(BulkEntry) / sizeof(uint32_t);

class Addon : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports) {
    ComponentLibrary& library = handles_->library();
    const bool loaded = library.Load();
    DefineAddon(exports, {
        InstanceValue("identity", Napi::String::New(env, kIdentity), napi_enumerable),
        // Empty if the DLL and all functions are there.
        InstanceValue("reason", Napi::String::New(env, library.reason()), napi_enumerable),
        InstanceValue("fileVersion", Napi::String::New(env, library.file_version()), napi_enumerable),
    });
    // Runs before all finalizers of an environment that ends.
    env.AddCleanupHook([](Handles* handles) { handles->CloseAll(); }, handles_.get());
    if (!loaded) return;
    DefineProperties(exports, {
        InstanceMethod<&Addon::Create>("create", napi_enumerable),
        InstanceMethod<&Addon::BeginClientHandshake>("beginClientHandshake", napi_enumerable),
        InstanceMethod<&Addon::EndClientHandshake>("endClientHandshake", napi_enumerable),
        InstanceMethod<&Addon::BeginServerHandshake>("beginServerHandshake", napi_enumerable),
        InstanceMethod<&Addon::EndServerHandshake>("endServerHandshake", napi_enumerable),
        InstanceMethod<&Addon::Send>("send", napi_enumerable),
        InstanceMethod<&Addon::Receive>("receive", napi_enumerable),
        InstanceMethod<&Addon::GetAction>("getAction", napi_enumerable),
        InstanceMethod<&Addon::ActionBytes>("actionBytes", napi_enumerable),
        InstanceMethod<&Addon::CompleteAction>("completeAction", napi_enumerable),
        InstanceMethod<&Addon::Abort>("abort", napi_enumerable),
        InstanceMethod<&Addon::Delete>("delete", napi_enumerable),
        InstanceMethod<&Addon::GetGlobalProperty>("getGlobalProperty", napi_enumerable),
        InstanceMethod<&Addon::BulkReceive>("bulkReceive", napi_enumerable),
        InstanceMethod<&Addon::BulkSend>("bulkSend", napi_enumerable),
        InstanceMethod<&Addon::TakeSpill>("takeSpill", napi_enumerable),
    });
  }

 private:
  // The handle that the first argument names. Call this after all other arguments have been read.
  SessionHandle* HandleOf(Arguments& arguments) const {
    const uint64_t number = arguments.Number(0);
    return arguments.ok() ? handles_->Find(number) : nullptr;
  }

  // The error of a call without a handle.
  static Napi::Value Refusal(const Arguments& arguments) {
    return Result(arguments.env(), arguments.ok() ? abi::kInvalidHandle : abi::kInvalidArgument);
  }

  // create(owner, isServer, words). The words give the properties: one bit for each given property, the sizes of the
  // receive, send and allocated buffer, and one bit for each of the two switches. The words answer with the handle's
  // number.
  Napi::Value Create(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const bool is_server = arguments.Boolean(1);
    const Words words = arguments.GetWords(2, kPropertyWords);
    const Napi::Value object = arguments[0];
    if (!arguments.ok() || !object.IsObject()) return Result(info.Env(), abi::kInvalidArgument);
    const HandleProperties given = {words.data[0], words.data[1], words.data[2], words.data[3], words.data[4]};
    std::unique_ptr<SessionHandle> handle(
        new (std::nothrow) SessionHandle(handles_->library().functions(), is_server ? Role::kServer : Role::kClient));
    std::unique_ptr<Owner> owner(new (std::nothrow) Owner{handles_, 0});
    if (handle == nullptr || owner == nullptr) return Result(info.Env(), abi::kOutOfMemory);
    const abi::HResult result = handle->Create(given);
    if (abi::Failed(result)) return Result(info.Env(), result);
    const int64_t footprint = handle->footprint();
    owner->number = handles_->Add(std::move(handle));
    const uint64_t number = owner->number;
    if (number == 0) return Result(info.Env(), abi::kOutOfMemory);
    object.As<Napi::Object>().AddFinalizer(Finalize, owner.get());
    if (info.Env().IsExceptionPending()) {
      handles_->Remove(number);
      return Napi::Value();
    }
    owner.release();
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), footprint);
    WriteNumber(words.data, number);
    return Result(info.Env(), abi::kOk);
  }

  // beginClientHandshake(number, texts, words): returns the headers as one string, or an HRESULT.
  Napi::Value BeginClientHandshake(const Napi::CallbackInfo& info) {
    return Begin(info, &SessionHandle::BeginClientHandshake);
  }

  // beginServerHandshake(number, texts, words): the same, with at most one subprotocol.
  Napi::Value BeginServerHandshake(const Napi::CallbackInfo& info) {
    return Begin(info, &SessionHandle::BeginServerHandshake);
  }

  Napi::Value Begin(const Napi::CallbackInfo& info,
                    abi::HResult (SessionHandle::*begin)(std::unique_ptr<HandshakeInput> input,
                                                         abi::HttpHeader** headers, abi::Ulong* count)) {
    Arguments arguments(info);
    const Words words = arguments.GetWords(2, 1);
    abi::HResult result;
    std::unique_ptr<HandshakeInput> input = arguments.Texts(1, words, &result);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    if (input == nullptr) return Result(info.Env(), result);
    abi::HttpHeader* headers = nullptr;
    abi::Ulong count = 0;
    result = (handle->*begin)(std::move(input), &headers, &count);
    return abi::Failed(result) ? Result(info.Env(), result) : FromHeaders(info.Env(), headers, count, words);
  }

  // endClientHandshake(number, texts, words). The words answer with the index of the subprotocol (all bits set for
  // none), the number of extensions, and the index of each.
  Napi::Value EndClientHandshake(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const Words words = arguments.GetWords(2, 2);
    abi::HResult result;
    const std::unique_ptr<HandshakeInput> input = arguments.Texts(1, words, &result);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    if (input == nullptr) return Result(info.Env(), result);
    Selection selection;
    result = handle->EndClientHandshake(*input, &selection);
    if (abi::Failed(result)) return Result(info.Env(), result);
    if (selection.extension_count > words.length - 2) return Result(info.Env(), abi::kInsufficientBuffer);
    words.data[0] = selection.subprotocol;
    words.data[1] = selection.extension_count;
    std::copy_n(selection.extensions.data(), selection.extension_count, words.data + 2);
    return Result(info.Env(), abi::kOk);
  }

  Napi::Value EndServerHandshake(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    SessionHandle* handle = HandleOf(arguments);
    return handle == nullptr ? Refusal(arguments) : Result(info.Env(), handle->EndServerHandshake());
  }

  // send(number, type, payload or null, -1, operation). For a close frame: the reason and the status in place of the
  // payload and -1.
  Napi::Value Send(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const uint32_t type = arguments.Ulong(1);
    const Bytes bytes = arguments.GetOptionalBytes(2);
    const int64_t status = arguments.Integer(3, -1, UINT16_MAX);
    const uint64_t operation = arguments.Number(4);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    return Result(info.Env(), handle->Send({type, bytes.data, bytes.length, status}, operation));
  }

  // receive(number, capacity or -1, operation)
  Napi::Value Receive(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const int64_t capacity = arguments.Integer(1, -1, UINT32_MAX);
    const uint64_t operation = arguments.Number(2);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    return Result(info.Env(), handle->Receive(capacity, operation));
  }

  // getAction(number, queue, maxBuffers, words)
  Napi::Value GetAction(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const uint32_t queue = arguments.Ulong(1);
    const uint32_t max_buffers = arguments.Ulong(2);
    const Words words = arguments.GetWords(3, kActionHeader);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    ActionView view;
    const abi::HResult result = handle->GetAction(queue, max_buffers, &view);
    if (!abi::Failed(result)) WriteAction(view, words);
    return Result(info.Env(), result);
  }

  // actionBytes(number, context, index, bytes): copies a buffer that was too large for the words, as far as there is
  // room. The caller allocates the room: if V8 had no memory for an ArrayBuffer made here, the process would end.
  Napi::Value ActionBytes(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const uint64_t context = arguments.Number(1);
    const uint32_t index = arguments.Ulong(2);
    const Bytes bytes = arguments.GetBytes(3);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    const abi::DataBuffer* buffer = handle->BufferOf(context, index);
    if (buffer == nullptr) return Result(info.Env(), abi::kInvalidArgument);
    std::copy_n(buffer->bytes, std::min<size_t>(LengthOf(*buffer), bytes.length), bytes.data);
    return Result(info.Env(), abi::kOk);
  }

  // completeAction(number, context, bytes, window or null)
  Napi::Value CompleteAction(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const uint64_t context = arguments.Number(1);
    const uint32_t bytes = arguments.Ulong(2);
    const Bytes window = arguments.GetOptionalBytes(3);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    handle->CompleteAction(context, bytes, window.data, window.length);
    return Result(info.Env(), abi::kOk);
  }

  Napi::Value Abort(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    handle->Abort();
    return Result(info.Env(), abi::kOk);
  }

  Napi::Value Delete(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const uint64_t number = arguments.Number(0);
    const int64_t footprint = arguments.ok() ? handles_->Remove(number) : -1;
    if (footprint < 0) return Refusal(arguments);
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -footprint);
    return Result(info.Env(), abi::kOk);
  }

  // getGlobalProperty(type, words): the words answer with the number of ULONGs, and the ULONGs.
  Napi::Value GetGlobalProperty(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const uint32_t type = arguments.Ulong(0);
    constexpr abi::Ulong kMost = 64;
    const Words words = arguments.GetWords(1, 1 + kMost);
    if (!arguments.ok()) return Refusal(arguments);
    abi::Ulong values[kMost] = {};
    // B12-1: a query for the interval has a size of exactly 4 bytes.
    abi::Ulong size = type == abi::kSupportedVersions ? sizeof(values) : sizeof(values[0]);
    const abi::HResult result = handles_->library().functions().get_global_property(
        static_cast<abi::PropertyType>(type), values, &size);
    if (abi::Failed(result)) return Result(info.Env(), result);
    words.data[0] = std::min<abi::Ulong>(size / sizeof(values[0]), kMost);
    std::copy_n(values, words.data[0], words.data + 1);
    return Result(info.Env(), abi::kOk);
  }

  // bulkReceive(number, chunk, words, slab). The words give the bytes that were used before: of the slab in word 2,
  // of the chunk in words 5 and 6. They answer with the DLL's HRESULT in word 0, unless the call itself is refused.
  Napi::Value BulkReceive(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const Bytes chunk = arguments.GetBytes(1);
    BulkCall call(&arguments, 2);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    BulkResults& results = call.results;
    results.consumed = call.words.data[5];
    results.written = call.words.data[6];
    if (!call.Fits() || results.consumed > chunk.length || results.written > results.consumed) {
      return Result(info.Env(), abi::kInvalidArgument);
    }
    return call.Answer(info.Env(), *handle, handle->BulkReceive(chunk.data, chunk.length, &results));
  }

  // bulkSend(number, type, bytes or null, status or -1, words, slab): as send and bulkReceive.
  Napi::Value BulkSend(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const uint32_t type = arguments.Ulong(1);
    const Bytes bytes = arguments.GetOptionalBytes(2);
    const int64_t status = arguments.Integer(3, -1, UINT16_MAX);
    BulkCall call(&arguments, 4);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    if (!call.Fits()) return Result(info.Env(), abi::kInvalidArgument);
    return call.Answer(info.Env(), *handle,
                       handle->BulkSend({type, bytes.data, bytes.length, status}, &call.results));
  }

  // The memory of a bulk call. Results are listed after the first words; output is written into the slab.
  struct BulkCall {
    BulkCall(Arguments* arguments, size_t index)
        : words(arguments->GetWords(index, kLeastBulkWords)), slab(arguments->GetBytes(index + 1)) {}

    bool Fits() {
      results.entries = reinterpret_cast<BulkEntry*>(words.data + kBulkHeader);
      results.capacity = (words.length - kBulkHeader) * sizeof(uint32_t) / sizeof(BulkEntry);
      results.slab = slab.data;
      // Positions in the slab have 32 bits.
      results.slab_size = slab.length < UINT32_MAX ? slab.length : 0;
      results.slab_used = words.data[2];
      return results.slab_used <= results.slab_size;
    }

    Napi::Value Answer(Napi::Env env, const SessionHandle& handle, abi::HResult result) const {
      words.data[0] = static_cast<uint32_t>(abi::Failed(result) ? result : abi::kOk);
      words.data[1] = static_cast<uint32_t>(results.count);
      words.data[2] = static_cast<uint32_t>(results.slab_used);
      words.data[3] = static_cast<uint32_t>(handle.spill().size());
      words.data[4] = results.full ? 1 : 0;
      words.data[5] = static_cast<uint32_t>(results.consumed);
      words.data[6] = static_cast<uint32_t>(results.written);
      words.data[7] = results.failed_in_get_action ? 1 : 0;
      return Result(env, abi::kOk);
    }

    const Words words;
    const Bytes slab;
    BulkResults results;
  };

  // takeSpill(number, bytes): moves the bytes that the last bulk calls could write nowhere else. Moves all of them or
  // none.
  Napi::Value TakeSpill(const Napi::CallbackInfo& info) {
    Arguments arguments(info);
    const Bytes bytes = arguments.GetBytes(1);
    SessionHandle* handle = HandleOf(arguments);
    if (handle == nullptr) return Refusal(arguments);
    List<uint8_t>& spill = handle->spill();
    if (bytes.length != spill.size()) return Result(info.Env(), abi::kInvalidArgument);
    std::copy_n(spill.data(), spill.size(), bytes.data);
    spill.Clear();
    return Result(info.Env(), abi::kOk);
  }

  const std::shared_ptr<Handles> handles_ = std::make_shared<Handles>();
};

NODE_API_ADDON(Addon)

}  // namespace

}  // namespace wspc
