// The camera button with what was taken: for a report and for a move alike.

import { el } from "../js/dom.js";
import { t } from "../js/i18n.js";
import { NotAPicture, prepare } from "./photo.js";
import { say } from "./sheet.js";

const begun = new Map(); // what was taken and not sent: a sheet that is closed by mistake must not lose it

// `key` says for which report or move.
export function photoPicker(key) {
  const picker = begun.get(key) ?? { taken: [], working: Promise.resolve() };
  begun.set(key, picker);
  const { taken } = picker;
  const thumbs = el("div", { class: "thumbs" }, taken.map((photo) => thumb(photo, taken)));
  const input = el("input", { type: "file", accept: "image/*", capture: "environment", multiple: true, class: "visually-hidden", id: "photo-input" });
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    picker.working = picker.working.then(() => take(files, taken, thumbs));
  });
  const camera = el("label", { class: "camera", for: "photo-input" }, el("span", { "aria-hidden": "true", class: "lens" }), t("phone.take_photo"), input);
  // A slow phone takes seconds to make a photo small: whoever sends at once must not lose it.
  // What is taken off or added from then on is no part of it.
  const settled = async () => { await picker.working; return [...taken]; };
  return { settled, parts: [camera, thumbs], isEmpty: taken.length === 0 };
}

export const dropPhotos = (key) => begun.delete(key);
export const dropAllPhotos = () => begun.clear();

async function take(files, taken, thumbs) {
  for (const file of files) {
    try {
      const photo = await prepare(file);
      if (taken.some((one) => one.sha256 === photo.sha256)) continue;
      taken.push(photo);
      thumbs.append(thumb(photo, taken));
    } catch (error) {
      if (!(error instanceof NotAPicture)) throw error;
      say(t("phone.not_a_picture"), true);
    }
  }
}

function thumb(photo, taken) {
  const address = URL.createObjectURL(new Blob([photo.bytes], { type: photo.type }));
  const image = el("img", { src: address, alt: "", on: { load: () => URL.revokeObjectURL(address) } });
  const figure = el("button", { type: "button", class: "thumb", "aria-label": t("phone.remove_photo") }, image, el("span", { "aria-hidden": "true" }, "×"));
  figure.addEventListener("click", () => { taken.splice(taken.indexOf(photo), 1); figure.remove(); });
  return figure;
}
