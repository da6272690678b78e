"""What the things of a file are, in the fixed words of their layer, whatever column and words the file has for it."""

from geopandas import GeoDataFrame

from gridmgmt.io.columns import column_map
from gridmgmt.io.layers import LAYERS
from gridmgmt.io.words import FOREIGN, UNSAID, recognised


def kind_column(frame: GeoDataFrame, layer: str, field: str) -> str | None:
    """The column of a frame that says what its rows are: `field` itself, or one of the names known for it."""
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    return field if field in columns else column_map(LAYERS[layer], columns).get(field)


def with_kinds(frame: GeoDataFrame, layer: str, field: str) -> GeoDataFrame:
    """The rows that belong into a layer, with `field` in its fixed words; a word that nobody knows stays as it is.

    A frame that does not say what its rows are stays as it is.

    >>> import shapely
    >>> roads = GeoDataFrame({"highway": ["primary", "rail", "yes"]}, geometry=[shapely.Point(0, 0)] * 3, crs=4326)
    >>> with_kinds(roads, "streets", "street_class")["street_class"].tolist()
    ['arterial', 'local']
    """
    column = kind_column(frame, layer, field)
    if column is None:
        return frame
    item = LAYERS[layer].field(field)
    known = recognised(item.words, frame[column].dropna().unique())
    usual = None if item.default is None else str(item.default)
    known = {word: usual if fixed == UNSAID else fixed for word, fixed in known.items()}
    foreign = {word for word, fixed in known.items() if fixed == FOREIGN}
    if layer == "places":  # there "-" is every word that nobody knows: the plan's report names those places
        foreign = set()
    kept = frame[~frame[column].isin(foreign)]
    words = [word if known.get(word) in (None, FOREIGN) else known[word] for word in kept[column]]
    return kept.assign(**{field: words})
