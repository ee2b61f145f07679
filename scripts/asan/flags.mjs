/** The flags with which clang checks memory and undefined behaviour, and ends the program at the first error. */
export const SANITIZE = [
  '-fsanitize=address,undefined',
  // The shim and the stand-in declare the ABI separately, so to C++ they are different types. Both assert that their
  // layout is the same.
  '-fno-sanitize=function',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
  '-g',
];
