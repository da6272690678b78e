-- A vector tile of the boundaries of one level on a day. The tile's box is a constant, so the GiST index serves it;
-- ST_AsMVT skips what falls outside it.
select st_asmvt(feature, :layer)
from (
  select code, name, kind, parent_code, community_type, households, residents,
    st_asmvtgeom(st_transform(geom, 3857), st_tileenvelope(:z, :x, :y)) as geom
  from boundary
  where level = :layer
    and code like any (cast(:area as text[]))
    and valid_from <= :at and (valid_to is null or valid_to > :at)
    and geom && st_transform(st_tileenvelope(:z, :x, :y, margin => 0.0625), 4326)
) feature
