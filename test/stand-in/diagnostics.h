// The component's validation vocabulary: each violation has the id of its ETW message.

#ifndef STAND_IN_DIAGNOSTICS_H
#define STAND_IN_DIAGNOSTICS_H

#include "websocket_component.h"

namespace stand_in {

enum class Diagnostic : ULONG {
  kNone = 0,
  kInvalidActionContext = 0x01,
  kContinuationRequired = 0x02,
  kUnexpectedContinuation = 0x03,
  kDataReceivedAfterClose = 0x04,
  kCloseFrameSize = 0x05,
  kControlFrameTooLong = 0x06,
  kControlFrameFragmented = 0x07,
  kDataSentAfterClose = 0x08,
  kCloseSentTwice = 0x09,
  kCloseReceivedTwice = 0x0A,
  kCloseReasonTooLong = 0x0B,
  kListCannotParse = 0x0C,
  kListTooManyElements = 0x0D,
  kListCommaExpected = 0x0E,
  kListInputEnded = 0x0F,
  kProtocolHeaderInvalid = 0x10,
  kExtensionsHeaderInvalid = 0x11,
  kVersionHeaderInvalid = 0x12,
  kUpgradeHeaderInvalid = 0x13,
  kConnectionHeaderInvalid = 0x14,
  kUpgradeTokenMissing = 0x15,
  kConnectionTokenMissing = 0x16,
  kSubprotocolNotSupported = 0x17,
  kExtensionNotSupported = 0x18,
  kElementTwice = 0x19,
  kElementNotFound = 0x1A,
  kAcceptMismatch = 0x1B,
  kWrongMessageType = 0x1C,
  kReservedBitsOrOpcode = 0x1D,
  kMaskBitReserved = 0x1E,
  kReasonMustBeEmpty = 0x1F,
  kCloseStatusRefused = 0x20,
  kNullNeedsZeroLength = 0x21,
  kInvalidParameter = 0x22,
  kInvalidUtf8 = 0x23,
  kServerMaskBit = 0x24,
  kLengthFormat = 0x25,
  kKeepAliveDefaulted = 0x26,
  kKeepAliveRaised = 0x27,
  kNoHeaders = 0x28,
  kHeaderTwice = 0x29,
  kHeaderMissing = 0x2A,
  kMaskRequired = 0x2B,
  kMaskForbidden = 0x2C,
  kInvalidBufferType = 0x2D,
};

// The diagnostics recorded so far. Each handle has a log, and there is one for calls without a handle.
class DiagnosticLog {
 public:
  void Record(Diagnostic id) {
    if (id == Diagnostic::kNone) return;
    last_ = id;
    seen_ |= std::uint64_t{1} << static_cast<unsigned>(id);
  }
  ULONG last() const { return static_cast<ULONG>(last_); }
  std::uint64_t seen() const { return seen_; }

 private:
  Diagnostic last_ = Diagnostic::kNone;
  std::uint64_t seen_ = 0;
};

}  // namespace stand_in

#endif  // STAND_IN_DIAGNOSTICS_H
