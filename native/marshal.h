// Converts JavaScript values to values of the DLL, and back. No code here runs JavaScript: arguments are numbers,
// typed arrays and strings, never objects with properties, and a result is a number or a string.
#ifndef WSPC_MARSHAL_H_
#define WSPC_MARSHAL_H_

#include <napi.h>

#include "session_handle.h"

namespace wspc {

// The memory of a typed array, at its present address. The address is valid until the addon returns. An empty or
// detached array has a valid address, too, since null means "no buffer" to the DLL.
template <typename T>
struct Memory {
  T* data = nullptr;
  size_t length = 0;
};
using Bytes = Memory<uint8_t>;
using Words = Memory<uint32_t>;

// The largest integer that a JavaScript number holds exactly.
constexpr int64_t kMostInteger = 9007199254740991;

// The arguments of one call. An argument of the wrong type or out of its range makes the call invalid.
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  bool ok() const { return ok_; }
  Napi::Env env() const { return info_.Env(); }
  Napi::Value operator[](size_t index) const { return info_[index]; }

  int64_t Integer(size_t index, int64_t least, int64_t most);
  uint64_t Number(size_t index) { return static_cast<uint64_t>(Integer(index, 0, kMostInteger)); }
  uint32_t Ulong(size_t index) { return static_cast<uint32_t>(Integer(index, 0, UINT32_MAX)); }
  bool Boolean(size_t index);
  Bytes GetBytes(size_t index);
  // null gives a null address.
  Bytes GetOptionalBytes(size_t index);
  // Words, at least `least` of them.
  Words GetWords(size_t index, size_t least);
  // All texts of a handshake. They come as one string, in which NUL follows each text. The words give the number of
  // subprotocols, of extensions, and of header names and values, and then the length of each. Returns null if the
  // call is invalid or there is no memory; `result` tells which.
  std::unique_ptr<HandshakeInput> Texts(size_t index, const Words& words, abi::HResult* result);

 private:
  template <typename T>
  Memory<T> GetMemory(size_t index, napi_typedarray_type wanted);

  const Napi::CallbackInfo& info_;
  bool ok_ = true;
};

// An HRESULT as an unsigned number. Every success code becomes 0.
Napi::Value Result(Napi::Env env, abi::HResult result);

// Names and values of headers as one string. The words get the number of texts and the length of each.
Napi::Value FromHeaders(Napi::Env env, const abi::HttpHeader* headers, abi::Ulong count, const Words& words);

// Writes a number of up to 53 bits into two words.
inline void WriteNumber(uint32_t* words, uint64_t number) {
  words[0] = static_cast<uint32_t>(number);
  words[1] = static_cast<uint32_t>(number >> 32);
}

// The answer of GetAction, in the layout that `scratch.ts` reads: three words for each buffer from word 16 on, and
// the bytes of small buffers after the header.
constexpr size_t kActionHeader = 64;
void WriteAction(const ActionView& view, const Words& words);

}  // namespace wspc

#endif  // WSPC_MARSHAL_H_
