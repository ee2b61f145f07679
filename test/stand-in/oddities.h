// Answers that no reading of the specification allows, for the tests of the layers above. Only a build with
// -DSTAND_IN_ODDITIES has them.
//
// The environment variable STAND_IN_ODD names the oddity: "NAME" or "NAME=NUMBER". It is read at each call. An oddity
// changes the first answer that it fits, and unsets the variable.
//
//   action=N      the action is N
//   type=N        the buffer type of an indication of a receive is N
//   nothing       NO_ACTION although bytes from the network are needed
//   buffers=N     N buffers, whatever the room
//   null          a length without memory
//   context       an application context that nobody gave
//   failure=N     GetAction fails with N
//   subprotocol=N, extension=N    EndClientHandshake answers with this index; for the first extension, too
//   extensions=N  EndClientHandshake answers with N extensions

#ifndef STAND_IN_ODDITIES_H
#define STAND_IN_ODDITIES_H

#if defined(STAND_IN_ODDITIES)

#include <cstdlib>
#include <cstring>

#include "handle.h"
#include "hresults.h"

namespace stand_in {

// Reads the variable once.
class Oddity {
 public:
  Oddity() {
#if defined(_WIN32)
    // Not getenv: it has a copy from the time when the DLL was loaded.
    if (GetEnvironmentVariableA("STAND_IN_ODD", text_, sizeof(text_)) == 0) text_[0] = '\0';
#else
    const char* value = std::getenv("STAND_IN_ODD");
    if (value != nullptr) std::strncpy(text_, value, sizeof(text_) - 1);
#endif
  }

  // Whether this oddity is chosen. True only once.
  bool Is(const char* name) {
    const std::size_t length = std::strlen(name);
    if (std::strncmp(text_, name, length) != 0 || (text_[length] != '\0' && text_[length] != '=')) return false;
    if (text_[length] == '=') number_ = std::strtoul(text_ + length + 1, nullptr, 0);
#if defined(_WIN32)
    SetEnvironmentVariableA("STAND_IN_ODD", nullptr);
#else
    unsetenv("STAND_IN_ODD");
#endif
    return true;
  }

  ULONG number() const { return static_cast<ULONG>(number_); }

 private:
  char text_[64] = {};
  unsigned long number_ = 0;
};

// Changes the answer of a successful GetAction.
inline HRESULT MakeOdd(ActionResult* result, WEB_SOCKET_BUFFER* buffers) {
  if (result->action == WEB_SOCKET_NO_ACTION) return hr::kOk;
  Oddity odd;
  if (odd.Is("failure")) return static_cast<HRESULT>(odd.number());
  if (odd.Is("action")) result->action = static_cast<WEB_SOCKET_ACTION>(odd.number());
  if (odd.Is("context")) {
    result->has_application_context = true;
    result->application_context = &result->application_context;
  }
  if (result->action == WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION && odd.Is("type")) {
    result->type = static_cast<WEB_SOCKET_BUFFER_TYPE>(odd.number());
  }
  if (result->action == WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION && odd.Is("nothing")) *result = ActionResult();
  if (result->buffer_count > 0 && odd.Is("null")) {
    buffers[0].Data.pbBuffer = nullptr;
    buffers[0].Data.ulBufferLength = 0xFFFFFFFFu;
  }
  if (odd.Is("buffers")) result->buffer_count = odd.number();
  return hr::kOk;
}

}  // namespace stand_in

#endif

#endif  // STAND_IN_ODDITIES_H
