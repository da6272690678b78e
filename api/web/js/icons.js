// Small images of the map, drawn on a canvas in the theme's colours.

import { token } from "./colours.js";

const SCALE = 2; // device pixels per pixel, so that they stay sharp

function drawn(size, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * SCALE;
  const pen = canvas.getContext("2d");
  pen.scale(SCALE, SCALE);
  paint(pen, size);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

// A house-shaped pentagon: a station is a place one walks to.
function station(pen) {
  pen.beginPath();
  for (const [x, y] of [[9, 2.5], [15.5, 8], [15.5, 15.5], [2.5, 15.5], [2.5, 8]]) pen.lineTo(x, y);
  pen.closePath();
  pen.fillStyle = token("map-station");
  pen.strokeStyle = token("map-halo");
  pen.lineWidth = 1.5;
  pen.fill();
  pen.stroke();
}

// An incident by its light, shape and colour together; a diamond where none is known.
const SHAPES = {
  open: ["late", [[8, 1], [15, 8], [8, 15], [1, 8]]],
  red: ["late", [[2.5, 2.5], [13.5, 2.5], [13.5, 13.5], [2.5, 13.5]]],
  yellow: ["soon", [[8, 1.5], [15, 14], [1, 14]]],
  green: ["good-light", Array.from({ length: 24 }, (_, step) => [8 + 6 * Math.cos(step * Math.PI / 12), 8 + 6 * Math.sin(step * Math.PI / 12)])],
  none: ["muted", [[2, 6], [14, 6], [14, 10], [2, 10]]],
};

const incident = ([colour, corners]) => (pen) => {
  pen.beginPath();
  for (const [x, y] of corners) pen.lineTo(x, y);
  pen.closePath();
  pen.fillStyle = token(colour);
  pen.strokeStyle = token("map-halo");
  pen.lineWidth = 1.5;
  pen.fill();
  pen.stroke();
};

function hatch(pen, size) {
  pen.strokeStyle = token("ink");
  pen.globalAlpha = 0.3;
  pen.lineWidth = 1;
  for (let x = -size; x <= size; x += size / 2) {
    pen.beginPath();
    pen.moveTo(x - 1, size + 1);
    pen.lineTo(x + size + 1, -1);
    pen.stroke();
  }
}

export function putIcons(map) {
  const images = { station: drawn(18, station), hatch: drawn(14, hatch) };
  for (const [name, shape] of Object.entries(SHAPES)) images[`light-${name}`] = drawn(16, incident(shape));
  for (const [name, image] of Object.entries(images)) {
    if (map.hasImage(name)) map.updateImage(name, image);
    else map.addImage(name, image, { pixelRatio: SCALE });
  }
}
