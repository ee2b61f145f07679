/** The flags with which clang checks memory and undefined behaviour, and ends the program at the first error. */
export const SANITIZE = [
  '-fsanitize=address,undefined',
  // Two declarations of one ABI are two types to C++; that they have one layout is asserted in both.
  '-fno-sanitize=function',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
  '-g',
];
