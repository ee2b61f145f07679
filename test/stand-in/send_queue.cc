#include "send_queue.h"

#include <algorithm>
#include <cstring>

#include "interim_defaults.h"
#include "random.h"

namespace stand_in {
namespace {

// CompleteAction counts in 32 bits, so an action's sum must fit. This only cuts payloads near 4 GiB.
constexpr std::uint64_t kLargestPiece = 0xFFFFFF00u;

void SetData(WEB_SOCKET_BUFFER* buffer, const std::uint8_t* bytes, std::uint64_t length) {
  // The interface has one struct for both directions and no const. Nobody may write through this pointer.
  buffer->Data.pbBuffer = const_cast<std::uint8_t*>(bytes);
  buffer->Data.ulBufferLength = static_cast<ULONG>(length);
}

}  // namespace

void SendQueue::Attach(const SessionMemory* memory, Masking masking) {
  memory_ = memory;
  masking_ = masking;
}

bool SendQueue::InsideFrame() const {
  const SendOperation* operation = front();
  if (operation == nullptr || !operation->started || operation->cancelled) return false;
  if (operation->header_waiting) return operation->position != operation->frame_begin;
  return operation->position < operation->frame_end;
}

bool SendQueue::FrontIsDone() const {
  const SendOperation* operation = front();
  return operation->cancelled ||
         (operation->started && !operation->header_waiting && operation->position == operation->length);
}

HRESULT SendQueue::NextSegments(ULONG capacity, WEB_SOCKET_BUFFER* buffers, ULONG* count, ULONG* total) {
  SendOperation* operation = front();
  if (!operation->header_waiting && (!operation->started || operation->position == operation->frame_end)) {
    const HRESULT result = BeginFrame(operation);
    if (FAILED(result)) return result;
  }

  *count = 0;
  if (operation->control) {
    PlaceControlFrame(operation, &buffers[(*count)++]);
  } else if (interim::kContiguousFrames && masking_ == Masking::kRandom) {
    // Q-S1, H-2: one piece of the send buffer. The header takes its part of the first slice.
    std::size_t filled = 0;
    if (operation->header_waiting) filled = PlaceDataHeader(operation, memory_->send_area());
    if (operation->position < operation->frame_end) filled += NextSlice(operation, filled);
    SetData(&buffers[(*count)++], memory_->send_area(), filled);
  } else {
    if (operation->header_waiting) {
      std::uint8_t* header = memory_->send_area();
      if (masking_ == Masking::kRandom) header -= operation->header_size;
      const std::size_t size = PlaceDataHeader(operation, header);
      SetData(&buffers[(*count)++], header, size);
    }
    if (*count < capacity && operation->position < operation->frame_end) {
      if (masking_ == Masking::kRandom) {
        const std::size_t size = NextSlice(operation, 0);
        SetData(&buffers[(*count)++], memory_->send_area(), size);
      } else {
        // D2-3: the application's own memory, in one piece.
        const std::uint64_t piece = std::min(operation->frame_end - operation->position, kLargestPiece);
        SetData(&buffers[(*count)++], operation->payload + operation->position, piece);
        operation->position += piece;
      }
    }
  }
  *total = 0;
  for (ULONG i = 0; i < *count; ++i) *total += buffers[i].Data.ulBufferLength;
  return hr::kOk;
}

HRESULT SendQueue::BeginFrame(SendOperation* operation) {
  MaskKey key = {};
  if (masking_ == Masking::kRandom && !FillRandom(key, sizeof(key))) return hr::kFail;
  std::memcpy(operation->key, key, sizeof(key));

  std::uint8_t first = operation->first_byte;
  if (operation->started) first &= static_cast<std::uint8_t>(~0xFu);  // a further frame is a continuation
  operation->started = true;
  operation->frame_begin = operation->position;
  operation->frame_end = operation->length;
  if (interim::kContinuationFrames && masking_ == Masking::kRandom && !operation->control) {
    const std::size_t header = interim::kContiguousFrames ? kMaximumHeader : 0;
    const std::uint64_t slice = LargestSlice(header);
    operation->frame_end = std::min(operation->length, operation->position + slice);
    if (operation->frame_end < operation->length) first &= static_cast<std::uint8_t>(~kFinBit);
  }
  operation->header_size =
      EncodeFrameHeader(first, operation->frame_end - operation->frame_begin,
                        masking_ == Masking::kNone ? nullptr : operation->key, operation->header);
  operation->header_waiting = true;
  return hr::kOk;
}

// Q-S13: a control frame is contiguous, in the library's memory.
void SendQueue::PlaceControlFrame(SendOperation* operation, WEB_SOCKET_BUFFER* buffer) {
  std::uint8_t* frame = memory_->frame_area();
  std::memcpy(frame, operation->header, operation->header_size);
  ApplyMask(operation->payload, static_cast<std::size_t>(operation->length), operation->key, 0,
            frame + operation->header_size);
  operation->header_waiting = false;
  operation->position = operation->length;
  SetData(buffer, frame, operation->header_size + operation->length);
}

std::size_t SendQueue::PlaceDataHeader(SendOperation* operation, std::uint8_t* at) {
  std::memcpy(at, operation->header, operation->header_size);
  operation->header_waiting = false;
  return operation->header_size;
}

std::size_t SendQueue::LargestSlice(std::size_t filled) const {
  const std::size_t space = memory_->send_size() - filled;
  return std::max<std::size_t>(1, space - std::min<std::size_t>(space, interim::kSliceReserve));
}

std::size_t SendQueue::NextSlice(SendOperation* operation, std::size_t filled) {
  const std::uint64_t left = operation->frame_end - operation->position;
  const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, LargestSlice(filled)));
  // Q-S2: the mask goes on at the end of the previous slice.
  ApplyMask(operation->payload + operation->position, piece, operation->key,
            static_cast<std::size_t>((operation->position - operation->frame_begin) % 4),
            memory_->send_area() + filled);
  operation->position += piece;
  return piece;
}

}  // namespace stand_in
