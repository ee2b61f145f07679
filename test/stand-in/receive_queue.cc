#include "receive_queue.h"

#include <algorithm>
#include <cstring>

#include "interim_defaults.h"
#include "random.h"

namespace stand_in {
namespace {

// A custom frame's type (D-12, Q-X1): bit 0 MASK (0), 1-4 opcode, 5-7 RSV3..RSV1, 8 FIN.
constexpr unsigned kCustomOpcodeShift = 1;
constexpr unsigned kCustomReservedShift = 5;
constexpr ULONG kCustomFin = 1u << 8;

bool IsCustom(const FrameHeader& header) { return header.reserved != 0 || !IsKnownOpcode(header.opcode); }

// Q-P8.
bool StatusMayBeReceived(USHORT status) {
  return status >= 1000 && status != WEB_SOCKET_EMPTY_CLOSE_STATUS && status != WEB_SOCKET_ABORTED_CLOSE_STATUS &&
         status != WEB_SOCKET_SECURE_HANDSHAKE_ERROR_CLOSE_STATUS;
}

}  // namespace

void ReceiveQueue::Attach(const SessionMemory* memory, const ReceiveRules& rules, DiagnosticLog* log) {
  memory_ = memory;
  rules_ = rules;
  log_ = log;
}

bool ReceiveQueue::Fail(Diagnostic why, HRESULT result) {
  log_->Record(why);
  error_ = result;
  return false;
}

ReceiveStep ReceiveQueue::NeedBytes(std::uint64_t count) {
  needed_ = count;
  return ReceiveStep::kRead;
}

ReceiveStep ReceiveQueue::Advance(bool pong_may_go) {
  if (aborted_) return front() != nullptr ? ReceiveStep::kIndicate : ReceiveStep::kNothing;
  if (front() != nullptr && (front()->cancelled || indication_.ready)) return ReceiveStep::kIndicate;
  if (FAILED(error_)) return ReceiveStep::kFailed;
  if (front() == nullptr) return ReceiveStep::kNothing;
  for (;;) {
    if (pong_waiting() && pong_may_go && !interim::kNewestPingOnly) return ReceiveStep::kNothing;
    bool again = false;
    const ReceiveStep step = frame_open_ ? DataPayload() : NextFrame(&again);
    if (again) continue;
    // Q-E1: from now on the queue answers with the error alone, so a waiting pong never goes.
    if (step == ReceiveStep::kFailed && !pong_may_go) pong_count_ = 0;
    return step;
  }
}

// Judges the first two bytes, in this order: the frame by itself, its mask, its place in the sequence.
bool ReceiveQueue::CheckFirstBytes(const FrameHeader& header) {
  if (IsCustom(header) && !rules_.extension_selected) {
    return Fail(Diagnostic::kReservedBitsOrOpcode, interim::kReservedError);
  }
  if (IsControl(header.opcode)) {
    if (!header.fin) return Fail(Diagnostic::kControlFrameFragmented, interim::kControlError);
    if (header.short_length > kMaximumControlPayload) {
      return Fail(Diagnostic::kControlFrameTooLong, interim::kControlError);
    }
    if (header.opcode == kOpClose && header.reserved == 0 && header.short_length == 1) {
      return Fail(Diagnostic::kCloseFrameSize, interim::kControlError);
    }
  }
  if (rules_.side == Side::kServer && !header.masked && !rules_.masking_disabled) {
    return Fail(Diagnostic::kMaskRequired, interim::kMaskError);
  }
  if (rules_.side == Side::kClient && header.masked) return Fail(Diagnostic::kMaskForbidden, interim::kMaskError);
  if (IsControl(header.opcode)) {
    if (close_received_ && header.opcode == kOpClose) {
      return Fail(Diagnostic::kCloseReceivedTwice, interim::kAfterCloseError);
    }
    return true;
  }
  if (close_received_) return Fail(Diagnostic::kDataReceivedAfterClose, interim::kAfterCloseError);
  if (header.opcode == kOpContinuation && message_ == 0) {
    return Fail(Diagnostic::kUnexpectedContinuation, interim::kSequenceError);
  }
  if (header.opcode != kOpContinuation && message_ != 0) {
    return Fail(Diagnostic::kContinuationRequired, interim::kSequenceError);
  }
  return true;
}

ReceiveStep ReceiveQueue::NextFrame(bool* again) {
  FrameHeader header;
  const std::size_t available = end_ - begin_;
  const std::size_t missing = DecodeFrameHeader(unparsed(), available, &header);
  if (available >= 2 && !CheckFirstBytes(header)) return ReceiveStep::kFailed;
  if (missing > 0) return NeedBytes(missing);
  if (header.length_malformed) {
    Fail(Diagnostic::kLengthFormat, interim::kLengthError);
    return ReceiveStep::kFailed;
  }
  if (IsControl(header.opcode)) return ControlFrame(header, again);

  begin_ += header.size;
  frame_ = header;
  frame_position_ = 0;
  frame_open_ = true;
  frame_custom_ = IsCustom(header);
  if (header.opcode == kOpText || header.opcode == kOpBinary) {
    message_ = header.opcode;
    // Bytes that an extension has transformed are not text on the wire.
    message_verified_ = rules_.verify_utf8 && header.opcode == kOpText && !frame_custom_;
    utf8_.Reset();
  }
  *again = true;
  return ReceiveStep::kNothing;
}

// A control frame is judged and answered only when it is complete.
ReceiveStep ReceiveQueue::ControlFrame(const FrameHeader& header, bool* again) {
  const std::size_t available = end_ - begin_;
  const auto length = static_cast<std::size_t>(header.length);
  const std::size_t whole = header.size + length;
  if (available < whole) return NeedBytes(whole - available);

  if (!IsCustom(header) && header.opcode == kOpPing) {
    if (!close_received_ || interim::kAnswerAfterClose) KeepPong(unparsed() + header.size, length, header.key);  // Q-P7
    begin_ += whole;
    *again = true;
    return ReceiveStep::kNothing;
  }

  // All other frames are shown, unmasked in place (D3-9).
  std::uint8_t* payload = unparsed() + header.size;
  if (IsCustom(header)) {
    ApplyMask(payload, length, header.key, 0, payload);
    indication_ = {};
    indication_.type = CustomType(header, true);
  } else if (header.opcode == kOpClose) {
    ApplyMask(payload, length, header.key, 0, payload);
    return CloseFrame(header, payload);
  } else {
    const bool solicited = pongs_expected_ > 0;
    if (solicited) --pongs_expected_;
    if (!solicited && interim::kUnsolicitedPong == interim::UnsolicitedPong::kSwallowed) {
      begin_ += whole;
      *again = true;
      return ReceiveStep::kNothing;
    }
    ApplyMask(payload, length, header.key, 0, payload);
    indication_ = {};
    indication_.type = !solicited && interim::kUnsolicitedPong == interim::UnsolicitedPong::kOwnType
                           ? WEB_SOCKET_UNSOLICITED_PONG_BUFFER_TYPE
                           : WEB_SOCKET_PING_PONG_BUFFER_TYPE;
  }
  indication_.ready = true;
  indication_.offset = header.size;
  indication_.length = length;
  indication_.consumes = whole;
  return ReceiveStep::kIndicate;
}

// D4-7, Q-P8. The payload has 0 or at least 2 bytes.
ReceiveStep ReceiveQueue::CloseFrame(const FrameHeader& header, const std::uint8_t* payload) {
  const auto length = static_cast<std::size_t>(header.length);
  USHORT status = WEB_SOCKET_EMPTY_CLOSE_STATUS;
  if (length > 0) {
    status = static_cast<USHORT>(payload[0] << 8 | payload[1]);
    if (!StatusMayBeReceived(status)) {
      Fail(Diagnostic::kCloseStatusRefused, interim::kReceivedStatusError);
      return ReceiveStep::kFailed;
    }
  }
  close_received_ = true;
  message_ = 0;  // the message in progress is abandoned
  indication_ = {};
  indication_.ready = true;
  indication_.type = WEB_SOCKET_CLOSE_BUFFER_TYPE;
  indication_.is_close = true;
  indication_.status = status;
  indication_.has_reason = length > 0;
  indication_.offset = header.size + (length > 0 ? 2 : 0);
  indication_.length = length > 0 ? length - 2 : 0;
  indication_.consumes = header.size + length;
  return ReceiveStep::kIndicate;
}

ReceiveStep ReceiveQueue::DataPayload() {
  const ReceiveOperation* operation = front();
  const std::uint64_t left = frame_.length - frame_position_;
  const std::size_t available = end_ - begin_;
  if (left > 0 && available == 0) return NeedBytes(left);
  if (interim::kFillFirst && available < left && available < SpaceLimit()) return NeedBytes(left - available);

  // Q-R2: all available bytes. Q-R6: bytes that do not fit into the application's buffer wait for its next Receive.
  auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, available));
  if (operation->app_buffer != nullptr) piece = std::min<std::size_t>(piece, operation->app_capacity);
  std::uint8_t* payload = unparsed();
  ApplyMask(payload, piece, frame_.key, static_cast<std::size_t>(frame_position_ % 4), payload);

  const bool frame_ends = piece == left;
  const bool last = frame_ends && frame_.fin;
  if (message_verified_ && message_ != 0) {
    // Q-R8: an invalid byte anywhere in the piece gives an error instead of an indication.
    if (!utf8_.Append(payload, piece) || (last && !utf8_.Complete())) {
      Fail(Diagnostic::kInvalidUtf8, interim::kUtf8Error);
      return ReceiveStep::kFailed;
    }
  }
  indication_ = {};
  indication_.ready = true;
  indication_.type = frame_custom_ ? CustomType(frame_, last) : DataType(last);
  indication_.length = piece;
  indication_.consumes = piece;
  indication_.in_app_buffer = operation->app_buffer != nullptr;
  frame_position_ += piece;
  if (frame_ends) {
    frame_open_ = false;
    if (last) message_ = 0;
  }
  return ReceiveStep::kIndicate;
}

