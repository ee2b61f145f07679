// The keep-alive interval that all programs of a machine share (B12-1, D4-12). No timer runs here.

#ifndef STAND_IN_KEEP_ALIVE_H
#define STAND_IN_KEEP_ALIVE_H

#include "diagnostics.h"

namespace stand_in {

// Milliseconds. On Windows read from the registry at each call; elsewhere the default.
ULONG KeepAliveInterval(DiagnosticLog* log);

}  // namespace stand_in

#endif  // STAND_IN_KEEP_ALIVE_H
