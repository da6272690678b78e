-- A vector tile of the stations that stood on a day.
select st_asmvt(feature, :layer)
from (
  select code, name, station_type, staff,
    st_asmvtgeom(st_transform(geom, 3857), st_tileenvelope(:z, :x, :y)) as geom
  from station
  where valid_from <= :at and (valid_to is null or valid_to > :at)
    and geom && st_transform(st_tileenvelope(:z, :x, :y, margin => 0.0625), 4326)
) feature
