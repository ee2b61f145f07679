// Finds the Handle for a WEB_SOCKET_HANDLE, even if the value is hostile.
//
// A WEB_SOCKET_HANDLE here is a slot number and a generation, never an address. So a use after Delete, a second
// Delete and an invented value are recognised, and no freed memory is touched (Q-A5; the documentation allows worse).

#ifndef STAND_IN_HANDLE_TABLE_H
#define STAND_IN_HANDLE_TABLE_H

#include <memory>

#include "handle.h"

namespace stand_in {

// Takes ownership. Null if there is no memory.
WEB_SOCKET_HANDLE Publish(std::unique_ptr<Handle> handle);

// Removes the handle at once: later lookups fail. Waits for a call that runs on another thread. Does nothing if there
// is no such handle.
void Remove(WEB_SOCKET_HANDLE value);

// Access to a handle for the duration of one exported call, with its lock held.
class HandleAccess {
 public:
  explicit HandleAccess(WEB_SOCKET_HANDLE value);
  ~HandleAccess();
  HandleAccess(const HandleAccess&) = delete;
  HandleAccess& operator=(const HandleAccess&) = delete;

  explicit operator bool() const { return handle_ != nullptr; }
  Handle* operator->() const { return handle_; }

 private:
  Handle* handle_;  // one reference is ours until the destructor
};

}  // namespace stand_in

#endif  // STAND_IN_HANDLE_TABLE_H
