// The binary pose frame of `poses` events; docs/rules/poses.md describes the layout.

const VERSION = 1;
const HEADER_BYTES = 24;
const NEAR_BYTES = 14;
const FAR_BYTES = 20;

// Returns {epoch, tick, poses: [{index, position, rotation}]} in metres and degrees; null where the
// bytes are no frame of this version.
export function decodePoseFrame(data) {
  const bytes = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < HEADER_BYTES || view.getUint8(0) !== VERSION) return null;
  const nearEnd = HEADER_BYTES + view.getUint16(2, true) * NEAR_BYTES;
  if (nearEnd > view.byteLength || (view.byteLength - nearEnd) % FAR_BYTES) return null;
  const origin = [12, 16, 20].map((at) => view.getInt32(at, true));
  const poses = [];
  for (let at = HEADER_BYTES; at < view.byteLength; ) {
    const near = at < nearEnd;
    const offset = (axis) => (near ? view.getInt16(at + 2 + 2 * axis, true) : view.getInt32(at + 2 + 4 * axis, true));
    const metres = (axis) => (origin[axis] + offset(axis)) / 1000;
    const turned = at + (near ? 8 : 14);
    const degrees = (axis) => (view.getUint16(turned + 2 * axis, true) * 360) / 65536;
    poses.push({
      index: view.getUint16(at, true),
      position: { x: metres(0), y: metres(1), z: metres(2) },
      rotation: { x: degrees(0), y: degrees(1), z: degrees(2) },
    });
    at += near ? NEAR_BYTES : FAR_BYTES;
  }
  return { epoch: view.getUint32(4, true), tick: view.getUint32(8, true), poses };
}
