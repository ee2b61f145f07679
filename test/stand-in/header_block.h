// Headers that the library gives to the application, and strings that it keeps from the application (C-6).

#ifndef STAND_IN_HEADER_BLOCK_H
#define STAND_IN_HEADER_BLOCK_H

#include <memory>
#include <string_view>

#include "header_list.h"
#include "websocket_component.h"

namespace stand_in {

// Copies of the strings of a Begin call. The indices of EndClientHandshake refer to them (B3-1).
class StringList {
 public:
  // Checks that each string is one element of its kind and that no two are the same (Q-H4), then copies them. On
  // failure the list is unchanged; `*why` is the diagnostic.
  HRESULT Copy(const PCSTR* strings, ULONG count, ListKind kind, Diagnostic* why);
  void Clear();

  ULONG size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::string_view operator[](ULONG i) const { return items_[i].text; }
  std::string_view name(ULONG i) const { return items_[i].name; }
  const ListElement* items() const { return items_.get(); }

 private:
  std::unique_ptr<ListElement[]> items_;  // views into text_
  std::unique_ptr<char[]> text_;
  ULONG count_ = 0;
};

// A header before it is laid out: a name, and a value made of pieces joined by the list separator. All are borrowed.
struct PlannedHeader {
  std::string_view name;
  std::string_view value;                // used when pieces is null
  const ListElement* pieces = nullptr;
  ULONG piece_count = 0;
};

// The array that a Begin call returns. The handle owns it and frees it when the handshake is complete (Q-H14). Names
// and values are followed by a NUL, which their lengths do not count (Q-H1: some callers rely on the NUL after the
// name).
class HeaderBlock {
 public:
  static constexpr ULONG kMaximum = 6;

  HRESULT Build(const PlannedHeader* planned, ULONG count);
  void Clear();

  WEB_SOCKET_HTTP_HEADER* headers() { return headers_; }
  ULONG count() const { return count_; }

 private:
  WEB_SOCKET_HTTP_HEADER headers_[kMaximum] = {};  // point into text_
  ULONG count_ = 0;
  std::unique_ptr<char[]> text_;
};

}  // namespace stand_in

#endif  // STAND_IN_HEADER_BLOCK_H
