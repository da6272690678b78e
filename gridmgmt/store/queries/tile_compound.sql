-- A vector tile of the table compound: what lies in the boundaries, as of the day, that the reader's scopes name.
select st_asmvt(feature, :layer)
from (
  select code, name, kind,
    st_asmvtgeom(st_transform(geom, 3857), st_tileenvelope(:z, :x, :y)) as geom
  from compound
  where geom && st_transform(st_tileenvelope(:z, :x, :y, margin => 0.0625), 4326)
    and (:everywhere or exists (
      select from boundary as mine
      where mine.code = any (cast(:scopes as text[]))
        and mine.valid_from <= :at and (mine.valid_to is null or mine.valid_to > :at)
        and st_intersects(mine.geom, st_pointonsurface(compound.geom))))
) feature
