"""Small maps as inline SVG, drawn from geometries alone: they print sharp at any size and need no script."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from maps.palette import INK

PAPER_MM = (180.0, 118.0)  # the most a map takes on an A4 sheet: width, height
DETAIL = 0.0006  # of the map's width: finer bends are no longer seen on paper
EM_MM, LINE_MM = 2.4, 2.7  # size and leading of a label, as in static/report.css
LEAST_ROOM_MM = 5.0  # a smaller area has no label
ROUND = (1.0, 2.0, 5.0)  # figures a scale bar may say


@dataclass(frozen=True)
class Layer:
    """Areas with one fill per row (a colour or `url(#hatch-mm)`), or points of one colour."""

    shapes: gpd.GeoDataFrame
    fills: Sequence[str] | str
    stroke: str = INK
    width: float = 0.25  # mm
    dot: float = 0.4  # mm, radius of points
    opacity: float = 1.0


@dataclass(frozen=True)
class Frame:
    """Where metres lie on paper: millimetres from the upper left corner of the ground shown."""

    west: float
    north: float
    mm_per_m: float
    size: tuple[float, float]

    @classmethod
    def around(cls, bounds: Sequence[float], most: tuple[float, float] = PAPER_MM) -> "Frame":
        """The frame that shows bounds (west, south, east, north; metres) as large as the paper allows.

        >>> Frame.around((0, 0, 1800, 500), (180.0, 120.0)).size
        (180.0, 50.0)
        """
        west, south, east, north = bounds
        across, up = max(east - west, 1.0), max(north - south, 1.0)
        scale = min(most[0] / across, most[1] / up)
        return cls(west, north, scale, (round(across * scale, 2), round(up * scale, 2)))

    def path(self, shape: shapely.Geometry) -> str:
        """The outline of a polygon, or a line, as the data of an SVG path."""
        parts = []
        for polygon in shapely.get_parts(shape):
            for ring in shapely.get_rings(polygon) if shapely.get_dimensions(polygon) == 2 else [polygon]:
                points = self.places(shapely.get_coordinates(ring))
                parts.append("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points))
        return "".join(parts)

    def places(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) millimetres of (n, 2) metres."""
        placed: NDArray[np.float64] = (metres - (self.west, self.north)) * (self.mm_per_m, -self.mm_per_m)
        return placed


def drawing(
    layers: Sequence[Layer], frame: Frame, title: str, labels: tuple[gpd.GeoDataFrame, Sequence[str]] | None = None
) -> Markup:
    """The layers, one over the other, with labels (name and figure) on top; frames in the metric CRS of `frame`."""
    width, height = frame.size
    body = [_drawn(layer, frame) for layer in layers]
    if labels is not None:
        body.append(_labels(*labels, frame))
    return Markup(
        '<svg class="map" role="img" aria-label="{}" viewBox="-1 -1 {} {}" style="width:{}mm">{}{}</svg>'
    ).format(title, f"{width + 2:.2f}", f"{height + 8:.2f}", f"{width + 2:.1f}", Markup("").join(body), _scale(frame))


def hatch() -> Markup:
    """The pattern `url(#hatch-mm)`: what changed, in millimetres, so that it is as fine on paper as it should be."""
    return Markup(
        '<svg class="swatches" aria-hidden="true"><defs><pattern id="hatch-mm" width="1.5" height="1.5" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="1.5" stroke="{}" '
        'stroke-width=".4"/></pattern></defs></svg>'
    ).format(INK)


def _dots(layer: Layer, frame: Frame) -> Markup:
    """All points in one path of round dots."""
    places = frame.places(shapely.get_coordinates(layer.shapes.geometry.to_numpy()))
    data = "".join(f"M{x:.2f} {y:.2f}h0" for x, y in places)
    return Markup('<path d="{}" stroke="{}" stroke-width="{}" stroke-linecap="round" fill="none"/>').format(
        data, layer.fills if isinstance(layer.fills, str) else INK, 2 * layer.dot
    )


