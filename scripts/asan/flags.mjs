/** What makes clang watch over memory and undefined behaviour, and end the program at the first sight of either. */
export const SANITIZE = [
  '-fsanitize=address,undefined',
  // Two declarations of one ABI are two types to C++; that they have one layout is asserted in both.
  '-fno-sanitize=function',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
  '-g',
];
