// Reads the comma-separated lists in header values (C-5): plain tokens, or extensions with parameters.

#ifndef STAND_IN_HEADER_LIST_H
#define STAND_IN_HEADER_LIST_H

#include <string_view>

#include "diagnostics.h"

namespace stand_in {

enum class ListKind { kToken, kExtension };

struct ListElement {
  std::string_view text;  // the element with its parameters, without surrounding blanks
  std::string_view name;  // its token
};

// Reads one header value. Strict: an empty element, a trailing comma or a missing comma is a failure.
class ListReader {
 public:
  // `value` is borrowed for the reader's life, and the elements are views into it.
  ListReader(std::string_view value, ListKind kind) : value_(value), kind_(kind) {}

  // False at the end of the list or at a failure; failure() tells them apart.
  bool Next(ListElement* element);
  Diagnostic failure() const { return failure_; }

 private:
  bool Fail(Diagnostic id);
  void SkipBlanks();
  bool AtEnd() const { return position_ == value_.size(); }
  bool ReadToken(std::string_view* token);
  bool ReadQuoted();
  bool ReadParameters();

  std::string_view value_;
  ListKind kind_;
  std::size_t position_ = 0;
  bool first_ = true;
  Diagnostic failure_ = Diagnostic::kNone;
};

// True when `text` is exactly one element of that kind, with no blanks around it.
bool IsSingleElement(std::string_view text, ListKind kind, std::string_view* name);

// Compares ASCII letters without regard to case, as for HTTP's field names and tokens (Q-H6).
bool EqualIgnoringCase(std::string_view a, std::string_view b);
// Without leading and trailing spaces and tabs (Q-H6).
std::string_view Trimmed(std::string_view text);

}  // namespace stand_in

#endif  // STAND_IN_HEADER_LIST_H
