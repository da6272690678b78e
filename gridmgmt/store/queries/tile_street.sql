-- A vector tile of the table street.
select st_asmvt(feature, :layer)
from (
  select code, name, street_class,
    st_asmvtgeom(st_transform(geom, 3857), st_tileenvelope(:z, :x, :y)) as geom
  from street
  where geom && st_transform(st_tileenvelope(:z, :x, :y, margin => 0.0625), 4326)
) feature
