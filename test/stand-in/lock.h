// A mutex that cannot fail and cannot throw, unlike std::mutex.

#ifndef STAND_IN_LOCK_H
#define STAND_IN_LOCK_H

#include "websocket_component.h"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace stand_in {

class Lock {
 public:
  constexpr Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

#if defined(_WIN32)
  void Acquire() { AcquireSRWLockExclusive(&lock_); }
  void Release() { ReleaseSRWLockExclusive(&lock_); }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
#else
  void Acquire() { pthread_mutex_lock(&lock_); }
  void Release() { pthread_mutex_unlock(&lock_); }

 private:
  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
#endif
};

class ScopedLock {
 public:
  explicit ScopedLock(Lock* lock) : lock_(lock) { lock_->Acquire(); }
  ~ScopedLock() { lock_->Release(); }
  ScopedLock(const ScopedLock&) = delete;
  ScopedLock& operator=(const ScopedLock&) = delete;

 private:
  Lock* lock_;  // borrowed; outlives this object
};

}  // namespace stand_in

#endif  // STAND_IN_LOCK_H
