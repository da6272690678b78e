// The map on paper. A page is laid out anew for the printer, which leaves a WebGL canvas empty: it gets a picture of the map as
// it is on the screen, but in light whatever the theme, with the legend and a scale bar that is as much of its width.

import { inScheme } from "./colours.js";
import { byId, el } from "./dom.js";
import { map } from "./map.js";
import { announce } from "./state.js";

export function createPaper() {
  const picture = el("canvas", { id: "map-picture" });
  byId("map").after(picture);
  addEventListener("beforeprint", () => take(picture, map.getCanvas()));
}

function take(picture, canvas) {
  [picture.width, picture.height] = [canvas.width, canvas.height];
  inScheme("light", () => {
    announce("theme");
    map.redraw(); // a canvas can be read in the turn in which it was drawn
    picture.getContext("2d").drawImage(canvas, 0, 0);
  });
  announce("theme");
  const share = byId("scale").firstElementChild.offsetWidth / canvas.clientWidth;
  byId("scale").style.setProperty("--share", `${100 * share}%`);
}
