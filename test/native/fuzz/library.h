// The DLL for the fuzzer of the shim: the stand-in, which may be told to fail or to give odd answers. Memory may be
// refused, too.
#ifndef WSPC_TEST_LIBRARY_H_
#define WSPC_TEST_LIBRARY_H_

#include <cstdint>

namespace library {

enum class Oddity : uint8_t {
  kFails,
  // GetAction, or EndClientHandshake, reports more elements than there was room for.
  kManyBuffers,
  // GetAction gives a length without memory.
  kNoMemory,
  // GetAction gives an unknown action, or an unknown buffer type.
  kUnknownAction,
  kUnknownType,
  // GetAction has no action, although bytes are needed or an operation is queued.
  kNothing,
  // GetAction gives an application context that nobody gave it.
  kStrangeContext,
};
constexpr unsigned kOddities = 7;

// The fitting call with this number, counted from now on, is odd; 0 for none.
extern unsigned odd_after;
extern Oddity oddity;
extern int32_t failure;
// The fallible allocation with this number, counted from now on, is refused; 0 for none.
extern unsigned allocation_fails_after;
// Number of handles that were made and not deleted.
extern int live_handles;

}  // namespace library

#endif  // WSPC_TEST_LIBRARY_H_
