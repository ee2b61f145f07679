// The DLL as the fuzzer of the shim gives it: the stand-in, which may be told to fail or to answer oddly;
// and the memory, which may be refused.
#ifndef WSPC_TEST_LIBRARY_H_
#define WSPC_TEST_LIBRARY_H_

#include <cstdint>

namespace library {

enum class Oddity : uint8_t {
  kFails,
  // GetAction, or EndClientHandshake, says that it wrote more than it was given room for.
  kManyBuffers,
  // GetAction gives a length without memory.
  kNoMemory,
  // GetAction answers with an action that is not known, or a buffer type that is not known.
  kUnknownAction,
  kUnknownType,
  // GetAction has nothing to do, though bytes are wanted or an operation is queued.
  kNothing,
  // GetAction gives an application context that nobody gave it.
  kStrangeContext,
};
constexpr unsigned kOddities = 7;

// The so many-th call from now on that can is odd; 0 for none.
extern unsigned odd_after;
extern Oddity oddity;
extern int32_t failure;
// The so many-th allocation from now on that may be refused is; 0 for none.
extern unsigned allocation_fails_after;
// Handles that were made and not deleted.
extern int live_handles;

}  // namespace library

#endif  // WSPC_TEST_LIBRARY_H_