// Q-R3: MESSAGE if the piece has the last byte of the message, otherwise FRAGMENT.
WEB_SOCKET_BUFFER_TYPE ReceiveQueue::DataType(bool last) const {
  if (message_ == kOpText) return last ? WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE : WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE;
  return last ? WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE : WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE;
}

WEB_SOCKET_BUFFER_TYPE ReceiveQueue::CustomType(const FrameHeader& header, bool last) const {
  return static_cast<WEB_SOCKET_BUFFER_TYPE>(ULONG{header.opcode} << kCustomOpcodeShift |
                                             ULONG{header.reserved} << kCustomReservedShift |
                                             (last ? kCustomFin : 0u));
}

// Q-R5, Q-A3: the type of a receive that ends without data.
WEB_SOCKET_BUFFER_TYPE ReceiveQueue::UnfinishedType() const {
  if (interim::kCancelledHasNoType) return WEB_SOCKET_NO_BUFFER_TYPE;
  if (frame_open_ && frame_custom_) return CustomType(frame_, false);
  return message_ == 0 ? WEB_SOCKET_NO_BUFFER_TYPE : DataType(false);
}

// Drops the bytes of parsed frames and moves the rest to the front, so that free space is one piece.
void ReceiveQueue::MoveToFront() {
  if (begin_ == 0) return;
  std::memmove(memory_->receive_area(), unparsed(), end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

// Q-P4: one pong for each ping. Memory is constant: if too many pongs wait for a half-sent frame of ours, the newest
// ping replaces the one before it. (RFC 6455 section 5.5.3 allows answering only the newest.)
void ReceiveQueue::KeepPong(const std::uint8_t* payload, std::size_t length, const MaskKey& key) {
  if (interim::kNewestPingOnly) pong_count_ = 0;
  if (pong_count_ == kMostPongs) --pong_count_;
  Pong* pong = &pongs_[pong_count_++];
  ApplyMask(payload, length, key, 0, pong->payload);
  pong->length = length;
}

std::size_t ReceiveQueue::PongSize(const Pong& pong) const {
  return (rules_.side == Side::kClient ? 6 : 2) + pong.length;
}

// The largest number of unparsed bytes. Room for a waiting pong is kept free. A pong needs at most 4 bytes more than
// its ping, and the area has 4 extra bytes for that, so there are never too many already. The rest suffices for a
// whole control frame, because RECV is at least 256: a read can always be offered.
std::size_t ReceiveQueue::SpaceLimit() const {
  std::size_t reserved = 0;
  for (std::size_t i = 0; i < pong_count_; ++i) reserved = std::max(reserved, PongSize(pongs_[i]));
  return std::min(memory_->receive_size(), memory_->receive_area_size() - reserved);
}

void ReceiveQueue::OfferSpace(WEB_SOCKET_BUFFER* buffer) {
  MoveToFront();
  std::uint64_t space = SpaceLimit() - end_;
  if (interim::kExactReads) space = std::min(space, needed_);
  buffer->Data.pbBuffer = memory_->receive_area() + end_;
  buffer->Data.ulBufferLength = static_cast<ULONG>(space);
}

void ReceiveQueue::FillIndication(WEB_SOCKET_BUFFER* buffer, ULONG* count, WEB_SOCKET_BUFFER_TYPE* type) {
  if (aborted_ || front()->cancelled) {
    *type = UnfinishedType();
    *count = aborted_ ? 0 : interim::kCancelledBufferCount;
    if (*count > 0) *buffer = {};
    return;
  }
  std::uint8_t* bytes = unparsed() + indication_.offset;
  *count = 1;
  *type = indication_.type;
  if (indication_.is_close) {
    // D4-7: no body at all is NULL; a status without a reason is a pointer with length 0.
    buffer->CloseStatus.pbReason = indication_.has_reason ? bytes : nullptr;
    buffer->CloseStatus.ulReasonLength = static_cast<ULONG>(indication_.length);
    buffer->CloseStatus.usStatus = indication_.status;
    return;
  }
  if (indication_.in_app_buffer) {
    if (indication_.length > 0) std::memcpy(front()->app_buffer, bytes, indication_.length);
    bytes = front()->app_buffer;
  }
  buffer->Data.pbBuffer = bytes;  // Q-R10: also with length 0
  buffer->Data.ulBufferLength = static_cast<ULONG>(indication_.length);
}

void ReceiveQueue::IndicationCompleted() {
  // A cancelled or aborted operation showed no bytes, so it drops none.
  if (indication_.ready && !front()->cancelled) {
    begin_ += indication_.consumes;
    indication_ = {};
  }
  operations_.Pop();
}

HRESULT ReceiveQueue::PlacePong(ULONG capacity, WEB_SOCKET_BUFFER* buffers, ULONG* count, ULONG* total) {
  const bool masked = rules_.side == Side::kClient;
  MaskKey key = {};
  if (masked && !rules_.masking_disabled && !FillRandom(key, sizeof(key))) return hr::kFail;
  const Pong& oldest = pongs_[0];
  const std::size_t size = PongSize(oldest);
  std::uint8_t* pong = memory_->receive_area() + memory_->receive_area_size() - size;
  if (memory_->receive_area() + end_ > pong) MoveToFront();
  const std::size_t header_size = EncodeFrameHeader(kFinBit | kOpPong, oldest.length, masked ? key : nullptr, pong);
  ApplyMask(oldest.payload, oldest.length, key, 0, pong + header_size);
  *total = static_cast<ULONG>(size);

  // Q-P2: header and payload separately if there is room for both.
  const bool split = interim::kPongInTwoBuffers && capacity >= 2 && oldest.length > 0;
  buffers[0].Data.pbBuffer = pong;
  buffers[0].Data.ulBufferLength = static_cast<ULONG>(split ? header_size : size);
  *count = 1;
  if (split) {
    buffers[1].Data.pbBuffer = pong + header_size;
    buffers[1].Data.ulBufferLength = static_cast<ULONG>(oldest.length);
    *count = 2;
  }
  std::memmove(&pongs_[0], &pongs_[1], --pong_count_ * sizeof(Pong));
  return hr::kOk;
}

void ReceiveQueue::Abort() {
  aborted_ = true;
  pong_count_ = 0;  // Q-A3
  error_ = 0;       // B10-3
  indication_ = {};
}

}  // namespace stand_in
