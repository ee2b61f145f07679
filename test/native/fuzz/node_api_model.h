// Node-API without JavaScript: the functions that the shim uses, over values in memory. libFuzzer can drive the shim
// at its own speed, and the sanitizers see every byte. Buffers are in memory of exactly their size. A handle
// (napi_value) has memory of its own, which is freed with its scope, so a later use is found.
//
// It is a model: it answers the shim as Node does, with the same refusals, but V8 is not in it.
#ifndef WSPC_TEST_NODE_API_MODEL_H_
#define WSPC_TEST_NODE_API_MODEL_H_

#include <node_api.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace model {

// The memory of an ArrayBuffer; null once detached.
struct Memory {
  explicit Memory(size_t size) : bytes(static_cast<uint8_t*>(std::calloc(1, size == 0 ? 1 : size))), length(size) {}
  ~Memory() { std::free(bytes); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  void Detach() {
    std::free(bytes);
    bytes = nullptr;
    length = 0;
  }

  uint8_t* bytes;
  size_t length;
};

struct Finalizer {
  napi_finalize callback;
  void* data;
  void* hint;
};

struct Value {
  napi_valuetype type = napi_undefined;
  bool boolean = false;
  double number = 0;
  std::string text;

  bool is_array = false;
  std::vector<Value*> elements;

  bool is_view = false;
  napi_typedarray_type view_type = napi_uint8_array;
  std::shared_ptr<Memory> memory;
  size_t offset = 0;
  size_t length = 0;

  std::vector<Finalizer> finalizers;

  napi_callback callback = nullptr;
  void* data = nullptr;
  std::map<std::string, Value*> properties;

  size_t ViewLength() const { return memory->bytes == nullptr ? 0 : length; }
  uint8_t* ViewBytes() const { return memory->bytes == nullptr ? nullptr : memory->bytes + offset; }
};

}  // namespace model

struct napi_value__ {
  model::Value* value;
};

struct napi_handle_scope__ {
  std::vector<std::unique_ptr<napi_value__>> handles;
};

struct napi_callback_info__ {
  const std::vector<napi_value>* arguments;
  void* data;
};

// An environment: the values of a program, and the data that it has given to Node.
struct napi_env__ {
  napi_env__();
  ~napi_env__();
  napi_env__(const napi_env__&) = delete;
  napi_env__& operator=(const napi_env__&) = delete;

  // ---- for the program that takes the place of JavaScript

  model::Value* Undefined();
  model::Value* Null();
  model::Value* Boolean(bool boolean);
  model::Value* Number(double number);
  model::Value* String(std::string text);
  model::Value* Object();
  model::Value* Uint8Array(size_t length);
  model::Value* Uint32Array(size_t length);
  model::Value* View(const std::shared_ptr<model::Memory>& memory, size_t offset, size_t length,
                     napi_typedarray_type type);
  // Undefined if the function returned nothing, or threw.
  model::Value* Call(model::Value* function, const std::vector<model::Value*>& arguments);
  // Collects an object, as the garbage collector does if nobody references it.
  void Collect(model::Value* object);
  // Ends the environment: runs its hooks, then the finalizers.
  void End(bool instance_first);

  // The fallible call of Node-API with this number, counted from now on, fails; 0 for none.
  unsigned fails_after = 0;
  // Runs when an element of an array is set, as if the program had put a setter on Array.prototype.
  std::function<void()> setter;
  int64_t external_memory = 0;

  // ---- for Node-API

  napi_value Handle(model::Value* value);
  bool Fails();
  model::Value* New(napi_valuetype type);

  bool exception = false;
  std::vector<std::unique_ptr<napi_handle_scope__>> scopes;
  model::Finalizer finalize_instance = {};
  void (*cleanup_hook)(void*) = nullptr;
  void* cleanup_data = nullptr;

 private:
  std::vector<std::unique_ptr<model::Value>> values_;
};

namespace model {

// Ends the process if the condition is false, so that libFuzzer keeps the input.
inline void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace model

#endif  // WSPC_TEST_NODE_API_MODEL_H_
