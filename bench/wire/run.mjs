export async function runWire() {
  return [];
}
