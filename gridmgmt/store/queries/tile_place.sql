-- A vector tile of the table place.
select st_asmvt(feature, :layer)
from (
  select code, name, kind,
    st_asmvtgeom(st_transform(geom, 3857), st_tileenvelope(:z, :x, :y)) as geom
  from place
  where geom && st_transform(st_tileenvelope(:z, :x, :y, margin => 0.0625), 4326)
) feature
