// A photo on its way out: smaller, drawn anew (so that nothing the camera wrote into it goes along), named by its hash.

const LONGEST_PX = 1600;
const QUALITY = 0.82;

export class NotAPicture extends Error {}

export async function prepare(file) {
  const bytes = await (await drawn(file)).arrayBuffer();
  return { sha256: await sha256(bytes), bytes, type: "image/jpeg" };
}

async function drawn(file) {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => { throw new NotAPicture(); });
  const scale = Math.min(1, LONGEST_PX / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (blob === null) throw new NotAPicture();
  return blob;
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
