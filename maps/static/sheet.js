// What the pages of maps/ need beside Leaflet: features by class, labels that give way, two maps in step, printing.
"use strict";
const sheet = (() => {
  const MANY_LABELS = 600; // more names than this in view are a grey mass: none is drawn until the reader zooms in
  const maps = [];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function north(letter) {
    const control = L.control({ position: "bottomleft" });
    control.onAdd = () => {
      const box = element("div", "north");
      box.append(element("span", "north-needle"), element("b", "", letter));
      return box;
    };
    return control;
  }

  function map(id, northLetter) {
    const made = L.map(id, {
      attributionControl: false, zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.5, maxZoom: 19,
      zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, center: [0, 0], zoom: 2,
    });
    L.control.zoom({ position: "topleft" }).addTo(made);
    L.control.scale({ imperial: false, maxWidth: 160, position: "bottomleft" }).addTo(made);
    north(northLetter).addTo(made);
    made.on("zoomend moveend layeradd layerremove", () => declutterSoon(made));
    made.on("zoomend", () => showByZoom(made));
    made.createPane("names").style.zIndex = 640;
    maps.push(made);
    return made;
  }

  function pane(target, order) {
    const name = "sheet-" + order;
    if (!target.getPane(name)) target.createPane(name).style.zIndex = order;
    return name;
  }

  // The card on hover is made of text nodes: what users typed can never become markup.
  function card(labels, values) {
    const box = element("div", "card");
    box.append(element("b", "", values[0]));
    const list = element("dl");
    labels.forEach((label, index) => {
      const value = values[index + 1];
      if (value !== null && value !== undefined) list.append(element("dt", "", label), element("dd", "", value));
    });
    box.append(list);
    return box;
  }

  function point(feature, latlng, style, paneName) {
    if (!style.glyph) return L.circleMarker(latlng, { ...style, pane: paneName });
    const drawing = L.SVG.create("svg"), path = L.SVG.create("path");
    drawing.setAttribute("viewBox", "0 0 16 16");
    for (const name of ["d", "fill", "stroke"]) path.setAttribute(name, style[name === "d" ? "glyph" : name]);
    path.setAttribute("stroke-width", 2);
    drawing.append(path);
    const icon = L.divIcon({ className: "glyph", html: drawing, iconSize: [14, 14] });
    return L.marker(latlng, { icon, pane: paneName, keyboard: false });
  }

  function shapes(features, options) {
    const styleOf = (feature) => options.styles[feature.properties[options.key]];
    const group = L.layerGroup();
    group.minimumZoom = options.minimumZoom;
    let drawn = null;
    group.onAdd = function (target) {
      this.paneName = pane(target, options.pane);
      drawn = drawn || L.geoJSON(features, {
        pane: this.paneName, smoothFactor: 0, interactive: options.card.length > 0,
        filter: (feature) => styleOf(feature) !== undefined,
        style: styleOf,
        pointToLayer: (feature, latlng) => point(feature, latlng, styleOf(feature), this.paneName),
        onEachFeature: (feature, layer) => {
          if (!feature.properties.card) return;
          layer.bindTooltip(() => card(options.card, feature.properties.card), { sticky: true, className: "card-box" });
          if (layer.setStyle) {
            layer.on("mouseover", () => layer.setStyle({ weight: (styleOf(feature).weight || 0) + 2 }));
            layer.on("mouseout", () => layer.setStyle({ weight: styleOf(feature).weight || 0 }));
          }
        },
      });
      this.addLayer(drawn);
      L.LayerGroup.prototype.onAdd.call(this, target);
      showByZoom(target);
    };
    return group;
  }

  function labels(rows, kind) {
    const group = L.layerGroup();
    for (const [lat, lon, text, rank] of rows) {
      const icon = L.divIcon({ className: "label " + kind, html: element("span", "", text), iconSize: [0, 0] });
      const marker = L.marker([lat, lon], { icon, interactive: false, keyboard: false, pane: "names" });
      marker.labelRank = rank;
      group.addLayer(marker);
    }
    return group;
  }

  // A pane with a minimum zoom is hidden as a whole: minor streets, buildings.
  function showByZoom(target) {
    target.getContainer().classList.toggle("far", target.getZoom() < 15);
    target.eachLayer((layer) => {
      if (!layer.minimumZoom) return;
      target.getPane(layer.paneName).style.display = target.getZoom() >= layer.minimumZoom ? "" : "none";
    });
  }

  const waiting = new Set();
  function declutterSoon(target) {
    if (waiting.has(target)) return;
    waiting.add(target);
    requestAnimationFrame(() => { waiting.delete(target); declutter(target); });
  }

  function declutter(target) {
    const markers = [];
    target.eachLayer((layer) => { if (layer.labelRank !== undefined) markers.push(layer); });
    const view = target.getBounds();
    const seen = markers.filter((marker) => view.contains(marker.getLatLng()));
    const many = seen.length > MANY_LABELS;
    markers.forEach((marker) => { if (marker.getElement()) marker.getElement().style.display = many ? "none" : ""; });
    if (many) return;
    seen.sort((a, b) => b.labelRank - a.labelRank);
    const nodes = seen.map((marker) => marker.getElement() && marker.getElement().firstChild).filter(Boolean);
    const boxes = nodes.map((node) => node.getBoundingClientRect());
    const kept = [];
    boxes.forEach((box, index) => {
      const hit = kept.some((other) => box.left < other.right && other.left < box.right
        && box.top < other.bottom && other.top < box.bottom);
      nodes[index].style.visibility = hit ? "hidden" : "visible";
      if (!hit) kept.push(box);
    });
  }

  function inStep(left, right) {
    let busy = false;
    const follow = (from, to) => {
      const pointer = L.circleMarker([0, 0], { radius: 5, color: "#1d2529", weight: 2, fill: false, interactive: false });
      from.on("move zoomend", () => {
        if (busy) return;
        busy = true;
        to.setView(from.getCenter(), from.getZoom(), { animate: false });
        busy = false;
      });
      from.on("mousemove", (event) => pointer.setLatLng(event.latlng).addTo(to));
      from.on("mouseout", () => pointer.remove());
    };
    follow(left, right);
    follow(right, left);
  }

  // A printer gets the same part of the world, drawn anew for the size of the paper (the class fixes that size).
  function printing(on) {
    const views = maps.map((made) => made.getBounds());
    if (on) for (const made of maps) made.screenView = { center: made.getCenter(), zoom: made.getZoom() }; // of the screen's size
    document.body.classList.toggle("printing", on);
    const margin = document.querySelector("aside");
    margin.style.zoom = "";
    for (const made of maps) {
      made.options.zoomSnap = on ? 0 : 0.25;
      made.invalidateSize({ animate: false, pan: false });
    }
    maps.forEach((made, index) => { // once all have their size: in step, one moves the other
      if (!on && made.screenView) made.setView(made.screenView.center, made.screenView.zoom, { animate: false });
      if (on) {
        made.fitBounds(views[index], { animate: false });
        declutter(made);
      }
    });
    const fit = 0.97 * Math.min(1, margin.clientHeight / margin.scrollHeight, margin.clientWidth / margin.scrollWidth);
    margin.style.zoom = on && fit < 0.97 ? Math.max(0.55, fit) : "";
  }
  // One map: its layers are switched in the margin, where they hide nothing. Two maps keep theirs folded on the map.
  window.addEventListener("DOMContentLoaded", () => {
    const place = document.getElementById("layers");
    const control = document.querySelector(".leaflet-control-layers");
    if (maps.length === 1 && control) place.append(control);
    place.hidden = maps.length !== 1 || !control;
  });
  window.addEventListener("beforeprint", () => printing(true));
  window.addEventListener("afterprint", () => printing(false));
  // The margin below has its height by then, and the maps what is left: they were centred for more.
  window.addEventListener("load", () => maps.forEach((made) => made.invalidateSize({ animate: false })));

  return { map, shapes, labels, inStep, printing };
})();
