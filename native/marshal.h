// JavaScript values to what the DLL takes, and back. Every reader checks the type of its value; none throws.
#ifndef WSPC_MARSHAL_H_
#define WSPC_MARSHAL_H_

#include <node_api.h>

#include "session_handle.h"

namespace wspc {

// The arguments of one call.
template <size_t kCount>
struct Arguments {
  napi_value values[kCount];
  void* data = nullptr;

  bool Read(napi_env env, napi_callback_info info) {
    size_t count = kCount;
    // Missing ones are undefined, and refused by type.
    return napi_get_cb_info(env, info, &count, values, nullptr, &data) == napi_ok;
  }
  napi_value operator[](size_t index) const { return values[index]; }
};

napi_value Number(napi_env env, uint32_t value);
// An HRESULT, unsigned.
napi_value Result(napi_env env, abi::HResult result);

bool IsUndefined(napi_env env, napi_value value);
bool IsNull(napi_env env, napi_value value);
// An integer of 32 bits without sign; false for everything else.
bool ToUint32(napi_env env, napi_value value, uint32_t* result);
// A number from 0 to 2^53.
bool ToOperation(napi_env env, napi_value value, double* result);

struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};
// A Uint8Array, where it lies now. Without bytes (empty or detached) the address is one that nobody may follow, but
// not null, as C means "none" with null. Good until JavaScript runs again.
bool ToBytes(napi_env env, napi_value value, Bytes* bytes);
// The same for null, which gives a null address.
bool ToOptionalBytes(napi_env env, napi_value value, Bytes* bytes);

// An array of strings. May run JavaScript (a proxy's traps): to be called before anything is looked up.
bool ToStringList(napi_env env, napi_value value, StringList* list);
bool ToString(napi_env env, napi_value value, StringList* list);

// Names and values in turn, as Latin-1.
napi_value FromHeaders(napi_env env, const abi::HttpHeader* headers, abi::Ulong count);
// Fresh memory with a copy.
napi_value FromBytes(napi_env env, const uint8_t* bytes, size_t length);

// The answer of GetAction in the scratch: words 0 to 7 as in `scratch.ts`, three words for each buffer from word 16,
// small buffers from byte 256 on. False when the memory is not fit for it.
constexpr size_t kScratchHeader = 256;
bool WriteAction(const ActionView& view, const Bytes& scratch);

}  // namespace wspc

#endif  // WSPC_MARSHAL_H_
