// Random bytes for keys (C1-5) and masks (D2-12), from the operating system.

#ifndef STAND_IN_RANDOM_H
#define STAND_IN_RANDOM_H

#include <cstddef>

namespace stand_in {

// False if the operating system gave no bytes; `bytes` is then unspecified.
bool FillRandom(void* bytes, std::size_t count);

}  // namespace stand_in

#endif  // STAND_IN_RANDOM_H
