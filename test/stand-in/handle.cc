#include "handle.h"

#include <atomic>
#include <cstring>
#include <new>

#include "interim_defaults.h"

namespace stand_in {
namespace {

// Unique in the process, so that a context of another handle or of an earlier action is recognised (0x01).
PVOID NewActionContext() {
  static std::atomic<std::uintptr_t> last{0};
  std::uintptr_t number;
  do {
    number = ++last;
  } while (number == 0);
  return reinterpret_cast<PVOID>(number);
}

// Q-S5, B6-6.
bool StatusMayBeSent(USHORT status) {
  return status >= 1000 && status != WEB_SOCKET_ABORTED_CLOSE_STATUS &&
         status != WEB_SOCKET_SECURE_HANDSHAKE_ERROR_CLOSE_STATUS;
}

}  // namespace

HRESULT Handle::Refuse(Diagnostic why, HRESULT result) {
  log_.Record(why);
  return result;
}

// ---- Handshake ----------------------------------------------------------------------------------------------

HRESULT Handle::CheckHandshake(Side side, State state) {
  if (side_ != side) return interim::kWrongSide;
  return state_ == state ? hr::kOk : interim::kWrongState;
}

HRESULT Handle::BeginClientHandshake(const PCSTR* subprotocols, ULONG subprotocol_count, const PCSTR* extensions,
                                     ULONG extension_count, WEB_SOCKET_HTTP_HEADER** headers, ULONG* count) {
  HRESULT result = CheckHandshake(Side::kClient, State::kCreated);
  if (FAILED(result)) return result;
  result = handshake_.BeginClient(subprotocols, subprotocol_count, extensions, extension_count, &log_);
  if (FAILED(result)) return result;
  state_ = State::kHandshaking;
  *headers = handshake_.headers().headers();
  *count = handshake_.headers().count();
  return hr::kOk;
}

HRESULT Handle::EndClientHandshake(HeaderArray response, const ClientSelection& selection) {
  HRESULT result = CheckHandshake(Side::kClient, State::kHandshaking);
  if (FAILED(result)) return result;
  result = handshake_.CheckResponse(response, selection, &extension_selected_, &log_);
  return FAILED(result) ? result : EnterSession();
}

HRESULT Handle::BeginServerHandshake(PCSTR subprotocol, const PCSTR* extensions, ULONG extension_count,
                                     HeaderArray request, WEB_SOCKET_HTTP_HEADER** headers, ULONG* count) {
  HRESULT result = CheckHandshake(Side::kServer, State::kCreated);
  if (FAILED(result)) return result;
  result = handshake_.BeginServer(subprotocol, extensions, extension_count, request, &extension_selected_, &log_);
  if (FAILED(result)) return result;
  state_ = State::kHandshaking;
  *headers = handshake_.headers().headers();
  *count = handshake_.headers().count();
  return hr::kOk;
}

HRESULT Handle::EndServerHandshake() {
  const HRESULT result = CheckHandshake(Side::kServer, State::kHandshaking);
  return FAILED(result) ? result : EnterSession();
}

// The end of the handshake on either side: frees its memory and takes the session's (B5-1, B3-6).
HRESULT Handle::EnterSession() {
  const HRESULT result = memory_.Allocate(properties_);
  if (FAILED(result)) return result;
  handshake_.Clear();
  const Masking masking = side_ == Side::kServer         ? Masking::kNone
                          : properties_.disable_masking ? Masking::kZeroKey
                                                         : Masking::kRandom;
  send_.Attach(&memory_, masking);
  ReceiveRules rules;
  rules.side = side_;
  rules.masking_disabled = properties_.disable_masking;
  rules.verify_utf8 = !properties_.disable_utf8_verification;
  rules.extension_selected = extension_selected_;
  receive_.Attach(&memory_, rules, &log_);
  state_ = State::kSession;
  return hr::kOk;
}

// Send, Receive and GetAction end a server's handshake by themselves (B5-1, Q-H15).
HRESULT Handle::RequireSession() {
  if (state_ == State::kSession || state_ == State::kAborted) return hr::kOk;
  if (state_ == State::kHandshaking && side_ == Side::kServer) return EnterSession();
  return interim::kWrongState;
}

// ---- Send ---------------------------------------------------------------------------------------------------

HRESULT Handle::Send(WEB_SOCKET_BUFFER_TYPE type, const WEB_SOCKET_BUFFER* buffer, PVOID context) {
  HRESULT result = RequireSession();
  if (FAILED(result)) return result;
  if (state_ == State::kAborted) return interim::kAfterAbort;

  std::unique_ptr<SendOperation> operation(new (std::nothrow) SendOperation);
  if (!operation) return hr::kOutOfMemory;
  operation->type = type;
  operation->context = context;
  switch (type) {
    case WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE:
    case WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE:
    case WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE:
    case WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE: result = PrepareData(type, buffer, operation.get()); break;
    case WEB_SOCKET_CLOSE_BUFFER_TYPE: result = PrepareClose(buffer, operation.get()); break;
    case WEB_SOCKET_PING_PONG_BUFFER_TYPE:
    case WEB_SOCKET_UNSOLICITED_PONG_BUFFER_TYPE: result = PreparePingPong(type, buffer, operation.get()); break;
    default: result = PrepareCustom(type, buffer, operation.get()); break;
  }
  if (FAILED(result)) return result;
  send_.Push(std::move(operation));
  return hr::kOk;
}

// Copies the struct. The memory that it points to remains the application's (B6-12).
HRESULT Handle::BorrowPayload(const WEB_SOCKET_BUFFER* buffer, SendOperation* operation) {
  if (buffer == nullptr) return hr::kOk;  // Q-S4: an empty frame
  operation->payload = buffer->Data.pbBuffer;
  operation->length = buffer->Data.ulBufferLength;
  if (operation->payload == nullptr && operation->length > 0) {
    return Refuse(Diagnostic::kNullNeedsZeroLength, interim::kNullWithLength);
  }
  return hr::kOk;
}

HRESULT Handle::PrepareData(WEB_SOCKET_BUFFER_TYPE type, const WEB_SOCKET_BUFFER* buffer, SendOperation* operation) {
  const HRESULT result = BorrowPayload(buffer, operation);
  if (FAILED(result)) return result;
  const bool text = type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE || type == WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE;
  const bool last = type == WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE || type == WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE;
  const std::uint8_t opcode = text ? kOpText : kOpBinary;
  if (close_sent_) return Refuse(Diagnostic::kDataSentAfterClose, interim::kDataAfterClose);
  if (message_ != 0 && message_ != opcode) return Refuse(Diagnostic::kWrongMessageType, interim::kInterleaved);
  if (interim::kVerifyOutgoingText && text) {
    Utf8Validator check;
    if (message_ != 0) check = outgoing_utf8_;
    if (!check.Append(operation->payload, static_cast<std::size_t>(operation->length)) ||
        (last && !check.Complete())) {
      return Refuse(Diagnostic::kInvalidUtf8, interim::kOutgoingTextInvalid);
    }
    outgoing_utf8_ = check;
  }
  operation->first_byte =
      static_cast<std::uint8_t>((last ? kFinBit : 0) | (message_ != 0 ? kOpContinuation : opcode));
  message_ = last ? 0 : opcode;
  return hr::kOk;
}

// D-12: nine bits. The lowest (MASK) must be clear. Allowed only with an extension (Q-X1).
HRESULT Handle::PrepareCustom(WEB_SOCKET_BUFFER_TYPE type, const WEB_SOCKET_BUFFER* buffer,
                              SendOperation* operation) {
  const ULONG bits = type;
  if (bits > 0x1FF) return Refuse(Diagnostic::kInvalidBufferType, interim::kBadBufferType);
  if ((bits & 1) != 0) return Refuse(Diagnostic::kMaskBitReserved, interim::kBadBufferType);
  if (!extension_selected_) return Refuse(Diagnostic::kInvalidBufferType, interim::kBadBufferType);
  const auto opcode = static_cast<std::uint8_t>(bits >> 1 & 0xF);
  const auto reserved = static_cast<std::uint8_t>(bits >> 5 & 0x7);
  const bool fin = (bits & 0x100) != 0;
  if (interim::kRefusesKnownCustomTypes && reserved == 0 && IsKnownOpcode(opcode)) {
    return Refuse(Diagnostic::kInvalidBufferType, interim::kBadBufferType);
  }
  const HRESULT result = BorrowPayload(buffer, operation);
  if (FAILED(result)) return result;
  if (IsControl(opcode) && (!fin || operation->length > kMaximumControlPayload)) {
    return Refuse(Diagnostic::kInvalidParameter, hr::kInvalidArgument);
  }
  if (!IsControl(opcode) && close_sent_) return Refuse(Diagnostic::kDataSentAfterClose, interim::kDataAfterClose);
  operation->first_byte = static_cast<std::uint8_t>((fin ? kFinBit : 0) | reserved << 4 | opcode);
  return hr::kOk;
}

HRESULT Handle::PrepareClose(const WEB_SOCKET_BUFFER* buffer, SendOperation* operation) {
  operation->control = true;
  operation->first_byte = kFinBit | kOpClose;
  operation->payload = operation->body;
  if (buffer != nullptr) {
    const auto& close = buffer->CloseStatus;
    if (!StatusMayBeSent(close.usStatus)) {
      return Refuse(Diagnostic::kCloseStatusRefused, interim::kCloseStatusRefused);
    }
    if (close.usStatus == WEB_SOCKET_EMPTY_CLOSE_STATUS) {
      if (close.pbReason != nullptr || close.ulReasonLength != 0) {
        return Refuse(Diagnostic::kReasonMustBeEmpty, interim::kReasonWithEmptyStatus);
      }
    } else {
      if (close.ulReasonLength > WEB_SOCKET_MAX_CLOSE_REASON_LENGTH) {
        return Refuse(Diagnostic::kCloseReasonTooLong, interim::kReasonTooLong);
      }
      if (close.pbReason == nullptr && close.ulReasonLength > 0) {
        return Refuse(Diagnostic::kNullNeedsZeroLength, interim::kNullWithLength);
      }
      operation->body[0] = static_cast<std::uint8_t>(close.usStatus >> 8);
      operation->body[1] = static_cast<std::uint8_t>(close.usStatus);
      if (close.ulReasonLength > 0) std::memcpy(operation->body + 2, close.pbReason, close.ulReasonLength);
      operation->length = 2 + close.ulReasonLength;
    }
  }
  if (close_sent_) return Refuse(Diagnostic::kCloseSentTwice, interim::kCloseAfterClose);
  close_sent_ = true;  // Q-S6
  return hr::kOk;
}

HRESULT Handle::PreparePingPong(WEB_SOCKET_BUFFER_TYPE type, const WEB_SOCKET_BUFFER* buffer,
                                SendOperation* operation) {
  const bool ping = type == WEB_SOCKET_PING_PONG_BUFFER_TYPE;
  operation->control = true;
  operation->first_byte = kFinBit | (ping ? kOpPing : kOpPong);
  operation->payload = operation->body;
  if (buffer != nullptr && interim::kControlPayload == interim::ControlPayload::kError) {
    return Refuse(Diagnostic::kInvalidParameter, interim::kControlPayloadError);  // B6-1, Q-S7
  }
  if (buffer != nullptr && interim::kControlPayload == interim::ControlPayload::kSent) {
    if (buffer->Data.pbBuffer == nullptr && buffer->Data.ulBufferLength > 0) {
      return Refuse(Diagnostic::kNullNeedsZeroLength, interim::kNullWithLength);
    }
    if (buffer->Data.ulBufferLength > kMaximumControlPayload) {
      return Refuse(Diagnostic::kInvalidParameter, interim::kControlPayloadError);
    }
    operation->length = buffer->Data.ulBufferLength;
    if (operation->length > 0) std::memcpy(operation->body, buffer->Data.pbBuffer, buffer->Data.ulBufferLength);
  } else if (ping) {
    operation->length = sizeof(interim::kPingPayload) - 1;  // Q-P1
    std::memcpy(operation->body, interim::kPingPayload, sizeof(interim::kPingPayload) - 1);
  }
  if (ping) receive_.ExpectPong();
  return hr::kOk;
}

// ---- Receive ------------------------------------------------------------------------------------------------

HRESULT Handle::Receive(const WEB_SOCKET_BUFFER* buffer, PVOID context) {
  const HRESULT result = RequireSession();
  if (FAILED(result)) return result;
  if (state_ == State::kAborted) return interim::kAfterAbort;
  if (buffer != nullptr && buffer->Data.pbBuffer == nullptr && buffer->Data.ulBufferLength > 0) {
    return Refuse(Diagnostic::kNullNeedsZeroLength, interim::kNullWithLength);
  }
  if (receive_.close_received()) return interim::kReceiveAfterClose;  // Q-R11

  std::unique_ptr<ReceiveOperation> operation(new (std::nothrow) ReceiveOperation);
  if (!operation) return hr::kOutOfMemory;
  operation->context = context;
  if (buffer != nullptr && buffer->Data.ulBufferLength > 0) {
    operation->app_buffer = buffer->Data.pbBuffer;
    operation->app_capacity = buffer->Data.ulBufferLength;
  }
  receive_.Push(std::move(operation));
  return hr::kOk;
}

// ---- Actions ------------------------------------------------------------------------------------------------

// The order of D1-10: pong, send queue, receive queue. Received bytes are parsed before the choice, so that a pong
// can come first. The result of the parser is kept until the receive queue's turn. So a peer's violation does not
// stop queued sends (Q-E1).
HRESULT Handle::GetAction(ULONG queue, WEB_SOCKET_BUFFER* buffers, ULONG capacity, ActionResult* result) {
  HRESULT status = RequireSession();
  if (FAILED(status)) return status;
  const bool receiving = (queue & WEB_SOCKET_RECEIVE_ACTION_QUEUE) != 0 && !receive_slot_.busy();
  const bool sending = (queue & WEB_SOCKET_SEND_ACTION_QUEUE) != 0 && !send_slot_.busy();

  ReceiveStep step = ReceiveStep::kNothing;
  if (receiving) {
    const bool pong_may_go = interim::kPongBetweenSlices || !send_.InsideFrame();  // Q-P3
    step = receive_.Advance(pong_may_go);
    if (receive_.pong_waiting() && pong_may_go) return NextPongAction(buffers, capacity, result);
  }
  if (sending) {
    status = NextSendAction(buffers, capacity, result);
    if (FAILED(status) || result->action != WEB_SOCKET_NO_ACTION) return status;
  }
  return receiving ? NextReceiveAction(step, buffers, result) : hr::kOk;
}

void Handle::Occupy(Slot* slot, Work work, WEB_SOCKET_ACTION action, ULONG total, ActionResult* result) {
  slot->work = work;
  slot->total = total;
  slot->context = NewActionContext();
  result->action = action;
  result->action_context = slot->context;
}

HRESULT Handle::NextSendAction(WEB_SOCKET_BUFFER* buffers, ULONG capacity, ActionResult* result) {
  const SendOperation* operation = send_.front();
  const bool aborted = state_ == State::kAborted;
  if (operation == nullptr) return hr::kOk;
  if (!aborted && receive_slot_.work == Work::kPong) return hr::kOk;  // D1-9
  if (aborted || send_.FrontIsDone()) {
    // Q-S10: no buffers.
    Occupy(&send_slot_, Work::kIndicateSend, WEB_SOCKET_INDICATE_SEND_COMPLETE_ACTION, 0, result);
  } else {
    ULONG total = 0;
    const HRESULT status = send_.NextSegments(capacity, buffers, &result->buffer_count, &total);
    if (FAILED(status)) return status;
    Occupy(&send_slot_, Work::kSendToNetwork, WEB_SOCKET_SEND_TO_NETWORK_ACTION, total, result);
  }
  result->type = operation->type;
  result->has_application_context = true;
  result->application_context = operation->context;
  return hr::kOk;
}

HRESULT Handle::NextPongAction(WEB_SOCKET_BUFFER* buffers, ULONG capacity, ActionResult* result) {
  ULONG total = 0;
  const HRESULT status = receive_.PlacePong(capacity, buffers, &result->buffer_count, &total);
  if (FAILED(status)) return status;
  Occupy(&receive_slot_, Work::kPong, WEB_SOCKET_SEND_TO_NETWORK_ACTION, total, result);
  result->type = static_cast<WEB_SOCKET_BUFFER_TYPE>(interim::kPongType);
  return hr::kOk;
}

HRESULT Handle::NextReceiveAction(ReceiveStep step, WEB_SOCKET_BUFFER* buffers, ActionResult* result) {
  switch (step) {
    case ReceiveStep::kNothing: return hr::kOk;
    case ReceiveStep::kFailed: return receive_.error();
    case ReceiveStep::kRead:
      receive_.OfferSpace(&buffers[0]);
      result->buffer_count = 1;
      Occupy(&receive_slot_, Work::kReceiveFromNetwork, WEB_SOCKET_RECEIVE_FROM_NETWORK_ACTION,
             buffers[0].Data.ulBufferLength, result);
      break;
    case ReceiveStep::kIndicate:
      receive_.FillIndication(&buffers[0], &result->buffer_count, &result->type);
      Occupy(&receive_slot_, Work::kIndicateReceive, WEB_SOCKET_INDICATE_RECEIVE_COMPLETE_ACTION, 0, result);
      break;
  }
  result->has_application_context = true;
  result->application_context = receive_.front()->context;
  return hr::kOk;
}

void Handle::CompleteAction(PVOID context, ULONG bytes) {
  if (context == nullptr) return;  // B8-5: what NO_ACTION returned
  const Slot send = send_slot_;
  const Slot receive = receive_slot_;
  if (send.busy() && send.context == context) {
    send_slot_ = {};
    if (send.work == Work::kIndicateSend) {
      send_.Pop();
    } else if (bytes != send.total) {
      send_.front()->cancelled = true;  // B9-2
    }
  } else if (receive.busy() && receive.context == context) {
    receive_slot_ = {};
    switch (receive.work) {
      case Work::kReceiveFromNetwork:
        if (bytes > receive.total) log_.Record(Diagnostic::kInvalidParameter);  // Q-R4
        if (bytes == 0 || bytes > receive.total) {
          receive_.front()->cancelled = true;  // B9-3
        } else {
          receive_.BytesArrived(bytes);
        }
        break;
      case Work::kIndicateReceive: receive_.IndicationCompleted(); break;
      default: break;  // D2-16: a pong that was not sent changes nothing
    }
  } else {
    log_.Record(Diagnostic::kInvalidActionContext);
  }
}

// B10-2: before the session there is nothing to abort.
void Handle::Abort() {
  if (state_ != State::kSession) return;
  state_ = State::kAborted;
  receive_.Abort();
  if (!interim::kIndicateAtOnce) return;
  // The other answer to Q-A2: outstanding network actions are forgotten, and their contexts become invalid.
  if (send_slot_.work == Work::kSendToNetwork) send_slot_ = {};
  if (receive_slot_.work == Work::kReceiveFromNetwork || receive_slot_.work == Work::kPong) receive_slot_ = {};
}

}  // namespace stand_in