def _drawn(layer: Layer, frame: Frame) -> Markup:
    shapes = layer.shapes.geometry.to_numpy()
    if len(shapes) and (shapely.get_dimensions(shapes) == 0).all():
        return _dots(layer, frame)
    fills = [layer.fills] * len(shapes) if isinstance(layer.fills, str) else layer.fills
    drawn = [_shape(shape, fill, frame) for shape, fill in zip(_coarse(shapes, frame), fills, strict=True)]
    return Markup('<g stroke="{}" stroke-width="{}" stroke-linejoin="round" fill-opacity="{}">{}</g>').format(
        layer.stroke, layer.width, layer.opacity, Markup("").join(drawn)
    )


def _shape(shape: shapely.Geometry, fill: str, frame: Frame) -> Markup:
    return Markup('<path d="{}" fill="{}" fill-rule="evenodd"/>').format(frame.path(shape), fill)


def _coarse(shapes: NDArray[np.object_], frame: Frame) -> NDArray[np.object_]:
    """Areas without the bends nobody sees on paper; neighbours keep their common border."""
    tolerance_m = DETAIL * frame.size[0] / frame.mm_per_m
    if len(shapes) and (shapely.get_dimensions(shapes) == 2).all() and shapely.coverage_is_valid(shapes):
        simple: NDArray[np.object_] = shapely.coverage_simplify(shapes, tolerance_m)
        return simple
    return shapes


def _labels(areas: gpd.GeoDataFrame, texts: Sequence[str], frame: Frame) -> Markup:
    """A label of one or two lines inside every area that has room for it; where two would meet, the larger area's."""
    shapes = areas.geometry.to_numpy()
    room_mm = np.sqrt(shapely.area(shapes)) * frame.mm_per_m
    centres = frame.places(shapely.get_coordinates(shapely.point_on_surface(shapes)))
    found, taken = [], shapely.STRtree([])
    boxes: list[shapely.Geometry] = []
    for row in np.argsort(-room_mm, kind="stable"):
        lines, (x, y) = texts[row].split("\n"), centres[row]
        half = max(sum(1 + (ord(sign) > 0x2E7F) for sign in line) for line in lines) * EM_MM / 4
        box = shapely.box(x - half, y - EM_MM, x + half, y + LINE_MM * (len(lines) - 1) + 0.4)
        if room_mm[row] < LEAST_ROOM_MM or len(taken.query(box, predicate="intersects")):
            continue
        boxes.append(box)
        taken = shapely.STRtree(boxes)
        spans = [
            Markup('<tspan x="{}" dy="{}">{}</tspan>').format(f"{x:.2f}", LINE_MM if number else 0, line)
            for number, line in enumerate(lines)
        ]
        found.append(Markup('<text y="{}">{}</text>').format(f"{y:.2f}", Markup("").join(spans)))
    return Markup('<g class="labels">{}</g>').format(Markup("").join(found))


def _scale(frame: Frame) -> Markup:
    """A scale bar of about a fifth of the map's width, and north, below the map."""
    metres = scale_m(frame.size[0] / frame.mm_per_m / 5)
    long, y = metres * frame.mm_per_m, frame.size[1] + 4.5
    label = f"{metres:,.0f} m" if metres < 1000 else f"{metres / 1000:g} km"
    return Markup(
        '<g class="scale"><path d="M0 {y0}V{y}H{x}V{y0}" fill="none" stroke="{ink}" stroke-width=".3"/>'
        '<text x="{tx}" y="{y}">{label}</text>'
        '<path d="M{n0} {y}L{n1} {top}L{n2} {y}z" fill="{ink}"/><text x="{nx}" y="{y}" text-anchor="end">N</text></g>'
    ).format(
        y0=f"{y - 1.5:.2f}", y=f"{y:.2f}", x=f"{long:.2f}", tx=f"{long + 1.5:.2f}", label=label, ink=INK,
        n0=f"{frame.size[0] - 2.4:.2f}", n1=f"{frame.size[0] - 1.2:.2f}", n2=f"{frame.size[0]:.2f}",
        top=f"{y - 3.5:.2f}", nx=f"{frame.size[0] - 3.2:.2f}",
    )  # fmt: skip


def scale_m(most: float) -> float:
    """The roundest length that is no longer than `most` metres.

    >>> [scale_m(value) for value in (7.0, 90.0, 480.0)]
    [5.0, 50.0, 200.0]
    """
    power = 10.0 ** np.floor(np.log10(max(most, 1.0)))
    return float(max(figure * power for figure in ROUND if figure * power <= max(most, 1.0)))
