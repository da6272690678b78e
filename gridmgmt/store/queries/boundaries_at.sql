-- The boundaries of one level on one day that touch a box, by code.
select code, name, level, kind, parent_code, community_type, households, residents, st_asbinary(geom) as geometry
from boundary
where level = :level
  and valid_from <= :at and (valid_to is null or valid_to > :at)
  and geom && st_makeenvelope(:west, :south, :east, :north, 4326)
  and (cast(:codes as text[]) is null or code = any (cast(:codes as text[])))
  and starts_with(code, :within_code)
  and code like any (cast(:area as text[]))
order by code
