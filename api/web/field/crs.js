// GCJ-02, the shifted coordinates of some phones. Only on the mainland, in its usual box; the same series as the server.

const A = 6378245.0;
const EE = 0.00669342162296594323;
const rad = (degrees) => degrees * Math.PI / 180;

function wave(x, y) {
  const common = (20 * Math.sin(6 * rad(180 * x)) + 20 * Math.sin(2 * rad(180 * x))) * 2 / 3;
  const lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + common
    + (20 * Math.sin(Math.PI * y) + 40 * Math.sin(Math.PI * y / 3)) * 2 / 3 + (160 * Math.sin(Math.PI * y / 12) + 320 * Math.sin(Math.PI * y / 30)) * 2 / 3;
  const lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + common
    + (20 * Math.sin(Math.PI * x) + 40 * Math.sin(Math.PI * x / 3)) * 2 / 3 + (150 * Math.sin(Math.PI * x / 12) + 300 * Math.sin(Math.PI * x / 30)) * 2 / 3;
  return [lon, lat];
}

// WGS 84 to GCJ-02, degrees.
export function shifted(lon, lat) {
  if (!(lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271)) return [lon, lat];
  const [east, north] = wave(lon - 105, lat - 35);
  const magic = 1 - EE * Math.sin(rad(lat)) ** 2;
  const root = Math.sqrt(magic);
  return [lon + east * 180 / (A / root * Math.cos(rad(lat)) * Math.PI), lat + north * 180 / (A * (1 - EE) / (magic * root) * Math.PI)];
}

// GCJ-02 to WGS 84 by fixed point: under 0.1 mm after three rounds.
export function unshifted(lon, lat) {
  let [x, y] = [lon, lat];
  for (let round = 0; round < 3; round++) {
    const [a, b] = shifted(x, y);
    [x, y] = [x + lon - a, y + lat - b];
  }
  return [x, y];
}
