// From WEB_SOCKET_HANDLE to Handle, in a way that survives hostile use.
//
// A WEB_SOCKET_HANDLE here is a slot number and a generation, never an address. Using it after Delete, deleting it
// twice or making one up is recognised instead of touching freed memory (Q-A5; the documentation allows worse).

#ifndef STAND_IN_HANDLE_TABLE_H
#define STAND_IN_HANDLE_TABLE_H

#include <memory>

#include "handle.h"

namespace stand_in {

// Takes ownership. Null when there is no memory.
WEB_SOCKET_HANDLE Publish(std::unique_ptr<Handle> handle);

// Removes the handle at once: later lookups fail. Waits for a call that is running on another thread. No-op when
// there is no such handle.
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
