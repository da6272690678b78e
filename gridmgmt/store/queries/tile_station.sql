-- A vector tile of the stations that stood on a day, in an area or serving a community of it.
select st_asmvt(feature, :layer)
from (
  select code, name, station_type, staff,
    st_asmvtgeom(st_transform(geom, 3857), st_tileenvelope(:z, :x, :y)) as geom
  from station
  where valid_from <= :at and (valid_to is null or valid_to > :at)
    and geom && st_transform(st_tileenvelope(:z, :x, :y, margin => 0.0625), 4326)
    and (subdistrict_code like any (cast(:area as text[])) or exists (
      select from station_service as service
      where service.station_code = station.code
        and service.valid_from <= :at and (service.valid_to is null or service.valid_to > :at)
        and service.community_code like any (cast(:area as text[]))))
) feature
